"""What the running guide and the API page say about the files of a run."""

import numpy as np
import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb.store import names
from tests.pictures import draw, write_pictures


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    write_pictures(folder / "images", 12)
    draw(3).save(folder / "images" / "again.jpg", quality=60)
    (folder / "images" / "corrupt.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    assert fastdup_nb.run(str(folder / "images"), str(folder / "w")) == 0
    return folder / "w"


def test_features(work_dir):
    """'Binary numpy array containing n rows (where n is the number of images) of 576 columns'"""
    assert np.fromfile(work_dir / "atrain_features.dat", "f4").reshape(-1, 576).shape == (13, 576)


def test_list_of_names(work_dir):
    """'An additional csv file containing the full paths to the image names'"""
    frame = pd.read_csv(work_dir / "atrain_features.dat.csv")
    assert list(frame.columns) == ["index", "filename"]
    assert frame["filename"].str.startswith("/").all()


def test_bad_files(work_dir):
    """'This file lists all the bad or corrupted images that were skipped.'"""
    frame = pd.read_csv(work_dir / "atrain_features.bad.csv")
    assert list(frame.columns)[:4] == ["index", "filename", "error_code", "filesize"]
    assert len(frame) == 1


def test_similarity(work_dir):
    """'a csv file with 3 columns: from, to, distance. The file is sorted from the closest matching
    images to less similar images. Similarity scores are between 0 and 1 where 1 is identical.'"""
    frame = pd.read_csv(work_dir / "similarity.csv")
    assert list(frame.columns) == ["from", "to", "distance"]
    assert frame["distance"].is_monotonic_decreasing
    assert frame["distance"].between(0, 1).all()
    pair = {name.rpartition("/")[2] for name in frame.loc[0, ["from", "to"]]}
    assert pair == {"again.jpg", "picture_003.jpg"}


def test_threshold(work_dir, tmp_path):
    """'when threshold=0.8 only image pairs with cosine similarity equal or larger than 0.8 are
    stored'"""
    loose = _relate(work_dir, tmp_path / "loose", threshold=0.0)
    strict = _relate(work_dir, tmp_path / "strict", threshold=0.8)
    all_pairs = pd.read_csv(loose / "similarity.csv")
    kept = pd.read_csv(strict / "similarity.csv")
    assert kept.equals(all_pairs[all_pairs["distance"] >= 0.8].reset_index(drop=True))
    assert len(all_pairs) == 13 * 2


@pytest.mark.parametrize(("share", "count"), [(0.0, 1), (0.05, 1), (0.5, 13), (1.0, 26)])
def test_outliers(work_dir, tmp_path, share, count):
    """'The file is sorted from least outliers on top to the most outliers in the bottom.' and
    'lower_threshold=0.05 means that 5% outliers out of the total pairs of edges'"""
    folder = _relate(work_dir, tmp_path / "w", lower_threshold=share, threshold=0.0)
    outliers = pd.read_csv(folder / "outliers.csv")
    every = pd.read_csv(folder / "similarity.csv")
    assert len(outliers) == count
    assert outliers["distance"].tolist() == every["distance"].tolist()[-count:]


def test_more_neighbours_more_outliers(work_dir, tmp_path):
    """'When increasing k the number of nearest neighbor edges, the number of outliers increses
    as well'"""
    counts = [
        len(
            pd.read_csv(
                _relate(work_dir, tmp_path / str(k), nearest_neighbors_k=k, lower_threshold=0.5)
                / "outliers.csv"
            )
        )
        for k in (1, 4)
    ]
    assert counts[1] == 4 * counts[0] + 2


def test_components(work_dir):
    """'The first column is the index in the features.dat.csv file (the image list).'"""
    components = pd.read_csv(work_dir / "connected_components.csv")
    listed = pd.read_csv(work_dir / "atrain_features.dat.csv")
    assert components["__id"].tolist() == listed["index"].tolist()
    assert {"component_id", "pagerank", "delta"} <= set(components.columns)


def test_component_info(work_dir):
    """'Count the number of images clusterd together on this cluster.'"""
    info = pd.read_csv(work_dir / "component_info.csv")
    components = pd.read_csv(work_dir / "connected_components.csv")
    sizes = components.groupby("component_id").size()
    assert info.set_index("component_id")["Count"].to_dict() == sizes.to_dict()


def test_isolated_images_have_pagerank_015(work_dir):
    """The guide's example rows: '0,7,0.15,0'."""
    components = pd.read_csv(work_dir / "connected_components.csv")
    alone = components[components["count"] == 1]
    assert len(alone)
    assert (alone["pagerank"] == 0.15).all()
    assert (alone["delta"] == 0).all()


def test_a_higher_ccthreshold_groups_less(work_dir, tmp_path):
    """'When the ccthreshold is higher, less images are grouped together and more components are
    created.'"""
    folder = _relate(work_dir, tmp_path / "w", turi_param="ccthreshold=0.1|0.999")
    low = pd.read_csv(folder / "component_info_0.100000.csv")
    high = pd.read_csv(folder / "component_info_0.999000.csv")
    assert len(low) < len(high)
    assert not (folder / "component_info.csv").exists()


def test_run_cc_and_run_stats_can_be_left_out(work_dir, tmp_path):
    """'run_cc=0|1 run connected components', 'run_stats=0|1 compute image statistics'"""
    assert fastdup_nb.run(work_dir.parent / "images", tmp_path / "w", turi_param="run_stats=0") == 0
    assert not (tmp_path / "w" / "atrain_stats.csv").exists()
    folder = _relate(work_dir, tmp_path / "v", turi_param="run_cc=0,run_pagerank=0")
    assert not (folder / "connected_components.csv").exists()


def test_min_file_size(work_dir, tmp_path):
    """'It is possible to skip small images also by ... turi_param='min_file_size=1000' (in
    bytes).'"""
    images = work_dir.parent / "images"
    limit = sorted(path.stat().st_size for path in images.iterdir())[4]
    status = fastdup_nb.run(images, tmp_path / "w", turi_param=f"min_file_size={limit}")
    assert status == 0
    codes = pd.read_csv(tmp_path / "w" / "atrain_features.bad.csv")["error_code"]
    assert (codes == "ERROR_IMAGE_SIZE_LOWER_THEN_MIN_THRESHOLD").sum() == 4


def test_num_images(work_dir, tmp_path):
    """'Number of images to run on. On default, run on all the images'"""
    assert fastdup_nb.run(work_dir.parent / "images", tmp_path / "w", num_images=5) == 0
    assert len(pd.read_csv(tmp_path / "w" / "atrain_features.dat.csv")) == 4  # and corrupt.jpg


def test_own_features_example(tmp_path):
    """The guide's example: save_binary_feature, then run_mode=2 on the .dat.csv with d=20."""
    train = np.random.default_rng(0).random((3, 20)).astype("float32")
    work_dir = str(tmp_path / "train")
    assert fastdup_nb.save_binary_feature(work_dir, ["a.jpg", "b.jpg", "c.jpg"], train) == 0
    status = fastdup_nb.run(
        f"{work_dir}/atrain_features.dat.csv", work_dir=work_dir, d=20, run_mode=2
    )
    assert status == 0
    assert (tmp_path / "train" / "nnf.index").is_file()
    file_names, loaded = fastdup_nb.load_binary_feature(work_dir, d=20)
    assert file_names == ["a.jpg", "b.jpg", "c.jpg"]
    assert np.array_equal(loaded, train)


def test_work_dir_may_name_the_feature_file(work_dir, tmp_path):
    """'The input_dir param is ignored, and the work_dir is used to point to the numpy feature file.
    (Give a full path and filename).'"""
    file_names, features = fastdup_nb.load_binary_feature(work_dir)
    fastdup_nb.save_binary_feature(tmp_path, file_names, features)
    assert fastdup_nb.run("", tmp_path / "atrain_features.dat", run_mode=2) == 0
    assert (tmp_path / names.SIMILARITY).is_file()


def test_store_int(work_dir, tmp_path):
    """peer-formats: 'store_int=1 gives integer from/to', on the index of the image list."""
    folder = _relate(work_dir, tmp_path / "w", turi_param="store_int=1")
    raw = pd.read_csv(folder / "similarity.csv")
    assert raw["from"].dtype.kind == "i"
    named = fastdup_nb.Fastdup(folder).similarity()
    assert named["from"].str.startswith("/").all()


@pytest.mark.parametrize(
    "options",
    [
        {"nn_provider": "turi", "turi_param": "nnmodel=brute_force"},
        {"nn_provider": "turi", "turi_param": "nnmodel=ball_tree"},
        {"nn_provider": "nnf", "nnf_mode": "Flat"},
        {"nn_provider": "nnf", "nnf_mode": "HNSW32", "nnf_param": "efSearch=175"},
    ],
)
def test_neighbour_methods_agree_on_a_small_collection(work_dir, tmp_path, options):
    """'Turi (nn_provider='turi') has the following methods inside ... NNF supports multiple
    methods'"""
    folder = _relate(work_dir, tmp_path / "w", **options)
    assert (folder / "similarity.csv").read_bytes() == (work_dir / "similarity.csv").read_bytes()


@pytest.mark.parametrize(
    "distance", ["cosine", "euclidean", "l1", "linf", "canberra", "braycurtis", "jensenshannon"]
)
def test_every_distance_puts_the_near_duplicate_first(work_dir, tmp_path, distance):
    """'When using nnf_mode='Flat': 'cosine', 'euclidean', 'l1','linf','canberra','braycurtis',
    'jensenshannon' are supported.' and 'Similarity scores are between 0 and 1 where 1 is
    identical.'"""
    folder = _relate(work_dir, tmp_path / "w", distance=distance, nnf_mode="Flat", threshold=0.0)
    frame = pd.read_csv(folder / "similarity.csv")
    assert frame["distance"].is_monotonic_decreasing
    assert frame["distance"].between(0, 1).all()
    pair = {name.rpartition("/")[2] for name in frame.loc[0, ["from", "to"]]}
    assert pair == {"again.jpg", "picture_003.jpg"}
    outliers = pd.read_csv(folder / "outliers.csv")["distance"]
    assert outliers.max() <= frame["distance"].median()


def _relate(work_dir, folder, **options):
    """Run the neighbour stage alone on the stored features."""
    assert fastdup_nb.run(str(work_dir), str(folder), run_mode=2, **options) == 0
    return folder
