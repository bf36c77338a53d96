"""Extracting the frames of videos as a command."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from fastdup_nb.commands.command import Command
from fastdup_nb.commands.runs import run_options_from

if TYPE_CHECKING:
    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.engine.frames import ExtractedFrames


def _declare(parser: Parser) -> None:
    parser.add_argument(
        "inputs", nargs="*", metavar="INPUT", help="Videos, or a folder or text file of them."
    )
    group = parser.add_argument_group("options")
    group.add_argument("--work-dir", metavar="DIR", help="Folder for the results.")
    group.add_argument(
        "--every-seconds", type=float, metavar="S", help="One frame every S seconds (default: 1)."
    )
    group.add_argument("--keyframes", action="store_true", help="The keyframes instead.")
    group.add_argument("--all", action="store_true", help="All frames instead.")
    group.add_argument(
        "--max-side", type=int, metavar="N", help="Make larger frames smaller, to N pixels."
    )
    group.add_argument("--num-images", type=int, metavar="N", help="The first N frames only.")
    group.add_argument("--quiet", action="store_true", help="Show nothing but errors.")


def _execute(values: Namespace, place: Place) -> ExtractedFrames:
    from fastdup_nb.engine.frames import extract_frames

    given = dict(vars(values))
    quiet = given.pop("quiet", False)
    every = given.pop("every_seconds", 1.0)
    given["video_even_sampling_rate_sec"] = 0.0 if given.pop("all", False) else every
    given["video_keyframe_only"] = given.pop("keyframes", False)
    given["video_resize_dim"] = given.pop("max_side", 0)
    given["delete_img"] = False
    return extract_frames(run_options_from(Namespace(**given), place), place.progress(quiet=quiet))


FRAMES = (
    Command(
        "extract-frames",
        "Write frames of videos as JPEG files.",
        "INPUT... [options]",
        "videos --work-dir frames --every-seconds 5",
        _declare,
        _execute,
    ),
)
