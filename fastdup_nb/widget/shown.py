"""Answers of queries as JSON takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.views.explore.query import Filter

if TYPE_CHECKING:
    from fastdup_nb.views.explore.collection import ViewInfo
    from fastdup_nb.views.explore.query import Answer, FacetCounts
    from fastdup_nb.views.explore.state import Sort, State
    from fastdup_nb.views.explore.table import Table


def answer_content(answer: Answer) -> dict[str, Any]:
    """Return an answer without its order."""
    spread = answer.histogram
    return {
        "total": answer.total,
        "matching": len(answer.order),
        "images": answer.images,
        "facets": [_facet(counts) for counts in answer.facets],
        "histogram": spread
        and {
            "column": spread.column,
            "edges": spread.edges.tolist(),
            "counts": spread.counts.tolist(),
            "inside": spread.inside.tolist(),
        },
    }


def order_bytes(answer: Answer) -> bytes:
    """Return the rows of an answer as whole numbers of 32 bits, little endian."""
    return answer.order.astype("<u4").tobytes()


def facet_content(table: Table, state: State, name: str, text: str) -> dict[str, Any]:
    """Return the values of a facet that hold a text, with their counts."""
    counts = Filter(table, state).count(table.facet(name), containing=text)
    return {"facet": name, "values": [list(pair) for pair in counts.values], "more": counts.more}


def view_content(view: ViewInfo) -> dict[str, Any]:
    """Return what the browser needs to know about a view."""
    kind, table = view.kind, view.table
    columns = [] if table is None else list(table.columns.values())
    return {
        "name": kind.name,
        "title": kind.title if table is None else table.heading,
        "noun": kind.noun,
        "layout": kind.layout,
        "count": view.count,
        "missing": view.missing,
        "columns": [
            {"name": column.name, "title": column.title, "form": column.form} for column in columns
        ],
        "sort": None if table is None else _sort(table.sort),
        "orders": list(table.orders) if table is not None else [],
    }


def _facet(counts: FacetCounts) -> dict[str, Any]:
    return {
        "name": counts.name,
        "title": counts.title,
        "values": [list(pair) for pair in counts.values],
        "more": counts.more,
        "chosen": counts.chosen,
    }


def _sort(sort: Sort) -> dict[str, Any]:
    return {"column": sort.column, "descending": sort.descending}
