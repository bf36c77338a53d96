"""Decoding: sizes, orientation, limits, and one clear reason for every bad file."""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.decode import decode, largest_halving, to_pixels
from tests.pictures import draw
from tests.unit.media.files import (
    encode,
    encode_heif,
    flat_png_header,
    one_of_each,
    stripes,
    with_orientation,
)


def failure(data, **options):
    with pytest.raises(ImageError) as caught:
        decode(data, **options)
    return caught.value


def difference(left, right, size=(64, 64)):
    arrays = [np.asarray(image.resize(size), dtype=float) for image in (left, right)]
    return float(np.abs(arrays[0] - arrays[1]).mean())


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((500, 375), (250, 188)),
        ((255, 400), (255, 400)),
        ((1300, 1290), (163, 162)),
        ((50, 40), (50, 40)),
    ],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_the_reduced_size_depends_on_the_size_alone(size, reduced, file_format):
    photo = decode(encode(draw(1, size), file_format))
    assert photo.image.size == reduced
    assert (photo.width, photo.height) == size


def test_beyond_scaled_decoding_a_jpeg_is_halved_further():
    photo = decode(encode(draw(1, (640, 672)), "JPEG"), at_least=40)
    assert photo.image.size == (40, 42)


def test_reduced_pictures_of_all_formats_agree():
    picture = draw(3, (800, 600))
    reference = decode(encode(picture, "PNG")).image
    for file_format in ("JPEG", "WEBP", "TIFF", "BMP", "AVIF"):
        options = {"speed": 10} if file_format == "AVIF" else {}
        other = decode(encode(picture, file_format, **options)).image
        assert other.size == reference.size
        assert difference(other, reference) < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_orientation_is_applied_in_every_format(orientation, file_format):
    picture = draw(5, (240, 160))
    inverse = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = picture if inverse is None else picture.transpose(inverse)
    options = {"exif": with_orientation(orientation)}
    if file_format == "AVIF":
        options["speed"] = 10
    photo = decode(encode(stored, file_format, **options))
    assert (photo.width, photo.height) == (240, 160)
    assert photo.image.size == (240, 160)
    assert difference(photo.image, picture) < 6


