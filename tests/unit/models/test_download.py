"""Models by name, from a server on this machine: what arrives, what is kept, what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

import fastdup_nb
from fastdup_nb.errors import MissingDependencyError, ModelError, RunInterruptedError
from fastdup_nb.models import load_embedder
from fastdup_nb.models.catalogue import find_model
from fastdup_nb.models.download import _Arrived, cache_folder, cached_file, obtain
from fastdup_nb.progress import SilentProgress
from tests.pictures import write_pictures
from tests.unit.models.server import serving

NAME = "tiny"
URL_PATH = "/models/tiny.onnx"


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
def model(server, make_model, tmp_path, monkeypatch):
    """A model of the user's catalogue, on the server; the cache is empty."""
    monkeypatch.setenv("FASTDUP_NB_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    content = make_model(("N", 8, 6, 3), name="served.onnx").read_bytes()
    content += b"\x32\x80\x80\x80\x01" + b" " * (1 << 21)  # 2 MB more: the text for people
    server.files[URL_PATH] = content
    write_catalogue(tmp_path, monkeypatch, **entry_of(server, content))
    return find_model(NAME)


def entry_of(server, content, **more):
    digest = hashlib.sha256(content).hexdigest()
    return {
        "url": server.address + URL_PATH,
        "sha256": digest,
        "bytes": len(content),
        "d": 5,
        **more,
    }


def write_catalogue(tmp_path, monkeypatch, **entry):
    path = tmp_path / "my-models.json"
    path.write_text(json.dumps({NAME: entry}))
    monkeypatch.setenv("FASTDUP_NB_MODELS", str(path))


def kept() -> list[str]:
    """What is in the cache; the lock is only a mark."""
    return sorted(path.name for path in cache_folder().iterdir() if path.name != ".lock")


def test_a_run_with_a_named_model_and_a_second_one_without_network(tmp_path, monkeypatch, capsys):
    write_pictures(tmp_path / "images", 3)
    with serving() as server:
        write_tiny(server, tmp_path, monkeypatch)
        assert fastdup_nb.run(tmp_path / "images", tmp_path / "a", model_path=NAME) == 0
        assert server.asked == [(URL_PATH, "bytes=0-")]
    # Nothing listens any more.
    assert fastdup_nb.run(tmp_path / "images", tmp_path / "b", model_path=NAME) == 0
    vectors = [fastdup_nb.load_binary_feature(tmp_path / name, d=3)[1] for name in "ab"]
    assert vectors[0].shape == (3, 3)  # d is known: it need not be given
    np.testing.assert_array_equal(*vectors)
    assert json.loads((tmp_path / "a" / "config.json").read_bytes())["d"] == 3
    found = fastdup_nb.Fastdup(tmp_path / "b").search(tmp_path / "images" / "picture_000.jpg", k=1)
    assert found["distance"][0] == pytest.approx(1)
    assert len(kept()) == 1
    # A name that a work_dir records is not reason enough to fetch anything.
    (cache_folder() / kept()[0]).unlink()
    with pytest.raises(ModelError, match="not in the cache any more") as caught:
        fastdup_nb.Fastdup(tmp_path / "b").search(tmp_path / "images" / "picture_000.jpg", k=1)
    assert caught.value.hint == "Name it as model_path='tiny' to download it again."


def write_tiny(server, tmp_path, monkeypatch):
    from onnx import TensorProto, helper, save

    node = helper.make_node("ReduceMean", ["images"], ["vector"], axes=[1, 2], keepdims=0)
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 8, 8, 3])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([node], "tiny", [images], [vector])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(made, tmp_path / "made.onnx")
    server.files[URL_PATH] = (tmp_path / "made.onnx").read_bytes()
    monkeypatch.setenv("FASTDUP_NB_CACHE", str(tmp_path / "cache"))
    write_catalogue(tmp_path, monkeypatch, **{**entry_of(server, server.files[URL_PATH]), "d": 3})


def test_another_content_is_not_kept(server, model):
    server.files[URL_PATH] = b"x" * model.size
    with pytest.raises(ModelError, match="is not the file that the catalogue names") as caught:
        load_embedder(NAME)
    assert model.sha256[:12] in caught.value.message
    assert kept() == []


def test_more_than_expected_is_cut_short(server, model):
    server.manner[URL_PATH] = "endless"
    with pytest.raises(ModelError, match=f"sends more than the {model.size:,} bytes"):
        load_embedder(NAME)
    assert sum(path.stat().st_size for path in cache_folder().iterdir()) == 0
    server.manner.clear()
    assert load_embedder(NAME).d == 5


def test_an_interrupted_download_goes_on(server, model):
    server.manner[URL_PATH] = "half"
    with pytest.raises(ModelError, match=r"broke off|no connection") as caught:
        load_embedder(NAME)
    assert str(cached_file(model)) in caught.value.hint
    assert kept() == [cached_file(model).with_suffix(".part").name]
    assert not cached_file(model).exists()
    server.manner.clear()
    assert load_embedder(NAME).d == 5
    first, second = server.asked
    assert first == (URL_PATH, "bytes=0-")
    assert 0 < int(second[1].removeprefix("bytes=").removesuffix("-")) <= model.size // 2
    assert kept() == [cached_file(model).name]


def test_a_server_that_knows_no_ranges_starts_over(server, model):
    cache_folder().mkdir(parents=True)
    cached_file(model).with_suffix(".part").write_bytes(b"what is left of an earlier try")
    server.manner[URL_PATH] = "whole"
    assert load_embedder(NAME).d == 5


