"""What the guides point to is there, and their pictures are small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
MOST_BYTES_OF_A_PICTURE = 125_000
MOST_BYTES_OF_ALL = 2_500_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_guide_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    named = set(LINK.findall(index))
    missing = {page.name for page in (ROOT / "docs").glob("*.md")} - named - {"index.md"}
    assert missing == set()


def test_pictures_are_small_and_shown():
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    sizes = [picture.stat().st_size for picture in pictures]
    assert max(sizes) <= MOST_BYTES_OF_A_PICTURE
    assert sum(sizes) <= MOST_BYTES_OF_ALL
    shown = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [picture.name for picture in pictures if f"pictures/{picture.name}" not in shown] == []
