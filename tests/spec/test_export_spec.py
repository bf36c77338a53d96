"""The export functions as the V0.2 API page describes them; the docstrings quote the page."""

import inspect
import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

import fastdup_nb
from tests.pictures import write_pictures


@pytest.fixture
def photos(tmp_path):
    return [str(path) for path in write_pictures(tmp_path / "my_data", 8)]


@pytest.fixture
def out(tmp_path, photos):
    """A work_dir of 576 numbers per image."""
    vectors = np.random.default_rng(3).normal(size=(8, 576)).astype(np.float32)
    assert fastdup_nb.save_binary_feature(tmp_path / "out", photos, vectors) == 0
    return tmp_path / "out"


def project(out, logs, **options):
    assert fastdup_nb.export_to_tensorboard_projector(work_dir=out, log_dir=logs, **options) == 0
    return (logs / "metadata.tsv").read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        (
            "export_to_tensorboard_projector",
            (
                "work_dir, log_dir, sample_size=900, sample_method='random', with_images=True, "
                "get_label_func=None, d=576, file_list=None"
            ),
        ),
        (
            "generate_sprite_image",
            (
                "img_list, sample_size, log_dir, get_label_func=None, h=0, w=0, "
                "alternative_filename=None, alternative_width=None, max_width=None"
            ),
        ),
        ("export_to_cvat", "files, labels, save_path"),
        ("export_to_labelImg", "files, labels, save_path"),
    ],
)
def test_signatures(name, published):
    parameters = inspect.signature(getattr(fastdup_nb, name)).parameters.values()
    shown = [
        item.name if item.default is item.empty else f"{item.name}={item.default!r}"
        for item in parameters
    ]
    assert ", ".join(shown) == published


def test_projector(out, tmp_path, capsys):
    """Export feature vector embeddings to be visualized using tensorboard projector app.

    log_dir: output dir where tensorboard will read from. Returns 0 in case of success.
    """
    project(out, tmp_path / "logs")
    written = np.fromfile(tmp_path / "logs" / "tensors.bytes", "<f4")
    assert written.tolist() == fastdup_nb.load_binary_feature(out)[1].ravel().tolist()
    assert (tmp_path / "logs" / "projector_config.pbtxt").is_file()
    said = capsys.readouterr()
    assert said.out == f"tensorboard --logdir {tmp_path / 'logs'}\n"


def test_projector_sample_size(out, tmp_path):
    """sample_size: how many images to view."""
    assert len(project(out, tmp_path / "logs", sample_size=3)) == 3


def test_projector_sample_method(out, tmp_path, capsys):
    """sample_method: how to sample, currently 'random' is supported."""
    project(out, tmp_path / "logs", sample_method="random")
    call = fastdup_nb.export_to_tensorboard_projector
    assert call(out, tmp_path / "logs", sample_method="first") == 1
    assert "Known: random." in capsys.readouterr().err


def test_projector_with_images(out, tmp_path):
    """with_images: add images to the visualization (default True)."""
    project(out, tmp_path / "with")
    project(out, tmp_path / "without", with_images=False)
    assert (tmp_path / "with" / "sprite.png").is_file()
    assert not (tmp_path / "without" / "sprite.png").exists()


def test_projector_labels(out, photos, tmp_path):
    """get_label_func: given an absolute path to an image return the image label.

    Image label can be a string or a list of strings; a dictionary where the key is the absolute
    file name; a filename containing string label for each file, first row index,label.
    """
    (tmp_path / "labels.csv").write_text(
        "index,label\n" + "".join(f"{row},l{row}\n" for row in range(8))
    )
    expected = [f"l{row}\t{path}" for row, path in enumerate(photos)]
    by_path = {path: [f"l{row}"] for row, path in enumerate(photos)}
    for source in (tmp_path / "labels.csv", by_path, by_path.get):
        assert project(out, tmp_path / "logs", get_label_func=source)[1:] == expected


def test_projector_d(tmp_path, photos, capsys):
    """d: dimension of the embedding vector. Default is 576."""
    short = np.ones((8, 20), np.float32)
    fastdup_nb.save_binary_feature(tmp_path / "short", photos, short)
    project(tmp_path / "short", tmp_path / "logs", d=20)
    assert fastdup_nb.export_to_tensorboard_projector(tmp_path / "short", tmp_path / "x") == 1
    assert "pass d=20" in capsys.readouterr().err


