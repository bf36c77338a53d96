import pytest

from fastdup_nb.render.rows import gallery_text
from fastdup_nb.views.gallery import ImageCard, ImageRow
from fastdup_nb.views.outliers import OutliersView
from tests.unit.render.conftest import row_of, view_of

DEEP = "/data/" + "/".join(["projects"] * 12)


def lines_of(*rows, width=80):
    return gallery_text(view_of(*rows), width=width).splitlines()


def test_control_characters_do_not_reach_the_terminal():
    text = gallery_text(view_of(row_of(1, "/a\x1b]0;owned\x07.jpg", "/b\nc.jpg")), width=100)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_control_characters_of_a_folder_neither():
    _, folder, _ = lines_of(row_of(1, "/a\x1b[31m/b.jpg", "/a\x1b[31m/c\n.jpg"))
    assert "\x1b" not in folder


def test_long_names_are_cut_in_the_middle():
    lines = lines_of(row_of(1, "/photos/" + "x" * 200 + "end.jpg", "/short.jpg", 1.0, "exact"))
    assert max(map(len, lines[1:])) <= 80
    assert "end.jpg" in lines[1]
    assert "1.0000  exact" in lines[1]


def test_names_are_relative_to_what_all_have_in_common():
    _, folder, first, second = lines_of(
        row_of(1, f"{DEEP}/train/one.jpg", f"{DEEP}/test/two.jpg#xywh=1,2,30,40"),
        row_of(2, f"{DEEP}/train/three.jpg", f"{DEEP}/four.jpg"),
    )
    assert folder == f"Names are relative to {DEEP}"
    assert first.split() == ["0.9700", "near", "train/one.jpg", "test/two.jpg#xywh=1,2,30,40"]
    assert second.split() == ["0.9700", "near", "train/three.jpg", "four.jpg"]


@pytest.mark.parametrize("other", ["/other/two.jpg", "s3://bucket/two.jpg", "two.jpg"])
def test_without_a_common_folder_names_are_whole(other):
    _, line = lines_of(row_of(1, "/photos/one.jpg", other))
    assert line.split()[2:] == ["/photos/one.jpg", other]


def test_names_of_the_users_own_stay_as_they_are():
    cards = [ImageCard(path=f"/photos/{n}.jpg", name=f"{n} of the roll") for n in (1, 2)]
    rows = tuple(ImageRow(n, card, 0.5) for n, card in enumerate(cards, 1))
    view = OutliersView(title="Outliers", total=2, matching=2, rows=rows, filters="")
    _, *lines = gallery_text(view, width=80).splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == ["1 of the roll", "2 of the roll"]