def test_heif_is_turned_once():
    pillow_heif = pytest.importorskip("pillow_heif")
    picture = draw(5, (240, 160))
    turned = pillow_heif.from_pillow(picture.transpose(Image.Transpose.ROTATE_90))
    turned.info["exif"] = with_orientation(6)
    from io import BytesIO

    file = BytesIO()
    turned.save(file)
    photo = decode(file.getvalue())
    assert (photo.width, photo.height) == photo.image.size == (240, 160)
    assert difference(photo.image, picture) < 6


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"],
)
def test_broken_exif_counts_as_upright_without_a_word(exif):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns when the test writes the file, too
        data = encode(draw(5, (240, 160)), "JPEG", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(data).image.size == (240, 160)


def test_only_the_first_picture_counts():
    frames = [draw(1, (60, 50)), draw(2, (60, 50))]
    for file_format in ("GIF", "TIFF", "WEBP", "PNG"):
        animated = encode(frames[0], file_format, save_all=True, append_images=frames[1:])
        assert difference(decode(animated).image, frames[0]) < 12


@pytest.mark.parametrize("name", [*one_of_each(), "HEIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.98])
def test_a_cut_off_file_is_corrupt(name, share):
    if name == "HEIF":
        pytest.importorskip("pillow_heif")
        data = encode_heif(draw(7, (200, 150)))
    else:
        data = one_of_each()[name]
    error = failure(data[: int(len(data) * share)])
    assert error.problem is ImageProblem.CORRUPT
    assert name in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "BMP", "WEBP", "AVIF", "JPEG2000"])
@pytest.mark.parametrize("missing", [1, 2, 3, 12, 40])
def test_a_few_missing_bytes_are_noticed(name, missing):
    data = one_of_each()[name]
    assert failure(data[:-missing]).problem is ImageProblem.CORRUPT


def test_the_reason_for_half_a_jpeg_says_so():
    data = one_of_each()["JPEG"]
    reason = str(failure(data[: len(data) // 2]))
    assert reason == (
        f"truncated JPEG: it ends after {len(data) // 2:,} bytes, before the picture is complete"
    )


def test_bytes_after_the_end_do_no_harm():
    for name in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"):
        assert decode(one_of_each()[name] + b"\0" * 30).format == name


@pytest.mark.parametrize("size", [(9, 9), (9, 200), (200, 9)])
def test_small_pictures_are_refused(size):
    error = failure(encode(draw(1, (240, 180)).resize(size), "PNG"))
    assert error.problem is ImageProblem.TOO_SMALL
    assert str(error) == f"{size[0]} x {size[1]} px, smaller than 10 x 10"


def test_ten_pixels_are_enough():
    assert decode(encode(draw(1).resize((10, 10)), "PNG")).width == 10


def test_the_smallest_size_holds_for_the_upright_picture():
    data = encode(draw(1).resize((40, 20)), "JPEG", exif=with_orientation(6))
    assert decode(data, min_width=20, min_height=40).height == 40
    assert failure(data, min_width=40, min_height=20).problem is ImageProblem.TOO_SMALL


def test_a_bomb_is_refused_by_its_header_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        error = failure(flat_png_header(20_000, 15_000))
    assert error.problem is ImageProblem.TOO_LARGE
    assert str(error) == "20000 x 15000 px, 300 megapixels; the limit is 200"


def test_pillows_own_limit_neither_warns_nor_raises():
    # 100 megapixels of one colour: over Pillow's warning limit, under ours.
    data = encode(Image.new("1", (12_500, 8_000)), "PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        photo = decode(data)
    assert (photo.width, photo.height) == (12_500, 8_000)


def test_memory_that_runs_out_is_a_bad_file(monkeypatch):
    def run_out(*_):
        raise MemoryError

    monkeypatch.setattr("fastdup_nb.media.decode.open_image", run_out)
    error = failure(one_of_each()["PNG"])
    assert error.problem is ImageProblem.CORRUPT
    assert str(error) == "not enough memory to decode this PNG"


def test_an_interrupt_passes_through(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastdup_nb.media.decode.open_image", stop)
    with pytest.raises(KeyboardInterrupt):
        decode(one_of_each()["PNG"])


def test_threads_give_the_same_pixels():
    files = list(one_of_each().values())
    alone = [decode(data).image.tobytes() for data in files]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda data: decode(data).image.tobytes(), files * 3))
    assert together == alone * 3


def test_pixels_have_the_asked_shape():
    pixels = to_pixels(decode(encode(draw(1, (500, 375)), "JPEG")), 96, 128)
    assert pixels.shape == (128, 96, 3)
    assert pixels.dtype == np.uint8


def test_pixels_keep_red_red():
    red = Image.new("RGB", (300, 200), (250, 10, 20))
    assert to_pixels(decode(encode(red, "PNG")), 8, 8)[4, 4].tolist() == [250, 10, 20]


@pytest.mark.parametrize("size", [(500, 375), (900, 700)])
def test_a_model_of_their_size_is_given_the_picture_of_the_statistics(size):
    photo = decode(encode(draw(1, size), "PNG"), at_least=300)
    assert photo.squeeze(128, 128) is photo.squeeze(128, 128)
    assert np.array_equal(to_pixels(photo, 128, 128), np.asarray(photo.squeeze(128, 128)))
    assert not to_pixels(photo, 128, 128).flags.writeable


def test_a_smaller_model_can_be_given_the_picture_of_the_statistics_made_smaller():
    photo = decode(encode(draw(1, (500, 375)), "JPEG"))
    shared = np.asarray(photo.squeeze(128, 128), dtype=float)
    halves = shared.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(to_pixels(photo, 64, 64, 128) - halves).max() <= 0.5
    assert not np.array_equal(to_pixels(photo, 64, 64, 128), to_pixels(photo, 64, 64))
    assert np.abs(to_pixels(photo, 80, 96, 128) - to_pixels(photo, 80, 96).astype(int)).mean() < 4
    for other in (0, 64):  # none, or no larger
        assert np.array_equal(to_pixels(photo, 64, 64, other), to_pixels(photo, 64, 64))


@pytest.mark.parametrize("name", ["bilinear", "bicubic"])
def test_a_model_can_be_given_a_smoother_picture(name):
    photo = decode(encode(draw(1, (500, 375)), "PNG"))
    asked = Image.Resampling[name.upper()]
    wanted = np.asarray(photo.image.resize((96, 128), asked))
    assert np.array_equal(to_pixels(photo, 96, 128, 0, name), wanted)
    assert not np.array_equal(to_pixels(photo, 96, 128), wanted)
    shared = photo.squeeze(128, 128)
    assert np.array_equal(to_pixels(photo, 64, 64, 128, name), shared.resize((64, 64), asked))
    enlarged = np.asarray(photo.image.resize((600, 600), asked))
    assert np.array_equal(to_pixels(photo, 600, 600, 0, name), enlarged)


def test_small_pictures_are_enlarged_smoothly_for_the_model_alone():
    photo = decode(encode(stripes(64, 64), "PNG"))
    assert len(np.unique(photo.squeeze(128, 128))) == 2
    assert len(np.unique(to_pixels(photo, 128, 128))) > 2


@pytest.mark.parametrize(
    ("side", "at_least", "factor"),
    [
        (160, 160, 1),
        (319, 160, 1),
        (320, 160, 2),
        (639, 160, 2),
        (640, 160, 4),
        (5, 160, 1),
        (9, 0, 8),
    ],
)
def test_largest_halving(side, at_least, factor):
    assert largest_halving(side, at_least) == factor


def test_codecs_are_loaded_when_first_needed():
    import subprocess

    code = (
        "import sys, fastdup_nb.media.decode;"
        "print([m for m in ('pillow_heif', 'scipy', 'PIL.TiffImagePlugin') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
