"""Make a small labelled collection of images with planted problems.

Two real photos (from scikit-learn) are cut into views, six invented subjects are drawn, and then
copies, near-duplicates, bad files, outliers and wrong labels are planted. `planted.json` says what
is where, so that what a run finds can be checked; `labels.csv` holds the label of every file.

    python examples/make_examples.py photos [--seed N]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also when run as a program
from examples.scenes import CLASSES, OUTLIERS

Edit = Callable[[Image.Image], Image.Image]

WIDTH, HEIGHT = 320, 240
DRAWN_PER_CLASS = 13
# Where views are cut out of the real photos: left, top and width (4:3), in shares of the width.
VIEWS = {
    "china": (
        *((0.00, 0.00, 0.32), (0.34, 0.00, 0.32), (0.68, 0.00, 0.32)),
        *((0.00, 0.34, 0.32), (0.34, 0.34, 0.32), (0.68, 0.34, 0.32)),
        (0.05, 0.02, 0.82),
    ),
    "flower": (
        *((0.26, 0.06, 0.24), (0.50, 0.06, 0.24), (0.26, 0.30, 0.24)),
        *((0.50, 0.30, 0.24), (0.40, 0.20, 0.16), (0.00, 0.10, 0.40)),
        (0.05, 0.02, 0.82),
    ),
}
ODD_NAMES = (
    'it\'s "quoted".jpg',
    "one, two, three.jpg",
    "sunset \N{SUNRISE OVER MOUNTAINS}.jpg",
    "<script>alert(1)<script>.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    "=SUM(A1).jpg",
    "50% off #1.jpg",
)


@dataclass(frozen=True)
class PlantedFile:
    """One planted problem.

    Attributes
    ----------
    kind : str
        What was planted: `copy`, `jpeg_q40`, `blurry`, `zero_byte`, `wrong_label`, ...
    file : str
        The file, relative to the collection, with `/`.
    original : str
        The file it was made from; empty when there is none.
    """

    kind: str
    file: str
    original: str = ""


@dataclass
class Planted:
    """What a collection holds.

    Attributes
    ----------
    folder : Path
        The collection.
    files : list of PlantedFile
    labels : dict of str to str
        Label of every image, by file relative to the collection.
    """

    folder: Path
    files: list[PlantedFile] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[PlantedFile]:
        """Return what was planted of some kinds."""
        return [planted for planted in self.files if planted.kind in kinds]


def smaller(image: Image.Image) -> Image.Image:
    """Return half the size."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def cropped(image: Image.Image) -> Image.Image:
    """Return the image without 4 % at every edge."""
    dx, dy = image.width // 25, image.height // 25
    return image.crop((dx, dy, image.width - dx, image.height - dy))


def brighter(image: Image.Image) -> Image.Image:
    """Return it a fifth brighter."""
    return ImageEnhance.Brightness(image).enhance(1.2)


def captioned(image: Image.Image) -> Image.Image:
    """Return it with a line of text over it."""
    changed = image.copy()
    draw = ImageDraw.Draw(changed)
    draw.rectangle((0, image.height - 26, image.width, image.height), fill=(20, 20, 24))
    draw.text((8, image.height - 20), "a day out, summer 2019", fill=(255, 255, 255))
    return changed


NEAR: dict[str, Edit] = {
    "jpeg_q40": lambda image: image,
    "half_size": smaller,
    "crop": cropped,
    "brighter": brighter,
    "mirrored": ImageOps.mirror,
    "text": captioned,
}
SPOILT: dict[str, Edit] = {
    "blurry": lambda image: image.filter(ImageFilter.GaussianBlur(6)),
    "dark": lambda image: ImageEnhance.Brightness(image).enhance(0.08),
    "bright": lambda image: Image.blend(image, Image.new("RGB", image.size, "white"), 0.93),
}
# Originals of the near-duplicates and of the spoilt ones: real photos and drawn pictures.
EDITED = ("china/view-1.jpg", "flower/view-7.jpg", "balls/balls-04.jpg")
SPOILT_FROM = ("china/view-4.jpg", "flower/view-2.jpg", "fields/fields-06.jpg")
COPIED = {
    "china/view-5.jpg": ("china/IMG_2041.jpg", "flower/holiday.jpg"),
    "skies/skies-02.jpg": ("skies/skies-02 (1).jpg",),
    "mosaics/mosaics-03.jpg": ("mosaics/old window.jpg",),
}
# The second copy of COPIED, and a ball among the stripes, carry the label of their folder.
WRONG_LABELS = {"stripes/stripes-90.jpg": "balls"}


