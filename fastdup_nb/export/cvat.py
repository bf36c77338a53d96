"""A task for CVAT, as the archive that its menu "Create from backup" takes.

Format: the user manual's page on backups, and what the importer of CVAT 1.7 to 2.x reads::

    task.json                 name, labels, data, jobs
    annotations.json          one entry per job; ours has one job
    data/manifest.jsonl       size of every image, in the order of the frames
    data/index.json           where the lines of the manifest begin
    data/images/000000_a.jpg  the files; CVAT sorts them by name, so names begin with the frame
    files.csv                 ours: which frame is which file; CVAT does not read it
"""

from __future__ import annotations

import colorsys
import json
import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from fastdup_nb.export.images import none_left, open_image
from fastdup_nb.export.result import Export, Unreadable
from fastdup_nb.export.text import harmless_cell, one_line
from fastdup_nb.media.decode import Photo, decode
from fastdup_nb.paths import absolute
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.tables import encode_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from fastdup_nb.export.listing import LabelledFile
    from fastdup_nb.progress import Progress

FILE = "fastdup_label.zip"
TASK_NAME = "fastdup_label"
LONGEST_LABEL = 64  # letters; longer ones do not fit into CVAT's database
_LONGEST_STEM = 80
_GOLDEN = 0.618033988749895
# Formats that CVAT reads, with the suffix it expects; the others become PNG.
_SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "WEBP": ".webp",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """An image of the task.

    Attributes
    ----------
    name, suffix : str
        Its path below `data/`, in two parts as the manifest wants it.
    width, height : int
        Pixels, upright.
    file : LabelledFile
    """

    name: str
    suffix: str
    width: int
    height: int
    file: LabelledFile


@dataclass
class _Task:
    frames: list[Frame] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def write_cvat(
    files: Sequence[LabelledFile],
    save_path: str | PathLike[str],
    progress: Progress | None = None,
) -> Export:
    """Write a task of images, each with one rectangle around the whole of it per label.

    Parameters
    ----------
    files : sequence of LabelledFile
    save_path : path
        Folder for `fastdup_label.zip`; made when missing.
    progress : Progress, optional

    Returns
    -------
    Export
        Images that cannot be read are left out: CVAT would refuse the whole archive.

    Raises
    ------
    EmptyInputError
        When no image is left.
    WorkDirError
        When it cannot be written.

    Notes
    -----
    V0.2 API page, `export_to_cvat`.
    """
    folder = absolute(save_path)
    with readable_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    with write_atomically(target) as stream, ZipFile(stream, "w") as archive:
        task = _add_images(archive, files, SilentProgress() if progress is None else progress)
        if not task.frames:
            raise none_left(task.unreadable)
        for name, content in _documents(task.frames).items():
            _add(archive, name, content)
    return Export(target, len(task.frames), tuple(task.unreadable))


def name_labels(labels: Iterable[str]) -> dict[str, str]:
    """Return the name in CVAT of every label: one line, at most 64 letters, no two alike.

    Parameters
    ----------
    labels : iterable of str

    Returns
    -------
    dict of str to str
        In the order of first use.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for label in dict.fromkeys(labels):
        name = plain = one_line(label)[:LONGEST_LABEL].strip() or "unnamed"
        number = 2
        while name in taken:
            ending = f" ({number})"
            name = plain[: LONGEST_LABEL - len(ending)] + ending
            number += 1
        taken.add(name)
        names[label] = name
    return names


def choose_colours(count: int) -> list[str]:
    """Return different colours as #rrggbb, the first ones far apart."""
    colours: dict[int, None] = {}
    for number in range(count):
        lap = number // 64
        rgb = colorsys.hsv_to_rgb(number * _GOLDEN % 1, 0.9 - lap % 5 * 0.15, 1 - lap % 7 * 0.1)
        red, green, blue = (round(part * 255) for part in rgb)
        colour = red << 16 | green << 8 | blue
        while colour in colours:
            colour = (colour + 1) % (1 << 24)
        colours[colour] = None
    return [f"#{colour:06x}" for colour in colours]


