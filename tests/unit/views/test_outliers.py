import pandas as pd
import pytest

from fastdup_nb.errors import InputNotFoundError, OptionError, ResultNotFoundError
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.outliers import build_outliers
from tests.unit.views.conftest import write


def frame_of(*edges):
    return pd.DataFrame(edges, columns=["from", "to", "distance"])


@pytest.fixture
def edges():
    """q is far from one of its neighbours and near another; p and r are far from both."""
    return frame_of(
        *(("/p", "/q", 0.40), ("/p", "/r", 0.30), ("/r", "/p", 0.35), ("/r", "/q", 0.45)),
        ("/q", "/r", 0.20),
    )


def names(view):
    return [row.image.path for row in view.rows]


def test_one_takes_the_lowest_edge_of_each_image_worst_first(edges):
    view = build_outliers(edges)
    assert [(row.image.path, row.value) for row in view.rows] == [
        *(("/q", 0.2), ("/p", 0.3), ("/r", 0.35))
    ]
    assert view.to_frame()["to"].tolist() == ["/r", "/r", "/p"]
    assert view.headline == "3 of 3 images"
    assert view.rows[0].note == ("similar to", "/r")


def test_all_takes_the_highest_edge(edges):
    view = build_outliers(edges, how="all")
    assert [(row.image.path, row.value) for row in view.rows] == [
        *(("/q", 0.2), ("/p", 0.4), ("/r", 0.45))
    ]


def make_results(tmp_path, edges, similar, k=2):
    listed = "".join(f"{n},{name}\n" for n, name in enumerate(("/p", "/q", "/r", "/s")))
    write(tmp_path / "w" / "atrain_features.dat.csv", f"index,filename\n{listed}")
    write(tmp_path / "w" / "outliers.csv", edges.to_csv(index=False))
    write(tmp_path / "w" / "similarity.csv", frame_of(*similar).to_csv(index=False))
    write(tmp_path / "w" / "config.json", f'{{"nearest_neighbors_k": {k}}}')
    return WorkDir.open(tmp_path / "w")


def test_all_leaves_out_images_with_a_closer_neighbour_that_is_not_listed(edges, tmp_path):
    # q has one of its two edges here, so the other one is higher than all of these.
    results = make_results(tmp_path, edges, [])
    assert names(build_outliers(results, how="all")) == ["/p", "/r"]
    assert names(build_outliers(results, how="one")) == ["/q", "/p", "/r"]


def test_all_leaves_out_images_of_similar_pairs_in_either_direction(edges, tmp_path):
    results = make_results(tmp_path, edges, [("/s", "/p", 0.95)], k=1)
    assert names(build_outliers(results, how="all")) == ["/q", "/r"]
    # All edges in similarity.csv, as threshold=0 leaves them: the low ones say nothing.
    results = make_results(tmp_path, edges, edges.to_numpy().tolist(), k=1)
    assert names(build_outliers(results, how="all")) == ["/q", "/p", "/r"]


def test_slice_and_counts(edges):
    labels = {"/p": "cat", "/q": "dog", "/r": ["cat", "red"]}
    view = build_outliers(edges, get_label_func=labels, label_slice="cat", num_images=1)
    assert names(view) == ["/p"]
    assert view.headline == "1 of 2 images"
    assert "cat only" in view.filters
    assert "3 images in all" in view.filters
    assert view.rows[0].note == ("similar to", "/r (cat, red)")
    assert names(build_outliers(edges, get_label_func=labels, label_slice=["dog", "red"])) == [
        *("/q", "/r")
    ]


def test_a_work_dir_or_its_file(ours):
    for source in (ours, ours.path, ours.path / "outliers.csv"):
        view = build_outliers(source)
        assert [row.value for row in view.rows] == [0.2, 0.5]
        assert view.work_dir == str(ours.path)
        assert (view.rows[0].image.width, view.rows[0].image.file_size) == (30, 1234)


def test_an_empty_result_is_a_view_without_rows():
    view = build_outliers(frame_of())
    assert (view.rows, view.headline) == ((), "0 of 0 images")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"how": "some"}, "Unknown how 'some'"),
        ({"num_images": 0}, "num_images=0"),
        ({"label_slice": "cow", "get_label_func": {"/p": "cat"}}, "No image has the label 'cow'"),
        ({"label_slice": "cat"}, "slice=cat needs labels"),
    ],
)
def test_bad_options(edges, options, message):
    with pytest.raises(OptionError, match=message):
        build_outliers(edges, **options)


def test_results_that_are_not_there(tmp_path, ours):
    with pytest.raises(InputNotFoundError, match="does not exist"):
        build_outliers(tmp_path / "nothing")
    (ours.path / "outliers.csv").unlink()
    with pytest.raises(ResultNotFoundError, match=r"outliers\.csv"):
        build_outliers(ours)
