"""Check the proofs of the table test: `python scripts/check_proofs.py`, some minutes.

tests/spec/test_whole_api_table.py names, for every parameter of the V0.2 API, the test that proves
it does something. Here every parameter is left out of the calls of its function, one at a time, and
its test must then fail. The ones that pass are printed; expected are those of `NO_EFFECT`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402

import fastdup_nb  # noqa: E402
from tests.spec import test_whole_api_table as table  # noqa: E402


def without(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function that calls another one without one of its parameters."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        given = dict(signature.bind(*args, **options).arguments)
        given.update(given.pop("kwargs", {}))
        given.pop(name, None)
        return function(**given)

    return call


def passes(file: str, test: str) -> bool:
    """Return whether a test passes, or could not be run."""
    told = io.StringIO()
    path = str((ROOT / "tests" / "spec" / f"{file}.py").resolve())
    arguments = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-k", test, path]
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        return pytest.main(arguments) != pytest.ExitCode.TESTS_FAILED


def survivors() -> set[tuple[str, str]]:
    """Return the parameters whose proof passes without them."""
    found = set()
    for function, proofs in table.PROOF_OF.items():
        original = getattr(fastdup_nb, function)
        for name, (file, test) in proofs.items():
            if table.TABLE[function].get(name) is inspect.Parameter.empty:
                continue  # a call without it is an error anyway
            setattr(fastdup_nb, function, without(original, name))
            if passes(file, test):
                found.add((function, name))
        setattr(fastdup_nb, function, original)
    return found


def main() -> int:
    """Print what passes although it should not; return the exit code."""
    unexpected = sorted(survivors() - table.NO_EFFECT)
    lines = [f"{function}: {name} is not proved" for function, name in unexpected]
    sys.stdout.write("\n".join(lines or ["Every parameter is proved."]) + "\n")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
