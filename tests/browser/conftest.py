"""JupyterLab and Chromium, both the real ones and both kept apart from the user's."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SERVER_SECONDS = 180
NEWS = "@jupyterlab/apputils-extension:announcements"


@dataclass(frozen=True)
class Lab:
    """A running server of notebooks: JupyterLab, or what else shows them.

    Attributes
    ----------
    url : str
        Without a slash at the end.
    token : str
    folder : Path
        What it serves; the kernels' current folder.
    page : str
        Where it shows a notebook, with `{}` for its name.
    """

    url: str
    token: str
    folder: Path
    page: str = "lab/tree/{}?reset&"

    def address(self, notebook: str) -> str:
        """Return where to open a notebook, in a fresh workspace."""
        return f"{self.url}/{self.page.format(notebook)}token={self.token}"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    # Lets the test ask the application itself whether the kernel is ready.
    options = ("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly")
    with serve(tmp_path, "jupyterlab", JUPYTER, options, Lab.page) as server:
        yield server


@pytest.fixture
def notebook_7(tmp_path: Path) -> Iterator[Lab]:
    with serve(tmp_path, "notebook", JUPYTER, (), "notebooks/{}?") as server:
        yield server


@pytest.fixture
def voila(tmp_path: Path) -> Iterator[Lab]:
    options = ("--no-browser", "--Voila.ip=127.0.0.1", "--Voila.port={port}", "{folder}")
    with serve(tmp_path, "voila", options, (), "voila/render/{}?") as server:
        yield server


JUPYTER = (
    *("--no-browser", "--allow-root", "--ServerApp.port={port}", "--ServerApp.port_retries=0"),
    *("--ServerApp.ip=127.0.0.1", "--ServerApp.root_dir={folder}"),
    "--IdentityProvider.token={token}",
)


@contextmanager
def serve(
    tmp_path: Path, program: str, options: tuple[str, ...], further: tuple[str, ...], page: str
) -> Iterator[Lab]:
    """Start a server in a folder of its own, and stop it in the end."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(16), folder, page)
    words = {"port": port, "folder": folder, "token": made.token}
    command = [sys.executable, "-m", program]
    command += [option.format(**words) for option in options] + list(further)
    log = tmp_path / f"{program}.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command, env=_own_environment(tmp_path), stdout=stream, stderr=stream, cwd=folder
        )
        try:
            _wait_for(made, server, log)
            yield made
        finally:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:  # it waits for a kernel that is busy
                server.kill()
                server.wait()


def _own_environment(folder: Path) -> dict[str, str]:
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(folder / name.lower()) for name in names}
    settings = Path(own["JUPYTER_CONFIG_DIR"]) / "labconfig"
    settings.mkdir(parents=True)
    (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": {NEWS: True}}))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, **own, "PYTHONPATH": path}


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{lab.url}/?token={lab.token}", timeout=20).close()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
    pytest.fail(f"The server does not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium("--disable-gpu") as started:
        yield started


@pytest.fixture
def browser_with_webgl() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@contextmanager
def chromium(*further: str) -> Iterator[Browser]:
    if os.environ.get("FASTDUP_NB_NO_BROWSER") == "1":
        pytest.skip("FASTDUP_NB_NO_BROWSER=1")
    import playwright.sync_api as api

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail("Chromium is not installed. Install it, or set FASTDUP_NB_NO_BROWSER=1.")
    arguments = [
        *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *further,
    ]
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()
