"""What the pages say about archives and `run_on_webdataset`."""

from __future__ import annotations

import filecmp
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, save

import fastdup_nb
from tests.archives import jpeg, write_archive, write_tar
from tests.pictures import write_pictures

pytestmark = pytest.mark.slow

ARCHIVES = ("00000.tar", "00001.tar.gz", "00002.tgz", "00003.zip")
RESULTS = (
    "atrain_features.dat",
    "atrain_features.dat.csv",
    "atrain_features.bad.csv",
    "atrain_stats.csv",
    "similarity.csv",
    "outliers.csv",
    "connected_components.csv",
    "component_info.csv",
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Archives of every kind, five pictures in each, three of them in another one too."""
    folder = tmp_path_factory.mktemp("webdataset") / "shards"
    folder.mkdir()
    for number, name in enumerate(ARCHIVES):
        first = 3 * number
        contents = [(f"{i:06d}.jpg", jpeg(i, (120, 90))) for i in range(first, first + 5)]
        write_archive(folder / name, contents)
    return folder


@pytest.fixture(scope="module")
def usual(shards, tmp_path_factory):
    folder = tmp_path_factory.mktemp("usual")
    assert fastdup_nb.run_on_webdataset(str(shards), str(folder)) == 0
    return folder


def webdataset(shards, folder, **options):
    assert fastdup_nb.run_on_webdataset(str(shards), str(folder), **options) == 0
    return folder


def rows(folder, name="atrain_features.dat.csv"):
    return pd.read_csv(folder / name)


def differing(one, other, files=RESULTS):
    return [name for name in files if not filecmp.cmp(one / name, other / name, shallow=False)]


def test_one_call_on_all_kinds(shards, usual):
    """'Run the FastDup software on a web dataset.' 'We support ... In addition we support tar,
    tar.gz, tgz and zip files containing images.'"""
    names = rows(usual)["filename"].tolist()
    expected = [
        f"{shards / name}/{i:06d}.jpg"
        for number, name in enumerate(ARCHIVES)
        for i in range(3 * number, 3 * number + 5)
    ]
    assert names == expected
    assert rows(usual)["index"].tolist() == list(range(20))
    pairs = rows(usual, "similarity.csv")
    same = {
        frozenset((Path(one).name, Path(other).name))
        for one, other, similarity in pairs.itertuples(index=False)
        if similarity > 0.9999
    }
    assert {len(pair) for pair in same} == {1}  # the same picture in two archives
    assert len(same) == 6
    assert len(rows(usual, "atrain_stats.csv")) == 20


def test_it_is_run_mode_1_and_then_2(shards, usual, tmp_path):
    """'This run is composed of two stages. First extract all feature vectors using run_mode=1, then
    run the nearest neighbor model using run_mode=2.'"""
    assert fastdup_nb.run(str(shards), str(tmp_path / "w"), run_mode=1) == 0
    assert not (tmp_path / "w" / "similarity.csv").exists()
    assert fastdup_nb.run("", str(tmp_path / "w"), run_mode=2) == 0
    assert differing(usual, tmp_path / "w") == []
    assert fastdup_nb.run(str(shards), str(tmp_path / "all")) == 0
    assert differing(usual, tmp_path / "all") == []


def test_feature_files_of_every_archive(shards, usual):
    """'For each compressed tar file we generate two output files: <tarname>features.dat for the
    binary features and <tarname>features.dat.csv for the file list.'"""
    for number, name in enumerate(ARCHIVES):
        (features,) = usual.glob(f"*{name}features.dat")
        files, vectors = fastdup_nb.load_binary_feature(str(features))
        assert files == [f"{shards / name}/{i:06d}.jpg" for i in range(3 * number, 3 * number + 5)]
        _, whole = fastdup_nb.load_binary_feature(str(usual))
        assert np.array_equal(vectors, whole[5 * number : 5 * number + 5])
        assert len(rows(usual, f"{features.name}.csv")) == 5
        assert rows(usual, features.name.replace("features.dat", "stats.csv"))[
            "index"
        ].tolist() == [*range(5)]


def test_workers_on_ranges_of_archives(shards, usual, tmp_path):
    """'The first job runs on 2000 tars from 0 to 2000 not including. In parallel you can run with
    min_offset=2000, max_offset=4000 on another node ... collect all the output files from the
    work_dir into a single location and run'"""
    together = tmp_path / "together"
    together.mkdir()
    for first, last in ((0, 3), (3, 4)):
        worker = tmp_path / f"worker{first}"
        given = {"run_mode": 1, "min_offset": first, "max_offset": last}
        assert fastdup_nb.run(str(shards), str(worker), **given) == 0
        assert len(rows(worker)) == 5 * (last - first)
        for path in worker.iterdir():
            if path.is_file():
                shutil.copy(path, together)
    assert fastdup_nb.run("", run_mode=2, work_dir=str(together)) == 0
    assert differing(usual, together) == []


def test_a_list_of_feature_files(shards, usual, tmp_path):
    """'For run_mode=2, a folder containing fastdup binary features or a file containing list of
    atrain_feature.dat.csv files in multiple folders'"""
    for first, last in ((0, 1), (1, 4)):
        given = {"run_mode": 1, "min_offset": first, "max_offset": last}
        assert fastdup_nb.run(str(shards), str(tmp_path / str(first)), **given) == 0
    lists = [tmp_path / name / "atrain_features.dat.csv" for name in "01"]
    (tmp_path / "list.txt").write_text("".join(f"{path}\n" for path in lists))
    forms = {
        "file": str(tmp_path / "list.txt"),
        "files": [str(path) for path in lists],
        "backwards": [str(path) for path in reversed(lists)],
        "folders": [tmp_path / "0", tmp_path / "1"],
    }
    for name, given in forms.items():
        assert fastdup_nb.run(given, str(tmp_path / name), run_mode=2) == 0
        assert differing(usual, tmp_path / name) == []


def test_galleries_show_images_from_the_archives(shards, usual, tmp_path):
    """'input_dir str - Optional parameter to specify the input directory of webdataset tar files,
    in case when working with webdataset tar files where the image was deleted after run'"""
    page = tmp_path / "duplicates.html"
    similarity = str(usual / "similarity.csv")
    assert fastdup_nb.create_duplicates_gallery(similarity, str(tmp_path)) == 0
    shown = page.read_text("utf-8").count("data:image/jpeg")
    assert shown >= 12
    moved = tmp_path / "moved"
    shutil.copytree(usual, moved)
    for name in ("similarity.csv", "atrain_features.dat.csv", "atrain_stats.csv"):
        text = (moved / name).read_text().replace(str(shards), "/tmp/of/another/machine")
        (moved / name).write_text(text)
    moved_file = str(moved / "similarity.csv")
    assert fastdup_nb.create_duplicates_gallery(moved_file, str(tmp_path)) == 0
    assert "data:image/jpeg" not in page.read_text("utf-8")
    given = {"input_dir": str(shards)}
    assert fastdup_nb.create_duplicates_gallery(moved_file, str(tmp_path), **given) == 0
    assert page.read_text("utf-8").count("data:image/jpeg") == shown


def test_test_dir(shards, tmp_path):
    """'test_dir': similarity of train and test images is compared."""
    write_pictures(tmp_path / "test", 2, first_seed=900)
    write_tar(tmp_path / "test" / "more.tar", [("copy.jpg", jpeg(7, (120, 90)))])
    folder = webdataset(shards, tmp_path / "w", test_dir=str(tmp_path / "test"), threshold=0.99)
    pairs = rows(folder, "similarity.csv")
    assert set(pairs["from"]) == {f"{tmp_path / 'test' / 'more.tar'}/copy.jpg"}
    assert {Path(name).name for name in pairs["to"]} == {"000007.jpg"}


def test_compute_and_num_threads(shards, usual, tmp_path, capsys, monkeypatch):
    from fastdup_nb.engine import extract

    asked = []

    class Pool(extract.ThreadPoolExecutor):
        def __init__(self, max_workers, **options):
            asked.append(max_workers)
            super().__init__(max_workers, **options)

    monkeypatch.setattr(extract, "ThreadPoolExecutor", Pool)
    assert differing(usual, webdataset(shards, tmp_path / "w", num_threads=7)) == []
    assert asked[0] == 7
    assert fastdup_nb.run_on_webdataset(str(shards), str(tmp_path / "v"), compute="tpu") == 1
    assert "Known: cpu, gpu." in capsys.readouterr().err


def test_verbose_and_version(shards, tmp_path, capsys):
    webdataset(shards, tmp_path / "w", verbose=True)
    assert "20 images" in capsys.readouterr().out
    assert fastdup_nb.run_on_webdataset(version=True) == 0
    assert capsys.readouterr().out == f"fastdup_nb {fastdup_nb.__version__}\n"


def test_num_images(shards, tmp_path):
    """'num_images ... Number of images to run on.'"""
    folder = webdataset(shards, tmp_path / "w", num_images=7)
    assert rows(folder)["index"].tolist() == list(range(7))
    assert len(list(folder.glob("*features.json"))) == 2


def test_min_offset_and_max_offset(shards, tmp_path):
    """'Optional min offset to start iterating on the full file list.'"""
    folder = webdataset(shards, tmp_path / "w", min_offset=1, max_offset=3)
    archives = {str(Path(name).parent) for name in rows(folder)["filename"]}
    assert archives == {str(shards / name) for name in ARCHIVES[1:3]}


def test_ranges_within_one_archive(shards, tmp_path):
    """A single archive: its images are the list, and offsets go 'from 0 to n-1 where n is the
    number of images'."""
    path = str(shards / ARCHIVES[1])
    assert fastdup_nb.run(path, str(tmp_path / "whole")) == 0
    for first, last in ((0, 2), (2, 0)):
        given = {"run_mode": 1, "min_offset": first, "max_offset": last}
        assert fastdup_nb.run(path, str(tmp_path / str(first)), **given) == 0
    assert rows(tmp_path / "2")["index"].tolist() == [2, 3, 4]
    assert fastdup_nb.run([tmp_path / "2", tmp_path / "0"], str(tmp_path / "w"), run_mode=2) == 0
    assert differing(tmp_path / "whole", tmp_path / "w") == []


def test_turi_param_num_images_in_tar_and_tar_only(shards, tmp_path):
    """'tar_only=0|1 run only on tar files and ignore images in folders.'"""
    mixed = tmp_path / "mixed"
    shutil.copytree(shards, mixed)
    (mixed / "1.jpg").write_bytes(jpeg(50))
    folder = webdataset(mixed, tmp_path / "w", turi_param="tar_only=1,num_images_in_tar=2")
    names = rows(folder)["filename"].tolist()
    assert len(names) == 8
    assert not any(name.endswith("/1.jpg") for name in names)
    both = webdataset(mixed, tmp_path / "both")
    assert sum(name.endswith("/1.jpg") for name in rows(both)["filename"]) == 1
    assert len(rows(both)) == 21


def test_delete_img_and_delete_tar(shards, tmp_path):
    """'When delete_tar=1 the tars are processed one by one and deleted after processing.' The
    copies that were downloaded, that is: what was there before stays. 'When delete_img=1 the images
    are processed one by one and deleted after processing.'"""
    own = tmp_path / "own"
    shutil.copytree(shards, own)
    webdataset(own, tmp_path / "w", turi_param="delete_tar=1,delete_img=1")
    assert sorted(path.name for path in own.iterdir()) == sorted(ARCHIVES)
    assert not (tmp_path / "w" / "tmp").exists()
    kept = webdataset(own, tmp_path / "kept", turi_param="delete_img=0")
    copies = sorted(path for path in (kept / "tmp").rglob("*") if path.is_file())
    assert len(copies) == 20
    assert copies[0].read_bytes() == jpeg(0, (120, 90))
    shutil.rmtree(own)
    page = tmp_path / "blur.html"
    assert fastdup_nb.create_stats_gallery(str(kept), str(tmp_path), metric="blur") == 0
    assert page.read_text("utf-8").count("data:image/jpeg") == 20


def test_neighbour_options(shards, usual, tmp_path):
    """'distance', 'threshold', 'lower_threshold', 'nearest_neighbors_k', 'nn_provider', 'nnf_mode'
    and 'nnf_param' are those of run."""
    pairs = len(rows(usual, "similarity.csv"))
    wider = webdataset(shards, tmp_path / "a", threshold=0.5)
    assert len(rows(wider, "similarity.csv")) > pairs
    more = webdataset(shards, tmp_path / "b", lower_threshold=0.5, threshold=0.0)
    assert len(rows(more, "outliers.csv")) > len(rows(usual, "outliers.csv"))
    further = webdataset(shards, tmp_path / "c", nearest_neighbors_k=5, threshold=0.0)
    assert len(rows(further, "similarity.csv")) > len(rows(more, "similarity.csv"))
    annoy = webdataset(shards, tmp_path / "d", nn_provider="annoy")
    assert (annoy / "annoy.index").is_file()


def test_nnf_and_distance(shards, usual, tmp_path, capsys):
    import faiss

    graph = webdataset(shards, tmp_path / "e", nnf_mode="HNSW32", nnf_param="efConstruction=77")
    index = faiss.read_index(str(graph / "nnf.index"))
    assert faiss.downcast_index(index.index).hnsw.efConstruction == 77
    other = webdataset(shards, tmp_path / "f", distance="l1", nnf_mode="Flat", threshold=0.0)
    assert rows(other, "similarity.csv")["distance"].median() < 0.5
    bad = {"nnf_mode": "HNSW32", "nnf_param": "efBogus=1"}
    assert fastdup_nb.run_on_webdataset(str(shards), str(tmp_path / "g"), **bad) == 1
    assert "efBogus" in capsys.readouterr().err


def test_model_path_and_d(shards, tmp_path):
    node = helper.make_node("ReduceMean", ["images"], ["vector"], axes=[1, 2], keepdims=0)
    pixels = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 8, 8, 3])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([node], "own", [pixels], [vector])
    opset = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "own.onnx")
    given = {"model_path": str(tmp_path / "own.onnx"), "d": 3}
    folder = webdataset(shards, tmp_path / "w", **given)
    assert fastdup_nb.load_binary_feature(str(folder), d=3)[1].shape == (20, 3)
    for path in folder.glob("*features.dat"):
        assert path.stat().st_size in (20 * 3 * 4, 5 * 3 * 4)


