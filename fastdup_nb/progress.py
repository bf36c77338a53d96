"""How a run tells its user how far it is: in a terminal, in a notebook, or not at all."""

from __future__ import annotations

import html
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

MAX_UPDATES_PER_SECOND = 5.0


class Progress(Protocol):
    """What a run reports to. One stage is open at a time."""

    def start(self, stage: str, total: int, unit: str = "images", done: int = 0) -> None:
        """Open a stage of `total` units, of which `done` were done by an earlier run."""

    def advance(self, done: int, bad: int = 0) -> None:
        """Count `done` more units, `bad` of which could not be used."""

    def finish(self) -> None:
        """Close the open stage."""

    def message(self, text: str) -> None:
        """Show one line that is worth keeping."""


class StageClock:
    """Counts one stage and words its state: share, rate, time left, bad files."""

    def __init__(
        self,
        stage: str,
        total: int,
        unit: str,
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stage, self.total, self.unit = stage, total, unit
        self.done, self.bad = done, 0
        self._clock, self._first, self._began = clock, done, clock()

    def advance(self, done: int, bad: int) -> None:
        """Count."""
        self.done += done
        self.bad += bad

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return self._clock() - self._began

    @property
    def rate(self) -> float:
        """Units per second in this run."""
        return (self.done - self._first) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds left; None before the first unit is done."""
        rate = self.rate
        return (self.total - self.done) / rate if rate > 0 else None

    def running(self) -> str:
        """Return the line shown while the stage is open."""
        left = self.seconds_left
        parts = [
            f"{self.stage} {self.done:,}/{self.total:,} {self.unit}",
            f"{self.rate:,.0f}/s",
            f"{duration(left)} left" if left is not None else "",
            f"{self.bad:,} bad" if self.bad else "",
        ]
        return " · ".join(part for part in parts if part)

    def finished(self) -> str:
        """Return the one line that stays."""
        parts = [
            f"{self.stage} {self.done:,} {self.unit}",
            duration(self.seconds),
            f"{self.bad:,} bad" if self.bad else "",
        ]
        return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Word a duration: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`.

    Parameters
    ----------
    seconds : float
        The duration in seconds.
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class SilentProgress:
    """Shows nothing."""

    def start(self, stage: str, total: int, unit: str = "images", done: int = 0) -> None:
        """Do nothing."""

    def advance(self, done: int, bad: int = 0) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def message(self, text: str) -> None:
        """Do nothing."""


class TerminalProgress:
    """A tqdm bar per stage on standard error.

    Parameters
    ----------
    stream : file, optional
        Where to write; standard error when not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._bar: Any = None
        self._bad = 0

    def start(self, stage: str, total: int, unit: str = "images", done: int = 0) -> None:
        """Open a bar."""
        from tqdm import tqdm

        self.finish()
        self._bad = 0
        self._bar = tqdm(
            total=total,
            initial=done,
            desc=stage,
            unit=f" {unit}",
            file=self._stream or sys.stderr,
            mininterval=1 / MAX_UPDATES_PER_SECOND,
            dynamic_ncols=True,
            leave=True,
        )

    def advance(self, done: int, bad: int = 0) -> None:
        """Move the bar."""
        if self._bar is None:
            return
        self._bad += bad
        if bad:
            self._bar.set_postfix_str(f"{self._bad:,} bad", refresh=False)
        self._bar.update(done)

    def finish(self) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def message(self, text: str) -> None:
        """Write a line without breaking the bar."""
        stream = self._stream or sys.stderr
        if self._bar is not None:
            self._bar.write(text, file=stream)
        else:
            stream.write(f"{text}\n")


class NotebookProgress:
    """One display handle, updated at most five times a second, that ends as one line.

    The handle survives saving: it is plain HTML with a plain-text twin, no widget state.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._stage: StageClock | None = None
        self._lines: list[str] = []
        self._shown = 0.0

    def start(self, stage: str, total: int, unit: str = "images", done: int = 0) -> None:
        """Open a stage under the lines of the earlier ones."""
        self.finish()
        self._stage = StageClock(stage, total, unit, done)
        self._show()

    def advance(self, done: int, bad: int = 0) -> None:
        """Count, and show when the last update is old enough."""
        if self._stage is None:
            return
        self._stage.advance(done, bad)
        if time.monotonic() - self._shown >= 1 / MAX_UPDATES_PER_SECOND:
            self._show()

    def finish(self) -> None:
        """Turn the open stage into its closing line."""
        if self._stage is None:
            return
        self._lines.append(self._stage.finished())
        self._stage = None
        self._show()

    def message(self, text: str) -> None:
        """Keep a line above the open stage."""
        self._lines.append(text)
        self._show()

    def _show(self) -> None:
        from IPython.display import display

        self._shown = time.monotonic()
        bundle = {"text/plain": self._text(), "text/html": self._html()}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def _text(self) -> str:
        lines = [*self._lines, self._stage.running()] if self._stage else self._lines
        return "\n".join(lines)

    def _html(self) -> str:
        rows = [f"<div>{html.escape(line)}</div>" for line in self._lines]
        if self._stage is not None:
            share = self._stage.done / max(self._stage.total, 1)
            rows.append(
                f'<div><progress max="1" value="{share:.4f}" '
                f'style="vertical-align:middle;width:16em"></progress> '
                f"{html.escape(self._stage.running())}</div>"
            )
        return f'<div style="font-size:0.9em;line-height:1.6">{"".join(rows)}</div>'


def in_notebook() -> bool:
    """Return whether the code runs under a Jupyter kernel (not IPython in a terminal)."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def default_progress(*, quiet: bool = False) -> Progress:
    """Return the progress that fits where the code runs."""
    if quiet:
        return SilentProgress()
    return NotebookProgress() if in_notebook() else TerminalProgress()
