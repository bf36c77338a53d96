"""Runs on boxes from end to end: data sets, detectors, test sets, adding, archives, galleries."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fastdup_nb import Fastdup, InputError, MissingDependencyError, cli, create_duplicates_gallery
from fastdup_nb.progress import SilentProgress
from tests.integration.test_repeatability import contents
from tests.pictures import draw, write_pictures

pytestmark = pytest.mark.slow


def run(images, work_dir, **options) -> Fastdup:
    return Fastdup.run(images, work_dir, progress=SilentProgress(), **options)


def crops(fd: Fastdup) -> pd.DataFrame:
    return pd.read_csv(fd.work_dir / "atrain_crops.csv")


def boxes_of(paths: list[Path], count: int = 3) -> pd.DataFrame:
    rows = [
        (str(path), 10 + 20 * n, 5 + 10 * n, 60 + 5 * n, 50, f"class {n}")
        for path in paths
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=["filename", "col_x", "row_y", "width", "height", "label"])


@pytest.fixture
def photos(tmp_path) -> list[Path]:
    return write_pictures(tmp_path / "photos", 6)


@pytest.fixture
def yolo(tmp_path) -> Path:
    pytest.importorskip("yaml")
    for part, seed in (("train", 0), ("test", 50)):
        for path in write_pictures(tmp_path / "set" / "images" / part, 4, first_seed=seed):
            label = tmp_path / "set" / "labels" / part / f"{path.stem}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("0 0.25 0.5 0.5 0.5\n1 0.75 0.5 0.5 1\n")
    # The right half of a train image, in a test image.
    whole = draw(3)
    whole.save(tmp_path / "set" / "images" / "test" / "picture_001.jpg", quality=95)
    (tmp_path / "data.yaml").write_text(
        "path: set\ntrain: images/train\ntest: images/test\nnames: [left, right]\n"
    )
    return tmp_path / "data.yaml"


def test_a_yolo_data_set_compares_test_with_train(yolo, tmp_path):
    fd = run(yolo, tmp_path / "w")
    assert len(fd.img_stats()) == 8
    stats = fd.img_stats()
    assert stats[["width", "height"]].drop_duplicates().to_numpy().tolist() == [
        [120, 90],
        [120, 180],
    ]
    assert crops(fd)[["col_x", "row_y", "width", "height"]][:2].to_numpy().tolist() == [
        [0, 45, 120, 90],
        [120, 0, 120, 180],
    ]
    found = fd.similarity()
    assert set(found["from"].map(lambda name: Path(name.partition("#")[0]).parent.name)) == {"test"}
    assert fd.summary().summary.leakage.in_train == 2


def test_yolo_train_alone(yolo, tmp_path):
    text = yolo.read_text()
    yolo.write_text(text.replace("test:", "val:"))
    fd = run(yolo, tmp_path / "w")
    assert fd.summary().summary.leakage is None
    again = run(yolo, tmp_path / "w2", test_dir=yolo)
    assert again.summary().summary.leakage.in_train == 2


def test_offsets_count_boxes(photos, tmp_path):
    frame = boxes_of(photos)
    whole = run("", tmp_path / "w", annotations=frame)
    part = run("", tmp_path / "p", annotations=frame, min_offset=4, max_offset=9)
    assert part.img_stats()["index"].tolist() == list(range(4, 9))
    names, vectors = whole.embeddings()
    assert part.embeddings()[0] == names[4:9]
    assert np.allclose(part.embeddings()[1], vectors[4:9], atol=1e-4)
    assert crops(part)["label"].tolist() == frame["label"].tolist()[4:9]
    assert len(run("", tmp_path / "n", annotations=frame, num_images=2).img_stats()) == 2


@pytest.mark.parametrize("threads", [1, 4])
def test_the_same_with_any_number_of_threads(photos, tmp_path, threads):
    frame = boxes_of(photos)
    fd = run("", tmp_path / "w", annotations=frame, num_threads=threads)
    other = run("", tmp_path / "o", annotations=frame)
    assert contents(fd.work_dir) == contents(other.work_dir)


def test_the_boxes_of_workers_are_merged(photos, tmp_path):
    table = tmp_path / "boxes.csv"
    boxes_of(photos).to_csv(table, index=False)
    whole = run(table, tmp_path / "whole")
    workers = [
        run(table, tmp_path / "one", run_mode=1, max_offset=7).work_dir,
        run(table, tmp_path / "two", run_mode=1, min_offset=7).work_dir,
    ]
    merged = run(workers, tmp_path / "m", run_mode=2)
    for name in ("similarity.csv", "atrain_stats.csv", "atrain_crops.csv", "atrain_labels.csv"):
        assert (merged.work_dir / name).read_bytes() == (whole.work_dir / name).read_bytes(), name


def test_adding_boxes(photos, tmp_path):
    frame = boxes_of(photos)
    fd = run("", tmp_path / "w", annotations=frame[:9])
    added = fd.add(frame[6:], progress=SilentProgress())
    assert (added.new, added.unchanged) == (9, 3)
    whole = run("", tmp_path / "whole", annotations=frame)
    for name in ("similarity.csv", "atrain_stats.csv", "atrain_crops.csv", "atrain_labels.csv"):
        assert (fd.work_dir / name).read_bytes() == (whole.work_dir / name).read_bytes(), name


def test_one_box_for_all_is_added_too(photos, tmp_path):
    box = "row_y=5,col_x=10,height=60,width=80"
    fd = run(photos[:3], tmp_path / "w", bounding_box=box)
    assert fd.add(photos, progress=SilentProgress()).new == 3
    assert fd.embeddings()[0] == [f"{path}#xywh=10,5,80,60" for path in photos]


def test_test_boxes_against_train_boxes(photos, tmp_path):
    frame = boxes_of(photos)
    copy = tmp_path / "copy.jpg"
    shutil.copy(photos[0], copy)
    test = tmp_path / "test.csv"
    boxes_of([copy], 2).to_csv(test, index=False)
    train = tmp_path / "train.csv"
    frame.to_csv(train, index=False)
    fd = run(train, tmp_path / "w", test_dir=test)
    best = fd.similarity().drop_duplicates("from").set_index("from")["to"]
    for name in ("#xywh=10,5,60,50", "#xywh=30,15,65,50"):
        assert best[f"{copy}{name}"] == f"{photos[0]}{name}"


def test_one_box_for_the_images_of_an_archive(photos, tmp_path):
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        for path in photos:
            archive.add(path, f"in/{path.name}")
    box = "row_y=5,col_x=10,height=60,width=80"
    fd = run(tmp_path / "all.tar", tmp_path / "w", bounding_box=box, turi_param="save_crops=1")
    loose = run(photos, tmp_path / "l", bounding_box=box)
    assert np.array_equal(fd.embeddings()[1], loose.embeddings()[1])
    columns = ["col_x", "row_y", "width", "height"]
    assert crops(fd)[columns].equals(crops(loose)[columns])
    assert (fd.work_dir / crops(fd)["crop_filename"][0]).is_file()
    page = tmp_path / "page.html"
    assert create_duplicates_gallery(fd.work_dir, page, threshold=0) == 0
    assert "images missing" not in page.read_text("utf-8")


def test_annotations_of_a_folder_may_name_more(photos, tmp_path):
    frame = boxes_of(photos)
    fd = run(photos[:2], tmp_path / "w", annotations=frame)
    assert len(fd.img_stats()) == 6
    relative = frame.assign(filename=[Path(name).name for name in frame["filename"]])
    assert len(run(photos[0].parent, tmp_path / "r", annotations=relative).img_stats()) == 18


def test_nothing_is_deleted_with_a_box(photos, tmp_path):
    from fastdup_nb import delete_components, find_top_components

    shutil.copy(photos[0], photos[0].with_name("z.jpg"))
    frame = boxes_of([*photos, photos[0].with_name("z.jpg")])
    fd = run("", tmp_path / "w", annotations=frame)
    before = sorted(photos[0].parent.iterdir())
    delete_components(find_top_components(fd.work_dir), dry_run=False, how="all")
    assert sorted(photos[0].parent.iterdir()) == before


def test_a_gallery_frames_boxes_and_shows_labels(photos, tmp_path):
    fd = run("", tmp_path / "w", annotations=boxes_of(photos), threshold=0)
    page = tmp_path / "page.html"
    assert create_duplicates_gallery(fd.work_dir, page, lazy_load=True) == 0
    text = page.read_text("utf-8")
    assert "class 1" in text
    assert "#xywh=" in text
    pictures = sorted((tmp_path / "images").iterdir())
    # 50 high and up to 70 wide, with half of the longer side around it.
    heights = set()
    for path in pictures:
        with Image.open(path) as picture:
            heights.add(picture.height)
    assert heights <= set(range(85, 131))


def test_boxes_given_twice_or_not_at_all(photos, tmp_path):
    frame = boxes_of(photos)
    with pytest.raises(ValueError, match="given twice"):
        run("", tmp_path / "w", annotations=frame, bounding_box="face")
    with pytest.raises(InputError, match="no box"):
        run("", tmp_path / "w", annotations=frame[:0])
    with pytest.raises(InputError, match="no box from number 99"):
        run("", tmp_path / "w", annotations=frame, min_offset=99)


def test_the_shell(photos, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    boxes_of(photos).to_csv("boxes.csv", index=False)
    assert cli.main(["run", "boxes.csv", "--work-dir", "w", "--quiet"]) == 0
    assert (
        cli.main(["run", "photos", "--annotations", "boxes.csv", "--work-dir", "a", "--quiet"]) == 0
    )
    assert crops(Fastdup("w")).equals(crops(Fastdup("a")))
    box = "row_y=5,col_x=10,height=60,width=80"
    assert cli.main(["run", "photos", "--bounding-box", box, "--work-dir", "b", "--quiet"]) == 0
    assert len(crops(Fastdup("b"))) == 6
    assert not capsys.readouterr().err


def test_boxes_come_out_as_they_went_in(photos, tmp_path):
    frame = boxes_of(photos)
    fd = run("", tmp_path / "w", annotations=frame)
    again = run(fd.export("coco", tmp_path / "coco.json"), tmp_path / "again")
    assert again.embeddings()[0] == fd.embeddings()[0]
    assert crops(again).equals(crops(fd))


def test_variables_of_a_notebook(photos, tmp_path):
    from fastdup_nb.commands.definitions import COMMANDS
    from fastdup_nb.commands.place import Place
    from fastdup_nb.commands.runs import run_options_from

    def read(*words: str):
        values = COMMANDS["run"].parser("%fastdup").read(words)
        return run_options_from(values, Place(prog="%fastdup", variables=variables))

    frame = boxes_of(photos)
    variables = {"frame": frame, "held_out": [str(path) for path in photos[:2]]}
    folder = str(photos[0].parent)
    assert read(folder, "--annotations", "frame").annotations is frame
    assert read(folder, "--annotations", "b.json").annotations == "b.json"
    assert read(folder, "--test-dir", "held_out").test_dir == variables["held_out"]


class TestFaces:
    """`bounding_box='face'`: a photo of an astronaut that scikit-image brings along."""

    @pytest.fixture
    def faces(self, tmp_path) -> Path:
        data = pytest.importorskip("skimage.data")
        folder = tmp_path / "people"
        write_pictures(folder, 2)
        Image.fromarray(data.astronaut()).save(folder / "astronaut.png")
        (folder / "broken.jpg").write_bytes(b"x")
        return folder

    def test_the_face_is_found_with_its_margin(self, faces, tmp_path):
        fd = run(faces, tmp_path / "w", bounding_box="face")
        table = crops(fd)
        assert table["filename"].tolist() == [str(faces / "astronaut.png")]
        assert table["label"].tolist() == ["face"]
        x, y, width, height = table.loc[0, ["col_x", "row_y", "width", "height"]]
        assert x < 190  # the eyes are from here
        assert x + width > 255  # to here
        assert y < 90
        assert y + height > 140
        assert fd.invalid_instances()["filename"].tolist() == [str(faces / "broken.jpg")]
        none = "augmentation_horiz=0,augmentation_vert=0"
        bare = crops(run(faces, tmp_path / "bare", bounding_box="face", turi_param=none))
        assert abs(width - 1.4 * bare.loc[0, "width"]) <= 2
        assert abs(height - 1.4 * bare.loc[0, "height"]) <= 2

    def test_no_face_at_all(self, tmp_path):
        pytest.importorskip("skimage")
        write_pictures(tmp_path / "p", 1, first_seed=77)
        with pytest.raises(InputError, match="found nothing in 1 images"):
            run(tmp_path / "p", tmp_path / "w", bounding_box="face")

    def test_without_scikit_image(self, photos, tmp_path, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "skimage.data", None)
        with pytest.raises(MissingDependencyError, match="scikit-image"):
            run(photos, tmp_path / "w", bounding_box="face")


def test_a_network_of_ones_own(photos, tmp_path):
    pytest.importorskip("onnx")
    from tests.unit.models.test_detector import ROWS, write

    path = write(tmp_path / "mine.onnx", ROWS, names="{0: 'cat', 1: 'dog'}")
    none = "augmentation_horiz=0,augmentation_vert=0"
    fd = run(photos, tmp_path / "w", bounding_box=path, turi_param=none)
    table = crops(fd)
    assert table["label"].tolist() == ["dog", "cat"] * 6
    assert table["confidence"][:2].round(2).tolist() == [0.81, 0.72]
    # 240 x 180, in 64 x 64 it is 64 x 48 and 8 from the top.
    assert table.loc[0, ["col_x", "row_y", "width", "height"]].tolist() == [90, 45, 60, 90]
