"""`explore`: the explorer in a notebook, a page of it in a shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.command import WORK_DIR_HELP, Command
from fastdup_nb.commands.place import exists
from fastdup_nb.commands.signatures import FunctionOptions
from fastdup_nb.errors import OptionError
from fastdup_nb.exploring import Exploring
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place

VIEWS = (
    *("duplicates", "groups", "components", "clusters", "outliers"),
    *("similarity", "statistics", "labels"),
)
OTHER_NAMES = {"stats": "statistics", "pairs": "duplicates"}
PAGE = "explorer.html"
PAGE_HELP = (
    "Also write what it shows first as a page there. A shell has no explorer and always writes the "
    f"page; not given: WORK_DIR/{PAGE}."
)
OPTIONS = FunctionOptions(
    Exploring.explore,
    skip=("self", "view"),
    texts=(("title", "A heading."),),
    # The explorer itself goes on when a function fails for an image, and says so.
    strict=True,
)


def _declare(parser: Parser) -> None:
    view: Any = parser.add_argument(
        "view", nargs="?", metavar="VIEW", help=f"What to begin with. One of: {', '.join(VIEWS)}."
    )
    view.suggested = list(VIEWS)
    parser.add_argument("work_dir", nargs="?", metavar="WORK_DIR", help=WORK_DIR_HELP)
    OPTIONS.declare(parser)
    parser.add_argument("--save-path", metavar="FILE", help=PAGE_HELP)


def _execute(values: Namespace, place: Place) -> Any:
    from fastdup_nb.session import Fastdup

    words = [getattr(values, name) for name in ("view", "work_dir") if hasattr(values, name)]
    view, folder = _view_and_folder(words, place)
    session = Fastdup(place.read_work_dir(folder))
    explorer = session.explore(view, **{**place.explorer, **OPTIONS.arguments(values, place)})
    if not place.needs_page:
        if hasattr(values, "save_path"):
            explorer.to_html(values.save_path)
        return explorer
    path = explorer.to_html(getattr(values, "save_path", session.work_dir / PAGE))
    return f"Written: {path}"


def _view_and_folder(words: list[str], place: Place) -> tuple[str, str | None]:
    """Tell the name of a view from the folder of results; both may be missing."""
    view, folder = "", None
    for word in words:
        name = OTHER_NAMES.get(word, word)
        if name in VIEWS and not view and not Path(word).is_dir():
            view = name
        elif folder is not None or (name in VIEWS and view):
            message = f"Cannot use {word!r}: one word too many."
            raise OptionError(message, "Give one view and one folder of results.")
        elif not exists(word) and word not in place.variables and Path(word).name == word:
            raise unknown_name("view", word, VIEWS)
        else:
            folder = word
    return view, folder


EXPLORE = Command(
    "explore",
    "Look at everything a run has found: filter, compare, mark, clean.",
    "[VIEW] [WORK_DIR] [options]",
    "duplicates photos_fastdup --labels labels.csv",
    _declare,
    _execute,
)
