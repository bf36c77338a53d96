from io import BytesIO

import numpy as np
import pytest

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.decode import decode
from tests.pictures import draw

pydicom = pytest.importorskip("pydicom")


def dicom(pixels, kind="MONOCHROME2", frames=1, **further):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.SOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID
    made.PhotometricInterpretation = kind
    made.SamplesPerPixel = 3 if kind == "RGB" else 1
    if kind == "RGB":
        made.PlanarConfiguration = 0
    rows, columns = pixels.shape[-3:-1] if kind == "RGB" else pixels.shape[-2:]
    made.Rows, made.Columns = rows, columns
    made.BitsAllocated = made.BitsStored = pixels.dtype.itemsize * 8
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = 0
    if frames > 1:
        made.NumberOfFrames = frames
    made.PixelData = pixels.tobytes()
    for name, value in further.items():
        setattr(made, name, value)
    buffer = BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture
def gray():
    return np.asarray(draw(1).convert("L"))


def shown(data):
    return np.asarray(decode(data, at_least=10_000).image).astype(int)


def test_eight_and_sixteen_bits_look_the_same(gray):
    stretched = (gray.astype(int) - gray.min()) * 255 / (int(gray.max()) - int(gray.min()))
    deep = dicom(gray.astype(np.uint16) * 16)
    assert np.abs(shown(deep)[..., 0] - stretched).max() <= 1
    photo = decode(deep)
    assert (photo.width, photo.height) == (240, 180)


def test_the_window_of_the_file_is_applied(gray):
    windowed = shown(dicom(gray.astype(np.uint16) * 16, WindowCenter=800, WindowWidth=200))
    assert (windowed[gray * 16.0 < 690] == 0).all()
    assert (windowed[gray * 16.0 > 910] == 255).all()


def test_inverted_pictures(gray):
    plain, inverted = (
        shown(dicom(gray.astype(np.uint16), k)) for k in ("MONOCHROME2", "MONOCHROME1")
    )
    assert (plain + inverted == 255).all()


def test_colours_and_the_first_frame():
    colours = np.asarray(draw(2))
    assert (shown(dicom(colours, "RGB")) == colours).all()
    two = np.stack([np.asarray(draw(seed).convert("L")).astype(np.uint16) for seed in (3, 4)])
    assert (shown(dicom(two, frames=2)) == shown(dicom(two[0]))).all()


def test_broken_files_say_why(gray):
    whole = dicom(gray.astype(np.uint16))
    for data in (whole[:200], whole[: len(whole) // 2]):
        with pytest.raises(ImageError) as caught:
            decode(data)
        assert caught.value.problem is ImageProblem.CORRUPT
    with pytest.raises(ImageError, match="too many pixels"):
        decode(dicom(gray.astype(np.uint16), Rows=60000, Columns=60000))
