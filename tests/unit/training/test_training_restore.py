"""A checkpoint from an exported model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from training.export import Description, Recipe, network_graph, turn_to_axes  # noqa: E402
from training.layers import Norm  # noqa: E402
from training.losses import Pupil  # noqa: E402
from training.restore import normalise, restored, teach_classes, turn_back  # noqa: E402
from training.student import SHAPES, Student  # noqa: E402

SIDE = 32
SHAPE = SHAPES["copy-576"]
RECIPE = Recipe(40, side=SIDE, learned=512)


def pixels(seed, count=48):
    """Coloured noise from -1 to 1, coarse and fine."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 4, 4, generator=random)
    fine = torch.rand(count, 3, SIDE, SIDE, generator=random)
    return functional.interpolate(coarse, SIDE) * 1.4 + fine * 0.6 - 1


@pytest.fixture(scope="module")
def trained():
    """A student whose batch normalisation has seen something; channels differ."""
    torch.manual_seed(3)
    student = Student(SHAPE)
    with torch.no_grad():
        for norm in (layer for layer in student.modules() if isinstance(layer, Norm)):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.uniform_(-0.3, 0.3)
            norm.momentum = 0.3
    student.train()
    for seed in range(12):
        student(pixels(seed))
    return student.eval()


def exported(student):
    """The student in the graph of a model, as the package has it."""
    photos = np.random.default_rng(3).integers(0, 256, (40, SIDE, SIDE, 3), np.uint8)
    description = Description(RECIPE, photos, network_graph(student, RECIPE))
    graph, described = description.build()
    return graph.model("whole", [described], SIDE, description.dimensions)


@torch.no_grad()
def test_the_network_says_the_same_and_so_it_does_with_new_statistics(trained):
    unseen = pixels(99)
    wanted = trained(unseen)
    student = restored(exported(trained), SHAPE)
    scale = wanted.std()
    assert (student(unseen) - wanted).abs().max() < 0.02 * scale  # weights were kept as float16
    folded = student(unseen)
    normalise(student, (pixels(seed) for seed in range(100, 110)))
    assert (student(unseen) - folded).abs().max() < 1e-3 * scale


@torch.no_grad()
def test_in_training_it_starts_where_it_was(trained):
    student = restored(exported(trained), SHAPE)
    normalise(student, (pixels(seed) for seed in range(100, 110)))
    unseen = pixels(99, 192)
    resting = student(unseen)
    likeness = functional.cosine_similarity(student.train()(unseen), resting)
    assert likeness.mean() > 0.97


def test_another_network_is_refused(trained):
    smaller = dataclasses.replace(SHAPE, rows=SHAPE.rows[:-1])
    with pytest.raises(ValueError, match="512 numbers"):
        restored(exported(trained), smaller)


@torch.no_grad()
def test_the_turn_to_axes_is_undone(trained):
    student = restored(exported(trained), SHAPE)
    photos = np.random.default_rng(4).integers(0, 256, (900, SIDE, SIDE, 3), np.uint8)
    given = torch.cat([pixels(seed) for seed in range(200, 240)])
    keys = functional.normalize(student(given), dim=1)
    keys = functional.normalize(keys + 0.01 * torch.randn(keys.shape), dim=1)
    turn_to_axes(student, photos, RECIPE)
    found = student(given)
    assert functional.cosine_similarity(found, keys).mean() < 0.5
    turn, shift = turn_back(student, found, keys)
    assert torch.allclose(turn @ turn.T, torch.eye(512), atol=1e-3)
    assert functional.cosine_similarity(student(given), keys).mean() > 0.9
    assert torch.allclose(student(given), found @ turn + shift, atol=1e-2)


def test_classes_are_learned():
    random = torch.Generator().manual_seed(5)
    vectors = functional.normalize(torch.randn(600, 16, generator=random), dim=1)
    logits = 6 * vectors @ torch.randn(16, 7, generator=random)
    pupil = Pupil(torch.nn.Identity(), 16, 7)
    before = functional.kl_div(
        functional.log_softmax(pupil.classes(vectors * 16), 1),
        functional.log_softmax(logits, 1),
        reduction="batchmean",
        log_target=True,
    )
    assert teach_classes(pupil, vectors, logits) < 0.3 * float(before)
