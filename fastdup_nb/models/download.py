"""The files of catalogue models: in the cache of the user, downloaded when they are not there.

Only a model that the user named is fetched. What arrives stays beside its final name until its
hash is right; an interrupted download goes on from there.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from fastdup_nb.errors import MissingDependencyError, ModelError, RunInterruptedError
from fastdup_nb.models.catalogue import SCHEMES, CatalogueModel
from fastdup_nb.models.model_file import sha256_of
from fastdup_nb.models.session import first_line
from fastdup_nb.paths import absolute
from fastdup_nb.progress import default_progress

if TYPE_CHECKING:
    from typing import BinaryIO

    from fastdup_nb.progress import Progress

CACHE = "FASTDUP_NB_CACHE"
_DIGITS_IN_NAME = 12
_CHUNK = 1 << 17
_SECONDS_OF_SILENCE = 30
_MEGABYTE = 1_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NETWORK_REASONS = (
    ("Timeout", "{host} does not answer"),
    ("SSLError", "the certificate of {host} cannot be checked"),
    ("ChunkedEncodingError", "{host} broke off; the same call goes on from there"),
    ("ConnectionError", "no connection to {host}"),
)


def cache_folder() -> Path:
    """Return where models are kept: FASTDUP_NB_CACHE, or the cache folder of the user."""
    given = os.environ.get(CACHE)
    if given:
        return absolute(given) / "models"
    from platformdirs import user_cache_path

    return user_cache_path("fastdup_nb", appauthor=False) / "models"


def cached_file(model: CatalogueModel) -> Path:
    """Return where the file of a model is kept, or is to be put by hand."""
    return cache_folder() / f"{model.name}-{model.sha256[:_DIGITS_IN_NAME]}.onnx"


def obtain(
    model: CatalogueModel, progress: Progress | None = None, *, download: bool = True
) -> Path:
    """Return the file of a model, with the right content; download it when it is not there.

    Parameters
    ----------
    model : CatalogueModel
        Which one.
    progress : Progress, optional
        Told how far the download is.
    download : bool
        Whether it may be downloaded.

    Raises
    ------
    ModelError
        When it cannot be had, or its hash is another one.
    MissingDependencyError
        When it is to be downloaded and pooch is not installed.
    RunInterruptedError
        When the user interrupts the download.
    """
    path = cached_file(model)
    if not path.is_file():
        if not download:
            message = f"The file of the model {model.name} is not in the cache any more."
            hint = f"Name it as model_path={model.name!r} to download it again."
            raise ModelError(message, hint)
        _fetch(model, path, progress or default_progress())
    if sha256_of(path) != model.sha256:
        message = f"{path} is not the file of the catalogue: its sha256 is another one."
        raise ModelError(message, f"Delete it; it will be downloaded from {model.url}.")
    return path


def _fetch(model: CatalogueModel, path: Path, progress: Progress) -> None:
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / ".lock"):
            if not path.is_file():  # another process may have fetched it meanwhile
                _Download(model, path, progress).carry_out()
    except OSError as error:
        raise _unavailable(model, path, _reason(error, model)) from error


class _Download:
    """One download into `<name>.part`, from where an earlier one stopped."""

    def __init__(self, model: CatalogueModel, path: Path, progress: Progress) -> None:
        self._model, self._path, self._progress = model, path, progress
        self._part = path.with_suffix(".part")

    def carry_out(self) -> None:
        """Fetch the file, check it and give it its name."""
        try:
            self._receive()
        except KeyboardInterrupt as error:
            done = self._part.stat().st_size // _MEGABYTE
            message = f"Interrupted: {done:,} MB of {self._model.name} are downloaded."
            raise RunInterruptedError(message, "The same call goes on from there.") from error
        finally:
            self._progress.finish()
        found = sha256_of(self._part)
        if found != self._model.sha256:
            self._part.unlink()
            message = (
                f"{self._model.url} is not the file that the catalogue names for "
                f"{self._model.name}: its sha256 begins with {found[:_DIGITS_IN_NAME]}, not "
                f"{self._model.sha256[:_DIGITS_IN_NAME]}."
            )
            raise ModelError(message, "It was deleted. Give an ONNX file of your own instead.")
        self._part.replace(self._path)

    def _receive(self) -> None:
        pooch = _import_pooch(self._model, self._path)
        with self._part.open("ab") as stream:
            arrived = _Arrived(stream, self._model, self._progress)
            if self._model.size and arrived.done >= self._model.size:
                return  # whole, or too long: the hash will tell
            headers = {"Accept-Encoding": "identity", "Range": f"bytes={arrived.done}-"}
            fetch = pooch.HTTPDownloader(
                chunk_size=_CHUNK,
                timeout=_SECONDS_OF_SILENCE,
                headers=headers,
                hooks={"response": arrived.begin},
            )
            try:
                fetch(self._model.url, arrived, None)
            finally:
                arrived.close()


class _Arrived:
    """The file that is being received: counts, and refuses what cannot be right.

    Parameters
    ----------
    stream : BinaryIO
        Open at its end.
    model : CatalogueModel
        What is downloaded.
    progress : Progress
        Told in megabytes.
    """

    def __init__(self, stream: BinaryIO, model: CatalogueModel, progress: Progress) -> None:
        self._stream, self._model, self._progress = stream, model, progress
        self.done = stream.seek(0, os.SEEK_END)
        self._answers: list[Any] = []

    def begin(self, response: Any, **_: object) -> None:
        """Look at the head of an answer: follow it, go on from where we are, or start over."""
        self._answers.append(response)
        if response.is_redirect:
            self._check_redirect(response.url, response.headers["location"])
            return
        if response.status_code == 206:
            start = response.headers.get("content-range", "").removeprefix("bytes ").split("-")[0]
            if start != str(self.done):
                raise ModelError(f"{self._model.url} sends another part than asked for.", "")
        else:
            self.restart()  # the server sends the whole, or nothing of use
        total, done = self._model.size // _MEGABYTE, self.done // _MEGABYTE
        self._progress.start(f"Downloading {self._model.name}", total, "MB", done)

    def restart(self) -> None:
        """Drop what is there."""
        self._stream.seek(0)
        self._stream.truncate()
        self.done = 0

    def write(self, block: bytes) -> None:
        """Take what arrived."""
        before, self.done = self.done, self.done + len(block)
        if self._model.size and self.done > self._model.size:
            self.restart()
            message = f"{self._model.url} sends more than the {self._model.size:,} bytes expected."
            raise ModelError(message, "It was deleted. Give an ONNX file of your own instead.")
        self._stream.write(block)
        self._progress.advance(self.done // _MEGABYTE - before // _MEGABYTE)

    def close(self) -> None:
        """Close the connections, also those of an answer that was not read to its end."""
        for answer in self._answers:
            answer.close()

    def flush(self) -> None:
        """Leave it to the buffer: it is flushed when the file is closed."""

    def _check_redirect(self, here: str, location: str) -> None:
        target = urlsplit(urljoin(here, location))
        allowed = SCHEMES if urlsplit(here).scheme == "http" else ("https",)
        if target.scheme not in allowed:
            self.restart()
            message = f"{self._model.url} sends on to {target.scheme}://, which is refused."
            raise ModelError(message, "Correct the address, or give an ONNX file of your own.")


def _import_pooch(model: CatalogueModel, path: Path) -> Any:
    try:
        import pooch
    except ImportError as error:
        message = f"Downloading the model {model.name} needs pooch, which is not installed."
        hint = f'Run `pip install "fastdup_nb[models]"`, or put {model.url} at {path}.'
        raise MissingDependencyError(message, hint) from error
    return pooch


def _unavailable(model: CatalogueModel, path: Path, reason: str) -> ModelError:
    message = f"The model {model.name} cannot be downloaded: {reason}."
    hint = f"Put {model.url} at {path}, or give the path of an ONNX file as model_path."
    return ModelError(message, hint)


def _reason(error: OSError, model: CatalogueModel) -> str:
    """Word an error of the network or of the disk."""
    host = urlsplit(model.url).hostname
    response = getattr(error, "response", None)
    if response is not None:
        return f"{host} answers {response.status_code} {response.reason}"
    if error.errno in _FULL:
        return "the disk is full"
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    kinds = {kind.__name__ for kind in type(error).__mro__}  # of requests, which is not imported
    known = (text for kind, text in _NETWORK_REASONS if kind in kinds)
    return next(known, "{error}").format(host=host, error=first_line(error))
