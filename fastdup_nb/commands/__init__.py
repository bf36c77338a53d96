"""The commands `run`, `summary` and `duplicates`: one definition for the shell and the magics."""

from __future__ import annotations

from fastdup_nb.commands.definitions import COMMANDS, Command
from fastdup_nb.commands.dispatch import execute, find_command, help_asked_for, manual, overview
from fastdup_nb.commands.parser import Parser
from fastdup_nb.commands.place import Place, is_input, is_labels, is_work_dir

__all__ = [
    "COMMANDS",
    "Command",
    "Parser",
    "Place",
    "execute",
    "find_command",
    "help_asked_for",
    "is_input",
    "is_labels",
    "is_work_dir",
    "manual",
    "overview",
]
