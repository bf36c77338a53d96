"""Every further parameter of the galleries of clusters, groups of videos and similar videos.

Each one is changed alone; `marks` says what of the page then appears, and what of it disappears.
"""

from __future__ import annotations

import re

import pandas as pd
import pytest

import fastdup_nb
from tests.pictures import write_pictures

CLUSTERS, GROUPS = "create_kmeans_clusters_gallery", "create_component_videos_gallery"
PAIRS = "create_duplicate_videos_gallery"


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Three videos of three frames in three groups: of all videos, of a and b, of b and c."""
    work_dir = tmp_path_factory.mktemp("videos")
    files = []
    for seed, video in enumerate(("a.mp4", "b.mp4", "c.mp4")):
        folder = work_dir / "tmp" / video
        folder.mkdir(parents=True)
        for number, path in enumerate(write_pictures(folder, 3, first_seed=9 * seed), 1):
            files.append(str(path.rename(folder / f"output_{number:06d}.jpg")))
    listed = list(enumerate(files))
    write(work_dir / "atrain_features.dat.csv", ["index", "filename"], listed)
    groups, least = (1, 2, 1, 1, 2, 3, 1, 3, 3), {1: 0.97, 2: 0.99, 3: 0.98}
    rows = [(i, group, least[group], least[group]) for i, group in enumerate(groups)]
    columns = ["__id", "component_id", "mean_distance", "min_distance"]
    write(work_dir / "connected_components.csv", columns, rows)
    rows = [(i, name, 240, 180, 100 - 10 * i) for i, name in listed]
    write(work_dir / "atrain_stats.csv", ["index", "filename", "width", "height", "blur"], rows)
    rows = [(i, name, min(i // 4, 1), 0.5 + i / 10) for i, name in listed]
    write(work_dir / "kmeans_assignments.csv", ["index", "filename", "cluster", "distance"], rows)
    pairs = [(0, 3, 0.97), (1, 4, 0.99), (0, 6, 0.93), (3, 6, 0.91)]
    rows = [(files[a], files[b], similarity) for a, b, similarity in pairs]
    write(work_dir / "similarity.csv", ["from", "to", "distance"], rows)
    return work_dir


def write(path, columns, rows):
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)


def video_of(path):
    return path.split("/")[-2].removesuffix(".mp4")


def page_of(name, source, folder, **options):
    """Return the page, its pictures left out, and the titles or first names of its rows."""
    assert getattr(fastdup_nb, name)(source, folder / "page.html", **options) == 0
    text = (folder / "page.html").read_text("utf-8")
    body = text.split("<ol", 1)[1].split("</ol", 1)[0] if "<ol" in text else ""
    rows = re.findall(r"<h2>(.*?)</h2>", body)
    if name == PAIRS:
        values = re.findall(r"<b>(0\.\d{4})</b>", body)
        rows = [value for value in values if value]
    return text, rows


def labelled(**options):
    return {"get_label_func": video_of, **options}


# Parameter, further options, rows then shown (None: as without it), what is then on the page.
CARDS = [
    ("get_label_func", {"get_label_func": lambda _: "a label"}, None, "a label"),
    (
        "get_bounding_box_func",
        {"get_bounding_box_func": lambda _: [[10, 20, 110, 90]]},
        None,
        'width="100.0" height="70.0"',
    ),
    ("get_reformat_filename_func", {"get_reformat_filename_func": lambda _: "NAME"}, None, "NAME"),
    (
        "get_extra_col_func",
        {"get_extra_col_func": lambda _: "more about it"},
        None,
        "more about it",
    ),
    ("max_width", {"max_width": 500}, None, "--widest:500px"),
    ("lazy_load", {"lazy_load": True}, None, "images/"),
]
OF_CLUSTERS = [
    ("num_images", {"num_images": 1}, ["cluster 1"], "1 of 2 clusters"),
    ("slice", labelled(slice="b"), ["cluster 1"], ""),
    ("max_items", labelled(max_items=1), None, "further labels"),
    ("threshold", {"threshold": 0.6}, ["cluster 1"], ""),
    ("metric", {"metric": "blur"}, ["cluster 0", "cluster 1"], "mean blur"),
    ("descending", {"descending": False}, ["cluster 0", "cluster 1"], ""),
    ("min_items", {"min_items": 5}, ["cluster 1"], ""),
    ("keyword", labelled(keyword="c"), ["cluster 1"], ""),
]
OF_GROUPS = [
    ("num_images", {"num_images": 1}, ["component 1"], "1 of 3 components"),
    (
        "group_by",
        {"get_label_func": lambda path: path[-5], "group_by": "label"},
        ["1", "2"],
        "2 of 2 labels",
    ),
    ("slice", labelled(slice=["b", "c"]), ["component 1", "component 3"], ""),
    ("max_items", labelled(max_items=1), None, "further labels"),
    ("threshold", {"threshold": 0.985}, ["component 2"], ""),
    ("metric", {"metric": "blur"}, ["component 2", "component 1", "component 3"], "mean blur"),
    ("descending", {"descending": False}, ["component 2", "component 3", "component 1"], ""),
    ("min_items", {"min_items": 3}, ["component 1"], ""),
    ("keyword", labelled(keyword="a"), ["component 1", "component 2"], ""),
]
OF_PAIRS = [
    ("num_images", {"num_images": 1}, ["0.9900"], "1 of 3 pairs of videos"),
    ("descending", {"descending": False}, ["0.9100", "0.9300", "0.9900"], ""),
    ("slice", labelled(slice="c"), ["0.9300", "0.9100"], ""),
]


def check(name, frames, tmp_path, changed, rows, shown, usual):
    parameter, options = changed
    before, listed = page_of(name, frames, tmp_path)
    assert listed == usual
    text, listed = page_of(name, frames, tmp_path, **options)
    assert parameter in options
    assert listed == (usual if rows is None else rows)
    assert shown in text
    assert text != before
    if shown:
        assert shown not in before


@pytest.mark.parametrize(("parameter", "options", "rows", "shown"), [*CARDS, *OF_CLUSTERS])
def test_clusters(frames, tmp_path, parameter, options, rows, shown):
    """num_images, lazy_load, get_label_func, slice, max_width, max_items, get_bounding_box_func,
    get_reformat_filename_func, get_extra_col_func, threshold, metric, descending, min_items and
    keyword of create_kmeans_clusters_gallery"""
    usual = ["cluster 1", "cluster 0"]
    check(CLUSTERS, frames, tmp_path, (parameter, options), rows, shown, usual)


@pytest.mark.parametrize(("parameter", "options", "rows", "shown"), [*CARDS, *OF_GROUPS])
def test_groups_of_videos(frames, tmp_path, parameter, options, rows, shown):
    """num_images, lazy_load, get_label_func, group_by, slice, max_width, max_items,
    get_bounding_box_func, get_reformat_filename_func, get_extra_col_func, threshold, metric,
    descending, min_items and keyword of create_component_videos_gallery"""
    usual = ["component 1", "component 2", "component 3"]
    check(GROUPS, frames, tmp_path, (parameter, options), rows, shown, usual)


@pytest.mark.parametrize(("parameter", "options", "rows", "shown"), [*CARDS, *OF_PAIRS])
def test_duplicate_videos(frames, tmp_path, parameter, options, rows, shown):
    """num_images, descending, lazy_load, get_label_func, slice, max_width, get_bounding_box_func,
    get_reformat_filename_func and get_extra_col_func of create_duplicate_videos_gallery"""
    usual = ["0.9900", "0.9300", "0.9100"]
    check(PAIRS, frames, tmp_path, (parameter, options), rows, shown, usual)


@pytest.mark.parametrize("name", [CLUSTERS, GROUPS, PAIRS])
def test_input_dir(frames, tmp_path, name):
    """'input_dir str - Optional parameter to specify the input directory'"""
    for path in frames.glob("*.csv"):
        text = path.read_text().replace(str(frames / "tmp"), "/elsewhere/tmp")
        (tmp_path / path.name).write_text(text)
    assert "missing" in page_of(name, tmp_path, tmp_path)[0]
    assert "images missing" not in page_of(name, tmp_path, tmp_path, input_dir=frames / "tmp")[0]


def test_duplicate_videos_of_a_table(frames, tmp_path):
    """'work_dir str - Optional parameter to specify fastdup work_dir, when using a pd.DataFrame'"""
    table = pd.read_csv(frames / "similarity.csv")
    alone, rows = page_of(PAIRS, table, tmp_path)
    text, listed = page_of(PAIRS, table, tmp_path, work_dir=frames)
    assert listed == rows
    assert "240" in text
    assert text != alone


def test_artifacts_of_duplicate_videos(frames, tmp_path):
    """'save_artifacts boolean - ... saving the intermediate artifacts (raw images, csv)'"""
    page_of(PAIRS, frames, tmp_path, save_artifacts=True)
    assert len(pd.read_csv(tmp_path / "duplicate_videos.csv")) == 3
    assert len(list((tmp_path / "artifacts").iterdir())) == 6
