"""Warnings of Pillow are dropped while decoding, and the user's filters stay as they were."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from fastdup_nb.media.decode import decode
from fastdup_nb.media.silence import silenced_codecs
from tests.unit.media.files import one_of_each


def warn_as_pillow():
    warnings.warn_explicit("odd tag", UserWarning, "TiffImagePlugin.py", 1, "PIL.TiffImagePlugin")


def test_pillow_is_silent_and_others_are_heard():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with silenced_codecs():
            warn_as_pillow()
            warnings.warn("mine", UserWarning, stacklevel=1)
        assert [str(entry.message) for entry in heard] == ["mine"]
        warn_as_pillow()
        assert len(heard) == 2


def test_the_filters_are_the_same_afterwards_also_from_threads():
    before = list(warnings.filters)
    files = list(one_of_each().values())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(decode, files * 5))
    assert list(warnings.filters) == before


def test_nested_contexts_stay_silent_until_the_last_ends():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with silenced_codecs():
            with silenced_codecs():
                warn_as_pillow()
            warn_as_pillow()
        assert heard == []


def test_the_filters_are_the_same_after_a_failure():
    before = list(warnings.filters)
    with pytest.raises(ZeroDivisionError), silenced_codecs():
        _ = 1 / 0
    assert list(warnings.filters) == before
