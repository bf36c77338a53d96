"""A run writes to its work_dir and nowhere else; no library it loads reports to anybody."""

import os
import subprocess
import sys

from tests.pictures import write_pictures

CODE = "import sys, fastdup_nb; sys.exit(fastdup_nb.run(sys.argv[1], sys.argv[2], verbose=True))"


def test_nothing_is_written_into_the_home(tmp_path):
    # onnxruntime's wheels keep a device id and events for their maker there, unless told not to.
    write_pictures(tmp_path / "pictures", 3)
    home = tmp_path / "home"
    home.mkdir()
    cleared = {name: value for name, value in os.environ.items() if "XDG" not in name}
    cleared.pop("ORT_DISABLE_TELEMETRY", None)
    command = [sys.executable, "-c", CODE, tmp_path / "pictures", tmp_path / "work"]
    subprocess.run(
        command, check=True, env={**cleared, "HOME": str(home)}, cwd=tmp_path, timeout=60
    )
    assert list(home.rglob("*")) == []
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "home", "work"}
