import numpy as np
import pytest
from PIL import Image

from fastdup_nb.views.plots.colours import Numbers, categorise
from fastdup_nb.views.plots.embedding_map import EmbeddingMap
from fastdup_nb.views.plots.histogram import Histogram, Mark

HOSTILE = "</script><img src=x onerror=alert(1)>.jpg"


def make_histogram(values, edges, **options):
    values = np.array(values, float)
    rows = np.arange(len(values))
    names = [f"/x/{row}.jpg" for row in rows]
    about = {"name": "blur", "title": "Blur", "axis": "blur", "noun": "image", **options}
    where = {"owners": rows, "images": rows, "file_names": names}
    return Histogram(values=values, edges=np.array(edges, float), **where, **about)


@pytest.fixture
def histogram():
    marks = (Mark(2.0, "median"),)
    return make_histogram([1, 1, 2, 3, 9], [1, 2, 3, 4, 10], marks=marks, note="<b>a note")


@pytest.fixture
def make_map(tmp_path):
    def make(count=20, kind="label", total=None):
        rng = np.random.default_rng(4)
        paths = [str(tmp_path / f"{row}.jpg") for row in range(count)]
        paths[1] = str(tmp_path / "sub" / HOSTILE)  # is not there
        for path in paths[:1] + paths[2:60]:
            Image.new("RGB", (40, 30), (200, 30, 30)).save(path)
        labels = tuple(f"label {row % 14}" for row in range(count))
        colours = {
            "label": categorise("label", labels),
            "blur": Numbers("blur", np.linspace(1, 90, count), 2.0, 88.0),
            "plain": None,
        }[kind]
        return EmbeddingMap(
            points=rng.uniform(-1, 1, (count, 2)).astype(np.float32),
            rows=np.arange(count) * 2,
            file_names=[path for path in paths for _ in (0, 1)],
            paths=tuple(paths),
            total=total or 2 * count,
            method="pca",
            explained=0.25,
            colours=colours,
            labels=labels if kind == "label" else (),
            known=2 * count,
        )

    return make
