"""The templates of pages and fragments, with what they may call."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fastdup_nb.render import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastdup_nb.render.pictures import Picture


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the environment: everything that is not our own markup is escaped."""
    made = Environment(
        loader=PackageLoader("fastdup_nb.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        base_name=words.base_name,
        facts=word_facts,
        count_of=words.count_of,
        list_names=words.list_names,
        plural_of=words.plural_of,
        score=words.word_score,
        relative=words.relative_name,
        shares=_shares,
        split_name=words.split_name,
    )
    return made


def read_asset(name: str) -> Markup:
    """Return one of our style sheets or scripts."""
    return Markup((files("fastdup_nb.render") / "templates" / name).read_text("utf-8"))  # noqa: S704


def policy_hash(script: str) -> str:
    """Return how a content security policy names a script that may run."""
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"


def word_facts(picture: Picture) -> str:
    """Return the size of an image in words."""
    parts = []
    if picture.width and picture.height:
        parts.append(f"{picture.width} × {picture.height}")  # noqa: RUF001 - the times sign
    if picture.file_size:
        parts.append(words.word_size(picture.file_size))
    if not picture.source and not parts:
        parts.append("not shown")
    return " · ".join(parts)


def _shares(one: Iterable[str], other: Iterable[str]) -> bool:
    return not set(one).isdisjoint(other)


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return words.as_unicode(value)
    return value
