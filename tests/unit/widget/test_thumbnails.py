import gc
import io
import threading
import time
import weakref

import pytest
from PIL import Image

from fastdup_nb.widget import thumbnails
from fastdup_nb.widget.thumbnails import Order, ThumbnailMaker
from tests.pictures import draw

PATIENCE = 60


class Tray:
    """Takes orders as they are delivered."""

    def __init__(self):
        self.delivered = []
        self._changed = threading.Condition()

    def order(self, number, ids, side=64):
        def deliver(made, failed):
            with self._changed:
                self.delivered.append((number, dict(made), dict(failed)))
                self._changed.notify_all()

        return Order(number, list(ids), side, deliver)

    def wait(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.delivered) >= count, PATIENCE)
        return self.delivered


@pytest.fixture
def paths(tmp_path):
    made = []
    for seed in range(6):
        made.append(tmp_path / f"{seed}.jpg")
        draw(seed, (200, 150)).save(made[-1])
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    return [*map(str, made), str(tmp_path / "broken.jpg"), str(tmp_path / "gone.jpg")]


def test_every_picture_is_made_or_has_a_reason(paths):
    tray, maker = Tray(), ThumbnailMaker(paths.__getitem__)
    maker.start(tray.order(1, [2, 6, 0, 7]), 0)
    ((number, made, failed),) = tray.wait(1)
    assert number == 1
    assert set(made) == {0, 2}
    assert set(failed) == {6, 7}
    assert all(failed.values())
    for picture in made.values():
        with Image.open(io.BytesIO(picture)) as image:
            assert (image.format, image.size) == ("JPEG", (64, 48))
    maker.close()


def test_an_empty_order_and_one_that_is_kept_come_at_once(paths):
    tray, maker = Tray(), ThumbnailMaker(paths.__getitem__)
    maker.start(tray.order(1, []), 0)
    assert tray.delivered == [(1, {}, {})]
    maker.start(tray.order(2, [0, 1]), 0)
    first = tray.wait(2)[1][1]
    maker._path_of = None  # nothing is read again
    maker.start(tray.order(3, [1, 0]), 0)
    assert tray.delivered[2] == (3, first, {})
    maker.close()


def test_what_is_in_sight_comes_before_what_is_ahead_and_cancelled_ones_are_skipped(paths):
    gate = threading.Event()
    asked = []

    def path_of(image):
        gate.wait(PATIENCE)
        asked.append(image)
        return paths[image]

    tray, maker = Tray(), ThumbnailMaker(path_of, threads=1)
    maker.start(tray.order(1, [0]), 0)  # the only thread is busy with it
    maker.start(tray.order(2, [1]), 1)
    maker.start(tray.order(3, [2]), 1)
    maker.start(tray.order(4, [3]), 0)
    maker.cancel([2, 99])
    gate.set()
    assert [number for number, _, _ in tray.wait(3)] == [1, 4, 3]
    assert asked == [0, 3, 2]
    maker.close()


def test_only_so_many_bytes_are_kept(paths):
    tray = Tray()
    maker = ThumbnailMaker(paths.__getitem__, kept_bytes=6000)
    for number in range(4):
        maker.start(tray.order(number, range(6), side=64 + number), 0)
        tray.wait(number + 1)
    assert 0 < maker.kept_bytes <= 6000
    assert maker.kept_bytes == sum(map(len, maker._kept.values()))
    maker.forget(range(6))
    assert maker.kept_bytes == 0
    maker.close()


def test_nothing_is_delivered_after_close(paths):
    gate = threading.Event()

    def path_of(image):
        gate.wait(PATIENCE)
        return paths[image]

    tray, maker = Tray(), ThumbnailMaker(path_of, threads=1)
    maker.start(tray.order(1, [0, 1]), 0)
    maker.close()
    gate.set()
    for thread in threading.enumerate():
        if thread.name == "fastdup_nb-thumbnails":
            thread.join(PATIENCE)
    assert tray.delivered == []


def test_idle_threads_end_and_let_go_of_everything(paths, monkeypatch):
    monkeypatch.setattr(thumbnails, "IDLE_SECONDS", 0.05)
    tray, maker = Tray(), ThumbnailMaker(paths.__getitem__)
    maker.start(tray.order(1, range(6)), 0)
    tray.wait(1)
    until = time.monotonic() + PATIENCE
    while maker._threads and time.monotonic() < until:
        time.sleep(0.02)
    assert maker._threads == 0
    maker.start(tray.order(2, range(6), side=70), 0)  # and they come back
    tray.wait(2)
    gone = weakref.ref(maker)
    del maker
    while gone() is not None and time.monotonic() < until:
        gc.collect()
        time.sleep(0.02)
    assert gone() is None
