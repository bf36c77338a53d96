"""Images, labels and boxes as COCO JSON."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from fastdup_nb.export.images import open_image
from fastdup_nb.export.result import Export, Unreadable
from fastdup_nb.paths import absolute
from fastdup_nb.sources.crops import region_of, split_crop
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.views.boxes import Box, BoxSource, make_box_function
from fastdup_nb.views.labels import LabelSource, make_labeller

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import pandas as pd

    from fastdup_nb.views.labels import ImageList

NO_LABEL = "object"  # the category of a box of an image without label


def write_coco(
    table: pd.DataFrame,
    images: ImageList,
    path: str | PathLike[str],
    labels: LabelSource = None,
    boxes: BoxSource = None,
) -> Export:
    """Write images with their labels and boxes as COCO JSON.

    An image with labels and no boxes gets one box around the whole of it per label; one with boxes
    gets every box in every label, or in the category `object`. The boxes of a run on boxes are
    those of their images again.

    Parameters
    ----------
    table : DataFrame
        Of `build_image_table`: filename, and width and height where they are known.
    images : WorkDir or ImageList
        What labels are joined to by index or by row.
    path : path
        The file; folders are made when missing.
    labels, boxes
        See `fastdup_nb.views.labels.make_labeller` and `fastdup_nb.views.boxes`.

    Returns
    -------
    Export
        Images of unknown size that cannot be read are left out.

    Raises
    ------
    FastdupError
        When labels or boxes do not fit, or the file cannot be written.
    """
    target = absolute(path)
    label_of, boxes_of = make_labeller(labels, images), make_box_function(boxes)
    document = _Document()
    unreadable = []
    crops: dict[str, list[str]] = {}
    for name, size in zip(table["filename"], _sizes(table), strict=True):
        split = split_crop(name)
        if split is not None and not os.path.lexists(name):
            crops.setdefault(split[0], []).append(name)
            continue
        known = size or _measure(name)
        if isinstance(known, Unreadable):
            unreadable.append(known)
            continue
        document.add(name, known, label_of(name), boxes_of(name))
    for image, names in crops.items():
        known = _measure(image)
        if isinstance(known, Unreadable):
            unreadable.append(known)
            continue
        document.add_boxes(image, known, [(_bounds(name, known), label_of(name)) for name in names])
    with readable_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(target) as stream:
        stream.write(document.to_json())
    return Export(target, len(document.images), tuple(unreadable))


class _Document:
    """A COCO file as it grows; everything is numbered from 1."""

    def __init__(self) -> None:
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []
        self.categories: dict[str, int] = {}

    def add(
        self, name: str, size: tuple[int, int], labels: Sequence[str], boxes: Sequence[Box]
    ) -> None:
        """Add an image and what is on it."""
        width, height = size
        if not boxes and labels:
            boxes = [(0.0, 0.0, float(width), float(height))]
        self.add_boxes(name, size, [(_inside(box, width, height), labels) for box in boxes])

    def add_boxes(
        self, name: str, size: tuple[int, int], boxes: Sequence[tuple[Box, Sequence[str]]]
    ) -> None:
        """Add an image with boxes that have labels of their own."""
        number = len(self.images) + 1
        self.images.append(
            {"id": number, "file_name": _text(name), "width": size[0], "height": size[1]}
        )
        for box, labels in boxes:
            for label in labels or (NO_LABEL,):
                self._annotate(number, box, _text(label))

    def to_json(self) -> bytes:
        """Return the file."""
        categories = [
            {"id": number, "name": name, "supercategory": ""}
            for name, number in self.categories.items()
        ]
        document = {
            "info": {"description": "exported by fastdup_nb", "version": "1.0"},
            "licenses": [],
            "images": self.images,
            "annotations": self.annotations,
            "categories": categories,
        }
        return json.dumps(document, indent=1).encode("ascii")

    def _annotate(self, image: int, box: Box, label: str) -> None:
        left, top, right, bottom = box
        width, height = right - left, bottom - top
        self.annotations.append(
            {
                "id": len(self.annotations) + 1,
                "image_id": image,
                "category_id": self.categories.setdefault(label, len(self.categories) + 1),
                "bbox": [left, top, width, height],
                "area": width * height,
                "iscrowd": 0,
                "segmentation": [],
            }
        )


def _text(text: str) -> str:
    # JSON holds every character but half of a pair, which stands for an undecodable byte.
    return text if text.isascii() else "".join(map(_whole, text))


def _whole(letter: str) -> str:
    return "\ufffd" if "\ud800" <= letter <= "\udfff" else letter


def _inside(box: Box, width: int, height: int) -> Box:
    left, top, right, bottom = box
    return (
        min(max(left, 0.0), float(width)),
        min(max(top, 0.0), float(height)),
        min(max(right, 0.0), float(width)),
        min(max(bottom, 0.0), float(height)),
    )


def _bounds(name: str, size: tuple[int, int]) -> Box:
    x, y, width, height = region_of(name).bounds(*size)
    return float(x), float(y), float(x + width), float(y + height)


def _sizes(table: pd.DataFrame) -> list[tuple[int, int] | None]:
    if not {"width", "height"} <= set(table.columns):
        return [None] * len(table)
    return [
        (int(width), int(height)) if width > 0 and height > 0 else None
        for width, height in zip(table["width"], table["height"], strict=True)
    ]


def _measure(name: str) -> tuple[int, int] | Unreadable:
    opened = open_image(name)
    return opened if isinstance(opened, Unreadable) else (opened[1].width, opened[1].height)
