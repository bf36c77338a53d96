import numpy as np
import pandas as pd
import pytest

from fastdup_nb.errors import OptionError
from fastdup_nb.views.shapes import MAX_POINTS, build_aspect_ratios, measure_shapes


@pytest.fixture
def table():
    sizes = {"width": [400, 100, 100, 300], "height": [100, 300, 100, 100]}
    return pd.DataFrame({"filename": ["/wide", "/tall", "/square", "/lying"], **sizes})


def test_averages_are_of_all_images(table):
    shapes = build_aspect_ratios(table).shapes
    assert (shapes.mean_width, shapes.mean_height) == (225, 150)
    assert shapes.mean_ratio == pytest.approx((4 + 1 / 3 + 1 + 3) / 4)
    assert shapes.median_ratio == pytest.approx(2)


def test_widest_and_tallest(table):
    view = build_aspect_ratios(table)
    found = [(row.image.path, row.value, row.badges[0].text) for row in view.rows]
    assert found == [("/wide", 4, "widest"), ("/tall", pytest.approx(1 / 3), "tallest")]
    assert view.headline == "4 images"


def test_every_image_is_in_both_plots(table):
    doubled = pd.concat([table, table.tail(1)])
    shapes = build_aspect_ratios(doubled.reset_index(drop=True)).shapes
    sizes = zip(shapes.widths, shapes.heights, shapes.counts, strict=True)
    assert (300, 100, 2) in set(sizes)
    assert shapes.counts.sum() == shapes.bins.sum() == 5
    place = np.searchsorted(shapes.edges, 3) - 1
    assert shapes.bins[place] == 2


def test_an_image_and_the_same_one_turned_lie_equally_far_from_one():
    shapes = measure_shapes(np.array([100, 300]), np.array([300, 100]))
    assert shapes.edges[0] * shapes.edges[-1] == pytest.approx(1, rel=0.01)
    assert shapes.bins.tolist() == shapes.bins[::-1].tolist()


def test_many_sizes_become_fewer_points():
    rng = np.random.default_rng(0)
    widths, heights = rng.integers(10, 4000, (2, 20_000))
    shapes = measure_shapes(widths, heights)
    assert 1000 < len(shapes.counts) <= MAX_POINTS
    assert shapes.counts.sum() == shapes.bins.sum() == 20_000
    assert shapes.mean_width == pytest.approx(widths.mean())


def test_num_images_and_slice(table):
    view = build_aspect_ratios(table, num_images=2)
    assert view.headline == "2 images"
    assert view.filters == (
        "on average 250 \N{MULTIPLICATION SIGN} 200 pixels, width / height 2.167 · the first of 4"
    )
    labels = {"/wide": "sea", "/lying": "sea"}
    view = build_aspect_ratios(table, get_label_func=labels, label_slice="sea")
    assert view.headline == "2 images"
    assert view.filters.endswith(" · sea only · 4 images in all")
    assert view.rows[1].image.path == "/lying"
    with pytest.raises(OptionError, match="num_images=-1"):
        build_aspect_ratios(table, num_images=-1)


def test_images_without_a_size_are_left_out(table):
    table["width"] = [0, -1, 100, np.nan]
    view = build_aspect_ratios(table)
    assert (view.total, view.shapes.mean_width) == (1, 100)
    assert measure_shapes(np.array([]), np.array([])) is None
    assert build_aspect_ratios(table.head(0)).rows == ()
    with pytest.raises(OptionError, match="no column height"):
        build_aspect_ratios(table.drop(columns="height"))
