import numpy as np
import pandas as pd
import pytest

from fastdup_nb.errors import InputNotFoundError, OptionError, ResultNotFoundError
from fastdup_nb.media.statistics import advanced_columns
from fastdup_nb.views.statistics import METRICS, build_statistics


@pytest.fixture
def table():
    values = {"width": [40, 10, 30], "height": [10, 20, 30], "blur": [3.0, 1.0, 2.0]}
    return pd.DataFrame({"filename": ["/a", "/b", "/c"], **values})


def found(view):
    return [(row.image.path, row.value) for row in view.rows]


def test_lowest_first_or_highest_first(table):
    assert found(build_statistics(table)) == [("/b", 1.0), ("/c", 2.0), ("/a", 3.0)]
    view = build_statistics(table, descending=True, num_images=2)
    assert found(view) == [("/a", 3.0), ("/c", 2.0)]
    assert (view.title, view.headline) == ("Sharpest images", "2 of 3 images")
    assert build_statistics(table).title == "Blurriest images"


def test_size_is_width_times_height(table):
    assert found(build_statistics(table, metric="size")) == [("/b", 200), ("/a", 400), ("/c", 900)]


@pytest.mark.parametrize("metric", METRICS)
def test_every_documented_metric(metric):
    columns = [name for name in advanced_columns() if name not in {"width", "height"}]
    table = pd.DataFrame({"filename": ["/a", "/b"], "width": [2, 1], "height": [2, 1]})
    table = table.assign(**{name: [2.0, 1.0] for name in columns})
    view = build_statistics(table, metric=metric)
    assert [row.image.path for row in view.rows] == ["/b", "/a"]
    assert (view.page_name, view.scale.name) == (f"{metric}.html", metric)
    assert list(view.to_frame().columns) == ["filename", metric, "label", "extra"]


def test_documented_metrics_are_offered():
    """All of docs/statistics.md."""
    assert set(METRICS) == {*advanced_columns(), "size"}


def test_rows_without_a_value_are_left_out(table):
    table["blur"] = [np.nan, -1.0, np.inf]
    assert build_statistics(table).total == 0
    table["width"] = [0, -1, 5]
    assert found(build_statistics(table, metric="width")) == [("/c", 5)]
    assert found(build_statistics(table, metric="size")) == [("/c", 150)]
    table["min"] = [0, -1, 2]
    assert found(build_statistics(table, metric="min")) == [("/a", 0), ("/c", 2)]


def test_unknown_metric_names_the_choices(table):
    with pytest.raises(OptionError, match="Unknown metric 'blurr'") as caught:
        build_statistics(table, metric="blurr")
    assert "Did you mean 'blur'?" in caught.value.hint
    assert all(metric in caught.value.hint for metric in METRICS)


def test_advanced_metric_without_a_column_says_how_to_get_it(table):
    with pytest.raises(OptionError, match="no column edge_density") as caught:
        build_statistics(table, metric="edge_density")
    assert "run_advanced_stats=1" in caught.value.hint
    with pytest.raises(OptionError, match="no column file_size") as caught:
        build_statistics(table, metric="file_size")
    assert "width, height, blur" in caught.value.hint


def test_a_column_of_ones_own(table):
    table["quality/../x"] = [1, 2, 3]
    view = build_statistics(table, metric="quality/../x")
    assert found(view)[0] == ("/a", 1)
    assert view.page_name == "quality____x.html"


def test_slice(table):
    labels = {"/a": "cat", "/b": "dog"}
    view = build_statistics(table, get_label_func=labels, label_slice="cat")
    assert found(view) == [("/a", 3.0)]
    assert view.filters == "blurriest first · cat only · 3 images in all"


def test_a_work_dir_a_file_or_numbers(ours, original):
    for source in (ours, ours.path, ours.path / "atrain_stats.csv"):
        view = build_statistics(source)
        assert view.rows[0].image.path.endswith("/c.jpg")
        assert view.work_dir == str(ours.path)
    # The original may leave the names out.
    assert build_statistics(original).rows[0].image.path.endswith("/p/a.jpg")
    numbers = pd.DataFrame({"index": [3, 0, 99], "blur": [2.0, 1.0, 0.0]})
    view = build_statistics(numbers, work_dir=original)
    assert [row.image.path.rpartition("/")[2] for row in view.rows] == ["a.jpg", "c.jpg"]
    with pytest.raises(OptionError, match="by number"):
        build_statistics(numbers)


def test_statistics_that_are_not_there(tmp_path, ours, table):
    with pytest.raises(InputNotFoundError, match="does not exist"):
        build_statistics(tmp_path / "nothing")
    with pytest.raises(OptionError, match="do not name the images"):
        build_statistics(table.drop(columns="filename"))
    with pytest.raises(OptionError, match="is a int"):
        build_statistics(3)
    (ours.path / "atrain_stats.csv").unlink()
    with pytest.raises(ResultNotFoundError, match=r"atrain_stats\.csv"):
        build_statistics(ours)
