"""The map learned from described copies; only where torch is installed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.head import Teaching, learn  # noqa: E402
from training.metric import fit  # noqa: E402

PHOTOS, COPIES = 1500, 4
QUICK = Teaching(steps=150, photos=256, temperature=0.2, rate=0.1, hidden_rate=0.03, hopeless=-2)


def described(seed):
    """Sixteen numbers that copies change little, but one of them, another each time, grossly."""
    random = np.random.default_rng(seed)
    kept = random.normal(size=(PHOTOS, 1, 16)) + 0.3 * random.normal(size=(PHOTOS, COPIES, 16))
    spoilt = random.random((PHOTOS, COPIES, 16)).argmax(axis=2)[..., None]
    np.put_along_axis(kept, spoilt, random.choice([-4, 4], size=spoilt.shape), axis=2)
    return (0.5 * kept).astype(np.float16)


def families(seed):
    """Fours of photos that share sixteen numbers; what is their own is small."""
    random = np.random.default_rng(seed)
    shared = np.repeat(random.normal(size=(PHOTOS // 4, 1, 16)), 4, axis=0)
    own = 0.3 * random.normal(size=(PHOTOS, 1, 16))
    kept = np.concatenate([np.broadcast_to(shared, own.shape), own], axis=2)
    scale = np.repeat([0.3, 0.1], 16)
    return (kept + scale * random.normal(size=(PHOTOS, COPIES, 32))).astype(np.float16)


def found(vectors):
    """How often the nearest of the last copies is the photo's own."""
    first, last = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in vectors)
    return float(((last @ first.T).argmax(axis=1) == np.arange(len(first))).mean())


@pytest.fixture
def start():
    copies = described(1).astype(np.float32)
    return fit(copies[:, 0], copies[:, -1], 16)


def both(copies, turn):
    return [turn(copies[:, view].astype(np.float32)) for view in (0, -1)]


def test_a_learned_head_finds_more_copies_of_photos_it_never_saw(start):
    head = learn(start, [described(1), described(2)], hidden=128, teaching=QUICK)
    unseen = described(3)
    mean = start.mean.astype(np.float32)

    def learned(rows):
        with torch.no_grad():
            return head(torch.from_numpy(rows - mean)).numpy()

    before = found(both(unseen, lambda rows: (rows - mean) @ start.directions))
    assert found(both(unseen, learned)) > 1.4 * before


def test_photos_that_are_alike_are_told_apart_better_when_they_are_drawn_together():
    copies, unseen = families(1), families(2)
    closed = fit(*(copies[:, view].astype(np.float32) for view in (0, -1)), 6)
    mean = closed.mean.astype(np.float32)

    def told_apart(alike):
        teaching = replace(QUICK, temperature=0.05, alike=alike)
        head = learn(closed, [copies], hidden=16, teaching=teaching)
        with torch.no_grad():
            return found(both(unseen, lambda rows: head(torch.from_numpy(rows - mean)).numpy()))

    assert told_apart(3) > told_apart(0)


def test_the_same_seed_gives_the_same_head(start):
    short = Teaching(steps=3, photos=32)
    one, two, other = (
        learn(start, [described(1)], 8, seed, short).linear.weight for seed in (5, 5, 6)
    )
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_pairs_beyond_hope_teach_nothing(start):
    """Half of the photos have a copy with nothing in common."""
    hopeless = described(1)[:64, :2]
    hopeless[::2, 1] = -hopeless[::2, 0]
    without, with_them = (
        learn(start, [hopeless], 8, teaching=Teaching(steps=1, photos=64, hopeless=least))
        for least in (0.1, -2)
    )
    assert not torch.equal(without.linear.weight, with_them.linear.weight)
    assert torch.isfinite(without.linear.weight).all()
