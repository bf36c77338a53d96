"""The boxes of a run, in order: every one is an image of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from fastdup_nb.sources import members
from fastdup_nb.sources.crops import crop_name, raw_crop_name
from fastdup_nb.sources.notes import Tally
from fastdup_nb.sources.paths import absolute, local_path


@dataclass(frozen=True, slots=True)
class Annotations:
    """What annotations say, box by box.

    Attributes
    ----------
    names : list of str
        Names of crops, see `fastdup_nb.sources.crops`; of an image without boxes its path.
    labels : list of str
        The label of each; empty when it has none.
    confidences : list of str
        How sure a detector was; empty when not known.
    warnings : tuple of str
        What was left out and why, one line each.
    """

    names: list[str]
    labels: list[str]
    confidences: list[str]
    warnings: tuple[str, ...] = ()

    def window(self, start: int, stop: int | None) -> Annotations:
        """Return the boxes `start` to `stop` (half-open)."""
        part = slice(start, stop)
        return Annotations(
            self.names[part], self.labels[part], self.confidences[part], self.warnings
        )


@dataclass(slots=True)
class Collector:
    """Gathers boxes as a reader finds them; the same box twice is one.

    Parameters
    ----------
    folders : sequence of str
        Where images with relative names are looked for, in this order.
    fallback : str
        Where those lie that are in none of them; the first of them when not given.
    """

    folders: Sequence[str] = ()
    fallback: str = ""
    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    confidences: list[str] = field(default_factory=list)
    repeated: Tally = field(default_factory=Tally)
    notes: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _places: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        image: str,
        numbers: Sequence[float] | str,
        label: str = "",
        confidence: str = "",
        *,
        relative: bool = False,
        rotated: bool = False,
    ) -> None:
        """Add a box.

        Parameters
        ----------
        image : str
            As the annotations name it.
        numbers : sequence of float, or str
            Four or eight numbers; a text that is no numbers makes a bad box, which says so.
        label, confidence : str
        relative : bool
            Whether the numbers are percents.
        rotated : bool
            Whether a text is about a rotated box.
        """
        place = self.place_of(image)
        if isinstance(numbers, str):
            kind = "polygon" if rotated else "xywh"
            name = raw_crop_name(place, kind, numbers, relative=relative)
        else:
            name = crop_name(place, numbers, relative=relative)
        self._take(name, label, confidence)

    def add_image(self, image: str, label: str = "") -> None:
        """Add a whole image."""
        self._take(self.place_of(image), label, "")

    def place_of(self, image: str) -> str:
        """Return the absolute path of an image."""
        found = self._places.get(image)
        if found is None:
            found = self._places[image] = find_image(image, self.folders, self.fallback)
        return found

    def close(self) -> Annotations:
        """Return what was gathered."""
        warnings = list(self.notes)
        if self.repeated.count:
            text = self.repeated.describe(
                "box is listed again", "boxes are listed again; each is used once"
            )
            warnings.append(text)
        return Annotations(self.names, self.labels, self.confidences, tuple(warnings))

    def _take(self, name: str, label: str, confidence: str) -> None:
        if name in self._known:
            self.repeated.add(name)
            return
        self._known.add(name)
        self.names.append(name)
        self.labels.append(label)
        self.confidences.append(confidence)


def left_out(count: int, one: str, many: str) -> str:
    """Word how much was left out.

    >>> left_out(1, "image without a box", "images without a box")
    '1 image without a box is left out.'
    """
    return f"{count:,} {one} is left out." if count == 1 else f"{count:,} {many} are left out."


def find_image(name: str, folders: Sequence[str], fallback: str = "") -> str:
    """Return the absolute path of an image that annotations name.

    Parameters
    ----------
    name : str
        Absolute, or relative to one of the folders; a remote name stays as it is.
    folders : sequence of str
        Where to look, in this order; archives too.
    fallback : str
        What counts when it is in none; the first of them when not given.
    """
    if "://" in name and not name.lower().startswith("file://"):
        return name
    path = local_path(name)
    if os.path.isabs(path):  # noqa: PTH117 - called for every image
        return absolute(path)
    for folder in folders:
        candidate = os.path.join(folder, path)  # noqa: PTH118
        if os.path.lexists(candidate) or members.exists(candidate):
            return absolute(candidate)
    base = fallback or next(iter(folders), "")
    return absolute(os.path.join(base, path))  # noqa: PTH118
