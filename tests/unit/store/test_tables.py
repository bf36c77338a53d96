import errno
from pathlib import Path

import pytest

from fastdup_nb.errors import CorruptWorkDirError, WorkDirError
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.tables import iterate_table, read_columns, read_frame, write_table
from fastdup_nb.store.workdir import WorkDir

ODD_NAMES = [
    'quo"te.jpg',
    "com,ma.jpg",
    "new\nline.jpg",
    "carriage\rreturn.jpg",
    "<script>alert(1)</script>.jpg",
    "=1+1.jpg",
    "emoji 🦊#%.jpg",
    "byte\udcff.jpg",
    "NA",
    "1e3",
]


def test_every_name_comes_back_as_it_was(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, ["index", "filename"], enumerate(ODD_NAMES))
    assert read_columns(path, ["filename"])["filename"] == ODD_NAMES
    assert read_frame(path)["filename"].tolist() == ODD_NAMES


def test_lines_end_with_a_line_feed_only(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, ["a"], [["x"], ["y"]])
    assert path.read_bytes() == b"a\nx\ny\n"


def test_columns_that_are_absent_are_left_out(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, ["a", "b"], [["1", "2"]])
    assert read_columns(path, ["b", "c"]) == {"b": ["2"]}


def test_a_row_cut_in_the_middle_is_noticed(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3")
    with pytest.raises(CorruptWorkDirError, match="row 3 has 1 of 2 columns"):
        read_columns(path, ["a"])


def test_minus_nan_of_the_original_is_no_text(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("filename,contrast\na,-nan\nb,0.5\n")
    assert read_frame(path)["contrast"].isna().tolist() == [True, False]


def test_a_foreign_file_is_refused_in_one_line(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"")
    with pytest.raises(CorruptWorkDirError) as caught:
        read_frame(path)
    assert "\n" not in caught.value.message


def test_a_table_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, ["a"], [["old"]])

    def rows():
        yield ["new"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(path, ["a"], rows())
    assert list(iterate_table(path)) == [["a"], ["old"]]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "No space left"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "Permission denied"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_full_or_closed_disk_is_one_line_with_a_hint(code, words):
    with pytest.raises(WorkDirError) as caught, readable_errors(Path("/somewhere/file")):
        raise OSError(code, "Input/output error")
    assert words in caught.value.message
    assert "/somewhere/file" in caught.value.message
    assert caught.value.hint


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkDirError), write_atomically(tmp_path / "file" / "x"):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_really_full_disk_is_reported():
    with (
        pytest.raises(WorkDirError, match="No space left"),
        readable_errors(Path("/dev/full")),
        Path("/dev/full").open("wb") as stream,
    ):
        stream.write(b"x" * 100_000)


def test_frames_hold_undecodable_names_also_beside_pyarrow(tmp_path):
    # pandas keeps texts in pyarrow where that is installed (the extra `parquet`).
    for name, rows in {
        "atrain_features.dat.csv": [["index", "filename"], [0, ODD_NAMES[7]], [1, "b"]],
        "similarity.csv": [["from", "to", "distance"], [ODD_NAMES[7], "b", 0.9]],
        "outliers.csv": [["from", "to", "distance"], [0, 1, 0.9]],
        "connected_components.csv": [["__id", "component_id"], [0, 0], [1, 0]],
    }.items():
        write_table(tmp_path / name, rows[0], rows[1:])
    work_dir = WorkDir.open(tmp_path)
    assert work_dir.read_pairs()["from"].tolist() == [ODD_NAMES[7]]
    assert work_dir.read_pairs("outliers.csv")["from"].tolist() == [ODD_NAMES[7]]
    assert work_dir.read_components()["filename"].tolist() == [ODD_NAMES[7], "b"]
