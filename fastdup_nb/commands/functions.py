"""A function of the user's that may fail for some images without ending the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastdup_nb.errors import OptionError


class TolerantFunction:
    """Calls a function; where it raises, remembers the image and goes on without a value.

    Parameters
    ----------
    function : callable
        Called with the absolute file name.
    name : str
        What the user calls it.
    fallback : callable
        Gives the value for an image that the function fails for.
    """

    def __init__(
        self, function: Callable[[str], Any], name: str, fallback: Callable[[str], Any]
    ) -> None:
        self._function, self._fallback = function, fallback
        self.name = name
        self._succeeded = 0
        self._failed: dict[str, Exception] = {}

    def __call__(self, path: str) -> Any:
        """Return the value for an image."""
        try:
            value = self._function(path)
        except Exception as error:  # noqa: BLE001 - it is the user's code
            self._failed.setdefault(path, error)
            return self._fallback(path)
        self._succeeded += 1
        return value

    @property
    def failed(self) -> int:
        """For how many images it failed."""
        return len(self._failed)

    def check(self) -> None:
        """Raise when it has failed for all images: then the function itself is wrong.

        Raises
        ------
        OptionError
        """
        if self._failed and not self._succeeded:
            raise OptionError(f"{self.describe()}.", "It is called with the absolute file name.")

    def describe(self) -> str:
        """Return what failed, in one line that names the first image."""
        path, error = next(iter(self._failed.items()))
        others = f", and for {self.failed - 1:,} more" if self.failed > 1 else ""
        return f"{self.name} fails for {path}: {type(error).__name__}: {error}{others}"
