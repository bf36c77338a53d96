import os

import pandas as pd
import pytest

from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.explore.collection import Collection
from fastdup_nb.views.explore.images import Images
from fastdup_nb.views.explore.query import run_query
from fastdup_nb.views.explore.state import State
from tests.unit.views.conftest import write

A, B, C, D, E, F = range(6)


def labels_of(images):
    return [images.labels_of(image) for image in range(len(images))]


@pytest.mark.parametrize("form", ["function", "dict", "list", "file"])
def test_labels_come_in_all_forms_of_the_galleries(ours, folder, tmp_path, form):
    names = [str(folder / f"{name}.jpg") for name in "abcdef"]
    label_of = dict(zip(names, ["x", "y", "x", None, "", "z"], strict=True))
    rows = "".join(f"{name},{label or ''}\n" for name, label in label_of.items())
    write(tmp_path / "labels.csv", f"filename,label\n{rows}")
    source = {
        "function": label_of.get,
        "dict": label_of,
        "list": list(label_of.values()),
        "file": tmp_path / "labels.csv",
    }[form]
    found = labels_of(Images(ours, get_label=source))
    assert found == [("x",), ("y",), ("x",), (), (), ("z",)]


def test_labels_may_be_anything_and_several(ours):
    given = [3, 2.5, True, ["b", "a", "b"], float("nan"), ("t", None)]
    images = Images(ours, get_label=given)
    assert labels_of(images) == [("3",), ("2.5",), ("True",), ("a", "b"), (), ("t",)]


def test_a_label_function_that_fails_is_told_with_the_image_and_the_rest_goes_on(ours):
    def label(path):
        if path.endswith(("c.jpg", "e.jpg")):
            raise KeyError("no such row")
        return "known"

    images = Images(ours, get_label=label)
    assert labels_of(images)[C] == ()
    assert labels_of(images)[D] == ("known",)
    (note,) = images.notes
    assert "c.jpg" in note
    assert "KeyError" in note
    assert "1 more" in note


def test_a_label_function_that_always_fails_is_an_error(ours):
    with pytest.raises(OptionError, match=r"a\.jpg"):
        Images(ours, get_label=lambda _path: 1 / 0)


def test_annotations_join_by_any_unambiguous_name(ours, folder):
    table = pd.DataFrame(
        {
            "filename": [str(folder / "a.jpg"), "photos/b.jpg", "c.jpg", "zzz.jpg"],
            "label": ["cat", "dog", 5, "no"],
            "split": ["train", "test", None, "test"],
        }
    )
    images = Images(ours, annotations=table)
    assert labels_of(images)[:4] == [("cat",), ("dog",), ("5",), ()]
    assert images.notes == ["1 of 4 annotations name no image."]
    rows = run_query(Collection(images).open("statistics"), State(facets={"split": ("test",)}))
    assert Collection(images).open("statistics").rows.first[rows.order].tolist() == [B]


def test_several_rows_of_an_image_are_several_labels(ours):
    table = pd.DataFrame({"filename": ["a.jpg", "a.jpg"], "label": ["x", "y"], "n": [1, 2]})
    images = Images(ours, annotations=table)
    assert images.labels_of(A) == ("x", "y")
    assert images.facets["n"].texts[images.facets["n"].code[A]] == "1"


def test_a_column_of_many_numbers_is_to_sort_by_and_one_of_few_to_choose_from(tmp_path):
    names = [f"/p/{number}.jpg" for number in range(40)]
    rows = "".join(f"{number},{name}\n" for number, name in enumerate(names))
    write(tmp_path / "atrain_features.dat.csv", f"index,filename\n{rows}")
    write(tmp_path / "similarity.csv", "from,to,distance\n")
    values = [number / 2 for number in range(40)]
    few = [number % 3 for number in range(40)]
    table = pd.DataFrame({"filename": names, "score": values, "fold": few})
    images = Images(WorkDir.open(tmp_path), annotations=table)
    assert images.measure("score").tolist() == values
    assert set(images.facets) == {"fold"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (pd.DataFrame({"label": ["x"]}), "no column filename"),
        (pd.DataFrame({"filename": ["q.jpg"]}), "None of the 1 annotations"),
        (3, "are a int"),
    ],
)
def test_annotations_that_do_not_fit_are_refused(ours, source, expected):
    with pytest.raises(OptionError, match=expected):
        Images(ours, annotations=source)
    with pytest.raises(InputNotFoundError):
        Images(ours, annotations="nowhere.csv")


def test_an_end_of_a_name_that_several_images_have_joins_none(tmp_path):
    write(tmp_path / "atrain_features.dat.csv", "index,filename\n0,/p/x/1.jpg\n1,/p/y/1.jpg\n")
    write(tmp_path / "similarity.csv", "from,to,distance\n")
    images = Images(
        WorkDir.open(tmp_path),
        annotations=pd.DataFrame({"filename": ["1.jpg", "y/1.jpg"], "label": ["no", "yes"]}),
    )
    assert labels_of(images) == [(), ("yes",)]


def test_the_text_is_looked_for_below_the_common_folder(ours):
    images = Images(ours, get_label=["Äpfel", "b", "", "", "", ""])
    assert images.matching("photos").sum() == 0  # the folder that all are in
    assert images.matching("JPG").sum() == 6
    assert images.matching("a.jpg").tolist()[:2] == [True, False]
    assert images.matching("äPFEL jpg").tolist()[:2] == [True, False]
    assert images.matching("   ") is None


@pytest.mark.skipif(os.name == "nt", reason="no such file names")
def test_hostile_names_are_shown_and_never_raw(tmp_path):
    names = ["<img src=x onerror=alert(1)>.jpg", "caf\udce9.jpg", "\u202egpj.exe", "a\\b.jpg"]
    lines = "".join(f"{i},/p/{name}\n" for i, name in enumerate(names))
    place = tmp_path / "atrain_features.dat.csv"
    place.write_bytes(f"index,filename\n{lines}".encode("utf-8", "surrogateescape"))
    write(tmp_path / "similarity.csv", "from,to,distance\n")
    images = Images(WorkDir.open(tmp_path))
    shown = [images.folder_and_name(image)[1] for image in range(4)]
    assert shown[:2] == [names[0], "caf\ufffd.jpg"]
    for text in (*shown, *images.folders.texts, *images.formats.texts):
        text.encode()
