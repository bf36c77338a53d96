"""What the running guide and the API reference say about `input_dir`, sentence by sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdup_nb.errors import InputError
from fastdup_nb.sources import resolve


@pytest.fixture
def album(tmp_path: Path) -> Path:
    root = tmp_path / "album"
    for number in range(6):
        path = root / f"day{number % 3}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_local_folder(album):
    """A folder is searched through.

    "Location of a local folder. In that case all images in this folder are searched
    recursively."
    """
    found = [Path(path).relative_to(album).as_posix() for path in resolve(str(album)).paths]
    assert found == [f"day{day}/{number}.jpg" for day in range(3) for number in (day, day + 3)]


@pytest.mark.parametrize("suffix", ["jpeg", "jpg", "tiff", "tif", "giff", "png"])
def test_supported_images(tmp_path, suffix):
    """The running guide names these suffixes.

    "Supported images are jpeg, jpg, tiff, tif, giff, png."
    """
    (tmp_path / f"a.{suffix}").touch()
    (tmp_path / f"b.{suffix.upper()}").touch()
    assert len(resolve(tmp_path).paths) == 2


@pytest.mark.parametrize("suffix", ["heif", "heic", "bmp"])
def test_more_supported_images(tmp_path, suffix):
    """The API reference names more.

    "We support jpg, jpeg, tiff, tif, giff, heif, heic, bmp, png, mp4, avi."
    """
    (tmp_path / f"a.{suffix}").touch()
    assert len(resolve(tmp_path).paths) == 1


def test_file_of_locations(album, tmp_path):
    """A text file lists images.

    "A file containing absolute filenames each on its own row."
    """
    paths = list(reversed(resolve(album).paths))
    (tmp_path / "files.txt").write_text("\n".join(paths))
    assert resolve(tmp_path / "files.txt").paths == paths


def test_list_of_files(album):
    """A Python list lists images.

    "A python list with absolute filenames."
    """
    paths = [str(album / "day2" / "5.jpg"), str(album / "day0" / "0.jpg")]
    assert resolve(paths).paths == paths


def test_list_of_folders(album):
    """A Python list lists folders.

    "A python list with absolute folders, all images and videos on those folders are added
    recusively"
    """
    folders = [str(album / "day1"), str(album / "day0")]
    names = [Path(path).name for path in resolve(folders).paths]
    assert names == ["1.jpg", "4.jpg", "0.jpg", "3.jpg"]


def test_other_extensions_in_a_file(album, tmp_path):
    """What is listed by name is used whatever its suffix.

    "If you have other image extensions [...] you can give them in a file (each image on its
    own row) and then we do not check for the known extensions"
    """
    paths = [str(album / "x.ppm"), str(album / "no_extension")]
    (tmp_path / "files.txt").write_text("\n".join(paths))
    assert resolve(tmp_path / "files.txt").paths == paths


def test_num_images(album):
    """Part of the images can be used.

    "num_images: Number of images to run on. On default, run on all the images in the
    image_dir folder."
    """
    assert resolve(album, num_images=4).paths == resolve(album).paths[:4]
    assert len(resolve(album, num_images=0).paths) == 6


def test_offsets_split_the_work(album):
    """Offsets split the work.

    "Use the min_offset and max_offset flags to allocate a subset of the images for each
    computing node. Offsets start from 0 to n-1"
    """
    nodes = [resolve(album, min_offset=i, max_offset=i + 2) for i in (0, 2, 4)]
    assert [node.offset for node in nodes] == [0, 2, 4]
    assert [path for node in nodes for path in node.paths] == resolve(album).paths


def test_half_open_range_from_zero(album):
    """The range is half-open, also from 0.

    "The first job runs on 2000 tars from 0 to 2000 not including."
    """
    assert resolve(album, min_offset=0, max_offset=2).paths == resolve(album).paths[:2]


def test_remote_folders_are_asked_for_by_their_kind(monkeypatch, tmp_path):
    """Buckets are read, and who asks without credentials is told so. What is in them is read in
    tests/integration/test_buckets.py.

    "A remote folder (s3 or minio starting with s3:// or minio://)."
    """
    pytest.importorskip("s3fs")
    monkeypatch.setenv("MC_CONFIG_DIR", str(tmp_path))
    with pytest.raises(InputError, match="has no alias 'google'") as caught:
        resolve("minio://google/my_bucket/my_folder")
    assert "mc alias set google" in caught.value.hint
    with pytest.raises(InputError, match="not available in this version"):
        resolve("ftp://mybucket/myfolder")
