"""Which image of a group stays, and whether it can be relied on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import ImageError
from fastdup_nb.options import unknown_name
from fastdup_nb.sources.reading import read_bytes

if TYPE_CHECKING:
    from fastdup_nb.clean.content import FileState
    from fastdup_nb.clean.results import RunFacts

_DATE_TAGS = (0x9003, 0x9004)  # EXIF 2.3: DateTimeOriginal, DateTimeDigitized
_CHANGED_TAG, _EXIF_BLOCK = 0x0132, 0x8769
_OLDEST_CAMERA = 1980


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image of a group that is there.

    Attributes
    ----------
    path : str
    identity : str
        What it shares with other paths of the same file.
    state : FileState
    order : int
        Its place in the listing of the group.
    label : str
    """

    path: str
    identity: str
    state: FileState
    order: int
    label: str = ""


Rule = Callable[[Candidate, "RunFacts"], Any]


def _by_pixels(candidate: Candidate, facts: RunFacts) -> Any:
    width, height, _ = facts.measures(candidate.path, candidate.state.size)
    return (-width * height, -candidate.state.size)


def _by_sharpness(candidate: Candidate, facts: RunFacts) -> Any:
    width, height, blur = facts.measures(candidate.path, candidate.state.size)
    return (-blur, -width * height)


def _by_date(candidate: Candidate, _facts: RunFacts) -> Any:
    return taken_at(candidate.path) or datetime.fromtimestamp(candidate.state.modified / 1e9)  # noqa: DTZ006 - as EXIF: local time


def _by_listing(_candidate: Candidate, _facts: RunFacts) -> Any:
    return 0


RULES: dict[str, tuple[Rule, str]] = {
    "largest": (_by_pixels, "most pixels"),
    "sharpest": (_by_sharpness, "sharpest"),
    "oldest": (_by_date, "oldest"),
    "first": (_by_listing, "first in the listing"),
}


def check_rule(keep: str) -> None:
    """Raise `OptionError` when there is no rule of that name."""
    if keep not in RULES:
        raise unknown_name("keep rule", keep, RULES)


def choose_keeper(
    candidates: Iterable[Candidate], keep: str, facts: RunFacts
) -> tuple[Candidate | None, dict[str, str]]:
    """Return the best image by a rule that can be decoded whole.

    Plain files come before symbolic links, then the rule decides, then the larger file or sharper
    picture, then the order of the listing.

    Parameters
    ----------
    candidates : iterable of Candidate
    keep : {'largest', 'sharpest', 'oldest', 'first'}
    facts : RunFacts
        What the run measured.

    Returns
    -------
    keeper : Candidate or None
        None when no image can be read.
    unusable : dict of str to str
        Path -> reason, of those that were tried before.
    """
    rule, _ = RULES[keep]
    unusable: dict[str, str] = {}
    ranked = []
    for candidate in candidates:
        try:
            rank = rule(candidate, facts)
        except ImageError as error:
            unusable[candidate.path] = error.message
        else:
            ranked.append(((bool(candidate.state.link), rank, candidate.order), candidate))
    for _, candidate in sorted(ranked, key=lambda entry: entry[0]):
        try:
            decode_whole(candidate.path)
        except ImageError as error:
            unusable[candidate.path] = error.message
        else:
            return candidate, unusable
    return None, unusable


def decode_whole(path: str) -> tuple[int, int, float]:
    """Return width, height and sharpness of an image, decoded to its end.

    Raises
    ------
    ImageError
        When it is missing, broken, cut short or no image.
    """
    from fastdup_nb.media.decode import WORKING_SIDE, decode
    from fastdup_nb.media.statistics import measure_blur

    photo = decode(read_bytes(path), min_width=1, min_height=1)
    small = photo.squeeze(WORKING_SIDE, WORKING_SIDE)
    return photo.width, photo.height, measure_blur(small.convert("L"))


def check_keeper(path: str) -> str:
    """Return why the header of an image cannot be read; empty when it can."""
    from fastdup_nb.media.formats import identify, open_image

    try:
        data = read_bytes(path)
        open_image(identify(data), data)
    except ImageError as error:
        return error.message
    except Exception:  # noqa: BLE001 - codecs raise anything on broken files
        return "its header is broken"
    return ""


def taken_at(path: str) -> datetime | None:
    """Return when a photo was taken, by its EXIF data, in local time; None when it does not say."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            exif = image.getexif()
            block = exif.get_ifd(_EXIF_BLOCK)
            values = [*(block.get(tag) for tag in _DATE_TAGS), exif.get(_CHANGED_TAG)]
    except Exception:  # noqa: BLE001 - readers raise anything on broken EXIF data
        return None
    return next((date for date in map(_parse_date, values) if date), None)


def _parse_date(value: object) -> datetime | None:
    try:
        date = datetime.strptime(str(value).strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - EXIF has no zone
    except ValueError:
        return None
    return date if date.year >= _OLDEST_CAMERA else None
