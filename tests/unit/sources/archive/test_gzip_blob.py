from __future__ import annotations

import gzip
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fastdup_nb.errors import ImageError
from fastdup_nb.sources.archive import gzip_blob
from fastdup_nb.sources.archive.blob import FileBlob
from fastdup_nb.sources.archive.gzip_blob import GzipBlob


@pytest.fixture
def data():
    chance = random.Random(3)
    return b"".join(chance.randbytes(300) * chance.randrange(1, 9) for _ in range(1500))


@pytest.fixture
def path(tmp_path, data, monkeypatch):
    monkeypatch.setattr(gzip_blob, "FIRST_SPACING", 1 << 15)
    monkeypatch.setattr(gzip_blob, "MOST_POINTS", 8)
    monkeypatch.setattr(gzip_blob, "KEPT", 1 << 16)
    monkeypatch.setattr(gzip_blob, "_INPUT", 1 << 14)
    monkeypatch.setattr(gzip_blob, "_OUTPUT", 5000)
    file = tmp_path / "x.gz"
    half = len(data) // 2
    file.write_bytes(gzip.compress(data[:half]) + gzip.compress(data[half:]))
    return str(file)


def test_any_place_in_any_order(path, data):
    blob = GzipBlob(FileBlob(path))
    chance = random.Random(4)
    for _ in range(200):
        at, size = chance.randrange(len(data)), chance.randrange(20_000)
        assert blob.read_at(at, size) == data[at : at + size]
    assert blob.read_at(len(data) - 3, 99) == data[-3:]
    assert blob.read_at(len(data), 1) == b""
    assert blob.read_at(10 * len(data), 1) == b""
    assert len(blob._points) <= 8
    blob.close()


def test_several_threads(path, data):
    blob = GzipBlob(FileBlob(path))
    places = [random.Random(i).randrange(len(data)) for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        for at, found in zip(
            places, pool.map(lambda at: blob.read_at(at, 99), places), strict=True
        ):
            assert found == data[at : at + 99]


def test_going_back_begins_near_by(path, data, monkeypatch):
    blob = GzipBlob(FileBlob(path))
    blob.read_at(len(data) - 1, 1)
    taken = []
    read = FileBlob.read_at
    monkeypatch.setattr(
        FileBlob, "read_at", lambda self, at, size: taken.append(at) or read(self, at, size)
    )
    at = len(data) * 3 // 4
    assert blob.read_at(at, 10) == data[at : at + 10]
    size = Path(path).stat().st_size
    assert min(taken, default=size) > size // 2


def test_a_little_out_of_order_nothing_is_unpacked_again(path, data):
    blob = GzipBlob(FileBlob(path))
    blob.read_at(99_999, 1)
    blob.read_at(10_000, 1)  # from now on it knows
    given = 0
    for at in range(100_000, len(data) - 40_000, 10_000):
        for place in (at + 30_000, at):
            assert blob.read_at(place, 10_000) == data[place : place + 10_000]
            assert blob._state.given >= given
            given = blob._state.given
    assert sum(len(piece) for _, piece in blob._recent) < (1 << 16) + 2 * 5000


def test_headers_with_names_and_comments(tmp_path):
    """RFC 1952: extra field, name, comment and the check of the header."""
    body = gzip.compress(b"content")[10:]
    header = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff" + b"\x03\0abc" + b"name\0" + b"comment\0" + b"\0\0"
    (tmp_path / "x.gz").write_bytes(header + body)
    assert GzipBlob(FileBlob(str(tmp_path / "x.gz"))).read_at(0, 99) == b"content"
    for cut in range(1, len(header)):
        (tmp_path / "x.gz").write_bytes(header[:cut])
        with pytest.raises(ImageError, match="cut"):
            GzipBlob(FileBlob(str(tmp_path / "x.gz"))).read_at(0, 99)


def test_the_check_sum_is_told_after_the_data(tmp_path):
    packed = bytearray(gzip.compress(b"x" * 1000))
    packed[-6] ^= 1
    (tmp_path / "x.gz").write_bytes(packed)
    blob = GzipBlob(FileBlob(str(tmp_path / "x.gz")))
    assert blob.read_at(0, 1000) == b"x" * 1000
    with pytest.raises(ImageError, match="check sum"):
        blob.read_at(1000, 1)
    assert blob.read_at(5, 5) == b"xxxxx"
