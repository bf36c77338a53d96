"""Servers that speak as the clouds of Google and Microsoft do, on loopback, in memory."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

# Azurite knows one account; name and key are printed in its documentation.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


class Emulator:
    """A server of its own process.

    Parameters
    ----------
    command : list of str
        With `{port}` where its port goes.
    folder : Path
        Where it may write.
    """

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command, self._folder = command, folder
        self._running: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises
        ------
        TimeoutError
            When it does not.
        """
        command = [part.format(port=self.port) for part in self._command]
        with (self._folder / "emulator.log").open("ab") as log:
            self._running = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        until = time.monotonic() + 180
        while True:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if time.monotonic() > until or self._running.poll() is not None:
                raise TimeoutError(f"{self._command[0]} does not start.")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(30)


def google(folder: Path) -> Emulator | None:
    """Return `gcp-storage-emulator`; None when it is not installed."""
    program = _program("gcp-storage-emulator")
    options = ["start", "--host=127.0.0.1", "--port={port}", "--in-memory", "--quiet"]
    return program and Emulator([program, *options], folder)


def azure(folder: Path) -> Emulator | None:
    """Return Azurite, that of Microsoft itself; None when it is not installed."""
    program = _program("azurite-blob")
    where = ["--blobHost", "127.0.0.1", "--blobPort", "{port}"]
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    return program and Emulator([program, *where, *options], folder)


def _program(name: str) -> str | None:
    """Return a program beside this Python, of Node in its environment, or of the system."""
    beside = Path(sys.executable).parent
    node = Path(sys.prefix) / "azurite" / "node_modules" / ".bin"
    return (
        shutil.which(name, path=str(beside)) or shutil.which(name, path=str(node))
    ) or shutil.which(name)
