import re

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import CorruptWorkDirError, EmptyInputError, OptionError, WorkDirError
from fastdup_nb.export.projector import (
    ProjectorOptions,
    choose_rows,
    metadata,
    projector_config,
    square_grid,
    write_projector,
)
from fastdup_nb.export.sprite import Grid
from fastdup_nb.store.features import save_features
from fastdup_nb.store.workdir import WorkDir


def read_vectors(folder, d):
    return np.fromfile(folder / "tensors.bytes", "<f4").reshape(-1, d)


def read_rows(folder):
    return (folder / "metadata.tsv").read_text("utf-8").removesuffix("\n").split("\n")


def cell(folder, number, side=100, columns=3):
    sheet = np.asarray(Image.open(folder / "sprite.png"))
    row, column = divmod(number, columns)
    return sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]


def test_row_i_of_every_file_is_the_same_image(results, tmp_path):
    work_dir, files, vectors = results
    done = write_projector(work_dir, tmp_path / "logs", ProjectorOptions())
    assert np.array_equal(read_vectors(tmp_path / "logs", 16), vectors)
    rows = read_rows(tmp_path / "logs")
    assert len(rows) == len(files) == done.count
    assert rows[0] == files[0]
    assert rows[2] == files[2]
    for number in range(8):
        crossed = number in {2, 5}
        corner = tuple(cell(tmp_path / "logs", number)[1, 50])
        assert (corner == (238, 238, 238)) == crossed
        assert (tuple(cell(tmp_path / "logs", number)[50, 50]) == (187, 187, 187)) == crossed
    assert [item.path for item in done.unreadable] == [files[2], files[5]]
    assert done.warning().startswith("2 images cannot be read and are shown as a crossed square")


def test_a_cell_shows_its_own_image(results, tmp_path):
    work_dir, files, _ = results
    write_projector(work_dir, tmp_path / "logs", ProjectorOptions())
    for number in (0, 7):
        picture = Image.open(files[number]).convert("RGB")
        size = (100, round(picture.height * 100 / picture.width))
        wanted = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), int)
        top = (100 - size[1]) // 2
        shown = cell(tmp_path / "logs", number)[top : top + size[1]].astype(int)
        assert np.abs(shown - wanted).mean() < 6


def test_hostile_names_and_labels_stay_in_their_cells(results, tmp_path):
    work_dir, _, _ = results
    labels = ["a\tb", "c\nd", "=1+1", "", None, ["x", "y"], "<b>", "\x00\u2028\udc80"]
    options = ProjectorOptions(labels=labels, with_images=False)
    write_projector(work_dir, tmp_path / "logs", options)
    header, *rows = read_rows(tmp_path / "logs")
    assert header == "label\tfilename"
    assert [row.split("\t")[0] for row in rows] == [
        *("a b", "c d", "'=1+1", "N/A", "N/A", "x, y", "<b>", "\ufffd"),
    ]
    assert all(row.count("\t") == 1 for row in rows)
    assert "tab new line.jpg" in rows[1]
    assert "\r" not in "".join(rows)


