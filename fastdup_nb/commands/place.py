"""Where a command is given, and what its words mean there: paths, and variables in a notebook."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.functions import TolerantFunction
from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.progress import Progress, SilentProgress, default_progress

if TYPE_CHECKING:
    from fastdup_nb.options import InputSpec

MAX_NAMES_IN_HINT = 8
RESULTS_SUFFIX = "_fastdup"  # of the folders that run makes up
# IPython's own variables, which nobody means.
SHELL_VARIABLES = frozenset({"In", "Out", "exit", "quit", "open", "get_ipython"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the shell and a notebook do differently.

    Attributes
    ----------
    prog : str
        How commands are called here: `fastdup-nb` or `%fastdup`.
    variables : mapping of str to object
        What a bare name may stand for; empty in the shell.
    work_dir : str
        Folder for the results of `run`; empty: named after the input.
    last_work_dir : Path, optional
        What the other commands use when no folder is given.
    num_images : int
        Rows that a gallery shows when the user does not say.
    needs_page : bool
        Whether a gallery is always written as a page; a notebook shows rows without one.
    quiet : bool
        Show no progress.
    make_progress : callable
        Makes what a run reports to.
    bind : callable, optional
        `bind(name, value)` makes a variable.
    explorer : mapping of str to object
        Arguments of `Fastdup.explore` when the user does not give them.
    command : str
        The command that is carried out, for hints.
    functions : list of TolerantFunction
        Functions of the user's that the command was given.
    """

    prog: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    work_dir: str = ""
    last_work_dir: Path | None = None
    num_images: int = 20
    needs_page: bool = True
    quiet: bool = False
    make_progress: Callable[[], Progress] = default_progress
    bind: Callable[[str, object], None] | None = None
    explorer: Mapping[str, Any] = field(default_factory=dict)
    command: str = "summary"
    functions: list[TolerantFunction] = field(default_factory=list)

    def progress(self, *, quiet: bool) -> Progress:
        """Return what a run reports to."""
        return SilentProgress() if quiet or self.quiet else self.make_progress()

    def tolerate(
        self, function: Callable[[str], Any], name: str, fallback: Callable[[str], Any]
    ) -> TolerantFunction:
        """Return a function that goes on where the user's raises, and note it."""
        made = TolerantFunction(function, name, fallback)
        self.functions.append(made)
        return made

    def tell_failures(self) -> None:
        """Tell for which images functions of the user's have failed.

        Raises
        ------
        OptionError
            When one has failed for all.
        """
        for function in self.functions:
            function.check()
            if function.failed:
                self.progress(quiet=False).message(function.describe())

    def read_inputs(self, words: Sequence[str]) -> InputSpec:
        """Return what to run on: one path, or a list.

        Raises
        ------
        InputNotFoundError
            When a bare name is neither a path nor a variable.
        OptionError
            When it is both, or a variable of no use.
        """
        _check_spaces(words)
        values = [self._read_input(word) for word in words]
        if len(values) == 1:
            return values[0]
        parts = [[value] if isinstance(value, (str, os.PathLike)) else value for value in values]
        return [path for part in parts for path in part]

    def read_work_dir(self, word: str | None, option: str = "") -> Path:
        """Return the folder of results: a path, a variable, or that of the last run."""
        if word is None:
            if self.last_work_dir is None:
                raise OptionError("No work_dir is given.", self._where_results_are(option))
            return self.last_work_dir
        if exists(word) or word not in self.variables:
            return Path(word).expanduser()
        value = self.variables[word]
        if not is_work_dir(value):
            raise _wrong_kind(word, value, "a folder, or what run returned")
        return Path(getattr(value, "work_dir", value)).expanduser()

    def read_source(self, word: str | None) -> Any:
        """Return results: a folder or one of its files as a Path, or a table of the notebook."""
        if word is not None and word in self.variables and not exists(word):
            value = getattr(self.variables[word], "frame", self.variables[word])
            if is_table(value):
                return value
        return self.read_work_dir(word)

    def read_images(self, words: Sequence[str]) -> list[Any]:
        """Return images: paths, and pictures, arrays or lists of them in variables."""
        if not words:
            raise OptionError("No image is given.", "Give the path of one, or several.")
        _check_spaces(words)
        images: list[Any] = []
        for word in words:
            value = self.variables.get(word, word) if not exists(word) else word
            images += value if isinstance(value, list) else [value]
        return images

    def read_object(self, word: str, fits: Callable[[Any], bool], expected: str) -> Any:
        """Return the variable a word names, or the word when it is the path of a file."""
        if word in self.variables:
            value = self.variables[word]
            if not fits(value):
                raise _wrong_kind(word, value, expected)
            return value
        if exists(word):
            return str(Path(word).expanduser())
        hint = f"Give {expected}. {self._suggest(word, fits)}".rstrip()
        what = "file or variable" if self.variables else "file"
        raise OptionError(f"There is no {what} {word!r}.", hint.rstrip())

    def _where_results_are(self, option: str) -> str:
        found = next(iter(sorted(Path().glob(f"*{RESULTS_SUFFIX}"))), None)
        folder = shlex.quote(str(found)) if found else f"photos{RESULTS_SUFFIX}"
        named = f"{option} {folder}" if option else folder
        if found:
            return f"Did you mean {self.prog} {self.command} {named}?"
        first = f"Run first, such as {self.prog} run photos, or name" if self.bind else "Name"
        return f"{first} the folder of results: {self.prog} {self.command} {named}"

    def _read_input(self, word: str) -> InputSpec:
        if not self.variables or not word.isidentifier():
            return word
        if word not in self.variables or not is_input(self.variables[word]):
            if not exists(word):
                raise self._no_input(word)
            return word
        value = as_input(self.variables[word])
        if exists(word) and not _is_same(word, value):
            message = f"{word!r} is both a folder or file here and a variable."
            raise OptionError(message, f"Write ./{word} for the former, or rename the variable.")
        return value

    def _no_input(self, word: str) -> Exception:
        expected = "a folder, a path, or a list of paths"
        if word in self.variables:
            return _wrong_kind(word, self.variables[word], expected)
        message = f"There is no folder, file or variable {word!r}."
        return InputNotFoundError(
            message, f"Give {expected}. {self._suggest(word, is_input)}".rstrip()
        )

    def _suggest(self, word: str, fits: Callable[[Any], bool]) -> str:
        names = self.names_of(fits)
        if not names:
            return ""
        close = get_close_matches(word, names, n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        return f"{guess}Variables: {', '.join(names[:MAX_NAMES_IN_HINT])}."

    def names_of(self, fits: Callable[[Any], bool]) -> list[str]:
        """Return the names of the user's variables that are of use, sorted."""
        return sorted(
            name
            for name, value in self.variables.items()
            if name[:1] != "_" and name not in SHELL_VARIABLES and fits(value)
        )


def exists(text: str) -> bool:
    """Return whether a text is the path of something that exists; `~` is expanded."""
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, no home
        return False


def is_input(value: object) -> bool:
    """Return whether a variable can be run on: a path, or a list, array or column of paths."""
    if isinstance(value, (str, os.PathLike)):
        return bool(str(value))
    if isinstance(value, type):
        return False
    many = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(many, (list, tuple)) or not many:
        return False
    return all(isinstance(item, (str, os.PathLike)) for item in many)


def is_work_dir(value: object) -> bool:
    """Return whether a variable names a folder of results: a path, or what `run` returned."""
    if isinstance(value, type):
        return False
    return isinstance(getattr(value, "work_dir", value), (str, os.PathLike))


def is_table(value: object) -> bool:
    """Return whether a variable is a DataFrame."""
    return hasattr(value, "columns") and hasattr(value, "iloc") and not isinstance(value, type)


def is_image(value: object) -> bool:
    """Return whether a variable can be searched for: a path, a picture, pixels, a list of them."""
    if isinstance(value, type):
        return False
    return is_input(value) or (hasattr(value, "size") and not is_table(value))


def is_results(value: object) -> bool:
    """Return whether a variable can stand for results: a folder, a run, or a table."""
    return is_work_dir(value) or is_table(getattr(value, "frame", value))


def is_labels(value: object) -> bool:
    """Return whether a variable gives labels: a function, a dict, or a list or column of them."""
    if isinstance(value, (Mapping, list, tuple)) or hasattr(value, "tolist"):
        return True
    return callable(value) and not isinstance(value, type)


def as_input(value: Any) -> InputSpec:
    """Return a variable as what `run` takes."""
    if isinstance(value, (str, os.PathLike)):
        return value
    return list(value.tolist() if hasattr(value, "tolist") else value)


def _is_same(word: str, value: InputSpec) -> bool:
    if not isinstance(value, (str, os.PathLike)) or not exists(str(value)):
        return False
    return Path(word).samefile(Path(value).expanduser())


def _wrong_kind(word: str, value: object, expected: str) -> OptionError:
    return OptionError(
        f"The variable {word!r} is of type {type(value).__name__}.", f"Give {expected}."
    )


def _check_spaces(words: Sequence[str]) -> None:
    together = " ".join(words)
    if len(words) < 2 or not exists(together):
        return
    if not all(exists(word) for word in words):
        hint = f'Put quotes around a path with spaces: "{together}"'
        raise OptionError(f"{words[0]!r} and the words after it are read as several paths.", hint)
