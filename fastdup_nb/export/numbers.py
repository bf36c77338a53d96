"""Whole numbers that users give."""

from __future__ import annotations

from numbers import Integral

from fastdup_nb.errors import OptionError


def check_whole(least: int, **values: object) -> None:
    """Check options that are whole numbers; None is one that was not given.

    Parameters
    ----------
    least : int
        The smallest good value.
    **values
        Values by the names of the options.

    Raises
    ------
    OptionError
        When one is something else.
    """
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
            raise OptionError(f"{name} is {value!r}.", f"Give a whole number from {least} on.")
