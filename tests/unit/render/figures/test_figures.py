import json

import numpy as np
import pytest
from bokeh.embed import json_item

from fastdup_nb.render.figures.drawing import bokeh_script, bokeh_version, draw, kind_of
from fastdup_nb.render.figures.embedding_map import draw_map, point_tips
from fastdup_nb.render.figures.histogram import SOURCE, bar_tips, draw_histogram
from tests.unit.render.figures.conftest import HOSTILE, make_histogram


def source_of(figure):
    return figure.select_one({"name": SOURCE})


def test_a_bar_per_bin(histogram):
    figure = draw_histogram(histogram)
    data = source_of(figure).data
    assert data["count"].tolist() == [2, 1, 1, 1]
    assert data["left"].tolist() == [1, 2, 3, 4]
    assert 0.8 < figure.x_range.start < 1
    assert 10 < figure.x_range.end < 10.2
    assert figure.toolbar.logo is None


def test_bars_say_what_they_hold():
    about = {"noun": "pair", "form": "similarity", "from_above": True}
    shown = make_histogram([0.91, 0.97, 1], [0.9, 0.95, 1.0], **about)
    assert bar_tips(shown) == [
        "0.9000 to 0.9500\n1 pair\n3 pairs from here up",
        "0.9500 to 1.0000\n2 pairs\n2 pairs from here up",
    ]
    whole = make_histogram([2, 2, 5], [1.5, 2.5, 3.5, 5.5], noun="component", form="whole")
    assert bar_tips(whole)[::2] == ["2\n2 components", "4 to 5\n1 component"]
    percents = make_histogram([0, 50], [-2.5, 2.5, 47.5, 52.5], form="percent")
    assert bar_tips(percents)[0] == "0 to 2.5 %\n1 image"


@pytest.mark.parametrize("log", [False, True])
def test_logarithmic_axes(log):
    shown = make_histogram(
        np.repeat([2, 90], [200, 1]), [1.5, 2.5, 50.5, 90.5], log_x=log, log_y=log, form="whole"
    )
    figure = draw_histogram(shown)
    data = source_of(figure).data
    assert (data["top"] > 0).all() == log  # an empty bin has no logarithm
    assert data["count"].tolist() == [200, 0, 1]
    assert json.dumps(json_item(figure))


def test_a_point_per_image(make_map):
    shown = make_map()
    figure = draw_map(shown)
    data = source_of(figure).data
    assert data["id"].tolist() == shown.rows.tolist()
    assert data["x"].tolist() == shown.points[:, 0].tolist()
    (legend,) = figure.legend
    texts = [item.label.value for item in legend.items]
    assert texts[0] == "label 0 · 2"
    assert texts[-1].startswith("other (4 more)")
    drawn = [set(item.renderers[0].view.filter.indices) for item in legend.items]
    assert sorted(index for indices in drawn for index in indices) == list(range(20))


def test_points_say_what_they_are(make_map):
    tips = point_tips(make_map())
    assert tips[0] == "0.jpg\nlabel 0"
    assert tips[1] == f"{HOSTILE.rpartition('/')[2]}\nlabel 1"
    assert point_tips(make_map(kind="blur"))[0] == "0.jpg\nblur 1"
    assert point_tips(make_map(kind="plain"))[0] == "0.jpg"


def test_a_name_that_is_not_unicode(make_map):
    shown = make_map()
    shown.file_names[0] = "/x/caf\udce9.jpg"
    assert "\ufffd" in point_tips(shown)[0]
    json.dumps(json_item(draw_map(shown))).encode()


@pytest.mark.parametrize("text", ["$$x^2$$", r"\(x\)", r"\[x\]"])
def test_no_text_is_a_formula(text):
    figure = draw_histogram(make_histogram([1, 2], [1, 2, 3], title=text, axis=text))
    for shown in (figure.title.text, figure.xaxis.axis_label):
        assert text[:2] not in shown
        assert shown.replace("\N{ZERO WIDTH SPACE}", "") == text


@pytest.mark.parametrize("kind", ["label", "blur", "plain"])
def test_every_kind_of_colour_can_be_drawn(make_map, kind):
    figure = draw(make_map(count=3, kind=kind), 333)
    assert figure.height == 333
    json.dumps(json_item(figure)).encode()


def test_the_library_is_the_installed_one(histogram, make_map):
    assert f'"{bokeh_version()}"' in bokeh_script()
    assert (kind_of(histogram), kind_of(make_map())) == ("histogram", "map")
