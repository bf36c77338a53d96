"""The shell command `fastdup-nb`, which is also `python -m fastdup_nb`.

Exit codes: 0 done, 1 it could not be done, 2 the command cannot be understood, 130 interrupted.
Results go to standard output, progress and errors to standard error.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fastdup_nb import commands
from fastdup_nb._version import __version__
from fastdup_nb.errors import FastdupError, OptionError, RunInterruptedError
from fastdup_nb.progress import shell_progress

if TYPE_CHECKING:
    from fastdup_nb.render.report import SummaryReport

PROG = "fastdup-nb"
DEBUG = "FASTDUP_NB_DEBUG"

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the shell command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after `fastdup-nb`; those of the process when not given.

    Returns
    -------
    int
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _make_streams_tolerant()
    try:
        code = _answer(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _close_output()
        return DONE
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get(DEBUG):
            raise
        return _explain(error)


def _explain(error: BaseException) -> int:
    """Write what went wrong to standard error, without a traceback, and return the exit code."""
    code = FAILED
    if isinstance(error, FastdupError):
        message, hint = error.message, error.hint
        if isinstance(error, OptionError):
            code = MISUSED
        elif isinstance(error, RunInterruptedError):
            code = INTERRUPTED
    elif isinstance(error, KeyboardInterrupt):
        message, hint, code = "Interrupted.", "", INTERRUPTED
    else:
        message = f"Unexpected {type(error).__name__}: {error}"
        hint = f"This is a bug. {DEBUG}=1 shows where it is; please report it."
    sys.stderr.write(f"Error: {message}\n" + (f"Hint: {hint}\n" if hint else ""))
    return code


def _answer(words: list[str]) -> int:
    place = commands.Place(prog=PROG, make_progress=shell_progress)
    if words in (["--version"], ["-V"]):
        sys.stdout.write(f"{PROG} {__version__}\n")
        return DONE
    if not words:
        sys.stderr.write(commands.overview(PROG))
        return MISUSED
    text = commands.help_asked_for(words, place)
    if text is None:
        text = _tell(commands.execute(words, place), quiet="--quiet" in words)
    sys.stdout.write(text)
    return DONE


def _tell(result: object, *, quiet: bool) -> str:
    from fastdup_nb.render.report import SummaryReport
    from fastdup_nb.session import Fastdup

    if quiet:
        return ""
    if isinstance(result, Fastdup):
        result = result.summary()
    return f"{_in_commands(result) if isinstance(result, SummaryReport) else result}\n"


def _in_commands(report: SummaryReport) -> SummaryReport:
    """Return a summary whose next steps are commands."""
    parsers = (commands.COMMANDS["run"].parser(PROG),)
    folder = report.summary.work_dir
    here = os.path.relpath(folder)
    steps = []
    for step in report.summary.next_steps:
        what, _, call = step.partition(": ")
        if not here.startswith(os.pardir):
            call = call.replace(repr(folder), repr(here))
        command = commands.as_command(call, PROG)
        steps.append(f"{what}: {command}" if command else commands.in_commands(step, PROG, parsers))
    return type(report)(replace(report.summary, next_steps=tuple(steps)))


def _make_streams_tolerant() -> None:
    """Let terminals that cannot show a character show `?` for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _close_output() -> None:
    """Send what is left to nowhere: the reader, such as `head`, has seen enough."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
