"""What the seed says about neighbours, outliers and components, sentence by sentence."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core.graph import connected_components, pagerank
from fastdup_nb.core.neighbors import NeighborMethod, build_index
from fastdup_nb.core.outliers import lowest_share
from fastdup_nb.core.pairs import find_edges
from fastdup_nb.errors import OptionError
from fastdup_nb.options import RunOptions
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows


def make_vectors(n=300, d=32):
    random = np.random.default_rng(0)
    return np.maximum(random.normal(size=(n, d)), 0).astype(np.float32)


def find(vectors, k=2, **method):
    method = NeighborMethod(threads=1, **method)
    return find_edges(ArrayRows(vectors), None, k, method, SilentProgress()).edges


@pytest.mark.parametrize(
    "distance",
    ["cosine", "euclidean", "l1", "linf", "canberra", "braycurtis", "jensenshannon"],
)
def test_distances_of_flat(distance):
    """Docs, distance.

    "When using nnf_mode='Flat': 'cosine', 'euclidean',
    'l1','linf','canberra','braycurtis','jensenshannon' are supported.".
    """
    vectors = make_vectors()
    vectors[1] = vectors[0] * np.float32(1.001)
    edges = find(vectors, mode="Flat", distance=distance)
    assert (edges.source[0], edges.target[0]) == (0, 1)
    assert edges.similarity[0] == pytest.approx(1, abs=1e-5)
    assert edges.similarity[-1] < 0.9


@pytest.mark.parametrize("mode", ["HNSW32", "IVF8,Flat"])
def test_distances_of_the_other_modes(mode):
    """Docs, distance: "Otherwise 'cosine' and 'euclidean' are supported."."""
    for distance in ("cosine", "euclidean"):
        assert len(find(make_vectors(), mode=mode, distance=distance)) == 600
    with pytest.raises(OptionError):
        find(make_vectors(), mode=mode, distance="l1")


def test_threshold_range():
    """Docs, threshold.

    "Similarity measure in the range 0->1, where 1 is totally identical, 0.98 and above is
    almost identical.".
    """
    vectors = make_vectors()
    vectors[1] = vectors[0]
    vectors[2] = vectors[0] + np.float32(0.05)
    edges = find(vectors)
    assert ((edges.similarity >= 0) & (edges.similarity <= 1)).all()
    assert edges.similarity[(edges.source == 0) & (edges.target == 1)].tolist() == [1]
    near = edges.similarity[(edges.source == 0) & (edges.target == 2)]
    assert 0.98 <= near[0] < 1


def test_sorted_from_the_closest():
    """Running guide.

    "The file is sorted from the closest matching images to less similar images.".
    """
    assert (np.diff(find(make_vectors()).similarity) <= 0).all()


def test_number_of_neighbors():
    """Docs, nearest_neighbors_k: "For each image, how many similar images to look for."."""
    for k in (1, 2, 7):
        edges = find(make_vectors(), k=k)
        assert (np.bincount(edges.source) == k).all()


def test_share_of_outliers():
    """Docs, lower_threshold: "(means 5% out of the total similarities computed)"."""
    edges = find(make_vectors())
    outliers = lowest_share(edges, 0.05)
    assert len(outliers) == 30
    assert outliers.similarity.max() <= edges.similarity[:-30].min()


@pytest.mark.parametrize(
    ("provider", "mode"),
    [
        ("turi", "brute_force"),
        ("turi", "ball_tree"),
        ("turi", "lsh"),
        ("nnf", "HNSW32"),
        ("nnf", "HSNW32"),
        ("faiss", "HNSW32"),
        ("nnf", "Flat"),
    ],
)
def test_families_and_methods(provider, mode):
    """Running guide.

    "FastDup supports two families of algorithms (given using the nn_provider command line
    argument)", and the methods it lists below.
    """
    assert len(find(make_vectors(), provider=provider, mode=mode)) == 600


def test_any_other_faiss_string_and_its_parameters():
    """First API.

    "Supported options are HNSW32 and any other faiss string.", "Multiple params are supported -
    for example 'efSearch=175,nprobes=200'".
    """
    options = RunOptions(nnf_mode="IVF8_HNSW32,Flat", nnf_param="efSearch=175,nprobes=200")
    method = NeighborMethod(
        mode=options.nnf_mode, params={"efSearch": "175", "nprobes": "200"}, threads=1
    )
    index = build_index(ArrayRows(make_vectors()), method, SilentProgress())
    assert (index.neighbors(2).indices >= 0).all()


def test_number_of_kmeans_iterations_and_clusters():
    """Docs, nnf_param.

    "num_em_iter, number of KMeans EM iterations to run", "num_clusters, number of KMeans
    clusters to use".
    """
    params = {"num_em_iter": "20", "num_clusters": "100"}
    assert len(find(make_vectors(), params=params)) == 600


def test_higher_thresholds_make_more_components():
    """Running guide.

    "When the ccthreshold is higher, less images are grouped together and more components are
    created.".
    """
    edges = find(make_vectors())
    counts = [connected_components(300, edges, t).max() for t in (0.5, 0.7, 0.8, 0.9)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_pagerank_of_an_image_alone():
    """Running guide, connected_components.csv.

    the rows "0,7,0.15,0", "1,16,0.15,0" ... of "__id,component_id,pagerank,delta".
    """
    vectors = np.eye(4, dtype=np.float32)
    rank, delta = pagerank(4, find(vectors).at_least(0.96))
    assert rank.tolist() == pytest.approx([0.15] * 4)
    assert delta.tolist() == [0] * 4
