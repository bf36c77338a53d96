"""Videos for tests, written by a real encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from tests.pictures import draw

if TYPE_CHECKING:
    from PIL import Image


def write_video(
    path: Path,
    pictures: Sequence[Image.Image],
    *,
    each: int = 10,
    rate: int = 10,
    codec: str = "mpeg4",
    first: int = 0,
) -> Path:
    """Write a video that shows each picture for `each` frames.

    Parameters
    ----------
    path : Path
        Its suffix tells the container.
    pictures : sequence of images
        All of one size.
    each : int
        Frames a picture is shown for.
    rate : int
        Frames a second.
    codec : str
        FFmpeg's name of the encoder.
    first : int
        Time stamp of the first frame, in frames.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        stream.gop_size = each
        for number in range(len(pictures) * each):
            pixels = np.asarray(pictures[number // each].convert("RGB"))
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = first + number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def write_clip(path: Path, seeds: Sequence[int], **options) -> Path:
    """Write a video of drawn pictures, one second each."""
    return write_video(path, [draw(seed, (160, 120)) for seed in seeds], **options)


def write_sound(path: Path) -> Path:
    """Write a file with sound alone."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def turn_upright(path: Path) -> None:
    """Note in an mp4 file that it is to be shown turned by 90 degrees, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    one, minus = (1 << 16).to_bytes(4, "big"), (0xFFFF0000).to_bytes(4, "big")
    zero = bytes(4)
    matrix = [zero, one, zero, minus, zero, zero, zero, zero, (1 << 30).to_bytes(4, "big")]
    data[at : at + 36] = b"".join(matrix)
    path.write_bytes(bytes(data))
