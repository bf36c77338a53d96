import errno
import os
import shutil
from pathlib import Path

import pytest

from fastdup_nb.clean import apply, removal, trash
from fastdup_nb.clean.apply import apply_plan
from fastdup_nb.clean.components import plan_components
from fastdup_nb.clean.journal import Journal, Record
from fastdup_nb.clean.plan import Action, Decision, Plan
from fastdup_nb.clean.undo import undo_batch
from fastdup_nb.errors import (
    OptionError,
    ResultNotFoundError,
    RunInterruptedError,
    WorkDirError,
    WorkDirLockedError,
)
from fastdup_nb.store.workdir import WorkDir
from tests.pictures import draw
from tests.unit.clean.conftest import contents


@pytest.fixture
def plan(cluster, facts):
    return plan_components([cluster], facts)


@pytest.fixture(autouse=True)
def data_home(tmp_path, monkeypatch):
    """The trash of the system, empty for every test."""
    home = tmp_path / "home"
    import send2trash.plat_other as plat  # reads the variable once

    monkeypatch.setenv("XDG_DATA_HOME", str(home))

    monkeypatch.setattr(plat, "XDG_DATA_HOME", os.fsencode(home))
    monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(home / "Trash"))
    return home


def reasons(result):
    return {Path(left.path).name: left.reason for left in result.left}


# where files go


@pytest.mark.parametrize("choice", ["auto", "system", "work_dir"])
def test_what_went_comes_back(plan, facts, photos, work, choice):
    before = contents(photos)
    outcome = apply_plan(plan, facts, trash_choice=choice)
    assert list(outcome.done) == plan.files
    assert set(contents(photos)) == {"large.jpg", "other.jpg"}
    assert outcome.left == []
    restored = undo_batch(work)
    assert sorted(restored.back) == sorted(plan.files)
    assert restored.left == []
    assert contents(photos) == before


def test_the_trash_of_the_system_holds_them_as_it_should(plan, facts, data_home, photos):
    outcome = apply_plan(plan, facts, trash_choice="system")
    assert set(outcome.done.values()) == {"system"}
    names = sorted(path.name for path in (data_home / "Trash" / "files").iterdir())
    assert len(names) == 3
    notes = (data_home / "Trash" / "info").iterdir()
    assert any(f"Path={photos}/small.jpg" in note.read_text() for note in notes)


def test_an_undo_clears_its_notes_from_the_trash_of_the_system(plan, facts, data_home, work):
    apply_plan(plan, facts, trash_choice="system")
    undo_batch(work)
    assert list((data_home / "Trash" / "info").iterdir()) == []


def test_an_undo_from_another_sandbox_finds_the_trash(plan, facts, photos, work, monkeypatch):
    before = contents(photos)
    apply_plan(plan, facts, trash_choice="system")
    monkeypatch.setenv("XDG_DATA_HOME", str(photos.parent / "elsewhere"))
    assert len(undo_batch(work).back) == 3
    assert contents(photos) == before


def test_older_trash_of_the_same_name_is_not_taken_for_it(plan, facts, photos, work):
    old = draw(44)
    path = photos / "small.jpg"
    mine = path.read_bytes()
    old.save(path)
    trash.send_to_system(str(path))
    path.write_bytes(mine)
    os.utime(path, ns=(plan.going[-1].state.modified,) * 2)
    fresh = {d.path: d for d in plan.going}[str(path)]
    assert fresh.state.size == len(mine)
    again = plan_components([_group(plan)], facts)
    apply_plan(again, facts, trash_choice="system")
    undo_batch(work)
    assert path.read_bytes() == mine


def _group(plan):
    from fastdup_nb.clean.groups import Group

    return Group("7", tuple(d.path for d in plan.decisions), 0.97)


def test_the_trash_of_the_work_dir_keeps_the_folders(plan, facts, photos, work):
    apply_plan(plan, facts, trash_choice="work_dir")
    kept = work / "trash" / "0001" / photos.relative_to("/")
    assert {path.relative_to(kept).as_posix() for path in kept.rglob("*.jpg")} == {
        "a.jpg",
        "sub/a.jpg",
        "small.jpg",
    }
    undo_batch(work)
    assert not (work / "trash").exists()


def test_the_work_dir_can_be_moved_with_its_trash(plan, facts, photos, work, tmp_path):
    before = contents(photos)
    apply_plan(plan, facts, trash_choice="work_dir")
    moved = tmp_path / "elsewhere"
    shutil.move(work, moved)
    undo_batch(moved)
    assert contents(photos) == before


