"""Which file names are taken for images, and which for things that are not available yet."""

from __future__ import annotations

import re

# In a folder the suffix decides what is listed; what a listed file is, its content decides.
IMAGE_SUFFIXES = frozenset(
    (
        "jpeg",
        "jpg",
        "jfif",
        "tiff",
        "tif",
        "gif",
        "giff",
        "png",
        "bmp",
        "webp",
        "heif",
        "heic",
        "avif",
        "jp2",
        "dcm",
    )
)
# Archives that cannot be read; those that can are in `containers`.
ARCHIVE_SUFFIXES = frozenset(("gz", "bz2", "xz", "7z", "rar", "tbz", "tbz2", "txz", "zst"))
VIDEO_SUFFIXES = frozenset(
    ("mp4", "avi", "m4a", "m4v", "mov", "dav", "mkv", "flv", "wmv", "webm", "mpg", "mpeg", "3gp")
)
ANNOTATION_SUFFIXES = frozenset(("yaml", "yml", "json"))

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_LOCAL_SCHEME = "file://"


def suffix_of(name: str) -> str:
    """Return the lower-case suffix of a file name, without its dot; empty when it has none.

    >>> suffix_of("a/b.tar.GZ"), suffix_of("a.b/c"), suffix_of(".jpg")
    ('gz', '', 'jpg')
    """
    _, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and "/" not in suffix else ""


def is_remote(path: str) -> bool:
    """Return whether a path names another machine: `s3://`, `minio://`, `https://` ..."""
    return "://" in path and bool(_REMOTE.match(path)) and not is_file_url(path)


def is_file_url(path: str) -> bool:
    """Return whether a path is a `file://` URL."""
    return path[: len(_LOCAL_SCHEME)].lower() == _LOCAL_SCHEME


def unavailable_kind(path: str) -> str:
    """Return `"archives"` when the suffix says that it is one of a kind that is not read."""
    return "archives" if suffix_of(path) in ARCHIVE_SUFFIXES else ""
