from __future__ import annotations

import numpy as np
import onnx

from benchmarks.inference import measure
from benchmarks.mobilenet import build
from fastdup_nb.models.session import open_session


def test_the_yardstick_is_a_mobilenet_v3_small():
    data = build()
    sizes = [np.prod(tensor.dims) for tensor in onnx.load_from_string(data).graph.initializer]
    assert 0.90e6 < sum(sizes) < 0.95e6  # 2.54 M of the published one less its classifier
    images = np.random.default_rng(0).standard_normal((2, 3, 224, 224), np.float32)
    (features,) = open_session(data, "mobilenet").run(None, {"images": images})
    assert features.shape == (2, 576)
    assert np.isfinite(features).all()
    assert features.std() > 0


def test_models_take_turns():
    order = []
    works = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    costs = measure(works, 3)
    assert order == ["a", "b"] * 4
    assert list(costs) == ["a", "b"]
