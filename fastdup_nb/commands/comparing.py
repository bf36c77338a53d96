"""Comparing two collections as a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.command import WORK_DIR_HELP, Command
from fastdup_nb.commands.results import write_frame
from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.render.comparison import Comparison

_NUMBERS = ("threshold", "level")


def _declare(parser: Parser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="TEST",
        help="What to look for: a folder or list of images, or the results of another run.",
    )
    group = parser.add_argument_group("options")
    group.add_argument("--work-dir", metavar="DIR", help=f"{WORK_DIR_HELP} They are the train set.")
    group.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        help="Least similarity of a pair in the table, 0 to 1 (default: 0.9).",
    )
    group.add_argument(
        "--level",
        type=float,
        metavar="T",
        help="From this similarity on a test image counts as in train (default: 0.96).",
    )
    group.add_argument(
        "--k", type=int, metavar="N", help="Train images to find for each one (default: 2)."
    )
    group.add_argument(
        "--model-path", metavar="FILE", help="The model of the run, when it is elsewhere now."
    )
    group.add_argument("--gallery", metavar="PATH", help="Also write a page with the pairs there.")
    group.add_argument(
        "--num-images", type=int, metavar="N", help="Pairs on that page at most (default: 20)."
    )
    group.add_argument("--save-path", metavar="FILE", help="Also write the table there, as CSV.")
    group.add_argument("--quiet", action="store_true", help="Show nothing but errors.")


def _execute(values: Namespace, place: Place) -> Compared:
    from fastdup_nb.session import Fastdup

    words = getattr(values, "inputs", [])
    if not words:
        hint = f"For example: {place.prog} compare test --work-dir train_fastdup"
        raise OptionError("There is nothing to compare with.", hint)
    session = Fastdup(place.read_work_dir(getattr(values, "work_dir", None), "--work-dir"))
    options: dict[str, Any] = {
        name: getattr(values, name)
        for name in (*_NUMBERS, "k", "model_path")
        if hasattr(values, name)
    }
    found = session.compare(
        _read_other(words, place),
        progress=place.progress(quiet=getattr(values, "quiet", False)),
        **options,
    )
    count = getattr(values, "num_images", place.num_images)
    return Compared(
        found,
        page=found.gallery(values.gallery, count) if hasattr(values, "gallery") else None,
        file=write_frame(found.frame, values.save_path) if hasattr(values, "save_path") else None,
    )


def _read_other(words: list[str], place: Place) -> Any:
    if len(words) == 1 and words[0] in place.variables and not Path(words[0]).exists():
        value = place.variables[words[0]]
        return getattr(value, "work_dir", value)
    return place.read_inputs(words)


class Compared:
    """A comparison, and the files that were written of it.

    Parameters
    ----------
    comparison : Comparison
    page, file : Path, optional
        The gallery and the table.
    """

    def __init__(
        self, comparison: Comparison, page: Path | None = None, file: Path | None = None
    ) -> None:
        self.comparison, self.page, self.file = comparison, page, file

    @property
    def frame(self) -> Any:
        """The pairs as a table, as other commands take it."""
        return self.comparison.frame

    @property
    def leakage(self) -> Any:
        """How many test images are in train."""
        return self.comparison.leakage

    def to_frame(self) -> Any:
        """Return the pairs."""
        return self.comparison.frame

    def leaked(self) -> list[str]:
        """Return the test images that are in train."""
        return self.comparison.leaked()

    def __len__(self) -> int:
        return len(self.comparison)

    def __repr__(self) -> str:
        parts = [repr(self.comparison)]
        parts += [f"Page: {self.page}"] if self.page else []
        parts += [f"Written: {self.file}"] if self.file else []
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        return self.comparison._repr_html_()


COMPARING = (
    Command(
        "compare",
        "Look for images, such as a test set, among those of a finished run.",
        "TEST... --work-dir DIR [options]",
        "test --work-dir train_fastdup --gallery leaks.html",
        _declare,
        _execute,
    ),
)
