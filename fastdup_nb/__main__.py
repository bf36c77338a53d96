"""`python -m fastdup_nb`: the shell command."""

from __future__ import annotations

import sys

from fastdup_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())
