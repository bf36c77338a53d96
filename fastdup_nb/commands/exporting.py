"""Results for other tools as commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.export import export_to_tensorboard_projector, generate_sprite_image
from fastdup_nb.commands.command import WORK_DIR_HELP, Command, declare_results
from fastdup_nb.commands.parser import LABELS, Parser
from fastdup_nb.commands.results import call
from fastdup_nb.commands.signatures import TEXTS, FunctionOptions, read_object
from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.place import Place

# Every kind of `Fastdup.export`, and what it writes when no path is given.
KINDS = {
    "csv": "images.csv",
    "parquet": "images.parquet",
    "coco": "coco.json",
    "projector": "projector",
    "cvat": "cvat",
    "labelimg": "labelimg",
}
PROJECTOR = FunctionOptions(
    export_to_tensorboard_projector,
    skip=("work_dir",),
    optional=("log_dir",),
    texts=(("log_dir", "Folder for the files. Not given: WORK_DIR/projector."),),
)
NO_SHOW_HELP = "In a notebook: only write the files, as a shell does."
STOP_HELP = "In a notebook: stop every TensorBoard that it has started, and write nothing."
SPRITE = FunctionOptions(
    generate_sprite_image,
    skip=("img_list",),
    optional=("sample_size",),
    texts=(("sample_size", "Images at most: the first ones. Not given: all."),),
)


def _declare_export(parser: Parser) -> None:
    action: Any = parser.add_argument(
        "kind", nargs="?", metavar="KIND", help=f"One of: {', '.join(KINDS)}."
    )
    action.suggested = list(KINDS)
    parser.add_argument("work_dir", nargs="?", metavar="WORK_DIR", help=WORK_DIR_HELP)
    where = "The file of csv, parquet and coco, the folder of the others. Not given: in WORK_DIR."
    parser.add_argument("--save-path", metavar="PATH", help=where)
    parser.add_argument("--labels", metavar=LABELS, help=TEXTS["labels"])
    boxes = TEXTS["boxes"].replace("draw", "write, for coco")
    parser.add_argument("--boxes", metavar=LABELS, help=boxes)


def _declare_projector(parser: Parser) -> None:
    declare_results(parser)
    port: Any = {"type": int, "metavar": "N", "help": "For TensorBoard. Not given: a free one."}
    parser.add_argument("--port", **port)
    parser.add_argument("--no-show", action="store_true", help=NO_SHOW_HELP)
    parser.add_argument("--stop", action="store_true", help=STOP_HELP)
    PROJECTOR.declare(parser)


def _declare_sprite(parser: Parser) -> None:
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="Images, folders or a list.")
    SPRITE.declare(parser)


def _export(values: Namespace, place: Place) -> str:
    from fastdup_nb.session import Fastdup

    kind = getattr(values, "kind", "")
    if not kind:
        raise OptionError("No kind of export is given.", f"Give one of: {', '.join(KINDS)}.")
    if kind not in KINDS:
        raise unknown_name("kind of export", kind, KINDS)
    session = Fastdup(place.read_work_dir(getattr(values, "work_dir", None)))
    objects = {
        f"get_{parameter}": read_object(getattr(values, name), name, place)
        for name, parameter in (("labels", "label"), ("boxes", "bounding_box"))
        if hasattr(values, name)
    }
    path = getattr(values, "save_path", session.work_dir / KINDS[kind])
    return f"Written: {session.export(kind, path, **objects)}"


def _projector(values: Namespace, place: Place) -> Any:
    from fastdup_nb.export import tensorboard

    if getattr(values, "stop", False):
        return f"Stopped: {count_of(tensorboard.stop_all(), 'TensorBoard')}"
    shown = not place.needs_page and not getattr(values, "no_show", False)
    if shown:
        tensorboard.check_installed()  # before the work
    work_dir = place.read_work_dir(getattr(values, "work_dir", None))
    given = PROJECTOR.arguments(values, place)
    given = {"log_dir": Path(work_dir) / KINDS["projector"], "d": None, **given}  # d: as stored
    _, text = call(export_to_tensorboard_projector, work_dir, **given)
    if not shown:
        return f"To see it: {text}"
    return tensorboard.serve_projector(given["log_dir"], port=getattr(values, "port", 0))


def _sprite(values: Namespace, place: Place) -> str:
    from fastdup_nb.sources import resolve

    words = getattr(values, "images", [])
    if not words:
        raise OptionError("No image is given.", "Give images, or folders of them.")
    given = SPRITE.arguments(values, place)
    paths = list(resolve(place.read_inputs(words)).paths)
    (path, _), _ = call(generate_sprite_image, paths, **{"sample_size": len(paths), **given})
    return f"Written: {path}"


EXPORTING = (
    Command(
        "export",
        "Write the results for another tool.",
        "KIND WORK_DIR [options]",
        "csv photos_fastdup --save-path photos.csv",
        _declare_export,
        _export,
    ),
    Command(
        "projector",
        "Write the embeddings for TensorBoard's projector; a notebook shows it.",
        "WORK_DIR [options]",
        "photos_fastdup --log-dir logs",
        _declare_projector,
        _projector,
    ),
    Command(
        "sprite",
        "Write one large image made of a grid of small ones.",
        "IMAGE... --log-dir DIR [options]",
        "photos --log-dir logs --h 64",
        _declare_sprite,
        _sprite,
    ),
)
