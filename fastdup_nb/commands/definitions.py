"""All commands, in the order of the help. Their modules say what each takes and does."""

from __future__ import annotations

from fastdup_nb.commands import dedup
from fastdup_nb.commands.cleaning import CLEANING
from fastdup_nb.commands.command import Command
from fastdup_nb.commands.comparing import COMPARING
from fastdup_nb.commands.exploring import EXPLORE
from fastdup_nb.commands.exporting import EXPORTING
from fastdup_nb.commands.frames import FRAMES
from fastdup_nb.commands.galleries import GALLERIES
from fastdup_nb.commands.grouping import GROUPING
from fastdup_nb.commands.labelling import LABELLING
from fastdup_nb.commands.plotting import PLOTTING
from fastdup_nb.commands.runs import RUNS
from fastdup_nb.commands.searching import SEARCHING
from fastdup_nb.commands.status import STATUS

__all__ = ["COMMANDS", "Command"]

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        *RUNS,
        STATUS,
        EXPLORE,
        *(gallery.command() for gallery in GALLERIES),
        *PLOTTING,
        *GROUPING,
        *SEARCHING,
        *COMPARING,
        *LABELLING,
        *CLEANING,
        *EXPORTING,
        *FRAMES,
        Command(dedup.NAME, dedup.HELP, dedup.USAGE, dedup.EXAMPLE, dedup.declare, dedup.execute),
    )
}
