"""The model that made the embeddings of a finished work_dir, opened again."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from fastdup_nb.engine.run import OURS
from fastdup_nb.errors import ModelError

if TYPE_CHECKING:
    from fastdup_nb.models import Embedder
    from fastdup_nb.store.workdir import WorkDir

_DIGITS_SHOWN = 12


def open_recorded_model(
    work_dir: WorkDir, d: int, model_path: str | PathLike[str] = "", compute: str = "cpu"
) -> Embedder:
    """Load the model that made the embeddings in a work_dir.

    Parameters
    ----------
    work_dir : WorkDir
        Holds the embeddings and, in `config.json`, what they were made with.
    d : int
        Length of the stored embeddings.
    model_path : path, optional
        The model's file, when it is no longer where it was, or nothing is recorded.
    compute : str
        Where to compute, as in a run.

    Raises
    ------
    ModelError
        When nothing is recorded and none is given, the model cannot be loaded, or it is another.
    """
    from fastdup_nb.models import load_embedder

    config = work_dir.read_config()
    about = config.get(OURS) or {}
    recorded = about.get("model_sha256", "")
    if not recorded and not str(model_path):
        message = f"{work_dir.path} does not say which model made its embeddings."
        raise ModelError(message, "Give that model as model_path, or search by an embedding.")
    path = str(model_path) or recorded_options(config)["model_path"]
    # A name that only the work_dir mentions is no reason to fetch anything.
    embedder = load_embedder(path, d, compute, download=bool(str(model_path)))
    if recorded and embedder.fingerprint != recorded:
        raise _other_model(work_dir, about, embedder)
    return embedder


def recorded_options(config: dict[str, Any]) -> dict[str, Any]:
    """Return the options that the stored embeddings were made with.

    Parameters
    ----------
    config : dict
        The content of `config.json`. A later run_mode=2 changes its options, but not this part.
    """
    made_with = (config.get(OURS) or {}).get("extraction") or {}
    return {
        "model_path": made_with.get("model_path", config.get("model_path") or ""),
        "batch_size": made_with.get("batch_size", config.get("batch_size", 1)),
        "turi_param": made_with.get("turi_param", config.get("turi_param", "")),
    }


def _other_model(work_dir: WorkDir, about: dict[str, Any], embedder: Embedder) -> ModelError:
    name, sha256 = about.get("model", "another model"), about["model_sha256"]
    message = (
        f"The embeddings in {work_dir.path} are from {name} (sha256 {sha256[:_DIGITS_SHOWN]}), "
        f"not from {embedder.name} ({embedder.fingerprint[:_DIGITS_SHOWN]})."
    )
    hint = f"Give the file of {name} as model_path, or run again to use the other model."
    return ModelError(message, hint)
