import shutil
from pathlib import Path

import pytest

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
