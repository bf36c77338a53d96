"""Every kind of archive, good and bad, through the interface of containers."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib

import pytest

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.archive.blob import FileBlob
from fastdup_nb.sources.archive.tar_headers import HeaderReader
from fastdup_nb.sources.containers import open_container
from fastdup_nb.sources.limits import Limits
from tests.archives import jpeg, pictures, special, write_archive, write_tar, write_zip

KINDS = ["x.tar", "x.tar.gz", "x.tgz", "x.zip"]


def read_all(path, limits=None, first=0):
    """Return what an archive gives: name inside -> content or reason; and why it ended early."""
    found, end = {}, ""
    container = None
    try:
        container = open_container(str(path), str(path), limits or Limits())
        for member in container.members(first):
            inner = member.name.removeprefix(f"{path}/")
            assert inner != member.name
            if member.error is not None:
                found[inner] = member.error.message
                continue
            try:
                found[inner] = member.data if member.data is not None else container.read(member)
            except ImageError as error:
                found[inner] = error.message
    except ImageError as error:
        end = error.message
    finally:
        if container is not None:
            container.close()
    return found, end


@pytest.mark.parametrize("name", KINDS)
def test_images_come_in_the_order_of_the_archive(tmp_path, name):
    contents = [*pictures(5, "z"), *pictures(5, "a/deep/folder"), ("readme.md", b"text")]
    path = write_archive(tmp_path / name, contents)
    found, end = read_all(path)
    assert list(found.items()) == contents[:-1]
    assert end == ""
    assert list(read_all(path, first=7)[0].items()) == contents[7:-1]


@pytest.mark.parametrize("name", KINDS)
def test_names_with_dots_and_odd_letters(tmp_path, name):
    contents = [
        ("./a/1.jpg", jpeg(1)),
        ("b//2.JPG", jpeg(2)),
        ("emoji 🦊 ü,\"'.png", jpeg(3)),
        ("x..y/..z.jpg", jpeg(4)),
        ("<script>.jpg", jpeg(5)),
        ("n" * 180 + "/" + "m" * 180 + ".jpg", jpeg(6)),
    ]
    found, end = read_all(write_archive(tmp_path / name, contents))
    expected = ["a/1.jpg", "b/2.JPG", *(name for name, _ in contents[2:])]
    assert list(found) == expected
    assert list(found.values()) == [data for _, data in contents]
    assert end == ""


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("../../x.jpg", "leads out of the archive"),
        ("a/../../x.jpg", "leads out of the archive"),
        ("..\\x.jpg", "leads out of the archive"),
        ("/etc/x.jpg", "absolute path"),
        ("\\\\host\\x.jpg", "absolute path"),
        ("C:\\x.jpg", "drive letter"),
    ],
)
def test_unsafe_names_are_refused_and_reported(tmp_path, name, inner, reason):
    contents = [("1.jpg", jpeg(1)), (inner, jpeg(2)), ("3.jpg", jpeg(3))]
    found, end = read_all(write_archive(tmp_path / name, contents))
    assert len(found) == 3
    assert reason in found[inner]
    assert found["3.jpg"] == jpeg(3)
    assert end == ""


@pytest.mark.parametrize("name", ["x.tar", "x.tgz"])
def test_links_and_devices_are_refused_and_reported(tmp_path, name):
    entries = [
        ("1.jpg", jpeg(1)),
        special("soft.jpg", tarfile.SYMTYPE, "/etc/passwd"),
        special("hard.jpg", tarfile.LNKTYPE, "1.jpg"),
        special("device.jpg", tarfile.CHRTYPE),
        special("pipe.jpg", tarfile.FIFOTYPE),
        special("folder.jpg", tarfile.DIRTYPE),
        special("elsewhere", tarfile.SYMTYPE, "/"),
        ("elsewhere/2.jpg", jpeg(2)),
    ]
    found, end = read_all(write_tar(tmp_path / name, entries))
    assert found["soft.jpg"] == "it is a link"
    assert "link to another file" in found["hard.jpg"]
    assert "device" in found["device.jpg"]
    assert "device" in found["pipe.jpg"]
    assert "folder.jpg" not in found
    assert found["elsewhere/2.jpg"] == jpeg(2)  # only a name: nothing is ever followed
    assert end == ""


def test_links_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("soft.jpg")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert read_all(tmp_path / "x.zip")[0] == {"soft.jpg": "it is a link"}


@pytest.mark.parametrize("name", KINDS)
def test_archives_inside_archives_are_reported(tmp_path, name):
    inner = write_tar(tmp_path / "inner.tar", pictures(2)).read_bytes()
    contents = [("inner.tar", inner), ("1.jpg", jpeg(1)), ("more/inner.tar.gz", inner)]
    found, end = read_all(write_archive(tmp_path / name, contents))
    assert "inside an archive" in found["inner.tar"]
    assert "inside an archive" in found["more/inner.tar.gz"]
    assert found["1.jpg"] == jpeg(1)
    assert end == ""


@pytest.mark.parametrize("name", KINDS)
def test_a_name_that_comes_twice(tmp_path, name):
    contents = [("1.jpg", jpeg(1)), ("./1.jpg", jpeg(2)), ("3.jpg", jpeg(3))]
    path = write_archive(tmp_path / name, contents)
    container = open_container(str(path), str(path), Limits())
    members = list(container.members())
    assert [member.error is None for member in members] == [True, False, True]
    assert "of this name before" in members[1].error.message
    found = container.find("1.jpg")
    assert (found.data or container.read(found)) == jpeg(1)
    container.close()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("contents", "reason"),
    [([], "the archive is empty"), ([("a.txt", b"x"), ("b.csv", b"")], "no image; 2 other files")],
)
def test_nothing_to_use(tmp_path, name, contents, reason):
    found, end = read_all(write_archive(tmp_path / name, contents))
    assert found == {}
    assert reason in end


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"this is text, and no archive of any kind" * 99, "no archive that can be read"),
        (b"short", "too short"),
        (b"BZh91AY" + bytes(900), "bzip2"),
        (b"Rar!" + bytes(900), "rar"),
    ],
)
def test_what_is_no_archive(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    found, end = read_all(tmp_path / name)
    assert found == {}
    assert reason in end


def test_content_decides_and_not_the_suffix(tmp_path):
    contents = pictures(3)
    packed = gzip.compress(write_tar(tmp_path / "x.tar", contents).read_bytes())
    (tmp_path / "y.tar").write_bytes(packed)
    (tmp_path / "z.tgz").write_bytes(write_zip(tmp_path / "x.zip", contents).read_bytes())
    assert read_all(tmp_path / "y.tar") == (dict(contents), "")
    assert read_all(tmp_path / "z.tgz") == (dict(contents), "")


def test_a_truncated_tar_gives_what_comes_before(tmp_path):
    contents = pictures(6)
    whole = write_tar(tmp_path / "x.tar", contents).read_bytes()
    with tarfile.open(tmp_path / "x.tar") as archive:
        infos = archive.getmembers()
    for at in (
        infos[4].offset_data + 100,  # in the middle of an image
        infos[4].offset + 100,  # in the middle of a header
        infos[4].offset,  # between two
    ):
        (tmp_path / "cut.tar").write_bytes(whole[:at])
        found, end = read_all(tmp_path / "cut.tar")
        good = {name: data for name, data in found.items() if isinstance(data, bytes)}
        assert good == dict(contents[:4])
        reasons = [end, *(data for data in found.values() if isinstance(data, str))]
        assert any("cut" in reason for reason in reasons), reasons


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.999])
def test_a_truncated_tar_gz(tmp_path, keep):
    contents = [(name, jpeg(i, (400, 300))) for i, (name, _) in enumerate(pictures(12))]
    whole = write_tar(tmp_path / "x.tar.gz", contents).read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[: int(len(whole) * keep)])
    found, end = read_all(tmp_path / "cut.tgz")
    assert found == dict(contents[: len(found)])
    assert len(found) >= 12 * keep - 2
    assert "cut" in end


def test_damage_in_a_tar_is_told_from_its_end(tmp_path):
    contents = pictures(6)
    path = write_tar(tmp_path / "x.tar", contents)
    with tarfile.open(path) as archive:
        at = archive.getmembers()[3].offset
    data = bytearray(path.read_bytes())
    data[at : at + 512] = b"\xff" * 512
    path.write_bytes(data)
    found, end = read_all(path)
    assert found == dict(contents[:3])
    assert "damaged behind its entry 3" in end


def test_the_check_sum_of_gzip(tmp_path):
    path = write_tar(tmp_path / "x.tgz", pictures(4))
    data = bytearray(path.read_bytes())
    data[-8] ^= 0xFF
    path.write_bytes(data)
    found, end = read_all(path)
    assert len(found) == 4
    assert "damaged" in end


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_the_check_sum_of_a_zip(tmp_path, method):
    contents = pictures(3)
    path = write_zip(tmp_path / "x.zip", contents, method)
    with zipfile.ZipFile(path) as archive:
        at = archive.infolist()[1].header_offset + 30 + len(contents[1][0])
    data = bytearray(path.read_bytes())
    data[at + 400] ^= 0xFF
    path.write_bytes(data)
    found, end = read_all(path)
    assert found["a/b/0000.jpg"] == contents[0][1]
    assert found["a/b/0002.jpg"] == contents[2][1]
    assert isinstance(found["a/b/0001.jpg"], str)
    assert "damaged" in found["a/b/0001.jpg"] or "cannot be unpacked" in found["a/b/0001.jpg"]
    assert end == ""


def test_a_truncated_zip(tmp_path):
    path = write_zip(tmp_path / "x.zip", pictures(3))
    path.write_bytes(path.read_bytes()[:-60])
    found, end = read_all(path)
    assert found == {}
    assert "no directory" in end


def test_an_encrypted_zip(tmp_path):
    path = write_zip(tmp_path / "x.zip", pictures(2))
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # say that all are encrypted
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    found, end = read_all(path)
    assert len(found) == 2
    assert all("encrypted" in reason for reason in found.values())
    assert end == ""


def test_a_zip_that_lies_about_sizes(tmp_path):
    path = write_zip(tmp_path / "x.zip", [("1.png", bytes(200_000)), ("2.jpg", jpeg(2))])
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    found, _ = read_all(path)
    assert "damaged" in found["1.png"]
    assert found["2.jpg"] == jpeg(2)


def bomb(tmp_path, name, size=2_000_000, count=3):
    return write_archive(tmp_path / name, [(f"{i}.bmp", bytes(size)) for i in range(count)])


@pytest.mark.parametrize("name", ["x.tar", "x.tgz", "x.zip"])
def test_limits(tmp_path, name, monkeypatch):
    monkeypatch.setattr("fastdup_nb.sources.limits._SMALL", 100_000)
    path = bomb(tmp_path, name)
    assert read_all(path, Limits(most_ratio=1e9))[1] == ""
    found, end = read_all(path, Limits(most_members=2, most_ratio=1e9))
    assert len(found) <= 2
    assert "max_archive_members" in end
    assert "max_archive_gb" in read_all(path, Limits(most_bytes=3_000_000, most_ratio=1e9))[1]
    end = read_all(path, Limits(most_ratio=100))[1]
    assert ("max_archive_ratio" in end) is (name != "x.tar")


def test_an_image_larger_than_any(tmp_path, monkeypatch):
    monkeypatch.setattr("fastdup_nb.sources.archive.entry.MAX_FILE_SIZE", 5000)
    path = write_tar(tmp_path / "x.tgz", [("1.jpg", jpeg(1)), ("2.bmp", bytes(6000))])
    found, end = read_all(path)
    assert found["1.jpg"] == jpeg(1)
    assert "6,000 bytes" in found["2.bmp"]
    assert end == ""


def test_headers_that_ask_for_gigabytes(tmp_path):
    """A pax header is read into memory whole by the library: not by more than it may be."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 3 << 30
    header = info.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "x.tgz").write_bytes(gzip.compress(header + bytes(1 << 20)))
    (tmp_path / "x.tar").write_bytes(header + bytes(1 << 20))
    for name in ("x.tar", "x.tgz"):
        found, end = read_all(tmp_path / name)
        assert found == {}
        assert end


