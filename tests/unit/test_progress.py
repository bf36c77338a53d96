"""Progress in a terminal, a log and a notebook, with a fake clock and a fake display."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fastdup_nb import progress
from fastdup_nb.progress import (
    LogProgress,
    NotebookProgress,
    SilentProgress,
    StageClock,
    TerminalProgress,
    default_progress,
    duration,
    shell_progress,
)

if TYPE_CHECKING:
    from fastdup_nb.progress import Progress


class Clock:
    """Seconds that go on when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen:
    """Keeps every drawing with its time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.drawings: list[tuple[float, str, str]] = []

    def show(self, text: str, markup: str) -> None:
        self.drawings.append((self.clock.now, text, markup))

    @property
    def text(self) -> str:
        return self.drawings[-1][1]

    @property
    def markup(self) -> str:
        return self.drawings[-1][2]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def notebook() -> tuple[NotebookProgress, Clock, Screen]:
    clock = Clock()
    screen = Screen(clock)
    return NotebookProgress(clock, screen.show), clock, screen


def report(shown: Progress, clock: Clock, total: int, seconds: float) -> None:
    for _ in range(total):
        clock.now += seconds / total
        shown.advance(1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_duration_is_worded(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_stage_tells_rate_time_left_and_bad_files() -> None:
    clock = Clock()
    stage = StageClock("Reading", 3000, "images", clock=clock)
    clock.now += 2
    stage.advance(1000, 3)
    assert stage.running() == "Reading 1,000/3,000 images · 500/s · 4.0 s left · 3 bad"
    clock.now += 4
    stage.advance(2000, 0)
    assert stage.finished() == "Reading 3,000 images in 6.0 s, 3 bad"


def test_resumed_stage_counts_only_this_run_in_its_rate() -> None:
    clock = Clock()
    stage = StageClock("Reading", 1000, "images", done=900, clock=clock)
    clock.now += 10
    stage.advance(50, 0)
    assert stage.rate == pytest.approx(5.0)
    assert stage.seconds_left == pytest.approx(10.0)
    assert "950/1,000" in stage.running()


def test_slow_rate_keeps_a_decimal_and_unknown_total_has_no_time_left() -> None:
    clock = Clock()
    stage = StageClock("Reading", 0, "images", clock=clock)
    assert stage.running() == "Reading 0 images"
    clock.now += 10
    stage.advance(5, 0)
    assert stage.running() == "Reading 5 images · 0.5/s"
    assert stage.share == 0.0


def test_stage_closed_early_says_where_it_stopped() -> None:
    clock = Clock()
    stage = StageClock("Reading", 1000, "images", clock=clock)
    clock.now += 1
    stage.advance(400, 0)
    assert stage.finished() == "Reading stopped at 400/1,000 images in 1.0 s"


def test_notebook_draws_the_open_stage_at_most_five_times_a_second() -> None:
    shown, clock, screen = notebook()
    shown.start("Reading", 5000)
    report(shown, clock, 5000, seconds=10)
    times = [time for time, _, _ in screen.drawings]
    assert all(later - sooner >= 0.2 for sooner, later in pairwise(times))
    assert 40 <= len(times) <= 51


def test_notebook_ends_as_one_line_without_a_bar() -> None:
    shown, clock, screen = notebook()
    shown.start("Reading", 10)
    assert "<progress" in screen.markup
    report(shown, clock, 10, seconds=2)
    shown.start("Neighbours", 10)
    report(shown, clock, 10, seconds=0.1)
    shown.finish()
    assert screen.text == "Reading 10 images in 2.0 s · Neighbours 10 images in 0.1 s"
    assert "<progress" not in screen.markup
    assert screen.markup.count("<div>") == 1


def test_notebook_shows_the_end_even_when_the_last_drawing_is_fresh() -> None:
    shown, _, screen = notebook()
    shown.start("Reading", 1)
    shown.advance(1)
    shown.finish()
    assert screen.text == "Reading 1 image in 0.0 s"


def test_notebook_keeps_messages_and_escapes_them() -> None:
    shown, _, screen = notebook()
    shown.start("Reading", 2)
    shown.message("left out <script>.jpg")
    shown.finish()
    assert screen.text.splitlines()[0] == "left out <script>.jpg"
    assert "<script>" not in screen.markup
    assert "&lt;script&gt;" in screen.markup


def test_interrupted_notebook_keeps_its_last_state() -> None:
    shown, clock, screen = notebook()
    shown.start("Reading", 100)
    report(shown, clock, 40, seconds=8)
    assert screen.text.startswith("Reading 40/100 images")
    shown.finish()
    assert screen.text == "Reading stopped at 40/100 images in 8.0 s"


def test_calls_outside_a_stage_do_nothing() -> None:
    shown, _, screen = notebook()
    shown.advance(1)
    shown.finish()
    assert screen.drawings == []


def test_log_gets_at_most_a_line_in_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    shown = LogProgress(stream, clock)
    shown.start("Reading", 3500)
    report(shown, clock, 3500, seconds=35)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Reading 1,000/3,500 images · 100/s · 25 s left")
    shown.finish()
    assert stream.getvalue().splitlines()[-1] == "Reading 3,500 images in 35 s"


def test_short_stage_writes_nothing_into_a_log() -> None:
    stream, clock = io.StringIO(), Clock()
    shown = LogProgress(stream, clock)
    shown.start("Reading", 10)
    report(shown, clock, 10, seconds=1)
    shown.finish()
    assert stream.getvalue() == ""


def test_interrupted_log_says_where_it_stopped() -> None:
    stream, clock = io.StringIO(), Clock()
    shown = LogProgress(stream, clock)
    shown.start("Reading", 10)
    report(shown, clock, 4, seconds=1)
    shown.finish()
    assert stream.getvalue() == "Reading stopped at 4/10 images in 1.0 s\n"


def test_terminal_bar_shows_count_and_bad_files_and_stays() -> None:
    stream = Terminal()
    shown = TerminalProgress(stream)
    shown.start("Reading", 10, done=2)
    shown.advance(3, bad=1)
    shown.message("a line to keep")
    shown.finish()
    last = stream.getvalue().rstrip("\n").split("\r")[-1]
    assert "Reading" in last
    assert "5/10" in last
    assert "1 bad" in last
    assert "a line to keep\n" in stream.getvalue()
    assert stream.getvalue().endswith("\n")


def test_terminal_message_without_a_bar_is_a_line() -> None:
    stream = Terminal()
    TerminalProgress(stream).message("hello")
    assert stream.getvalue() == "hello\n"


def test_progress_fits_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(default_progress(quiet=True), SilentProgress)
    assert isinstance(shell_progress(Terminal()), TerminalProgress)
    assert isinstance(shell_progress(io.StringIO()), LogProgress)
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    assert isinstance(default_progress(), NotebookProgress)


def test_no_notebook_without_ipython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not progress.in_notebook()


def test_a_stage_named_like_its_unit_says_it_once() -> None:
    clock = Clock()
    stage = StageClock("Images", 40, "images", clock=clock)
    stage.advance(20, 0)
    clock.now += 2
    assert stage.running().startswith("20/40 images · ")
    stage.advance(20, 1)
    assert stage.finished() == "40 images in 2.0 s, 1 bad"
