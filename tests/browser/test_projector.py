"""An exported projector in the real TensorBoard: over HTTP, and on screen in Chromium."""

from __future__ import annotations

import colorsys
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import fastdup_nb
from tests.browser.notebooks import SLOW, look, open_notebook, run_cell

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Lab

SECONDS = 120
COUNT, D = 12, 24
# No connection, or one that breaks in the middle of an answer.
NO_ANSWER = (OSError, http.client.HTTPException)
COLOURS = [
    tuple(round(255 * part) for part in colorsys.hsv_to_rgb(number / COUNT, 1, 1))
    for number in range(COUNT)
]


def make_results(folder: Path) -> list[str]:
    """Write twelve images of one colour each, one of which is gone, and their embeddings."""
    photos = []
    for number, colour in enumerate(COLOURS):
        path = folder / f"{number:02d}.png"
        Image.new("RGB", (64, 64), colour).save(path)
        photos.append(str(path))
    vectors = np.random.default_rng(1).normal(size=(COUNT, D)).astype(np.float32)
    fastdup_nb.save_binary_feature(folder / "work", photos, vectors)
    (folder / "work" / "similarity.csv").write_text("from,to,distance\n")
    Path(photos[7]).unlink()
    return photos


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    photos = make_results(tmp_path)
    labels = {path: f"label {number}\t<b>" for number, path in enumerate(photos)}
    folder = tmp_path / "logs"
    exported = fastdup_nb.export_to_tensorboard_projector(
        tmp_path / "work", folder, d=D, get_label_func=labels
    )
    assert exported == 0
    return folder


@pytest.fixture
def tensorboard(logs: Path, tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("tensorboard")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs)]
    command += ["--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--load_fast=false"]
    with (tmp_path / "tensorboard.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
        try:
            wait_for_projector(address, server, tmp_path / "tensorboard.log")
            yield address
        finally:
            server.terminate()
            server.wait(30)


def get(address: str, route: str = "", query: str = "") -> bytes:
    where = f"{address}/data/plugin/projector/{route}{query}" if route else address
    with urllib.request.urlopen(where, timeout=20) as answer:
        return bytes(answer.read())


def wait_for_projector(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    # TensorBoard finds out in the background that there is something to project.
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            plugins = json.loads(get(f"{address}/data/plugins_listing"))
        except NO_ANSWER:
            plugins = {}
        if plugins.get("projector", {}).get("enabled"):
            return
        time.sleep(0.2)
    pytest.fail(f"TensorBoard shows no projector:\n{log.read_text()[-3000:]}")


def count_colours(screenshot: bytes) -> int:
    """How many of the images are to be seen; one of them is gone."""
    wanted = [colour for number, colour in enumerate(COLOURS) if number != 7]
    with Image.open(io.BytesIO(screenshot)) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int).reshape(-1, 3)
    near = [np.abs(pixels - colour).max(axis=1) < 12 for colour in wanted]
    return sum(int(found.sum() > 50) for found in near)


@pytest.mark.slow
def test_tensorboard_serves_every_part(tensorboard: str, logs: Path) -> None:
    assert json.loads(get(tensorboard, "runs")) == ["."]
    (embedding,) = json.loads(get(tensorboard, "info", "?run=."))["embeddings"]
    assert embedding["tensorShape"] == [COUNT, D]
    assert embedding["sprite"]["singleImageDim"] == [100, 100]
    which = f"?run=.&name={embedding['tensorName']}"
    assert get(tensorboard, "tensor", which) == (logs / "tensors.bytes").read_bytes()
    header, *rows = get(tensorboard, "metadata", which).decode().splitlines()
    assert header == "label\tfilename"
    assert [row.split("\t")[0] for row in rows] == [f"label {n} <b>" for n in range(COUNT)]
    with Image.open(io.BytesIO(get(tensorboard, "sprite_image", which))) as sheet:
        assert sheet.size == (400, 300)
        for number, colour in enumerate(COLOURS):
            row, column = divmod(number, 4)
            found = sheet.getpixel((column * 100 + 30, row * 100 + 50))
            assert found == ((238, 238, 238) if number == 7 else colour)


@pytest.mark.browser
def test_the_sprites_are_on_screen(tensorboard: str, browser_with_webgl: Browser) -> None:
    page = browser_with_webgl.new_page(viewport={"width": 1400, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{tensorboard}/#projector")
    deadline, shown = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline and shown < COUNT - 4:  # some may hide others
        page.wait_for_timeout(500)
        shown = count_colours(page.screenshot())
    assert shown >= COUNT - 4
    hosts = {urlsplit(url).hostname for url in requests if url.startswith("http")}
    assert hosts == {"127.0.0.1"}


CELLS = (
    "%load_ext fastdup_nb\nimport os, fastdup_nb",
    "board = %fastdup projector work --sample-size 12\nboard",
    "print(board.address, board.is_running, os.getpid())",
)


@pytest.mark.browser
def test_it_shows_inline_and_ends_with_the_kernel(
    lab: Lab, browser_with_webgl: Browser, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    make_results(lab.folder)
    page = open_notebook(browser_with_webgl, lab, CELLS)
    run_cell(page, 0)
    output = run_cell(page, 1)
    frame = output.locator("iframe")
    frame.wait_for(timeout=SLOW)
    frame.scroll_into_view_if_needed()
    deadline, shown = time.monotonic() + SECONDS, 0
    # Not all: others are hidden or beyond its edges.
    while time.monotonic() < deadline and shown < COUNT // 2:
        page.wait_for_timeout(500)
        shown = count_colours(frame.screenshot())
    look(page, "lab-projector")
    assert shown >= COUNT // 2
    address, running, process = run_cell(page, 2).inner_text().split()
    assert running == "True"
    os.kill(int(process), signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            get(f"{address}data/plugins_listing")
        except NO_ANSWER:
            return
        time.sleep(0.2)
    pytest.fail("TensorBoard outlives the kernel")