def test_batch_size_and_license(shards, usual, tmp_path, capsys):
    given = {"batch_size": 3, "license": "any"}
    assert differing(usual, webdataset(shards, tmp_path / "w", **given)) == []
    assert fastdup_nb.run_on_webdataset(str(shards), str(tmp_path / "v"), batch_size=200) == 1
    assert "below 200" in capsys.readouterr().err


def test_labels_and_captions(tmp_path):
    """A sample of a WebDataset is the files of one key; `.cls`, `.json` and `.txt` say what it
    shows."""
    contents = []
    for i in range(6):
        contents += [(f"{i:04d}.jpg", jpeg(i, (120, 90))), (f"{i:04d}.cls", b"%d" % (i % 2))]
        contents += [(f"{i:04d}.txt", f"photo, number {i}\n".encode())]
    (tmp_path / "in").mkdir()
    write_archive(tmp_path / "in" / "a.tgz", contents)
    write_archive(tmp_path / "in" / "b.zip", [("x.json", b'{"label": "cat"}'), ("x.png", jpeg(9))])
    write_archive(tmp_path / "in" / "c.tar", [("y.png", jpeg(10)), ("z.txt", b"alone")])
    folder = webdataset(tmp_path / "in", tmp_path / "w", threshold=0.0)
    labels = pd.read_csv(folder / "atrain_labels.csv", dtype=str, keep_default_na=False)
    assert labels["label"].tolist() == ["0", "1", "0", "1", "0", "1", "cat", ""]
    assert labels["filename"].tolist() == rows(folder)["filename"].tolist()
    captions = pd.read_csv(folder / "atrain_captions.csv", keep_default_na=False)
    assert captions["label"].tolist()[:2] == ["photo, number 0", "photo, number 1"]
    given = {"get_label_func": str(folder / "atrain_captions.csv"), "num_images": 50}
    assert (
        fastdup_nb.create_duplicates_gallery(str(folder / "similarity.csv"), str(tmp_path), **given)
        == 0
    )
    assert "photo, number 3" in (tmp_path / "duplicates.html").read_text("utf-8")
    merged = tmp_path / "merged"
    parts = sorted(str(path) for path in folder.glob("*.*features.dat"))
    assert fastdup_nb.run(parts, str(merged), run_mode=2) == 0
    files = ["atrain_labels.csv", "atrain_captions.csv", "atrain_features.dat"]
    assert differing(folder, merged, files) == []


