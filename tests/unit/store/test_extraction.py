import numpy as np
import pytest

from fastdup_nb.errors import CorruptWorkDirError, WorkDirError
from fastdup_nb.store.extraction import (
    CHECKPOINT,
    FEATURES_PART,
    NAMES_PART,
    BadFile,
    ExtractedChunk,
    Extraction,
    discard,
    read_checkpoint,
    read_digests,
)
from fastdup_nb.store.journal import move_into_place
from fastdup_nb.store.names import BAD_FILES, FEATURE_NAMES, FEATURES, PRIVATE, STATISTICS

COLUMNS = ("width", "blur")


@pytest.fixture
def private(tmp_path):
    path = tmp_path / PRIVATE
    path.mkdir()
    return path


def chunk(start: int, stop: int, bad: int = -1) -> ExtractedChunk:
    good = [i for i in range(start, stop) if i != bad]
    problems = [BadFile(bad, f"/d/{bad}.jpg", "ERROR_CORRUPT_IMAGE", 3, "cut")]
    return ExtractedChunk(
        stop=stop,
        vectors=np.full((len(good), 4), good[0], "f4") + np.arange(len(good), dtype="f4")[:, None],
        indices=good,
        paths=[f'/d/{i} "x",\n.jpg' for i in good],
        statistics=[(i, i / 3) for i in good],
        digests=[i.to_bytes(16, "little") for i in good],
        bad=problems if start <= bad < stop else [],
    )


CHUNKS = [chunk(0, 4), chunk(4, 8, bad=5), chunk(8, 10)]


def publish(private, extraction):
    move_into_place(private.parent, private, extraction.close())
    discard(private)
    return {
        path.relative_to(private.parent).as_posix(): path.read_bytes()
        for path in sorted(private.parent.rglob("*"))
        if path.is_file()
    }


def whole_run(private):
    with Extraction(private, "print", COLUMNS, resume=False) as extraction:
        for part in CHUNKS:
            extraction.append(part)
        return publish(private, extraction)


def test_a_run_gives_aligned_files(private):
    files = whole_run(private)
    assert set(files) == {FEATURES, FEATURE_NAMES, BAD_FILES, STATISTICS, f"{PRIVATE}/digests.dat"}
    assert len(files[FEATURES]) == 9 * 4 * 4
    assert files[BAD_FILES].decode().splitlines() == [
        "index,filename,error_code,filesize,reason",
        "5,/d/5.jpg,ERROR_CORRUPT_IMAGE,3,cut",
    ]
    assert files[STATISTICS].decode().endswith('9,"/d/9 ""x"",\n.jpg",9,3.0000\n')
    assert len(read_digests(private, 9)) == 9
    assert read_digests(private, 8) is None


@pytest.mark.parametrize("saved_after", [0, 1, 2])
@pytest.mark.parametrize("lost", [0, 1])
def test_a_resumed_run_gives_the_same_bytes(tmp_path, private, saved_after, lost):
    expected = whole_run(private)
    other = tmp_path / "other" / PRIVATE
    other.mkdir(parents=True)
    with Extraction(other, "print", COLUMNS, resume=False) as first:
        for part in CHUNKS[:saved_after]:
            first.append(part)
        first.save()
        # A kill: what came after the checkpoint is on disk but does not count.
        for part in CHUNKS[saved_after : saved_after + lost]:
            first.append(part)
    with (other / FEATURES_PART).open("ab") as stream:
        stream.write(b"half a row")
    with Extraction(other, "print", COLUMNS, resume=True) as second:
        todo = [part for part in CHUNKS if part.stop > second.position]
        assert len(todo) == 3 - saved_after
        for part in todo:
            second.append(part)
        assert (second.good, second.bad) == (9, 1)
        assert publish(other, second) == expected


def test_other_images_are_not_resumed(private):
    with Extraction(private, "these", COLUMNS, resume=False) as extraction:
        extraction.append(CHUNKS[0])
        extraction.save()
    with pytest.raises(WorkDirError, match="other images or options"):
        Extraction(private, "those", COLUMNS, resume=True)
    assert read_checkpoint(private).position == 4


def test_without_resume_the_run_starts_over(private):
    with Extraction(private, "print", COLUMNS, resume=False) as extraction:
        extraction.append(CHUNKS[0])
        extraction.save()
    with Extraction(private, "print", COLUMNS, resume=False) as again:
        assert again.position == 0
        assert (private / NAMES_PART).stat().st_size <= len("index,filename\n")


def test_a_part_that_lost_bytes_is_refused(private):
    with Extraction(private, "print", COLUMNS, resume=False) as extraction:
        extraction.append(CHUNKS[0])
        extraction.save()
    (private / FEATURES_PART).write_bytes(b"")
    with pytest.raises(CorruptWorkDirError, match="shorter"):
        Extraction(private, "print", COLUMNS, resume=True).__enter__()


def test_a_foreign_checkpoint_is_refused(private):
    (private / CHECKPOINT).write_text("[1, 2")
    with pytest.raises(CorruptWorkDirError):
        read_checkpoint(private)


def test_no_statistics_asked_for_none_written(private):
    with Extraction(private, "print", (), resume=False) as extraction:
        extraction.append(CHUNKS[0])
        files = publish(private, extraction)
    assert STATISTICS not in files
