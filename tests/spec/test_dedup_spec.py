"""What the page of the small de-duplication program says about itself."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from fastdup_nb import cli
from tests.pictures import draw, write_pictures

HEADER_OF_A_PAGE = "<html><head><title>a page of the dump</title></head></html>"


@pytest.fixture
def dump(tmp_path, monkeypatch):
    """Six pictures; one copied twice, one of them smaller elsewhere; a page between them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "dump"
    paths = write_pictures(folder / "com" / "example", 6)
    shutil.copy(paths[0], folder / "copy_without_suffix")
    (folder / "org" / "deep" / "deeper").mkdir(parents=True)
    shutil.copy(paths[0], folder / "org" / "deep" / "deeper" / "x.html")
    draw(1, (240, 180)).resize((120, 90)).save(folder / "org" / "thumbnail", format="PNG")
    (folder / "org" / "page.jpg").write_text(HEADER_OF_A_PAGE)
    return folder


def counts(capsys) -> tuple[int, int]:
    lines = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    return int(lines["Initial_Image_Count"]), int(lines["Final_Image_Count"])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def contents(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in files(folder))


def test_usage():
    """usage: python main.py [-h] [-e | -n] [-o OUTPUT_JSON] [-d OUTPUT_DIR] [-s] dump_dir"""
    shorts, longs = "henods", ["exact", "near", "output_json", "output_dir", "show"]
    help_text = cli.commands.COMMANDS["dedup"].parser("fastdup-nb").format_help()
    assert "DUMP_DIR [-e | -n]" in help_text
    assert all(f" -{letter}" in help_text for letter in shorts)
    assert all(f"--{name.replace('_', '-')}" in help_text for name in longs)


def test_any_structure_is_searched(dump, capsys):
    """You don't need to worry about the structure of the folder (i.e. subdirectories). If there are
    images in the directory, the program will find it."""
    assert cli.main(["dedup", str(dump)]) == 0
    assert counts(capsys) == (9, 7)


def test_counts(dump, capsys):
    """Initial_Image_Count - The number of images before the algorithm runs; Final_Image_Count - The
    final number of images after deduplication"""
    assert cli.main(["dedup", "-e", str(dump)]) == 0
    assert capsys.readouterr().out == "Initial_Image_Count: 9\nFinal_Image_Count: 7\n"


@pytest.mark.parametrize("word", ["-e", "--exact_duplicates", "--exact-duplicates"])
def test_exact(dump, capsys, word):
    """Use this flag to deduplicate images via an "exact" deduplication methodology"""
    assert cli.main(["dedup", word, str(dump)]) == 0
    assert counts(capsys) == (9, 7)


@pytest.mark.parametrize("word", ["-n", "--near_duplicates"])
def test_near(dump, capsys, word):
    """Use this flag to deduplicate images via a "near" deduplication methodology"""
    assert cli.main(["dedup", word, str(dump)]) == 0
    assert counts(capsys) == (9, 6)


def test_one_or_the_other(dump, capsys):
    """[-e | -n]"""
    assert cli.main(["dedup", "-e", "-n", str(dump)]) == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-o", "--output_json"])
def test_json(dump, word):
    """Write the locations and hashes of each deduplicated image to a JSON file; JSON file which
    shows the file locations of deduplicated images, as well as the locations of the duplicates"""
    assert cli.main(["dedup", "dump", word, "list.json"]) == 0
    listed = json.loads(Path("list.json").read_bytes())
    images = listed["images"]
    assert (listed["Initial_Image_Count"], listed["Final_Image_Count"]) == (9, 7)
    assert len(images) == 7
    for entry in [*images, *(other for image in images for other in image["duplicates"])]:
        path = Path(entry["path"])
        assert path.is_absolute()
        assert entry["hash"] == hashlib.sha256(path.read_bytes()).hexdigest()
    duplicates = {image["path"]: [o["path"] for o in image["duplicates"]] for image in images}
    first = str(dump / "com" / "example" / "picture_000.jpg")
    nested = str(dump / "org" / "deep" / "deeper" / "x.html")
    assert duplicates[first] == [str(dump / "copy_without_suffix"), nested]
    assert sum(map(len, duplicates.values())) == 2


@pytest.mark.parametrize("word", ["-d", "--output_dir"])
def test_output_directory(dump, word):
    """Output deduplicated images to directory."""
    before = contents(dump)
    assert cli.main(["dedup", str(dump), word, "out"]) == 0
    originals = {data for data in before if data != HEADER_OF_A_PAGE.encode()}
    assert contents(Path("out")) == sorted(originals)
    assert contents(dump) == before


def test_show_duplicates(dump):
    """python main.py <PREVIOUSLY_CREATED_OUTPUT_DUMP_DIR> -d <DEDUP_IMAGE_DIR_TO_CREATE> -s: Use
    this flag to generate a directory which contains duplicates."""
    assert cli.main(["dedup", str(dump), "-d", "out", "-s"]) == 0
    copy = (dump / "copy_without_suffix").read_bytes()
    assert len(files(Path("out/deduplicated"))) == 7
    assert contents(Path("out/duplicates")) == [copy, copy]


def test_near_keeps_the_largest(dump):
    """The program gives the option of deduplicating in two styles: Near duplicates"""
    assert cli.main(["dedup", str(dump), "-n", "-d", "out", "-s"]) == 0
    for path in files(Path("out/deduplicated")):
        with Image.open(path) as image:
            assert image.size == (240, 180)
    assert len(files(Path("out/deduplicated"))) == 6
    assert len(files(Path("out/duplicates"))) == 3