def test_a_rest_that_does_not_fit_is_dropped(server, model):
    cache_folder().mkdir(parents=True)
    cached_file(model).with_suffix(".part").write_bytes(b"what is left of another file")
    with pytest.raises(ModelError, match="is not the file that the catalogue names"):
        load_embedder(NAME)
    assert kept() == []
    assert load_embedder(NAME).d == 5


def test_control_c_keeps_what_arrived(server, model, tmp_path):
    class Impatient(SilentProgress):
        def advance(self, done, bad=0):
            raise KeyboardInterrupt

    with pytest.raises(RunInterruptedError) as caught:
        load_embedder(NAME, progress=Impatient())
    assert caught.value.hint == "The same call goes on from there."
    assert kept() == [cached_file(model).with_suffix(".part").name]
    assert load_embedder(NAME).d == 5


def test_progress_is_told_in_megabytes(model):
    told = []

    class Recorder(SilentProgress):
        def start(self, stage, total, unit="images", done=0):
            told.append((stage, total, unit, done))

        def advance(self, done, bad=0):
            told.append(done)

        def finish(self):
            told.append("finished")

    assert load_embedder(NAME, progress=Recorder()).d == 5
    assert told[0] == ("Downloading tiny", 2, "MB", 0)
    assert sum(told[1:-1]) == 2
    assert told[-1] == "finished"


def test_offline_says_where_to_put_the_file(model, tmp_path, server, monkeypatch):
    with serving() as closed:
        address = closed.address
    content = server.files[URL_PATH]
    entry = {**entry_of(server, content), "url": address + URL_PATH}
    write_catalogue(tmp_path, monkeypatch, **entry)
    with pytest.raises(ModelError) as caught:
        load_embedder(NAME)
    path = cached_file(find_model(NAME))
    assert caught.value.message == (
        "The model tiny cannot be downloaded: no connection to 127.0.0.1."
    )
    assert caught.value.hint == (
        f"Put {address}{URL_PATH} at {path}, or give the path of an ONNX file as model_path."
    )
    path.write_bytes(content)
    assert load_embedder(NAME).d == 5
    path.write_bytes(content + b" ")
    with pytest.raises(ModelError, match="is not the file of the catalogue"):
        load_embedder(NAME)
    assert path.is_file(), "what the user put there is not deleted"


@pytest.mark.parametrize("status", [404, 503, 416])
def test_a_server_that_refuses(server, model, status):
    server.manner[URL_PATH] = status
    with pytest.raises(ModelError, match=f"127.0.0.1 answers {status}"):
        load_embedder(NAME)
    assert not cached_file(model).exists()


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x//"])
def test_being_sent_on_to_something_else_than_the_web_is_refused(server, model, target):
    server.manner[URL_PATH] = target
    with pytest.raises(ModelError, match="which is refused"):
        load_embedder(NAME)
    assert sum(path.stat().st_size for path in cache_folder().iterdir()) == 0


def test_being_sent_on_to_the_web_is_followed(server, model):
    server.files["/elsewhere"] = server.files[URL_PATH]
    server.manner[URL_PATH] = "/elsewhere"
    assert load_embedder(NAME).d == 5
    assert [path for path, _ in server.asked] == [URL_PATH, "/elsewhere"]


def test_https_is_never_left(model, tmp_path):
    with (tmp_path / "part").open("ab") as stream:
        arrived = _Arrived(stream, model, SilentProgress())
        answer = {"is_redirect": True, "url": "https://a/", "headers": {"location": "http://a/b"}}
        with pytest.raises(ModelError, match="sends on to http://"):
            arrived.begin(SimpleNamespace(**answer))
        arrived.begin(SimpleNamespace(**answer | {"headers": {"location": "/b"}}))


def test_many_at_once_download_once(server, model):
    gate = threading.Barrier(4)

    def get(_):
        gate.wait()
        return obtain(model, SilentProgress())

    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(get, range(4)))
    assert paths == {cached_file(model)}
    assert len(server.asked) == 1


def test_without_pooch_the_error_names_the_extra(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingDependencyError) as caught:
        load_embedder(NAME)
    assert 'pip install "fastdup_nb[models]"' in caught.value.hint
    assert str(cached_file(model)) in caught.value.hint


def test_a_cache_that_cannot_be_written(model, tmp_path, monkeypatch):
    (tmp_path / "in-the-way").touch()
    monkeypatch.setenv("FASTDUP_NB_CACHE", str(tmp_path / "in-the-way"))
    with pytest.raises(ModelError, match=r"cannot be downloaded: .*in-the-way"):
        load_embedder(NAME)


def test_the_cache_of_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("FASTDUP_NB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().name == "models"
    assert "fastdup_nb" in cache_folder().parts
    monkeypatch.setenv("FASTDUP_NB_CACHE", "~/models-of-mine")
    assert cache_folder() == fastdup_nb.paths.absolute("~/models-of-mine/models")


def test_a_changed_feeding_is_another_model(server, model, tmp_path, monkeypatch):
    before = load_embedder(NAME).fingerprint
    assert load_embedder(NAME).fingerprint == before
    entry = entry_of(server, server.files[URL_PATH], normalize=True)
    write_catalogue(tmp_path, monkeypatch, **entry)
    assert load_embedder(NAME).fingerprint != before


def test_opening_a_bundled_model_imports_nothing_that_reaches_a_network():
    program = (
        "import sys; from fastdup_nb.models import load_embedder; load_embedder(); "
        "print(*{'pooch', 'requests', 'urllib3', 'http.client'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "FASTDUP_NB_MODELS": ""},
    )
    assert done.stdout.split() == []
