"""Labels of all images at once, whatever form they are given in."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.labels import LabelTable
from fastdup_nb.errors import OptionError
from fastdup_nb.views.cards import by_either_name
from fastdup_nb.views.labels import make_labeller
from fastdup_nb.views.wording import as_unicode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_nb.views.explore.images import Images
    from fastdup_nb.views.labels import LabelSource


def label_images(images: Images, source: LabelSource) -> LabelTable:
    """Return the labels of all images.

    A function that fails for some images leaves them without a label, which a note of `images`
    tells.

    Raises
    ------
    OptionError
        When the source is of no form that galleries take, or fails for every image.
    """
    find = by_either_name(source, make_labeller(source, images.results))
    number: dict[str, int] = {}
    owners, codes = array("q"), array("q")
    failed: list[OptionError] = []
    failures = 0
    for image, stored in enumerate(images.names):
        try:
            labels = find(images.path(image), stored)
        except OptionError as error:
            failures += 1
            if not failed:
                failed.append(error)
            continue
        for label in labels:
            owners.append(image)
            codes.append(number.setdefault(label, len(number)))
    if failed:
        if failures == len(images):
            raise failed[0]
        others = f" and for {failures - 1:,} more images" if failures > 1 else ""
        note = f"{failed[0].message.rstrip('.')}{others}. They have no label."
        images.notes.append(as_unicode(note if others else note.replace("They have", "It has")))
    if not owners:
        images.notes.append("No image has a label: get_label is asked by absolute file name.")
    owner, code = (np.array(part, np.int64) for part in (owners, codes))
    return label_table(list(number), owner, code, len(images))


def label_table(
    texts: Sequence[str], owner: NDArray[np.int64], code: NDArray[np.int64], count: int
) -> LabelTable:
    """Return the table of n images, from entries of an image and a code into some texts."""
    classes = tuple(sorted(set(texts)))
    place = {text: number for number, text in enumerate(classes)}
    into = np.array([place[text] for text in texts], np.int64)
    size = max(len(classes), 1)
    key = np.unique(owner * size + (into[code] if len(into) else code))
    image, label = np.divmod(key, size)
    starts = np.searchsorted(image, np.arange(count + 1)).astype(np.int64)
    return LabelTable(classes, image, label, starts)
