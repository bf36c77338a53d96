"""The magics `%fastdup` and `%%fastdup`."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from traitlets import Bool, Enum, Int, Unicode

from fastdup_nb import commands
from fastdup_nb.notebook.cell_options import as_words, check_not_repeated, read_options
from fastdup_nb.notebook.expansion import expand_line, expand_word
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
    height = Int(640, min=240, help="Height of %fastdup explore in pixels.").tag(config=True)
    theme = Enum(
        ("auto", "light", "dark"),
        "auto",
        help="Colours of %fastdup explore: auto takes those of the notebook.",
    ).tag(config=True)

    last_work_dir: Path | None = None

    @no_var_expand  # words that name files keep their braces, see expansion.py
    @needs_local_scope
    @line_cell_magic
    def fastdup(  # noqa: D102 - the parsers write it, see below
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> object:
        variables = ChainMap(dict(local_ns or {}), self._user_ns)
        words = expand_line(_without_semicolon(line), variables)
        place = self._place(variables)
        if cell is not None:
            words = self._with_cell(words, cell, place)
        text = commands.help_asked_for(words, place) if words else commands.overview(PROG)
        if text is not None:
            sys.stdout.write(text)
            return None
        result = commands.execute(words, place)
        # What has a work_dir is the result of a run.
        self.last_work_dir = getattr(result, "work_dir", self.last_work_dir)
        return result

    fastdup.__doc__ = commands.manual(PROG)

    @property
    def _user_ns(self) -> dict[str, Any]:
        return self.shell.user_ns if self.shell is not None else {}

    def _with_cell(self, words: list[str], cell: str, place: commands.Place) -> list[str]:
        """Return the words of the line and of the cell; options given twice are an error."""
        name = words[0] if words else "run"
        parser = commands.find_command(name, place).parser(PROG)
        options = read_options(cell)
        check_not_repeated(options, words[1:], parser)
        further = as_words(options, parser, lambda text: expand_word(text, place.variables))
        return [name, *words[1:], *further]

    def _place(self, variables: Mapping[str, Any]) -> commands.Place:
        return commands.Place(
            prog=PROG,
            variables=variables,
            work_dir=self.work_dir,
            last_work_dir=self.last_work_dir,
            num_images=self.page_size,
            needs_page=False,
            quiet=self.quiet,
            make_progress=default_progress,
            explorer={"height": self.height, "theme": self.theme},
            bind=self._user_ns.__setitem__,
        )


def _without_semicolon(line: str) -> str:
    """Leave out the semicolon that users put after expressions, unless it belongs to a path."""
    bare = line.rstrip()
    if not bare.endswith(";") or commands.exists(bare.split()[-1]):
        return line
    return bare[:-1]
