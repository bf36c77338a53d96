"""From stored embeddings to findings: pairs, outliers, components; all written, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.core.graph import component_table, connected_components, pagerank
from fastdup_nb.core.outliers import lowest_share
from fastdup_nb.core.pairs import Edges, find_edges
from fastdup_nb.store import names
from fastdup_nb.store.index import write_index
from fastdup_nb.store.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fastdup_nb.core.graph import ComponentTable
    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir

ROWS_PER_BLOCK = 10_000


def relate(work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress) -> None:
    """Find the neighbours of all stored images and write the findings.

    Parameters
    ----------
    work_dir : WorkDir
        Holds the embeddings; gets the findings.
    options : RunOptions
    plan : Plan
    progress : Progress
    """
    outdated = work_dir.findings()
    with work_dir.open_features(options.d) as rows:
        found = find_edges(
            rows, work_dir.digests(), options.nearest_neighbors_k, plan.method, progress
        )
        finished = Findings.of(work_dir, options).write(found.edges)
        if options.turi.run_hierarchical:
            from fastdup_nb.engine.hierarchy import write_hierarchy

            finished |= write_hierarchy(work_dir, options, found.edges, rows, progress)
        finished |= write_index(work_dir.private, found.index, rows)
    work_dir.publish(finished, outdated=outdated)


class Findings:
    """Writes the finding files of one run.

    Parameters
    ----------
    folder : Path
        Where to write: the private folder.
    options : RunOptions
    indices : sequence of int
        Number of every node of the graph.
    file_names : sequence of str
        Name of every node.
    """

    def __init__(
        self,
        folder: Path,
        options: RunOptions,
        indices: Sequence[int],
        file_names: Sequence[str],
    ) -> None:
        self._folder = folder
        self._options = options
        self._indices = indices
        self._labels: Sequence[str] | Sequence[int] = (
            indices if options.turi.store_int else file_names
        )

    @classmethod
    def of(cls, work_dir: WorkDir, options: RunOptions) -> Findings:
        """Return what writes findings about the images of a work_dir."""
        return cls(work_dir.private, options, work_dir.indices, work_dir.file_names)

    def write(self, edges: Edges) -> dict[Path, str]:
        """Write all; return each file with the name it is to get."""
        finished = self.write_pairs(edges)
        if self._options.turi.run_cc:
            for threshold in self._options.turi.ccthreshold:
                finished |= self._write_components(edges, threshold)
        return finished

    def write_pairs(self, edges: Edges) -> dict[Path, str]:
        """Write the similar pairs and the outliers."""
        options = self._options
        finished = {}
        similar = edges.at_least(options.threshold)
        outliers = lowest_share(edges, options.lower_threshold)
        for name, part in ((names.SIMILARITY, similar), (names.OUTLIERS, outliers)):
            write_table(self._folder / name, names.PAIR_COLUMNS, self._pair_rows(part))
            finished[self._folder / name] = name
        return finished

    def _pair_rows(self, edges: Edges) -> Iterator[tuple[str | int, str | int, str]]:
        labels = self._labels
        for start in range(0, len(edges.source), ROWS_PER_BLOCK):
            block = slice(start, start + ROWS_PER_BLOCK)
            yield from (
                (labels[source], labels[target], f"{similarity:.6f}")
                for source, target, similarity in zip(
                    edges.source[block].tolist(),
                    edges.target[block].tolist(),
                    edges.similarity[block].tolist(),
                    strict=True,
                )
            )

    def _write_components(self, edges: Edges, threshold: float) -> dict[Path, str]:
        count = len(self._indices)
        component = connected_components(count, edges, threshold)
        table = component_table(component, edges, threshold)
        rank, delta = None, None
        if self._options.turi.run_pagerank:
            rank, delta = pagerank(count, edges.at_least(threshold))
        several = len(self._options.turi.ccthreshold) > 1
        component_name, info_name = (
            names.with_threshold(name, threshold) if several else name
            for name in (names.COMPONENTS, names.COMPONENT_INFO)
        )
        write_table(
            self._folder / component_name,
            names.COMPONENTS_COLUMNS,
            self._member_rows(component, table, rank, delta),
        )
        write_table(self._folder / info_name, names.COMPONENT_INFO_COLUMNS, _info_rows(table))
        return {self._folder / name: name for name in (component_name, info_name)}

    def _member_rows(
        self,
        component: NDArray[np.int64],
        table: ComponentTable,
        rank: NDArray[np.float64] | None,
        delta: NDArray[np.float64] | None,
    ) -> Iterator[tuple[int | str, ...]]:
        for row, number in enumerate(component.tolist()):
            yield (
                self._indices[row],
                number,
                int(table.count[number]),
                f"{table.mean[number]:.6f}",
                f"{table.min[number]:.6f}",
                f"{table.max[number]:.6f}",
                "" if rank is None else f"{rank[row]:.6f}",
                "" if delta is None else f"{delta[row]:.6f}",
            )


def _info_rows(table: ComponentTable) -> Iterator[tuple[int | str, ...]]:
    columns = (table.count, table.mean, table.min, table.max)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for number, (count, mean, least, most) in enumerate(rows):
        yield number, count, count, f"{mean:.6f}", f"{least:.6f}", f"{most:.6f}"
