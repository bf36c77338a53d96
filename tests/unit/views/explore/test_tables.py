import numpy as np
import pytest

from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.views.explore.collection import Collection
from fastdup_nb.views.explore.images import Images
from fastdup_nb.views.explore.query import run_query
from fastdup_nb.views.explore.records import details_of, row_records
from fastdup_nb.views.explore.state import State
from tests.unit.views.conftest import write

A, B, C, D, E, F = range(6)


def rows_of(table):
    return [table.rows.of(row).tolist() for row in range(len(table))]


def facet_of(table, name, state=None):
    answer = run_query(table, state or State())
    return dict(next(facet.values for facet in answer.facets if facet.name == name))


def test_duplicates_are_pairs_each_once_most_similar_first(labelled):
    table = labelled.open("duplicates")
    assert rows_of(table) == [[A, B], [D, E], [C, A]]
    assert table.column("similarity").values.tolist() == [1.0, 0.97, 0.91]
    assert facet_of(table, "kind") == {"exact copy": 1, "near-duplicate": 2}
    assert facet_of(table, "labels") == {"same label": 1, "labels differ": 2}
    assert facet_of(table, "label") == {"cat": 3, "dog": 2}
    first, second, _ = row_records(table, [0, 1, 2], None)
    assert [badge["text"] for badge in first["badges"]] == ["exact copy"]
    assert [badge["tone"] for badge in second["badges"]] == ["differ"]
    assert (second["value"], second["text"]) == (0.97, "0.9700")
    assert [image["id"] for image in second["images"]] == [D, E]
    assert second["images"][0]["labels"] == ["dog"]
    assert second["images"][0]["width"] == 640


def test_groups_hold_what_is_a_duplicate_of_a_duplicate(labelled):
    table = labelled.open("groups")
    assert sorted(map(sorted, rows_of(table))) == [[A, B], [D, E]]
    assert facet_of(table, "kind") == {"exact copies only": 1, "near-duplicates too": 1}
    assert facet_of(table, "labels") == {"one label": 1, "several labels": 1}
    assert table.column("bytes").values.tolist() == [1234.0, 1234.0]


def test_components_are_those_of_the_run_with_two_images_or_more(labelled):
    table = labelled.open("components")
    assert sorted(map(sorted, rows_of(table))) == [[A, B], [D, E]]
    titles = {table.title(row): sorted(table.ids_of(row)) for row in range(2)}
    assert titles == {"component 0": [A, B], "component 2": [D, E]}
    assert sorted(table.column("min_similarity").values) == [0.97, 1.0]


def test_outliers_are_the_least_similar_first(labelled):
    table = labelled.open("outliers")
    assert rows_of(table) == [[F], [C]]
    assert table.facts(0) == [("similar to", "c.jpg")]
    assert "0.2000" in " ".join(table.why(0, F))


def test_similarity_with_labels_begins_with_the_lowest_label_score(labelled):
    table = labelled.open("similarity")
    # a and b agree (100); c is a dog beside a cat, d and e differ (0).
    scores = {
        int(ids[0]): value
        for ids, value in zip(
            map(table.rows.of, range(len(table))), table.column("label_score").values, strict=True
        )
    }
    assert scores == {A: 100, B: 100, C: 0, D: 0, E: 0}
    assert set(table.rows.first[:3].tolist()) == {C, D, E}
    assert rows_of(table)[0][1:] in ([A], [E], [D])


def test_similarity_without_labels_begins_with_the_most_similar(ours):
    table = Collection(Images(ours)).open("similarity")
    assert table.column(None).name == "nearest"
    assert table.rows.first[:2].tolist() == [A, B]
    assert table.orders[0] == "most similar first"


def test_wrong_labels_suggest_what_the_neighbours_have(labelled):
    table = labelled.open("labels")
    suggested = {table.ids_of(row)[0]: table.suggestion(row) for row in range(len(table))}
    assert suggested == {C: "cat", D: "cat", E: "dog"}
    assert table.title(0).endswith("?")
    assert facet_of(table, "suggested") == {"cat": 2, "dog": 1}


def test_statistics_have_every_metric_and_what_follows(labelled):
    table = labelled.open("statistics")
    known = {"blur", "mean", "size", "aspect_ratio", "file_size", "width", "height"}
    assert known == set(table.columns)
    assert table.rows.first[0] == C
    assert table.orders == ("sharpest first", "blurriest first")
    ratio = table.column("aspect_ratio").values[table.rows.first.tolist().index(F)]
    assert ratio == pytest.approx(30 / 480)


