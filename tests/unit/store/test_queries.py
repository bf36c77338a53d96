from __future__ import annotations

from PIL import Image

from fastdup_nb.store import queries
from fastdup_nb.store.queries import keep_query
from tests.pictures import draw


def test_a_picture_is_kept_once_under_its_content(tmp_path):
    first = keep_query(tmp_path, draw(1))
    written = first.stat().st_mtime_ns
    assert keep_query(tmp_path, draw(1)) == first
    assert first.stat().st_mtime_ns == written
    assert keep_query(tmp_path, draw(2)) != first
    with Image.open(first) as kept:
        assert kept.size == (240, 180)


def test_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(queries, "MOST_KEPT", 6)
    paths = [keep_query(tmp_path, draw(number, (60, 60))) for number in range(20)]
    kept = list(paths[0].parent.iterdir())
    assert len(kept) <= 6
    assert paths[-1] in kept


def test_where_nothing_can_be_written_there_is_only_a_name(tmp_path):
    (tmp_path / queries.FOLDER).write_text("in the way")
    assert keep_query(tmp_path, draw(1)).suffix == ".jpg"
