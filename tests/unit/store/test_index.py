from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors import NeighborMethod
from fastdup_nb.core.pairs import find_edges
from fastdup_nb.errors import CorruptWorkDirError, ResultNotFoundError, WorkDirError
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store.index import ANNOY_ROWS, read_index, write_index
from tests.unit.core.vectors import ArrayRows, CountingRows, make_vectors

faiss = pytest.importorskip("faiss")


def find(vectors, provider="nnf", mode="auto", distance="cosine"):
    method = NeighborMethod(provider, mode, {}, distance, 1)
    return find_edges(ArrayRows(vectors), None, 2, method, SilentProgress()).index


def with_copies(n=400):
    vectors = make_vectors(n)
    vectors[[10, 11, 12]] = vectors[3]
    return vectors


@pytest.mark.parametrize(
    ("distance", "kind"),
    [
        ("cosine", "FlatIP"),
        ("euclidean", "FlatIP"),
        ("l1", "METRIC_L1"),
        ("linf", "METRIC_Linf"),
        ("canberra", "METRIC_Canberra"),
        ("braycurtis", "METRIC_BrayCurtis"),
        ("jensenshannon", "METRIC_JensenShannon"),
    ],
)
def test_an_exact_search_leaves_the_file_faiss_would_write(tmp_path, distance, kind):
    vectors = with_copies()
    written = write_index(tmp_path, find(vectors, distance=distance), ArrayRows(vectors))
    assert written == {tmp_path / "nnf.index": "nnf.index"}
    d = vectors.shape[1]
    reference = (
        faiss.IndexFlatIP(d) if kind == "FlatIP" else faiss.IndexFlat(d, getattr(faiss, kind))
    )
    reference.add(get_distance(distance).prepare(vectors.copy()))
    faiss.write_index(reference, str(tmp_path / "reference.index"))
    content = (tmp_path / "nnf.index").read_bytes()
    assert content == (tmp_path / "reference.index").read_bytes()
    assert [file.name for file in tmp_path.iterdir() if "unfinished" in file.name] == []


def test_a_flat_index_answers_with_row_numbers_of_all_images(tmp_path):
    vectors = with_copies()
    write_index(tmp_path, find(vectors), ArrayRows(vectors))
    index = read_index(tmp_path / "nnf.index")
    assert index.ntotal == 400
    unit = get_distance("cosine").prepare(vectors.copy())
    similarity, found = index.search(unit[12:14], 4)
    assert sorted(found[0].tolist()) == [3, 10, 11, 12]
    assert found[1, 0] == 13
    assert similarity[:, 0] == pytest.approx([1, 1], abs=1e-6)


def test_a_flat_index_is_written_in_blocks(tmp_path):
    vectors = make_vectors(5000, d=8)
    rows = CountingRows(ArrayRows(vectors))
    write_index(tmp_path, find(vectors), rows)
    assert rows.most <= 2048
    assert read_index(tmp_path / "nnf.index").ntotal == 5000


@pytest.mark.parametrize("mode", ["HNSW32", "IVF10,Flat"])
def test_an_approximate_index_answers_with_row_numbers(tmp_path, mode):
    vectors = with_copies()
    write_index(tmp_path, find(vectors, mode=mode), ArrayRows(vectors))
    index = read_index(tmp_path / "nnf.index")
    assert index.ntotal == 397
    unit = get_distance("cosine").prepare(vectors.copy())
    rows = [3, 9, 13, 399]
    assert index.search(unit[rows], 1)[1].ravel().tolist() == rows


def test_without_copies_the_file_is_what_the_original_writes(tmp_path):
    vectors = make_vectors(300)
    write_index(tmp_path, find(vectors, mode="HNSW32"), ArrayRows(vectors))
    assert (tmp_path / "nnf.index").read_bytes()[:4] == b"IHNf"
    write_index(tmp_path, find(vectors, mode="Flat"), ArrayRows(vectors))
    assert (tmp_path / "nnf.index").read_bytes()[:4] == b"IxFI"


def test_ball_tree_leaves_a_flat_index(tmp_path):
    vectors = with_copies()
    write_index(tmp_path, find(vectors, "turi", "ball_tree"), ArrayRows(vectors))
    assert read_index(tmp_path / "nnf.index").ntotal == 400


def test_annoy_leaves_its_own_file(tmp_path):
    annoy = pytest.importorskip("annoy")
    vectors = with_copies()
    written = write_index(tmp_path, find(vectors, "annoy", ""), ArrayRows(vectors))
    assert sorted(written.values()) == ["annoy.index", ANNOY_ROWS]
    index = annoy.AnnoyIndex(vectors.shape[1], "angular")
    index.load(str(tmp_path / "annoy.index"))
    rows = np.load(tmp_path / ANNOY_ROWS)
    unit = get_distance("cosine").prepare(vectors.copy())
    assert rows[index.get_nns_by_vector(unit[50], 1)].tolist() == [50]


def test_names_beyond_ascii(tmp_path):
    folder = tmp_path / "größe ☃"
    folder.mkdir()
    vectors = make_vectors(50)
    for mode in ("Flat", "HNSW32"):
        write_index(folder, find(vectors, mode=mode), ArrayRows(vectors))
        assert read_index(folder / "nnf.index").ntotal == 50


@pytest.mark.parametrize("mode", ["Flat", "HNSW32", "IVF10,Flat"])
@pytest.mark.parametrize("share", [0, 0.001, 0.02, 0.5, 0.999])
def test_a_cut_file(tmp_path, mode, share):
    vectors = with_copies()
    write_index(tmp_path, find(vectors, mode=mode), ArrayRows(vectors))
    content = (tmp_path / "nnf.index").read_bytes()
    (tmp_path / "nnf.index").write_bytes(content[: int(share * len(content))])
    with pytest.raises(CorruptWorkDirError, match="is cut") as info:
        read_index(tmp_path / "nnf.index")
    assert "run_mode=2" in info.value.hint


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"from,to,distance\n" * 100, bytes(10_000)])
def test_a_foreign_file(tmp_path, content):
    path = tmp_path / "nnf.index"
    path.write_bytes(content)
    with pytest.raises(CorruptWorkDirError):
        read_index(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(ResultNotFoundError, match="does not exist"):
        read_index(tmp_path / "nnf.index")


@pytest.mark.parametrize("mode", ["Flat", "HNSW32"])
def test_a_folder_that_is_not_there(tmp_path, mode):
    vectors = make_vectors(50)
    with pytest.raises(WorkDirError, match="Cannot write"):
        write_index(tmp_path / "none", find(vectors, mode=mode), ArrayRows(vectors))