def test_clusters_are_of_the_nearest_centre(labelled, ours, folder):
    assert "k-means" in next(v.missing for v in labelled.views() if v.kind.name == "clusters")
    lines = [
        f"{i},{folder}/{n}.jpg,{c},{d}"
        for i, n, c, d in (
            (0, "a", 7, 0.5),
            (1, "b", 7, 0.1),
            (3, "c", 9, 0.2),
            (4, "d", 7, 0.3),
            (0, "a", 9, 0.9),
            (6, "e", 9, 0.1),
            (7, "f", 9, 0.4),
        )
    ]
    write(
        ours.path / "kmeans_assignments.csv", "index,filename,cluster,distance\n" + "\n".join(lines)
    )
    table = labelled.open("clusters")
    assert rows_of(table) == [[B, D, A], [E, C, F]]  # nearest to the centre first
    assert table.title(0) == "cluster 7"
    assert table.image_text(0.25) == "0.25"


def test_search_shows_what_was_found(labelled):
    with pytest.raises(ResultNotFoundError, match="ask for more"):
        labelled.open("search")
    labelled.show_matches("a.jpg", [B, C], [1.0, 0.9])
    table = labelled.open("search")
    assert rows_of(table) == [[B], [C]]
    assert "a.jpg" in table.why(1, C)[0]


def test_rows_go_with_their_images_and_come_back(labelled):
    table, groups = labelled.open("duplicates"), labelled.open("groups")
    labelled.mark_gone([A])
    assert run_query(table, State()).order.tolist() == [1]
    assert [row["row"] for row in row_records(table, [0, 1, 2], None)] == [1]
    assert run_query(groups, State()).total == 1  # one image is no group
    assert (
        A
        not in labelled.open("statistics").rows.first[
            run_query(labelled.open("statistics"), State()).order
        ]
    )
    labelled.mark_gone([A], gone=False)
    assert run_query(table, State()).total == 3


def test_new_labels_change_what_follows_from_them(labelled):
    assert len(labelled.open("labels")) == 3
    labelled.relabel({C: ("cat",)})
    assert labelled.images.labels_of(C) == ("cat",)
    # Neighbours of c are cats, so it fits now; d and e still contradict each other.
    assert len(labelled.open("labels")) == 2
    assert facet_of(labelled.open("duplicates"), "label") == {"cat": 3, "dog": 1}


def test_details_say_why(labelled):
    table = labelled.open("duplicates")
    found = details_of(labelled, A, table, 0)
    assert found["path"].endswith("a.jpg")
    assert found["neighbours"] == [{"id": B, "similarity": 1.0}, {"id": C, "similarity": 0.91}]
    assert "byte for byte" in " ".join(found["why"])
    assert ["size", "640 \N{MULTIPLICATION SIGN} 480"] in found["facts"][0][1]
    assert details_of(labelled, F, table, 0)["why"] == []  # not in that row


def test_what_is_missing_is_told_and_not_fatal(ours):
    (ours.path / "outliers.csv").unlink()
    (ours.path / "atrain_stats.csv").unlink()
    collection = Collection(Images(ours))
    missing = {view.kind.name: view.missing for view in collection.views()}
    assert "outliers.csv" in missing["outliers"]
    assert "run_stats=1" in missing["statistics"]
    assert "labels" in missing["labels"]
    assert missing["duplicates"] == ""
    record = row_records(collection.open("duplicates"), [0], None)[0]["images"][0]
    assert record["width"] is None
    with pytest.raises(ResultNotFoundError):
        collection.open("outliers")
    with pytest.raises(OptionError, match="view"):
        collection.open("duplicate")


def test_broken_results_are_an_error_with_a_line_and_stay_one(ours):
    write(ours.path / "connected_components.csv", "nothing\n1\n")
    collection = Collection(Images(ours))
    for _ in range(2):
        with pytest.raises(Exception, match="column"):
            collection.open("components")
    assert next(v.missing for v in collection.views() if v.kind.name == "components")


def test_pairs_with_images_that_are_not_listed_are_told(ours, folder):
    with (ours.path / "similarity.csv").open("a") as stream:
        stream.write(f"{folder}/a.jpg,/elsewhere/test.jpg,0.9\n")
    collection = Collection(Images(ours))
    assert len(collection.open("duplicates")) == 3
    (note,) = collection.images.notes
    assert "1 pairs of similarity.csv" in note


def test_the_original_s_relative_names_are_found(original):
    collection = Collection(Images(original))
    assert rows_of(collection.open("duplicates")) == [[0, 1], [2, 0]]
    assert collection.images.folder_and_name(1) == ("", "b.jpg")
    assert np.isnan(collection.images.measure("width")[1])
