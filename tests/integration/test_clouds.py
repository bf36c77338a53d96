"""Images in the clouds of Google and Microsoft: programs that speak as they do, from others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import fastdup_nb
from fastdup_nb.errors import InputError, InputNotFoundError
from fastdup_nb.sources import exists, read_bytes, resolve
from tests.integration import emulators
from tests.integration.objects import MANY, jpeg, rows, tar_of

pytestmark = pytest.mark.slow

KEYS = ["a b/ü%20+&é.jpg", "a b/#1?.jpg", "a b/日本.jpg", "plain.jpg", "z/=,'.jpg"]


@dataclass(frozen=True)
class Cloud:
    """One that runs, and what a user of it sets."""

    root: str
    noun: str
    environment: dict[str, str]


def _without(reason):
    """Leave the tests out, loudly: the server is no part of this package."""
    if os.environ.get("FASTDUP_NB_NEED_CLOUDS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _google(server):
    pytest.importorskip("gcsfs")
    from gcsfs.core import GCSFileSystem

    system = GCSFileSystem(endpoint_url=server.endpoint, token="anon", skip_instance_cache=True)
    return system, Cloud("gs://", "bucket", {"STORAGE_EMULATOR_HOST": server.endpoint})


def _azure(server):
    adlfs = pytest.importorskip("adlfs")
    where = f"{server.endpoint}/{emulators.AZURE_ACCOUNT}"
    account = f"AccountName={emulators.AZURE_ACCOUNT};AccountKey={emulators.AZURE_KEY}"
    connection = f"DefaultEndpointsProtocol=http;{account};BlobEndpoint={where};"
    system = adlfs.AzureBlobFileSystem(connection_string=connection, skip_instance_cache=True)
    return system, Cloud("az://", "container", {"AZURE_STORAGE_CONNECTION_STRING": connection})


@pytest.fixture(scope="module", params=["google", "azure"])
def filled(request, tmp_path_factory):
    """A cloud with photos in it."""
    make = {"google": emulators.google, "azure": emulators.azure}[request.param]
    server = make(tmp_path_factory.mktemp(request.param))
    if server is None:
        _without(f"no emulator of {request.param}: gcp-storage-emulator (pip), azurite (npm)")
    try:
        server.start()
        system, cloud = {"google": _google, "azure": _azure}[request.param](server)
        for name in ("photos", "empty"):
            system.mkdir(name)
        for number, key in enumerate(KEYS):
            system.pipe_file(f"photos/odd/{key}", jpeg(number))
        for number in range(20):
            system.pipe_file(f"photos/twenty/{number:02d}.jpg", jpeg(number % 15))
        for number in range(MANY):  # one by one: the first emulator talks to one client at a time
            system.pipe_file(f"photos/many/{number:05d}.jpg", b"x")
        system.pipe_file("photos/bad/empty.jpg", b"")
        system.pipe_file("photos/bad/text.jpg", b"no image")
        system.pipe_file("photos/bad/good.jpg", jpeg(1))
        system.pipe_file("photos/shards/0.tar", tar_of(range(5)))
        system.pipe_file("photos/shards/1.tar", tar_of(range(5, 9)))
        yield cloud
    except TimeoutError as error:
        _without(str(error))
    finally:
        server.stop()


@pytest.fixture
def cloud(filled, monkeypatch, tmp_path):
    """Set the environment of a user of the cloud; of the test's own home."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "GOOGLE_", "STORAGE_EMULATOR", "GCSFS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FASTDUP_NB_CLOUD_PATIENCE", "20")
    for name, value in filled.environment.items():
        monkeypatch.setenv(name, value)
    return filled


