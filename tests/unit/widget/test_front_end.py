"""The built front end as it lies in the package: self-contained and small."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STATIC = files("fastdup_nb.widget") / "static"
MOST = 80_000
# Names of vocabularies, which nothing asks for.
KNOWN = {"http://www.w3.org/2000/svg"}


def test_the_explorer_is_within_80_kilobytes():
    assert len((STATIC / "explorer.js").read_bytes()) <= MOST


@pytest.mark.parametrize("name", ["explorer.js", "plot.js"])
def test_it_loads_nothing_from_elsewhere(name):
    text = (STATIC / name).read_text("utf-8")
    assert set(re.findall(r"https?://[^\"'`\s)]+", text)) <= KNOWN
    assert not re.search(r"\bimport\s*[({\"'*]", text.replace("import.meta", ""))
    assert "export{" in text or "export default" in text


def test_texts_never_become_markup():
    text = (STATIC / "explorer.js").read_text("utf-8")
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert name not in text
