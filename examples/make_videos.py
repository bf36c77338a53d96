"""Make short videos of the example images, with planted copies among them.

Every picture is shown for a second. `trip.mp4` and `trip, sent.avi` share three pictures; the
second is smaller and compressed again, as videos become when they are sent. `drawn.mkv` shares
none. `cut off.mp4` is half a file.

    python examples/make_videos.py videos [--photos photos]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also when run as a program
from examples.make_examples import make_examples

RATE = 10
VIDEOS = {
    "trip.mp4": ("china/view-1.jpg", "china/view-5.jpg", "flower/view-2.jpg", "flower/view-6.jpg"),
    "trip, sent.avi": ("china/view-5.jpg", "flower/view-2.jpg", "china/view-1.jpg"),
    "drawn.mkv": ("mosaics/mosaics-01.jpg", "stripes/stripes-02.jpg", "skies/skies-05.jpg"),
}
SENT = "trip, sent.avi"
BROKEN = "cut off.mp4"
SIZE, SMALLER = (320, 240), (240, 180)


def make_videos(out: Path, photos: Path) -> list[Path]:
    """Write the videos.

    Parameters
    ----------
    out : Path
        The folder; made when missing. Videos of an earlier time are replaced.
    photos : Path
        The collection of `make_examples`.

    Returns
    -------
    list of Path
        The videos, the broken one last.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, files in VIDEOS.items():
        size = SMALLER if name == SENT else SIZE
        pictures = [Image.open(photos / file).convert("RGB").resize(size) for file in files]
        _write(out / name, pictures, kilobits=300 if name == SENT else 2000)
        written.append(out / name)
    whole = written[0].read_bytes()
    (out / BROKEN).write_bytes(whole[: len(whole) // 2])
    return [*written, out / BROKEN]


def _write(path: Path, pictures: Sequence[Image.Image], kilobits: int) -> None:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = kilobits * 1000
        stream.gop_size = RATE  # a keyframe a second
        for number in range(len(pictures) * RATE):
            pixels = np.asarray(pictures[number // RATE])
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make short videos to try things on.")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--photos", type=Path, default=Path("example_photos"))
    arguments = parser.parse_args()
    make_examples(arguments.photos)
    for path in make_videos(arguments.out, arguments.photos):
        print(path)


if __name__ == "__main__":
    main()
