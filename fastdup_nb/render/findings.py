"""A summary in words: the same rows for the terminal and for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.render.words import count_of, list_names, word_score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.views.summary import Summary

Finding = tuple[str, str, str]


def list_findings(summary: Summary) -> list[Finding]:
    """Return the findings as rows of name, images and details.

    Parameters
    ----------
    summary : Summary
    """
    return [*_similar(summary), *_photos(summary), *_bad(summary)]


def _similar(summary: Summary) -> Iterator[Finding]:
    copies = summary.copies
    details = "none"
    if copies.groups:
        details = (
            f"in {count_of(copies.groups, 'group')}, the largest of {copies.largest:,}; "
            f"{count_of(copies.redundant, 'image')} more than needed"
        )
    name = "exact copies" if summary.copies_basis == "content" else "identical (similarity 1)"
    yield name, f"{copies.images:,}", details
    if summary.leakage is not None:
        examples = list_names(summary.leakage.examples, summary.leakage.in_train)
        details = str(summary.leakage).rstrip(".") + (f": {examples}" if examples else "")
        yield "test in train", f"{summary.leakage.in_train:,}", details
        yield from _relations(summary)
        return
    level = f" of similarity {summary.threshold:g} or more" if summary.threshold is not None else ""
    details = f"in {count_of(summary.near_pairs, 'pair')}{level}" if summary.near_pairs else "none"
    yield "near-duplicates", f"{summary.near_images:,}", details
    yield from _relations(summary)


def _relations(summary: Summary) -> Iterator[Finding]:
    if summary.lowest is not None and summary.highest is not None:
        yield "similarity", "", f"{word_score(summary.lowest)} to {word_score(summary.highest)}"
    for component in summary.components:
        found = component.found
        level = f" (ccthreshold {component.threshold:g})" if component.threshold is not None else ""
        details = "none"
        if found.groups:
            details = f"in {count_of(found.groups, 'group')}, the largest of {found.largest:,}"
        yield "components", f"{found.images:,}", f"{details}{level}"
    if summary.outlier_images:
        details = f"worst: {list_names(summary.outlier_examples, summary.outlier_images)}"
        yield "outliers", f"{summary.outlier_images:,}", details


def _photos(summary: Summary) -> Iterator[Finding]:
    for photo in summary.photos:
        if photo.count:
            names = list_names(photo.examples, photo.count)
            details = f"{photo.rule}: {names}" if names else photo.rule
            yield f"maybe {photo.name}", f"{photo.count:,}", details


def _bad(summary: Summary) -> Iterator[Finding]:
    for reason in summary.bad:
        yield reason.reason, f"{reason.count:,}", list_names(reason.examples, reason.count)
