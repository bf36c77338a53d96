"""Pascal VOC annotations, one XML file per image, and `classes.txt`: what labelImg opens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fastdup_nb.errors import OptionError
from fastdup_nb.export.images import none_left, open_image
from fastdup_nb.export.result import Export, Unreadable
from fastdup_nb.export.staging import stage
from fastdup_nb.export.text import one_line
from fastdup_nb.paths import absolute
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from fastdup_nb.export.listing import LabelledFile
    from fastdup_nb.media.decode import Photo
    from fastdup_nb.progress import Progress

CLASSES = "classes.txt"


def write_labelimg(
    files: Sequence[LabelledFile],
    save_path: str | PathLike[str],
    progress: Progress | None = None,
) -> Export:
    """Write one annotation file per image, with one box around the whole of it per label.

    labelImg finds annotations by the name of the image without its suffix: `a.xml` for `a.jpg`.
    Images of equal names from different folders get `a.xml`, `a (2).xml` and so on.

    Parameters
    ----------
    files : sequence of LabelledFile
    save_path : path
        Folder; made when missing. The lines of a `classes.txt` in it are kept, new ones added.
    progress : Progress, optional

    Returns
    -------
    Export
        Images that cannot be read are left out.

    Raises
    ------
    EmptyInputError
        When no image is left.
    OptionError
        When the folder holds other annotations of the same names.
    WorkDirError
        When they cannot be written.

    Notes
    -----
    V0.2 API page, `export_to_labelImg`.
    """
    folder = absolute(save_path)
    reporter = SilentProgress() if progress is None else progress
    unreadable: list[Unreadable] = []
    written: list[LabelledFile] = []
    taken: set[str] = set()
    reporter.start("Writing annotations", len(files))
    with stage(folder, last=CLASSES) as staging:
        for file in files:
            opened = open_image(file.path)
            if isinstance(opened, Unreadable):
                unreadable.append(opened)
                reporter.advance(1, 1)
                continue
            name = _free_name(Path(file.path).stem, taken)
            document = annotation(file, opened[1])
            _check_not_other(folder / name, document)
            (staging / name).write_bytes(document)
            written.append(file)
            reporter.advance(1)
        reporter.finish()
        if not written:
            raise none_left(unreadable)
        (staging / CLASSES).write_bytes(_classes(folder / CLASSES, written))
    return Export(folder, len(written), tuple(unreadable))


def annotation(file: LabelledFile, photo: Photo) -> bytes:
    """Return the Pascal VOC document of an image; pixels count from 1.

    Parameters
    ----------
    file : LabelledFile
    photo : Photo
        The image, for its size.
    """
    path = Path(file.path)
    root = ET.Element("annotation")
    _leaf(root, "folder", path.parent.name)
    _leaf(root, "filename", path.name)
    _leaf(root, "path", file.path)
    _leaf(ET.SubElement(root, "source"), "database", "Unknown")
    size = ET.SubElement(root, "size")
    for name, number in (("width", photo.width), ("height", photo.height), ("depth", 3)):
        _leaf(size, name, str(number))
    _leaf(root, "segmented", "0")
    for label in file.labels:
        thing = ET.SubElement(root, "object")
        _leaf(thing, "name", class_name(label))
        _leaf(thing, "pose", "Unspecified")
        _leaf(thing, "truncated", "0")
        _leaf(thing, "difficult", "0")
        box = ET.SubElement(thing, "bndbox")
        corners = (("xmin", 1), ("ymin", 1), ("xmax", photo.width), ("ymax", photo.height))
        for name, number in corners:
            _leaf(box, name, str(number))
    ET.indent(root, "\t")
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def class_name(label: str) -> str:
    """Return a label as labelImg can hold it: a line that is not empty."""
    return one_line(label) or "unnamed"


def _leaf(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = one_line(text)


def _free_name(stem: str, taken: set[str]) -> str:
    # Compared without case: on some systems A.xml and a.xml are one file.
    name, number = f"{stem}.xml", 2
    while name.casefold() in taken:
        name = f"{stem} ({number}).xml"
        number += 1
    taken.add(name.casefold())
    return name


def _check_not_other(target: Path, document: bytes) -> None:
    if target.exists() and target.read_bytes() != document:
        message = f"{target} holds another annotation."
        raise OptionError(message, "Give another save_path: what you have labelled stays.")


def _classes(existing: Path, files: Sequence[LabelledFile]) -> bytes:
    # The number of a line is the number of the class in YOLO files that may lie beside.
    kept: list[str] = []
    if existing.is_file():
        kept = existing.read_text("utf-8", "replace").split("\n")
        while kept and not kept[-1].strip():
            kept.pop()
    present = {line.strip() for line in kept}
    wanted = dict.fromkeys(class_name(label) for file in files for label in file.labels)
    lines = [*kept, *(name for name in wanted if name not in present)]
    return "".join(f"{line}\n" for line in lines).encode()
