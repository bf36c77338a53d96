"""The explorer's kernel side on a large collection: opening, queries, memory after scrolling.

Usage: python -m benchmarks.explorer [--images 100000] [--thumbnails 20000]

The collection is made: files are hard links of a few small photos, findings are drawn by chance.
The widget is the real one; the messages are those that a browser sends.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.processes import machine

LABELS, FOLDERS, PHOTOS = 1000, 200, 50
WINDOW = 60
SECONDS_TO_WAIT = 600


def make_collection(folder: Path, count: int) -> Path:
    """Write photos and the results of a run over them, and return the work_dir."""
    rng = np.random.default_rng(5)
    names = _write_photos(folder / "photos", count, rng)
    work_dir = folder / "results"
    work_dir.mkdir()
    rows = "".join(f"{i},{name}\n" for i, name in enumerate(names))
    (work_dir / "atrain_features.dat.csv").write_text(f"index,filename\n{rows}")
    _write_pairs(work_dir / "similarity.csv", names, rng, 0.9)
    _write_pairs(work_dir / "outliers.csv", names, rng, 0.4)
    component = np.sort(rng.integers(0, count // 3, count))
    sizes = np.bincount(component)[component]
    _write(
        work_dir / "connected_components.csv",
        "__id,component_id,count,mean_distance,min_distance,max_distance,pagerank,delta",
        (f"{i},{c},{n},0.97,0.96,0.99,1,0" for i, (c, n) in enumerate(zip(component, sizes))),  # noqa: B905
    )
    numbers = np.round(rng.gamma(2.0, 100.0, (count, 4)) + 1, 4)
    header = "index,filename,width,height,unique,blur,mean,min,max,stdv,file_size,contrast"
    stats = (
        f"{i},{name},320,240,250,{a},{b},0,255,{c},{int(d)},0.9"
        for i, (name, (a, b, c, d)) in enumerate(zip(names, numbers, strict=True))
    )
    _write(work_dir / "atrain_stats.csv", header, stats)
    (work_dir / "config.json").write_text("{}")
    return work_dir


def _write_photos(folder: Path, count: int, rng: np.random.Generator) -> list[str]:
    originals = folder / "originals"
    originals.mkdir(parents=True)
    for number in range(PHOTOS):
        coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
        picture.save(originals / f"{number}.jpg", quality=85)
    for number in range(FOLDERS):
        (folder / f"folder {number:03d}").mkdir()
    names = []
    for number in range(count):
        path = folder / f"folder {number % FOLDERS:03d}" / f"photo {number:07d}.jpg"
        os.link(originals / f"{number % PHOTOS}.jpg", path)
        names.append(str(path))
    return names


def _write_pairs(path: Path, names: list[str], rng: np.random.Generator, least: float) -> None:
    other = rng.integers(0, len(names), len(names))
    value = least + 0.1 * rng.random(len(names))
    order = np.argsort(-value)
    lines = (f"{names[i]},{names[other[i]]},{value[i]:.6f}" for i in order)
    _write(path, "from,to,distance", lines)


def _write(path: Path, header: str, lines: Any) -> None:
    with path.open("w") as stream:
        stream.write(f"{header}\n")
        stream.writelines(f"{line}\n" for line in lines)


class Browser:
    """Sends what a browser sends and takes what it would get."""

    def __init__(self, explorer: Any) -> None:
        self._explorer = explorer
        self._numbers = itertools.count(1)
        self._answers: dict[int, tuple[dict[str, Any], list[bytes]]] = {}
        self._arrived = threading.Condition()
        explorer.send = self._take

    def ask(self, kind: str, **members: Any) -> tuple[dict[str, Any], list[bytes]]:
        """Send a request and return its reply."""
        number = self.send(kind, **members)
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self._answers, SECONDS_TO_WAIT):
                raise TimeoutError(kind)
            return self._answers.pop(number)

    def send(self, kind: str, **members: Any) -> int:
        """Send a request."""
        number = next(self._numbers)
        content = {"kind": kind, "request": number, **members}
        data = {"method": "custom", "content": content}
        self._explorer._handle_msg({"content": {"data": data}, "buffers": [b"1"]})  # noqa: SLF001
        return number

    def _take(self, content: dict[str, Any], buffers: Any = None) -> None:
        if content.get("error"):
            raise RuntimeError(content["error"])
        with self._arrived:
            if content["kind"] == "reply":
                self._answers[content["request"]] = content, list(buffers or ())
            self._arrived.notify_all()


def megabytes() -> float:
    """Return the memory that this process holds."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes.split()[1]) / 1024


