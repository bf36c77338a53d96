"""What functions say, in the words of a shell or a magic: `--threshold 0.9` for `threshold=0.9`.

Errors and hints are written for the Python functions, once. A command tells them with the names
that a user of commands knows; file names in them stay as they are.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.signatures import OBJECTS
from fastdup_nb.store import names

if TYPE_CHECKING:
    from fastdup_nb.commands.parser import Parser

# Public functions, and methods of Fastdup, by the command that does the same.
_COMMANDS = {
    "create_duplicates_gallery": "duplicates",
    "create_outliers_gallery": "outliers",
    "create_components_gallery": "components",
    "create_kmeans_clusters_gallery": "clusters",
    "create_similarity_gallery": "similarity",
    "create_stats_gallery": "stats",
    "create_aspect_ratio_gallery": "aspect-ratio",
    "create_duplicate_videos_gallery": "duplicate-videos",
    "create_component_videos_gallery": "component-videos",
    "create_knn_classifier": "classify",
    "create_kmeans_classifier": "classify",
    "find_top_components": "top-components",
    "run_kmeans": "kmeans",
    "run_kmeans_on_extracted": "kmeans",
    "run_on_webdataset": "run",
    "extract_video_frames": "extract-frames",
    "run": "run",
    "undo": "undo",
}
_METHODS = {
    "connected_components": "components",
    "img_stats": "stats",
    "outliers": "outliers",
    "explore": "explore",
    "kmeans": "kmeans",
    "map": "map",
}
_SESSIONS = ("fd", "Fastdup")
# What commands take as an argument and not as an option.
_ARGUMENTS = frozenset(("work_dir", "input_dir"))
_CALL = re.compile(r"(?:fastdup_nb\.)?\b(?:\w+(?:\([^()]*\))?\.)?\w+\([^()]*\)")
_TURI = re.compile(r"turi_param='([^']*)'")
_ASSIGNED = re.compile(
    r"(?<![\w/.'\"=-])([a-z]\w*)="
    r"(?:('[^']*'|\"[^\"]*\"|\.\.\.|[\w+-]+(?:\.\w+)*)(?![\w/\[({])|(?=[\s,;:)]|$))"
)
_BARE = re.compile(r"(?<![\w/.'\"=-])([a-z]+(?:_[a-z]+)+)(?![\w/(='\"]|\.\w)")


def in_commands(text: str, prog: str, parsers: Sequence[Parser]) -> str:
    """Return a sentence with commands and options in the place of functions and parameters.

    Parameters
    ----------
    text : str
        A message or a hint.
    prog : str
        What commands are called with: `fastdup-nb` or `%fastdup`.
    parsers : sequence of Parser
        Of the command, and of others whose options may be meant.
    """

    def call(match: re.Match[str]) -> str:
        return as_command(match[0], prog) or match[0]

    def assigned(match: re.Match[str]) -> str:
        return _option(match[1], match[2] or "", parsers) or match[0]

    def bare(match: re.Match[str]) -> str:
        if match[1] in _COMMANDS:
            return f"{prog} {_COMMANDS[match[1]]}"
        return _option(match[1], "", parsers) or match[0]

    text = _CALL.sub(call, text)
    text = _TURI.sub(lambda match: match[1].replace(",", " "), text)
    text = _ASSIGNED.sub(assigned, text)
    return _BARE.sub(bare, text)


def as_command(call: str, prog: str) -> str:
    """Return the command that does what a call of Python does; empty when there is none.

    >>> as_command("fastdup_nb.run('my photos', work_dir='out', resume=True)", "fastdup-nb")
    "fastdup-nb run 'my photos' --work-dir out --resume"
    >>> as_command("fastdup_nb.Fastdup('out').img_stats()", "%fastdup")
    '%fastdup stats out'
    """
    try:
        node = ast.parse(call, mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    if not isinstance(node, ast.Call):
        return ""
    words: list[str] = []
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    owner = called.value if isinstance(called, ast.Attribute) else None
    if isinstance(owner, ast.Call):
        words += _words(owner)
        owner = owner.func
    owner_name = getattr(owner, "attr", getattr(owner, "id", ""))
    if owner_name in _SESSIONS:
        if name == "invalid_instances" and words:  # no command, but a table
            return shlex.quote(os.path.join(shlex.split(words[0])[0], names.BAD_FILES))  # noqa: PTH118
        command = _METHODS.get(name)
    else:
        command = _COMMANDS.get(name)
    return " ".join([prog, command, *words, *_words(node)]) if command else ""


def _words(node: ast.Call) -> list[str]:
    """Return the arguments of a call as words of a command."""
    words = [_word(value) for value in node.args if not _is_ellipsis(value)]
    for keyword in node.keywords:
        shown = _flag(str(keyword.arg), keyword.value)
        if shown[0] != "--save-path" or shown[1:] != words[:1]:  # commands write there anyhow
            words += shown
    return words


def _flag(name: str, value: ast.expr) -> list[str]:
    option = _spelt(name)
    constant = value.value if isinstance(value, ast.Constant) else None
    if constant is True or constant is False:
        return [_switch(name, on=constant)]
    return [option, _word(value)]


def _word(value: ast.expr) -> str:
    if _is_ellipsis(value):
        return "..."
    return shlex.quote(str(value.value)) if isinstance(value, ast.Constant) else ast.unparse(value)


def _is_ellipsis(value: Any) -> bool:
    return isinstance(value, ast.Constant) and value.value is Ellipsis


def _option(name: str, value: str, parsers: Sequence[Parser]) -> str:
    """Return a parameter, with its value or alone, as an option; empty when there is none."""
    if name == "dry_run":
        return _switch(name, on=value == "True")
    option = _spelt(name)
    known = next((parser for parser in parsers if parser.knows(option)), None)
    if known is None or name in _ARGUMENTS:
        return ""
    if value and not known.takes_value(option):
        return _switch(name, on=value in {"1", "True"})
    value = value.strip("'\"")
    return f"{option} {shlex.quote(value) if value != '...' else value}" if value else option


def _switch(name: str, *, on: bool) -> str:
    if name == "dry_run":
        return "--no-apply" if on else "--apply"
    return _spelt(name if on else f"no_{name}")


def _spelt(name: str) -> str:
    return f"--{OBJECTS.get(name, name).replace('_', '-')}"
