"""Numbers, sizes and hostile names as they are shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdup_nb.views.gallery import Form


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count_of(1, "image"), count_of(1200, "image")
    ('1 image', '1,200 images')
    """
    return f"{number:,} {noun if number == 1 else plural_of(noun)}"


def plural_of(noun: str) -> str:
    """Return the plural of a noun.

    >>> plural_of("image"), plural_of("pair of videos")
    ('images', 'pairs of videos')
    """
    counted, of, rest = noun.partition(" of ")
    return f"{counted}s{of}{rest}"


def word_size(size: int) -> str:
    """Word a number of bytes.

    >>> word_size(24_130)
    '24 kB'
    """
    if size < 1000:
        return f"{size} B"
    value = size / 1000
    for unit in ("kB", "MB"):
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def word_score(similarity: float) -> str:
    """Return a similarity with four decimals, cut off: only what is 1 shows as 1.

    >>> word_score(0.99999), word_score(1.0), word_score(0.9574)
    ('0.9999', '1.0000', '0.9574')
    """
    return f"{math.floor(similarity * 10_000 + 1e-6) / 10_000:.4f}"


def word_value(value: float, form: Form) -> str:
    """Return a value of a scale.

    >>> word_value(1234.5678, "number"), word_value(0.01234, "number"), word_value(50, "percent")
    ('1,234.6', '0.01234', '50')
    """
    if form == "similarity":
        return word_score(value)
    if form == "bytes":
        return word_size(int(value))
    if form == "whole":
        return f"{value:,.0f}"
    if form == "percent":
        return f"{value:.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


def base_name(name: str) -> str:
    """Return what follows the last separator, of whatever system."""
    return name[max(name.rfind("/"), name.rfind("\\")) + 1 :]


def as_unicode(text: str) -> str:
    r"""Return a text without lone surrogates: bytes of a name that are not UTF-8 show as U+FFFD.

    >>> as_unicode("caf\udce9")
    'caf\ufffd'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def as_printable(text: str) -> str:
    r"""Return a text that cannot move the cursor, colour or clear a terminal.

    >>> as_printable("a\x1b[2Jb\n.jpg")
    'a\\x1b[2Jb\\n.jpg'
    """
    shown = as_unicode(text)
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in shown
    )
