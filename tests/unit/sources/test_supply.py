from __future__ import annotations

import threading
import time

import pytest

from fastdup_nb.errors import ImageError
from fastdup_nb.sources import exists, members, read_bytes, remote, resolve, supply
from fastdup_nb.sources.listing import Listing
from fastdup_nb.sources.members import split_name
from fastdup_nb.sources.supply import Handling, Place, Supply, expand
from fastdup_nb.sources.unpacking import unpacked_path
from tests.archives import jpeg, pictures, write_archive


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "b.jpg", "d.jpg", "f.jpg", "g.jpg", "h.jpg"):
        (tmp_path / name).write_bytes(jpeg(ord(name[0])))
    write_archive(tmp_path / "c.tar", pictures(5))
    write_archive(tmp_path / "e.tgz", pictures(4))
    return tmp_path


def spans_of(listing, chunk=4, place=None, handling=None):
    """Return start, names within the folder and place after of every span."""
    with Supply(listing, chunk, place, handling) as supply:
        return [span for span in supply.spans() if span is not None]


def test_order_and_cuts(folder):
    listing = resolve(folder)
    spans = spans_of(listing)
    names = [[name.removeprefix(f"{folder}/") for name in span.names] for span in spans]
    assert names == [
        ["a.jpg", "b.jpg"],
        [f"c.tar/a/b/{i:04d}.jpg" for i in range(4)],
        ["c.tar/a/b/0004.jpg"],
        ["d.jpg"],  # entry 3: the next chunk of files begins with entry 4
        [f"e.tgz/a/b/{i:04d}.jpg" for i in range(4)],
        [],  # the end of the archive, found after its last image
        ["f.jpg", "g.jpg", "h.jpg"],
    ]
    assert [span.start for span in spans] == [0, 2, 6, 7, 8, 12, 12]
    assert spans[-1].after == Place(15, 8, 15)


def test_every_place_leads_to_the_same_spans(folder):
    listing = resolve(folder)
    spans = spans_of(listing)
    for number, span in enumerate(spans):
        rest = spans_of(listing, place=span.after)
        assert [list(one.names) for one in rest] == [list(one.names) for one in spans[number + 1 :]]
        assert [one.after for one in rest] == [one.after for one in spans[number + 1 :]]


def test_large_images_that_come_in_order_are_few_at_a_time(folder, monkeypatch):
    monkeypatch.setattr(supply, "MOST_HELD", len(jpeg(0)) + len(jpeg(1)))
    listing = resolve([folder / "e.tgz", folder / "c.tar"])
    spans = spans_of(listing)
    assert [len(span.names) for span in spans] == [3, 1, 0, 4, 1]
    assert max(span.held for span in spans) < 4 * len(jpeg(0))
    for number, span in enumerate(spans):
        rest = spans_of(listing, place=span.after)
        assert [list(one.names) for one in rest] == [list(one.names) for one in spans[number + 1 :]]


def test_contents(folder):
    with Supply(resolve(folder), 4) as supply:
        for span in supply.spans():
            for number, name in enumerate(span.names):
                assert span.read(number) == read_bytes(name)
            span.release()


def test_limits_of_images(folder):
    for count in range(1, 15):
        listing = resolve(folder, num_images=count)
        assert sum(len(span.names) for span in spans_of(listing)) == count
    few = spans_of(resolve(folder), handling=Handling(most_images=2))
    assert sum(len(span.names) for span in few) == 6 + 2 + 2


def test_images_are_counted_when_that_is_quick(folder):
    def count(listing, **options):
        with Supply(listing, 4, handling=Handling(**options)) as supply:
            return supply.count(60)

    assert count(resolve(folder)) == 0  # nobody knows what a tar.gz holds
    (folder / "e.tgz").unlink()
    assert count(resolve(folder)) == 6 + 5
    assert count(resolve(folder, num_images=3)) == 3
    assert count(resolve(folder), most_images=2) == 6 + 2
    assert count(resolve(folder / "c.tar", min_offset=2)) == 3
    assert count(resolve(folder / "c.tar", min_offset=1, max_offset=3)) == 2
    with Supply(resolve(folder), 4) as supply:
        assert supply.count(-1) == 0
    (folder / "c.tar").write_bytes(b"")
    assert count(resolve(folder)) == 6 + 1


