"""An explorer in a browser without Jupyter: the real widget here, the real front end there.

What JupyterLab does in between, this does: it carries traits, messages and buffers. It is quick,
and it can do what no host does on purpose: drop buffers, stay silent, send nonsense.
"""

from __future__ import annotations

import base64
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

    from fastdup_nb.widget.explorer import Explorer

STATIC = Path(__file__).parents[2] / "fastdup_nb" / "widget" / "static"
ADDRESS = "http://explorer.test/"
SECONDS = 120
HOST = Path(__file__).parent / "explorer_host.html"


class Bridge:
    """A page that shows explorers.

    Parameters
    ----------
    browser : Browser or BrowserContext
    width, height : int
        Pixels of the page.
    options
        For `new_page`: `color_scheme`, `reduced_motion`, ...

    Attributes
    ----------
    page : Page
    trouble : list of str
        Errors of the page, and addresses other than its own that it asked for.
    binary : bool
        Whether buffers of bytes get through.
    silent : bool
        Whether the kernel is gone.
    """

    def __init__(
        self,
        browser: Browser | BrowserContext,
        width: int = 1200,
        height: int = 720,
        **options: Any,
    ) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": height}, **options)
        self.trouble: list[str] = []
        self.binary = True
        self.silent = False
        self._widgets: dict[str, Explorer] = {}
        self._outgoing: deque[list[Any]] = deque()  # filled by any thread
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.trouble.append(said.text) if said.type == "error" else None,
        )
        self.page.route("**/*", self._serve)
        self.page.expose_function("toKernel", self._receive)
        self.page.expose_function("fromKernel", self._hand_over)
        self.page.goto(ADDRESS)

    def show(self, explorer: Explorer, name: str = "explorer") -> None:
        """Mount an explorer, as displaying it would."""

        def publish(_kind: str, data: dict[str, Any] | None = None, *_: Any, **more: Any) -> None:
            if data is not None and not self.silent:
                self._send(name, data, more.get("buffers") or [])

        explorer.comm.publish_msg = publish  # type: ignore[union-attr, method-assign]
        self._widgets[name] = explorer
        traits = {key: value for key, value in explorer.get_state().items() if key[0] != "_"}
        self.page.evaluate("([name, traits]) => mount(name, traits)", [name, to_json(traits)])

    def dispose(self, name: str = "explorer") -> None:
        """Take an explorer's view off the page, as clearing the output would."""
        self.page.evaluate("name => widgets[name].dispose()", name)

    def settle(self, milliseconds: int = 150) -> None:
        """Let messages go to and fro."""
        self.page.wait_for_timeout(milliseconds)

    def wait_until(self, check: Callable[[], bool]) -> None:
        """Let messages go to and fro until something holds on the side of the kernel."""
        deadline = time.monotonic() + SECONDS
        while not check() and time.monotonic() < deadline:
            self.settle(50)
        assert check()

    def _send(self, name: str, data: dict[str, Any], buffers: list[Any]) -> None:
        method = data.get("method")
        if method not in {"custom", "update"}:
            return
        content = to_json(data["content"] if method == "custom" else data["state"])
        carried = [base64.b64encode(bytes(one)).decode() for one in buffers] if self.binary else []
        self._outgoing.append([name, method, content, carried])

    def _hand_over(self) -> list[list[Any]]:
        return [self._outgoing.popleft() for _ in range(len(self._outgoing))]

    def _receive(self, name: str, method: str, content: str, buffers: list[str]) -> None:
        if self.silent:
            return
        arrived = [base64.b64decode(one) for one in buffers] if self.binary else []
        key = {"custom": "content", "update": "state"}[method]
        data = {"method": method, key: json.loads(content), "buffer_paths": []}
        self._widgets[name]._handle_msg({"content": {"data": data}, "buffers": arrived})

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path == "":
            route.fulfill(path=HOST, content_type="text/html")
        elif path == "explorer.js":
            route.fulfill(path=STATIC / path, content_type="text/javascript")
        elif route.request.url.startswith("blob:") or path == "favicon.ico":
            route.fulfill(status=204)
        else:
            self.trouble.append(f"asked for {route.request.url}")
            route.abort()


def to_json(value: Any) -> Any:
    """Return what of a value arrives as JSON; fails for what JSON cannot carry."""
    return json.loads(json.dumps(value, allow_nan=False))
