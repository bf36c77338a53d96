import numpy as np
import pandas as pd
import pytest

from fastdup_nb.errors import EmptyInputError, InputError, InputNotFoundError, OptionError
from fastdup_nb.export.listing import LabelledFile, list_files, pair_up


def test_lists_of_any_kind_are_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = (
        LabelledFile(str(tmp_path / "a.jpg"), ("cat",)),
        LabelledFile(str(tmp_path / "b.jpg"), ("1", "2")),
        LabelledFile("/c.jpg", ()),
    )
    files, labels = ["a.jpg", tmp_path / "b.jpg", "/x/../c.jpg"], ["cat", [1, 2], None]
    assert pair_up(files, labels) == wanted
    assert pair_up(pd.Series(files), pd.Series(labels)) == wanted
    assert pair_up(np.array(files, object), tuple(labels)) == wanted


def test_functions_dicts_and_nothing_are_taken():
    assert pair_up(["/a.jpg"], {"/a.jpg": "x"})[0].labels == ("x",)
    assert pair_up(["/a.jpg"], lambda path: path[1])[0].labels == ("a",)
    assert pair_up(["/a.jpg"], None)[0].labels == ()


def test_list_files_are_read(tmp_path):
    (tmp_path / "files.txt").write_text("/a.jpg\n/b, c.jpg\n")
    (tmp_path / "labels.txt").write_text("\ufeffcat\r\ndog, big\r\n", "utf-8")
    pairs = pair_up(tmp_path / "files.txt", str(tmp_path / "labels.txt"))
    assert pairs == (LabelledFile("/a.jpg", ("cat",)), LabelledFile("/b, c.jpg", ("dog, big",)))


def test_label_tables_are_joined_by_name_or_by_row(tmp_path):
    (tmp_path / "named.csv").write_text('filename,label\n/b.jpg,b\n/a.jpg,"a, a"\n')
    (tmp_path / "rows.csv").write_text("index,label\n0,x\n1,\n")
    files = ["/a.jpg", "/b.jpg"]
    assert [pair.labels for pair in pair_up(files, tmp_path / "named.csv")] == [("a, a",), ("b",)]
    assert [pair.labels for pair in pair_up(files, tmp_path / "rows.csv")] == [("x",), ()]


def test_an_image_listed_twice_is_one_with_all_its_labels():
    pairs = pair_up(["/a.jpg", "/b.jpg", "/./a.jpg", "/a.jpg"], ["x", "y", "z", "x"])
    assert pairs == (LabelledFile("/a.jpg", ("x", "z")), LabelledFile("/b.jpg", ("y",)))


@pytest.mark.parametrize(
    ("files", "labels", "error", "message"),
    [
        ([], [], EmptyInputError, "the list is empty"),
        (["/a.jpg"], ["x", "y"], OptionError, "1 files and 2 labels"),
        (["/a.jpg"], [], OptionError, "1 files and 0 labels"),
        ("/no/list.txt", ["x"], InputNotFoundError, "there is no list '/no/list.txt'"),
        (["/a.jpg"], "/no/labels.txt", InputNotFoundError, "there is no list"),
        (["/a.jpg"], "cat", InputNotFoundError, "there is no list 'cat'"),
        (7, ["x"], OptionError, "files is a int"),
        ([7], ["x"], OptionError, "more than paths"),
        (["/a.jpg"], 7, OptionError, "labels is a int"),
    ],
)
def test_what_does_not_fit_is_said(files, labels, error, message):
    with pytest.raises(error, match=message) as caught:
        pair_up(files, labels)
    assert caught.value.hint


def test_an_image_is_no_list(photos):
    with pytest.raises(InputError, match="neither a folder nor a text file"):
        list_files(photos[0])
