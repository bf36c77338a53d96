from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from fastdup_nb.errors import InputError
from fastdup_nb.sources.file_list import read_list


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(folder: Path, content: str | bytes, name: str = "list.txt") -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return list(read_list(str(folder / name)))


@pytest.mark.parametrize(
    "content",
    [
        "/a/x.jpg\n/a/y.jpg\n",
        "/a/x.jpg\n/a/y.jpg",
        "/a/x.jpg\r\n\r\n/a/y.jpg\r\n",
        "\n\n/a/x.jpg\n   \n/a/y.jpg\n\n",
        "filename\n/a/x.jpg\n/a/y.jpg\n",
        "Filename\r\n/a/x.jpg\r\n/a/y.jpg\r\n",
        "index,filename\n0,/a/x.jpg\n7,/a/y.jpg\n",
        ",filename\n0,/a/x.jpg\n1,/a/y.jpg\n",
        "filename,label\n/a/x.jpg,cat\n/a/y.jpg,\n",
        "label,filename,split\ncat,/a/x.jpg,train\ndog,/a/y.jpg,test\n",
        '"filename"\n"/a/x.jpg"\n"/a/y.jpg"\n',
        '"/a/x.jpg"\n"/a/y.jpg"\n',
        "\ufefffilename\n/a/x.jpg\n/a/y.jpg\n",
        "\ufeff/a/x.jpg\n/a/y.jpg\n",
        "filename\n/a/x.jpg\n/a/y.jpg\n".encode("utf-16"),
        "/a/x.jpg \n  /a/y.jpg\t\n",
    ],
)
def test_headers_line_ends_and_encodings(folder, content):
    assert [path.strip() for path in listed(folder, content)] == ["/a/x.jpg", "/a/y.jpg"]


def test_spaces_around_a_name_are_kept_only_when_the_file_has_them(folder):
    (folder / "x.jpg").touch()
    (folder / " y.jpg ").touch()
    assert listed(folder, " x.jpg \n y.jpg \n") == ["x.jpg", " y.jpg "]


def test_names_written_by_csv_come_back(folder):
    names = ["/a/com,ma.jpg", '/a/quo"te.jpg', "/a/new\nline.jpg", "/a/cr\rx.jpg", "/a/=1+1.jpg"]
    names += ["/a/#x.jpg", "/a/emoji\U0001f600.jpg", "/a/<script>.jpg", "/a/ space .jpg"]
    with (folder / "list.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "filename"])
        writer.writerows(enumerate(names))
    assert list(read_list(str(folder / "list.csv"))) == names


def test_a_line_with_commas_is_a_name_when_such_a_file_exists(folder):
    (folder / "a, b.jpg").touch()
    (folder / "a").touch()
    assert listed(folder, "a, b.jpg\n") == ["a, b.jpg"]


def test_a_line_with_commas_that_is_no_file_gives_the_cell_that_is(folder):
    (folder / "a.jpg").touch()
    assert listed(folder, "a.jpg,cat\n0,a.jpg\n") == ["a.jpg", "a.jpg"]


def test_a_line_with_commas_of_which_nothing_exists_stays_whole(folder):
    assert listed(folder, "/gone/a, b.jpg\n") == ["/gone/a, b.jpg"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("filename\n/a/x, y.jpg\n", "/a/x, y.jpg"),
        ("index,filename\n0,/a/x, y.jpg\n", "/a/x, y.jpg"),
        ("filename,label\n/a/x, y.jpg,cat\n", "/a/x, y.jpg"),
        ("label,filename,split\ncat,/a/x, y, z.jpg,test\n", "/a/x, y, z.jpg"),
    ],
)
def test_commas_that_nobody_quoted_below_a_header(folder, content, expected):
    assert listed(folder, content) == [expected]


def test_quotes_inside_an_unquoted_name(folder):
    assert listed(folder, '/a/5" disk.jpg\n/a/x.jpg\n') == ['/a/5" disk.jpg', "/a/x.jpg"]


def test_a_name_in_real_quotes(folder):
    (folder / '"q" x.jpg').touch()
    assert listed(folder, '"q" x.jpg\n') == ['"q" x.jpg']


def test_a_quote_that_never_closes_is_an_error_not_a_loss(folder):
    with pytest.raises(InputError, match="never closes"):
        listed(folder, '"/a/x.jpg\n/a/y.jpg\n/a/z.jpg\n')


def test_bytes_that_are_not_utf8_survive(folder):
    (path,) = listed(folder, b"/a/\xff\xe9.jpg\n")
    assert os.fsencode(path) == b"/a/\xff\xe9.jpg"


def test_relative_paths_count_from_here_else_from_the_list(folder, monkeypatch):
    lists = folder / "lists"
    lists.mkdir()
    (lists / "beside.jpg").touch()
    (lists / "both.jpg").touch()
    (folder / "both.jpg").touch()
    (lists / "l.txt").write_text("beside.jpg\nboth.jpg\ngone.jpg\n")
    found = list(read_list(str(lists / "l.txt")))
    assert found == [str(lists / "beside.jpg"), "both.jpg", "gone.jpg"]


@pytest.mark.parametrize("header", ["path,label", "image", "index,file_name"])
def test_a_header_without_filename_is_an_error(folder, header):
    with pytest.raises(InputError, match="no column 'filename'"):
        listed(folder, f"{header}\n/a/x.jpg,1\n")


def test_a_file_called_like_a_header_is_a_file(folder):
    (folder / "image").touch()
    assert listed(folder, "image\n") == ["image"]


def test_boxes_are_refused_not_dropped(folder):
    with pytest.raises(InputError, match="holds boxes"):
        listed(folder, "filename,col_x,row_y,width,height\n/a/x.jpg,1,2,3,4\n")


def test_a_binary_file_is_refused(folder):
    with pytest.raises(InputError, match="neither a folder nor a text file") as caught:
        listed(folder, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert "[path]" in caught.value.hint


def test_rows_that_are_too_short_are_skipped(folder):
    assert listed(folder, "index,filename\n0\n1,/a/x.jpg\n") == ["/a/x.jpg"]


def test_an_unreadable_list(folder):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        list(read_list(str(folder)))
