import numpy as np
import pandas as pd
import pytest

from fastdup_nb.clean.outliers import plan_outliers, read_statistics
from fastdup_nb.clean.plan import Action
from fastdup_nb.clean.results import RunFacts, choose_work_dir
from fastdup_nb.clean.selection import Limits, Selection, select_outliers
from fastdup_nb.errors import OptionError, ResultNotFoundError


@pytest.fixture
def table():
    """Ten images with mean 0, 10, ... 90."""
    return pd.DataFrame(
        {
            "filename": [f"/p/{n}.jpg" for n in range(10)],
            "mean": np.arange(10) * 10.0,
            "width": 100,
            "height": range(10, 20),
        }
    )


def chosen(table, metric="mean", **options):
    limits = {name: options.pop(name) for name in list(options) if name.endswith(("ile", "old"))}
    selection = select_outliers(table, metric, Limits(**limits), **options)
    return [int(name[3:-4]) for name, _, _ in selection.chosen]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"lower_threshold": 20}, [0, 1]),  # strictly below
        ({"upper_threshold": 70}, [8, 9]),  # strictly above
        ({"lower_threshold": 20, "upper_threshold": 70}, [0, 1, 8, 9]),
        ({"lower_percentile": 0.05}, [0]),  # the quantile is 4.5
        ({"upper_percentile": 0.95}, [9]),
        ({"lower_percentile": 0.2, "upper_percentile": 0.9}, [0, 1, 9]),  # 18 and 81
        ({"lower_percentile": 0.2, "upper_threshold": 70}, [0, 1, 8, 9]),
    ],
)
def test_limits(table, limits, expected):
    assert chosen(table, **limits) == expected


@pytest.mark.parametrize("share", [0.01, 0.05, 0.13, 0.5, 0.9])
def test_percentiles_are_those_of_pandas(table, share):
    limit = table["mean"].quantile(share)
    expected = np.flatnonzero(table["mean"] < limit).tolist()
    assert chosen(table, lower_percentile=share) == expected


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({}, "No limit is given"),
        ({"lower_percentile": 0.1, "lower_threshold": 3}, "both given"),
        ({"upper_percentile": 0.9, "upper_threshold": 3}, "both given"),
        ({"lower_percentile": 0.6, "upper_percentile": 0.4}, "percentiles overlap"),
        ({"lower_percentile": 0.5, "upper_percentile": 0.5}, "percentiles overlap"),
        ({"lower_threshold": 6, "upper_threshold": 4}, "thresholds overlap"),
        ({"lower_percentile": 0.9, "upper_threshold": 20}, "limits overlap"),
        ({"lower_percentile": 5}, "share"),
        ({"lower_percentile": -0.1}, "share"),
        ({"upper_threshold": "high"}, "a number"),
        ({"upper_threshold": float("nan")}, "a number"),
        ({"lower_threshold": 0}, "No image has mean below 0"),
        ({"lower_threshold": 91}, "All 10 images have mean below 91"),
    ],
)
def test_limits_that_make_no_sense_do_nothing(table, limits, message):
    with pytest.raises(OptionError, match=message):
        chosen(table, **limits)


def test_size_is_width_times_height(table):
    assert chosen(table, "size", upper_threshold=1799) == [8, 9]


def test_every_column_of_numbers_is_a_metric(table):
    assert chosen(table.assign(mine=-table["mean"]), "mine", lower_threshold=-75) == [8, 9]


def test_an_unknown_metric_names_the_known_ones(table):
    with pytest.raises(OptionError) as caught:
        chosen(table, "maen", lower_threshold=3)
    assert "'mean'" in caught.value.hint
    assert "size" in caught.value.hint


def test_missing_values_and_rows_of_no_image_are_never_chosen(table):
    table.loc[0, "mean"] = np.nan
    table.loc[1, "width"] = -1
    assert chosen(table, lower_threshold=30) == [2]
    with pytest.raises(OptionError, match="All 8 images"):
        chosen(table, lower_threshold=91)


def test_file_names_and_labels_come_from_their_columns(table):
    table = table.rename(columns={"filename": "from"}).assign(kind=[["a", "b"]] * 10)
    limits = Limits(lower_threshold=5)
    selection = select_outliers(table, "mean", limits, filename_col="from", label_col="kind")
    assert selection.chosen == (("/p/0.jpg", "mean 0 is below 5", "a, b"),)
    for wrong in ({"filename_col": "filename"}, {"filename_col": "from", "label_col": "x"}):
        with pytest.raises(OptionError, match="Unknown column"):
            select_outliers(table, "mean", limits, **wrong)


