"""A run writes to its work_dir and nowhere else; no library it loads reports to anybody."""

import os
import subprocess
import sys

import pytest

from tests.pictures import write_pictures

pytestmark = pytest.mark.slow

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


# Python reports every use of a socket to its audit hooks, whichever library it comes from.
WATCHED = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(97)

sys.addaudithook(refuse)
import fastdup_nb
pictures, work = sys.argv[1:]
"""
REACHING_OUT = WATCHED + "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)"
USED = {
    "run": "assert fastdup_nb.run(pictures, work) == 0",
    "high_accuracy": "assert fastdup_nb.run(pictures, work, high_accuracy=True) == 0",
    "results": """
fd = fastdup_nb.Fastdup.run(pictures, work)
fd.summary()
fd.search(os.path.join(pictures, os.listdir(pictures)[0]), k=1)
fd.add(pictures)
assert fastdup_nb.create_duplicates_gallery(work + "/similarity.csv", work) == 0
assert fastdup_nb.create_stats_gallery(work, work) == 0
""",
}


def watched(program, tmp_path):
    command = [sys.executable, "-c", program, tmp_path / "pictures", tmp_path / "work"]
    env = {**os.environ, "HOME": str(tmp_path)}
    env.pop("FASTDUP_NB_MODELS", None)
    return subprocess.run(
        command, capture_output=True, text=True, env=env, timeout=240, check=False
    )


@pytest.mark.parametrize("used", USED)
def test_the_defaults_reach_no_network(used, tmp_path):
    """Only a model of the catalogue or a remote path that the user names may."""
    write_pictures(tmp_path / "pictures", 4)
    nothing_loaded = "\nassert not {'pooch', 'requests', 'urllib3'} & set(sys.modules)"
    done = watched(WATCHED + USED[used] + nothing_loaded, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_watch_sees_a_connection(tmp_path):
    done = watched(REACHING_OUT, tmp_path)
    assert done.returncode == 97
    assert "socket" in done.stderr


def test_a_model_of_the_catalogue_is_the_exception(tmp_path):
    write_pictures(tmp_path / "pictures", 1)
    done = watched(WATCHED + "fastdup_nb.run(pictures, work, model_path='clip')", tmp_path)
    assert done.returncode == 97
    assert "huggingface.co" in done.stderr
