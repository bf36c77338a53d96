"""Searching for images and adding images as commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.search import init_search
from fastdup_nb.commands.command import Command, declare_images
from fastdup_nb.commands.results import Found, write_frame
from fastdup_nb.commands.signatures import FunctionOptions
from fastdup_nb.errors import FastdupError, OptionError

if TYPE_CHECKING:
    from argparse import Namespace

    import pandas as pd

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.session import Fastdup
    from fastdup_nb.views.similarity import SimilarityView

OPTIONS = FunctionOptions(
    init_search,
    skip=("work_dir", "d", "verbose"),
    optional=("k",),
    texts=(("k", "Images to find for each one at most (default: 10)."),),
)
FILE_HELP = "Also write the table there, a .csv file."


def _declare_search(parser: Parser) -> None:
    declare_images(parser, "An image to search for; in a notebook a picture or an array too.")
    OPTIONS.declare(parser)
    parser.add_argument("--save-path", metavar="FILE", help=FILE_HELP)


def _declare_add(parser: Parser) -> None:
    declare_images(parser, "What to add: images, folders, or a list file, as for run.")
    FunctionOptions(init_search, skip=("work_dir", "k", "d", "verbose", "threshold")).declare(
        parser
    )
    parser.add_argument("--quiet", action="store_true", help="Show nothing but errors.")


def _open(values: Namespace, place: Place) -> Fastdup:
    from fastdup_nb.session import Fastdup

    return Fastdup(place.read_work_dir(getattr(values, "work_dir", None), "--work-dir"))


def _search(values: Namespace, place: Place) -> Found:
    images = place.read_images(getattr(values, "images", []))
    session = _open(values, place)
    found = session.search(images, **OPTIONS.arguments(values, place))
    file = write_frame(found, values.save_path) if hasattr(values, "save_path") else None
    text = "" if len(found) else "Nothing is that similar."
    return Found(found, text, file, _picture(found, session, len(images)))


def _picture(found: pd.DataFrame, session: Fastdup, count: int) -> SimilarityView | None:
    from fastdup_nb.views.similarity import build_similarity

    try:
        return build_similarity(
            found, work_dir=session.work_dir, min_items=1, num_images=count, descending=True
        )
    except FastdupError:  # the table says it all
        return None


def _add(values: Namespace, place: Place) -> Added:
    words = getattr(values, "images", [])
    if not words:
        raise OptionError("No image is given.", "Give images, or folders of them.")
    session = _open(values, place)
    options: dict[str, Any] = {}
    if hasattr(values, "model_path"):
        options["model_path"] = values.model_path
    progress = place.progress(quiet=getattr(values, "quiet", False))
    done = session.add(place.read_inputs(words), progress=progress, **options)
    return Added(session, done)


class Added:
    """What was added, in one line.

    Parameters
    ----------
    session : Fastdup
        The results, with the new images in them.
    counts : fastdup_nb.engine.add.Added
        How many images were new, bad, changed and unchanged.
    """

    def __init__(self, session: Fastdup, counts: Any) -> None:
        self.session = session
        self.counts = counts

    @property
    def work_dir(self) -> Any:
        """The folder of the results."""
        return self.session.work_dir

    def __repr__(self) -> str:
        counts = self.counts
        return (
            f"{counts.new:,} new, {counts.bad:,} bad, {counts.changed:,} changed, "
            f"{counts.unchanged:,} unchanged: {self.work_dir}"
        )


SEARCHING = (
    Command(
        "search",
        "Find the images that are most similar to an image.",
        "IMAGE... --work-dir DIR [options]",
        "query.jpg --work-dir photos_fastdup --k 5",
        _declare_search,
        _search,
    ),
    Command(
        "add",
        "Add images to finished results without starting over.",
        "IMAGE... --work-dir DIR [options]",
        "photos --work-dir photos_fastdup",
        _declare_add,
        _add,
    ),
)
