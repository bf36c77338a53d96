"""Boxes of images in archives and videos: the same rows as of the same images as files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from fastdup_nb import EmptyInputError, Fastdup, InputError, create_duplicates_gallery
from fastdup_nb.progress import SilentProgress
from fastdup_nb.sources import read_bytes
from tests.archives import write_archive
from tests.pictures import write_pictures

pytestmark = pytest.mark.slow

ARCHIVES = ["all.tar", "all.tar.gz", "all.zip"]
FILES = [
    "atrain_features.dat",
    "atrain_features.dat.csv",
    "atrain_features.bad.csv",
    "atrain_stats.csv",
    "atrain_crops.csv",
    "atrain_labels.csv",
    "similarity.csv",
    "outliers.csv",
    "connected_components.csv",
]
BOX = ["col_x", "row_y", "width", "height"]


def run(images, work_dir, **options) -> Fastdup:
    return Fastdup.run(images, work_dir, progress=SilentProgress(), **options)


def table(fd: Fastdup, name: str) -> pd.DataFrame:
    return pd.read_csv(fd.work_dir / name)


def results(fd: Fastdup, place: Path) -> dict[str, bytes]:
    """Return what a run wrote, wherever its images lie."""
    written = {
        name: (fd.work_dir / name).read_bytes().replace(str(place).encode(), b"HERE")
        for name in FILES
        if (fd.work_dir / name).exists()
    }
    crops = (fd.work_dir / "crops").rglob("*.jpg")
    return written | {path.name: path.read_bytes() for path in crops}


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("photos") / "in"
    write_pictures(folder, 11)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> str:
    pytest.importorskip("onnx")
    from tests.unit.models.test_detector import ROWS, write

    path = tmp_path_factory.mktemp("network") / "mine.onnx"
    return write(path, ROWS, names="{0: 'cat', 1: 'dog'}")


def pack(photos: Path, path: Path) -> Path:
    return write_archive(path, [(p.name, p.read_bytes()) for p in sorted(photos.iterdir())])


@pytest.fixture(scope="module")
def of_files(photos, network, tmp_path_factory) -> dict[str, bytes]:
    work_dir = tmp_path_factory.mktemp("loose")
    fd = run(photos, work_dir, bounding_box=network, turi_param="save_crops=1")
    found = results(fd, photos)
    assert len(found) == len(FILES) + 22
    return found


@pytest.mark.parametrize("kind", ARCHIVES)
def test_objects_in_an_archive_are_those_of_the_files(photos, network, of_files, tmp_path, kind):
    path = pack(photos, tmp_path / kind)
    fd = run(path, tmp_path / "w", bounding_box=network, turi_param="save_crops=1")
    assert results(fd, path) == of_files
    assert table(fd, "atrain_stats.csv")["file_size"][0] == len(
        read_bytes(f"{path}/picture_000.jpg")
    )
    page = tmp_path / "page.html"
    assert create_duplicates_gallery(fd.work_dir, page, threshold=0) == 0
    text = page.read_text("utf-8")
    assert "dog" in text
    assert "images missing" not in text


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(photos, network, of_files, tmp_path, threads):
    path = pack(photos, tmp_path / "all.tar.gz")
    options = {"bounding_box": network, "turi_param": "save_crops=1", "num_threads": threads}
    assert results(run(path, tmp_path / "w", **options), path) == of_files


@pytest.mark.parametrize("kind", ARCHIVES)
def test_faces_in_an_archive(tmp_path, kind):
    data = pytest.importorskip("skimage.data")
    folder = tmp_path / "people"
    write_pictures(folder, 2)
    Image.fromarray(data.astronaut()).save(folder / "astronaut.png")
    path = pack(folder, tmp_path / kind)
    loose = run(folder, tmp_path / "loose", bounding_box="face")
    fd = run(path, tmp_path / "w", bounding_box="face")
    assert table(fd, "atrain_crops.csv")["label"].tolist() == ["face"]
    assert results(fd, path) == results(loose, folder)


@pytest.mark.parametrize("kind", ARCHIVES)
def test_given_boxes_of_an_archive(photos, tmp_path, kind):
    def boxes(place: Path) -> pd.DataFrame:
        rows = [
            (f"{place}/picture_{n:03d}.jpg", 10 + 20 * k, 5, 60, 50 + k, f"class {k}")
            for n in range(9, -1, -1)
            for k in range(3)
        ]
        rows += [
            (f"{place}/broken.jpg", 0, 0, 20, 20, "x"),
            (f"{place}/picture_000.jpg", 9999, 0, 20, 20, "outside"),
        ]
        return pd.DataFrame(rows, columns=["filename", *BOX, "label"])

    path = pack(photos, tmp_path / kind)
    loose = run("", tmp_path / "loose", annotations=boxes(photos))
    framed = run("", tmp_path / "w", annotations=boxes(path))
    assert results(framed, path) == results(loose, photos)
    assert len(framed.img_stats()) == 30
    assert len(framed.invalid_instances()) == 2
    listed = tmp_path / "boxes.csv"
    boxes(path).to_csv(listed, index=False)
    assert results(run(listed, tmp_path / "csv"), path) == results(loose, photos)
    # The images of the input count; names in the annotations may be relative to it.
    relative = boxes(path).assign(
        filename=[name[len(str(path)) + 1 :] for name in boxes(path)["filename"]]
    )
    for given, frame in ((path, boxes(path)), ([path], relative), (str(path), relative)):
        some = run(given, tmp_path / "some", annotations=frame)
        assert results(some, path) == results(loose, photos), given


def test_one_box_for_all_tells_the_size_of_the_file(photos, tmp_path):
    path = pack(photos, tmp_path / "all.tar")
    box = "row_y=5,col_x=10,height=60,width=80"
    fd = run(path, tmp_path / "w", bounding_box=box)
    sizes = [len(read_bytes(f"{path}/picture_{n:03d}.jpg")) for n in range(11)]
    assert fd.img_stats()["file_size"].tolist() == sizes


def test_what_cannot_be_read_says_why(photos, network, tmp_path):
    good = [(path.name, path.read_bytes()) for path in sorted(photos.glob("picture*"))]
    (tmp_path / "in").mkdir()
    hostile = [*good[:2], ("../out.jpg", good[2][1]), ("empty.jpg", b"")]
    path = write_archive(tmp_path / "in" / "bad.tar", hostile)
    whole = pack(photos, tmp_path / "in" / "cut.tar.gz")
    whole.write_bytes(whole.read_bytes()[:-3000])
    bare = run(tmp_path / "in", tmp_path / "bare")
    fd = run(tmp_path / "in", tmp_path / "w", bounding_box=network)
    wanted = bare.invalid_instances()
    found = fd.invalid_instances()
    columns = ["filename", "error_code", "filesize"]
    assert found[columns].equals(wanted[columns])
    assert len(found) == 4
    assert {f"{path}/../out.jpg", f"{path}/empty.jpg", str(whole)} < set(found["filename"])


def test_frames_of_a_video(network, tmp_path):
    pytest.importorskip("av")
    from tests.videos import write_clip

    path = write_clip(tmp_path / "in" / "clip.mp4", [1, 2, 3])
    shutil.copy(path, tmp_path / "in" / "copy.mp4")
    none = "augmentation_horiz=0,augmentation_vert=0,video_resize_dim=50"
    fd = run(tmp_path / "in", tmp_path / "w", bounding_box=network, turi_param=none)
    crops = table(fd, "atrain_crops.csv")
    assert crops["filename"].drop_duplicates().tolist() == [
        f"{tmp_path}/in/{name}.mp4/frame_{second:06d}.000s.jpg"
        for name in ("clip", "copy")
        for second in range(3)
    ]
    # 160 x 120, in 64 x 64 it is 64 x 48 and 8 from the top.
    assert crops.loc[0, BOX].tolist() == [60, 30, 40, 60]
    assert fd.similarity()["distance"].max() == pytest.approx(1)


def test_parts_of_a_run_and_more_images(photos, network, of_files, tmp_path):
    path = pack(photos, tmp_path / "all.zip")
    fd = run(path, tmp_path / "w", bounding_box=network, num_images=4)
    assert len(fd.img_stats()) == 6
    assert fd.add(path, progress=SilentProgress()).new == 16
    again = run(path, tmp_path / "again", bounding_box=network)
    names, _ = again.embeddings()
    assert sorted(fd.embeddings()[0]) == sorted(names)
    test = run(photos, tmp_path / "t", bounding_box=network, test_dir=path)
    assert test.summary().summary.leakage.in_train == 22
    few = run(path, tmp_path / "few", bounding_box=network, turi_param="num_images_in_tar=3")
    assert few.embeddings()[0] == names[:4]


def test_workers_on_several_archives(photos, network, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    first = pack(photos, folder / "a.tar")
    pack(photos, folder / "b.zip")
    whole = run(folder, tmp_path / "whole", bounding_box=network)
    workers = [
        run(folder, tmp_path / "1", bounding_box=network, run_mode=1, max_offset=1).work_dir,
        run(folder, tmp_path / "2", bounding_box=network, run_mode=1, min_offset=1).work_dir,
    ]
    for order in (workers, workers[::-1]):
        merged = run(order, tmp_path / "m", run_mode=2)
        assert results(merged, first) == results(whole, first)


@pytest.mark.parametrize("kind", [*ARCHIVES, "photos"])
def test_a_finished_run_is_made_again_when_its_images_change(photos, tmp_path, kind):
    place = tmp_path / kind
    shutil.copytree(photos, place) if kind == "photos" else pack(photos, place)
    names = [f"{place}/picture_{n:03d}.jpg" for n in range(3)]
    frame = pd.DataFrame([(name, 10, 5, 60, 50) for name in names], columns=["filename", *BOX])
    before = run("", tmp_path / "w", annotations=frame).embeddings()[1]
    written = (tmp_path / "w" / "atrain_features.dat").stat().st_mtime_ns
    run("", tmp_path / "w", annotations=frame, resume=1)
    assert (tmp_path / "w" / "atrain_features.dat").stat().st_mtime_ns == written
    others = write_pictures(tmp_path / "others", 3, first_seed=50)
    if kind == "photos":
        for path in others:
            shutil.copy(path, place)
    else:
        pack(tmp_path / "others", place)
    after = run("", tmp_path / "w", annotations=frame, resume=1).embeddings()[1]
    assert (before != after).any(axis=1).all()


def test_nothing_found_at_all(photos, tmp_path):
    pytest.importorskip("onnx")
    from tests.unit.models.test_detector import ROWS, write

    path = pack(photos, tmp_path / "all.tar")
    blind = write(tmp_path / "blind.onnx", ROWS[3:])
    with pytest.raises(InputError, match="None of the 1 files could be used"):
        run(path, tmp_path / "w", bounding_box=blind)
    good = write_archive(
        tmp_path / "good.tar", [("a.jpg", (photos / "picture_000.jpg").read_bytes())]
    )
    with pytest.raises(EmptyInputError, match="found nothing in 1 images"):
        run(good, tmp_path / "w", bounding_box=blind)


def test_videos_in_buckets_are_to_be_copied_first(network, tmp_path):
    with pytest.raises(InputError, match=r"cannot be used on s3://bucket/clip\.mp4") as caught:
        run("s3://bucket/clip.mp4", tmp_path / "w", bounding_box=network)
    assert "sync_s3_to_local=1" in caught.value.hint