@pytest.mark.parametrize("error", [OSError("no trash here"), RuntimeError("no desktop")])
def test_when_the_system_has_no_trash_the_work_dir_has(plan, facts, work, monkeypatch, error):
    import send2trash

    def refuse(path):
        raise error

    monkeypatch.setattr(send2trash, "send2trash", refuse)
    outcome = apply_plan(plan, facts)
    assert set(outcome.done.values()) == {"trash"}
    assert len(undo_batch(work).back) == 3


def test_a_trash_of_the_system_that_was_asked_for_is_not_replaced(plan, facts, photos, monkeypatch):
    import send2trash

    def refuse(path):
        raise OSError("no trash here")

    monkeypatch.setattr(send2trash, "send2trash", refuse)
    before = contents(photos)
    outcome = apply_plan(plan, facts, trash_choice="system")
    assert outcome.done == {}
    assert len(outcome.left) == 3
    assert contents(photos) == before


def test_what_could_not_be_found_again_is_not_sent_there(plan, facts, work, monkeypatch):
    monkeypatch.setattr(trash, "find_in_system", lambda *_: {})
    outcome = apply_plan(plan, facts)
    assert sorted(outcome.done.values()) == ["system", "trash", "trash"]


def test_where_the_trash_cannot_be_searched_the_work_dir_is_first(plan, facts, monkeypatch):
    monkeypatch.setattr(trash.sys, "platform", "darwin")
    assert set(apply_plan(plan, facts).done.values()) == {"trash"}


def test_permanent_is_permanent_and_undo_says_so(plan, facts, photos, work):
    outcome = apply_plan(plan, facts, permanent=True)
    assert set(outcome.done.values()) == {"permanent"}
    assert not (work / "trash").exists()
    restored = undo_batch(work)
    assert restored.back == []
    assert set(reasons(restored).values()) == {"it was deleted permanently"}


def test_permanent_and_a_trash_contradict(plan, facts):
    with pytest.raises(OptionError, match="both given"):
        apply_plan(plan, facts, trash_choice="work_dir", permanent=True)
    with pytest.raises(OptionError, match="Unknown trash"):
        apply_plan(plan, facts, trash_choice="bin")


# what is checked when a file goes


def test_a_file_changed_since_the_plan_stays(plan, facts, photos):
    draw(9).save(photos / "small.jpg")
    outcome = apply_plan(plan, facts)
    assert reasons(outcome) == {"small.jpg": "it was changed since the plan was made"}
    assert (photos / "small.jpg").exists()
    assert len(outcome.done) == 2


def test_a_file_that_vanished_is_reported(plan, facts, photos):
    (photos / "small.jpg").unlink()
    outcome = apply_plan(plan, facts)
    assert reasons(outcome) == {"small.jpg": "it is no longer there"}
    assert len(outcome.done) == 2


@pytest.mark.parametrize("harm", ["unlink", "change", "replace by a folder"])
def test_when_the_keeper_fails_its_copies_stay(plan, facts, photos, harm):
    keeper = photos / "large.jpg"
    keeper.unlink()
    if harm == "change":
        draw(9).save(keeper)
    if harm == "replace by a folder":
        keeper.mkdir()
    outcome = apply_plan(plan, facts)
    assert outcome.done == {}
    assert all("image to keep cannot be relied on" in text for text in reasons(outcome).values())


def test_the_keeper_is_looked_at_before_every_copy(plan, facts, photos, monkeypatch):
    real = removal.Remover.remove

    def remove(self, decision, digest):
        where = real(self, decision, digest)
        (photos / "large.jpg").unlink(missing_ok=True)  # somebody else deletes it
        return where

    monkeypatch.setattr(removal.Remover, "remove", remove)
    outcome = apply_plan(plan, facts)
    assert len(outcome.done) == 1
    assert len(outcome.left) == 2


def test_the_header_of_the_keeper_must_decode(plan, facts, photos, monkeypatch):
    monkeypatch.setattr(apply, "check_keeper", lambda path: "its header is broken")
    outcome = apply_plan(plan, facts)
    assert outcome.done == {}
    assert all("its header is broken" in text for text in reasons(outcome).values())