def test_bad_archives_do_not_end_a_run(shards, tmp_path):
    """Every one is reported with its reason; the rest of the run is whole."""
    folder = tmp_path / "in"
    shutil.copytree(shards, folder)
    whole = (folder / "00000.tar").read_bytes()
    (folder / "00000.tar").write_bytes(whole[: len(whole) // 2])
    (folder / "00004.tar").write_bytes(b"")
    write_archive(folder / "00005.zip", [])
    write_archive(folder / "00006.tar", [("../../x.jpg", jpeg(1)), ("y.jpg", jpeg(77))])
    write_archive(folder / "00007.zip", [("inner.tar", whole), ("z.jpg", b"no image")])
    (folder / "00008.jpg").write_bytes(jpeg(88))
    data = bytearray((folder / "00003.zip").read_bytes())
    with zipfile.ZipFile(folder / "00003.zip") as archive:
        data[archive.infolist()[2].header_offset + 200] ^= 0xFF
    (folder / "00003.zip").write_bytes(data)
    results = webdataset(folder, tmp_path / "w")
    bad = rows(results, "atrain_features.bad.csv")
    reasons = {
        name.removeprefix(f"{folder}/"): (code, reason)
        for _, name, code, _, reason in bad.itertuples(index=False)
    }
    failed = "ERROR_FAILED_TO_EXTRACT_COMPRESSED_OR_VIDEO"
    assert reasons["00000.tar"][0] == failed
    assert "cut" in reasons["00000.tar"][1]
    assert reasons["00003.zip/000011.jpg"][0] == "ERROR_CORRUPT_IMAGE"
    assert reasons["00004.tar"] == (failed, "the file is empty")
    assert reasons["00005.zip"] == (failed, "the archive is empty")
    assert reasons["00006.tar/../../x.jpg"][0] == "ERROR_UNSAFE_ARCHIVE_MEMBER"
    assert reasons["00007.zip/inner.tar"][0] == failed
    assert reasons["00007.zip/z.jpg"][0] == "ERROR_NOT_AN_IMAGE"
    names = rows(results)["filename"].tolist()
    assert sum("/00001.tar.gz/" in name or "/00002.tgz/" in name for name in names) == 10
    assert f"{folder}/00006.tar/y.jpg" in names
    assert f"{folder}/00008.jpg" in names
    numbers = sorted([*rows(results)["index"], *bad["index"]])
    assert numbers == list(range(len(numbers)))


def test_only_bad_archives(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    write_archive(tmp_path / "in" / "a.tar", [("readme.txt", b"x")])
    assert fastdup_nb.run(str(tmp_path / "in"), str(tmp_path / "w")) == 1
    first, second = capsys.readouterr().err.splitlines()[-2:]
    assert "could be used" in first
    assert "bad.csv" in second
