"""Keeps what image readers say about broken files off the user's screen."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock

# Python prints the errors of loggers without any handler; the user's own handlers still get them.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_lock = Lock()
_entered = 0


def silenced_codecs(name: str) -> AbstractContextManager[None]:
    """Return a context in which Pillow's warnings about a file of this format are dropped.

    Python's warning filters belong to the process, and `warnings.catch_warnings` is not safe in
    threads: it restores a whole list that others may have changed since. Here one filter, for
    Pillow's modules only, is added by the first thread that enters and taken away by the last that
    leaves. JPEG, by far the most frequent, never warns as we read it and skips this.
    """
    return nullcontext() if name == "JPEG" else _ignoring_pillow()


@contextmanager
def _ignoring_pillow() -> Iterator[None]:
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _entered  # noqa: PLW0603 - one count for the process, as the filters are
    with _lock:
        _entered += 1
        if _entered == 1:
            warnings.filterwarnings("ignore", module=_MODULES)


def _leave() -> None:
    global _entered  # noqa: PLW0603
    with _lock:
        _entered -= 1
        if _entered == 0:
            _remove_filter()


_MODULES = r"(PIL|pillow_heif)(\.|$)"


def _remove_filter() -> None:
    for entry in list(warnings.filters):
        pattern = getattr(entry[3], "pattern", entry[3])
        if pattern == _MODULES:
            warnings.filters.remove(entry)  # type: ignore[attr-defined]
            return