def test_the_same_as_local_files(cloud, tmp_path):
    local = tmp_path / "twenty"
    local.mkdir()
    for number in range(20):
        (local / f"{number:02d}.jpg").write_bytes(jpeg(number % 15))
    url = f"{cloud.root}photos/twenty"
    assert fastdup_nb.run(url, str(tmp_path / "remote")) == 0
    assert fastdup_nb.run(str(local), str(tmp_path / "local")) == 0
    features = [tmp_path / side / "atrain_features.dat" for side in ("remote", "local")]
    assert features[0].read_bytes() == features[1].read_bytes()
    remote, local_pairs = (
        (tmp_path / side / "similarity.csv").read_text() for side in ("remote", "local")
    )
    assert remote.replace(url, str(local)) == local_pairs
    assert fastdup_nb.create_duplicates_gallery(str(tmp_path / "remote"), str(tmp_path)) == 0
    assert "data:image/jpeg" in (tmp_path / "duplicates.html").read_text()


def test_odd_keys(cloud):
    root = f"{cloud.root}photos/odd"
    found = resolve(root).paths
    assert found == sorted((f"{root}/{key}" for key in KEYS), key=str.encode)
    assert [read_bytes(url) for url in found] == [
        jpeg(KEYS.index(url.removeprefix(f"{root}/"))) for url in found
    ]
    assert all(map(exists, found))
    assert not exists(f"{root}/none.jpg")
    assert resolve(found[0]).paths == found[:1]


def test_more_keys_than_a_page_of_a_listing_has(cloud):
    found = resolve(f"{cloud.root}photos/many").paths
    assert len(found) == MANY
    assert found[-1].endswith(f"{MANY - 1:05d}.jpg")


def test_archives(cloud, tmp_path):
    assert fastdup_nb.run(f"{cloud.root}photos/shards", str(tmp_path)) == 0
    names = list(rows(tmp_path)["filename"])
    assert names[0] == f"{cloud.root}photos/shards/0.tar/in/000.jpg"
    assert len(names) == 9
    assert read_bytes(names[7]) == jpeg(7)
    assert not list(tmp_path.rglob("*.tar"))


def test_bad_objects_have_their_reason(cloud, tmp_path):
    urls = [f"{cloud.root}photos/bad/{name}.jpg" for name in ("empty", "text", "none", "good")]
    assert fastdup_nb.run(urls, str(tmp_path)) == 0
    bad = rows(tmp_path, "atrain_features.bad.csv").set_index("filename")["error_code"]
    assert [bad[url] for url in urls[:3]] == [
        "ERROR_ZERO_SIZE_FILE",
        "ERROR_NOT_AN_IMAGE",
        "ERROR_MISSING_FILE",
    ]
    assert list(rows(tmp_path)["filename"]) == urls[3:]


def test_what_cannot_be_listed(cloud):
    for url, told in (
        ("photos/none", f"nothing at {cloud.root}photos/none"),
        ("empty", f"nothing at {cloud.root}empty"),
        ("nowhere", f"no {cloud.noun} 'nowhere'"),
    ):
        with pytest.raises(InputNotFoundError, match=told):
            resolve(f"{cloud.root}{url}")


def test_wrong_credentials(cloud, monkeypatch, capfd):
    if cloud.root != "az://":
        pytest.skip("the emulator of Google asks for none")
    name = "AZURE_STORAGE_CONNECTION_STRING"
    known = cloud.environment[name]
    monkeypatch.setenv(name, known.replace(emulators.AZURE_KEY, "A" * 86 + "=="))
    with pytest.raises(InputError, match="secret is wrong") as caught:
        resolve("az://photos/twenty")
    assert name in caught.value.hint
    for broken in ("nonsense", ""):
        monkeypatch.setenv(name, broken)
        with pytest.raises(InputError, match="missing or malformed") as caught:
            resolve("az://photos/twenty")
        assert name in caught.value.hint
    assert emulators.AZURE_KEY not in "".join(capfd.readouterr())


def test_nothing_of_the_libraries_is_printed(cloud, tmp_path):
    program = (
        "import sys, fastdup_nb as f; f.run(sys.argv[1], sys.argv[2]); f.run(sys.argv[3], 'x')"
    )
    urls = (f"{cloud.root}photos/twenty", str(tmp_path / "w"), f"{cloud.root}nowhere")
    done = subprocess.run(
        [sys.executable, "-c", program, *urls],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        timeout=240,
    )
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4, done.stderr
    shutil.rmtree(tmp_path / "x", ignore_errors=True)
