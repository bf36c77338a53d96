import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.integration import ceph
from tests.integration.objects import KEYS, MANY, MIXED, jpeg, tar_of, zip_of
from tests.pictures import draw, write_pictures

ODD_NAMES = [
    'quo"te.jpg',
    "com,ma.jpg",
    "new\nline.jpg",
    "with space.jpg",
    "hash#percent%.jpg",
    "emoji 🦊.jpg",
    "<script>alert(1)<script>.jpg",
    "=1+1.jpg",
    ".hidden.jpg",
]


class Collection:
    """A folder of pictures and what was planted in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures = write_pictures(folder / "plain", 30)
        self.copies = self._copies()
        self.near = self._near()
        self.odd = self._odd()
        self.bad = self._bad()

    def _copies(self) -> list[tuple[Path, Path]]:
        pairs = []
        for number in (3, 4, 5):
            for twin in range(3):
                copy = self.folder / "copies" / f"{number}_{twin}.jpg"
                copy.parent.mkdir(exist_ok=True)
                shutil.copy(self.pictures[number], copy)
                pairs.append((self.pictures[number], copy))
        return pairs

    def _near(self) -> list[tuple[Path, Path]]:
        folder = self.folder / "near"
        folder.mkdir()
        pairs = []
        for number in (3, 10, 11):
            path = folder / f"{number}_again.jpg"
            draw(number).save(path, quality=50)
            pairs.append((self.pictures[number], path))
        return pairs

    def _odd(self) -> list[Path]:
        folder = self.folder / "odd names"
        folder.mkdir()
        for number, name in enumerate(ODD_NAMES):
            draw(500 + number).save(folder / name)
        return [folder / name for name in ODD_NAMES]

    def _bad(self) -> dict[Path, str]:
        folder = self.folder / "bad"
        folder.mkdir()
        whole = self.pictures[0].read_bytes()
        contents = {
            "zero.jpg": (b"", "ERROR_ZERO_SIZE_FILE"),
            "half.jpg": (whole[: len(whole) // 2], "ERROR_CORRUPT_IMAGE"),
            "text.png": (b"this is no picture at all", "ERROR_NOT_AN_IMAGE"),
        }
        bad = {}
        for name, (data, code) in contents.items():
            (folder / name).write_bytes(data)
            bad[folder / name] = code
        draw(1).resize((9, 9)).save(folder / "tiny.png")
        bad[folder / "tiny.png"] = "ERROR_IMAGE_TOO_SMALL"
        return bad

    @property
    def good_count(self) -> int:
        return len(self.pictures) + len(self.copies) + len(self.near) + len(self.odd)


@pytest.fixture(scope="session")
def collection(tmp_path_factory) -> Collection:
    return Collection(tmp_path_factory.mktemp("collection"))


@pytest.fixture(scope="session")
def finished(collection, tmp_path_factory):
    """The work_dir of one plain run, shared by tests that only read it."""
    from fastdup_nb import Fastdup
    from fastdup_nb.progress import SilentProgress

    work_dir = tmp_path_factory.mktemp("finished") / "work"
    return Fastdup.run(collection.folder, work_dir, progress=SilentProgress())


def _without(reason):
    """Leave the tests out, loudly: the server is no part of this package."""
    if os.environ.get("FASTDUP_NB_NEED_CEPH") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="package")
def server():
    """Ceph, with what `bucket` puts into it."""
    if os.environ.get("FASTDUP_NB_NO_CEPH") == "1":
        pytest.skip("FASTDUP_NB_NO_CEPH=1")
    if not ceph.is_installed():
        _without("Ceph is not installed: radosgw, ceph-mon, ceph-osd")
    for attempt in range(3):
        folder = Path(tempfile.mkdtemp(prefix="ceph"))  # short: sockets have short names
        made = ceph.Ceph(folder)
        try:
            made.start()
            yield made
            return
        except (TimeoutError, subprocess.SubprocessError):  # a port may have been taken meanwhile
            if attempt == 2:
                _without("Ceph did not start, three times")
        finally:
            made.stop()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def bucket(server):
    import s3fs

    system = s3fs.S3FileSystem(
        key=ceph.KEY,
        secret=ceph.SECRET,
        client_kwargs={"endpoint_url": server.endpoint},
        config_kwargs={"s3": {"addressing_style": "path"}},
    )
    system.mkdir("photos")
    for number, key in enumerate(KEYS):
        system.pipe_file(f"photos/odd/{key}", jpeg(number))
    for number in range(60):
        system.pipe_file(f"photos/sixty/{number:03d}.jpg", jpeg(number % 50))
    system.pipe_file("photos/bad/empty.jpg", b"")
    system.pipe_file("photos/bad/text.jpg", b"no image")
    system.pipe_file("photos/bad/good.jpg", jpeg(1))
    system.pipe_file("photos/bad/notes.txt", b"not listed")
    for number in range(4):
        data = tar_of(range(number * 5, number * 5 + 5), "w" if number % 2 else "w:gz")
        suffix = "tar" if number % 2 else "tar.gz"
        system.pipe_file(f"photos/shards/{number}.{suffix}", data)
    for number in range(9):
        seeds = range(number * MIXED, (number + 1) * MIXED)
        suffix, data = (
            ("tar", tar_of(seeds)),
            ("tar.gz", tar_of(seeds, "w:gz")),
            ("zip", zip_of(seeds)),
        )[number % 3]
        system.pipe_file(f"photos/mixed/{number}.{suffix}", data)
    for name in ("empty", "oddest", "public"):
        system.mkdir(name)
    data = jpeg(1)
    system.mkdir("many")
    system.pipe({f"many/{number:05d}.jpg": data for number in range(MANY)})
    return system


@pytest.fixture
def access(server, monkeypatch, tmp_path):
    """Set the environment of a user of the server; of the test's own home."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("AWS_", "MC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ceph.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ceph.SECRET)
    monkeypatch.setenv("FASTDUP_S3_ENDPOINT_URL", server.endpoint)
    return monkeypatch
