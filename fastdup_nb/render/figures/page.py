"""A plot as a page of its own, which needs nothing else: no network, no kernel."""

from __future__ import annotations

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from fastdup_nb.errors import ImageError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.thumbnail import make_thumbnail
from fastdup_nb.render.environment import environment, policy_hash
from fastdup_nb.render.figures.drawing import bokeh_script, bokeh_version, draw, kind_of
from fastdup_nb.render.html import page_path
from fastdup_nb.sources import read_shown
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.views.cards import check_count
from fastdup_nb.views.plots.embedding_map import EmbeddingMap

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.views.plots.histogram import Histogram

# About 1.5 kB each.
MAX_PICTURES = 1500
MAX_PICTURE_BYTES = 3_000_000
SIDE, QUALITY = 96, 60
SEED = 0
_THREADS = 4


def write_plot(
    shown: Histogram | EmbeddingMap,
    save_path: str | PathLike[str],
    script: str,
    *,
    pictures: int = MAX_PICTURES,
    theme: str = "auto",
    height: int | None = None,
) -> Path:
    """Write the page of a plot.

    Parameters
    ----------
    shown : Histogram or EmbeddingMap
    save_path : path
        A folder (made when missing), or an .html file.
    script : str
        The front end's script.
    pictures : int
        Thumbnails of a map at most: 3 MB of them in all, of points chosen at random, the same every
        time.
    theme : {'auto', 'light', 'dark'}
    height : int, optional
        Pixels of the plot.

    Raises
    ------
    OptionError
        When `pictures` cannot be used.
    WorkDirError
        When the page cannot be written.
    """
    from bokeh.embed import json_item

    check_count("pictures", pictures, least=0)
    path = page_path(save_path, f"plot_{shown.name}.html")
    with readable_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    figure = draw(shown, height)
    figure.title.visible = False  # the page has a heading
    small = small_pictures(shown, pictures) if isinstance(shown, EmbeddingMap) else {}
    held = {
        "version": bokeh_version(),
        "kind": kind_of(shown),
        "theme": theme,
        "item": json_item(figure),
        "pictures": small,
    }
    library = bokeh_script()
    text = (
        environment()
        .get_template("plot.html.j2")
        .render(
            title=shown.title,
            note=_note(shown, len(small)),
            theme=theme,
            # Within a script element nothing is markup but its end.
            data=Markup(json.dumps(held).replace("<", "\\u003c")),  # noqa: S704
            library=Markup(library),  # noqa: S704 - Bokeh's
            script=Markup(script),  # noqa: S704 - ours
            script_hashes=[policy_hash(library), policy_hash(script)],
        )
    )
    with write_atomically(path) as stream:
        stream.write(text.encode())
    return path


def small_pictures(shown: EmbeddingMap, most: int) -> dict[int, str]:
    """Return thumbnails of some points as base64 text, by the rows of their images.

    Images that cannot be read have none.
    """
    order = np.random.default_rng(SEED).permutation(len(shown.rows))[:most]
    found: dict[int, str] = {}
    left = MAX_PICTURE_BYTES
    with silenced_codecs(), ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            for place, data in zip(
                chosen, pool.map(_thumbnail, _paths(shown, chosen)), strict=True
            ):
                left -= len(data)
                if data and left >= 0:
                    found[int(shown.rows[place])] = data
            if left < 0:
                break
    return found


def _paths(shown: EmbeddingMap, places: object) -> list[str]:
    return [shown.paths[place] for place in np.asarray(places)]


def _thumbnail(path: str) -> str:
    try:
        return b64encode(make_thumbnail(read_shown(path), SIDE, QUALITY)).decode("ascii")
    except ImageError:
        return ""


def _note(shown: Histogram | EmbeddingMap, pictures: int) -> str:
    if isinstance(shown, EmbeddingMap) and pictures < len(shown.rows):
        return f"{shown.note} · {pictures:,} points have a picture in this page"
    return shown.note
