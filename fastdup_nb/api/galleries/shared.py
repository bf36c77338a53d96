"""What all gallery functions do: check, choose, write the page, show a preview."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.render.plots import Figure
    from fastdup_nb.views.gallery import GalleryView

    V = TypeVar("V", bound=GalleryView)

ARTIFACTS = "save_artifacts"


def make_gallery(
    function: Callable[..., object],
    build: Callable[[], V],
    save_path: str | PathLike[str],
    further: Mapping[str, Any],
    *,
    allowed: Sequence[str] = (ARTIFACTS,),
    lazy_load: bool = False,
    max_width: int | None = None,
    draw: Callable[[V], Figure | None] | None = None,
) -> V | None:
    """Do what a gallery function of the V0.2 API is called for.

    Parameters
    ----------
    function : callable
        The public function, for its argument names.
    build : callable
        Returns the view.
    save_path : path
        A folder for the page, or an .html file.
    further : mapping
        The `**kwargs` of the call. `save_artifacts` writes a table and copies of the images.
    allowed : sequence of str
        Which of them the function takes.
    lazy_load, max_width
        See `fastdup_nb.render.html.write_gallery`.
    draw : callable, optional
        From the view to the plots of the page.

    Returns
    -------
    GalleryView or None
        None for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.render.html import write_gallery

    try:
        check_further(function, further, allowed)
        view = build()
        figure = draw(view) if draw else None
        page = write_gallery(
            view, save_path, lazy_load=lazy_load, max_width=max_width, figure=figure
        )
        if further.get(ARTIFACTS):
            from fastdup_nb.render.artifacts import write_artifacts

            write_artifacts(view, page.parent)
    except FastdupError as error:
        report(error)
        return None
    show_preview(view, page)
    return view


def check_further(
    function: Callable[..., object], given: Mapping[str, Any], allowed: Sequence[str]
) -> None:
    """Check the names in `**kwargs`.

    Raises
    ------
    OptionError
        When the function takes no such argument; the most similar name is suggested.
    """
    published = signature(function).parameters
    known = [*(name for name in published if name != "kwargs"), *allowed]
    for name in given:
        if name not in allowed:
            raise unknown_name("argument", name, known)


def show_preview(view: GalleryView, page: Path) -> None:
    """Show the first rows in a notebook; nothing elsewhere."""
    from fastdup_nb.progress import in_notebook

    if in_notebook():
        from IPython.display import HTML, display

        from fastdup_nb.render.html import gallery_html

        display(HTML(gallery_html(view, page)))
