"""Copies of remote archives, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdup_nb.errors import ImageError
from fastdup_nb.sources import cloud
from fastdup_nb.sources.cloud_archive import CloudCopies

URL = "s3://photos/shards/1.tar"


@pytest.mark.parametrize("keep", [False, True])
def test_a_copy_that_fails_leaves_no_part_behind(tmp_path, monkeypatch, keep):
    def half(_url, path):
        Path(path).write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cloud, "copy_to", half)
    copies = CloudCopies(tmp_path, keep=keep)
    with pytest.raises(ImageError, match="no copy could be made: No space"), copies.local_copy(URL):
        pytest.fail("there is no copy")
    copies.begin(URL)  # one that nobody comes for
    copies.close()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_fails_spares_the_kept_one(tmp_path, monkeypatch):
    def whole(_url, path):
        Path(path).write_bytes(b"archive")

    def half(_url, path):
        Path(path).write_bytes(b"h")
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(cloud, "size_of", lambda _url: 7)
    monkeypatch.setattr(cloud, "copy_to", whole)
    copies = CloudCopies(tmp_path, keep=True)
    with copies.local_copy(URL) as path:
        kept = Path(path)
    monkeypatch.setattr(cloud, "size_of", lambda _url: 9)  # another one has taken its place
    monkeypatch.setattr(cloud, "copy_to", half)
    with pytest.raises(ImageError), copies.local_copy(URL):
        pytest.fail("there is no copy")
    copies.close()
    assert [file.name for file in kept.parent.iterdir()] == ["1.tar"]
    assert kept.read_bytes() == b"archive"
