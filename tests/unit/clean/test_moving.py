import errno
import os
from pathlib import Path

import pytest

from fastdup_nb.clean import moving
from fastdup_nb.clean.moving import free_name, move_file


def refuse_links(code):
    def link(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    return link


@pytest.fixture(params=["link", "no links", "other device"])
def system(request, monkeypatch):
    """The three ways of moving."""
    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse_links(errno.EPERM))
    if request.param == "other device":
        real = os.link

        def link(source, target, **kwargs):
            # The finished copy lies beside its target: there a link is possible.
            if Path(source).parent != Path(target).parent:
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            real(source, target, **kwargs)

        monkeypatch.setattr(os, "link", link)
    return request.param


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "here" / "photo.jpg"
    path.parent.mkdir()
    path.write_bytes(b"photo")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def test_a_file_moves_whole_with_its_date(system, file, tmp_path):
    target = tmp_path / "there" / "sub" / "photo.jpg"
    move_file(file, target)
    assert not file.exists()
    assert target.read_bytes() == b"photo"
    assert target.stat().st_mtime == 1_000_000_000
    assert [path.name for path in target.parent.iterdir()] == ["photo.jpg"]


def test_nothing_is_overwritten(system, file, tmp_path):
    target = tmp_path / "there" / "photo.jpg"
    target.parent.mkdir()
    target.write_bytes(b"other")
    with pytest.raises(FileExistsError):
        move_file(file, target)
    assert (file.read_bytes(), target.read_bytes()) == (b"photo", b"other")
    assert len(list(target.parent.iterdir())) == 1


def test_a_link_moves_itself_and_not_what_it_leads_to(system, file, tmp_path):
    link = tmp_path / "link.jpg"
    link.symlink_to(file)
    move_file(link, tmp_path / "there" / "link.jpg")
    assert file.read_bytes() == b"photo"
    assert (tmp_path / "there" / "link.jpg").readlink() == file
    assert not link.is_symlink()


def test_a_folder_that_cannot_be_changed_leaves_the_file_once(file, tmp_path, monkeypatch):
    real = moving.Path.unlink

    def unlink(path, **kwargs):
        if path == file:
            raise PermissionError(errno.EACCES, "Permission denied")
        real(path, **kwargs)

    monkeypatch.setattr(moving.Path, "unlink", unlink)
    with pytest.raises(PermissionError):
        move_file(file, tmp_path / "there" / "photo.jpg")
    assert file.read_bytes() == b"photo"
    assert list((tmp_path / "there").iterdir()) == []


def test_a_copy_that_differs_never_replaces_the_file(file, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", refuse_links(errno.EXDEV))
    monkeypatch.setattr(moving, "same_content", lambda one, other: False)
    with pytest.raises(OSError, match="differs"):
        move_file(file, tmp_path / "there" / "photo.jpg")
    assert file.read_bytes() == b"photo"
    assert list((tmp_path / "there").iterdir()) == []


def test_free_names_count_up(tmp_path):
    wanted = tmp_path / "a.tar.jpg"
    assert free_name(wanted) == wanted
    wanted.touch()
    second = free_name(wanted)
    assert second.name == "a.tar (2).jpg"
    assert free_name(wanted, {str(second)}).name == "a.tar (3).jpg"


def test_a_dangling_link_takes_a_name_too(tmp_path):
    (tmp_path / "a.jpg").symlink_to(tmp_path / "nowhere")
    assert free_name(tmp_path / "a.jpg").name == "a (2).jpg"
