"""Images in buckets, on a real S3 server that these tests start: Ceph."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb.errors import InputError, InputNotFoundError, RunInterruptedError
from fastdup_nb.progress import SilentProgress
from fastdup_nb.sources import exists, read_bytes, resolve
from fastdup_nb.sources.cloud_access import take_apart
from tests.integration import ceph
from tests.integration.objects import KEYS, MANY, jpeg, mirrored, rows
from tests.pictures import write_pictures

pytestmark = pytest.mark.slow


def test_the_same_as_local_files(bucket, access, tmp_path):
    local = mirrored(bucket, "photos/sixty", tmp_path / "sixty")
    assert fastdup_nb.run("s3://photos/sixty", str(tmp_path / "remote")) == 0
    assert fastdup_nb.run(str(local), str(tmp_path / "local")) == 0
    for name in ("atrain_features.dat", "component_info.csv"):
        one, other = (tmp_path / side / name for side in ("remote", "local"))
        assert one.read_bytes() == other.read_bytes()
    for name in ("similarity.csv", "atrain_stats.csv"):
        remote = (tmp_path / "remote" / name).read_text()
        assert (
            remote.replace("s3://photos/sixty", str(local))
            == (tmp_path / "local" / name).read_text()
        )
    assert fastdup_nb.create_duplicates_gallery(str(tmp_path / "remote"), str(tmp_path)) == 0
    assert (tmp_path / "duplicates.html").read_text().count("data:image/jpeg") >= 20


def test_odd_keys(bucket, access, tmp_path):
    found = resolve("s3://photos/odd").paths
    assert found == sorted((f"s3://photos/odd/{key}" for key in KEYS), key=str.encode)
    for url in found:
        number = KEYS.index(url.removeprefix("s3://photos/odd/"))
        assert read_bytes(url) == jpeg(number)
        assert exists(url)
    assert not exists("s3://photos/odd/none.jpg")
    (tmp_path / "list.txt").write_text("\n".join(found[:3]), "utf-8")
    assert fastdup_nb.run(str(tmp_path / "list.txt"), str(tmp_path / "w")) == 0
    assert list(rows(tmp_path / "w")["filename"]) == found[:3]


def test_odd_keys_by_plain_requests(bucket, access):
    from fastdup_nb.sources import cloud_direct

    for number, key in enumerate(KEYS):
        place = take_apart(f"s3://photos/odd/{key}")
        assert cloud_direct.read(place, 1 << 20) == jpeg(number)
        assert cloud_direct.read_range(place, 2, 10) == jpeg(number)[2:10]
        whole = bucket.info(place.key)
        assert cloud_direct.info(place) == {name: whole[name] for name in ("type", "size", "ETag")}
    assert sorted(cloud_direct.names(take_apart("s3://photos/odd/"))) == sorted(
        f"photos/odd/{key}" for key in KEYS
    )
    assert cloud_direct.names(take_apart("s3://photos/od")) is None  # no part of a name
    access.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert cloud_direct.read(take_apart("s3://photos/odd/plain.jpg"), 1 << 20) is None


def test_a_server_with_a_certificate_of_its_own(server, bucket, access, tmp_path):
    from fastdup_nb.sources import cloud_direct

    if server.certificate is None:
        pytest.skip("openssl is not installed")
    access.setenv("FASTDUP_S3_ENDPOINT_URL", server.secure_endpoint)
    access.setenv("AWS_CA_BUNDLE", str(server.certificate))
    assert cloud_direct.read(take_apart("s3://photos/odd/plain.jpg"), 1 << 20) == jpeg(3)
    assert fastdup_nb.run("s3://photos/odd", str(tmp_path / "w")) == 0
    assert len(rows(tmp_path / "w")) == len(KEYS)
    access.delenv("AWS_CA_BUNDLE")  # nobody vouches for it then
    access.setenv("FASTDUP_NB_CLOUD_PATIENCE", "0")
    with pytest.raises(RunInterruptedError, match="does not answer"):
        resolve("s3://photos/odd")


def test_keys_that_only_the_general_library_knows(bucket, access):
    for key in ("double//slash.jpg", "dots/../up.jpg"):
        bucket.call_s3("put_object", Bucket="oddest", Key=key, Body=jpeg(1))
    found = resolve("s3://oddest").paths
    assert found == ["s3://oddest/dots/../up.jpg", "s3://oddest/double//slash.jpg"]
    assert [read_bytes(url) for url in found] == [jpeg(1)] * 2


def test_more_than_a_page_of_keys(bucket, access):
    listing = resolve("s3://many")
    assert len(listing.paths) == MANY
    assert listing.paths[-1] == f"s3://many/{MANY - 1:05d}.jpg"


def test_bad_objects_have_their_reason(bucket, access, tmp_path):
    assert fastdup_nb.run("s3://photos/bad", str(tmp_path)) == 0
    bad = rows(tmp_path, "atrain_features.bad.csv").set_index("filename")
    assert "empty" in bad.loc["s3://photos/bad/empty.jpg", "reason"]
    assert "s3://photos/bad/text.jpg" in bad.index
    assert list(rows(tmp_path)["filename"]) == ["s3://photos/bad/good.jpg"]


def test_sync_s3_to_local(bucket, access, tmp_path):
    """`sync_s3_to_local=0|1`: "sync s3 to local folder to improve performance"."""
    options = {"turi_param": "sync_s3_to_local=1"}
    assert fastdup_nb.run("s3://photos/odd", str(tmp_path), **options) == 0
    names = list(rows(tmp_path)["filename"])
    assert len(names) == len(KEYS)
    assert all(
        Path(name).is_relative_to(tmp_path / "tmp") and Path(name).is_file() for name in names
    )


def test_minio_aliases(server, bucket, access, tmp_path):
    """ "When using minio append the minio server name for example minio://google/visual_db"."""
    access.delenv("AWS_ACCESS_KEY_ID")
    access.delenv("AWS_SECRET_ACCESS_KEY")
    access.delenv("FASTDUP_S3_ENDPOINT_URL")
    port = server.endpoint.removeprefix("http://")
    access.setenv("MC_HOST_mine", f"http://{ceph.KEY}:{ceph.SECRET}@{port}")
    config = Path(os.environ["HOME"]) / ".mc"
    config.mkdir()
    alias = {"url": server.endpoint, "accessKey": ceph.KEY, "secretKey": ceph.SECRET}
    (config / "config.json").write_text(json.dumps({"version": "10", "aliases": {"filed": alias}}))
    for name in ("mine", "filed"):
        work_dir = tmp_path / name
        assert fastdup_nb.run(f"minio://{name}/photos/odd", str(work_dir)) == 0
        assert rows(work_dir)["filename"][0].startswith(f"minio://{name}/photos/odd/")
    with pytest.raises(InputError, match=r"no alias 'other'.*filed"):
        resolve("minio://other/photos")


def test_public_buckets(bucket, access, tmp_path):
    from fastdup_nb.sources import cloud_direct

    bucket.call_s3("put_bucket_acl", Bucket="public", ACL="public-read")
    for number in range(3):
        what = {"Key": f"{number}.jpg", "Body": jpeg(number), "ACL": "public-read"}
        bucket.call_s3("put_object", Bucket="public", **what)
    access.delenv("AWS_ACCESS_KEY_ID")
    access.delenv("AWS_SECRET_ACCESS_KEY")
    access.setenv("FASTDUP_NB_S3_ANONYMOUS", "1")
    assert fastdup_nb.run("s3://public", str(tmp_path)) == 0
    assert len(rows(tmp_path)) == 3
    assert cloud_direct.read(take_apart("s3://public/1.jpg"), 1 << 20) == jpeg(1)
    assert cloud_direct.read(take_apart("s3://photos/odd/plain.jpg"), 1 << 20) is None
    with pytest.raises(InputError, match="access is denied"):
        resolve("s3://photos")


def test_secrets_are_written_nowhere(bucket, access, tmp_path, capfd):
    assert fastdup_nb.run("s3://photos/bad", str(tmp_path / "w"), verbose=True) == 0
    assert fastdup_nb.run("s3://photos/none", str(tmp_path / "w2")) == 1
    written = b"".join(p.read_bytes() for p in (tmp_path / "w").rglob("*") if p.is_file())
    told = "".join(capfd.readouterr())
    for secret in (ceph.KEY, ceph.SECRET):
        assert secret.encode() not in written
        assert secret not in told


def test_what_cannot_be_listed(bucket, access):
    def refused(url, error, message, hint):
        with pytest.raises(error, match=message) as caught:
            resolve(url)
        assert hint in caught.value.hint

    refused("s3://photos/none", InputNotFoundError, "nothing at s3://photos/none", "prefix")
    refused("s3://nobucket", InputNotFoundError, "no bucket 'nobucket'", "name")
    refused("s3://empty", InputNotFoundError, "nothing at s3://empty", "prefix")
    refused("s3://", InputError, "names no bucket", "s3://bucket/prefix")
    refused("s3://key:word@photos/x", InputError, "credentials in it", "environment")
    refused("ftp://photos/x", InputError, "not available", "local folder")
    access.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    refused("s3://photos", InputError, "key or the secret is wrong", "secret")
    access.setenv("AWS_SECRET_ACCESS_KEY", ceph.SECRET)
    access.setenv("AWS_ACCESS_KEY_ID", "nobody")
    refused("s3://photos", InputError, "key or the secret is wrong", "secret")
    access.delenv("AWS_ACCESS_KEY_ID")
    access.delenv("AWS_SECRET_ACCESS_KEY")
    refused("s3://photos", InputError, "no credentials for s3://photos", "FASTDUP_NB_S3_ANONYMOUS")


class _Watch(SilentProgress):
    """Calls something once, when so many images are done."""

    def __init__(self, at, call):
        self.done, self._at, self._call = 0, at, call

    def advance(self, done, bad=0):
        self.done += done
        if self._call and self.done >= self._at:
            call, self._call = self._call, None
            call()


def test_a_server_that_comes_back_is_waited_for(server, bucket, access, tmp_path):
    restarting = threading.Thread(target=lambda: (time.sleep(2), server.start_gateway()))

    def restart():
        server.kill_gateway()
        restarting.start()

    try:
        # More than what is read ahead: some of it has to be waited for.
        found = fastdup_nb.Fastdup.run(
            "s3://many", tmp_path / "w", progress=_Watch(8, restart), num_images=400
        )
    finally:
        restarting.join(120)
    names, vectors = found.embeddings()
    assert len(names) == 400
    assert len(found.invalid_instances()) == 0
    assert np.isfinite(vectors).all()


def test_a_server_that_stays_away_stops_a_run_that_can_be_resumed(server, bucket, access, tmp_path):
    access.setenv("FASTDUP_NB_CLOUD_PATIENCE", "1")
    # More than what is read ahead when the server goes.
    options = {"input_dir": "s3://many", "work_dir": tmp_path / "w", "num_images": 400}
    try:
        with pytest.raises(RunInterruptedError, match="does not answer") as caught:
            fastdup_nb.Fastdup.run(**options, progress=_Watch(8, server.kill_gateway))
    finally:
        server.start_gateway()
    assert "resume=1" in caught.value.hint
    again = _Watch(9999, None)
    found = fastdup_nb.Fastdup.run(**options, progress=again, resume=1)
    assert len(found.embeddings()[0]) == 400
    assert again.done < 400 + 400  # not all images, and the neighbours
    whole = fastdup_nb.Fastdup.run(**{**options, "work_dir": tmp_path / "whole"})
    assert (found.embeddings()[1] == whole.embeddings()[1]).all()


def test_test_sets_in_a_bucket(bucket, access, tmp_path):
    """`test_dir`: "An s3:// or minio:// path."."""
    photos = write_pictures(tmp_path / "photos", 5)[0].parent
    assert fastdup_nb.run(str(photos), str(tmp_path / "w"), test_dir="s3://photos/odd") == 0
    pairs = pd.read_csv(tmp_path / "w" / "similarity.csv")
    assert (pairs["distance"] > 0.99).sum() >= 5


def test_boxes_of_images_in_a_bucket(bucket, access, tmp_path):
    """Found by a detector, or given; of images and of archives."""
    pytest.importorskip("onnx")
    from tests.unit.models.test_detector import ROWS, write

    network = write(tmp_path / "mine.onnx", ROWS, names="{0: 'cat', 1: 'dog'}")
    for prefix in ("sixty", "shards"):
        local = mirrored(bucket, f"photos/{prefix}", tmp_path / prefix)
        url = f"s3://photos/{prefix}"
        box = {"col_x": 5, "row_y": 5, "width": 60, "height": 50}
        frame = pd.DataFrame([{"filename": f"in/{n:03d}.jpg", **box} for n in range(20)])
        if prefix == "sixty":
            frame = frame.assign(filename=[f"{n:03d}.jpg" for n in range(20)])
        else:
            frame = frame[5:10].assign(filename=[f"1.tar/in/{n:03d}.jpg" for n in range(5, 10)])
        for number, options in enumerate(({"bounding_box": network}, {"annotations": frame})):
            here, there = tmp_path / f"h{prefix}{number}", tmp_path / f"t{prefix}{number}"
            fastdup_nb.Fastdup.run(local, here, progress=SilentProgress(), **options)
            fastdup_nb.Fastdup.run(url, there, progress=SilentProgress(), **options)
            for name in ("atrain_features.dat", "atrain_stats.csv", "atrain_crops.csv"):
                written = (there / name).read_bytes().replace(url.encode(), str(local).encode())
                assert written == (here / name).read_bytes(), (prefix, options, name)
            assert not any((there / "tmp").rglob("*.tar*"))


def test_keys_are_taken_as_they_are():
    assert take_apart("s3://b/a%20b?c#d").key == "b/a%20b?c#d"
    assert take_apart("minio://alias/b/c").root == "minio://alias/"


def test_the_example_notebook_on_a_bucket(bucket, access, tmp_path):
    nbformat, nbclient = (pytest.importorskip(name) for name in ("nbformat", "nbclient"))
    examples = Path(__file__).parents[2] / "examples"
    folder = tmp_path / "examples"
    ignored = shutil.ignore_patterns("example_*", "__pycache__", "[!07]*.ipynb")
    shutil.copytree(examples, folder, ignore=ignored)
    access.setenv("FASTDUP_EXAMPLE_BUCKET", "s3://photos/sixty")
    access.setenv("PYTHONPATH", str(examples.parent))
    notebook = nbformat.read(examples / "07-buckets-and-archives.ipynb", 4)
    where = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=400, resources=where).execute()
    outputs = [out for cell in notebook.cells[-2:] for out in cell.get("outputs", [])]
    told = "".join(out.get("text", "") for out in outputs)
    assert "60 images in" in told
    assert ceph.SECRET not in nbformat.writes(notebook)
