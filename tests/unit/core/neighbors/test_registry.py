"""Every method by its V0.2 name: right neighbours, right errors, the same for any thread count."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fastdup_nb.core.neighbors import NeighborMethod, build_index, sklearn
from fastdup_nb.core.neighbors.exact import ExactIndex
from fastdup_nb.errors import MissingDependencyError, NeighborError, OptionError
from fastdup_nb.options import DISTANCES
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows, RecordingProgress, make_vectors

VECTORS = make_vectors(1200)
# Method, the least recall of the two nearest, the faiss class behind it.
METHODS = [
    ("nnf", "auto", 1.0, None),
    ("nnf", "", 1.0, None),
    ("nnf", "Flat", 1.0, None),
    ("nnf", "HNSW32", 0.99, "IndexHNSWFlat"),
    ("nnf", "HSNW32", 0.99, "IndexHNSWFlat"),
    ("faiss", "HNSW16", 0.98, "IndexHNSWFlat"),
    ("nnf", "IVF20,Flat", 0.99, "IndexIVFFlat"),
    ("nnf", "SQ8", 0.97, "IndexScalarQuantizer"),
    ("turi", "brute_force", 1.0, None),
    ("turi", "ball_tree", 1.0, None),
    ("turi", "lsh", 0.9, "IndexLSH"),
]


def build(provider, mode, vectors=VECTORS, progress=None, threads=1, distance="cosine", **params):
    texts = {name: str(value) for name, value in params.items()}
    method = NeighborMethod(provider, mode, texts, distance, threads)
    return build_index(ArrayRows(vectors), method, progress or SilentProgress())


def exact(vectors, k, distance="cosine"):
    index = ExactIndex(NeighborMethod(threads=1, distance=distance))
    index.build(ArrayRows(vectors), SilentProgress())
    return index.neighbors(k)


@pytest.mark.parametrize(("provider", "mode", "least", "kind"), METHODS)
def test_neighbors_of_every_method(provider, mode, least, kind):
    index = build(provider, mode)
    near, wanted = index.neighbors(2), exact(VECTORS, 2)
    same = near.indices == wanted.indices
    assert same.mean() >= least
    # Whatever proposed a candidate, its score is exact.
    assert (near.similarity[same] == wanted.similarity[same]).all()
    assert (np.diff(near.similarity, axis=1) <= 0).all()
    assert (near.indices != np.arange(len(VECTORS))[:, None]).all()
    assert (type(index.faiss_index).__name__ if index.faiss_index else None) == kind
    assert index.description


@pytest.mark.parametrize(("provider", "mode", "least", "kind"), METHODS)
def test_search_finds_the_image_itself_first(provider, mode, least, kind):
    found = build(provider, mode).search(VECTORS[50:90], 2)
    assert (found.indices[:, 0] == np.arange(50, 90)).mean() >= least
    assert found.similarity.max() == 1


@pytest.mark.parametrize(("provider", "mode", "least", "kind"), METHODS)
def test_the_number_of_threads_changes_nothing(provider, mode, least, kind):
    one = build(provider, mode, threads=1).neighbors(3)
    two = build(provider, mode, threads=2).neighbors(3)
    assert one.indices.tobytes() == two.indices.tobytes()
    assert one.similarity.tobytes() == two.similarity.tobytes()


@pytest.mark.parametrize(("provider", "mode", "least", "kind"), METHODS)
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_few_images(provider, mode, least, kind, count):
    vectors = make_vectors(count, groups=1)
    index = build(provider, mode, vectors)
    near = index.neighbors(5)
    assert near.indices.shape == (count, 5)
    assert ((near.indices >= 0).sum(axis=1) == min(5, max(count - 1, 0))).all()
    assert (index.search(make_vectors(1), 2).indices >= 0).sum() == min(count, 2)


@pytest.mark.parametrize(("provider", "mode", "least", "kind"), METHODS)
def test_euclidean_has_the_order_of_cosine_and_its_own_score(provider, mode, least, kind):
    near = build(provider, mode, distance="euclidean").neighbors(2)
    wanted = exact(VECTORS, 2, "euclidean")
    same = near.indices == wanted.indices
    assert same.mean() >= least
    assert (near.similarity[same] == wanted.similarity[same]).all()
    assert near.similarity.max() < 1


@pytest.mark.parametrize("distance", ["l1", "linf", "canberra", "braycurtis", "jensenshannon"])
@pytest.mark.parametrize(
    ("provider", "mode"),
    [("nnf", "HNSW32"), ("nnf", "IVF20,Flat"), ("turi", "ball_tree"), ("turi", "lsh")],
)
def test_a_distance_the_method_cannot_serve(provider, mode, distance):
    with pytest.raises(OptionError, match=f"'{distance}' is not available with {provider}") as info:
        build(provider, mode, distance=distance)
    assert "nnf_mode='Flat'" in info.value.hint


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("provider", "mode"), [("nnf", "Flat"), ("turi", "brute_force")])
def test_exact_methods_serve_every_distance(provider, mode, distance):
    vectors = VECTORS[:60]
    near = build(provider, mode, vectors, distance=distance).neighbors(2)
    assert (near.indices == exact(vectors, 2, distance).indices).all()


def test_unknown_names():
    with pytest.raises(OptionError, match="Unknown nn_provider 'nmslib'"):
        build("nmslib", "")
    with pytest.raises(OptionError, match="Did you mean 'ball_tree'"):
        build("turi", "balltree")
    with pytest.raises(OptionError, match="Did you mean 'cosine'"):
        build("nnf", "Flat", distance="cosines")
    with pytest.raises(OptionError, match="Did you mean 'efSearch'"):
        build("nnf", "HNSW32", efsearch=3)
    with pytest.raises(OptionError, match="Unknown nnf_param key"):
        build("nnf", "Flat", trees=3)


@pytest.mark.parametrize("value", ["x", "0", "-3", "1.5"])
def test_parameters_are_whole_numbers_above_0(value):
    with pytest.raises(OptionError, match=f"efSearch={value} cannot be used"):
        build("nnf", "HNSW32", efSearch=value)


@pytest.mark.parametrize("mode", ["bogus", "IVF,Flat", "PQ7", "IMI2x5,Flat", "Flat,,"])
def test_a_factory_string_faiss_cannot_build(mode):
    with pytest.raises(NeighborError) as info:
        build("nnf", mode)
    assert mode in info.value.message
    assert "\n" not in info.value.message
    assert len(info.value.message) < 250
    assert ".cpp" not in info.value.message
    assert "HNSW32" in info.value.hint


def test_parameters_reach_the_index():
    index = build("nnf", "HNSW32", efSearch=175, efConstruction=40)
    assert index.faiss_index.hnsw.efSearch == 175
    assert index.faiss_index.hnsw.efConstruction == 40
    assert index.description == "HNSW32 (efConstruction 40, efSearch 175)"
    assert build("nnf", "HNSW32").faiss_index.hnsw.efConstruction == 200
    index = build("nnf", "IVF20,Flat", nprobes=7, num_em_iter=3)
    assert index.faiss_index.nprobe == 7
    assert index.faiss_index.cp.niter == 3


def test_a_parameter_the_index_does_not_have_is_told():
    progress = RecordingProgress()
    build("nnf", "SQ8", progress=progress, efSearch=10)
    assert progress.messages == ["nnf_param: efSearch not used by SQ8."]


def test_too_few_images_to_train_are_searched_exactly():
    progress = RecordingProgress()
    index = build("nnf", "IVF100,Flat", VECTORS[:30], progress)
    assert index.description == "exact (cosine)"
    assert progress.messages == [
        "IVF100,Flat needs more than 30 different images. Searching exactly."
    ]
    assert (index.neighbors(2).indices >= 0).all()


def test_progress_counts_every_image_in_both_stages():
    progress = RecordingProgress()
    build("nnf", "HNSW32", progress=progress).neighbors(2)
    assert progress.stages == [
        ["neighbour index", 1200, 1200, True],
        ["neighbours", 1200, 1200, True],
    ]


def test_ball_tree_warns_when_it_will_take_long(monkeypatch):
    monkeypatch.setattr(sklearn, "SLOW_ROWS", 100)
    progress = RecordingProgress()
    build("turi", "ball_tree", VECTORS[:101], progress)
    assert len(progress.messages) == 1
    assert "ball_tree is slow for 101 images" in progress.messages[0]


def test_annoy_asked_for_and_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "annoy", None)
    with pytest.raises(MissingDependencyError) as info:
        build("annoy", "")
    assert "fastdup_nb[annoy]" in info.value.hint


def test_annoy():
    pytest.importorskip("annoy")
    index = build("annoy", "")
    near, wanted = index.neighbors(2), exact(VECTORS, 2)
    same = near.indices == wanted.indices
    assert same.mean() >= 0.97
    assert (near.similarity[same] == wanted.similarity[same]).all()
    again = build("annoy", "", threads=2).neighbors(2)
    assert (near.indices == again.indices).all()
    assert index.description == "annoy (50 trees)"
    assert build("annoy", "", n_trees=10).description == "annoy (10 trees)"
    for count in (0, 1, 2):
        assert build("annoy", "", VECTORS[:count]).neighbors(2).indices.shape == (count, 2)
    with pytest.raises(OptionError, match="Known: n_trees, search_k"):
        build("annoy", "", efSearch=3)
