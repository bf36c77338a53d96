"""Serves a log folder by TensorBoard; a program of its own, started by `tensorboard`.

It writes the address to standard output as soon as the projector is really there: TensorBoard finds
out in the background that there is something to project, and a page that is opened before shows
nothing. It ends when its standard input does, so that it dies with whoever started it, however that
died, on every system. It imports nothing of this package.
"""

from __future__ import annotations

import sys
import time
from typing import Any

HOST = "127.0.0.1"
SECONDS_TO_FIND = 60.0
SECONDS_BETWEEN = 0.05


def serve(log_dir: str, port: str) -> None:
    """Serve until standard input ends.

    Parameters
    ----------
    log_dir : str
    port : str
        0 for any free one.

    Raises
    ------
    TimeoutError
        When TensorBoard finds nothing to project.
    """
    from tensorboard import program
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.core.core_plugin import CorePluginLoader
    from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin

    class Loader(base_plugin.TBLoader):  # type: ignore[misc]
        """Loads the projector and keeps it."""

        plugin: Any = None

        def load(self, context: Any) -> Any:
            self.plugin = ProjectorPlugin(context)
            return self.plugin

    projector = Loader()
    # No other plugin: each that is installed would take its time, some of them many seconds.
    board = program.TensorBoard(plugins=[CorePluginLoader(), projector])
    board.configure(
        argv=[
            "tensorboard",
            *("--logdir", log_dir, "--host", HOST, "--port", port),
            "--load_fast=false",  # the fast loader is one more process, which knows no projector
        ]
    )
    address = board.launch()
    deadline = time.monotonic() + SECONDS_TO_FIND
    while not projector.plugin.is_active():
        if time.monotonic() > deadline:
            message = f"TensorBoard finds nothing to project in {log_dir}."
            raise TimeoutError(message)
        time.sleep(SECONDS_BETWEEN)
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()


if __name__ == "__main__":
    serve(*sys.argv[1:3])
