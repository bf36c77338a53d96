"""What every test has: a home of its own, and no way to leave files behind."""

from __future__ import annotations

import os

import pytest

# Tests run beside each other on small machines: one thread per library is faster and steadier.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory):
    """Keep IPython, Jupyter and caches out of the user's home; the same width for all terminals."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "100")
        patch.setenv("HOME", str(home))
        patch.delenv("XDG_DATA_HOME", raising=False)  # the trash is below it
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.setenv("JUPYTER_CONFIG_DIR", str(home / "jupyter"))
        patch.setenv("JUPYTER_DATA_DIR", str(home / "jupyter-data"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(home / "jupyter-runtime"))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        yield
