"""A whole run on a small collection: what was planted is found, and rows line up."""

import csv

import numpy as np
import pytest

from fastdup_nb import load_binary_feature
from fastdup_nb.models import load_embedder
from fastdup_nb.store import names


def rows_of(finished, name):
    with (finished.work_dir / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_every_good_image_has_one_row_everywhere(collection, finished):
    file_names, vectors = load_binary_feature(finished.work_dir)
    assert len(file_names) == collection.good_count == len(vectors)
    assert file_names == sorted(file_names, key=lambda name: name.encode())
    statistics = finished.img_stats()
    assert statistics["filename"].tolist() == file_names
    components = finished.connected_components()
    assert components["filename"].tolist() == file_names
    assert statistics["index"].tolist() == components["__id"].tolist()


def test_rows_hold_the_embedding_of_their_own_image(collection, finished):
    from fastdup_nb.media.decode import WORKING_SIDE, decode, to_pixels

    file_names, vectors = load_binary_feature(finished.work_dir)
    embedder = load_embedder("", 576, "cpu")
    width, height = embedder.input_size
    for path in (collection.pictures[7], collection.odd[2], collection.near[0][1]):
        photo = decode(path.read_bytes(), at_least=max(width, height, WORKING_SIDE))
        expected = embedder.embed(to_pixels(photo, *embedder.squeeze)[None])[0]
        stored = vectors[file_names.index(str(path))]
        assert np.allclose(stored, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_every_bad_file_is_listed_with_its_reason_and_nowhere_else(collection, finished):
    bad = finished.invalid_instances()
    found = dict(zip(bad["filename"], bad["error_code"], strict=True))
    assert found == {str(path): code for path, code in collection.bad.items()}
    assert all(bad["reason"].str.len() > 5)
    for name in (names.FEATURE_NAMES, names.STATISTICS, names.SIMILARITY, names.OUTLIERS):
        text = (finished.work_dir / name).read_text(encoding="utf-8")
        assert "/bad/" not in text
    listed = set(bad["index"]) | set(finished.img_stats()["index"])
    assert listed == set(range(collection.good_count + len(collection.bad)))


def test_planted_copies_and_near_duplicates_are_found(collection, finished):
    pairs = finished.similarity()
    found = {frozenset(pair) for pair in zip(pairs["from"], pairs["to"], strict=True)}
    group = finished.connected_components().set_index("filename")["component_id"]
    for original, copy in collection.copies + collection.near:
        assert group[str(original)] == group[str(copy)]
        assert any(str(copy) in pair for pair in found)


def test_copies_do_not_hide_the_near_duplicate(collection, finished):
    # Picture 3 has three exact copies and k is 2; its re-encoded version must still be linked to
    # all.
    pairs = finished.similarity()
    near = str(collection.near[0][1])
    froms = set(pairs.loc[pairs["to"] == near, "from"])
    twins = {str(copy) for original, copy in collection.copies if original.stem.endswith("003")}
    assert twins | {str(collection.pictures[3])} <= froms


def test_similarity_is_sorted_and_at_least_the_threshold(finished):
    rows = rows_of(finished, names.SIMILARITY)
    assert rows[0] == ["from", "to", "distance"]
    scores = [float(row[2]) for row in rows[1:]]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= 0.9
    assert max(scores) <= 1.0
    assert all(row[0] != row[1] for row in rows)
    assert all(len(row[2].partition(".")[2]) == 6 for row in rows[1:])


def test_outliers_are_the_least_similar_pairs_worst_last(finished):
    scores = [float(row[2]) for row in rows_of(finished, names.OUTLIERS)[1:]]
    assert scores
    assert scores == sorted(scores, reverse=True)


def test_components_count_images(finished):
    members = finished.connected_components()
    sizes = members.groupby("component_id").size()
    assert (members["count"] == members["component_id"].map(sizes)).all()
    info = rows_of(finished, names.COMPONENT_INFO)
    assert info[0] == list(names.COMPONENT_INFO_COLUMNS)
    assert [int(row[2]) for row in info[1:]] == sizes.tolist()
    alone = members[members["count"] == 1]
    assert (alone["pagerank"] == 0.15).all()
    assert (alone["mean_distance"] == 0).all()


def test_names_come_back_whatever_they_hold(collection, finished):
    file_names = set(finished.img_stats()["filename"])
    assert {str(path) for path in collection.odd} <= file_names


def test_the_index_is_one_faiss_reads(finished):
    import faiss

    index = faiss.read_index(str(finished.work_dir / names.INDEX))
    _, vectors = finished.embeddings()
    assert (index.ntotal, index.d) == vectors.shape
    query = vectors[:1] / np.linalg.norm(vectors[:1], axis=1, keepdims=True)
    assert index.search(query, 1)[1][0, 0] == 0


def test_the_summary_counts_images_pairs_and_groups(collection, finished):
    text = str(finished)
    assert f"{collection.good_count + len(collection.bad)} images in " in text
    assert "traceback" not in text.lower()
    assert finished._repr_html_().startswith("<")


@pytest.mark.parametrize("name", [names.CONFIG, names.BAD_FILES, names.OUTLIERS])
def test_published_files_are_there(finished, name):
    assert (finished.work_dir / name).is_file()


def test_nothing_unfinished_is_left(finished):
    left = [path.name for path in finished.work_dir.rglob("*") if "unfinished" in path.name]
    assert not left
    assert not list(finished.work_dir.rglob("*.part"))