def test_several_gzip_members_and_padding(tmp_path):
    contents = pictures(4)
    whole = write_tar(tmp_path / "x.tar", contents).read_bytes()
    middle = len(whole) // 2
    parts = gzip.compress(whole[:middle]) + gzip.compress(whole[middle:])
    (tmp_path / "x.tgz").write_bytes(parts + bytes(700))
    assert read_all(tmp_path / "x.tgz") == (dict(contents), "")


def test_formats_of_tar(tmp_path):
    contents = [("é" * 90 + "/" + "x" * 120 + ".jpg", jpeg(1)), ("2.jpg", jpeg(2))]
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(tmp_path / "x.tar", "w", format=kind) as archive:
            for name, data in contents:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        assert read_all(tmp_path / "x.tar") == (dict(contents), "")


ODD_RECORDS = [
    {"path": "other/ü\u2028.jpg"},
    {"path": "slash/", "mtime": "1.5"},
    {"path": "long/" * 300 + "x.jpg"},
    {"mtime": "no number", "comment": "a=b\nc"},
    {"SCHILY.xattr.user.x": "y", "LIBARCHIVE.creationtime": "1"},
    {"hdrcharset": "BINARY", "path": "binary.jpg"},
    {"size": "3"},
]


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_plain_headers_are_read_as_the_library_reads_them(tmp_path, kind):
    path = tmp_path / "x.tar"
    sizes = [0, 1, 511, 512, 513, 5000]
    with tarfile.open(path, "w", format=kind) as archive:
        for number, size in enumerate(sizes):
            for name in (f"{number}.jpg", f"{'d' * 60}/{'e' * 60}/{number}.jpg", f"ü{number}.jpg"):
                info = tarfile.TarInfo(name)
                info.size, info.mtime, info.uname = size, 1e9 + number / 7, "ü"
                archive.addfile(info, io.BytesIO(bytes(size)))
            archive.addfile(special(f"folder{number}", tarfile.DIRTYPE))
            for records in ODD_RECORDS:
                info = tarfile.TarInfo(f"odd{number}.jpg")
                info.size, info.pax_headers = size, records
                archive.addfile(info, io.BytesIO(bytes(size)))
    with tarfile.open(path) as archive:
        expected = [(each.name, each.offset_data, each.size) for each in archive]
    headers = HeaderReader(FileBlob(str(path)))
    found = iter(headers.next, None)
    assert [(each.name, each.at, each.size) for each in found] == expected


