"""Crops by name."""

import io
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources import crops, exists, read_bytes, read_shown
from fastdup_nb.sources.crops import crop_name, raw_crop_name, region_of, split_crop
from tests.pictures import draw


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "a photo.png"
    draw(4).save(path)
    return path


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_names():
    assert crop_name("a.jpg", (1.0, 2.5, 30, 40)) == "a.jpg#xywh=1,2.5,30,40"
    assert crop_name("a", (12.3456789, -1e-9, 1e5, 50), relative=True) == (
        "a#xywh=percent:12.3457,0,100000,50"
    )
    assert crop_name("a", (12.3456, 0, 100, float("inf"))) == "a#xywh=12.35,0,100,inf"
    assert crop_name("a", range(8)) == "a#polygon=0,1,2,3,4,5,6,7"
    assert region_of("a#xywh=percent:1,2,3,4").relative
    assert region_of("a#b#xywh=1,2,3,4").numbers == (1, 2, 3, 4)
    assert split_crop("/x/a#b.jpg#xywh=1,2,3,4") == ("/x/a#b.jpg", "xywh=1,2,3,4")
    for other in ("a.jpg", "a#b.jpg", "#xywh=1,2,3,4", "a#xywh=1,2,3,4/b.jpg", "a#t=10"):
        assert split_crop(other) is None


@pytest.mark.parametrize("text", ["", "a,b,c,d", "1,2,3", "1,2,3,4,5", "../../x", "1;2;3;4"])
def test_numbers_that_are_none(text):
    name = raw_crop_name("a.jpg", "xywh", text)
    assert split_crop(name)[0] == "a.jpg"
    with pytest.raises(ImageError, match="4 numbers are needed") as caught:
        region_of(name)
    assert caught.value.problem is ImageProblem.BAD_BOX


def test_reading(photo):
    whole = pixels(photo.read_bytes())
    name = f"{photo}#xywh=10,20,30,40"
    assert np.array_equal(pixels(read_bytes(name)), whole[20:60, 10:40])
    assert pixels(read_shown(name)).shape == (80, 60, 3)
    assert read_shown(str(photo)) == photo.read_bytes()
    assert exists(name)
    assert not exists(f"{photo}x#xywh=10,20,30,40")
    with pytest.raises(ImageError, match="no such file"):
        read_bytes(f"{photo}x#xywh=10,20,30,40")


def test_a_file_of_that_name_comes_first(photo):
    named = photo.with_name(f"{photo.name}#xywh=0,0,5,5")
    named.write_bytes(b"itself")
    assert read_bytes(str(named)) == read_shown(str(named)) == b"itself"


def test_a_changed_file_is_read_again(photo):
    name = f"{photo}#xywh=0,0,30,40"
    first = read_bytes(name)
    draw(5, (300, 200)).save(photo)
    assert read_bytes(name) != first


def test_crops_of_images_in_archives(photo, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(photo, "in/a.png")
    name = f"{tmp_path}/all.zip/in/a.png#xywh=10,20,30,40"
    assert np.array_equal(pixels(read_bytes(name)), pixels(photo.read_bytes())[20:60, 10:40])
    assert exists(name)


def test_an_image_is_decoded_once_for_all_its_crops(photo, monkeypatch):
    decoded = []
    real = crops._decode
    monkeypatch.setattr(crops, "_decode", lambda data: decoded.append(1) or real(data))
    names = [f"{photo}#xywh={x},0,40,40" for x in range(32)]
    threads = [
        threading.Thread(target=lambda part=part: [read_bytes(name) for name in part])
        for part in (names[::2], names[1::2])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decoded) == 1


def test_a_broken_image_fails_for_every_crop(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"no picture")
    for x in range(3):
        with pytest.raises(ImageError):
            read_bytes(f"{path}#xywh={x},0,40,40")
    assert not crops._pictures._locks
