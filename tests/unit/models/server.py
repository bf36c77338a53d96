"""A web server on this machine that serves model files, well and badly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer:
    """What is served, how, and what was asked for.

    `files` maps a path to its content; `manner` a path to how it is sent: "whole" ignores ranges,
    "half" breaks off in the middle, "endless" never stops, anything with "://" or a leading "/" is
    an address to be sent on to, a number a status.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.manner: dict[str, str | int] = {}
        self.asked: list[tuple[str, str]] = []
        self.address = ""


class Handler(BaseHTTPRequestHandler):
    """Answers as the state of its server says."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        state = self.server.state
        state.asked.append((self.path, self.headers.get("Range", "")))
        manner = state.manner.get(self.path, "")
        if isinstance(manner, int):
            self._head(manner, 0)
        elif "/" in manner:
            self._head(302, 0, Location=manner)
        elif manner == "endless":
            self._endless()
        elif self.path in state.files:
            self._file(state.files[self.path], manner)
        else:
            self._head(404, 0)

    def _head(self, status: int, length: int | None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            headers["Content-Length"] = str(length)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _file(self, content: bytes, manner: str) -> None:
        wanted = self.headers.get("Range", "bytes=0-")
        start = 0 if manner == "whole" else int(wanted[len("bytes=") : -1])
        body = content[start:]
        if start:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._head(206, len(body), Content_Range=span)
        else:
            self._head(200, len(body))
        self.wfile.write(body[: len(body) // 2] if manner == "half" else body)
        self.close_connection = manner == "half"

    def _endless(self) -> None:
        self._head(200, None, Connection="close")
        self.close_connection = True
        with suppress(OSError):
            while True:
                self.wfile.write(b"\0" * 65536)


class Server(ThreadingHTTPServer):
    """A server with a state."""

    def __init__(self, state: ModelServer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state


@contextmanager
def serving() -> Iterator[ModelServer]:
    """Serve until the end of the block; afterwards nothing listens there."""
    state = ModelServer()
    with Server(state) as server:
        state.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
