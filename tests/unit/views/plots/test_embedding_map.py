import numpy as np
import pytest

import fastdup_nb
from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.plots.colours import MAX_CATEGORIES, Categories, Numbers, categorise
from fastdup_nb.views.plots.embedding_map import build_map

COUNT = 60


@pytest.fixture
def results(tmp_path):
    """Sixty images in three groups of similar ones, in folders of these names."""
    rng = np.random.default_rng(5)
    vectors = np.repeat(np.eye(16)[:3], 20, axis=0) + rng.normal(0, 0.02, (COUNT, 16))
    names = [str(tmp_path / f"group {row // 20}" / f"{row:02d}.jpg") for row in range(COUNT)]
    assert fastdup_nb.save_binary_feature(tmp_path, names, vectors.astype(np.float32)) == 0
    for name, head in (
        ("similarity.csv", "from,to,distance"),
        ("atrain_features.bad.csv", "index"),
    ):
        (tmp_path / name).write_text(f"{head}\n")
    return WorkDir.open(tmp_path)


def group_of(path):
    return path.split("/")[-2]


def test_groups_are_apart(results):
    shown = build_map(results, color="label", get_label=group_of)
    centres = [shown.points[start : start + 20].mean(axis=0) for start in (0, 20, 40)]
    for start, centre in zip((0, 20, 40), centres, strict=True):
        far = np.linalg.norm(shown.points[start : start + 20] - centre, axis=1).max()
        assert far < min(np.linalg.norm(centre - other) for other in centres if other is not centre)
    assert shown.rows.tolist() == list(range(COUNT))
    assert "60 images" in shown.note
    assert "sample" not in shown.note


def test_a_sample_says_so(results):
    shown = build_map(results, n=25)
    assert len(shown.rows) == len(shown.points) == len(shown.paths) == 25
    assert shown.total == COUNT
    assert "a random sample of 25 of 60 images; the others are left out" in shown.note
    assert np.array_equal(shown.rows, build_map(results, n=25).rows)
    assert [results.file_names[row] for row in shown.rows] == list(shown.paths)


def test_only_pca_speaks_of_variance(results):
    assert "of the variance" in build_map(results).note
    assert "variance" not in build_map(results, "tsne").note


def test_colours_of_labels(results):
    shown = build_map(results, get_label=group_of)  # the labels, since there are some
    assert isinstance(shown.colours, Categories)
    assert shown.colours.entries == (("group 0", 20), ("group 1", 20), ("group 2", 20))
    assert shown.colours.codes.tolist() == [row // 20 for row in range(COUNT)]
    assert shown.labels[:1] == ("group 0",)


def test_colours_of_folders_need_no_labels(results):
    assert build_map(results, color="folder").colours.entries[0] == ("group 0", 20)
    assert build_map(results).colours is None


def test_colours_of_a_statistic(results):
    lines = [f"{row},{name},{row * 1.5}" for row, name in enumerate(results.file_names[:50])]
    (results.path / "atrain_stats.csv").write_text("\n".join(["index,filename,blur", *lines]))
    colours = build_map(results, color="blur").colours
    assert isinstance(colours, Numbers)
    assert colours.values[:2].tolist() == [0, 1.5]
    assert np.isnan(colours.values[50:]).all()
    assert 0 < colours.low < colours.high < 49 * 1.5


def test_colours_of_components(results):
    rows = [f"{row},{5 if row < 4 else row + 10},1" for row in range(COUNT)]
    (results.path / "connected_components.csv").write_text(
        "\n".join(["__id,component_id,count", *rows])
    )
    colours = build_map(results, color="component").colours
    assert colours.entries == (("component 5", 4), ("none", COUNT - 4))
    assert colours.plain == 1


def test_colours_of_train_and_test(results, tmp_path):
    rng = np.random.default_rng(6)
    vectors = np.eye(16)[:1] + rng.normal(0, 0.02, (10, 16))
    names = [str(tmp_path / f"test {row}.jpg") for row in range(10)]
    assert fastdup_nb.save_binary_feature(tmp_path / "x", names, vectors.astype(np.float32)) == 0
    for name in ("features.dat", "features.dat.csv"):
        (tmp_path / "x" / f"atrain_{name}").rename(tmp_path / f"atest_{name}")
    shown = build_map(results, color="split")
    assert shown.colours.entries == (("train", 60), ("test", 10))
    assert (shown.total, shown.known) == (70, 60)
    assert shown.paths[60:] == tuple(names)
    # They are like the first group.
    middle = shown.points[:20].mean(axis=0)
    assert np.linalg.norm(shown.points[60:] - middle, axis=1).max() < 0.5
    assert build_map(results).total == 60


def test_more_categories_than_colours():
    texts = [f"label {number % 40}" for number in range(400)] + ["", ""]
    colours = categorise("label", texts)
    assert len(colours.entries) == MAX_CATEGORIES + 2
    assert colours.entries[MAX_CATEGORIES] == ("other (30 more)", 300)
    assert colours.entries[-1] == ("none", 2)
    assert colours.plain == 2
    counts = np.bincount(colours.codes, minlength=len(colours.entries))
    assert counts.tolist() == [count for _, count in colours.entries]
    assert colours.texts[39] == "label 39"


def test_labels_that_are_several_or_no_text(results):
    colours = build_map(results, get_label=lambda path: [1, "a <b>"]).colours
    assert colours.entries == (("1, a <b>", COUNT),)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"color": "blurr"}, ResultNotFoundError, "atrain_stats"),
        ({"color": "label"}, OptionError, "need labels"),
        ({"color": "split"}, OptionError, "test_dir"),
        ({"color": "cluster"}, ResultNotFoundError, "k-means"),
        ({"get_label": {}}, OptionError, "None of these images has a label"),
        ({"n": 0}, OptionError, "n=0"),
        ({"n": 2.5}, OptionError, "n=2.5"),
        ({"method": "t-sne"}, OptionError, "'tsne'"),
    ],
)
def test_what_cannot_be_shown(results, options, error, words):
    with pytest.raises(error, match=words):
        build_map(results, **options)


def test_the_points_as_a_table(results):
    table = build_map(results, n=5).to_frame()
    assert list(table.columns) == ["filename", "x", "y"]
    assert len(table) == 5
