"""Boxes as numbers."""

import numpy as np
import pytest

from fastdup_nb.core.boxes import clip_box, drop_inner, read_detections, suppress, widen


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 100, 50), (0, 0, 100, 50)),
        ((-10, -10, 30, 30), (0, 0, 20, 20)),
        ((90, 40, 30, 30), (90, 40, 10, 10)),
        ((10.5, 10.4, 5, 5.2), (11, 10, 5, 6)),
        ((-1e300, -1e300, 2e300, 2e300), (0, 0, 100, 50)),
        ((100, 0, 5, 5), None),
        ((-5, 0, 5, 5), None),
        ((10, 10, 0.2, 5), None),
    ],
)
def test_clip(box, expected):
    assert clip_box(*box, 100, 50) == expected


def test_widen():
    boxes = np.array([[10.0, 20.0, 100.0, 50.0]])
    assert widen(boxes, 0.2, 0.1).tolist() == [[-10.0, 15.0, 140.0, 60.0]]
    assert widen(boxes, 0, 0).tolist() == boxes.tolist()


def test_detections_of_both_generations():
    five = np.array(
        [[50, 60, 20, 10, 0.9, 0.1, 0.8], [5, 5, 2, 2, 0.1, 1, 0], [1, 1, 1, 1, np.nan, 1, 0]],
        np.float32,
    )
    boxes, scores, classes = read_detections(five, 0.25, with_objectness=True)
    assert boxes.tolist() == [[40.0, 55.0, 20.0, 10.0]]
    assert scores == pytest.approx([0.72])
    assert classes.tolist() == [1]
    eight = np.delete(five[:2], 4, axis=1)
    boxes, scores, classes = read_detections(eight, 0.25, with_objectness=False)
    assert scores == pytest.approx([0.8, 1.0])
    assert classes.tolist() == [1, 0]
    assert len(read_detections(five[:, :5], 0.25, with_objectness=True)[0]) == 1


def test_suppression_is_that_of_a_plain_loop():
    rng = np.random.default_rng(3)
    boxes = np.column_stack([rng.uniform(0, 80, (60, 2)), rng.uniform(5, 40, (60, 2))])
    scores, classes = rng.choice([0.3, 0.5, 0.9], 60), rng.integers(0, 3, 60)

    def overlap(a, b):
        width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
        height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
        common = max(width, 0) * max(height, 0)
        return common / (a[2] * a[3] + b[2] * b[3] - common)

    kept: list[int] = []
    for row in sorted(range(60), key=lambda row: (-scores[row], row)):
        if all(
            classes[row] != classes[other] or overlap(boxes[row], boxes[other]) <= 0.45
            for other in kept
        ):
            kept.append(row)
    assert suppress(boxes, scores, classes, 0.45).tolist() == kept
    assert len(kept) < 60


def test_inner_boxes_go():
    boxes = np.array([[0, 0, 100, 100], [10, 10, 20, 20], [90, 90, 40, 40]], float)
    assert drop_inner(boxes, 0.35).tolist() == [boxes[0].tolist(), boxes[2].tolist()]
    assert len(drop_inner(np.empty((0, 4)), 0.35)) == 0
