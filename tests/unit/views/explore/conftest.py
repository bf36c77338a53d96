"""A collection of six images; see the fixture `ours` of the views."""

import pytest

from fastdup_nb.views.explore.collection import Collection
from fastdup_nb.views.explore.images import Images

LABELS = {"a": "cat", "b": "cat", "c": "dog", "d": "dog", "e": "cat"}  # f has none


@pytest.fixture
def labelled(ours, folder):
    """a to f are images 0 to 5."""
    labels = {str(folder / f"{name}.jpg"): label for name, label in LABELS.items()}
    return Collection(Images(ours, get_label=labels))
