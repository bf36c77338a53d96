import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb import progress
from tests.pictures import write_pictures


@pytest.fixture
def pairs(tmp_path):
    first, second = map(str, write_pictures(tmp_path / "photos", 2))
    return pd.DataFrame({"from": [first], "to": [second], "distance": [0.95]})


def test_in_a_notebook_a_preview_is_shown(pairs, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.chdir(tmp_path)
    assert fastdup_nb.create_duplicates_gallery(pairs, "pages") == 0
    (preview,) = shown
    assert "<script" not in preview.data
    assert 'href="pages/duplicates.html"' in preview.data


@pytest.mark.parametrize("name", ["outliers", "similarity", "stats", "aspect_ratio"])
def test_every_gallery_has_a_preview(pairs, tmp_path, monkeypatch, name):
    shown = []
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    table = pairs
    if name in {"stats", "aspect_ratio"}:
        sizes = {"blur": 1.0, "width": [3, 2], "height": 1}
        table = pd.DataFrame({"filename": [pairs["from"][0], pairs["to"][0]], **sizes})
    options = {"min_items": 1} if name == "similarity" else {}
    returned = getattr(fastdup_nb, f"create_{name}_gallery")(table, tmp_path, **options)
    assert len(returned) == 1 if name == "similarity" else returned == 0
    (preview,) = shown
    assert preview.data.count("<img src=") >= 1
    assert "<script" not in preview.data


def test_elsewhere_nothing_is_said(pairs, tmp_path, capsys):
    assert fastdup_nb.create_duplicates_gallery(pairs, tmp_path) == 0
    assert capsys.readouterr() == ("", "")


def test_a_function_that_fails_is_an_error_in_one_line(pairs, tmp_path, capsys):
    assert fastdup_nb.create_duplicates_gallery(pairs, tmp_path, get_label_func=len, slice=3) == 1
    assert (
        fastdup_nb.create_duplicates_gallery(pairs, tmp_path, get_label_func=lambda _: 1 / 0) == 1
    )
    said = capsys.readouterr().err
    assert "get_label_func fails for" in said
    assert "ZeroDivisionError" in said
    assert len(said.splitlines()) == 4