def test_a_window_of_one_archive(folder):
    listing = resolve(folder / "c.tar", min_offset=1, max_offset=4)
    names = [name[-8:-4] for span in spans_of(listing, chunk=2) for name in span.names]
    assert names == ["0001", "0002", "0003"]
    assert [len(span.names) for span in spans_of(listing, chunk=2)] == [1, 2]


def test_an_archive_that_is_gone_is_a_bad_row(folder):
    listing = resolve(folder)
    (folder / "c.tar").unlink()
    (span,) = [span for span in spans_of(listing) if str(folder / "c.tar") in span.names]
    with pytest.raises(ImageError, match="no such file"):
        span.read(0)


def test_expand(folder):
    write_archive(folder / "i.zip", [("../x.jpg", jpeg(1)), ("y.jpg", jpeg(2)), ("./y.jpg", b"z")])
    listing = expand(resolve(folder), 4, Handling())
    assert not listing.has_containers
    assert len(listing.paths) == 6 + 5 + 4 + 2
    assert list(listing.refused) == [f"{folder}/i.zip/../x.jpg"]
    assert read_bytes(f"{folder}/i.zip/y.jpg") == jpeg(2)


def test_reading_by_name(folder):
    for name in ("c.tar", "e.tgz"):
        path = f"{folder}/{name}/a/b/0002.jpg"
        assert split_name(path) == (f"{folder}/{name}", "a/b/0002.jpg")
        assert exists(path)
        assert read_bytes(path) == jpeg(2)
        assert not exists(f"{folder}/{name}/a/b/0009.jpg")
        with pytest.raises(ImageError, match="no such image"):
            read_bytes(f"{folder}/{name}/a/b/0009.jpg")
    assert not exists(f"{folder}/x.tar/1.jpg")
    with pytest.raises(ImageError, match="no such file"):
        read_bytes(f"{folder}/x.tar/1.jpg")
    with pytest.raises(ImageError, match="no such file"):
        read_bytes(f"{folder}/a.jpg/1.jpg")


def test_a_changed_archive_is_opened_again(folder):
    path = f"{folder}/c.tar/new.jpg"
    assert not exists(path)
    write_archive(folder / "c.tar", [*pictures(5), ("new.jpg", jpeg(70))])
    assert read_bytes(path) == jpeg(70)


def test_few_archives_stay_open(tmp_path, monkeypatch):
    for number in range(members.KEPT_OPEN + 5):
        path = write_archive(tmp_path / f"{number}.tar", pictures(2))
        assert exists(f"{path}/a/b/0000.jpg")
    assert len(members._open) == members.KEPT_OPEN
    monkeypatch.setattr(members, "MOST_WEIGHT", 7)
    assert exists(f"{tmp_path / '3.tar'}/a/b/0000.jpg")
    assert exists(f"{tmp_path / '4.tar'}/a/b/0000.jpg")
    assert len(members._open) <= 4


def test_copies_are_kept_when_asked(folder, tmp_path):
    copies = tmp_path / "copies"
    with Supply(resolve(folder / "c.tar"), 4, handling=Handling(unpack_to=copies)) as supply:
        for span in supply.spans():
            for number in range(len(span.names)):
                span.read(number)
    found = sorted(path for path in copies.rglob("*") if path.is_file())
    assert found[0] == unpacked_path(f"{folder}/c.tar/a/b/0000.jpg", copies)
    assert [path.read_bytes() for path in found] == [jpeg(i) for i in range(5)]


