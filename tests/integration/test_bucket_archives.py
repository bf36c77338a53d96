"""Archives in buckets, on a real S3 server that these tests start: Ceph."""

from __future__ import annotations

import os

import pytest

import fastdup_nb
from fastdup_nb.errors import ImageError
from fastdup_nb.progress import SilentProgress
from fastdup_nb.sources import exists, read_bytes
from tests.integration.objects import MIXED, jpeg, mirrored, rows

pytestmark = pytest.mark.slow


def test_archives(bucket, access, tmp_path):
    local = mirrored(bucket, "photos/shards", tmp_path / "shards")
    assert fastdup_nb.run("s3://photos/shards", str(tmp_path / "remote")) == 0
    assert fastdup_nb.run(str(local), str(tmp_path / "local")) == 0
    features = [(tmp_path / side / "atrain_features.dat") for side in ("remote", "local")]
    assert features[0].read_bytes() == features[1].read_bytes()
    names = rows(tmp_path / "remote")["filename"]
    assert names[0] == "s3://photos/shards/0.tar.gz/in/000.jpg"
    assert not list((tmp_path / "remote").rglob("*.tar*"))  # copies are gone
    for name, seed in ((names[7], 7), (names[19], 19)):
        assert read_bytes(name) == jpeg(seed)  # of a tar and of a tar.gz, without a copy
    assert not exists("s3://photos/shards/1.tar/in/none.jpg")


def test_images_of_an_open_archive_are_not_looked_for_as_objects(bucket, access, monkeypatch):
    from fastdup_nb.sources import cloud_direct

    asked, read = [], cloud_direct.read

    def noted(place, most):
        asked.append(place.key)
        return read(place, most)

    monkeypatch.setattr(cloud_direct, "read", noted)
    names = [f"s3://photos/shards/1.tar/in/{seed:03d}.jpg" for seed in (5, 6, 7)]
    assert [read_bytes(name) for name in names] == [jpeg(seed) for seed in (5, 6, 7)]
    assert len(asked) <= 1
    with pytest.raises(ImageError, match="no such object"):
        read_bytes("s3://photos/shards/1.tar/in/none.jpg")


def copies_below(folder):
    """Archives and parts of them; folders may vanish meanwhile, which os.walk takes quietly."""
    return [name for _, _, names in os.walk(folder) for name in names if ".tar" in name]


def test_copies_of_archives_are_few_and_can_be_kept(bucket, access, tmp_path, monkeypatch):
    from fastdup_nb.sources import cloud

    most, copy_to = 0, cloud.copy_to

    def counted(url, path):
        nonlocal most
        copy_to(url, path)
        most = max(most, len(copies_below(tmp_path / "w")))

    monkeypatch.setattr(cloud, "copy_to", counted)
    assert fastdup_nb.run("s3://photos/shards", str(tmp_path / "w"), num_threads=1) == 0
    assert 0 < most <= 2
    options = {"turi_param": "delete_tar=0", "num_threads": 1}
    assert fastdup_nb.run("s3://photos/shards", str(tmp_path / "kept"), **options) == 0
    assert len(list((tmp_path / "kept" / "tmp").rglob("*.tar*"))) == 4


@pytest.mark.parametrize("threads", [1, 3])
def test_disk_never_holds_more_archives_than_workers_and_one(
    bucket, access, tmp_path, monkeypatch, threads
):
    """Issue: "disk use of a remote archive run never more than (workers + 1) archives"."""
    from fastdup_nb.sources import cloud

    most, copy_to, copies = 0, cloud.copy_to, tmp_path / "w" / "tmp"

    def counted(url, path):
        nonlocal most
        copy_to(url, path)
        most = max(most, len(list(copies.iterdir())))  # a folder for each, that which came too

    monkeypatch.setattr(cloud, "copy_to", counted)
    options = {"num_threads": threads, "work_dir": str(tmp_path / "w")}
    assert fastdup_nb.run("s3://photos/mixed", **options) == 0
    assert len(rows(tmp_path / "w")) == 9 * MIXED
    assert 2 <= most <= threads + 1
    assert not copies.exists() or not list(copies.iterdir())


def test_archives_of_a_bucket_as_test_set_and_added(bucket, access, tmp_path):
    assert fastdup_nb.run("s3://photos/sixty", tmp_path / "w", test_dir="s3://photos/shards") == 0
    assert len(rows(tmp_path / "w", "atest_features.dat.csv")) == 20
    assert fastdup_nb.Fastdup(tmp_path / "w").summary().summary.leakage.in_train == 20
    fd = fastdup_nb.Fastdup.run("s3://photos/sixty", tmp_path / "a", progress=SilentProgress())
    assert fd.add("s3://photos/shards", progress=SilentProgress()).new == 20
    assert not any((tmp_path / "a" / "tmp").rglob("*.tar*"))
