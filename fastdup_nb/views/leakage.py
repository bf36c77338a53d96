"""Test images that are in train: counted for a summary, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.crossing import match_content
from fastdup_nb.engine.compare import count_bad
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.store.testset import ABOUT, COMPARED, TestSet, read_digest_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from fastdup_nb.engine.compare import Crossing
    from fastdup_nb.store.workdir import WorkDir

# From here on an image counts as in train: the default of ccthreshold.
NEAR = 0.96
EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """How many test images are in train.

    Attributes
    ----------
    test_images, train_images : int
        Images that could be used.
    test_bad : int
        Test files that could not.
    copies : int
        Test images with the very same content as a train image.
    near : int
        Others with a train image of similarity `level` or more.
    level : float
    examples : tuple of str
        Some of both, the most similar first.
    """

    test_images: int
    train_images: int
    test_bad: int = 0
    copies: int = 0
    near: int = 0
    level: float = NEAR
    examples: tuple[str, ...] = ()

    @property
    def in_train(self) -> int:
        """Test images that are in train, as copies or near-duplicates."""
        return self.copies + self.near

    @property
    def headline(self) -> str:
        """Say it in short."""
        are = "is" if self.in_train == 1 else "are"
        return f"{self.in_train:,} of {self.test_images:,} test images {are} in train"

    def __str__(self) -> str:
        """Say it in one sentence."""
        if not self.in_train:
            return f"{self.headline} ({self.train_images:,} images)."
        kinds = []
        if self.copies:
            kinds.append(f"{self.copies:,} exact {'copy' if self.copies == 1 else 'copies'}")
        if self.near:
            plural = "" if self.near == 1 else "s"
            kinds.append(
                f"{self.near:,} near-duplicate{plural} (similarity {self.level:g} or more)"
            )
        return f"{self.headline}: {', '.join(kinds)}."


def count_leaks(
    test_names: Sequence[str],
    train_images: int,
    copied: set[str],
    source: Sequence[str],
    similarity: Sequence[float],
    *,
    level: float = NEAR,
    test_bad: int = 0,
) -> Leakage:
    """Count test images that are in train.

    Parameters
    ----------
    test_names : sequence of str
        All test images.
    train_images : int
        How many train images there are.
    copied : set of str
        Test images with the content of a train image.
    source, similarity : sequence of str, of float
        The pairs of a test and a train image, most similar first.
    level : float
        Least similarity of near-duplicates.
    test_bad : int
        Test files that could not be used.
    """
    near = {
        name: None
        for name, value in zip(source, similarity, strict=True)
        if value >= level and name not in copied
    }
    examples = [*sorted(copied)[:EXAMPLES], *near][:EXAMPLES]
    return Leakage(
        test_images=len(test_names),
        train_images=train_images,
        test_bad=test_bad,
        copies=len(copied),
        near=len(near),
        level=level,
        examples=tuple(examples),
    )


def stored_leakage(work_dir: WorkDir) -> Leakage | None:
    """Count the test images in train of a run that compared them; None for any other run."""
    about = work_dir.read_config().get(names.PACKAGE) or {}
    if not about.get(COMPARED) or not work_dir.has(names.SIMILARITY):
        return None
    if train := (about.get(ABOUT) or {}).get("train"):  # the work_dir holds the test images
        train_list = work_dir.path / train
        train_names = read_columns(train_list, ["filename"]).get("filename", [])
        digest_file = train_list.parent / names.PRIVATE / "digests.dat"
        train_digests = read_digest_file(digest_file, len(train_names))
        test_names, test_digests = work_dir.file_names, work_dir.digests()
        bad = work_dir.path / names.BAD_FILES
    else:
        found = TestSet.open(work_dir.path)
        if found is None:
            return None
        train_names, train_digests = work_dir.file_names, work_dir.digests()
        test_names, test_digests = found.file_names, found.digests()
        bad = work_dir.path / names.TEST_BAD_FILES
    same = match_content(test_digests, train_digests, len(test_names))
    copied = {test_names[row] for row in np.flatnonzero(same >= 0).tolist()}
    source, _, similarity = work_dir.read_pair_lists()
    threshold = work_dir.read_config().get("threshold")
    level = max(NEAR, threshold) if isinstance(threshold, float) else NEAR
    return count_leaks(
        test_names,
        len(train_names),
        copied,
        source,
        similarity.tolist(),
        level=level,
        test_bad=count_bad(bad),
    )


def crossing_frame(crossing: Crossing) -> pd.DataFrame:
    """Return the pairs of a comparison: from (test), to (train), distance (1 = identical), kind."""
    import pandas as pd

    edges = crossing.edges
    source, target = edges.source.tolist(), edges.target.tolist()
    frame = pd.DataFrame(
        {
            "from": [crossing.test_names[row] for row in source],
            "to": [crossing.train_names[row] for row in target],
        },
        dtype=object,
    )
    frame["distance"] = edges.similarity
    copied = (crossing.same_content[edges.source] >= 0) & (edges.similarity >= 1.0)
    frame["kind"] = np.where(copied, "exact", "near").astype(object)
    return frame


def crossing_leakage(crossing: Crossing, level: float) -> Leakage:
    """Count the test images of a comparison that are in train."""
    rows = np.flatnonzero(crossing.same_content >= 0).tolist()
    copied = {crossing.test_names[row] for row in rows}
    edges = crossing.edges
    source = [crossing.test_names[row] for row in edges.source.tolist()]
    return count_leaks(
        crossing.test_names,
        len(crossing.train_names),
        copied,
        source,
        edges.similarity.tolist(),
        level=level,
        test_bad=crossing.test_bad,
    )
