"""The images of a work_dir, column by column: names, folders, labels, statistics, content."""

from __future__ import annotations

import os
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.labels import LabelTable
from fastdup_nb.errors import ResultNotFoundError, WorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.compared import with_test_images
from fastdup_nb.views.explore.facets import NONE, Values
from fastdup_nb.views.explore.labelling import label_images
from fastdup_nb.views.explore.measures import Measures, read_measures
from fastdup_nb.views.labels import has_stored_labels
from fastdup_nb.views.places import make_resolver
from fastdup_nb.views.wording import as_unicode, base_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import Labels, LabelSource

OTHER_FOLDER = "."


class Images:
    """The images of a work_dir; an image is named by its row in the list of images.

    Parameters
    ----------
    results : WorkDir
    get_label : callable, mapping, path or sequence, optional
        See `fastdup_nb.views.labels.make_labeller`. When it fails for an image, that image has no
        label, and `notes` names it.
    annotations : DataFrame or path, optional
        A table with a column filename, and label or anything else that is known of images.
    input_dir : path, optional
        Where images lie that are not where the results say.

    Raises
    ------
    FastdupError
        When the results, the labels or the annotations cannot be read.
    """

    def __init__(
        self,
        results: WorkDir,
        *,
        get_label: LabelSource = None,
        annotations: Any = None,
        input_dir: str | PathLike[str] | None = None,
    ) -> None:
        from fastdup_nb.views.explore.annotations import join_annotations

        self.results = results = with_test_images(results)
        self.names = results.file_names
        self.notes: list[str] = []
        # Facets that change while one looks: marks, the selection.
        self.changing: dict[str, Values] = {}
        self.gone = np.zeros(len(self.names), bool)
        self._resolve = make_resolver(results, input_dir)
        self._moved = input_dir is not None
        self._stamp = _stamp(results)
        joined = join_annotations(annotations, self)
        self.facets: Mapping[str, Values] = joined.facets
        self._noted: Measures = joined.measures
        self.labels: LabelTable | None = joined.labels
        if get_label is not None or (joined.labels is None and has_stored_labels(results)):
            self.labels = label_images(self, get_label)

    def __len__(self) -> int:
        return len(self.names)

    def check_current(self) -> None:
        """Raise `ResultNotFoundError` when the work_dir lists other images now.

        Rows of its embeddings then are other images than they were.
        """
        if _stamp(self.results) != self._stamp:
            message = f"The results in {self.results.path} have changed since they were opened."
            raise ResultNotFoundError(message, "Make a new explorer.")

    def path(self, image: int) -> str:
        """Return the absolute file name of an image."""
        name = self.names[image]
        # Not asked of the resolver, which keeps every answer.
        is_there = not self._moved and os.path.isabs(name)  # noqa: PTH117 - called often
        return name if is_there else self._resolve(name)

    def folder_and_name(self, image: int) -> tuple[str, str]:
        """Return the folder below the common one, and the file name, as they are shown."""
        shown = as_unicode(self.names[image][self._common :])
        name = base_name(shown)
        return shown[: len(shown) - len(name)].rstrip("/\\"), name

    def labels_of(self, image: int) -> Labels:
        """Return the labels of an image."""
        table = self.labels
        if table is None:
            return ()
        start, stop = table.starts[image], table.starts[image + 1]
        return tuple(table.classes[code] for code in table.label[start:stop])

    def matching(self, text: str) -> NDArray[np.bool_] | None:
        """Return which images have every word of a text in their name or a label.

        Whatever the case; the folder common to all does not count. None when there are no words.
        """
        words = text.casefold().split()
        if not words:
            return None
        found = np.ones(len(self), bool)
        for word in words:
            found &= self._holding(word)
        return found

    def relabel(self, changes: Mapping[int, Labels]) -> None:
        """Give images other labels."""
        lists = [self.labels_of(image) for image in range(len(self))]
        for image, labels in changes.items():
            lists[image] = labels
        self.labels = LabelTable.from_lists(lists)

    def label_values(self) -> Values | None:
        """Return the labels as what images can be told apart by; None when there are none."""
        table = self.labels
        if table is None or not len(table.label):
            return None
        return Values.several(table.classes, table.image, table.label, len(self))

    @cached_property
    def folders(self) -> Values:
        """The folder of every image, below the common one."""
        number: dict[str, int] = {}
        codes = np.empty(len(self), np.int32)
        start = self._common
        for image, name in enumerate(self.names):
            end = max(name.rfind("/"), name.rfind("\\"))
            codes[image] = number.setdefault(name[start:end] if end > start else "", len(number))
        texts = [text.replace("\\", "/") or OTHER_FOLDER for text in number]
        return Values.single(texts, codes)

    @cached_property
    def formats(self) -> Values:
        """The kind of file of every image, by its name: `jpg`, `png`."""
        number: dict[str, int] = {}
        codes = np.empty(len(self), np.int32)
        for image, name in enumerate(self.names):
            dot = name.rfind(".", -6)
            suffix = name[dot + 1 :].lower() if dot >= 0 else NONE
            codes[image] = number.setdefault("jpg" if suffix == "jpeg" else suffix, len(number))
        return Values.single(list(number), codes)

    @cached_property
    def measures(self) -> Measures:
        """The statistics of the run and the numbers of the annotations, by name."""
        return {**read_measures(self.results, self.names), **self._noted}

    @cached_property
    def digests(self) -> NDArray[np.uint64] | None:
        """The content of every image as two numbers, shape (n, 2); None when unknown."""
        try:
            digests = self.results.digests()
        except (WorkDirError, OSError):
            return None
        if digests is None:
            return None
        return np.ascontiguousarray(digests).view(np.uint64).reshape(len(digests), 2)

    def same_content(
        self, first: NDArray[np.integer], second: NDArray[np.integer]
    ) -> NDArray[np.bool_] | None:
        """Return which pairs are the same file, byte for byte; None when that is unknown."""
        if self.digests is None:
            return None
        same: NDArray[np.bool_] = (self.digests[first] == self.digests[second]).all(axis=1)
        return same

    def measure(self, name: str) -> NDArray[np.float64]:
        """Return a statistic of every image, shape (n,); all NaN when it is not known."""
        found = self.measures.get(name)
        return np.full(len(self), np.nan) if found is None else found.values

    @cached_property
    def _common(self) -> int:
        """How many characters of the names are the folder that all are in."""
        if not self.names:
            return 0
        # All names lie between the least and the greatest. Not os.path.commonpath: names may be of
        # another system, or no paths at all.
        low, high = min(self.names), max(self.names)
        pairs = enumerate(zip(low, high, strict=False))
        shared = low[: next((at for at, (one, other) in pairs if one != other), len(low))]
        return max(shared.rfind("/"), shared.rfind("\\")) + 1

    def _holding(self, word: str) -> NDArray[np.bool_]:
        start = self._common
        found = np.fromiter(
            (word in name[start:].casefold() for name in self.names), bool, len(self.names)
        )
        table = self.labels
        if table is not None and len(table.label):
            chosen = np.array([word in label.casefold() for label in table.classes], bool)
            found[table.image[chosen[table.label]]] = True
        return found


def _stamp(results: WorkDir) -> tuple[int, ...]:
    """Return what changes when another list of images is put in place."""
    status = results.file(names.FEATURE_NAMES).stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
