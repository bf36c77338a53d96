from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmarks.accuracy import Files, contestants, judge, read_folder, report, write_files
from training.distortions import DISTORTIONS


@pytest.fixture
def files(tmp_path) -> Files:
    colours = np.random.default_rng(0)
    for number in range(8):
        path = tmp_path / "photos" / f"class{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(colours.integers(0, 256, (40, 50, 3), np.uint8)).save(path)
    photos = read_folder(tmp_path / "photos")
    return write_files(photos, 24, tmp_path / "files", labelled=True)


def test_every_file_is_written_and_every_distortion_made_once(files):
    assert sorted(path.name for path in files.folder.iterdir()) == [*files.copies, *files.photos]
    assert sorted(files.kinds) == sorted(DISTORTIONS)
    assert sorted(set(files.labels)) == ["class0", "class1"]


def test_a_copy_is_made_of_the_photo_that_is_named(files):
    mirrored = files.kinds.tolist().index("mirror")
    copy = np.asarray(Image.open(files.folder / files.copies[mirrored]))
    photo = Image.open(files.folder / files.photos[files.sources[mirrored]])
    assert np.array_equal(copy[:, ::-1], np.asarray(photo))


def test_copies_at_their_photos_are_found_and_elsewhere_are_not(files):
    vectors = np.eye(8, dtype=np.float32)
    perfect = judge(vectors, vectors[files.sources], files)
    assert perfect.pooled["micro average precision"] == 1
    assert perfect.distortions["mirror"] == [1, 1, 1]
    blind = judge(vectors, vectors[(files.sources + 1) % 8], files)
    assert blind.pooled["recall at 0.9"] == 0
    assert blind.distortions["mirror"] == [0, 0, 0]
    assert "| mirror | 1.00 / 1.00 / 1.00 | 0.00 / 0.00 / 0.00 |" in report(
        {"perfect": perfect, "blind": blind}
    )


def test_both_programs_take_part_with_both_of_their_models():
    every = contestants(["fixed-576", "clip"])
    assert [(each.module, each.d) for each in every] == [
        *(("fastdup_nb", d) for d in (576, 960, 576, 512)),
        *(("fastdup", d) for d in (576, 960)),
    ]
    assert [each.options.get("high_accuracy") for each in every] == [
        None,
        True,
        None,
        None,
        None,
        True,
    ]
