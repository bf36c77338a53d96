"""The results of a run in every format there is, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.export.coco import write_coco
from fastdup_nb.export.cvat import write_cvat
from fastdup_nb.export.labelimg import write_labelimg
from fastdup_nb.export.listing import pair_up
from fastdup_nb.export.projector import ProjectorOptions, write_projector
from fastdup_nb.export.tables import build_image_table, write_csv, write_parquet
from fastdup_nb.options import unknown_name
from fastdup_nb.views.labels import LabelSource, make_labeller

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from fastdup_nb.export.result import Export
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.boxes import BoxSource

TABLES = {"csv": write_csv, "parquet": write_parquet}
TASKS: dict[str, Callable[..., Export]] = {"cvat": write_cvat, "labelimg": write_labelimg}
KINDS = (*TABLES, "coco", "projector", *TASKS)


def export_results(
    work_dir: WorkDir,
    kind: str,
    path: str | PathLike[str],
    *,
    labels: LabelSource = None,
    boxes: BoxSource = None,
    progress: Progress | None = None,
) -> Export:
    """Write the results of a run for another tool.

    Parameters
    ----------
    work_dir : WorkDir
    kind : {'csv', 'parquet', 'coco', 'projector', 'cvat', 'labelimg'}
    path : path
        The file of csv, parquet and coco; the folder of the others.
    labels : callable, dict, path or list
        See `fastdup_nb.views.labels.make_labeller`.
    boxes : callable, dict or path
        For coco; see `fastdup_nb.views.boxes.make_box_function`.
    progress : Progress, optional

    Raises
    ------
    OptionError
        When the kind is unknown.
    FastdupError
        When results are missing or the export cannot be written.
    """
    if kind in TABLES:
        return TABLES[kind](build_image_table(work_dir, labels), path)
    if kind == "coco":
        return write_coco(build_image_table(work_dir), work_dir, path, labels, boxes)
    if kind == "projector":
        return write_projector(work_dir, path, ProjectorOptions(labels=labels), progress)
    if kind in TASKS:
        files = pair_up(work_dir.file_names, make_labeller(labels, work_dir))
        return TASKS[kind](files, path, progress)
    raise unknown_name("kind of export", kind, KINDS)
