"""TensorBoard's projector, started for a notebook and gone with it."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from fastdup_nb.errors import FastdupError, MissingDependencyError, OptionError
from fastdup_nb.paths import absolute

if TYPE_CHECKING:
    from os import PathLike

SERVER = Path(__file__).with_name("tensorboard_server.py")
SECONDS_TO_START = 120.0
SECONDS_TO_END = 10.0
HEIGHT = 800
LARGEST_PORT = 65535
# As TensorBoard itself knows it: where a browser reaches a port of this machine.
PROXY_VARIABLE = "TENSORBOARD_PROXY_URL"
_INSTALL = "Install it: pip install 'fastdup_nb[projector]'."


class TensorBoard:
    """A running TensorBoard; a notebook shows its projector.

    It serves this machine alone (127.0.0.1) and ends with the process that started it.

    Parameters
    ----------
    log_dir : path
        The folder of an exported projector.
    port : int
        0 for any free one.
    height : int
        Pixels in a notebook.

    Attributes
    ----------
    log_dir : Path
    address : str
        Such as `http://127.0.0.1:41234/`; empty when it does not run.

    Raises
    ------
    MissingDependencyError
        When TensorBoard is not installed.
    OptionError
        When the port cannot be used.
    FastdupError
        When it does not start; its own words are in the message.
    """

    def __init__(
        self, log_dir: str | PathLike[str], *, port: int = 0, height: int = HEIGHT
    ) -> None:
        _check_port(port)
        self.log_dir = absolute(log_dir)
        self.height = height
        self.address = ""
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and return when the projector is there; nothing happens when it runs."""
        if self.is_running:
            return
        check_installed()
        with tempfile.TemporaryFile() as log:
            # In a session of its own, or an interrupt of the kernel would reach it too. `-P`: the
            # modules beside the program are no standard library.
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(SERVER), str(self.log_dir), str(self._port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
            self._process = process
            try:
                self.address = _read_address(process)
            except BaseException:
                self.stop()
                raise
            if not self.address:
                self.stop()
                raise self._not_started(log)
        _RUNNING.add(self)

    def stop(self) -> None:
        """End it; nothing happens when it does not run."""
        process, self._process, self.address = self._process, None, ""
        _RUNNING.discard(self)
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()  # it ends when its input does
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self) -> None:
        """Stop and start it, for example after another export to the same folder."""
        self.stop()
        self.start()

    def _not_started(self, log: IO[bytes]) -> FastdupError:
        log.seek(0)
        said = log.read().decode("utf-8", "replace").strip().splitlines()
        reason = said[-1].strip() if said else "it says nothing"
        message = f"TensorBoard does not start: {reason.removeprefix('TimeoutError: ')}"
        return FastdupError(message, f"In a shell: tensorboard --logdir {self.log_dir}")

    def __repr__(self) -> str:
        if not self.is_running:
            return f"TensorBoard({str(self.log_dir)!r}): not running"
        return f"TensorBoard({str(self.log_dir)!r}): {self.address}#projector"

    def _repr_html_(self) -> str:
        from html import escape

        if not self.is_running:
            return f"<div>{escape(repr(self))}</div>"
        address = escape(browser_address(self.address))
        return (
            f'<iframe src="{address}#projector" width="100%" height="{self.height}" '
            'style="border:1px solid #8888;border-radius:6px" '
            'title="Embedding projector of TensorBoard"></iframe>'
            f'<div style="font-size:0.9em">TensorBoard: <a href="{address}#projector" '
            f'target="_blank" rel="noreferrer">{address}</a>, until the kernel ends.</div>'
        )


_RUNNING: set[TensorBoard] = set()


def serve_projector(
    log_dir: str | PathLike[str], *, port: int = 0, height: int = HEIGHT
) -> TensorBoard:
    """Start TensorBoard for a folder; one that already serves the folder is stopped first.

    Parameters
    ----------
    log_dir, port, height
        See `TensorBoard`.
    """
    check_installed()
    folder = absolute(log_dir)
    for running in [each for each in _RUNNING if each.log_dir == folder]:
        running.stop()
    return TensorBoard(folder, port=port, height=height)


def stop_all() -> int:
    """Stop every TensorBoard that was started here; return how many ran."""
    running = list(_RUNNING)
    count = sum(each.is_running for each in running)
    for each in running:
        each.stop()
    return count


def check_installed() -> None:
    """Check that TensorBoard can be started.

    Raises
    ------
    MissingDependencyError
        When it is not installed.
    """
    if find_spec("tensorboard") is None:
        hint = f"{_INSTALL} --no-show only writes the files."
        raise MissingDependencyError("TensorBoard is not installed.", hint)


def browser_address(address: str) -> str:
    """Return where a browser finds an address of this machine.

    The same, unless a notebook server elsewhere passes it on: as `TENSORBOARD_PROXY_URL` says
    (`%PORT%` stands for the port), or by jupyter-server-proxy under JupyterHub and Binder.

    Parameters
    ----------
    address : str
        Such as `http://127.0.0.1:6006/`.
    """
    port = str(urlsplit(address).port)
    if given := os.environ.get(PROXY_VARIABLE):
        return given.replace("%PORT%", port)
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if hub and find_spec("jupyter_server_proxy") is not None:
        return f"{hub.rstrip('/')}/proxy/{port}/"
    return address


def _check_port(port: object) -> None:
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= LARGEST_PORT:
        raise OptionError(f"port={port!r} cannot be used.", "Give 0 for any free one.")


def _read_address(process: subprocess.Popen[bytes]) -> str:
    """Return what the server says when it is ready; empty when it ends before or takes too long."""
    lines: Queue[bytes] = Queue()
    stream = process.stdout
    if stream is None:
        return ""
    # A pipe cannot be waited for with a limit on every system; a thread can.
    reader = threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True)
    reader.start()
    try:
        return lines.get(timeout=SECONDS_TO_START).decode("ascii", "replace").strip()
    except Empty:
        return ""


atexit.register(stop_all)
