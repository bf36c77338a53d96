"""`plot` and `map`: widgets in a notebook, pages in a shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.command import WORK_DIR_HELP, Command, declare_results
from fastdup_nb.commands.signatures import FunctionOptions
from fastdup_nb.errors import OptionError
from fastdup_nb.plotting import PLOTS, Plotting

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place

EXPLORER_HELP = "In a notebook: the variable of an explorer that follows what is chosen."
PAGE_HELP = (
    "Also write a page there, which needs nothing else. A shell always writes it; not given: "
    "WORK_DIR/plot_NAME.html."
)
PLOT_OPTIONS = FunctionOptions(Plotting.plot, skip=("self", "what", "explorer"))
MAP_OPTIONS = FunctionOptions(Plotting.map, skip=("self", "explorer"))


def _declare_plot(parser: Parser) -> None:
    text = f"What to show: {', '.join(PLOTS)}, or another statistic."
    name: Any = parser.add_argument("what", nargs="?", metavar="NAME", help=text)
    name.suggested = list(PLOTS)
    declare_results(parser, WORK_DIR_HELP)
    PLOT_OPTIONS.declare(parser)
    _declare_rest(parser)


def _declare_map(parser: Parser) -> None:
    declare_results(parser, WORK_DIR_HELP)
    MAP_OPTIONS.declare(parser)
    _declare_rest(parser)


def _declare_rest(parser: Parser) -> None:
    parser.add_argument("--explorer", metavar="VARIABLE", help=EXPLORER_HELP)
    parser.add_argument("--save-path", metavar="FILE", help=PAGE_HELP)


def _plot(values: Namespace, place: Place) -> Any:
    from fastdup_nb.session import Fastdup

    words = [getattr(values, name) for name in ("what", "work_dir") if hasattr(values, name)]
    what, folder = _name_and_folder(words, place)
    session = Fastdup(place.read_work_dir(folder))
    given = PLOT_OPTIONS.arguments(values, place)
    return _show(session.plot(what, **given, **_explorer(values, place)), values, place, session)


def _map(values: Namespace, place: Place) -> Any:
    from fastdup_nb.session import Fastdup

    session = Fastdup(place.read_work_dir(getattr(values, "work_dir", None)))
    given = MAP_OPTIONS.arguments(values, place)
    return _show(session.map(**given, **_explorer(values, place)), values, place, session)


def _show(plot: Any, values: Namespace, place: Place, session: Any) -> Any:
    if place.needs_page:
        return f"Written: {plot.to_html(getattr(values, 'save_path', session.work_dir))}"
    if hasattr(values, "save_path"):
        plot.to_html(values.save_path)
    return plot


def _explorer(values: Namespace, place: Place) -> dict[str, Any]:
    if not hasattr(values, "explorer"):
        return {}
    word = values.explorer
    if word not in place.variables:
        hint = "Give the variable of what %fastdup explore returned."
        raise OptionError(f"There is no variable {word!r}.", hint)
    return {"explorer": place.variables[word]}


def _name_and_folder(words: list[str], place: Place) -> tuple[str, str | None]:
    """Tell the name of a plot from the folder of results; the folder may come first."""
    if len(words) == 2 and Path(words[0]).is_dir() and words[0] not in PLOTS:
        words.reverse()
    what = words[0] if words else ""
    if not what or (len(words) == 1 and what not in PLOTS and Path(what).is_dir()):
        raise OptionError("No plot is named.", f"Give one of: {', '.join(PLOTS)}.")
    if what == "map":
        raise OptionError("The map has a command of its own.", f"{place.prog} map shows it.")
    return what, words[1] if len(words) == 2 else None


PLOTTING = (
    Command(
        "plot",
        "Show how something is distributed: a statistic, similarity, sizes of groups.",
        "NAME WORK_DIR [options]",
        "blur photos_fastdup",
        _declare_plot,
        _plot,
    ),
    Command(
        "map",
        "Show the images as points, similar ones near each other.",
        "WORK_DIR [options]",
        "photos_fastdup --method tsne --color folder",
        _declare_map,
        _map,
    ),
)
