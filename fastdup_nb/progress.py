"""How a run tells its user how far it is: in a terminal, in a notebook, or not at all.

A terminal gets a tqdm bar per stage; a log file a line now and then; a notebook one display handle
that ends as one line. A stage closed before its end, as after Ctrl-C, says where it stopped.
"""

from __future__ import annotations

import html
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

MAX_UPDATES_PER_SECOND = 5.0
SECONDS_BETWEEN_LOG_LINES = 10.0


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
    """Counts one stage and words its state: share, rate, time left, bad files.

    Parameters
    ----------
    stage : str
        What is done, for example `Reading`.
    total : int
        Units to do; 0 when nobody knows.
    unit : str
        What is counted, in the plural.
    done : int
        Units that an earlier run did; they do not count in the rate.
    clock : callable
        Seconds that only go up; a fake one in tests.
    """

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
        """Units per second in this run; 0.0 before the first unit is done."""
        return (self.done - self._first) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds left; None when nothing can be said."""
        rate = self.rate
        return max(self.total - self.done, 0) / rate if rate > 0 and self.total else None

    @property
    def share(self) -> float:
        """Part done, from 0.0 to 1.0; 0.0 when the total is not known."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def complete(self) -> bool:
        """Whether all units are done."""
        return self.done >= self.total

    def running(self) -> str:
        """Return the line shown while the stage is open."""
        left = self.seconds_left
        parts = [
            f"{self._title}{self._count()}",
            f"{_rate(self.rate)}/s" if self.rate > 0 else "",
            f"{duration(left)} left" if left is not None else "",
            f"{self.bad:,} bad" if self.bad else "",
        ]
        return " · ".join(part for part in parts if part)

    def finished(self) -> str:
        """Return the line that stays: what was done, in what time, or where it stopped."""
        unit = self.unit.removesuffix("s") if self.done == 1 else self.unit
        count = f"{self.done:,} {unit}" if self.complete else f"stopped at {self._count()}"
        text = f"{self._title}{count} in {duration(self.seconds)}"
        return f"{text}, {self.bad:,} bad" if self.bad else text

    @property
    def _title(self) -> str:
        # "Images 12 images" says it twice.
        return "" if self.stage.lower() == self.unit else f"{self.stage} "

    def _count(self) -> str:
        whole = f"/{self.total:,}" if self.total else ""
        return f"{self.done:,}{whole} {self.unit}"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def duration(seconds: float) -> str:
    """Word a duration: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`.

    Parameters
    ----------
    seconds : float
        The duration in seconds.
    """
    if seconds < 9.95:
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
    """A tqdm bar per stage on a terminal.

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
            total=total or None,
            initial=done,
            desc=stage,
            unit=f" {unit}",
            file=self._file,
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
        """Close the bar and leave it on the screen as it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def message(self, text: str) -> None:
        """Write a line without breaking the bar."""
        if self._bar is not None:
            self._bar.write(text, file=self._file)
        else:
            self._file.write(f"{text}\n")

    @property
    def _file(self) -> TextIO:
        return self._stream or sys.stderr


class LogProgress:
    """A line every ten seconds or so, for a log file or a pipe.

    A stage that is over before its first line says nothing.

    Parameters
    ----------
    stream : file, optional
        Where to write; standard error when not given.
    clock : callable
        Seconds that only go up; a fake one in tests.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._clock = stream, clock
        self._stage: StageClock | None = None
        self._written = clock()
        self._mentioned = False

    def start(self, stage: str, total: int, unit: str = "images", done: int = 0) -> None:
        """Open a stage."""
        self.finish()
        self._stage = StageClock(stage, total, unit, done, self._clock)
        self._mentioned = False

    def advance(self, done: int, bad: int = 0) -> None:
        """Count, and write a line when the last one is old enough."""
        if self._stage is None:
            return
        self._stage.advance(done, bad)
        if self._clock() - self._written >= SECONDS_BETWEEN_LOG_LINES:
            self._mentioned = True
            self.message(self._stage.running())

    def finish(self) -> None:
        """Write how the stage ended, if it was mentioned at all."""
        if self._stage is not None and (self._mentioned or not self._stage.complete):
            self.message(self._stage.finished())
        self._stage = None

    def message(self, text: str) -> None:
        """Write a line."""
        self._written = self._clock()
        stream = self._stream or sys.stderr
        stream.write(f"{text}\n")
        stream.flush()


class NotebookProgress:
    """One display handle that ends as one line.

    It survives saving: plain HTML with a plain-text twin, no widget state. The open stage is drawn
    at most five times a second; the end of a stage always, so that what stays is never out of date.

    Parameters
    ----------
    clock : callable
        Seconds that only go up; a fake one in tests.
    show : callable, optional
        `show(text, html)` draws; a fake one in tests.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        show: Callable[[str, str], None] | None = None,
    ) -> None:
        self._clock = clock
        self._show = show or _DisplayHandle().show
        self._stage: StageClock | None = None
        self._closed: list[str] = []
        self._kept: list[str] = []
        self._shown = float("-inf")

    def start(self, stage: str, total: int, unit: str = "images", done: int = 0) -> None:
        """Open a stage."""
        self.finish()
        self._stage = StageClock(stage, total, unit, done, self._clock)
        self._draw_if_due()

    def advance(self, done: int, bad: int = 0) -> None:
        """Count, and draw when the last drawing is old enough."""
        if self._stage is None:
            return
        self._stage.advance(done, bad)
        self._draw_if_due()

    def finish(self) -> None:
        """Turn the open stage into a part of the closing line."""
        if self._stage is None:
            return
        self._closed.append(self._stage.finished())
        self._stage = None
        self._draw()

    def message(self, text: str) -> None:
        """Keep a line above the closing one."""
        self._kept.append(text)
        self._draw()

    def _draw_if_due(self) -> None:
        if self._clock() - self._shown >= 1 / MAX_UPDATES_PER_SECOND:
            self._draw()

    def _draw(self) -> None:
        self._shown = self._clock()
        lines = [*self._kept, " · ".join(self._closed)]
        rows = [f"<div>{html.escape(line)}</div>" for line in lines if line]
        if self._stage is not None:
            lines.append(self._stage.running())
            rows.append(f"<div>{_bar(self._stage.share)} {html.escape(lines[-1])}</div>")
        text = "\n".join(line for line in lines if line)
        self._show(text, f'<div style="font-size:0.9em;line-height:1.6">{"".join(rows)}</div>')


def _bar(share: float) -> str:
    style = "vertical-align:middle;width:16em"
    return f'<progress max="1" value="{share:.4f}" style="{style}"></progress>'


class _DisplayHandle:
    """Draws into one output of the notebook, made at the first drawing."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str, markup: str) -> None:
        from IPython.display import display

        bundle = {"text/plain": text, "text/html": markup}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def in_notebook() -> bool:
    """Return whether the code runs under a Jupyter kernel (not IPython in a terminal)."""
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def default_progress(*, quiet: bool = False) -> Progress:
    """Return the progress that fits where the code runs.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    """
    if quiet:
        return SilentProgress()
    return NotebookProgress() if in_notebook() else shell_progress()


def shell_progress(stream: TextIO | None = None) -> Progress:
    """Return a bar for a terminal, a line now and then for anything else.

    Parameters
    ----------
    stream : file, optional
        Where to write; standard error when not given.
    """
    where = stream or sys.stderr
    return TerminalProgress(stream) if where.isatty() else LogProgress(stream)
