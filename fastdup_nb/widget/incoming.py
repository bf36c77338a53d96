"""Traits that a browser sets: only some, and only what they can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import FastdupError
from fastdup_nb.views.explore.state import State
from fastdup_nb.widget.messages import id_list, short_text, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastdup_nb.widget.service import Service

LEAST_THUMB, LARGEST_THUMB = 48, 512
MOST_SELECTED = 100_000
LONGEST_NAME = 40
# What Jupyter's own front end may set of any widget.
_HARMLESS = {"_view_count"}


class Incoming:
    """Checks what a browser wants to set.

    Parameters
    ----------
    service : Service
        Knows views and images, and keeps the log.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._checks: dict[str, Callable[[Any], Any]] = {
            "view": self._view,
            "state": lambda given: State.parse(given).to_json(),
            "selected": self._selected,
            "thumb": lambda given: whole("thumb", given, LEAST_THUMB, LARGEST_THUMB),
        }

    def clean(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of it can be set; the rest is noted."""
        kept: dict[str, Any] = {}
        for name, value in given.items():
            check = self._checks.get(name)
            if check is None:
                if name in _HARMLESS and (value is None or isinstance(value, int)):
                    kept[name] = value
                continue
            try:
                kept[name] = check(value)
            except FastdupError as error:
                self._service.note(str(error))
        return kept

    def _view(self, given: object) -> str:
        name = short_text("view", given, LONGEST_NAME)
        self._service.collection.open(name)
        return name

    def _selected(self, given: object) -> list[int]:
        ids = id_list("selected", given, MOST_SELECTED)
        self._service.collection.check_images(ids)
        return ids
