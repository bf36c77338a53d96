"""Real photos with results written by hand, and a browser that speaks the explorer's protocol."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastdup_nb.store import features
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.widget.explorer import Explorer
from tests.pictures import draw

PATIENCE = 60
NAMES = (
    "cats/a.jpg",  # 0, and its copy
    "cats/b.jpg",
    "cats/c.jpg",  # 2, near 0
    "dogs/d.jpg",  # 3, near 4
    "dogs/e.jpg",
    "dogs/<img src=x onerror=alert(1)>.jpg",  # 5, alone
    "dogs/f.jpg",
)
PAIRS = ((0, 1, 1.0), (0, 2, 0.98), (3, 4, 0.97), (2, 1, 0.98), (5, 6, 0.5))
SIZES = ((320, 240), (320, 240), (160, 120), (200, 150), (240, 180), (100, 80), (90, 80))


@dataclass
class Place:
    """Photos and the results of a run over them."""

    photos: Path
    results: WorkDir

    def path(self, image: int) -> Path:
        return self.photos / NAMES[image]


@pytest.fixture
def place(tmp_path) -> Place:
    photos = tmp_path / "photos"
    for seed, (name, size) in enumerate(zip(NAMES, SIZES, strict=True)):
        path = photos / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(seed, size).save(path, quality=85)
    shutil.copy(photos / NAMES[0], photos / NAMES[1])
    write_results(tmp_path / "results", photos)
    return Place(photos, WorkDir.open(tmp_path / "results"))


def write_results(folder: Path, photos: Path) -> None:
    paths = [str(photos / name) for name in NAMES]
    vectors = np.eye(len(NAMES), 8, dtype=np.float32) + 0.5
    vectors[1], vectors[2] = vectors[0], vectors[0] + np.float32(0.01)
    features.save_features(folder, paths, vectors)
    both = [*PAIRS, *((b, a, s) for a, b, s in PAIRS)]
    both.sort(key=lambda pair: -pair[2])
    rows = "".join(f"{quoted(paths[a])},{quoted(paths[b])},{s}\n" for a, b, s in both if s > 0.9)
    (folder / "similarity.csv").write_text(f"from,to,distance\n{rows}")
    rows = "".join(f"{quoted(paths[a])},{quoted(paths[b])},{s}\n" for a, b, s in both if s < 0.9)
    (folder / "outliers.csv").write_text(f"from,to,distance\n{rows}")
    header = "__id,component_id,count,mean_distance,min_distance,max_distance,pagerank,delta\n"
    groups = ((0, 3), (0, 3), (0, 3), (1, 2), (1, 2), (2, 1), (3, 1))
    rows = "".join(f"{i},{c},{n},0.97,0.97,1,1,0\n" for i, (c, n) in enumerate(groups))
    (folder / "connected_components.csv").write_text(header + rows)
    rows = "".join(
        f"{i},{quoted(path)},{w},{h},{10 * i},{Path(path).stat().st_size}\n"
        for i, (path, (w, h)) in enumerate(zip(paths, SIZES, strict=True))
    )
    (folder / "atrain_stats.csv").write_text(f"index,filename,width,height,blur,file_size\n{rows}")
    (folder / ".fastdup_nb").mkdir(exist_ok=True)
    digests = [hashlib.sha256(Path(path).read_bytes()).digest()[:16] for path in paths]
    (folder / ".fastdup_nb" / "digests.dat").write_bytes(b"".join(digests))
    (folder / "config.json").write_text("{}")


def quoted(name: str) -> str:
    return f'"{name}"'


def label_of(path: str) -> str:
    return Path(path).parent.name


@dataclass
class Wire:
    """What goes to the browser: every message as JSON, as Jupyter would send it."""

    messages: list[tuple[dict[str, Any], list[bytes]]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, content: dict[str, Any], buffers: Any = None) -> None:
        text = json.dumps(content, allow_nan=False, ensure_ascii=False)
        text.encode()
        with self.arrived:
            self.messages.append((json.loads(text), list(buffers or ())))
            self.arrived.notify_all()


class Browser:
    """Sends what a browser sends to the real widget, by its own comm handler."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer, self.wire = explorer, Wire()
        self._numbers = itertools.count(1)
        explorer.send = self.wire.take

    def send(self, content: Any, buffers: Any = ()) -> None:
        data = {"method": "custom", "content": content}
        self.explorer._handle_msg({"content": {"data": data}, "buffers": list(buffers)})

    def set(self, **traits: Any) -> None:
        data = {"method": "update", "state": traits, "buffer_paths": []}
        self.explorer._handle_msg({"content": {"data": data}, "buffers": []})

    def start(self, kind: str, *, buffers: Any = (), **members: Any) -> int:
        number = next(self._numbers)
        self.send({"kind": kind, "request": number, **members}, buffers)
        return number

    def ask(self, kind: str, **members: Any) -> dict[str, Any]:
        return self.ask_with_buffers(kind, **members)[0]

    def ask_with_buffers(self, kind: str, **members: Any) -> tuple[dict[str, Any], list[bytes]]:
        return self.wait(self.start(kind, **members))

    def wait(self, number: int) -> tuple[dict[str, Any], list[bytes]]:
        def reply() -> Any:
            return next((m for m in self.wire.messages if m[0].get("request") == number), None)

        with self.wire.arrived:
            assert self.wire.arrived.wait_for(lambda: reply() is not None, PATIENCE)
            return reply()

    def unasked(self, kind: str) -> list[dict[str, Any]]:
        with self.wire.arrived:
            return [message for message, _ in self.wire.messages if message["kind"] == kind]

    def order(self, view: str, **state: Any) -> list[int]:
        _, buffers = self.ask_with_buffers("query", view=view, state=state)
        return np.frombuffer(buffers[0], "<u4").tolist()


@pytest.fixture
def explorer(place) -> Explorer:
    made = Explorer(place.results, get_label=label_of)
    yield made
    made.close()


@pytest.fixture
def browser(explorer) -> Browser:
    made = Browser(explorer)
    made.ask("hello", nonce="test", buffers=[b"\x01"])
    return made
