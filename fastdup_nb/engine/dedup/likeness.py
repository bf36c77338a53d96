"""Which images look the same: embeddings and their connected components."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fastdup_nb.engine.run import run
from fastdup_nb.errors import InputError, RunInterruptedError
from fastdup_nb.options import RunOptions, TuriParams
from fastdup_nb.store import names
from fastdup_nb.store.files import readable_errors
from fastdup_nb.store.tables import read_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.engine.dedup.found import Found
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir

# More than a run's 2: of a long series every image should meet one of the others.
NEIGHBORS = 10


def group_by_likeness(
    copies: list[list[Found]], threshold: float, work_dir: str, progress: Progress
) -> tuple[list[list[Found]], tuple[str, ...]]:
    """Join groups of copies whose images look the same; the image to keep comes first.

    Parameters
    ----------
    copies : list of list of Found
        Images of the same content. The first of each is looked at.
    threshold : float
        Similarity from which two images belong together (`ccthreshold` of a run).
    work_dir : str
        Where the run behind it is stored and gone on with; empty: nowhere.
    progress : Progress

    Returns
    -------
    groups : list of list of Found
        In each the image with the most pixels first, of several the larger file, then the first in
        the order of paths. Images that cannot be decoded, or are too small to be compared, are with
        their copies only.
    warnings : tuple of str
        One line each.
    """
    turi = TuriParams(ccthreshold=(threshold,), run_pagerank=False)
    with _folder(work_dir) as folder:
        options = RunOptions(
            input_dir=[group[0].path for group in copies],
            work_dir=folder,
            turi_param=turi.to_text(),
            nearest_neighbors_k=NEIGHBORS,
            threshold=threshold,
            resume=True,
        )
        try:
            finished = run(options, progress)
        except InputError as error:
            return copies, (f"{error.message} They are compared by content only.",)
        except RunInterruptedError as error:
            if work_dir:
                progress.message("What is done is kept: the same command goes on from there.")
            raise KeyboardInterrupt from error
        return _join(copies, finished), _left_out(finished)


@contextmanager
def _folder(work_dir: str) -> Iterator[Path]:
    if work_dir:
        yield Path(work_dir)
        return
    with readable_errors(Path("the temporary folder")):
        temporary = TemporaryDirectory(prefix="fastdup-nb-", ignore_cleanup_errors=True)
    with temporary as folder:
        yield Path(folder)


def _join(copies: list[list[Found]], work_dir: WorkDir) -> list[list[Found]]:
    component = _numbers(work_dir, names.COMPONENTS, "__id", "component_id")
    width = _numbers(work_dir, names.STATISTICS, "index", "width")
    height = _numbers(work_dir, names.STATISTICS, "index", "height")
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in range(len(copies)):
        key = ("alone", number) if number not in component else ("", component[number])
        groups[key].append(number)

    def rank(number: int) -> tuple[int, int, int]:
        pixels = width.get(number, 0) * height.get(number, 0)
        return -pixels, -copies[number][0].size, number

    joined = []
    for members in groups.values():
        keeper, *others = sorted(members, key=rank)
        first, *rest = copies[keeper]
        rest += [image for number in others for image in copies[number]]
        joined.append([first, *sorted(rest)])
    return sorted(joined)


def _numbers(work_dir: WorkDir, table: str, key: str, value: str) -> dict[int, int]:
    columns = read_columns(work_dir.file(table), [key, value])
    return {int(k): int(v) for k, v in zip(columns[key], columns[value], strict=True)}


def _left_out(work_dir: WorkDir) -> tuple[str, ...]:
    reasons = read_columns(work_dir.file(names.BAD_FILES), ["reason"]).get("reason", [])
    if not reasons:
        return ()
    count = "1 image is" if len(reasons) == 1 else f"{len(reasons):,} images are"
    return (f"{count} broken or too small, and compared by content only ({reasons[0]}).",)