def test_an_exact_copy_is_compared_byte_by_byte_when_it_goes(cluster, facts, photos):
    plan = plan_components([cluster], facts, keep="first")
    copy = photos / "sub" / "a.jpg"
    data = bytearray(copy.read_bytes())
    data[-3] ^= 1  # same size, same date: only its content tells
    status = copy.stat()
    copy.write_bytes(data)
    os.utime(copy, ns=(status.st_mtime_ns, status.st_mtime_ns))
    outcome = apply_plan(plan, facts)
    assert "does not have the content of the kept image" in outcome.left[0].reason
    assert copy.exists()


def test_a_file_changed_since_the_run_stays(cluster, facts, photos, monkeypatch):
    other = str(photos / "small.jpg")
    monkeypatch.setattr(facts, "digest", lambda path: "00ff" if path == other else "")
    outcome = apply_plan(plan_components([cluster], facts), facts)
    assert reasons(outcome) == {"small.jpg": "it was changed since the run"}


def test_read_only_folders_are_one_reason_and_nothing_is_half_done(
    plan, facts, photos, monkeypatch, work
):
    before = contents(photos)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    outcome = apply_plan(plan, facts)
    assert outcome.done == {}
    assert {left.reason for left in outcome.left} == {
        f"the folder {photos} cannot be changed",
        f"the folder {photos}/sub cannot be changed",
    }
    assert contents(photos) == before
    assert not (work / "trash").exists()


def test_a_read_only_file_system_is_found_out_late_and_nothing_is_half_done(
    plan, facts, photos, monkeypatch, work
):
    before = contents(photos)

    def link(source, target, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "link", link)
    outcome = apply_plan(plan, facts, trash_choice="work_dir")
    assert outcome.done == {}
    assert all("cannot be changed" in left.reason for left in outcome.left)
    assert contents(photos) == before


def test_a_full_disk_ends_it_and_what_is_done_can_be_undone(plan, facts, photos, work, monkeypatch):
    before = contents(photos)
    real = Journal.append

    def append(self, record):
        if len(self.read()) == 1:
            raise WorkDirError("No space left.")
        real(self, record)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", append)
        outcome = apply_plan(plan, facts)
    assert isinstance(outcome.stopped, WorkDirError)
    assert len(outcome.done) == 1
    undo_batch(work)
    assert contents(photos) == before


def test_an_interrupt_ends_it_with_a_hint(plan, facts, monkeypatch):
    real = removal.Remover.remove

    def remove(self, decision, digest):
        if decision is plan.going[1]:
            raise KeyboardInterrupt
        return real(self, decision, digest)

    monkeypatch.setattr(removal.Remover, "remove", remove)
    outcome = apply_plan(plan, facts)
    assert isinstance(outcome.stopped, RunInterruptedError)
    assert "1 of 3 files" in outcome.stopped.message
    assert "undo" in outcome.stopped.hint
    assert list(outcome.done) == [plan.files[0]]


def test_a_work_dir_in_use_stops_everything(plan, facts, photos, work):
    before = contents(photos)
    (work / ".fastdup_nb").mkdir()
    with WorkDir(work).lock(), pytest.raises(WorkDirLockedError):
        apply_plan(plan, facts)
    assert contents(photos) == before


def test_an_empty_plan_writes_nothing(facts, work):
    assert apply_plan(Plan(), facts).done == {}
    assert list(work.iterdir()) == []


# moves


def test_moves_never_overwrite(facts, photos, tmp_path, work):
    folder = tmp_path / "moved"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"was here")
    source = photos / "a.jpg"
    from fastdup_nb.clean.content import look_at

    decision = Decision(
        str(source),
        Action.MOVE,
        "",
        state=look_at(str(source)),
        target=str(folder / "a.jpg"),
    )
    outcome = apply_plan(Plan((decision,)), facts)
    assert outcome.done == {}
    assert (folder / "a.jpg").read_bytes() == b"was here"
    assert source.exists()


# undo


def test_undo_goes_back_batch_by_batch_and_then_says_there_is_nothing(cluster, facts, photos, work):
    before = contents(photos)
    first = plan_components([cluster], facts)
    apply_plan(Plan(first.decisions[:2]), facts)
    between = contents(photos)
    second = plan_components([cluster], facts)
    apply_plan(second, facts)
    restored = undo_batch(work)
    assert (restored.batch, restored.earlier) == (2, 1)
    assert contents(photos) == between
    assert undo_batch(work).batch == 1
    assert contents(photos) == before
    assert undo_batch(work).batch == 0


