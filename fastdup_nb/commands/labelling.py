"""Wrong labels and classifiers as commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.labels import create_kmeans_classifier, create_knn_classifier
from fastdup_nb.commands.command import Command, declare_results
from fastdup_nb.commands.parser import LABELS, Parser
from fastdup_nb.commands.results import Found, call, write_frame
from fastdup_nb.commands.signatures import TEXTS, FunctionOptions, read_object
from fastdup_nb.errors import OptionError
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from argparse import Namespace

    import pandas as pd

    from fastdup_nb.commands.place import Place

OPTIONS = FunctionOptions(
    create_knn_classifier,
    skip=("work_dir",),
    optional=("k",),
    texts=(("k", "How many neighbours vote: the most similar ones. Needed for knn."),),
)
METHODS = ("knn", "kmeans")
FILE_HELP = "Also write the table there, a .csv file."


def _declare_labels(parser: Parser) -> None:
    declare_results(parser)
    parser.add_argument("--labels", metavar=LABELS, help=TEXTS["labels"])
    parser.add_argument(
        "--all", action="store_true", help="All images, not only those with a doubtful label."
    )
    parser.add_argument("--save-path", metavar="FILE", help=FILE_HELP)


def _declare_classify(parser: Parser) -> None:
    declare_results(parser)
    action: Any = parser.add_argument(
        "--method", metavar="NAME", help="By neighbours (knn, the default) or clusters (kmeans)."
    )
    action.suggested = list(METHODS)
    OPTIONS.declare(parser)
    parser.add_argument("--save-path", metavar="FILE", help=FILE_HELP)


def _labels(values: Namespace, place: Place) -> Found:
    from fastdup_nb.session import Fastdup

    if not hasattr(values, "labels"):
        raise OptionError("No labels are given.", f"Give them as --labels {LABELS}.")
    labels = read_object(values.labels, "labels", place)
    session = Fastdup(place.read_work_dir(getattr(values, "work_dir", None)))
    everything = getattr(values, "all", False)
    frame = session.label_scores(labels) if everything else session.wrong_labels(labels)
    text = count_of(len(frame), "image")
    text += " with a label." if everything else " with a label that is probably wrong."
    return _found(frame, text, values)


def _classify(values: Namespace, place: Place) -> Found:
    method = getattr(values, "method", METHODS[0])
    if method not in METHODS:
        raise OptionError(f"Unknown method {method!r}.", f"Known: {', '.join(METHODS)}.")
    source = place.read_source(getattr(values, "work_dir", None))
    given = OPTIONS.arguments(values, place)
    if method == "kmeans":
        given.setdefault("k", 0)  # unused, as published
    elif "k" not in given:
        raise OptionError("No k is given.", "Give it as --k N: how many neighbours vote.")
    function = create_knn_classifier if method == "knn" else create_kmeans_classifier
    frame, text = call(function, source, **given)
    return _found(frame, text, values)


def _found(frame: pd.DataFrame, text: str, values: Namespace) -> Found:
    file = write_frame(frame, values.save_path) if hasattr(values, "save_path") else None
    return Found(frame, text, file)


LABELLING = (
    Command(
        "labels",
        "Show the images whose label is probably wrong, and suggest another.",
        "WORK_DIR --labels LABELS [options]",
        "photos_fastdup --labels labels.csv",
        _declare_labels,
        _labels,
    ),
    Command(
        "classify",
        "Predict the label of every image from its neighbours or its cluster.",
        "WORK_DIR --labels LABELS [options]",
        "photos_fastdup --labels labels.csv --k 5",
        _declare_classify,
        _classify,
    ),
)
