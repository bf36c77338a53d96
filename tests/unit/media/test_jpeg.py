"""The short way to the pixels of a JPEG: the same ones as by Pillow's reader, or none."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from fastdup_nb.errors import ImageError
from fastdup_nb.media.decode import decode
from fastdup_nb.media.jpeg import read_jpeg
from tests.pictures import draw
from tests.unit.media.files import encode, with_orientation

KINDS = {
    "plain": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 3},
    "whole colours": {"subsampling": 0},
    "orientation": {"exif": with_orientation(6)},
    "comment and profile": {"comment": b"\xff\xda", "icc_profile": b"\xff\xc0" * 40_000},
}


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", KINDS)
def test_pixels_and_header_are_those_of_pillow(kind, mode, factor):
    data = encode(draw(2, (203, 157)).convert(mode), "JPEG", **KINDS[kind])
    found = read_jpeg(data)
    expected = Image.open(BytesIO(data))
    assert found is not None
    assert (found.mode, found.size) == (expected.mode, expected.size)
    assert found.info.get("exif") == expected.info.get("exif")
    assert ("progressive" in found.info) == ("progressive" in expected.info)
    expected.draft(None, (203 // factor, 157 // factor))
    picture = found.load(factor)
    assert picture.size == expected.size
    assert picture.tobytes() == expected.tobytes()


def test_what_is_unusual_is_left_to_pillow():
    plain = encode(draw(2, (64, 64)), "JPEG")
    frame = plain.index(b"\xff\xc0")
    unusual = {
        "CMYK": encode(draw(2, (64, 64)).convert("CMYK"), "JPEG"),
        "filled up": plain[:2] + b"\xff" + plain[2:],
        "two EXIF blocks": plain[:2] + 2 * b"\xff\xe1\x00\x0aExif\x00\x00II" + plain[2:],
        "lossless": plain[:frame] + b"\xff\xc3" + plain[frame + 2 :],
        "twelve bits": plain[: frame + 4] + b"\x0c" + plain[frame + 5 :],
        "no height": plain[: frame + 5] + b"\x00\x00" + plain[frame + 7 :],
        "two frames": plain[:frame] + plain[frame : frame + 19] + plain[frame:],
        "cut in its header": plain[: frame + 6],
        "nothing but its first marker": plain[:3],
    }
    assert read_jpeg(plain) is not None
    assert [kind for kind, data in unusual.items() if read_jpeg(data) is not None] == []


def test_a_file_cut_behind_its_header_is_explained():
    data = encode(draw(2, (300, 300)), "JPEG")
    with pytest.raises(ImageError) as caught:
        decode(data[: len(data) // 2])
    assert caught.value.message.startswith("truncated JPEG: it ends after")
