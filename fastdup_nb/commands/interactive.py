"""A gallery as the explorer: `%fastdup duplicates --interactive`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.widget.explorer import Explorer

# The view of the explorer that shows what a gallery shows.
VIEWS = {
    "duplicates": "duplicates",
    "outliers": "outliers",
    "components": "components",
    "clusters": "clusters",
    "similarity": "similarity",
    "stats": "statistics",
    "aspect-ratio": "statistics",
}
FLAG = "interactive"
FLAG_HELP = "Show it as the explorer, beginning with this view."
# What the explorer takes over; the rest is about pages and rows, of which it shows all.
TAKEN_OVER = ("get_label_func", "input_dir", "metric", "descending", "threshold", "slice")


def declare(name: str, parser: Parser) -> None:
    """Add the option where there are widgets, to the galleries that are a view of the explorer."""
    if name in VIEWS and parser.prog.startswith("%"):
        parser.add_argument(f"--{FLAG}", action="store_true", help=FLAG_HELP)


def explore(name: str, source: Any, given: dict[str, Any], place: Place) -> Explorer:
    """Return the explorer with what a gallery was to show.

    Parameters
    ----------
    name : str
        Of the command.
    source : Path or DataFrame
        What the gallery is of; the explorer needs a work_dir.
    given : dict
        Arguments of the gallery's function.
    place : Place

    Raises
    ------
    OptionError
        When an argument cannot be taken over.
    """
    from fastdup_nb.session import Fastdup

    _check(source, given)
    options = {
        new: given[old]
        for old, new in (("get_label_func", "get_label"), ("input_dir", "input_dir"))
        if old in given
    }
    explorer = Fastdup(source).explore(VIEWS[name], **{**place.explorer, **options})
    column = "aspect_ratio" if name == "aspect-ratio" else given.get("metric", "")
    if VIEWS[name] == "statistics" and column:
        explorer.sort(column, descending=bool(given.get("descending", False)))
    if "threshold" in given:
        explorer.filter(low=given["threshold"])
    if "slice" in given:
        explorer.filter(label=given["slice"])
    return explorer


def _check(source: Any, given: dict[str, Any]) -> None:
    if not isinstance(source, Path) or source.is_file():
        message = f"--{FLAG} shows a whole work_dir, not a table or a file."
        raise OptionError(message, "Leave it out, or give the folder of the results.")
    for name, value in given.items():
        if name not in TAKEN_OVER or value in ("diff", "same"):
            option = "--" + name.replace("_", "-")
            hint = f"Leave one of them out: the explorer shows all rows. {option} is for pages."
            raise OptionError(f"{option} and --{FLAG} do not go together.", hint)
