"""The files about similar components: `run_hierarchical=1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.core.graph import component_table, connected_components
from fastdup_nb.core.hierarchy import relate_components
from fastdup_nb.core.outliers import lowest_share
from fastdup_nb.store import names
from fastdup_nb.store.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastdup_nb.core.hierarchy import Hierarchy
    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir


def write_hierarchy(
    work_dir: WorkDir, options: RunOptions, edges: Edges, rows: Rows, progress: Progress
) -> dict[Path, str]:
    """Compare the components of every threshold and write the files into the private folder.

    Parameters
    ----------
    work_dir : WorkDir
    options : RunOptions
    edges : Edges
        All edges of the run.
    rows : Rows
        Its embeddings.
    progress : Progress

    Returns
    -------
    dict of Path to str
        Each file with the name it is to get.
    """
    turi = options.turi
    finished: dict[Path, str] = {}
    for threshold in turi.ccthreshold:
        component = connected_components(len(work_dir.indices), edges, threshold)
        hierarchy = relate_components(
            rows,
            component,
            edges.at_least(threshold),
            options.distance,
            turi.hierarchical_min_nodes,
            options.num_threads,
            progress,
        )
        several = len(turi.ccthreshold) > 1
        finished |= _write_pairs(work_dir, options, hierarchy, threshold)
        finished |= _write_components(
            work_dir.private, hierarchy, turi.hierarchical_threshold, threshold if several else None
        )
    return finished


def _write_pairs(
    work_dir: WorkDir, options: RunOptions, hierarchy: Hierarchy, threshold: float
) -> dict[Path, str]:
    labels: Sequence[str] | Sequence[int] = (
        work_dir.indices if options.turi.store_int else work_dir.file_names
    )
    finished = {}
    for name, edges in (
        (
            names.HIERARCHICAL_SIMILARITY,
            hierarchy.pairs.at_least(options.turi.hierarchical_threshold),
        ),
        (names.HIERARCHICAL_OUTLIERS, lowest_share(hierarchy.nearest, options.lower_threshold)),
    ):
        published = names.with_threshold(name, threshold)
        path = work_dir.private / published
        write_table(path, names.HIERARCHICAL_COLUMNS, _pair_rows(hierarchy, edges, labels))
        finished[path] = published
    return finished


def _pair_rows(
    hierarchy: Hierarchy, edges: Edges, labels: Sequence[str] | Sequence[int]
) -> Iterator[tuple[str | int, ...]]:
    columns = (edges.source.tolist(), edges.target.tolist(), edges.similarity.tolist())
    for source, target, similarity in zip(*columns, strict=True):
        yield (
            labels[int(hierarchy.row[source])],
            labels[int(hierarchy.row[target])],
            int(hierarchy.component[source]),
            int(hierarchy.component[target]),
            f"{similarity:.6f}",
        )


def _write_components(
    folder: Path, hierarchy: Hierarchy, similar: float, threshold: float | None
) -> dict[Path, str]:
    """Write which components belong together, as a run does for images."""
    groups = connected_components(len(hierarchy.component), hierarchy.pairs, similar)
    table = component_table(groups, hierarchy.pairs, similar)
    members, info = names.hierarchical_components(threshold)
    write_table(
        folder / members,
        names.COMPONENTS_COLUMNS,
        (
            (
                int(hierarchy.component[place]),
                group,
                int(table.count[group]),
                *(f"{values[group]:.6f}" for values in (table.mean, table.min, table.max)),
                "",
                "",
            )
            for place, group in enumerate(groups.tolist())
        ),
    )
    columns = (table.count, table.mean, table.min, table.max)
    write_table(
        folder / info,
        names.COMPONENT_INFO_COLUMNS,
        (
            (group, count, count, f"{mean:.6f}", f"{least:.6f}", f"{most:.6f}")
            for group, (count, mean, least, most) in enumerate(
                zip(*(column.tolist() for column in columns), strict=True)
            )
        ),
    )
    return {folder / name: name for name in (members, info)}
