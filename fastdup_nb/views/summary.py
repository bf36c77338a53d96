"""What a run found: images, pairs and groups counted apart, and what to do next.

Works on a work_dir of the original too: columns are found by name, and components are counted in
images whatever the column `count` holds.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import ImageProblem
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.views.components import read_component_sizes
from fastdup_nb.views.copies import IDENTICAL, Groups, Pair, count_groups, find_copies
from fastdup_nb.views.leakage import Leakage, stored_leakage
from fastdup_nb.views.photos import PhotoFinding, find_photos

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from fastdup_nb.store.workdir import WorkDir

EXAMPLES = 3
WORDS_OF_PROBLEMS: dict[str, str] = {
    ImageProblem.CORRUPT: "corrupt or cut off",
    ImageProblem.TOO_SMALL: "too small",
    ImageProblem.ZERO_SIZE: "empty file",
    ImageProblem.MISSING: "missing file",
    ImageProblem.UNREADABLE: "cannot be read",
    ImageProblem.BELOW_MIN_FILE_SIZE: "below min_file_size",
    ImageProblem.TOO_LARGE: "too large",
    ImageProblem.NOT_AN_IMAGE: "not an image",
    ImageProblem.UNSUPPORTED: "format not supported",
    ImageProblem.ZERO_VECTOR: "no usable embedding",
    ImageProblem.BAD_BOX: "box that cannot be used",
}


@dataclass(frozen=True, slots=True)
class BadFiles:
    """Files that could not be used for one reason: code, words, count, a few names."""

    code: str
    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Components:
    """Connected components of at least two images, over pairs from `threshold` on."""

    threshold: float | None
    found: Groups


@dataclass(frozen=True, slots=True)
class Share:
    """One part of all listed images; the percentages of all parts add up to 100.0."""

    name: str
    images: int
    percent: float


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a work_dir holds.

    Attributes
    ----------
    work_dir : str
    images_listed, images_good, images_bad : int
        Images of the listing, those that could be used, those that could not.
    bad : tuple of BadFiles
        The latter by reason, most frequent first.
    shares : tuple of Share
        The listing divided up: every listed image is in exactly one part.
    copies : Groups
        Groups of identical images.
    copies_basis : {'content', 'similarity'}
        Whether contents were compared, or only the similarity is 1.
    near_pairs, near_images : int
        Pairs of similar images that are not identical, and images in them.
    threshold : float or None
        Least similarity of a pair in the results.
    lowest, highest : float or None
        Range of the similarities in `similarity.csv`.
    components : tuple of Components
        One per value of ccthreshold.
    outlier_images : int
        Images in `outliers.csv`.
    outlier_examples : tuple of str
        The worst.
    photos : tuple of PhotoFinding
        Empty when the run kept no statistics.
    next_steps : tuple of str
        What to do next, as calls that work as they stand.
    leakage : Leakage or None
        Of a run that compares test images with these: how many of them are here. All other counts
        but the outliers are then about these images alone; they are not compared with each other.
    """

    work_dir: str
    images_listed: int
    images_good: int
    images_bad: int
    bad: tuple[BadFiles, ...] = ()
    shares: tuple[Share, ...] = ()
    copies: Groups = field(default_factory=Groups)
    copies_basis: str = "content"
    near_pairs: int = 0
    near_images: int = 0
    threshold: float | None = None
    lowest: float | None = None
    highest: float | None = None
    components: tuple[Components, ...] = ()
    outlier_images: int = 0
    outlier_examples: tuple[str, ...] = ()
    photos: tuple[PhotoFinding, ...] = ()
    next_steps: tuple[str, ...] = ()
    leakage: Leakage | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the counts, one row per finding: finding, images, pairs, groups."""
        import pandas as pd

        rows: list[tuple[str, int, int | None, int | None]] = [
            ("listed", self.images_listed, None, None),
            ("good", self.images_good, None, None),
            ("bad", self.images_bad, None, None),
            ("exact copies", self.copies.images, None, self.copies.groups),
            ("near-duplicates", self.near_images, self.near_pairs, None),
        ]
        for component in self.components:
            name = "components"
            if component.threshold is not None:
                name += f" ({component.threshold:g})"
            rows.append((name, component.found.images, None, component.found.groups))
        if self.leakage is not None:
            rows.append(("test images in train", self.leakage.in_train, None, None))
        rows.append(("outliers", self.outlier_images, None, None))
        rows += [(photo.name, photo.count, None, None) for photo in self.photos]
        frame = pd.DataFrame(rows, columns=["finding", "images", "pairs", "groups"])
        return frame.astype({"images": "Int64", "pairs": "Int64", "groups": "Int64"})


def build_summary(work_dir: WorkDir) -> Summary:
    """Count what a work_dir holds.

    Parameters
    ----------
    work_dir : WorkDir
        Of a run of ours or of the original, of any run mode.

    Returns
    -------
    Summary

    Raises
    ------
    CorruptWorkDirError
        When a file cannot be read.
    """
    good = len(work_dir.file_names)
    bad = _bad_files(work_dir)
    images_bad = sum(reason.count for reason in bad)
    pairs = _distinct_pairs(work_dir)
    copies, copied, basis = find_copies(work_dir, pairs)
    leakage = stored_leakage(work_dir)
    near: list[Pair] = []
    if leakage is None:
        near = _near_pairs(pairs, copied, work_dir if basis == "content" else None)
    near_images = {name for pair in near for name in (pair.source, pair.target)}
    outliers = _outliers(work_dir)
    summary = Summary(
        work_dir=str(work_dir.path),
        images_listed=good + images_bad,
        images_good=good,
        images_bad=images_bad,
        bad=bad,
        shares=_divide(
            good, images_bad, len(copied), None if leakage else len(near_images - copied)
        ),
        copies=copies,
        copies_basis=basis,
        near_pairs=len(near),
        near_images=len(near_images),
        threshold=_as_number(work_dir.read_config().get("threshold")),
        lowest=min((pair.similarity for pair in pairs), default=None),
        highest=max((pair.similarity for pair in pairs), default=None),
        components=_components(work_dir),
        outlier_images=len(outliers),
        outlier_examples=tuple(outliers[:EXAMPLES]),
        photos=find_photos(work_dir),
        leakage=leakage,
    )
    return dataclasses.replace(summary, next_steps=_next_steps(summary))


def _bad_files(work_dir: WorkDir) -> tuple[BadFiles, ...]:
    if not work_dir.has(names.BAD_FILES):
        return ()
    table = read_columns(work_dir.file(names.BAD_FILES), ["filename", "error_code"])
    files: dict[str, list[str]] = {}
    for name, code in zip(table.get("filename", []), table.get("error_code", []), strict=False):
        files.setdefault(code, []).append(name)
    found = [
        BadFiles(code, WORDS_OF_PROBLEMS.get(code, code), len(those), tuple(those[:EXAMPLES]))
        for code, those in files.items()
    ]
    return tuple(sorted(found, key=lambda reason: (-reason.count, reason.code)))


def _distinct_pairs(work_dir: WorkDir) -> list[Pair]:
    """Return every pair once, in whichever direction it comes first."""
    if not work_dir.has(names.SIMILARITY):
        return []
    source, target, similarity = work_dir.read_pair_lists()
    pairs: dict[tuple[str, str], Pair] = {}
    for pair in map(Pair, source, target, similarity.tolist()):
        if pair.source != pair.target:
            key = min(pair.source, pair.target), max(pair.source, pair.target)
            pairs.setdefault(key, pair)
    return list(pairs.values())


def _near_pairs(pairs: Sequence[Pair], copied: set[str], compared: WorkDir | None) -> list[Pair]:
    """Return the pairs of images that are not identical."""
    if compared is None:
        return [pair for pair in pairs if pair.similarity < IDENTICAL]
    digests = compared.digests()
    content: dict[str, bytes] = {}
    if digests is not None:
        rows = enumerate(compared.file_names)
        content = {name: bytes(digests[row]) for row, name in rows if name in copied}
    return [
        pair
        for pair in pairs
        if pair.source not in content or content[pair.source] != content.get(pair.target)
    ]


def _outliers(work_dir: WorkDir) -> list[str]:
    """Return the images in outliers.csv, worst first."""
    if not work_dir.has(names.OUTLIERS):
        return []
    source, _, similarity = work_dir.read_pair_lists(names.OUTLIERS)
    return list(dict.fromkeys(source[row] for row in similarity.argsort(kind="stable").tolist()))


def _components(work_dir: WorkDir) -> tuple[Components, ...]:
    return tuple(
        Components(threshold, count_groups(sizes))
        for threshold, sizes in read_component_sizes(work_dir)
    )


def _divide(good: int, bad: int, copied: int, near_only: int | None) -> tuple[Share, ...]:
    """Divide the listing into parts whose percentages, to one decimal, add up to 100."""
    if near_only is None:  # the images were not compared with each other
        parts = {
            "in a group of exact copies": copied,
            "without an exact copy": good - copied,
            "could not be used": bad,
        }
    else:
        parts = {
            "in a group of exact copies": copied,
            "only near-duplicates": near_only,
            "without a similar image": good - copied - near_only,
            "could not be used": bad,
        }
    percents = round_together(list(parts.values()))
    return tuple(
        Share(name, images, percent)
        for (name, images), percent in zip(parts.items(), percents, strict=True)
    )


def round_together(counts: Sequence[int]) -> list[float]:
    """Return counts as percentages with one decimal that add up to 100.0 (largest remainders).

    >>> round_together([1, 1, 1])
    [33.4, 33.3, 33.3]
    """
    total = sum(counts)
    if not total:
        return [0.0] * len(counts)
    tenths = [1000 * count // total for count in counts]
    order = sorted(range(len(counts)), key=lambda part: -(1000 * counts[part] % total))
    for part in order[: 1000 - sum(tenths)]:
        tenths[part] += 1
    return [tenth / 10 for tenth in tenths]


def _as_number(value: Any) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if usable else None


def steps_in_notebook(summary: Summary) -> tuple[tuple[str, str], ...]:
    """Return what to do next in a notebook: what it is for, and a call of the `Fastdup` object."""
    leakage = summary.leakage is not None and summary.leakage.in_train
    lit = any(photo.count for photo in summary.photos)
    pairs = bool(summary.copies.groups or summary.near_pairs)
    steps = (
        (leakage, "The test images that are in train", 'fd.explore("duplicates")'),
        (pairs and not leakage, "The similar pairs", 'fd.explore("duplicates")'),
        (pairs, "Groups of duplicates, to mark and clean", 'fd.explore("groups")'),
        (summary.outlier_images, "Images unlike all others", 'fd.explore("outliers")'),
        (lit, "By sharpness, brightness, size", 'fd.explore("statistics")'),
        (summary.images_bad, "Why a file could not be used", "fd.invalid_instances()"),
    )
    return tuple((text, call) for applies, text, call in steps if applies)


def _next_steps(summary: Summary) -> tuple[str, ...]:
    place = repr(summary.work_dir)
    session = f"fastdup_nb.Fastdup({place})"
    steps = []
    if summary.leakage is not None and summary.leakage.in_train:
        call = f"fastdup_nb.create_duplicates_gallery({place}, save_path={place})"
        steps.append(f"Look at the test images that are in train: {call}")
    elif summary.copies.groups or summary.near_pairs:
        call = f"fastdup_nb.create_duplicates_gallery({place}, save_path={place})"
        steps.append(f"Look at the similar pairs: {call}")
    if any(component.found.groups for component in summary.components):
        steps.append(f"See which images belong together: {session}.connected_components()")
    if summary.images_bad:
        steps.append(f"See why each file could not be used: {session}.invalid_instances()")
    if summary.outlier_images:
        steps.append(f"Check the images unlike all others: {session}.outliers()")
    if summary.photos and any(photo.count for photo in summary.photos):
        steps.append(f"Sort by sharpness or brightness: {session}.img_stats()")
    if summary.lowest is None and summary.images_good > 1 and summary.leakage is None:
        level = f"threshold={summary.threshold:g}" if summary.threshold is not None else "threshold"
        steps.append(f"No similar pairs: run again with a value below {level}.")
    return tuple(steps)
