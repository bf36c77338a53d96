import csv
import sys

import pandas as pd
import pytest

from fastdup_nb.errors import MissingDependencyError, OptionError, WorkDirError
from fastdup_nb.export.kinds import KINDS, export_results
from fastdup_nb.export.tables import build_image_table, write_csv, write_parquet
from fastdup_nb.store.workdir import WorkDir


@pytest.fixture
def work_dir(tmp_path):
    """Four rows with gaps in the index: a and b alike, c like a, d alone."""
    folder = tmp_path / "work"
    folder.mkdir()
    files = {
        "atrain_features.dat.csv": "index,filename\n"
        "0,/p/a.jpg\n2,/p/b.jpg\n3,/p/=c.jpg\n7,/p/d.jpg\n",
        "similarity.csv": "from,to,distance\n/p/a.jpg,/p/b.jpg,0.99\n/p/=c.jpg,/p/a.jpg,0.95\n",
        "connected_components.csv": "__id,component_id,count\n0,4,2\n2,4,2\n3,5,1\n7,6,1\n",
        "atrain_stats.csv": "index,filename,width,height,blur\n"
        "0,/p/a.jpg,10,20,1.5\n2,/p/b.jpg,11,21,2.5\n3,/p/=c.jpg,12,22,nan\n7,/p/d.jpg,13,23,4.5\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return WorkDir.open(folder)


def test_a_row_holds_all_that_is_known_about_an_image(work_dir):
    table = build_image_table(work_dir, {"/p/a.jpg": ["x", "y"]})
    assert list(table.columns) == [
        *("index", "filename", "label", "neighbor", "similarity"),
        *("component_id", "component_images", "width", "height", "blur"),
    ]
    first, second, third, fourth = table.to_dict("records")
    assert first["label"] == "x, y"
    assert (first["neighbor"], first["similarity"]) == ("/p/b.jpg", 0.99)
    assert (second["neighbor"], second["component_images"]) == ("/p/a.jpg", 2)
    assert (third["neighbor"], third["similarity"], third["component_id"]) == ("/p/a.jpg", 0.95, 5)
    assert (fourth["neighbor"], fourth["index"], fourth["height"]) == ("", 7, 23)


def test_results_that_are_missing_leave_their_columns_out(work_dir):
    for name in ("similarity.csv", "connected_components.csv", "atrain_stats.csv"):
        (work_dir.path / name).unlink()
    assert list(build_image_table(work_dir).columns) == ["index", "filename"]
    (work_dir.path / "connected_components_0.900000.csv").write_text("__id,component_id\n0,1\n")
    assert build_image_table(work_dir)["component_id"].tolist()[0] == 1
    (work_dir.path / "atrain_stats.csv").write_text("index,width\n0,5\n1,6\n2,7\n3,8\n")
    assert build_image_table(work_dir)["width"].tolist() == [5, 6, 7, 8]


def test_the_csv_is_read_back_as_it_was(work_dir, tmp_path):
    done = write_csv(build_image_table(work_dir), tmp_path / "new" / "images.csv")
    assert (done.path, done.count) == (tmp_path / "new" / "images.csv", 4)
    read = pd.read_csv(done.path, keep_default_na=False, na_values={"blur": "", "similarity": ""})
    assert read["filename"].tolist() == work_dir.file_names
    assert read["component_id"].tolist() == [4, 4, 5, 6]
    assert read["similarity"].tolist()[:3] == [0.99, 0.99, 0.95]
    assert read["similarity"].isna().tolist() == [False, False, False, True]


def test_no_cell_is_a_formula(tmp_path):
    cells = ["=1+1", "+x", "-y", "@z", "a\tb\nc", "-1.5", "plain"]
    write_csv(pd.DataFrame({"label": cells}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = [row[0] for row in csv.reader(file)]
    assert rows == ["label", "'=1+1", "'+x", "'-y", "'@z", "a b c", "-1.5", "plain"]


def test_parquet_holds_the_same(work_dir, tmp_path):
    pytest.importorskip("pyarrow")
    table = build_image_table(work_dir, {"/p/a.jpg": "half\udc80"})
    write_parquet(table, tmp_path / "images.parquet")
    read = pd.read_parquet(tmp_path / "images.parquet")
    assert list(read.columns) == list(table.columns)
    assert read["neighbor"].tolist() == table["neighbor"].tolist()
    assert read["label"].tolist() == ["half\ufffd", "", "", ""]
    assert read["blur"].isna().tolist() == [False, False, True, False]


def test_parquet_without_its_library_says_what_to_install(work_dir, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r"pip install fastdup_nb\[parquet\]"):
        write_parquet(build_image_table(work_dir), tmp_path / "images.parquet")
    assert not list(tmp_path.glob("*.parquet*"))


def test_places_that_cannot_be_written_are_named(work_dir, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkDirError, match="Cannot write"):
        write_csv(build_image_table(work_dir), tmp_path / "file" / "images.csv")


def test_every_kind_is_written(results, tmp_path):
    pytest.importorskip("pyarrow")
    work_dir, _, _ = results
    for kind in KINDS:
        done = export_results(work_dir, kind, tmp_path / "out" / kind, labels=lambda path: "x")
        assert done.path.exists()
        assert done.count == (8 if kind in {"csv", "parquet", "projector"} else 6)


def test_an_unknown_kind_is_an_error(results, tmp_path):
    with pytest.raises(OptionError, match=r"Unknown kind of export 'cvs'. Did you mean 'csv'"):
        export_results(results[0], "cvs", tmp_path)
