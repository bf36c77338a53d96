"""What each command takes and does.

The options of `run` are the fields of `RunOptions` and `TuriParams`: a new field there is a new
option here.
"""

from __future__ import annotations

import dataclasses
import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands import dedup
from fastdup_nb.commands.parser import Parser, add_options
from fastdup_nb.commands.place import is_labels
from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.options import RunOptions, TuriParams, option

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_nb.commands.gallery import DuplicatesGallery
    from fastdup_nb.commands.place import Place
    from fastdup_nb.render.report import SummaryReport
    from fastdup_nb.session import Fastdup
    from fastdup_nb.views.duplicates import DuplicatesView


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes
    ----------
    name : str
        The word that calls it.
    help : str
        What it does, in one sentence.
    usage : str
        Its arguments, as the help shows them.
    example : str
        Arguments that make sense.
    declare : callable
        Adds its arguments and options to a parser.
    execute : callable
        Does it: `execute(values, place)` returns what was found or made.
    """

    name: str
    help: str
    usage: str
    example: str
    declare: Callable[[Parser], None]
    execute: Callable[[Namespace, Place], object]

    def parser(self, prog: str) -> Parser:
        """Return the parser of its words.

        Parameters
        ----------
        prog : str
            What the commands are called with: `fastdup-nb` or `%fastdup`.
        """
        parser = Parser(f"{prog} {self.name}", self.usage, self.help, self.example)
        self.declare(parser)
        return parser


def _declare_run(parser: Parser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="A folder (searched recursively), a text file of paths, or files and folders.",
    )
    add_options(parser, RunOptions, "options")
    add_options(parser, TuriParams, "more options")
    parser.add_argument("--quiet", action="store_true", help="Show nothing but errors.")
    parser.add_argument(
        "--turi-param", metavar="K=V,...", help="More options in their V0.2 form, as one text."
    )


def _execute_run(values: Namespace, place: Place) -> Fastdup:
    from fastdup_nb.session import run_options

    return run_options(run_options_from(values, place), _progress(values, place))


def _progress(values: Namespace, place: Place) -> Any:
    return place.progress(quiet=getattr(values, "quiet", False))


def run_options_from(values: Namespace, place: Place) -> RunOptions:
    """Return the options of a run from what the user gave.

    Raises
    ------
    OptionError
        When a value cannot be used.
    """
    from fastdup_nb.session import default_work_dir

    given = dict(vars(values))
    given.pop("quiet", None)
    words = given.pop("inputs", [])
    if words:
        given["input_dir"] = place.read_inputs(words)
    elif given.get("run_mode") not in (2, 6):
        hint = f"Give a folder, for example: {place.prog} run photos"
        raise OptionError("No input is given.", hint)
    if not given.get("work_dir"):
        if not words and not place.work_dir:
            raise OptionError("No work_dir is given.", "Give it as --work-dir DIR.")
        given["work_dir"] = place.work_dir or default_work_dir(given["input_dir"])
    given["turi_param"] = _merge_turi(given)
    return RunOptions(**given)


def _merge_turi(given: dict[str, Any]) -> str:
    keys = {item.name for item in dataclasses.fields(TuriParams)} & given.keys()
    chosen = {key: given.pop(key) for key in keys}
    text = given.pop("turi_param", "")
    return dataclasses.replace(TuriParams.parse(text), **chosen).to_text()


def _declare_results(parser: Parser) -> None:
    parser.add_argument(
        "work_dir", nargs="?", metavar="WORK_DIR", help="The folder with the results of a run."
    )


def _declare_summary(parser: Parser) -> None:
    _declare_results(parser)
    parser.add_argument("--json", action="store_true", help="Give the counts as JSON.")


def _execute_summary(values: Namespace, place: Place) -> SummaryReport | str:
    from fastdup_nb.session import Fastdup

    report = Fastdup(place.read_work_dir(getattr(values, "work_dir", None))).summary()
    if getattr(values, "json", False):
        return json.dumps(dataclasses.asdict(report.summary), indent=2, default=str)
    return report


@dataclass(frozen=True, kw_only=True)
class DuplicatesOptions:
    """The options of `duplicates`: those of `create_duplicates_gallery` in V0.2."""

    save_path: str = option(
        "",
        "Where to write the page: a folder or an .html file. Not given: WORK_DIR; in a "
        "notebook only when the pairs are too many to show.",
        metavar="PATH",
    )
    num_images: int = option(20, "Pairs to show.", metavar="N")
    threshold: float | None = option(None, "Least similarity of a pair to show.", metavar="T")
    descending: bool = option(default=True, help="Show the most similar pairs first.")
    lazy_load: bool = option(
        default=False, help="Keep the pictures in files beside the page instead of in it."
    )
    labels: str = option(
        "",
        "Labels of the images: a label file; in a notebook a function or dict too.",
        metavar="LABELS",
    )
    slice: str = option(
        "", "A label: its pairs with other labels; diff or same: pairs across or within labels."
    )
    max_width: int | None = option(None, "Width of the page at most.", metavar="PIXELS")


def _declare_duplicates(parser: Parser) -> None:
    _declare_results(parser)
    add_options(parser, DuplicatesOptions, "options")


def _execute_duplicates(values: Namespace, place: Place) -> DuplicatesGallery:
    from fastdup_nb.commands.gallery import DuplicatesGallery
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.duplicates import build_duplicates

    given = dict(vars(values))
    results = WorkDir.open(place.read_work_dir(given.pop("work_dir", None)))
    save_path = given.pop("save_path", "")
    appearance: dict[str, Any] = {
        name: given.pop(name) for name in ("lazy_load", "max_width") if name in given
    }
    if "slice" in given:
        given["label_slice"] = given.pop("slice")
    if labels := given.pop("labels", ""):
        expected = "a label file" + (", a function or a dict" if place.variables else "")
        given["get_label_func"] = place.read_object(labels, is_labels, expected)
    given.setdefault("num_images", place.num_images)
    view = build_duplicates(results, **given)
    return DuplicatesGallery(view, _write_page(view, save_path, results.path, appearance, place))


def _write_page(
    view: DuplicatesView, save_path: str, folder: Path, appearance: dict[str, Any], place: Place
) -> Path | None:
    from fastdup_nb.render.html import FRAGMENT_PAIRS, write_gallery

    if not (save_path or place.needs_page or view.shown > FRAGMENT_PAIRS):
        return None
    try:
        return write_gallery(view, save_path or folder, **appearance)
    except WorkDirError:
        # Results may lie where nobody can write; a notebook shows the pairs all the same.
        if save_path or place.needs_page:
            raise
        return None


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "run",
            "Look for duplicates, outliers, clusters and bad photos.",
            "INPUT... [options]",
            "photos --work-dir results --ccthreshold 0.9",
            _declare_run,
            _execute_run,
        ),
        Command(
            "summary",
            "Show what a run has found.",
            "WORK_DIR [options]",
            "photos_fastdup",
            _declare_summary,
            _execute_summary,
        ),
        Command(
            "duplicates",
            "Show the most similar pairs of images.",
            "WORK_DIR [options]",
            "photos_fastdup --num-images 50",
            _declare_duplicates,
            _execute_duplicates,
        ),
        Command(dedup.NAME, dedup.HELP, dedup.USAGE, dedup.EXAMPLE, dedup.declare, dedup.execute),
    )
}
