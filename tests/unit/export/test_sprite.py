import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import EmptyInputError, OptionError, WorkDirError
from fastdup_nb.export.sprite import draw_sheet, wide_grid, write_sprite


@pytest.mark.parametrize(
    ("count", "columns", "size"),
    [(1, 1, (100, 100)), (2, 2, (200, 100)), (10, 5, (500, 200)), (100, 14, (1400, 800))],
)
def test_a_sheet_is_a_little_wider_than_high(count, columns, size):
    grid = wide_grid(count)
    assert (grid.columns, grid.size) == (columns, size)


def test_cells_and_columns_can_be_chosen():
    grid = wide_grid(10, width=50, height=20, columns=4)
    assert (grid.width, grid.height, grid.columns) == (50, 20, 4)
    assert grid.corner(5) == (50, 20)
    assert wide_grid(10, width=50).height == 50
    assert wide_grid(10, height=30).width == 30


def test_the_sheet_shrinks_to_the_asked_width():
    grid = wide_grid(10, width=100, height=50, max_width=260)
    assert (grid.width, grid.height) == (52, 26)
    assert grid.size[0] == 260
    assert wide_grid(10, max_width=5000).width == 100  # never enlarged


@pytest.mark.parametrize(
    "given",
    [
        {"width": -1},
        {"height": 1.5},
        {"columns": 0},
        {"max_width": 0},
        {"max_width": 3},
        {"width": 9000, "height": 9000},
    ],
)
def test_numbers_that_make_no_sense_are_refused(given):
    with pytest.raises(OptionError):
        wide_grid(10, **given)


def test_pictures_are_whole_and_centred_on_white(tmp_path):
    Image.new("RGB", (200, 100), (255, 0, 0)).save(tmp_path / "wide.png")
    Image.new("RGB", (10, 40), (0, 0, 255)).save(tmp_path / "high.png")
    files = [str(tmp_path / "wide.png"), str(tmp_path / "high.png")]
    sheet, unreadable = draw_sheet(files, wide_grid(2))
    pixels = np.asarray(sheet)
    assert unreadable == ()
    assert (pixels[25:75, :100] == (255, 0, 0)).all()
    assert (pixels[:25, :100] == 255).all()
    assert (pixels[:, 138:162] == (0, 0, 255)).all()
    assert (pixels[:, 170:] == 255).all()


def test_the_name_can_be_chosen(photos, tmp_path):
    grid = wide_grid(2)
    assert write_sprite(photos, grid, tmp_path / "new") == tmp_path / "new" / "sprite.png"
    other = write_sprite(photos, grid, tmp_path, "sub/x.jpg")
    assert other == tmp_path / "sub" / "x.jpg"
    assert other.read_bytes().startswith(b"\xff\xd8")
    outside = tmp_path / "y.png"
    assert write_sprite(photos, grid, tmp_path / "new", outside) == outside


def test_bad_targets_are_refused(photos, tmp_path):
    with pytest.raises(OptionError, match="no known suffix"):
        write_sprite(photos, wide_grid(6), tmp_path, "sprite.gif")
    with pytest.raises(OptionError, match="do not fit into"):
        write_sprite(photos, wide_grid(6, width=18_000, height=1, columns=1), tmp_path, "a.webp")
    with pytest.raises(EmptyInputError):
        write_sprite([], wide_grid(1), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(WorkDirError):
        write_sprite(photos, wide_grid(6), tmp_path / "file")
    assert not list(tmp_path.glob("*.webp*"))