def measure(work_dir: Path, thumbnails: int) -> None:
    """Open the explorer, ask, scroll, and print what it takes."""
    import pandas as pd  # noqa: F401 - a notebook has it loaded

    from fastdup_nb import Fastdup
    from fastdup_nb.widget import explorer as _loaded  # noqa: F401 - the libraries, too

    fd = Fastdup(work_dir)
    before = megabytes()
    clock = Clock()
    explorer, browser = _open(fd)
    print(f"| open, first query, first rows | {clock} |")
    print(f"| memory after opening | + {megabytes() - before:.0f} MB | |")
    for view in ("groups", "components", "outliers", "similarity", "statistics", "labels"):
        clock = Clock()
        answer, _ = browser.ask("query", view=view, state={})
        print(f"| open {view} ({answer['total']:,} rows) | {clock} |")
    _measure_queries(browser)
    print(f"| memory after all views | + {megabytes() - before:.0f} MB | |")
    _measure_scrolling(browser, thumbnails)
    print(f"| memory after scrolling from end to end | + {megabytes() - before:.0f} MB | |")
    explorer.close()
    del explorer, browser
    _open(fd)[0].close()
    print(f"| memory after closing, opening and closing | + {megabytes() - before:.0f} MB | |")


class Clock:
    """Time since it was made: that of the wall, and that of all cores."""

    def __init__(self) -> None:
        self._wall, self._cores = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        wall, cores = time.perf_counter() - self._wall, time.process_time() - self._cores
        return f"{1000 * wall:,.0f} ms | {1000 * cores:,.0f} ms"


def _open(fd: Any) -> tuple[Any, Browser]:
    explorer = fd.explore("duplicates", get_label=_label_of)
    browser = Browser(explorer)
    browser.ask("hello", nonce="bench")
    _, order = browser.ask("query", view="duplicates", state={})
    browser.ask("rows", view="duplicates", rows=_rows(order)[:WINDOW].tolist())
    return explorer, browser


def _measure_queries(browser: Browser) -> None:
    one = {"column": "similarity", "low": 0.95, "high": None}
    label = {"label": ["label 7", "label 8"]}
    for name, state in {
        "all": {},
        "sorted": {"sort": {"column": "similarity", "descending": False}},
        "range": {"range": one},
        "label": {"facets": label},
        "text": {"text": "photo 00123"},
        "text of no image": {"text": "nothing"},
        "everything": {"facets": label, "range": one, "text": "photo"},
    }.items():
        clock = Clock()
        for _ in range(10):
            browser.ask("query", view="duplicates", state=state)
        print(f"| ten queries of duplicates: {name} | {clock} |")


def _measure_scrolling(browser: Browser, thumbnails: int) -> None:
    _, order = browser.ask("query", view="statistics", state={})
    rows = _rows(order)
    wanted = max(1, len(rows) * WINDOW // max(thumbnails, 1) // WINDOW)
    clock = Clock()
    pictures = 0
    for window, start in enumerate(range(0, len(rows), WINDOW)):
        part = rows[start : start + WINDOW].tolist()
        answer, _ = browser.ask("rows", view="statistics", rows=part)
        ids = [image["id"] for row in answer["rows"] for image in row["images"]]
        if window % wanted == 0:
            pictures += len(browser.ask("thumbs", ids=ids, side=192)[1])
    print(f"| scroll {len(rows):,} rows, {pictures:,} thumbnails | {clock} |")


def _rows(buffers: list[bytes]) -> Any:
    return np.frombuffer(buffers[0], "<u4")


def _label_of(path: str) -> str:
    return f"label {int(path[-11:-4]) % LABELS}"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--thumbnails", type=int, default=20_000)
    given = parser.parse_args()
    print(f"{given.images:,} images; {machine()}.\n")
    print("| what | wall, or memory | CPU |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as name:
        work_dir = make_collection(Path(name), given.images)
        measure(work_dir, given.thumbnails)


if __name__ == "__main__":
    main()
