"""`status`: what a work_dir holds."""

from __future__ import annotations

import dataclasses
import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.commands.command import Command, declare_results

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.views.status import Status


@dataclass(frozen=True, repr=False)
class StatusReport:
    """The state of a work_dir as text.

    Attributes
    ----------
    status : Status
    prog : str
        How commands are called here.
    """

    status: Status
    prog: str

    def __repr__(self) -> str:
        from fastdup_nb.render.words import as_printable, word_size

        status = self.status
        lines = [as_printable(status.work_dir), f"  {self._state()}"]
        if status.in_use_by:
            lines.append(f"  in use by {as_printable(status.in_use_by)}")
        widest = max((len(file.name) for file in status.files), default=0)
        lines += [f"  {file.name:<{widest}}  {word_size(file.size)}" for file in status.files]
        if status.pages:
            lines.append(f"  pages: {as_printable(', '.join(status.pages))}")
        return "\n".join(lines)

    def _state(self) -> str:
        status = self.status
        if status.saved is not None:
            resume = f"{self.prog} run INPUT --work-dir {shlex.quote(status.work_dir)} --resume"
            return f"unfinished: {status.saved:,} files are read and saved; to go on: {resume}"
        if not status.finished:
            return "no results yet"
        bad = f", {status.bad:,} files could not be used" if status.bad else ""
        return f"finished: {status.images:,} images{bad}"


def _declare(parser: Parser) -> None:
    declare_results(parser)
    parser.add_argument("--json", action="store_true", help="Give it as JSON.")


def _execute(values: Namespace, place: Place) -> StatusReport | str:
    from fastdup_nb.views.status import build_status

    status = build_status(place.read_work_dir(getattr(values, "work_dir", None)))
    if getattr(values, "json", False):
        return json.dumps(dataclasses.asdict(status), indent=2)
    return StatusReport(status, place.prog)


STATUS = Command(
    "status",
    "Show what a folder of results holds, and whether its run is unfinished.",
    "WORK_DIR [options]",
    "photos_fastdup",
    _declare,
    _execute,
)
