"""A process killed at any step of a cleaning, or of an undo, leaves what an undo makes whole."""

import os
import sys
from pathlib import Path

import pytest

from fastdup_nb.clean import moving
from fastdup_nb.clean.apply import apply_plan
from fastdup_nb.clean.components import plan_components
from fastdup_nb.clean.undo import undo_batch
from tests.unit.clean.conftest import contents

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

KILLED = 9
STEPS = ("link", "unlink", "rename", "replace", "fsync", "mkdir", "rmdir")


def run_killed(work, step, *, across):
    """Run in a process of its own that dies before its `step`-th change of the disk."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        _die_at(step)
        if across:
            _no_links_across()
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent's test must not go on in the child
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def _die_at(step):
    count = 0

    def counted(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count > step:
                os._exit(KILLED)
            return real(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))


def _no_links_across():
    real = os.link

    def link(source, target, **kwargs):
        if Path(source).parent != Path(target).parent:
            raise OSError(18, "Invalid cross-device link")
        real(source, target, **kwargs)

    moving.os.link = link


@pytest.mark.parametrize(
    ("choice", "across"), [("work_dir", False), ("work_dir", True), ("system", False)]
)
def test_a_cleaning_killed_at_any_step_can_be_undone(
    cluster, facts, photos, work, monkeypatch, tmp_path, choice, across
):
    home = tmp_path / "home"
    import send2trash.plat_other as plat  # reads the variable once

    monkeypatch.setenv("XDG_DATA_HOME", str(home))

    monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(home / "Trash"))
    before = contents(photos)
    codes = []
    for step in range(200):
        plan = plan_components([cluster], facts)
        codes.append(
            run_killed(
                lambda plan=plan: apply_plan(plan, facts, trash_choice=choice), step, across=across
            )
        )
        assert "large.jpg" in contents(photos)
        undo_batch(work)
        assert contents(photos) == before, f"killed before change {step + 1}"
        if codes[-1] == 0:
            break
    assert codes[-1] == 0
    assert set(codes[:-1]) == {KILLED}
    assert len(codes) > 6


@pytest.mark.parametrize("choice", ["work_dir", "system"])
def test_an_undo_killed_at_any_step_can_be_repeated(
    cluster, facts, photos, work, monkeypatch, tmp_path, choice
):
    home = tmp_path / "home"
    import send2trash.plat_other as plat  # reads the variable once

    monkeypatch.setenv("XDG_DATA_HOME", str(home))

    monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(home / "Trash"))
    before = contents(photos)
    codes = []
    for step in range(200):
        apply_plan(plan_components([cluster], facts), facts, trash_choice=choice)
        codes.append(run_killed(lambda: undo_batch(work), step, across=False))
        undo_batch(work)
        assert contents(photos) == before, f"killed before change {step + 1}"
        if codes[-1] == 0:
            break
    assert codes[-1] == 0
    assert len(codes) > 6
