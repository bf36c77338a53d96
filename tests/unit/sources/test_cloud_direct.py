"""Plain requests to a server on loopback; what is not simply there is left to the general way."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from fastdup_nb.sources import cloud_direct
from fastdup_nb.sources.cloud_access import file_system, take_apart

pytest.importorskip("s3fs")
credentials = pytest.importorskip("botocore.credentials")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # connections stay open

KEYS = credentials.Credentials("key-of-nobody", "word")
ANSWERS = {"/b/whole": (206, b"abc"), "/b/busy": (503, b"later"), "/b/empty": (200, b"")}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        status, content = ANSWERS.get(self.path, (404, b"no"))
        said = len(content) + (5 if self.path == "/b/short" else 0)
        self.send_response(status)
        self.send_header("Content-Length", str(said))
        self.end_headers()
        self.wfile.write(content)
        if said != len(content):
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("AWS_PROFILE", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    monkeypatch.setenv("FASTDUP_S3_ENDPOINT_URL", f"http://127.0.0.1:{made.server_port}")
    _Handler.asked.clear()
    yield made
    made.shutdown()
    made.server_close()


def ask(url):
    place = take_apart(url)
    return cloud_direct.read(place, file_system(place), 100)


def test_what_is_there(server):
    assert ask("s3://b/whole") == b"abc"
    path, signature = _Handler.asked[-1]
    assert path == "/b/whole"
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=key-of-nobody/")


@pytest.mark.parametrize("key", ["busy", "empty", "none"])
def test_anything_else_is_left_to_the_general_way(server, key):
    assert ask(f"s3://b/{key}") is None
    assert ask("s3://b/whole") == b"abc"


def test_an_answer_that_is_cut_is_no_answer(server, monkeypatch):
    monkeypatch.setitem(ANSWERS, "/b/short", (200, b"abc"))
    assert ask("s3://b/short") is None


def test_a_server_that_is_away_is_not_asked_again_at_once(monkeypatch):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        door = cloud_direct._Door(f"http://127.0.0.1:{taken.getsockname()[1]}", KEYS, "us-east-1")
        assert door.read("b/whole", 100) is None
    monkeypatch.setattr(door, "_signed", None)  # would fail if it were asked
    assert door.read("b/whole", 100) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FASTDUP_S3_ENDPOINT_URL", "https://127.0.0.1:1"),
        ("FASTDUP_S3_ENDPOINT_URL", ""),
        ("FASTDUP_NB_S3_ANONYMOUS", "1"),
        ("http_proxy", "http://127.0.0.1:1"),
    ],
)
def test_only_servers_of_ones_own_are_asked(server, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert ask("s3://b/whole") is None
    assert _Handler.asked == []
