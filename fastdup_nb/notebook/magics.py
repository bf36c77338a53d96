"""The line magic `%fastdup`."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope
from traitlets import Bool, Int, Unicode

from fastdup_nb import commands
from fastdup_nb.notebook.words import split_words
from fastdup_nb.progress import default_progress

PROG = "%fastdup"


@magics_class
class FastdupMagics(Magics):
    """What `%fastdup` does when an option is not given. `%config FastdupMagics` shows it."""

    page_size = Int(12, min=1, help="Rows that galleries show, such as %fastdup duplicates.").tag(
        config=True
    )
    work_dir = Unicode(
        "", help="Folder for the results of %fastdup run; empty: named after the input."
    ).tag(config=True)
    quiet = Bool(default_value=False, help="Show no progress.").tag(config=True)

    last_work_dir: Path | None = None

    @needs_local_scope
    @line_magic
    def fastdup(  # noqa: D102 - the parsers write it, see below
        self, line: str, local_ns: Mapping[str, Any] | None = None
    ) -> object:
        words = split_words(line)
        place = self._place(local_ns or {})
        text = commands.help_asked_for(words, place) if words else commands.overview(PROG)
        if text is not None:
            sys.stdout.write(text)
            return None
        result = commands.execute(words, place)
        # What has a work_dir is the result of a run.
        self.last_work_dir = getattr(result, "work_dir", self.last_work_dir)
        return result

    fastdup.__doc__ = commands.manual(PROG)

    def _place(self, local_ns: Mapping[str, Any]) -> commands.Place:
        user_ns: dict[str, Any] = self.shell.user_ns if self.shell is not None else {}
        return commands.Place(
            prog=PROG,
            variables=ChainMap(dict(local_ns), user_ns),
            work_dir=self.work_dir,
            last_work_dir=self.last_work_dir,
            num_images=self.page_size,
            needs_page=False,
            quiet=self.quiet,
            make_progress=default_progress,
        )
