"""`run` and `summary`.

The options of `run` are the fields of `RunOptions` and `TuriParams`: a new field there is a new
option here.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.command import Command, declare_results
from fastdup_nb.commands.parser import Parser, add_options
from fastdup_nb.commands.place import exists
from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.options import RunOptions, TuriParams

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.place import Place
    from fastdup_nb.render.report import SummaryReport
    from fastdup_nb.session import Fastdup


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
    from fastdup_nb.paths import default_work_dir

    given = dict(vars(values))
    given.pop("quiet", None)
    words = given.pop("inputs", [])
    if words:
        given["input_dir"] = place.read_inputs(words)
        _check_second(words, place)
    elif given.get("run_mode") not in (2, 3, 4, 6) and not given.get("annotations"):
        hint = f"Give a folder, for example: {place.prog} run photos"
        raise OptionError("No input is given.", hint)
    if given.get("test_dir"):
        given["test_dir"] = place.read_inputs([given["test_dir"]])
    name = str(given.get("annotations", ""))
    if name in place.variables and not exists(name):
        given["annotations"] = getattr(place.variables[name], "frame", place.variables[name])
    if not given.get("work_dir"):
        if not words and not place.work_dir:
            raise OptionError("No work_dir is given.", "Give it as --work-dir DIR.")
        given["work_dir"] = place.work_dir or default_work_dir(given["input_dir"])
    given["turi_param"] = _merge_turi(given)
    return RunOptions(**given)


def _check_second(words: list[str], place: Place) -> None:
    """Refuse `run photos results`: the second argument of the function is the folder of results."""
    if len(words) != 2 or not exists(words[0]):
        return
    second = words[1]
    if exists(second) or second in place.variables or "://" in second or Path(second).suffix:
        return
    hint = f"For results there: {place.prog} run {shlex.join([words[0], '--work-dir', second])}"
    raise InputNotFoundError(f"There is no file or folder {second!r}.", hint)


def _merge_turi(given: dict[str, Any]) -> str:
    keys = {item.name for item in dataclasses.fields(TuriParams)} & given.keys()
    chosen = {key: given.pop(key) for key in keys}
    text = given.pop("turi_param", "")
    return dataclasses.replace(TuriParams.parse(text), **chosen).to_text()


def _declare_summary(parser: Parser) -> None:
    declare_results(parser)
    parser.add_argument("--json", action="store_true", help="Give the counts as JSON.")


def _execute_summary(values: Namespace, place: Place) -> SummaryReport | str:
    from fastdup_nb.session import Fastdup

    report = Fastdup(place.read_work_dir(getattr(values, "work_dir", None))).summary()
    if getattr(values, "json", False):
        return json.dumps(dataclasses.asdict(report.summary), indent=2, default=str)
    return report


RUNS = (
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
)