def test_projector_file_list(out, tmp_path):
    """file_list: specify a list of files to be used for the visualization.

    Need to keep the exact same order as the atrain_features.dat.csv file.
    """
    moved = [f"/new/{row}.jpg" for row in range(8)]
    assert project(out, tmp_path / "logs", file_list=moved) == moved


def test_projector_failure(tmp_path, capsys):
    """Returns 1 in case of failure."""
    assert fastdup_nb.export_to_tensorboard_projector(tmp_path / "none", tmp_path / "logs") == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert not (tmp_path / "logs").exists()


def sprite(photos, tmp_path, **options):
    path, labels = fastdup_nb.generate_sprite_image(photos, 8, tmp_path, **options)
    with Image.open(path) as image:
        return image.size, labels


def test_sprite(photos, tmp_path):
    """Generate a sprite image. Returns path to sprite image and list of labels."""
    path, labels = fastdup_nb.generate_sprite_image(photos, 5, tmp_path / "logs")
    assert path == str(tmp_path / "logs" / "sprite.png")
    assert labels == ["N/A"] * 5


def test_sprite_labels(photos, tmp_path):
    """get_label_func: given an absolute path to an image return the image label."""
    (tmp_path / "labels.csv").write_text(
        "index,label\n" + "".join(f"{row},l{row}\n" for row in range(8))
    )
    for source in (lambda path: [Path(path).stem[-1], "x"], tmp_path / "labels.csv"):
        labels = sprite(photos, tmp_path, get_label_func=source)[1]
        assert labels[3] == ("3, x" if callable(source) else "l3")


def test_sprite_size_of_each_image(photos, tmp_path):
    """h, w: optional requested height and width of each subimage."""
    assert sprite(photos, tmp_path, h=30, w=40)[0] == (4 * 40, 2 * 30)


def test_sprite_alternative_filename(photos, tmp_path):
    """alternative_filename: save the resulting image to a different name."""
    sprite(photos, tmp_path, alternative_filename="other.png")
    assert (tmp_path / "other.png").is_file()


def test_sprite_alternative_width(photos, tmp_path):
    """alternative_width: control the number of images per row."""
    assert sprite(photos, tmp_path, alternative_width=3)[0] == (300, 300)


def test_sprite_max_width(photos, tmp_path):
    """max_width: control the resulting width of the image."""
    assert sprite(photos, tmp_path, max_width=200)[0] == (200, 100)


def test_sprite_failure(photos, tmp_path, capsys):
    assert fastdup_nb.generate_sprite_image([], 5, tmp_path) == ("", [])
    assert fastdup_nb.generate_sprite_image(photos, 0, tmp_path) == ("", [])
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_cvat(photos, tmp_path, capsys):
    """This creates a file named fastdup_label.zip in the directory save_path.

    Returns 0 in case of success, otherwise 1.
    """
    labels = ["cat", "dog"] * 4
    assert fastdup_nb.export_to_cvat(photos, labels, tmp_path / "save") == 0
    with ZipFile(tmp_path / "save" / "fastdup_label.zip") as archive:
        assert {"task.json", "annotations.json", "data/manifest.jsonl"} <= set(archive.namelist())
        (job,) = json.loads(archive.read("annotations.json"))
    assert [shape["label"] for shape in job["shapes"]] == labels
    assert capsys.readouterr() == ("", "")
    assert fastdup_nb.export_to_cvat(photos, labels[:3], tmp_path / "save") == 1
    assert fastdup_nb.export_to_cvat([], [], tmp_path / "save") == 1
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_labelimg(photos, tmp_path, capsys):
    """Function to export a collection of files that needs to be annotated again.

    Returns 0 in case of success, otherwise 1.
    """
    missing = str(tmp_path / "gone.jpg")
    labels = ["cat", "dog"] * 4 + ["x"]
    assert fastdup_nb.export_to_labelImg([*photos, missing], labels, tmp_path / "save") == 0
    assert len(list((tmp_path / "save").glob("*.xml"))) == 8
    assert (tmp_path / "save" / "classes.txt").read_text() == "cat\ndog\n"
    assert "1 image cannot be read and is left out" in capsys.readouterr().err
    assert fastdup_nb.export_to_labelImg(photos, ["x"], tmp_path / "save") == 1
    assert fastdup_nb.export_to_labelImg([missing], ["x"], tmp_path / "save") == 1
