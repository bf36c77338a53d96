"""`dedup`: the images of a folder, each once."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError, Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.errors import InputError, OptionError
from fastdup_nb.options import TuriParams
from fastdup_nb.paths import absolute

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.engine.dedup import Deduplication

NAME = "dedup"
HELP = "Find the images of a folder that are there more than once; copy each once."
USAGE = "DUMP_DIR [-e | -n] [options]"
EXAMPLE = "dump -d images -o images.json"
NEAR_OPTIONS = ("threshold", "work_dir")


@dataclass(frozen=True, repr=False)
class DedupReport:
    """What `dedup` found and wrote.

    Attributes
    ----------
    found : Deduplication
        The kept images and their duplicates.
    output_json, output_dir : Path or None
        What was written.
    """

    found: Deduplication
    output_json: Path | None = None
    output_dir: Path | None = None

    @property
    def kept(self) -> list[str]:
        """The images that stay, each once."""
        return [group.kept.path for group in self.found.groups]

    @property
    def duplicates(self) -> dict[str, list[str]]:
        """The duplicates of every kept image that has some."""
        return {
            group.kept.path: [image.path for image in group.duplicates]
            for group in self.found.groups
            if group.duplicates
        }

    def __repr__(self) -> str:
        lines = [
            f"Initial_Image_Count: {self.found.initial_count}",
            f"Final_Image_Count: {self.found.final_count}",
        ]
        lines += [f"JSON: {self.output_json}"] if self.output_json else []
        lines += [f"Images: {self.output_dir}"] if self.output_dir else []
        return "\n".join(lines)


def declare(parser: Parser) -> None:
    """Add the arguments and options: those of the program, and three for near-duplicates."""
    parser.add_argument(
        "dump_dir", nargs="?", metavar="DUMP_DIR", help="A folder with images, of any structure."
    )
    group = parser.add_argument_group("options")
    mode = group.add_mutually_exclusive_group()
    mode.add_argument(
        "-e",
        "--exact-duplicates",
        action="store_true",
        help="Files of the same content are duplicates (the default).",
    )
    mode.add_argument(
        "-n",
        "--near-duplicates",
        action="store_true",
        help="Images that look the same are duplicates too.",
    )
    group.add_argument(
        "-o",
        "--output-json",
        metavar="FILE",
        help="Write the kept images, their hashes and their duplicates to a JSON file.",
    )
    group.add_argument(
        "-d", "--output-dir", metavar="DIR", help="Copy the kept images into this folder."
    )
    group.add_argument(
        "-s",
        "--show-duplicates",
        action="store_true",
        help="Copy the duplicates too: into DIR/duplicates, the kept into DIR/deduplicated.",
    )
    default = "|".join(map(str, TuriParams().ccthreshold))
    group.add_argument(
        "--threshold",
        type=_read_threshold,
        metavar="T",
        help=f"With -n: least similarity of near-duplicates. (default: {default})",
    )
    group.add_argument(
        "--work-dir",
        metavar="DIR",
        help="With -n: keep the results of the run in this folder. Not given: a temporary one.",
    )
    group.add_argument("--quiet", action="store_true", help="Show nothing but errors.")


def execute(values: Namespace, place: Place) -> DedupReport:
    """De-duplicate.

    Raises
    ------
    OptionError
        When options are missing or do not go together.
    FastdupError
        When it cannot be done.
    """
    from fastdup_nb.clean.deduplicated import check_output, copy_images, write_list
    from fastdup_nb.engine.dedup import deduplicate

    given = vars(values)
    folder = _read_folder(values, place)
    output_dir, output_json = given.get("output_dir", ""), given.get("output_json", "")
    threshold = _threshold(values)
    if given.get("show_duplicates") and not output_dir:
        raise OptionError("--show-duplicates needs a folder.", "Give it as --output-dir DIR.")
    check_output(absolute(folder), output_dir, output_json)
    progress = place.progress(quiet=given.get("quiet", False))
    found = deduplicate(
        folder,
        progress,
        threshold=threshold,
        work_dir=given.get("work_dir", ""),
        hashes=bool(output_json),
        exclude=[str(absolute(output_dir))] if output_dir else [],
    )
    for warning in found.warnings:
        progress.message(warning)
    copies = None
    if output_dir:
        show = given.get("show_duplicates", False)
        copies = copy_images(found, output_dir, progress, show_duplicates=show)
    written = write_list(found, copies, output_json) if output_json else None
    if copies and copies.failed.count:
        message = copies.failed.describe("image was not copied", "images were not copied")
        raise InputError(message, "All others are. Give the same command again.")
    return DedupReport(found, written, absolute(output_dir) if output_dir else None)


def _read_folder(values: Namespace, place: Place) -> str:
    word = getattr(values, "dump_dir", "")
    if not word:
        hint = f"Give one, for example: {place.prog} {NAME} {EXAMPLE}"
        raise OptionError("No folder is given.", hint)
    folder = place.read_inputs([word])
    if not isinstance(folder, (str, os.PathLike)):
        raise OptionError(f"{word!r} is a list.", "Give one folder.")
    return os.fsdecode(folder)


def _threshold(values: Namespace) -> float | None:
    """Return the similarity from which images are duplicates; None when only copies are."""
    if getattr(values, "near_duplicates", False):
        chosen: float = getattr(values, "threshold", TuriParams().ccthreshold[0])
        return chosen
    for name in NEAR_OPTIONS:
        if hasattr(values, name):
            option = "--" + name.replace("_", "-")
            raise OptionError(f"{option} is about near-duplicates.", "Give it together with -n.")
    return None


def _read_threshold(text: str) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = -1.0
    if not 0 <= threshold <= 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return threshold
