"""Adds the magic and its completion to a shell, and takes them away again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.notebook.completion import make_matcher
from fastdup_nb.notebook.magics import FastdupMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MAGIC = "fastdup"
# By name: after %reload_ext the class of before is another one.
CLASS_NAME = FastdupMagics.__name__
MATCHER = "fastdup_nb"


def load(shell: InteractiveShell) -> None:
    """Add the magic and its completion; those of an earlier load go first.

    Parameters
    ----------
    shell : InteractiveShell
    """
    unload(shell)
    shell.register_magics(FastdupMagics)
    completer = _completer(shell)
    if completer is not None:
        matcher: Any = make_matcher(lambda: shell.user_ns)
        matcher.matcher_identifier = MATCHER
        completer.custom_matchers.append(matcher)


def unload(shell: InteractiveShell) -> None:
    """Remove the magic and its completion; nothing happens when they are not there.

    Parameters
    ----------
    shell : InteractiveShell
    """
    manager: Any = shell.magics_manager
    for kind in ("line", "cell"):
        manager.magics[kind].pop(MAGIC, None)
    manager.registry.pop(CLASS_NAME, None)
    configurables: list[Any] = shell.configurables
    configurables[:] = [item for item in configurables if type(item).__name__ != CLASS_NAME]
    completer = _completer(shell)
    if completer is not None:
        matchers = completer.custom_matchers
        matchers[:] = [
            item for item in matchers if getattr(item, "matcher_identifier", "") != MATCHER
        ]


def _completer(shell: InteractiveShell) -> Any:
    # None in embedded and minimal shells.
    return getattr(shell, "Completer", None)
