"""What a command is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.commands.parser import Parser

if TYPE_CHECKING:
    from fastdup_nb.commands.place import Place

WORK_DIR_HELP = "The folder with the results of a run."
# In a notebook; a cell magic has no left side to assign to.
BIND = "bind_to"
BIND_HELP = "Also put what is returned into a variable of that name."


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes
    ----------
    name : str
        The word that calls it.
    help : str
        What it does, in one sentence.
    usage : str
        Its arguments, as the help shows them.
    example : str
        Arguments that make sense.
    declare : callable
        Adds its arguments and options to a parser.
    execute : callable
        Does it: `execute(values, place)` returns what was found or made.
    """

    name: str
    help: str
    usage: str
    example: str
    declare: Callable[[Parser], None]
    execute: Callable[[Namespace, Place], object]

    def parser(self, prog: str) -> Parser:
        """Return the parser of its words.

        Parameters
        ----------
        prog : str
            What the commands are called with: `fastdup-nb` or `%fastdup`.
        """
        parser = Parser(f"{prog} {self.name}", self.usage, self.help, self.example)
        self.declare(parser)
        if prog.startswith("%"):
            parser.add_argument("--as", dest=BIND, metavar="NAME", help=BIND_HELP)
        return parser


def declare_results(parser: Parser, text: str = WORK_DIR_HELP) -> None:
    """Add the argument that nearly every command has: where the results are."""
    parser.add_argument("work_dir", nargs="?", metavar="WORK_DIR", help=text)


def declare_images(parser: Parser, text: str) -> None:
    """Add the images that a command works on, and the option that says with which results."""
    parser.add_argument("images", nargs="*", metavar="IMAGE", help=text)
    parser.add_argument("--work-dir", metavar="DIR", help=f"{WORK_DIR_HELP}")
