import numpy as np

from fastdup_nb.render.classification import classification_text
from fastdup_nb.views.predictions import Predictions


def make(labels, predictions, note=""):
    return Predictions(
        "magic",
        tuple(f"/{i}.jpg" for i in range(len(labels))),
        tuple(labels),
        tuple(predictions),
        np.ones(len(labels)),
        note,
    )


def test_the_report_counts_what_can_be_judged():
    text = classification_text(
        make([("a",), ("a",), ("b",), (), ("b",)], ["a", "b", "b", "a", None], "A note.")
    )
    assert text.startswith("Labels predicted by magic")
    assert "2 of 3 predicted images right (66.7 %)." in text
    assert "1 labelled image without a prediction" in text
    assert "Counted as wrong, 2 of 4 are right (50.0 %)." in text
    assert "1 image without a label" in text
    assert text.endswith("\nA note.")


def test_any_of_several_labels_is_right():
    predictions = make([("a", "b"), ("a", "b")], ["b", "c"])
    assert predictions.judged == [("b", "b"), ("a", "c")]
    assert predictions.to_frame()["label"].tolist() == ["a|b", "a|b"]


def test_nothing_predicted():
    text = classification_text(make([("a",)], [None]))
    assert "0 of 0 predicted images right." in text
    assert "precision" not in text