def _add_images(archive: ZipFile, files: Sequence[LabelledFile], progress: Progress) -> _Task:
    task = _Task()
    progress.start("Packing", len(files))
    for file in files:
        opened = open_image(file.path)
        if isinstance(opened, Unreadable):
            task.unreadable.append(opened)
            progress.advance(1, 1)
            continue
        data, photo = opened
        suffix = _SUFFIXES.get(photo.format)
        if suffix is None:
            suffix, data = ".png", _as_png(data)
        frame = _frame(len(task.frames), file, photo, suffix)
        _add(archive, f"data/{frame.name}{frame.suffix}", data, ZIP_STORED)
        task.frames.append(frame)
        progress.advance(1)
    progress.finish()
    return task


def _frame(number: int, file: LabelledFile, photo: Photo, suffix: str) -> Frame:
    # Plain letters, digits, - and _ only: nothing that leads out of the folder or that a reader
    # of archives could take for something else.
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(file.path).stem)[:_LONGEST_STEM]
    return Frame(f"images/{number:06d}_{stem}", suffix, photo.width, photo.height, file)


def _as_png(data: bytes) -> bytes:
    photo = decode(data, at_least=1 << 30, min_width=1, min_height=1)
    file = BytesIO()
    photo.image.info = {}
    photo.image.save(file, "PNG")
    return file.getvalue()


def _documents(frames: Sequence[Frame]) -> dict[str, bytes]:
    names = name_labels(label for frame in frames for label in frame.file.labels)
    manifest, index = _manifest(frames)
    return {
        "data/manifest.jsonl": manifest,
        "data/index.json": _json(index),
        "task.json": _json(_task(len(frames), list(names.values()))),
        "annotations.json": _json([_annotations(frames, names)]),
        "files.csv": _file_table(frames),
    }


def _manifest(frames: Sequence[Frame]) -> tuple[bytes, dict[str, int]]:
    lines = [_json({"version": "1.1"}), _json({"type": "images"})]
    position = sum(len(line) + 1 for line in lines)
    index = {}
    for number, frame in enumerate(frames):
        entry: dict[str, Any] = {"name": frame.name, "extension": frame.suffix}
        entry |= {"width": frame.width, "height": frame.height, "meta": {"related_images": []}}
        index[str(number)] = position
        lines.append(_json(entry))
        position += len(lines[-1]) + 1
    return b"".join(line + b"\n" for line in lines), index


def _task(count: int, labels: Sequence[str]) -> dict[str, Any]:
    colours = choose_colours(len(labels))
    return {
        "name": TASK_NAME,
        "bug_tracker": "",
        "status": "annotation",
        "subset": "",
        "labels": [
            {"name": name, "color": colour, "attributes": []}
            for name, colour in zip(labels, colours, strict=True)
        ],
        "version": "1.0",
        "data": {
            "chunk_size": 36,
            "image_quality": 70,
            "start_frame": 0,
            "stop_frame": count - 1,
            "chunk_type": "imageset",
            "storage_method": "cache",
            "storage": "local",
            "sorting_method": "lexicographical",
            "deleted_frames": [],
        },
        "jobs": [
            {"start_frame": 0, "stop_frame": count - 1, "status": "annotation", "reviews": []}
        ],
    }


def _annotations(frames: Sequence[Frame], names: dict[str, str]) -> dict[str, Any]:
    shapes = [
        {
            "type": "rectangle",
            "label": names[label],
            "frame": number,
            "points": [0.0, 0.0, float(frame.width), float(frame.height)],
            "rotation": 0.0,
            "occluded": False,
            "outside": False,
            "z_order": 0,
            "group": 0,
            "source": "manual",
            "attributes": [],
            "elements": [],
        }
        for number, frame in enumerate(frames)
        for label in frame.file.labels
    ]
    return {"version": 0, "tags": [], "shapes": shapes, "tracks": []}


def _file_table(frames: Sequence[Frame]) -> bytes:
    header = ("frame", "image", "filename", "labels")
    rows = [
        (number, frame.name + frame.suffix, frame.file.path, ", ".join(frame.file.labels))
        for number, frame in enumerate(frames)
    ]
    return encode_rows([header, *([harmless_cell(cell) for cell in row] for row in rows)])


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _add(archive: ZipFile, name: str, content: bytes, method: int = ZIP_DEFLATED) -> None:
    # Without a time of day, so that the same images give the same archive.
    member = ZipInfo(name)
    member.compress_type = method
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)
