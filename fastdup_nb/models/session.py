"""Opening and running an onnxruntime session, with errors in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastdup_nb.errors import MissingDependencyError, ModelError
from fastdup_nb.options import unknown_name

_PROVIDERS = {"cpu": "CPUExecutionProvider", "gpu": "CUDAExecutionProvider"}
_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
_FATAL_ONLY = 4  # every failure is raised as well: its text in the log would be shown twice
_LONGEST_REASON = 160
_PATH = re.compile(r"Load model from .*? failed: ?", re.DOTALL)  # the user knows; may hold any word

# What onnxruntime says -> what the user needs to know.
_LOADING = (
    (
        r"opset|IR version",
        "{name} was made for a newer ONNX than this onnxruntime knows",
        "Update onnxruntime, or export the model with an older opset (17 suits all).",
    ),
    (
        r"No Op registered|is not a registered|Could not find an implementation|NOT_IMPLEMENTED",
        "{name} uses an operation that this onnxruntime does not have",
        "Update onnxruntime, or export the model with standard ONNX operations.",
    ),
    (
        r"INVALID_PROTOBUF|Protobuf parsing failed|No graph was found|verification failed",
        "{name} is not a whole ONNX file",
        "It may be cut off or of another format: export or download it again.",
    ),
    (
        r"external|GetFileLength|out of bounds|file_size",
        "A weights file of {name} is missing or cut off",
        "Copy the ONNX file together with all files exported beside it.",
    ),
)


def open_session(
    model: bytes | Path, name: str, compute: str = "cpu", folder: Path | None = None
) -> Any:
    """Open a session that many threads may run.

    Parameters
    ----------
    model : bytes or Path
        The ONNX file or its content.
    name : str
        Its name, for errors.
    compute : str
        `"cpu"` or `"gpu"`.
    folder : Path, optional
        Where the weights files of a model lie whose content is given.

    Returns
    -------
    onnxruntime.InferenceSession
        One thread per `run` call: the callers are the threads.

    Raises
    ------
    ModelError
        When the model cannot be loaded, or there is no GPU to run it on.
    """
    onnxruntime = _import_onnxruntime()
    provider = _provider(onnxruntime, compute)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL_ONLY
    options.use_deterministic_compute = True
    if folder:
        options.add_session_config_entry(_WEIGHTS_FOLDER, str(folder))
    source = model if isinstance(model, bytes) else str(model)
    with _loading_errors(name):
        session = onnxruntime.InferenceSession(source, options, providers=[provider])
    if provider not in session.get_providers():  # onnxruntime falls back to the CPU in silence
        message = "compute='gpu': onnxruntime cannot start CUDA on this machine."
        raise ModelError(message, "Check the NVIDIA driver, CUDA and cuDNN, or use compute='cpu'.")
    return session


def _import_onnxruntime() -> Any:
    # Its newer wheels report to their maker, on Linux too, unless this is set before the
    # library is loaded; it also keeps it from writing a device id into the user's home.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        message = f"onnxruntime cannot be imported: {first_line(error)}"
        raise MissingDependencyError(message, "Run `pip install onnxruntime`.") from error
    onnxruntime.disable_telemetry_events()  # for when somebody loaded it before us
    return onnxruntime


def _provider(onnxruntime: Any, compute: str) -> str:
    if compute not in _PROVIDERS:
        raise unknown_name("compute", compute, tuple(_PROVIDERS))
    wanted = _PROVIDERS[compute]
    if wanted not in onnxruntime.get_available_providers():
        message = f"compute={compute!r}: the installed onnxruntime has no {wanted}."
        hint = "Install onnxruntime-gpu in place of onnxruntime, or use compute='cpu'."
        raise ModelError(message, hint)
    return wanted


@contextmanager
def _loading_errors(name: str) -> Iterator[None]:
    try:
        yield
    except _runtime_errors() as error:
        reason = f"{type(error).__name__} {_PATH.sub('', str(error))}"
        for pattern, message, hint in _LOADING:
            if re.search(pattern, reason, re.IGNORECASE):
                raise ModelError(
                    f"{message.format(name=name)}: {first_line(error)}", hint
                ) from error
        message = f"onnxruntime cannot load {name}: {first_line(error)}"
        raise ModelError(message, "Check it with `onnx.checker.check_model`.") from error


@contextmanager
def running_errors(name: str, shape: tuple[int, ...]) -> Iterator[None]:
    """Turn an onnxruntime error while running into a `ModelError`.

    Parameters
    ----------
    name : str
        The model's name.
    shape : tuple of int
        What it was given.
    """
    try:
        yield
    except _runtime_errors() as error:
        given = " x ".join(map(str, shape))
        message = f"{name} fails on input of {given}: {first_line(error)}"
        hint = "If it wants another size or layout, say so in a manifest; see docs/own-model.md."
        raise ModelError(message, hint) from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    raised = [item for item in vars(state).values() if isinstance(item, type)]
    own = [item for item in raised if issubclass(item, Exception)]
    return (*own, RuntimeError, ValueError)


def first_line(error: BaseException) -> str:
    """Return what an error says as one short line.

    Parameters
    ----------
    error : exception
        Any error; an onnxruntime one loses its code and source position.
    """
    text = re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : ", "", _PATH.sub("", str(error)))
    text = re.sub(r"^\S*/\S+\.(cc|h):\d+ .*?\) ", "", text)  # where in the C++ source
    line = " ".join(text.split()) or type(error).__name__
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 3]}..."
