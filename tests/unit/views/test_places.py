import pandas as pd
import pytest

from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.outliers import build_outliers
from fastdup_nb.views.places import make_resolver


@pytest.fixture
def photos(tmp_path):
    for name in ("cats/a.jpg", "dogs/a.jpg", "b.jpg"):
        (tmp_path / "now" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "now" / name).write_text(name)
    return tmp_path / "now"


def test_names_of_another_machine_are_found_by_their_end(photos):
    resolve = make_resolver(None, photos)
    assert resolve("/mnt/data/cats/a.jpg") == str(photos / "cats" / "a.jpg")
    assert resolve("/mnt/data/dogs/a.jpg") == str(photos / "dogs" / "a.jpg")
    assert resolve("/b.jpg") == str(photos / "b.jpg")
    assert resolve("/mnt/data/gone.jpg") == "/mnt/data/gone.jpg"
    assert resolve(r"C:\Users\me\photos\dogs\a.jpg") == str(photos / "dogs" / "a.jpg")
    assert resolve("../elsewhere/cats/a.jpg") == str(photos / "cats" / "a.jpg")


def test_files_that_are_there_are_not_looked_for_elsewhere(photos):
    there = str(photos / "cats" / "a.jpg")
    assert make_resolver(None, photos / "dogs")(there) == there


def test_without_input_dir_absolute_names_stay(photos):
    assert make_resolver(None)("/mnt/data/cats/a.jpg") == "/mnt/data/cats/a.jpg"


def test_relative_names_from_another_folder(photos, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    beside = make_resolver(WorkDir(tmp_path / "results"))
    assert beside("now/b.jpg") == str(photos / "b.jpg")
    assert make_resolver(None, photos)("cats/a.jpg") == str(photos / "cats" / "a.jpg")


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", ""])
def test_names_no_file_can_have(photos, name):
    assert isinstance(make_resolver(None, photos)(f"/{name}"), str)


def test_labels_and_boxes_may_use_either_name(photos):
    edges = pd.DataFrame({"from": ["/mnt/cats/a.jpg"], "to": ["/mnt/b.jpg"], "distance": [0.1]})
    given = {"get_bounding_box_func": {"/mnt/cats/a.jpg": [1, 2, 3, 4]}}
    for name in ("/mnt/cats/a.jpg", str(photos / "cats" / "a.jpg")):
        view = build_outliers(edges, input_dir=photos, get_label_func={name: "cat"}, **given)
        (row,) = view.rows
        assert row.image.path == str(photos / "cats" / "a.jpg")
        assert row.image.labels == ("cat",)
        assert row.image.boxes == ((1, 2, 3, 4),)
    asked = []
    build_outliers(edges, input_dir=photos, get_label_func=asked.append)
    assert set(asked) == {str(photos / "cats" / "a.jpg"), str(photos / "b.jpg")}
