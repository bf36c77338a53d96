from typing import Any

import pytest
from PIL import Image, ImageDraw

from fastdup_nb.views.duplicates import DuplicatesView, ImageCard, PairRow

HOSTILE = "<img src=x onerror=alert(1)>.jpg"


def draw(path, color, size=(120, 80)):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, color)
    ImageDraw.Draw(image).ellipse((10, 10, 60, 60), fill="white")
    image.save(path, "JPEG")
    return str(path)


@pytest.fixture
def photos(tmp_path):
    names = ("a.jpg", "b.jpg", "c.jpg", HOSTILE)
    colors = ("red", "green", "blue", "olive")
    return [draw(tmp_path / "photos" / n, c) for n, c in zip(names, colors, strict=True)]


def view_of(*rows: PairRow, **changes: Any) -> DuplicatesView:
    values: dict[str, Any] = {"title": "Duplicates", "total": len(rows), "matching": len(rows)}
    values |= {"rows": tuple(rows), "filters": "most similar first", "run_date": "2026-01-31"}
    return DuplicatesView(**(values | changes))


def row_of(
    number: int, first: str, second: str, similarity: float = 0.97, kind: Any = "near", **card: Any
) -> PairRow:
    one, other = (ImageCard(path=path, name=path, **card) for path in (first, second))
    return PairRow(number, one, other, similarity, kind)
