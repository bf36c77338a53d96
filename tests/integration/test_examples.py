"""What is planted in the example collection is what a run finds."""

import pytest

from examples.make_examples import make_examples
from fastdup_nb.progress import SilentProgress
from fastdup_nb.session import Fastdup
from fastdup_nb.views.duplicates import build_duplicates

pytestmark = pytest.mark.slow

CODES = {
    "tiny": "ERROR_IMAGE_TOO_SMALL",
    "zero_byte": "ERROR_ZERO_SIZE_FILE",
    "truncated": "ERROR_CORRUPT_IMAGE",
    "corrupt": "ERROR_NOT_AN_IMAGE",
    "not_an_image": "ERROR_NOT_AN_IMAGE",
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return make_examples(tmp_path_factory.mktemp("examples") / "photos")


@pytest.fixture(scope="module")
def session(planted, tmp_path_factory):
    place = tmp_path_factory.mktemp("results")
    return Fastdup.run(planted.folder, place, threshold=0.8, progress=SilentProgress())


def pairs_of(session, planted, kind):
    start = len(str(planted.folder)) + 1
    view = build_duplicates(session.work_dir, num_images=1000)
    return {
        frozenset((row.first.path[start:], row.second.path[start:]))
        for row in view.rows
        if row.kind == kind
    }


def test_every_planted_copy_is_an_exact_copy(session, planted):
    expected = {frozenset((copy.file, copy.original)) for copy in planted.of("copy")}
    expected.add(frozenset(copy.file for copy in planted.of("copy")[:2]))  # of one original
    assert pairs_of(session, planted, "exact") == expected
    copies = session.summary().summary.copies
    assert (copies.groups, copies.images) == (3, 7)


def test_recompressed_and_shrunk_images_are_found(session, planted):
    found = frozenset().union(*pairs_of(session, planted, "near"))
    for near in planted.of("jpeg_q40", "half_size"):
        assert near.file in found


def test_every_bad_file_has_its_reason(session, planted):
    bad = session.invalid_instances()
    found = dict(zip(bad["filename"], bad["error_code"], strict=True))
    expected = {str(planted.folder / entry.file): CODES[entry.kind] for entry in planted.of(*CODES)}
    assert found == expected


def test_spoilt_photos_stand_out(session, planted):
    photos = {photo.name: photo for photo in session.summary().summary.photos}
    table = session.img_stats().set_index("filename")
    for kind, column in (("blurry", "blur"), ("dark", "mean")):
        values = table[column]
        for entry in planted.of(kind):
            assert values[str(planted.folder / entry.file)] < values.quantile(0.2)
        assert photos[kind].count >= len(planted.of(kind))
    assert photos["bright"].count >= len(planted.of("bright"))


def test_parts_of_the_listing_add_up(session, planted):
    summary = session.summary().summary
    assert summary.images_listed == len(planted.labels)
    assert sum(share.images for share in summary.shares) == len(planted.labels)
