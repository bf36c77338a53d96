"""Plain requests to a server on loopback; what is not simply there is left to the general way."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources import cloud, cloud_direct
from fastdup_nb.sources.cloud_access import take_apart

pytest.importorskip("s3fs")
pytest.importorskip("obstore")

ANSWERS = {
    "/b/whole": (200, b"abc"),
    "/b/busy": (503, b"later"),
    "/b/denied": (403, b"no"),
    "/b/empty": (200, b""),
    "/b/short": (200, b"abc"),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self):
        self.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        status, content = ANSWERS.get(self.path, (404, b"no"))
        said = len(content) + (5 if self.path == "/b/short" else 0)
        self.send_response(status)
        self.send_header("Content-Length", str(said))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 06:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)
        if said != len(content):
            self.close_connection = True

    def do_HEAD(self):
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def access(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "http_proxy", "HTTP_PROXY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    cloud_direct._door.cache_clear()
    yield monkeypatch
    cloud_direct._door.cache_clear()


@pytest.fixture
def server(access):
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    access.setenv("FASTDUP_S3_ENDPOINT_URL", f"http://127.0.0.1:{made.server_port}")
    _Handler.asked.clear()
    yield made
    made.shutdown()
    made.server_close()


def ask(url, most=100):
    return cloud_direct.read(take_apart(url), most)


def test_one_signed_request_for_an_object(server):
    assert ask("s3://b/whole") == b"abc"
    assert ask("s3://b/empty") == b""
    assert [path for path, _ in _Handler.asked] == ["/b/whole", "/b/empty"]
    signature = _Handler.asked[0][1]["authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=key-of-nobody/")
    assert "/us-east-1/s3/" in signature


def test_one_request_for_a_copy(server, tmp_path):
    cloud.copy_to("s3://b/whole", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"abc"
    assert [path for path, _ in _Handler.asked] == ["/b/whole"]
    with pytest.raises(ImageError, match="no such object"):
        cloud.copy_to("s3://b/none", str(tmp_path / "none"))


def test_keys_of_an_alias_are_not_mixed_with_those_of_the_environment(server, access):
    access.setenv("AWS_SESSION_TOKEN", "token-of-another")
    access.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    access.delenv("FASTDUP_S3_ENDPOINT_URL")
    access.setenv("MC_HOST_mine", f"http://its-key:its-word@127.0.0.1:{server.server_port}")
    assert ask("minio://mine/b/whole") == b"abc"
    _, headers = _Handler.asked[-1]
    assert "Credential=its-key/" in headers["authorization"]
    assert "x-amz-security-token" not in headers


def test_keys_and_region_of_a_profile(server, access, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        access.delenv(name)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile lab]\nregion = lab-1\n")
    keys = "aws_access_key_id = its-key\naws_secret_access_key = word\n"
    (tmp_path / ".aws" / "credentials").write_text(f"[lab]\n{keys}")
    assert ask("s3://b/whole") is None  # no keys: the general way says so
    access.setenv("AWS_PROFILE", "lab")
    assert ask("s3://b/whole") == b"abc"
    assert "Credential=its-key/" in _Handler.asked[-1][1]["authorization"]
    assert "/lab-1/s3/" in _Handler.asked[-1][1]["authorization"]


def test_public_buckets(server, access):
    access.setenv("FASTDUP_NB_S3_ANONYMOUS", "1")
    assert ask("s3://b/whole") == b"abc"
    assert "authorization" not in _Handler.asked[-1][1]


def test_what_is_not_there_or_too_large(server):
    with pytest.raises(FileNotFoundError):
        ask("s3://b/none")
    with pytest.raises(ImageError) as caught:
        ask("s3://b/whole", most=2)
    assert caught.value.problem is ImageProblem.TOO_LARGE


@pytest.mark.parametrize(
    "url",
    [
        "s3://b/denied",
        "s3://b/with//nothing.jpg",
        "s3://b/a/../whole",
        "s3://b//whole",
        "s3://b/whole/",
        "s3://b/a\nb",
        "gs://b/whole",
    ],
)
def test_what_is_odd_is_left_to_the_general_way(server, url):
    assert ask(url) is None
    assert ask("s3://b/whole") == b"abc"


@pytest.mark.parametrize("key", ["busy", "short"])
def test_a_server_in_trouble_is_left_to_the_general_way_for_a_while(server, key, monkeypatch):
    assert ask(f"s3://b/{key}") is None
    before = len(_Handler.asked)
    assert ask("s3://b/whole") is None
    assert len(_Handler.asked) == before
    later = time.monotonic() + cloud_direct._NOT_AGAIN_FOR + 1
    monkeypatch.setattr(cloud_direct.time, "monotonic", lambda: later)
    assert ask("s3://b/whole") == b"abc"


def test_a_server_that_is_away(access):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        access.setenv("FASTDUP_S3_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert ask("s3://b/whole") is None


@pytest.mark.parametrize("missing", ["obstore", "s3fs"])
def test_without_either_library(server, access, missing):
    found = cloud_direct.find_spec
    access.setattr(cloud_direct, "find_spec", lambda name: None if name == missing else found(name))
    assert ask("s3://b/whole") is None
    assert _Handler.asked == []