@pytest.mark.parametrize("choice", ["system", "work_dir"])
def test_undo_overwrites_nothing(plan, facts, photos, work, choice):
    apply_plan(plan, facts, trash_choice=choice)
    (photos / "small.jpg").write_bytes(b"a new file of that name")
    restored = undo_batch(work)
    assert reasons(restored) == {"small.jpg": "another file is in its place"}
    assert Path(restored.left[0].place).exists()
    assert (photos / "small.jpg").read_bytes() == b"a new file of that name"
    assert len(restored.back) == 2


def test_what_could_not_be_put_back_can_be_tried_again(plan, facts, photos, work):
    before = contents(photos)
    apply_plan(plan, facts)
    (photos / "small.jpg").write_bytes(b"in the way")
    undo_batch(work)
    (photos / "small.jpg").unlink()
    restored = undo_batch(work, 1)
    assert [Path(path).name for path in restored.back] == ["small.jpg"]
    assert len(restored.already) == 2
    assert contents(photos) == before


def test_files_changed_in_the_trash_are_told_and_left(plan, facts, photos, work):
    apply_plan(plan, facts, trash_choice="work_dir")
    (changed,) = (work / "trash").rglob("small.jpg")
    changed.write_bytes(b"edited")
    restored = undo_batch(work)
    assert reasons(restored) == {"small.jpg": "it was changed since"}
    assert changed.read_bytes() == b"edited"


@pytest.mark.parametrize("choice", ["system", "work_dir"])
def test_an_emptied_trash_is_told(plan, facts, work, data_home, choice):
    apply_plan(plan, facts, trash_choice=choice)
    shutil.rmtree(data_home / "Trash" if choice == "system" else work / "trash")
    restored = undo_batch(work)
    assert restored.back == []
    assert len(restored.left) == 3
    assert all("no longer" in reason for reason in reasons(restored).values())


def test_folders_removed_since_are_made_again(plan, facts, photos, work):
    before = contents(photos)
    apply_plan(plan, facts)
    shutil.rmtree(photos / "sub")
    undo_batch(work)
    assert contents(photos) == before


def test_a_link_comes_back_as_a_link(facts, tmp_path, work):
    from fastdup_nb.clean.groups import Group

    folder = tmp_path / "linked"
    folder.mkdir()
    draw(0).save(folder / "real.jpg")
    link = folder / "link.jpg"
    link.symlink_to("real.jpg")
    plan = plan_components([Group("0", (str(link), str(folder / "real.jpg")), 1.0)], facts)
    for choice in ("work_dir", "system"):
        apply_plan(plan, facts, trash_choice=choice)
        assert not link.is_symlink()
        undo_batch(work)
        assert str(link.readlink()) == "real.jpg"


def test_a_journal_cannot_reach_out_of_the_trash(tmp_path, work):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    from fastdup_nb.clean.content import digest_of

    wanted = tmp_path / "public.jpg"
    Journal(work).append(Record(1, "trash", str(wanted), "../../secret", digest_of(str(secret))))
    undo_batch(work)
    assert secret.exists()
    assert not wanted.exists()


def test_undo_without_a_cleaning(work, tmp_path):
    assert undo_batch(work).batch == 0
    assert list(work.iterdir()) == []  # nothing is written for it
    with pytest.raises(ResultNotFoundError):
        undo_batch(tmp_path / "missing")


def test_an_unknown_batch_is_refused(plan, facts, work):
    apply_plan(plan, facts)
    with pytest.raises(OptionError, match="no cleaning 5"):
        undo_batch(work, 5)


def test_a_cleaning_is_looked_at_first_and_carried_out_then(photos, work, cluster):
    from fastdup_nb import Fastdup

    lines = "".join(f"{row},{name}\n" for row, name in enumerate(cluster.files))
    (work / "atrain_features.dat.csv").write_text(f"index,filename\n{lines}")
    rows = "".join(f"{row},0,4,0.99,0.98,1\n" for row in range(4))
    head = "__id,component_id,count,mean_distance,min_distance,max_distance\n"
    (work / "connected_components.csv").write_text(head + rows)
    before = contents(photos)
    cleaning = Fastdup(work).plan_cleaning(min_distance=0.97, keep="first")
    assert contents(photos) == before
    assert list(cleaning.to_frame()["action"]) == ["keep", "delete", "delete", "delete"]
    assert "Dry run" in repr(cleaning)
    outcome = cleaning.apply(trash="work_dir")
    assert list(outcome.done) == cleaning.files
    assert len(undo_batch(work).back) == 3
    assert contents(photos) == before
    assert Fastdup(work).plan_cleaning(min_distance=0.98).files == []
    assert len(Fastdup(work).plan_cleaning(how="all").files) == 4
