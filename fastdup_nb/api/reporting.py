"""How the V0.2 functions, which return 0 or 1, tell their caller what went wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdup_nb.errors import FastdupError


def report(error: FastdupError) -> int:
    """Write an error to standard error, the message and then the hint; return the status 1."""
    sys.stderr.write("\n".join(error.lines()) + "\n")
    return 1