def test_broken_archives_of_all_kinds_raise_nothing_else(tmp_path):
    """Bytes changed, left out and put in at many places."""
    import random

    chance = random.Random(5)
    for name in ("x.tar", "x.tgz", "x.zip"):
        whole = write_archive(tmp_path / name, [*pictures(3), ("3.txt", b"words")]).read_bytes()
        for _ in range(150):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                at = chance.randrange(len(data))
                piece = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
                data[at : at + chance.choice((0, len(piece)))] = piece
            (tmp_path / name).write_bytes(data)
            found, _ = read_all(tmp_path / name)
            assert len(found) <= 4


def test_problem_codes(tmp_path):
    path = write_tar(tmp_path / "x.tar", [("../1.jpg", jpeg(1)), ("2.jpg", b"")])
    members = list(open_container(str(path), str(path), Limits()).members())
    assert members[0].error.problem is ImageProblem.UNSAFE_MEMBER
    assert members[1].error.problem is ImageProblem.ZERO_SIZE
    (tmp_path / "y.zip").write_bytes(zlib.compress(b"x" * 999))
    with pytest.raises(ImageError) as caught:
        list(open_container(str(tmp_path / "y.zip"), "y.zip", Limits()).members())
    assert caught.value.problem is ImageProblem.CONTAINER
