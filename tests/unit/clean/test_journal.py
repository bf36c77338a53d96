import os

import pytest

from fastdup_nb.clean.journal import Journal, Record
from fastdup_nb.errors import CorruptWorkDirError, WorkDirError


def test_records_come_back_in_order(work):
    journal = Journal(work)
    odd = "/photos/new\nline \udcff <b>.jpg"
    journal.append(Record(1, "trash", odd, "0001/x.jpg", "ab12", "to/there"))
    journal.append(Record(1, "undone"))
    first, second = journal.read()
    assert (first.path, first.target, first.sha256, first.link) == (
        odd,
        "0001/x.jpg",
        "ab12",
        "to/there",
    )
    assert (second.batch, second.do) == (1, "undone")
    assert first.time.endswith("+00:00")


def test_a_line_cut_by_a_kill_does_not_count_and_is_written_over(work):
    journal = Journal(work)
    journal.append(Record(1, "trash", "/a"))
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + b'{"batch": 1, "do": "tra')
    assert len(journal.read()) == 1
    journal.append(Record(1, "trash", "/b"))
    assert [record.path for record in journal.read()] == ["/a", "/b"]


def test_every_record_is_on_the_disk_before_append_returns(work, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), real(handle)))
    journal = Journal(work)
    journal.append(Record(1, "trash", "/a"))
    assert len(synced) >= 1
    journal.append(Record(1, "trash", "/b"))
    assert len(synced) >= 2


@pytest.mark.parametrize("line", [b"no json", b"[1]", b'{"do": "trash"}', b'{"batch": "x"}'])
def test_another_line_is_named(work, line):
    journal = Journal(work)
    journal.append(Record(1, "trash", "/a"))
    with journal.path.open("ab") as stream:
        stream.write(line + b"\n")
    with pytest.raises(CorruptWorkDirError, match="Line 2"):
        journal.read()


def test_a_journal_that_cannot_be_written_is_one_error(tmp_path):
    with pytest.raises(WorkDirError):
        Journal(tmp_path / "missing").append(Record(1, "trash", "/a"))
