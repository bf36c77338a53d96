"""The content decides what a file is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media import formats
from fastdup_nb.media.decode import decode
from fastdup_nb.media.formats import CODECS, identify
from tests.pictures import draw
from tests.unit.media.files import encode_heif, one_of_each


def test_every_format_is_known_by_its_content():
    for name, data in one_of_each().items():
        assert identify(data) == name
        photo = decode(data)
        assert (photo.format, photo.width, photo.height) == (name, 200, 150)
        assert photo.image.mode == "RGB"


def test_heif_is_read_without_registering_it_with_pillow():
    pytest.importorskip("pillow_heif")
    # In a process of its own: other libraries register it.
    program = """
import sys
from PIL import Image
from fastdup_nb.media.decode import decode
photo = decode(sys.stdin.buffer.read())
print(photo.format, photo.width, photo.height, "HEIF" in Image.OPEN)
"""
    told = subprocess.run(
        [sys.executable, "-c", program],
        input=encode_heif(draw(7, (200, 150))),
        stdout=subprocess.PIPE,
        check=True,
        cwd=Path(__file__).parents[3],
    ).stdout
    assert told.split() == [b"HEIF", b"200", b"150", b"False"]


@pytest.mark.parametrize(
    ("data", "problem", "word"),
    [
        (b"", ImageProblem.ZERO_SIZE, "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", ImageProblem.NOT_AN_IMAGE, "PDF document"),
        (b"just some words\n", ImageProblem.NOT_AN_IMAGE, "text file"),
        ("Grüße, ein Text".encode(), ImageProblem.NOT_AN_IMAGE, "text file"),
        (b"<!DOCTYPE html><p>404", ImageProblem.NOT_AN_IMAGE, "HTML page"),
        (b"BMW is a make of car, says this text", ImageProblem.NOT_AN_IMAGE, "text file"),
        (b"PK\x03\x04rest", ImageProblem.NOT_AN_IMAGE, "zip archive"),
        (b"RIFF\x10\0\0\0AVI LIST", ImageProblem.NOT_AN_IMAGE, "AVI video"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", ImageProblem.NOT_AN_IMAGE, "video"),
        (b"\x00\x01\x02\xfe garbage", ImageProblem.NOT_AN_IMAGE, "unknown content"),
        (bytes(4000), ImageProblem.CORRUPT, "zero bytes"),
        (b'<?xml version="1.0"?><svg width="9">', ImageProblem.UNSUPPORTED, "SVG"),
        (b"8BPS\0\1", ImageProblem.UNSUPPORTED, "Photoshop"),
    ],
)
def test_what_is_no_image_is_named(data, problem, word):
    with pytest.raises(ImageError) as caught:
        decode(data)
    assert caught.value.problem is problem
    assert word in str(caught.value)


def test_a_missing_reader_names_what_to_install(monkeypatch):
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    formats._find_opener.cache_clear()
    try:
        with pytest.raises(ImageError) as caught:
            decode(data)
    finally:
        formats._find_opener.cache_clear()
    assert caught.value.problem is ImageProblem.UNSUPPORTED
    assert "pip install fastdup_nb[heif]" in str(caught.value)


def test_a_pillow_without_a_codec_is_reported(monkeypatch):
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: name != "avif")
    formats._find_opener.cache_clear()
    try:
        with pytest.raises(ImageError) as caught:
            decode(one_of_each()["AVIF"])
    finally:
        formats._find_opener.cache_clear()
    assert caught.value.problem is ImageProblem.UNSUPPORTED
    assert CODECS["AVIF"].advice in str(caught.value)


def test_avif_inside_a_generic_container_is_avif():
    head = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"
    assert identify(head) == "AVIF"
    assert identify(head.replace(b"avif", b"heic")) == "HEIF"
