"""Boxes in a COCO JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fastdup_nb.errors import InputError
from fastdup_nb.sources.annotations.collected import Annotations, Collector, left_out

_LARGEST = 4 << 30
_FORM = 'A COCO file is {"images": [...], "annotations": [...], "categories": [...]}.'
_NUMBERS = 4
_MOST_LOOKED_AT = 20


def read_coco(path: str, folders: Sequence[str]) -> Annotations:
    """Read the boxes of a COCO JSON file, in the order of its annotations by image.

    Parameters
    ----------
    path : str
    folders : sequence of str
        Where the images are. Without: beside the file, or in a folder near it.

    Raises
    ------
    InputError
        When it is no such file.
    """
    content = _load(path)
    images, annotations = _lists(content, path, "images"), _lists(content, path, "annotations")
    name_of = {
        image.get("id"): str(image["file_name"]) for image in images if image.get("file_name")
    }
    category_of = {
        category.get("id"): str(category.get("name", category.get("id")))
        for category in _lists(content, path, "categories")
    }
    found = Collector([*folders, *_guess_folders(Path(path), name_of.values())])
    by_image: dict[Any, list[dict[str, Any]]] = {number: [] for number in name_of}
    strangers = 0
    for annotation in annotations:
        number = annotation.get("image_id")
        if not _is_key(number) or number not in by_image:
            strangers += 1
        else:
            by_image[number].append(annotation)
    for number, boxes in by_image.items():
        for box in boxes:
            category = box.get("category_id")
            label = category_of.get(category, str(category)) if _is_key(category) else ""
            sure = box.get("score")
            found.add(
                name_of[number],
                _numbers(box.get("bbox")),
                "" if category is None else label,
                f"{sure:g}" if isinstance(sure, (int, float)) else "",
            )
    if strangers:
        of = f"of images that {path!r} does not list"
        found.notes.append(left_out(strangers, f"annotation {of}", f"annotations {of}"))
    empty = sum(not boxes for boxes in by_image.values())
    if empty:
        found.notes.append(left_out(empty, "image without a box", "images without a box"))
    return found.close()


def _load(path: str) -> dict[str, Any]:
    try:
        if os.path.getsize(path) > _LARGEST:  # noqa: PTH202
            raise InputError(f"{path!r} is larger than {_LARGEST:,} bytes.", "Cut it in parts.")
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(
            f"{path!r} cannot be read: {error.strerror}.", "Check the file."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path!r} is not JSON: {error}.", _FORM) from error
    if not isinstance(content, dict) or "annotations" not in content:
        raise InputError(f"{path!r} is JSON, but no COCO file.", _FORM)
    return content


def _lists(content: dict[str, Any], path: str, key: str) -> list[dict[str, Any]]:
    items = content.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InputError(f"{path!r}: {key} is no list of objects.", _FORM)
    return items


def _is_key(value: Any) -> bool:
    return isinstance(value, (int, str))


def _numbers(value: Any) -> list[float] | str:
    usable = isinstance(value, list) and len(value) == _NUMBERS
    if usable and all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in value):
        return [float(number) for number in value]
    return json.dumps(value)[:80] if value is not None else "no bbox"


def _guess_folders(path: Path, file_names: Iterable[str]) -> list[str]:
    """Return the folder near the file that holds the images: the usual ones are looked through."""
    here = path.resolve().parent
    near = [here, here / "images", here.parent, here.parent / "images"]
    near += [
        folder
        for base in (here.parent, here.parent / "images", here / "images")
        if base.is_dir()
        for folder in sorted(base.iterdir())[:_MOST_LOOKED_AT]
        if folder.is_dir() and folder.name in path.stem
    ]
    first = next(iter(file_names), "")
    holding = [str(folder) for folder in near if first and (folder / first).is_file()]
    return [*holding, str(here)]
