"""A user's ONNX file: is it there, is it whole, which files belong to it."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from fastdup_nb.errors import ModelError
from fastdup_nb.paths import absolute

# A tensor stored outside the file: in protobuf, its field 13 is a key-value entry with the key
# "location". Lengths below 4096 take one or two bytes.
_LENGTH = rb"([\x01-\x7f]|[\x80-\xff][\x01-\x1f])"
_EXTERNAL = re.compile(rb"\x6a" + _LENGTH + rb"\x0a\x08location\x12" + _LENGTH, re.DOTALL)
_READ_SIZE = 1 << 20
_OTHER_FORMATS = {
    ".pt": "PyTorch",
    ".pth": "PyTorch",
    ".ckpt": "PyTorch",
    ".safetensors": "safetensors",
    ".h5": "Keras",
    ".keras": "Keras",
    ".pb": "TensorFlow",
    ".tflite": "TensorFlow Lite",
    ".engine": "TensorRT",
    ".mlmodel": "Core ML",
}


def locate_model(model_path: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a model file after checking that it is there.

    Parameters
    ----------
    model_path : str or path
        As the user gave it; `~` is understood.

    Raises
    ------
    ModelError
        When it is missing, not a file, not readable, or plainly not an ONNX file.
    """
    path = absolute(model_path)
    if path.is_dir():
        message = f"model_path {str(path)!r} is a folder."
        raise ModelError(message, "Give the ONNX file itself.")
    if not path.is_file():
        raise ModelError(f"There is no model file {str(path)!r}.", "Check model_path.")
    if path.suffix.lower() in _OTHER_FORMATS:
        kind = _OTHER_FORMATS[path.suffix.lower()]
        message = f"{path.name} is a {kind} file, not an ONNX file."
        raise ModelError(message, "Export the model to ONNX first; see docs/own-model.md.")
    _check_head(path)
    return path


def _check_head(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        message = f"The model file {str(path)!r} cannot be read: {error.strerror}."
        raise ModelError(message, "Check its permissions.") from error
    if not head:
        message = f"The model file {str(path)!r} is empty."
        raise ModelError(message, "Export or download it again.")
    if head.startswith(b"version https://git-lfs"):
        message = f"{path.name} is a Git LFS pointer, not the model itself."
        raise ModelError(message, "Run `git lfs pull` where it came from.")


def external_files(path: Path) -> list[Path]:
    """Return the files that hold tensors of an ONNX file, sorted; large exports have such files.

    Parameters
    ----------
    path : Path
        The ONNX file.

    Raises
    ------
    ModelError
        When one of them is missing.
    """
    found = sorted(path.parent / name for name in _external_names(path.read_bytes()))
    for file in found:
        if not file.is_file():
            message = f"{path.name} keeps its weights in {file.name!r}, which is missing."
            raise ModelError(message, f"Put {file.name!r} beside {path.name}.")
    return found


def _external_names(data: bytes) -> set[str]:
    names = set()
    for match in _EXTERNAL.finditer(data):
        varint = match[2]
        size = varint[0] if len(varint) == 1 else (varint[0] & 0x7F) | varint[1] << 7
        names.add(data[match.end() : match.end() + size].decode("utf-8", "surrogateescape"))
    return {name for name in names if "\0" not in name}


def with_output(data: bytes, name: str) -> bytes:
    """Return an ONNX file that gives one of its inner tensors too.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Of the tensor.

    Notes
    -----
    In protobuf a message that is stored twice is the two taken together: so a second graph with
    nothing but one more output is appended, without reading the first one.
    """
    value = _field(1, name.encode())  # ValueInfoProto.name
    graph = _field(12, value)  # GraphProto.output
    return data + _field(7, graph)  # ModelProto.graph


def _field(number: int, content: bytes) -> bytes:
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + content


def fingerprint(files: list[Path]) -> str:
    """Return the sha256 of a file, or of the sha256 of several.

    Parameters
    ----------
    files : list of Path
        The ONNX file first.

    Returns
    -------
    str
        64 hexadecimal digits; equal files give equal fingerprints wherever they lie.
    """
    digests = [sha256_of(file) for file in files]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_SIZE):
            digest.update(block)
    return digest.hexdigest()
