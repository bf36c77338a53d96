"""What a plain run leaves alone: each of these libraries takes a tenth of a second and more."""

import subprocess
import sys

HEAVY = {"faiss", "scipy", "sklearn", "pandas"}
PROGRAM = """
import sys, fastdup_nb
code = fastdup_nb.run(sys.argv[1], sys.argv[2], verbose=True)
print("loaded:", *({name.split(".")[0] for name in sys.modules}))
sys.exit(code)
"""


def test_a_plain_run_and_its_summary_load_no_heavy_library(collection, tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(collection.folder), str(tmp_path / "results")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = done.stdout.rsplit("loaded:", maxsplit=1)[1].split()
    assert "onnxruntime" in loaded
    assert not HEAVY & set(loaded)
