import pandas as pd
import pytest

from fastdup_nb.errors import OptionError
from fastdup_nb.views.similarity import build_similarity, empty_table

LABELS = {"/a": "cat", "/b": "cat", "/c": "dog", "/d": "dog", "/e": "cat"}


@pytest.fixture
def pairs():
    """a: one of three neighbours is a cat; b: both; c: only cats; d has one neighbour."""
    rows = [
        *(("/a", "/b", 0.90), ("/a", "/c", 0.95), ("/a", "/d", 0.92)),
        *(("/b", "/a", 0.90), ("/b", "/e", 0.91)),
        *(("/c", "/a", 0.95), ("/c", "/b", 0.93)),
        ("/d", "/a", 0.92),
    ]
    return pd.DataFrame(rows, columns=["from", "to", "distance"])


def test_neighbours_are_listed_most_similar_first(pairs):
    view = build_similarity(pairs)
    rows = {row.query.path: row for row in view.rows}
    assert [card.path for card in rows["/a"].neighbours] == ["/c", "/d", "/b"]
    assert rows["/a"].similarities == (0.95, 0.92, 0.9)
    assert set(rows) == {"/a", "/b", "/c"}
    assert view.headline == "3 of 3 images"
    assert "1 more left out" in view.filters


def test_the_table_without_labels(pairs):
    table = build_similarity(pairs, descending=True).table
    assert list(table.columns) == ["from", "to", "distance", "length"]
    assert table["from"].tolist() == ["/c", "/a", "/b"]  # by the mean similarity
    assert table["to"][1] == ["/c", "/d", "/b"]
    assert table["distance"][1] == [0.95, 0.92, 0.9]
    assert table["length"].tolist() == [2, 3, 2]


def test_label_scores_lowest_first(pairs):
    view = build_similarity(pairs, get_label_func=LABELS)
    table = view.table
    assert list(table.columns) == [
        *("from", "to", "label", "label2", "distance", "score", "length")
    ]
    assert table["from"].tolist() == ["/c", "/a", "/b"]
    assert table["score"].tolist() == [0.0, pytest.approx(100 / 3), 100.0]
    assert table["label"][1] == ["cat", "cat", "cat"]
    assert table["label2"][1] == ["dog", "dog", "cat"]
    assert [row.value for row in view.rows] == table["score"].tolist()
    assert view.scale.name == "label score"
    order = build_similarity(pairs, get_label_func=LABELS, descending=True).table["from"]
    assert order.tolist() == ["/b", "/a", "/c"]


def test_a_label_that_most_neighbours_have_is_suggested(pairs):
    view = build_similarity(pairs, get_label_func=LABELS)
    badges = {row.query.path: [badge.text for badge in row.badges] for row in view.rows}
    assert badges == {
        "/c": ["most neighbours: cat"],
        "/a": ["most neighbours: dog"],
        "/b": [],
    }


def test_images_without_a_label_have_no_score_and_come_last(pairs):
    labels = {"/a": "cat", "/b": "cat"}
    for descending in (False, True):
        view = build_similarity(pairs, get_label_func=labels, descending=descending)
        assert view.rows[-1].query.path == "/c"
        assert view.rows[-1].value is None
        assert view.rows[0].value == 100


def test_several_labels_agree_when_one_is_shared(pairs):
    labels = {**LABELS, "/a": ["cat", "dog"]}
    table = build_similarity(pairs, get_label_func=labels).table.set_index("from")
    assert table.loc["/a", "score"] == 100
    assert table.loc["/a", "label"] == [["cat", "dog"]] * 3


def test_min_items_and_max_items(pairs):
    assert build_similarity(pairs, min_items=1).matching == 4
    assert build_similarity(pairs, min_items=3).table["from"].tolist() == ["/a"]
    table = build_similarity(pairs, max_items=2).table.set_index("from")
    assert table.loc["/a", "to"] == ["/c", "/d"]
    # The score is that of the neighbours that are kept.
    cut = build_similarity(pairs, max_items=2, get_label_func=LABELS).table.set_index("from")
    assert cut.loc["/a", "score"] == 0


def test_slice(pairs):
    options = {"get_label_func": LABELS}
    assert build_similarity(pairs, label_slice="label_score", **options).matching == 3
    assert build_similarity(pairs, label_slice="dog", **options).table["from"].tolist() == ["/c"]
    both = build_similarity(pairs, label_slice=["dog", "cat"], **options)
    assert both.matching == 3
    with pytest.raises(OptionError, match="needs labels"):
        build_similarity(pairs, label_slice="label_score")
    with pytest.raises(OptionError, match="No image has the label 'cow'"):
        build_similarity(pairs, label_slice="cow", **options)


def test_num_images_limits_the_page_not_the_table(pairs):
    view = build_similarity(pairs, num_images=1)
    assert (view.shown, len(view.table), len(view.to_frame())) == (1, 3, 1)
    assert view.to_frame()["to"][0] == "/e|/a"


def test_a_page_shows_ten_neighbours_unless_more_are_asked_for():
    rows = [("/q", f"/{n:02d}", 0.99 - n / 100) for n in range(15)]
    pairs = pd.DataFrame(rows, columns=["from", "to", "distance"])
    (row,) = build_similarity(pairs).rows
    assert (len(row.neighbours), row.hidden, row.count) == (10, 5, 15)
    (row,) = build_similarity(pairs, max_items=12).rows
    assert (len(row.neighbours), row.hidden) == (12, 0)
    many = pd.concat([pairs.assign(**{"from": f"/q{n}"}) for n in range(1000)])
    row = build_similarity(many, num_images=1000).rows[0]
    assert len(row.neighbours) == 2


def test_pairs_that_say_nothing():
    rows = [("/a", "/a", 1.0), ("/a", "/b", float("nan")), ("/a", "/b", 0.9), ("/a", "/b", 0.9)]
    pairs = pd.DataFrame(rows, columns=["from", "to", "distance"])
    assert build_similarity(pairs, min_items=1).table["to"].tolist() == [["/b"]]
    nothing = build_similarity(pairs.head(0))
    assert (nothing.shown, len(nothing.table)) == (0, 0)
    assert list(nothing.table.columns) == list(empty_table(labelled=False).columns)


@pytest.mark.parametrize("option", ["num_images", "min_items", "max_items"])
def test_bad_numbers(pairs, option):
    for value in (0, 2.5, True, "3"):
        with pytest.raises(OptionError, match=f"{option}={value!r}"):
            build_similarity(pairs, **{option: value})
