import numpy as np
import pytest

from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.plots.distributions import build_histogram


@pytest.fixture
def results(ours):
    return WorkDir.open(ours) if not isinstance(ours, WorkDir) else ours


def letters(results, rows):
    return "".join(results.file_names[row].rpartition("/")[2][0] for row in rows)


def test_a_range_of_a_statistic_gives_its_images(results):
    shown = build_histogram(results, "blur")
    assert shown.noun == "image"
    assert (shown.view, shown.column) == ("statistics", "blur")
    assert letters(results, shown.images_inside(0, 10)) == "c"
    assert letters(results, shown.images_inside(3, 3)) == "c"  # both ends belong to it
    assert shown.word_range(0, 10) == "1 of 6 images"
    assert shown.counts.sum() == 6
    assert shown.log_x  # 3 to 900
    assert shown.marks[0].value == 900


def test_brightness_is_linear(results):
    shown = build_histogram(results, "mean")
    assert not shown.log_x
    assert letters(results, shown.images_inside(0, 100)) == "d"


def test_sizes_in_pixels_are_whole_numbers(results):
    shown = build_histogram(results, "width")
    assert shown.form == "whole"
    assert letters(results, shown.images_inside(*shown.span)) == "abcdef"
    assert letters(results, shown.images_inside(0, 100)) == "f"


def test_aspect_ratios(results):
    shown = build_histogram(results, "aspect_ratio")
    assert letters(results, shown.images_inside(0, 0.5)) == "f"  # 30 x 480
    assert [mark.text for mark in shown.marks] == ["3:4", "1:1", "4:3"]
    assert shown.span[0] == pytest.approx(30 / 480)
    assert shown.span[1] == 2


def test_every_pair_counts_once(results):
    shown = build_histogram(results, "similarity")
    assert sorted(shown.values) == [0.91, 0.97, 1.0]
    assert shown.from_above
    assert letters(results, shown.images_inside(0.96, 1)) == "abde"
    assert shown.word_range(0.96, 1) == "2 of 3 pairs, 4 images"
    assert shown.span[1] == 1.0


def test_thresholds_of_the_run_are_marked(results):
    (results.path / "config.json").write_text(
        '{"threshold": 0.8, "turi_param": "ccthreshold=0.85|0.95"}'
    )
    shown = build_histogram(results, "similarity")
    assert [mark.value for mark in shown.marks] == [0.85, 0.95]
    assert shown.span[0] == 0.8
    assert "0.8" in shown.note


def test_component_sizes_leave_single_images_out(results):
    shown = build_histogram(results, "components")
    assert shown.values.tolist() == [2, 2]
    assert letters(results, shown.images_inside(2, 2)) == "abde"
    assert "2 images are alone" in shown.note
    assert not shown.log_y


def test_hundreds_of_pairs_do_not_hide_a_large_component(results):
    lines = ["__id,component_id,count\n"]
    names = ["index,filename\n"]
    for row in range(400):
        component = row // 2 if row < 300 else 999
        lines.append(f"{row},{component},2\n")
        names.append(f"{row},/x/{row}.jpg\n")
    (results.path / "connected_components.csv").write_text("".join(lines))
    (results.path / "atrain_features.dat.csv").write_text("".join(names))
    shown = build_histogram(WorkDir.open(results.path), "components")
    assert shown.log_x
    assert shown.log_y
    assert shown.counts.sum() == 151
    assert shown.images_inside(50, 1000).tolist() == list(range(300, 400))


def test_cluster_sizes(results):
    rows = "".join(
        f"{index},{name},{cluster},0.1\n"
        for index, name, cluster in zip(
            results.indices, results.file_names, (4, 4, 4, 7, 7, 9), strict=True
        )
    )
    (results.path / "kmeans_assignments.csv").write_text(f"index,filename,cluster,distance\n{rows}")
    shown = build_histogram(results, "clusters")
    assert sorted(shown.values) == [1, 2, 3]
    assert letters(results, shown.images_inside(3, 3)) == "abc"


def test_label_scores(results):
    label = dict(zip(results.file_names, "xxyzz ", strict=True))
    shown = build_histogram(results, "label_scores", get_label=label)
    assert letters(results, shown.images_inside(0, 0)) == "c"  # y, its neighbour is an x
    assert letters(results, shown.images_inside(100, 100)) == "abde"
    assert "1 image" in shown.note or "1 images" in shown.note


def test_a_bin_of_the_table_per_bar(results):
    table = build_histogram(results, "mean", bins=7).to_frame()
    assert list(table.columns) == ["low", "high", "count"]
    assert len(table) == 7
    assert table["count"].sum() == 6


def test_what_cannot_be_shown(results):
    with pytest.raises(OptionError, match="Did you mean 'blur'"):
        build_histogram(results, "blurr")
    with pytest.raises(OptionError, match="need labels"):
        build_histogram(results, "label_scores")
    with pytest.raises(OptionError, match="run_advanced_stats"):
        build_histogram(results, "mean_saturation")
    with pytest.raises(ResultNotFoundError, match="k-means"):
        build_histogram(results, "clusters")
    with pytest.raises(OptionError, match="bins"):
        build_histogram(results, bins=0)
    (results.path / "similarity.csv").write_text("from,to,distance\n")
    with pytest.raises(ResultNotFoundError, match="no similar pair"):
        build_histogram(results, "similarity")
    (results.path / "connected_components.csv").write_text("__id,component_id,count\n0,0,1\n")
    with pytest.raises(ResultNotFoundError, match="no component"):
        build_histogram(results, "components")


def test_images_of_a_range_come_once_and_in_order(results):
    shown = build_histogram(results, "similarity")
    rows = shown.images_inside(0, 1)
    assert (np.diff(rows) > 0).all()
