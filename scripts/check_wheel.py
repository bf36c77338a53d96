"""Check that a wheel holds what an installed package needs, and nothing else.

Usage: python scripts/check_wheel.py dist/fastdup_nb-*.whl
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_MEGABYTES = 20


def problems(wheel: Path) -> list[str]:
    """Return what is wrong with a wheel, one line each.

    Parameters
    ----------
    wheel : Path
        The wheel to check.
    """
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "fastdup_nb"
    needed = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    found = [f"missing: {name}" for name in sorted(needed - names)]
    found += [
        f"does not belong: {name}"
        for name in sorted(names)
        if not name.startswith(("fastdup_nb/", "fastdup_nb-"))
    ]
    if not any(name.endswith(".onnx") for name in names):
        found.append("missing: the model")
    if not any(name.endswith("LICENSE") for name in names):
        found.append("missing: the licence")
    megabytes = wheel.stat().st_size / 1e6
    if megabytes > MAX_MEGABYTES:
        found.append(f"too large: {megabytes:.1f} MB")
    return found


def main() -> int:
    """Check the wheels named on the command line."""
    status = 0
    for name in sys.argv[1:]:
        found = problems(Path(name))
        print("\n".join(found) if found else f"{Path(name).name} is complete.")
        status |= bool(found)
    return status


if __name__ == "__main__":
    sys.exit(main())
