"""The hierarchical gallery of the V0.2 API page, step by step as it is written there."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import fastdup_nb
from fastdup_nb import Fastdup
from fastdup_nb.progress import SilentProgress
from tests.pictures import draw

SIMILARITY = "similarity_hierarchical_0.995000.csv"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Six motifs; of each three copies and three copies of a brighter version."""
    folder = tmp_path_factory.mktemp("motifs")
    for motif in range(6):
        for version, gain in enumerate((1.0, 1.25)):
            picture = draw(motif).point(lambda value, gain=gain: min(255, int(value * gain)))
            first = folder / f"{motif}" / f"v{version}_0.png"
            first.parent.mkdir(exist_ok=True)
            picture.save(first)
            for copy in (1, 2):
                shutil.copy(first, first.with_name(f"v{version}_{copy}.png"))
    work_dir = tmp_path_factory.mktemp("hierarchical") / "work"
    turi = "ccthreshold=0.995,run_hierarchical=1,hierarchical_threshold=0.5"
    Fastdup.run(folder, work_dir, turi_param=turi, progress=SilentProgress())
    return work_dir


def label_of(path):
    return path.split("/")[-2]


def test_the_files_of_the_run(work):
    """(A) 'Run fastdup to compute similarity on work_dir'"""
    pairs = pd.read_csv(work / SIMILARITY)
    assert list(pairs.columns) == ["from", "to", "cluster_from", "cluster_to", "distance"]
    assert pairs["distance"].is_monotonic_decreasing
    assert pairs["distance"].min() >= 0.5
    components = pd.read_csv(work / "connected_components.csv")
    names = pd.read_csv(work / "atrain_features.dat.csv")["filename"]
    of = dict(zip(names, components["component_id"], strict=True))
    for side in ("from", "to"):
        assert pairs[side].map(of).tolist() == pairs[f"cluster_{side}"].tolist()
    assert not pairs.duplicated(["cluster_from", "cluster_to"]).any()
    outliers = pd.read_csv(work / "outliers_hierarchical_0.995000.csv")
    assert list(outliers.columns) == list(pairs.columns)
    assert len(outliers) == 1
    above = pd.read_csv(work / "connected_components_hierarchical_.csv")
    several = components["component_id"].value_counts()
    assert above["__id"].tolist() == sorted(several[several > 1].index)
    info = pd.read_csv(work / "component_info_hierarchical_.csv")
    assert info["count"].sum() == len(above)


def test_the_similarity_is_that_of_the_two_images(work):
    pairs = pd.read_csv(work / SIMILARITY)
    files, vectors = fastdup_nb.load_binary_feature(str(work))
    rows = pd.Index(files)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    a, b = unit[rows.get_indexer(pairs["from"])], unit[rows.get_indexer(pairs["to"])]
    np.testing.assert_allclose(pairs["distance"], (a * b).sum(1), atol=2e-6)


def test_the_recipe(work, tmp_path):
    """'(B) Run connected components on the work_dir saving the component results to save_path
    (need to run with lazy_load=True)
    (C) Run create_duplicates_gallery() on the components to find pairs of similar components.'
    """
    page = tmp_path / "page"
    assert fastdup_nb.create_components_gallery(work, page, lazy_load=True, num_images=30) == 0
    sheets = {path.name for path in (page / "images").glob("component_*.jpg")}
    assert len(sheets) == len(fastdup_nb.find_top_components(work))
    assert fastdup_nb.create_duplicates_gallery(work / SIMILARITY, page, num_images=5) == 0
    text = (page / "similarity_hierarchical.html").read_text("utf-8")
    pairs = pd.read_csv(work / SIMILARITY)
    assert f"5 of {len(pairs):,} pairs of components" in text
    shown = re.findall(r"(component_\d+_(\d+)\.jpg)", text)
    assert {name for name, _ in shown} <= sheets
    top = set(pairs.head(5)[["cluster_from", "cluster_to"]].to_numpy().ravel())
    assert {int(number) for _, number in shown} == top
    assert "images missing" not in text
    assert {path.name for path in (page / "images").glob("component_*.jpg")} == sheets


