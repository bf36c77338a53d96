"""Boxes of a YOLO data set: a YAML file that names folders, and a text file of boxes per image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fastdup_nb.errors import InputError, InputNotFoundError, MissingDependencyError
from fastdup_nb.sources.annotations.collected import Annotations, Collector, left_out
from fastdup_nb.sources.suffixes import IMAGE_SUFFIXES, suffix_of

_BOX, _ROTATED = 5, 9
_FORM = "Write path, train and val (folders of images) and names, as YOLO's data.yaml has them."


class YoloData:
    """What a YOLO YAML file says.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    InputError
        When it is no such file.
    MissingDependencyError
        When PyYAML is not installed.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).resolve()
        self._content = _load(self._path)
        root = self._content.get("path")
        base = Path(os.path.expanduser(str(root))) if root else Path()  # noqa: PTH111
        bases = [base] if base.is_absolute() else [self._path.parent / base, Path.cwd() / base]
        self._root = next((item for item in bases if item.exists()), bases[0])
        self.names = _class_names(self._content.get("names"))

    def has(self, part: str) -> bool:
        """Return whether it names images for a part: `train`, `val`, `test`."""
        return bool(self._content.get(part))

    def read(self, part: str) -> Annotations:
        """Read the boxes of a part.

        Raises
        ------
        InputNotFoundError
            When a folder it names does not exist.
        InputError
            When it has no such part.
        """
        found = Collector()
        without = bad = 0
        images = list(self._images(part))
        labelled = [(image, _label_file(image)) for image in images]
        if not any(file.is_file() for _, file in labelled):
            found.notes.append(
                f"No image of {part!r} has a file of boxes: whole images are compared."
            )
            for image in images:
                found.add_image(str(image))
            return found.close()
        for image, file in labelled:
            count = 0
            for line in _lines(file):
                count += 1
                bad += not self._add(found, str(image), line)
            without += not count
        if without:
            found.notes.append(left_out(without, "image without a box", "images without a box"))
        return found.close()

    def _add(self, found: Collector, image: str, line: str) -> bool:
        """Add the box of a line: a class, then numbers relative to width and height."""
        first, *rest = line.split()
        label = self.names.get(first, first)
        try:
            numbers = [100 * float(text) for text in rest]
        except ValueError:
            numbers = []
        if len(numbers) in (_BOX - 1, _BOX):  # a detector adds how sure it is
            x, y, width, height = numbers[:4]
            box = (x - width / 2, y - height / 2, width, height)
            sure = rest[4] if len(rest) == _BOX else ""
            found.add(image, box, label, sure, relative=True)
        elif len(numbers) == _ROTATED - 1:
            found.add(image, numbers, label, relative=True)
        elif len(numbers) > _ROTATED - 1 and len(numbers) % 2 == 0:  # an outline
            xs, ys = numbers[::2], numbers[1::2]
            box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
            found.add(image, box, label, relative=True)
        else:
            found.add(image, line[:80], label)
            return False
        return True

    def _images(self, part: str) -> Iterator[Path]:
        given = self._content.get(part)
        if not given:
            parts = ", ".join(name for name in ("train", "val", "test") if self.has(name))
            message = f"{self._path} names no {part!r} images."
            raise InputError(message, f"It has: {parts or 'nothing'}. {_FORM}")
        for item in given if isinstance(given, list) else [given]:
            yield from self._images_at(str(item), part)

    def _images_at(self, item: str, part: str) -> Iterator[Path]:
        path = Path(os.path.expanduser(item))  # noqa: PTH111
        path = path if path.is_absolute() else self._root / item.removeprefix("./")
        if not path.exists() and item.startswith("../"):
            path = self._root / item.removeprefix("../")  # as exports of the original tools have it
        if path.is_dir():
            # Names as text, so that the order is that of a run on the folder.
            files = (os.path.join(top, name) for top, _, names in os.walk(path) for name in names)  # noqa: PTH118
            yield from map(Path, sorted(file for file in files if _is_image(file)))
        elif path.is_file():
            for line in _lines(path):
                listed = Path(line)
                beside = [listed, path.parent / line.removeprefix("./"), self._root / line]
                yield next((file for file in beside if file.is_file()), beside[1])
        else:
            message = f"{self._path}: {part} names {str(path)!r}, which does not exist."
            raise InputNotFoundError(message, f"The folder of the data set is {str(self._root)!r}.")


def read_yolo(path: str, part: str = "") -> Annotations:
    """Read the boxes of a part of a YOLO data set; of `train` when none is named."""
    data = YoloData(path)
    return data.read(part or next((name for name in ("train", "val") if data.has(name)), "train"))


def _load(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        message = f"Reading {path.name} needs PyYAML."
        raise MissingDependencyError(message, "Install it: pip install fastdup_nb[yaml]") from error
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the file.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path} is not YAML: {first}.", _FORM) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} names no images.", _FORM)
    return content


def _class_names(value: Any) -> dict[str, str]:
    """Return the names of classes by number; YOLO writes a list or a mapping."""
    if isinstance(value, list):
        return {str(number): str(name) for number, name in enumerate(value)}
    if isinstance(value, dict):
        return {str(number): str(name) for number, name in value.items()}
    return {}


def _label_file(image: Path) -> Path:
    """Return the file of boxes of an image: `labels` stands for the last `images` in its path."""
    parts = list(image.parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            moved = Path(*parts).with_suffix(".txt")
            return moved if moved.is_file() or not _beside(image).is_file() else _beside(image)
    return _beside(image)


def _beside(image: Path) -> Path:
    return image.with_suffix(".txt")


def _is_image(path: str) -> bool:
    return suffix_of(path) in IMAGE_SUFFIXES


def _lines(path: Path) -> Sequence[str]:
    try:
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]
