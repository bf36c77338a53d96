"""The notebook: `%load_ext fastdup_nb` adds `%fastdup`, its completion and its help."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the `%fastdup` magic and its completion; loading it again replaces them.

    Parameters
    ----------
    shell : InteractiveShell
        The running IPython shell.
    """
    from fastdup_nb.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove what loading has added.

    Parameters
    ----------
    shell : InteractiveShell
        The running IPython shell.
    """
    from fastdup_nb.notebook.extension import unload

    unload(shell)
