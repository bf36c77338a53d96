"""Keeps what image readers say about broken files off the user's screen."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# Python prints the errors of loggers without any handler; the user's own handlers still get them.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_MODULES = r"(PIL|pillow_heif)(\.|$)"
_lock = Lock()
_inside = 0


@contextmanager
def silenced_codecs() -> Iterator[None]:
    """Drop the warnings of image readers for as long as any thread is inside.

    Python's warning filters belong to the process, and `warnings.catch_warnings` is not safe in
    threads: it puts back a whole list that others may have changed since. Here one filter, for the
    readers' modules only, is added by the first that enters and taken away by the last that leaves.

    `decode` enters for each file. Who decodes many files enters once around them all: then the
    filters change once and not with every file (each change makes Python forget which warnings of
    other code it has shown already).
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside  # noqa: PLW0603 - one count for the process, as the filters are
    with _lock:
        _inside += 1
        if _inside == 1:
            warnings.filterwarnings("ignore", module=_MODULES)


def _leave() -> None:
    global _inside  # noqa: PLW0603
    with _lock:
        _inside -= 1
        if _inside == 0:
            _remove_filter()


def _remove_filter() -> None:
    for place, (_, _, _, module, _) in enumerate(warnings.filters):
        # Python keeps the pattern compiled, or as text.
        if getattr(module, "pattern", module) == _MODULES:
            del warnings.filters[place]  # type: ignore[attr-defined]
            return