def test_the_most_similar_components_are_versions_of_one_motif(work):
    pairs = pd.read_csv(work / SIMILARITY).head(3)
    assert pairs["from"].map(label_of).tolist() == pairs["to"].map(label_of).tolist()


def test_step_c_alone_makes_the_sheets_it_needs(work, tmp_path):
    assert fastdup_nb.create_duplicates_gallery(work / SIMILARITY, tmp_path / "p.html") == 0
    sheet = next((tmp_path / "images").glob("component_0_*.jpg"))
    with Image.open(sheet) as picture:
        assert picture.width > 128
    assert "missing</em>" not in (tmp_path / "p.html").read_text("utf-8")


def test_options_of_pairs_hold_for_components_too(work, tmp_path):
    def shown(**options):
        page = tmp_path / "p.html"
        assert fastdup_nb.create_duplicates_gallery(work / SIMILARITY, page, **options) == 0
        return page.read_text("utf-8").split('<li class="pair')[1:]

    assert len(shown(num_images=3)) == 3
    labelled = shown(get_label_func=label_of, slice="same", num_images=50)
    assert 0 < len(labelled) < len(shown(num_images=50))
    assert "(3 images)" in re.sub(r"<[^>]*>", "", labelled[0])
    assert "hello" in shown(num_images=1, get_extra_col_func=lambda _: "hello")[0]
    assert (
        "V0"
        in shown(num_images=3, get_reformat_filename_func=lambda path: path.split("/")[-1].upper())[
            0
        ]
    )
    best = float(pd.read_csv(work / SIMILARITY)["distance"].max())
    assert len(shown(threshold=best)) == 1


def test_a_table_instead_of_a_file(work, tmp_path):
    table = pd.read_csv(work / SIMILARITY)
    assert fastdup_nb.create_duplicates_gallery(table, tmp_path, work_dir=work) == 0
    assert "missing</em>" not in (tmp_path / "similarity_hierarchical.html").read_text("utf-8")


def test_a_file_that_is_not_there(work, tmp_path, capsys):
    path = work / "similarity_hierarchical_0.500000.csv"
    assert fastdup_nb.create_duplicates_gallery(path, tmp_path) == 1
    assert "run_hierarchical=1" in capsys.readouterr().err


def test_components_of_components_are_not_taken_for_images(work, capsys):
    path = work / "connected_components_hierarchical_.csv"
    assert fastdup_nb.find_top_components(path).empty
    assert "groups components, not images" in capsys.readouterr().err


def run_again(work, tmp_path, turi):
    work_dir = tmp_path / "again"
    shutil.copytree(work, work_dir)
    Fastdup.run("", work_dir, run_mode=2, turi_param=turi, progress=SilentProgress())
    return work_dir


def test_threshold_and_size_of_components(work, tmp_path):
    turi = "ccthreshold=0.995,run_hierarchical=1,hierarchical_threshold=0.99"
    again = run_again(work, tmp_path, f"{turi},hierarchical_min_nodes=100")
    assert len(pd.read_csv(again / SIMILARITY)) == 0
    assert len(pd.read_csv(again / "connected_components_hierarchical_.csv")) == 0


def test_several_thresholds_and_numbers_instead_of_names(work, tmp_path):
    again = run_again(work, tmp_path, "ccthreshold=0.9|0.995,run_hierarchical=1,store_int=1")
    for number in ("0.900000", "0.995000"):
        pairs = pd.read_csv(again / f"similarity_hierarchical_{number}.csv")
        assert all(pd.api.types.is_integer_dtype(pairs[c]) or pairs.empty for c in ("from", "to"))
        assert (again / f"connected_components_hierarchical_{number}.csv").is_file()
    assert fastdup_nb.create_duplicates_gallery(again / SIMILARITY, tmp_path / "p.html") == 0
    # Results that are not made anew are gone: they would not fit the others.
    assert not (again / "connected_components_hierarchical_.csv").exists()
    Fastdup.run("", again, run_mode=2, progress=SilentProgress())
    assert not list(again.glob("*hierarchical*"))
