"""TensorBoard as a process that shows the projector and does not outlive who started it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import fastdup_nb
from fastdup_nb import commands
from fastdup_nb.errors import FastdupError, MissingDependencyError, OptionError
from fastdup_nb.export import tensorboard
from fastdup_nb.export.tensorboard import browser_address, serve_projector, stop_all

COUNT, D = 8, 6
SECONDS = 120


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    names = [str(tmp_path / f"{row}.jpg") for row in range(COUNT)]
    vectors = np.random.default_rng(1).random((COUNT, D), dtype=np.float32)
    assert fastdup_nb.save_binary_feature(folder, names, vectors) == 0
    (folder / "similarity.csv").write_text("from,to,distance\n")
    return folder


@pytest.fixture
def logs(results, tmp_path):
    pytest.importorskip("tensorboard")
    folder = tmp_path / "logs <b>"
    assert fastdup_nb.export_to_tensorboard_projector(results, folder, d=D) == 0
    yield folder
    stop_all()


def plugins(address):
    with urllib.request.urlopen(f"{address}data/plugins_listing", timeout=20) as answer:
        return json.loads(answer.read())


def answers(address):
    try:
        return bool(plugins(address))
    except OSError:
        return False


def wait_until_gone(address):
    deadline = time.monotonic() + SECONDS
    while answers(address):
        assert time.monotonic() < deadline, "TensorBoard is still there"
        time.sleep(0.1)


@pytest.mark.slow
def test_it_is_ready_when_it_is_there(logs):
    board = serve_projector(logs)
    assert board.address.startswith("http://127.0.0.1:")
    assert plugins(board.address)["projector"]["enabled"]
    html = board._repr_html_()
    assert f'src="{board.address}#projector"' in html
    assert "<b>" not in html
    board.stop()
    assert not answers_at(board, html)
    assert "not running" in repr(board)
    board.stop()


def answers_at(_board, html):
    return answers(html.split('src="')[1].split("#")[0])


@pytest.mark.slow
def test_a_folder_is_served_once_and_others_beside_it(logs, results, tmp_path):
    first = serve_projector(logs)
    second = serve_projector(logs)
    assert not first.is_running
    assert plugins(second.address)["projector"]["enabled"]
    other = tmp_path / "other"
    assert fastdup_nb.export_to_tensorboard_projector(results, other, d=D) == 0
    third = serve_projector(other)
    assert second.is_running
    assert third.address != second.address
    before = third.address
    third.restart()
    assert third.is_running
    assert plugins(third.address)["projector"]["enabled"]
    wait_until_gone(before)
    assert stop_all() == 2
    assert stop_all() == 0


PARENT = """
import sys
from fastdup_nb.export.tensorboard import serve_projector
board = serve_projector(sys.argv[1])
print(board.address, flush=True)
sys.stdin.read()
{ending}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "killed"),
    [
        ("", False),  # atexit
        ("raise SystemExit(3)", False),
        pytest.param(
            "",
            True,
            marks=pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL"),
        ),
    ],
    ids=["ends", "fails", "SIGKILL"],
)
def test_it_ends_with_who_started_it(logs, ending, killed):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(ending=ending), str(logs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    with parent:
        address = parent.stdout.readline().strip()
        assert answers(address)
        if killed:
            parent.send_signal(signal.SIGKILL)
        else:
            parent.stdin.close()
        parent.wait(SECONDS)
        wait_until_gone(address)


@pytest.mark.slow
def test_a_folder_without_an_export(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    program = tmp_path / "server.py"
    source = tensorboard.SERVER.read_text("utf-8")
    program.write_text(source.replace("SECONDS_TO_FIND = 60.0", "SECONDS_TO_FIND = 1.0"))
    monkeypatch.setattr(tensorboard, "SERVER", program)
    with pytest.raises(FastdupError, match="finds nothing to project"):
        serve_projector(tmp_path)
    assert stop_all() == 0


@pytest.mark.slow
def test_a_port_that_is_taken(logs):
    first = serve_projector(logs)
    port = int(first.address.rstrip("/").rpartition(":")[2])
    with pytest.raises(FastdupError, match="does not start"):
        tensorboard.TensorBoard(logs, port=port)
    assert first.is_running


@pytest.mark.parametrize("port", [-1, 70000, "6006", True])
def test_ports_that_cannot_be(tmp_path, port):
    with pytest.raises(OptionError, match="port"):
        tensorboard.TensorBoard(tmp_path, port=port)


def test_without_tensorboard_the_error_names_the_extra(results, monkeypatch):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"fastdup_nb\[projector\]"):
        serve_projector(results)
    place = commands.Place(prog="%fastdup", needs_page=False)
    with pytest.raises(MissingDependencyError, match="no-show"):
        commands.execute(["projector", str(results)], place)
    assert not (results / "projector").exists()
    told = commands.execute(["projector", str(results), "--no-show"], place)
    assert told == f"To see it: tensorboard --logdir {results / 'projector'}"


@pytest.mark.slow
def test_the_command_in_a_notebook(results):
    pytest.importorskip("tensorboard")
    place = commands.Place(prog="%fastdup", needs_page=False)
    board = commands.execute(["projector", str(results), "--sample-size", "5"], place)
    assert plugins(board.address)["projector"]["enabled"]
    assert commands.execute(["projector", "--stop"], place) == "Stopped: 1 TensorBoard"
    assert not board.is_running
    assert commands.execute(["projector", "--stop"], place) == "Stopped: 0 TensorBoards"


def test_a_browser_elsewhere(monkeypatch):
    address = "http://127.0.0.1:6006/"
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    monkeypatch.delenv(tensorboard.PROXY_VARIABLE, raising=False)
    assert browser_address(address) == address
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/me/")
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: object())
    assert browser_address(address) == "/user/me/proxy/6006/"
    monkeypatch.setenv(tensorboard.PROXY_VARIABLE, "https://example.org/%PORT%/")
    assert browser_address(address) == "https://example.org/6006/"
