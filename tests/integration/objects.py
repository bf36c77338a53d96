"""What the tests put into buckets."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pandas as pd

from tests.pictures import draw

KEYS = ["a b/ü%20+&é.jpg", "a b/#1?.jpg", "a b/日本.jpg", "plain.jpg", "z/=;,'.jpg"]
MANY = 1150
MIXED = 20  # images of an archive


def jpeg(seed):
    buffer = io.BytesIO()
    draw(seed).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def tar_of(seeds, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for seed in seeds:
            data = jpeg(seed)
            info = tarfile.TarInfo(f"in/{seed:03d}.jpg")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zip_of(seeds):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for seed in seeds:
            archive.writestr(f"in/{seed:03d}.jpg", jpeg(seed))
    return buffer.getvalue()


def rows(folder, name="atrain_features.dat.csv"):
    return pd.read_csv(folder / name)


def mirrored(bucket, prefix, folder):
    """Return a local folder with what is below a prefix."""
    for name in bucket.find(prefix):
        path = folder / name.removeprefix(prefix).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bucket.cat_file(name))
    return folder
