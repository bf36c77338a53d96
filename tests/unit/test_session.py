from pathlib import Path

import pytest

from fastdup_nb.paths import default_work_dir


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("photos", "photos_fastdup"),
        ("data/holiday photos/", "holiday photos_fastdup"),
        ("photos.v2", "photos.v2_fastdup"),
        ("list.csv", "list_fastdup"),
        ("/", "fastdup_fastdup"),
        (["a.jpg"], "fastdup_work"),
        (Path("photos"), "photos_fastdup"),
    ],
)
def test_results_are_named_after_the_input(tmp_path, monkeypatch, given, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos.v2").mkdir()
    (tmp_path / "list.csv").touch()
    assert default_work_dir(given) == Path(expected)


def test_a_parent_folder_gives_its_name(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert default_work_dir("..") == Path(f"{tmp_path.name}_fastdup")