@pytest.mark.parametrize(
    "name", ["/d/x.tar/../../../etc/x.jpg", "s3://bucket/../../x.jpg", "C:/d/x.zip/1.jpg"]
)
def test_copies_stay_in_their_folder(name, tmp_path):
    path = unpacked_path(name, tmp_path)
    assert tmp_path in path.parents
    assert ".." not in path.parts


class Bucket:
    """Objects on another machine, for `remote.SCHEMES`."""

    reading, most, lock = 0, 0, threading.Lock()

    @classmethod
    def read_bytes(cls, url):
        with cls.lock:
            cls.reading += 1
            cls.most = max(cls.most, cls.reading)
        time.sleep(0.01)
        with cls.lock:
            cls.reading -= 1
        return url.encode()

    @staticmethod
    def exists(url):
        return url.endswith("1.jpg")

    @staticmethod
    def entries(url):
        return iter([f"{url}/{name}" for name in ("a.jpg", "b.tar", "c.txt", "ü d.PNG")])


def test_remote_places_are_listed(folder, monkeypatch, tmp_path):
    for module in ("listing", "paths", "remote"):
        monkeypatch.setattr(f"fastdup_nb.sources.{module}.reader_of", lambda url: Bucket)
    listing = resolve("s3://bucket/prefix")
    assert listing.paths == [f"s3://bucket/prefix/{name}" for name in ("a.jpg", "b.tar", "ü d.PNG")]
    assert (listing.kind, listing.has_containers) == ("folder", True)
    assert resolve("s3://bucket/x.tar").window == (0, 0)
    assert resolve("s3://bucket/x.jpg").paths == ["s3://bucket/x.jpg"]
    (tmp_path / "list.txt").write_text("s3://bucket/x.jpg\ns3://bucket/more\n")
    expected = [
        "s3://bucket/x.jpg",
        *(f"s3://bucket/more/{n}" for n in ("a.jpg", "b.tar", "ü d.PNG")),
    ]
    assert resolve(tmp_path / "list.txt").paths == expected
    assert resolve(["s3://bucket/x.jpg", "s3://bucket/more", folder]).paths[:4] == expected


def test_remote_images_are_read_ahead_and_in_order(folder, monkeypatch):
    monkeypatch.setattr(remote, "reader_of", lambda url: Bucket)
    urls = [f"s3://bucket/{i}.jpg" for i in range(100)]
    listing = Listing([*urls, str(folder / "a.jpg")], 0, "list")
    assert listing.needs_supply
    read = []
    with Supply(listing, 4) as supply:
        for span in supply.spans():
            read += [span.read(number) for number in range(len(span.names))]
            time.sleep(0.002)
    assert read == [*(url.encode() for url in urls), jpeg(ord("a"))]
    assert 4 < Bucket.most <= 16
    assert exists(urls[1])
    assert not exists(urls[2])


def test_remote_archives_are_fetched_and_given_back(folder):
    class Fetch:
        begun, open, most = [], 0, 0

        def begin(self, url):
            self.begun.append(url)

        def local_copy(self, url):
            fetch = self

            class Copy:
                def __enter__(self):
                    fetch.open += 1
                    fetch.most = max(fetch.most, fetch.open)
                    return str(folder / "c.tar")

                def __exit__(self, *_):
                    fetch.open -= 1

            return Copy()

    fetch = Fetch()
    urls = [f"s3://bucket/{i}.tar" for i in range(6)]
    listing = Listing(urls, 0, "list", has_containers=True)
    waiting = []
    with Supply(listing, 4, handling=Handling(fetch=fetch, most_fetched=2)) as supply:
        names = []
        for span in supply.spans():
            if span is None:
                for done in waiting:
                    done.release()
                waiting = []
                continue
            names += span.names
            waiting.append(span)
    assert names[:2] == ["s3://bucket/0.tar/a/b/0000.jpg", "s3://bucket/0.tar/a/b/0001.jpg"]
    assert len(names) == 30
    assert fetch.open == 0
    assert fetch.most == 2
    assert fetch.begun == urls[1:]
