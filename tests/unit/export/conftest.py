"""Pictures with hostile names, and a work_dir made of them by hand."""

import numpy as np
import pytest

from fastdup_nb.store.features import save_features
from fastdup_nb.store.workdir import WorkDir
from tests.pictures import draw

NAMES = ["plain.jpg", "tab\tnew\nline.jpg", "quo\"te'&<b>.png", "=1+1.jpg", "zwölf 🦊.jpg", "..jpg"]


@pytest.fixture
def photos(tmp_path):
    """Six readable pictures of different sizes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    paths = []
    for number, name in enumerate(NAMES):
        draw(number, (200 + 10 * number, 150)).save(folder / name, "JPEG")
        paths.append(str(folder / name))
    return paths


@pytest.fixture
def broken(tmp_path):
    """A file that is no image."""
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no image")
    return str(path)


@pytest.fixture
def results(tmp_path, photos, broken):
    """A work_dir of the six pictures, and of two that cannot be read any more, at row 2 and 5."""
    folder = tmp_path / "work"
    files = [*photos[:2], broken, *photos[2:4], str(tmp_path / "gone.jpg"), *photos[4:]]
    vectors = np.random.default_rng(7).normal(size=(8, 16)).astype(np.float32)
    save_features(folder, files, vectors)
    return WorkDir.open(folder), files, vectors
