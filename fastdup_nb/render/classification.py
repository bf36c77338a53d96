"""How good predicted labels are, as text: one row per class, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.render.words import as_printable, count_of

if TYPE_CHECKING:
    from fastdup_nb.views.predictions import Predictions


def classification_text(predictions: Predictions) -> str:
    """Return the report of scikit-learn on the predictions, and the counts behind it.

    Parameters
    ----------
    predictions : Predictions
    """
    from sklearn.metrics import classification_report

    judged = predictions.judged
    right = sum(true == predicted for true, predicted in judged)
    lines = [f"Labels predicted by {predictions.method}; an image's own label has no say."]
    if judged:
        true, predicted = zip(*((as_printable(a), as_printable(b)) for a, b in judged), strict=True)
        lines += ["", classification_report(true, predicted, zero_division=0.0).rstrip(), ""]
    lines += _counts(predictions, len(judged), right)
    return "\n".join([*lines, predictions.note] if predictions.note else lines)


def _counts(predictions: Predictions, judged: int, right: int) -> list[str]:
    labelled, total = predictions.labelled, len(predictions.labels)
    lines = [f"{right:,} of {count_of(judged, 'predicted image')} right{_share(right, judged)}."]
    if silent := labelled - judged:
        lines.append(
            f"{count_of(silent, 'labelled image')} without a prediction: nothing labelled is near. "
            f"Counted as wrong, {right:,} of {labelled:,} are right{_share(right, labelled)}."
        )
    if unlabelled := total - labelled:
        lines.append(f"{count_of(unlabelled, 'image')} without a label, not in this report.")
    return lines


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole else ""
