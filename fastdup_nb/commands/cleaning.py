"""Deleting, moving, retagging and undoing as commands. Nothing is done without `--apply`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.cleaning import (
    delete_components,
    delete_components_by_label,
    delete_or_retag_stats_outliers,
    undo,
)
from fastdup_nb.api.components import find_top_components
from fastdup_nb.commands.command import Command, declare_results
from fastdup_nb.commands.parser import LABELS, Parser
from fastdup_nb.commands.results import Files, call
from fastdup_nb.commands.signatures import TEXTS, FunctionOptions, read_object
from fastdup_nb.commands.wording import as_command
from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.place import Place

UNDO = re.compile(r"fastdup_nb\.undo\(('.*'|\".*\")\)")
SOURCE_HELP = "The folder with the results of a run, or a table of find_top_components."
TOOLS = ("labelImg", "cvat")
WORDING = (
    ("to_delete", "Numbers of the components to clean, such as 3,17. Not given: all."),
    ("keep", "Which image stays: most pixels, highest blur statistic, earliest date, or first."),
    ("trash", "Where files go: the trash of the system where it can be, or WORK_DIR/trash."),
    ("permanent", "Delete for good; this cannot be undone."),
    ("how", "What to do; of each component one image stays, or none."),
    ("min_items", "Components with at least as many images are cleaned."),
)
OF_STATISTICS = (
    *(item for item in WORDING if item[0] != "how"),
    ("filename_col", "The column of file names."),
    ("label_col", "The column of labels; a column label is taken when none is named."),
    ("lower_percentile", "Images below this quantile, 0 to 1."),
    ("upper_percentile", "Images above this quantile, 0 to 1."),
    ("lower_threshold", "Images strictly below this value."),
    ("upper_threshold", "Images strictly above this value."),
    (
        "get_reformat_filename_func",
        "In a notebook: a function or dict from the name in the table to the path of the file.",
    ),
    ("how", "What to do. Moved files keep their sub-folders and never overwrite one another."),
)
BY_ID = FunctionOptions(
    delete_components,
    skip=("top_components", "dry_run", "work_dir"),
    texts=WORDING,
    kinds=(("to_delete", "ids"),),
    strict=True,
)
BY_LABEL = FunctionOptions(
    delete_components_by_label,
    skip=("top_components_file", "dry_run", "work_dir"),
    texts=WORDING,
    strict=True,
)
OF_OUTLIERS = FunctionOptions(
    delete_or_retag_stats_outliers,
    skip=("stats_file", "dry_run", "work_dir"),
    texts=OF_STATISTICS,
    strict=True,
)
OF_RETAGGING = replace(OF_OUTLIERS, skip=(*OF_OUTLIERS.skip, "how", "trash", "permanent"))


def _declare(options: FunctionOptions, parser: Parser) -> None:
    declare_results(parser, SOURCE_HELP)
    options.declare(parser)
    parser.add_argument(
        "--apply", action="store_true", help="Do it. Without, what would be done is shown."
    )


def _declare_by_label(parser: Parser) -> None:
    _declare(BY_LABEL, parser)
    parser.add_argument("--labels", metavar=LABELS, help=TEXTS["labels"])


def _declare_retag(parser: Parser) -> None:
    _declare(OF_RETAGGING, parser)
    action: Any = parser.add_argument(
        "--tool", metavar="NAME", help=f"What to label with. One of: {', '.join(TOOLS)}."
    )
    action.suggested = list(TOOLS)


def _declare_undo(parser: Parser) -> None:
    declare_results(parser)
    FunctionOptions(undo, skip=("work_dir",)).declare(parser)


def _delete(options: FunctionOptions, values: Namespace, place: Place) -> Files:
    source = place.read_source(getattr(values, "work_dir", None))
    return _carry_out(options.function, source, options.arguments(values, place), values, place)


def _delete_by_label(values: Namespace, place: Place) -> Files:
    source = place.read_source(getattr(values, "work_dir", None))
    if hasattr(values, "labels"):
        labels = read_object(values.labels, "labels", place, strict=True)
        source, _ = call(find_top_components, source, labels)
    return _carry_out(
        delete_components_by_label, source, BY_LABEL.arguments(values, place), values, place
    )


def _retag(values: Namespace, place: Place) -> Files:
    tool = getattr(values, "tool", "")
    if tool not in TOOLS:
        message = f"Unknown tool {tool!r}." if tool else "No tool is given."
        raise OptionError(message, f"Give it as --tool, one of: {', '.join(TOOLS)}.")
    source = place.read_source(getattr(values, "work_dir", None))
    given = {**OF_RETAGGING.arguments(values, place), "how": f"retag={tool}"}
    return _carry_out(delete_or_retag_stats_outliers, source, given, values, place)


def _carry_out(
    function: Callable[..., list[str]],
    source: Any,
    given: dict[str, Any],
    values: Namespace,
    place: Place,
) -> Files:
    apply = getattr(values, "apply", False)
    if not apply and function is delete_or_retag_stats_outliers:
        given.setdefault("how", "delete")
    known = getattr(source, "attrs", {})
    if hasattr(source, "columns") and "work_dir" not in known and place.last_work_dir:
        given["work_dir"] = place.last_work_dir
    files, text = call(function, source, dry_run=not apply, **given)
    return Files(tuple(files), _in_words_of(place, text))


def _in_words_of(place: Place, text: str) -> str:
    """Return what a function has printed with commands in the place of Python."""
    text = text.replace("dry_run=False", "--apply")
    return UNDO.sub(lambda match: as_command(match[0], place.prog), text)


def _undo(values: Namespace, place: Place) -> Files:
    work_dir = place.read_work_dir(getattr(values, "work_dir", None))
    options = {"batch": values.batch} if hasattr(values, "batch") else {}
    files, text = call(undo, work_dir, **options)
    return Files(tuple(files), _in_words_of(place, text))


CLEANING = (
    Command(
        "delete",
        "Delete duplicates, one image of each component staying.",
        "WORK_DIR [options]",
        "photos_fastdup --min-distance 0.98",
        partial(_declare, BY_ID),
        partial(_delete, BY_ID),
    ),
    Command(
        "delete-by-label",
        "Delete duplicates by component, heeding labels.",
        "WORK_DIR [options]",
        "photos_fastdup --labels labels.csv --how majority",
        _declare_by_label,
        _delete_by_label,
    ),
    Command(
        "delete-outliers",
        "Delete or move the images with an unusually low or high statistic.",
        "WORK_DIR --metric NAME [options]",
        "photos_fastdup --metric blur --lower-percentile 0.01",
        partial(_declare, OF_OUTLIERS),
        partial(_delete, OF_OUTLIERS),
    ),
    Command(
        "retag",
        "Hand images with an unusual statistic to a labelling tool.",
        "WORK_DIR --metric NAME --tool NAME --save-path DIR [options]",
        "photos_fastdup --metric mean --upper-percentile 0.99 --tool cvat --save-path task",
        _declare_retag,
        _retag,
    ),
    Command(
        "undo",
        "Put back what the last cleaning deleted or moved.",
        "WORK_DIR [options]",
        "photos_fastdup",
        _declare_undo,
        _undo,
    ),
)
