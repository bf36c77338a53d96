"""The commands: one definition of each serves the shell and the magic."""

from __future__ import annotations

from fastdup_nb.commands.command import Command
from fastdup_nb.commands.definitions import COMMANDS
from fastdup_nb.commands.dispatch import execute, find_command, help_asked_for, manual, overview
from fastdup_nb.commands.parser import FUNCTION, LABELS, TABLE, Parser
from fastdup_nb.commands.place import (
    Place,
    exists,
    is_image,
    is_input,
    is_labels,
    is_results,
    is_table,
    is_work_dir,
)
from fastdup_nb.commands.wording import as_command, in_commands

__all__ = [
    "COMMANDS",
    "FUNCTION",
    "LABELS",
    "TABLE",
    "Command",
    "Parser",
    "Place",
    "as_command",
    "execute",
    "exists",
    "find_command",
    "help_asked_for",
    "in_commands",
    "is_image",
    "is_input",
    "is_labels",
    "is_results",
    "is_table",
    "is_work_dir",
    "manual",
    "overview",
]
