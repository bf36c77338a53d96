"""Which photos and copies a step of the trainer shows; only where torch is installed."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.losses import Balance, Lesson  # noqa: E402
from training.pool import SIDE, SLOTS  # noqa: E402
from training.train import side_at  # noqa: E402
from training.views import Photos, Views, pasted  # noqa: E402

POOLED, MORE = 40, 30


@pytest.fixture
def caches(tmp_path):
    """A cache with a pool, in which each photo has a gray of its own, and one with small photos."""
    random = np.random.default_rng(3)
    folders = []
    for name, count in (("cache", POOLED), ("more", MORE)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "names.txt").write_text("".join(f"web/a/{i}\n" for i in range(count)))
        (folder / "teacher_done.txt").write_text(str(count))
        np.save(folder / "teacher_features.npy", random.normal(size=(count, 24)).astype("f2"))
        np.save(folder / "teacher_logits.npy", random.normal(size=(count, 11)).astype("f2"))
        folders.append(folder)
    grays = np.arange(POOLED, dtype=np.uint8).reshape(-1, 1, 1, 1, 1)
    np.save(folders[0] / "pool.npy", np.broadcast_to(grays, (POOLED, SLOTS, SIDE, SIDE, 3)))
    grays = 200 + np.arange(MORE, dtype=np.uint8).reshape(-1, 1, 1, 1)
    np.save(folders[1] / "photos.npy", np.broadcast_to(grays, (MORE, 64, 64, 3)))
    return folders


def test_an_epoch_shows_no_photo_twice(caches):
    photos = Photos(caches[0], 8, seed=1, more=MORE, part=0.5)
    shown = np.concatenate([photos.chosen(step) for step in range(7)])
    assert len(set(shown)) == len(shown) == 56
    assert (shown >= POOLED).sum() == 28
    assert shown.max() < POOLED + MORE


def test_both_kinds_of_photos_stay_in_their_places(caches, monkeypatch):
    monkeypatch.setattr("training.views.COLOURED", 0)
    numbers = np.array([3, POOLED + 7, 39, POOLED])
    pixels = Views(caches[0], 1, caches[1]).part(numbers, (0, 0), 64)
    wanted = torch.tensor([3, 207, 39, 200]).repeat(2) / 127.5 - 1
    torch.testing.assert_close(pixels.mean(dim=(1, 2, 3)), wanted)


def test_copies_of_earlier_steps_count_as_other_photos_only(caches):
    lesson = Lesson(caches, 16, Balance(), sampled=8, remembered=6)
    vectors = torch.nn.functional.normalize(torch.randn(8, 16), dim=1)
    numbers = torch.zeros(4, dtype=torch.int64)
    alone = lesson._pairs(vectors, numbers)
    lesson._fresh[0] = (numbers.repeat(2), vectors)
    lesson.remember()
    torch.testing.assert_close(lesson._pairs(vectors, numbers), alone)
    assert lesson._pairs(vectors, numbers + 10) > alone


def test_sizes_in_turn():
    assert [side_at(0.2, step, "0.5:64,1:64/80") for step in (0, 1)] == [64, 64]
    assert [side_at(0.7, step, "0.5:64,1:64/80") for step in (0, 1, 2)] == [64, 80, 64]


def test_a_pasted_copy_lies_on_another_photo(monkeypatch):
    monkeypatch.setattr("training.views.PASTED", 1)
    photos = torch.arange(20.0).reshape(-1, 1, 1, 1).expand(-1, 3, 64, 64)
    found = pasted(photos.clone(), photos, np.random.default_rng(1)).round()
    assert (found.amin(dim=(1, 2, 3)) < found.amax(dim=(1, 2, 3))).all()
    for number, copy in enumerate(found):
        values, counts = copy.unique(return_counts=True)
        assert sorted(values.tolist()) == sorted([number, (number - 8) % 20])
        inside = counts[values == number].item() / copy.numel()
        assert 0.2 < inside < 0.6
