"""Messages from a browser, checked: whole numbers, known words and short texts, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.explore.state import State
from fastdup_nb.views.wording import as_unicode

MOST_ROWS = 200
MOST_THUMBNAILS = 64
MOST_IDS = 10_000
MOST_MATCHES = 1000
MOST_CANCELLED = 1000
LEAST_THUMB, LARGEST_THUMB = 32, 512
LEAST_IMAGE, LARGEST_IMAGE = 256, 2048
LARGEST_NUMBER = 2**53  # JavaScript's
LONGEST_LABEL = 200
ACTIONS = ("keep", "delete", "relabel")
RULES = ("largest", "sharpest", "first")
WHICH = ("all", "first", "rest")

Check = Callable[[str, object], Any]
_HINT = "Reload the page; if that does not help, run the cell again."


@dataclass(frozen=True, slots=True)
class Request:
    """A checked message.

    Attributes
    ----------
    kind : str
    number : int
        What the reply repeats.
    fields : dict
        Its members, each checked.
    """

    kind: str
    number: int
    fields: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


def request_number(content: object) -> int | None:
    """Return the number of a request; None when it has none that a reply could repeat."""
    number = content.get("request") if isinstance(content, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 <= number <= LARGEST_NUMBER else None


def parse_request(content: object) -> Request:
    """Return the request that a message is.

    Parameters
    ----------
    content : object
        Whatever came.

    Raises
    ------
    OptionError
        When it is none.
    """
    if not isinstance(content, Mapping):
        raise OptionError("A message that is no object came from the browser.", _HINT)
    kind, number = content.get("kind"), request_number(content)
    if not isinstance(kind, str) or kind not in _FIELDS:
        shown = kind if isinstance(kind, str) and len(kind) < 40 else type(kind).__name__
        raise OptionError(f"A message of the unknown kind {shown!r} came from the browser.", _HINT)
    if number is None:
        raise OptionError(f"A message {kind} without a number came from the browser.", _HINT)
    wanted = _FIELDS[kind]
    surplus = set(content) - set(wanted) - {"kind", "request"}
    if surplus:
        raise OptionError(f"A message {kind} has members that it does not take.", _HINT)
    fields = {name: check(name, content.get(name)) for name, check in wanted.items()}
    return Request(kind, number, fields)


def whole(name: str, given: object, low: int, high: int) -> int:
    """Return a whole number of a range.

    Raises
    ------
    OptionError
        When it is none.
    """
    # JavaScript has one kind of number: 3.0 is 3.
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
        raise OptionError(f"{name} cannot be used.", f"It is a whole number, {low} to {high}.")
    return given


def short_text(name: str, given: object, longest: int) -> str:
    """Return a text that is not too long.

    Raises
    ------
    OptionError
        When it is none.
    """
    if not isinstance(given, str) or len(given) > longest:
        raise OptionError(f"{name} cannot be used.", f"It is a text of up to {longest} characters.")
    return as_unicode(given)  # JSON may hold half a character, which nothing else can


def id_list(name: str, given: object, most: int) -> list[int]:
    """Return a list of image ids or row numbers, each once, in order.

    Raises
    ------
    OptionError
        When it is none.
    """
    if not isinstance(given, list) or len(given) > most:
        raise OptionError(f"{name} cannot be used.", f"It is a list of up to {most:,} numbers.")
    return list(dict.fromkeys(whole(name, each, 0, LARGEST_NUMBER) for each in given))


def _number_check(low: int, high: int, default: int | None = None) -> Check:
    def check(name: str, given: object) -> int:
        return default if given is None and default is not None else whole(name, given, low, high)

    return check


def _text_check(longest: int, *, least: int = 0, optional: bool = False) -> Check:
    def check(name: str, given: object) -> str | None:
        if given is None and optional:
            return None
        text = short_text(name, given, longest)
        if len(text.strip()) < least:
            raise OptionError(f"{name} is empty.", "Give a text.")
        return text

    return check


def _ids_check(most: int, *, optional: bool = False) -> Check:
    def check(name: str, given: object) -> list[int] | None:
        return None if given is None and optional else id_list(name, given, most)

    return check


def _word_check(*words: str) -> Check:
    def check(name: str, given: object) -> str:
        if not isinstance(given, str) or given not in words:
            raise unknown_name(name, str(given)[:40], words)
        return given

    return check


def _flag(name: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise OptionError(f"{name} cannot be used.", "It is true or false.")
    return given


def _state(_name: str, given: object) -> State:
    return State.parse({} if given is None else given)


_ROW = _number_check(0, LARGEST_NUMBER)
_OPTIONAL_ROW = _number_check(-1, LARGEST_NUMBER, -1)
_IDS = _ids_check(MOST_IDS)
_VIEW = _text_check(40)
_FIELDS: dict[str, dict[str, Check]] = {
    "hello": {"nonce": _text_check(64)},
    "mode": {"binary": _flag},
    "query": {"view": _VIEW, "state": _state},
    "facet": {
        "view": _VIEW,
        "state": _state,
        "facet": _text_check(1000),
        "text": _text_check(200, optional=True),
    },
    "rows": {
        "view": _VIEW,
        "rows": _ids_check(MOST_ROWS),
        "column": _text_check(1000, optional=True),
    },
    "members": {"view": _VIEW, "row": _ROW},
    "images": {"ids": _ids_check(MOST_ROWS)},
    "thumbs": {
        "ids": _ids_check(MOST_THUMBNAILS),
        "side": _number_check(LEAST_THUMB, LARGEST_THUMB),
        "priority": _number_check(0, 1, 0),
    },
    "image": {"id": _ROW, "side": _number_check(LEAST_IMAGE, LARGEST_IMAGE)},
    "cancel": {"requests": _ids_check(MOST_CANCELLED)},
    "details": {"id": _ROW, "view": _text_check(40, optional=True), "row": _OPTIONAL_ROW},
    "similar": {"id": _ROW, "k": _number_check(1, MOST_MATCHES, 50)},
    "select_matching": {"view": _VIEW, "state": _state, "which": _word_check(*WHICH)},
    "mark": {
        "ids": _IDS,
        "action": _word_check(*ACTIONS),
        "label": _text_check(LONGEST_LABEL, optional=True),
    },
    "unmark": {"ids": _IDS},
    "undo_mark": {},
    "redo_mark": {},
    "keep_best": {
        "view": _VIEW,
        "state": _state,
        "rows": _ids_check(MOST_IDS, optional=True),
        "rule": _word_check(*RULES),
    },
    "plan": {},
    "apply": {"token": _text_check(64, least=1)},
    "undo": {},
}
