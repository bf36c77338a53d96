"""A summary as plain text for a terminal. Control characters in names are shown, not obeyed."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

from fastdup_nb.render.findings import list_findings
from fastdup_nb.render.words import as_printable, count_of

if TYPE_CHECKING:
    from fastdup_nb.views.summary import Summary

NARROWEST = 40


def summary_text(summary: Summary, width: int | None = None) -> str:
    """Return a summary as aligned text.

    Parameters
    ----------
    summary : Summary
    width : int, optional
        Columns; those of the terminal when not given.
    """
    columns = _columns(width)
    listed = count_of(summary.images_listed, "image")
    lines = [f"{listed} in {as_printable(summary.work_dir)}", ""]
    if summary.images_listed:
        lines += [
            f"  {share.percent:5.1f} %  {share.images:>9,}  {share.name}"
            for share in summary.shares
        ]
        lines.append("")
    findings = list_findings(summary)
    widest = max((len(name) for name, _, _ in findings), default=0)
    for name, images, details in findings:
        start = f"  {name:<{widest}}  {images:>7}  "
        lines += _hang(start, as_printable(details), columns)
    if summary.next_steps:
        lines += ["", "Next"]
        for step in summary.next_steps:
            what, _, call = step.partition(": ")
            lines.append(f"  {what}{':' if call else ''}")
            if call:
                lines.append(f"      {as_printable(call)}")
    return "\n".join(line.rstrip() for line in lines)


def _columns(width: int | None) -> int:
    return max(NARROWEST, width or shutil.get_terminal_size((100, 24)).columns)


def _hang(start: str, text: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text,
        columns,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
    ) or [start]
