"""Labels and captions from the files beside an image in a WebDataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ANNOTATION_SUFFIXES = frozenset(("cls", "txt", "json"))
MOST_TEXT = 1 << 16

_LABEL_KEYS = ("label", "class_name", "class", "category", "cls")
_CAPTION_KEYS = ("caption", "text", "description")


def read_notes(texts: Mapping[str, bytes]) -> tuple[str, str]:
    """Return label and caption of a sample; empty where there is none.

    Parameters
    ----------
    texts : mapping of str to bytes
        Suffix -> content. The label is the text of `.cls`, else `label`, `class_name`, `class`,
        `category` or `cls` of `.json`; the caption is the text of `.txt`, else `caption`, `text` or
        `description` of `.json`.
    """
    fields = _fields(texts.get("json", b""))
    label = _text(texts.get("cls", b"")) or _first(fields, _LABEL_KEYS)
    caption = _text(texts.get("txt", b"")) or _first(fields, _CAPTION_KEYS)
    return label, caption


def _fields(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _first(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return " ".join(str(value).split())
    return ""


def _text(data: bytes) -> str:
    return " ".join(data.decode("utf-8-sig", errors="replace").replace("\0", " ").split())