def test_a_sample_keeps_rows_together_and_is_always_the_same(results, tmp_path):
    work_dir, _, vectors = results
    for name in ("one", "two"):
        write_projector(work_dir, tmp_path / name, ProjectorOptions(sample_size=3))
    rows = choose_rows(8, 3)
    assert len(set(rows.tolist())) == 3
    assert np.array_equal(read_vectors(tmp_path / "one", 16), vectors[rows])
    for name in ("tensors.bytes", "metadata.tsv", "sprite.png", "projector_config.pbtxt"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert not np.array_equal(choose_rows(1000, 30), np.arange(30))


def test_without_images_there_is_no_sheet(results, tmp_path):
    write_projector(results[0], tmp_path / "logs", ProjectorOptions(with_images=False))
    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert names == ["metadata.tsv", "projector_config.pbtxt", "tensors.bytes"]
    assert "sprite" not in (tmp_path / "logs" / "projector_config.pbtxt").read_text()


def test_a_file_list_renames_the_rows(results, tmp_path):
    work_dir, _, _ = results
    moved = [f"/elsewhere/{number}.jpg" for number in range(8)]
    options = ProjectorOptions(
        file_list=moved, with_images=False, labels=dict(zip(moved, "abcdefgh", strict=True))
    )
    write_projector(work_dir, tmp_path / "logs", options)
    assert read_rows(tmp_path / "logs")[1] == "a\t/elsewhere/0.jpg"
    with pytest.raises(OptionError, match="names 7 files; there are 8 embeddings"):
        write_projector(work_dir, tmp_path / "logs", ProjectorOptions(file_list=moved[:7]))


def test_labels_by_row_follow_the_file_list(results, tmp_path):
    moved = [f"/elsewhere/{number}.jpg" for number in range(8)]
    options = ProjectorOptions(file_list=moved, with_images=False, labels=list("abcdefgh"))
    write_projector(results[0], tmp_path / "logs", options)
    assert read_rows(tmp_path / "logs")[3] == "c\t/elsewhere/2.jpg"


def test_an_export_takes_the_place_of_an_earlier_one(results, tmp_path):
    work_dir, _, _ = results
    write_projector(work_dir, tmp_path / "logs", ProjectorOptions())
    write_projector(work_dir, tmp_path / "logs", ProjectorOptions(sample_size=2))
    assert len(read_vectors(tmp_path / "logs", 16)) == len(read_rows(tmp_path / "logs")) == 2


def test_a_failed_export_leaves_the_earlier_one_and_nothing_else(results, tmp_path):
    work_dir, _, _ = results
    logs = tmp_path / "logs"
    write_projector(work_dir, logs, ProjectorOptions())
    before = {path.name: path.read_bytes() for path in logs.iterdir()}
    with pytest.raises(OptionError, match="get_label_func fails"):
        write_projector(work_dir, logs, ProjectorOptions(labels=lambda _: 1 / 0))
    (tmp_path / "file").touch()
    with pytest.raises(WorkDirError, match="Cannot write"):
        write_projector(work_dir, tmp_path / "file" / "logs", ProjectorOptions())
    assert {path.name: path.read_bytes() for path in logs.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ProjectorOptions(sample_size=0), "sample_size is 0"),
        (ProjectorOptions(sample_size="many"), "sample_size is 'many'"),
        (ProjectorOptions(sample_method="first"), "Unknown sample_method 'first'.*random"),
        (ProjectorOptions(d=15), "pass d=16"),
        (ProjectorOptions(d=32), "pass d=16"),
        (ProjectorOptions(labels=["a"]), "does not fit"),
    ],
)
def test_what_does_not_fit_is_said(results, tmp_path, options, message):
    with pytest.raises((OptionError, CorruptWorkDirError)) as caught:
        write_projector(results[0], tmp_path / "logs", options)
    assert re.search(message, str(caught.value))
    assert not (tmp_path / "logs" / "projector_config.pbtxt").exists()


def test_no_embeddings_are_an_error():
    with pytest.raises(EmptyInputError):
        choose_rows(0, 900)


@pytest.mark.parametrize("count", [1, 2, 900, 6561, 16_384, 100_000])
def test_the_sheet_is_square_and_no_larger_than_the_projector_takes(count):
    grid = square_grid(count)
    assert max(grid.size) <= 8192
    assert grid.columns**2 >= count > (grid.columns - 1) ** 2
    assert grid.width == grid.height


def test_too_many_thumbnails_are_an_error():
    with pytest.raises(OptionError, match="do not fit on one sheet"):
        square_grid(1024 * 1024 + 1)


def test_round_numbers_are_not_taken_for_text(tmp_path):
    # The bytes of 0, 2, 0.5 and 8 are all UTF-8: TensorBoard would read a table of text.
    vectors = np.array([[0, 2, 0.5, 8]] * 3, np.float32)
    save_features(tmp_path / "work", [f"/{number}.jpg" for number in range(3)], vectors)
    assert vectors.tobytes().decode()
    write_projector(
        WorkDir.open(tmp_path / "work"), tmp_path / "logs", ProjectorOptions(with_images=False)
    )
    with pytest.raises(UnicodeDecodeError):
        (tmp_path / "logs" / "tensors.bytes").read_text("utf-8")
    assert np.abs(read_vectors(tmp_path / "logs", 4) - vectors).max() < 1e-40


def test_tensorboard_parses_the_configuration():
    proto = pytest.importorskip("tensorboard.plugins.projector.projector_config_pb2")
    from google.protobuf import text_format

    text = projector_config(500, 576, Grid(500, 23, 64, 48))
    (embedding,) = text_format.Parse(text, proto.ProjectorConfig()).embeddings
    assert list(embedding.tensor_shape) == [500, 576]
    assert list(embedding.sprite.single_image_dim) == [64, 48]
    assert embedding.tensor_path == "tensors.bytes"
    assert embedding.metadata_path == "metadata.tsv"
    assert embedding.sprite.image_path == "sprite.png"


def test_one_column_has_no_header():
    assert metadata(["/a.jpg", "/b.jpg"], None) == b"/a.jpg\n/b.jpg\n"
    assert metadata(["/a.jpg"], [("x",)]) == b"label\tfilename\nx\t/a.jpg\n"
