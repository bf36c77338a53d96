"""A fresh IPython shell per test, in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryAccessor.enabled = False
    made = InteractiveShell.instance(config=config)
    yield made
    made.run_line_magic("unload_ext", "fastdup_nb")
    InteractiveShell.clear_instance()
