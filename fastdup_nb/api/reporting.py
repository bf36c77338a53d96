"""How the V0.2 functions, which return 0 or 1, tell their caller what went wrong."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.errors import FastdupError

_raising = ContextVar("raising", default=False)


def report(error: FastdupError) -> int:
    """Write an error to standard error, the message and then the hint; return the status 1.

    Inside `errors_raised` it is raised instead.
    """
    if _raising.get():
        raise error
    sys.stderr.write("\n".join(error.lines()) + "\n")
    return 1


@contextmanager
def errors_raised() -> Iterator[None]:
    """Let the V0.2 functions raise what they otherwise report, as the commands need it."""
    token = _raising.set(True)
    try:
        yield
    finally:
        _raising.reset(token)