def test_an_image_of_several_rows_is_chosen_once(table):
    assert chosen(pd.concat([table, table]), lower_threshold=15) == [0, 1]


def test_outlier_distance_is_the_worst_of_each_image(work):
    lines = "/p/0.jpg,/p/1.jpg,0.5\n/p/0.jpg,/p/2.jpg,0.3\n/p/1.jpg,/p/0.jpg,0.4\n"
    (work / "outliers.csv").write_text(f"from,to,distance\n{lines}")
    (work / "similarity.csv").write_text("from,to,distance\n")
    table = read_statistics(work, "outlier_distance", "filename", work)
    assert chosen(table, "outlier_distance", lower_threshold=0.35) == [0]
    table = read_statistics(pd.read_csv(work / "outliers.csv"), "outlier_distance", "from", work)
    assert chosen(table, "outlier_distance", upper_threshold=0.35, filename_col="from") == [1]


def test_statistics_are_read_from_a_work_dir_or_a_file(work, table):
    table.to_csv(work / "atrain_stats.csv", index=False)
    (work / "similarity.csv").write_text("from,to,distance\n")
    for source in (work, work / "atrain_stats.csv", str(work), table):
        assert list(read_statistics(source, "mean", "filename", work)["mean"]) == list(
            table["mean"]
        )
    with pytest.raises(OptionError, match="does not exist"):
        read_statistics(work / "missing.csv", "mean", "filename", work)
    with pytest.raises(OptionError, match="pickle"):
        read_statistics(work / "stats.pkl", "mean", "filename", work)
    with pytest.raises(ResultNotFoundError):
        read_statistics(work.parent, "mean", "filename", work)


# plans


def selection_of(*paths):
    return Selection(tuple((str(path), "why", "") for path in paths), 10)


def test_moved_files_keep_their_folders_and_get_unique_names(photos, facts, tmp_path):
    folder = tmp_path / "moved"
    folder.mkdir()
    (folder / "a.jpg").touch()
    selection = selection_of(photos / "a.jpg", photos / "sub" / "a.jpg")
    plan = plan_outliers(selection, facts, Action.MOVE, save_path=folder)
    assert [d.target for d in plan.decisions] == [
        str(folder / "a (2).jpg"),
        str(folder / "sub" / "a.jpg"),
    ]


def test_files_are_not_moved_to_where_they_are(photos, facts):
    plan = plan_outliers(selection_of(photos / "a.jpg"), facts, Action.MOVE, save_path=photos)
    assert plan.going == []


def test_other_names_are_acted_on_where_asked(photos, facts):
    selection = selection_of("/other/machine/a.jpg", photos / "missing.jpg")
    rename = {"/other/machine/a.jpg": str(photos / "a.jpg")}
    plan = plan_outliers(
        selection, facts, Action.DELETE, rename=lambda name: rename.get(name, name)
    )
    assert plan.files == [str(photos / "a.jpg")]
    assert [d.action for d in plan.decisions] == [Action.DELETE, Action.GONE]


def test_files_that_the_run_saw_with_another_size_stay(photos, work):
    name = photos / "a.jpg"
    (work / "similarity.csv").write_text("from,to,distance\n")
    (work / "atrain_stats.csv").write_text(
        f"index,filename,width,height,blur,file_size\n0,{name},240,180,9,3\n"
    )
    plan = plan_outliers(selection_of(name), RunFacts(work), Action.DELETE)
    assert plan.decisions[0].why == "it was changed since the run"
    assert plan.going == []


def test_the_work_dir_is_the_one_given_or_that_of_the_source(work, tmp_path, monkeypatch):
    stats = work / "atrain_stats.csv"
    stats.touch()
    frame = pd.DataFrame({"a": [1, 2]})
    monkeypatch.chdir(tmp_path)
    assert choose_work_dir(work, frame) == work
    assert choose_work_dir(None, stats) == work
    assert choose_work_dir(None, str(work)) == work
    assert choose_work_dir(None, frame) == tmp_path
    frame.attrs["work_dir"] = str(work)
    assert choose_work_dir(None, frame[frame["a"] > 1]) == work