def make_examples(out: Path, seed: int = 7) -> Planted:
    """Write the collection.

    Parameters
    ----------
    out : Path
        The folder; made when missing. Files of an earlier collection are replaced.
    seed : int
        The same seed gives the same files, byte for byte.

    Returns
    -------
    Planted

    Raises
    ------
    FileExistsError
        When the folder holds something else.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()) and not (out / "planted.json").is_file():
        message = f"{out} holds other files. Give a new folder."
        raise FileExistsError(message)
    out.mkdir(parents=True, exist_ok=True)
    writer = _Writer(out, np.random.default_rng(seed))
    writer.draw_classes()
    writer.plant_copies()
    writer.plant_edits()
    writer.plant_outliers()
    writer.plant_wrong_labels()
    writer.plant_odd_names()
    writer.plant_bad_files()
    return writer.finish()


class _Writer:
    def __init__(self, out: Path, rng: np.random.Generator) -> None:
        self._out, self._rng = out, rng
        self._planted = Planted(out)

    def _save(self, name: str, image: Image.Image, quality: int = 88) -> None:
        data = BytesIO()
        image.save(data, "JPEG", quality=quality)
        self._write(name, data.getvalue())

    def _write(self, name: str, data: bytes) -> None:
        path = self._out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._planted.labels[name] = name.split("/", maxsplit=1)[0]

    def _plant(self, kind: str, name: str, original: str = "") -> None:
        self._planted.files.append(PlantedFile(kind, name, original))

    def _open(self, name: str) -> Image.Image:
        return Image.open(self._out / name).convert("RGB")

    def draw_classes(self) -> None:
        for label, photo in _real_photos().items():
            for number, view in enumerate(VIEWS[label], start=1):
                self._save(f"{label}/view-{number}.jpg", _cut(photo, view))
        for label, scene in CLASSES.items():
            for number in range(1, DRAWN_PER_CLASS + 1):
                picture = scene(self._rng, WIDTH, HEIGHT)
                self._save(f"{label}/{label}-{number:02d}.jpg", picture)

    def plant_copies(self) -> None:
        for original, copies in COPIED.items():
            for copy in copies:
                self._write(copy, (self._out / original).read_bytes())
                self._plant("copy", copy, original)
        self._plant("wrong_label", "flower/holiday.jpg", "china/view-5.jpg")

    def plant_edits(self) -> None:
        edits = [(NEAR, EDITED), (SPOILT, SPOILT_FROM)]
        for kinds, originals in edits:
            for original in originals:
                for kind, edit in kinds.items():
                    name = f"{original.removesuffix('.jpg')}_{kind}.jpg"
                    quality = 40 if kind == "jpeg_q40" else 88
                    self._save(name, edit(self._open(original)), quality)
                    self._plant(kind, name, original)

    def plant_outliers(self) -> None:
        for kind, scene in OUTLIERS.items():
            name = f"towers/{kind}.jpg"
            self._save(name, scene(self._rng, WIDTH, HEIGHT))
            self._plant("outlier", name)

    def plant_wrong_labels(self) -> None:
        for name, label in WRONG_LABELS.items():
            self._save(name, CLASSES[label](self._rng, WIDTH, HEIGHT))
            self._plant("wrong_label", name)

    def plant_odd_names(self) -> None:
        for number, odd in enumerate(ODD_NAMES):
            label = list(CLASSES)[number % len(CLASSES)]
            try:
                self._save(f"{label}/{odd}", CLASSES[label](self._rng, WIDTH, HEIGHT))
            except OSError:  # a file system that does not take such names
                continue
            self._plant("odd_name", f"{label}/{odd}")

    def plant_bad_files(self) -> None:
        whole = (self._out / "china/view-7.jpg").read_bytes()
        for number in (1, 2):
            tiny = self._open(f"balls/balls-0{number}.jpg").resize((8, 8))
            self._save(f"balls/tiny-{number}.jpg", tiny)
            self._plant("tiny", f"balls/tiny-{number}.jpg")
        bad = {
            "zero_byte": ("fields/empty.jpg", b""),
            "truncated": ("china/cut off.jpg", whole[: len(whole) // 2]),
            "corrupt": ("flower/broken.jpg", self._rng.bytes(4000)),
            "not_an_image": ("stripes/invoice.jpg", _pdf()),
        }
        for kind, (name, data) in bad.items():
            self._write(name, data)
            self._plant(kind, name)

    def finish(self) -> Planted:
        with (self._out / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(["filename", "label"])
            rows.writerows(sorted(self._planted.labels.items()))
        content = [asdict(planted) for planted in self._planted.files]
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (self._out / "planted.json").write_text(f"{text}\n", encoding="utf-8")
        return self._planted


def _real_photos() -> dict[str, Image.Image]:
    from sklearn.datasets import load_sample_images

    samples = load_sample_images()
    photos = zip(samples["filenames"], samples["images"], strict=True)
    return {Path(name).stem: Image.fromarray(pixels) for name, pixels in photos}


def _cut(photo: Image.Image, view: tuple[float, float, float]) -> Image.Image:
    left, top, wide = (share * photo.width for share in view)
    tall = min(wide * 3 / 4, photo.height - top)
    box = (round(left), round(top), round(left + wide), round(top + tall))
    return photo.crop(box).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _pdf() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make a collection of images to try things on.")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    planted = make_examples(arguments.out, arguments.seed)
    print(f"{len(planted.labels)} files in {arguments.out}, {len(planted.files)} of them planted")


if __name__ == "__main__":
    main()
