import numpy as np
import pandas as pd
import pytest

from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.views.boxes import make_box_function
from fastdup_nb.views.duplicates import build_duplicates
from fastdup_nb.views.labels import as_labels, make_labeller


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        ("", ()),
        (float("nan"), ()),
        ("cat", ("cat",)),
        (7, ("7",)),
        (["cat", "dog", "cat", None], ("cat", "dog")),
        (np.array(["a", "b"]), ("a", "b")),
        (pd.Series(["a"]), ("a",)),
    ],
)
def test_a_label_is_a_text_or_a_list(value, expected):
    assert as_labels(value) == expected


def test_labels_from_a_dict_and_none():
    assert make_labeller({"/a": "cat"})("/a") == ("cat",)
    assert make_labeller({"/a": "cat"})("/b") == ()
    assert make_labeller(None)("/a") == ()


def test_labels_by_file_name_relative_to_the_label_file(folder):
    file = write(folder / "labels.csv", 'filename,label\na.jpg,cat\n"b.jpg","dog, big"\n')
    labeller = make_labeller(file)
    assert labeller(str(folder / "a.jpg")) == ("cat",)
    assert labeller(str(folder / "b.jpg")) == ("dog, big",)


def test_labels_by_index_join_on_the_index_not_on_the_row(ours, folder, tmp_path):
    lines = "".join(f"{i},label{i}\n" for i in range(9))  # the full listing, bad files included
    labeller = make_labeller(write(tmp_path / "l.csv", f"index,label\n{lines}"), ours)
    assert labeller(str(folder / "c.jpg")) == ("label3",)
    assert labeller(str(folder / "f.jpg")) == ("label7",)


def test_labels_of_the_same_length_and_order(ours, folder, tmp_path):
    lines = "".join(f"{i},label{i}\n" for i in range(6))
    labeller = make_labeller(write(tmp_path / "l.csv", f"index,label\n{lines}"), ours)
    assert labeller(str(folder / "f.jpg")) == ("label5",)
    rows = make_labeller(write(tmp_path / "r.csv", "label\n" + "x\n" * 5 + "last\n"), ours)
    assert rows(str(folder / "f.jpg")) == ("last",)
    assert make_labeller(list("uvwxyz"), ours)(str(folder / "f.jpg")) == ("z",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index,class\n0,a\n", "no column label"),
        ("", "no column label"),
        ("label\na\n", "does not fit: there are 6 images"),
        ("index,label\none,a\n", "more than whole numbers"),
        ("filename,label\na\n", "short row"),
    ],
)
def test_bad_label_files(ours, tmp_path, text, message):
    with pytest.raises(OptionError, match=message):
        make_labeller(write(tmp_path / "l.csv", text), ours)


def test_missing_label_file(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"does not exist.*function, a dict"):
        make_labeller(str(tmp_path / "no.csv"))


def test_joining_by_position_needs_the_list_of_images(tmp_path):
    with pytest.raises(OptionError, match="Give work_dir"):
        make_labeller(["cat"])
    with pytest.raises(OptionError, match="Give work_dir"):
        make_labeller(write(tmp_path / "l.csv", "index,label\n0,a\n"))


ANIMALS = {"a": "cat", "b": "cat", "c": "dog", "d": ["cat", "pet"], "e": "bird", "f": None}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, ["ab", "de", "ca"]),
        ("same", ["ab"]),
        ("diff", ["de", "ca"]),
        ("cat", ["de", "ca"]),
        ("dog", ["ca"]),
        ("bird", ["de"]),
        (["dog", "bird"], ["de", "ca"]),
        (["pet"], ["de"]),
    ],
)
def test_slices(ours, chosen, expected):
    view = build_duplicates(ours, label_slice=chosen, get_label_func=lambda path: ANIMALS[path[-5]])
    assert [row.first.path[-5] + row.second.path[-5] for row in view.rows] == expected
    assert view.matching == len(expected)


def test_a_label_that_no_pair_has_is_corrected(ours):
    with pytest.raises(OptionError, match=r"'brid'\. Did you mean 'bird'\?"):
        build_duplicates(ours, label_slice="brid", get_label_func=lambda p: ANIMALS[p[-5]])


@pytest.mark.parametrize("chosen", ["", [], [""], 3])
def test_bad_slices(ours, chosen):
    with pytest.raises(OptionError, match="slice="):
        build_duplicates(ours, label_slice=chosen, get_label_func=lambda p: "x")


def test_slices_need_labels(ours):
    with pytest.raises(OptionError, match="get_label_func"):
        build_duplicates(ours, label_slice="diff")


def test_labels_differ_only_when_both_are_known(ours):
    view = build_duplicates(ours, get_label_func=lambda p: ANIMALS[p[-5]])
    assert [row.labels_differ for row in view.rows] == [False, True, True]


def test_boxes_in_all_forms(tmp_path):
    expected = ((1.0, 2.0, 4.0, 6.0),)
    table = "index,filename,col_x,row_y,width,height\n0,/a.jpg,1,2,3,4\n"
    write(tmp_path / "atrain_crops.csv", table)
    assert make_box_function(lambda _: [[1, 2, 4, 6]])("/a.jpg") == expected
    assert make_box_function({"/a.jpg": [(4, 6, 1, 2)]})("/a.jpg") == expected
    assert make_box_function({"/a.jpg": np.array([1, 2, 4, 6])})("/a.jpg") == expected
    assert make_box_function(tmp_path)("/a.jpg") == expected
    assert make_box_function(tmp_path / "atrain_crops.csv")("/a.jpg") == expected
    assert make_box_function({})("/a.jpg") == ()


def test_bad_boxes(tmp_path):
    with pytest.raises(OptionError, match="four numbers"):
        make_box_function(lambda _: [[1, 2, 3]])("/a.jpg")
    with pytest.raises(InputNotFoundError, match="atrain_crops"):
        make_box_function(tmp_path)
    with pytest.raises(OptionError, match="no column height"):
        make_box_function(write(tmp_path / "b.csv", "filename,col_x,row_y,width\n/a,1,2,3\n"))
    with pytest.raises(OptionError, match="is a int"):
        make_box_function(3)
