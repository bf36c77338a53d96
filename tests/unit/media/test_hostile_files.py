"""Whatever the bytes, decoding raises ImageError or nothing."""

from __future__ import annotations

import logging
import math
import random
import warnings

import pytest

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.decode import decode
from fastdup_nb.media.statistics import measure
from tests.pictures import draw
from tests.unit.media.files import encode, encode_heif, one_of_each

ROUNDS = 30


def variants():
    picture = draw(4, (120, 90))
    files = one_of_each()
    files["progressive JPEG"] = encode(picture, "JPEG", progressive=True)
    files["palette PNG"] = encode(picture.quantize(), "PNG")
    files["16-bit PNG"] = encode(picture.convert("I;16"), "PNG")
    frames = [draw(5, (120, 90))]
    files["animated WEBP"] = encode(picture, "WEBP", save_all=True, append_images=frames)
    for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
        files[compression] = encode(picture, "TIFF", compression=compression)
    return files


FILES = variants()


def damage(data, chance):
    """Return a copy with bytes changed, mostly in the header, and sometimes its end cut off."""
    broken = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        reach = len(broken) if chance.random() < 0.5 else min(len(broken), 300)
        broken[chance.randrange(reach)] = chance.randrange(256)
    if chance.random() < 0.3:
        del broken[chance.randrange(len(broken)) :]
    return bytes(broken)


def survive(data):
    """Decode and measure; fail on anything but a picture or a well-formed ImageError."""
    try:
        photo = decode(data)
    except ImageError as error:
        check_reason(error)
        return
    assert all(math.isfinite(value) for value in measure(photo, 1, advanced=False))


def check_reason(error):
    assert error.problem in ImageProblem
    reason = str(error)
    assert reason.strip()
    assert reason.isprintable()
    assert len(reason) < 200


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_end_in_an_image_error_or_a_picture(name, capsys, caplog):
    chance = random.Random(name)
    with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.WARNING):
        warnings.simplefilter("always")
        for _ in range(ROUNDS):
            survive(damage(FILES[name], chance))
    assert [str(warning.message) for warning in warned] == []
    assert capsys.readouterr() == ("", "")


def test_damaged_heif_files(capsys):
    pytest.importorskip("pillow_heif")
    data = encode_heif(draw(4, (120, 90)))
    chance = random.Random(1)
    for _ in range(ROUNDS):
        survive(damage(data, chance))
    assert capsys.readouterr() == ("", "")


def test_random_bytes_behind_every_signature():
    chance = random.Random(2)
    for data in FILES.values():
        survive(data[:16] + chance.randbytes(400))


def test_any_exception_of_a_reader_is_a_corrupt_file(monkeypatch):
    class Reader:
        def __init__(self, error):
            self.error = error

        def __call__(self, *_):
            raise self.error

    for error in (
        ValueError("odd"),
        SyntaxError("odd"),
        KeyError(10825),
        OSError(),
        RecursionError(),
    ):
        monkeypatch.setattr("fastdup_nb.media.decode.open_image", Reader(error))
        with pytest.raises(ImageError, match="broken PNG: ") as caught:
            decode(FILES["PNG"])
        assert caught.value.problem is ImageProblem.CORRUPT
        assert "10825" not in str(caught.value)
