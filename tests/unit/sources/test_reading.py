from __future__ import annotations

import os
import socket

import pytest

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources import read_bytes, reading


def problem(path: object) -> tuple[ImageProblem, str]:
    with pytest.raises(ImageError) as caught:
        read_bytes(str(path))
    assert "\n" not in caught.value.message
    return caught.value.problem, caught.value.message


def test_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc\r\n\0")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_bytes(str(tmp_path / "a")) == read_bytes(str(tmp_path / "b")) == b"abc\r\n\0"


def test_missing(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    assert problem(tmp_path / "gone") == (ImageProblem.MISSING, "there is no such file")
    assert problem(tmp_path / "file" / "x")[0] == ImageProblem.MISSING
    assert problem(tmp_path / "link") == (ImageProblem.MISSING, "the link leads to nothing")
    assert problem("a\0b")[0] == ImageProblem.MISSING


def test_empty(tmp_path):
    (tmp_path / "a").touch()
    assert problem(tmp_path / "a")[0] == ImageProblem.ZERO_SIZE


def test_folder(tmp_path):
    assert problem(tmp_path) == (ImageProblem.UNREADABLE, "it is a folder, not a file")


def test_link_to_itself(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "a")
    assert problem(tmp_path / "a")[0] == ImageProblem.UNREADABLE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_pipes_devices_and_sockets_do_not_hang(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert problem("socket") == (ImageProblem.UNREADABLE, "it is a socket, not a file")
    assert problem(tmp_path / "pipe") == (ImageProblem.UNREADABLE, "it is a pipe, not a file")
    assert problem("/dev/zero") == (ImageProblem.UNREADABLE, "it is a device, not a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_file_that_turns_into_a_pipe_does_not_hang(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    before = (tmp_path / "file").stat()
    monkeypatch.setattr(os, "stat", lambda path: before)
    assert problem(tmp_path / "pipe") == (ImageProblem.UNREADABLE, "it is a pipe, not a file")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "no permission to read it"),
        (OSError(5, "Input/output error"), "it cannot be read: Input/output error"),
    ],
)
def test_errors_of_the_system(tmp_path, monkeypatch, error, reason):
    (tmp_path / "a").write_bytes(b"x")

    def fail(*_args):
        raise error

    monkeypatch.setattr(reading, "_read_file", fail)
    assert problem(tmp_path / "a") == (ImageProblem.UNREADABLE, reason)


@pytest.mark.parametrize("before", [1, 5_000_000])
def test_a_file_that_changes_its_size_is_read_to_its_end(tmp_path, monkeypatch, before):
    content = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(bytes(before))
    status = (tmp_path / "b").stat()
    monkeypatch.setattr(os, "fstat", lambda _: status)
    assert read_bytes(str(tmp_path / "a")) == content


def test_a_huge_file_is_not_read(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(reading.MAX_FILE_SIZE + 1)  # sparse: takes no room
    assert problem(tmp_path / "a")[0] == ImageProblem.TOO_LARGE
