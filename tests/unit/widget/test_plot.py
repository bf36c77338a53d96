"""Plot widgets without a browser: what they answer, refuse, follow and tell an explorer."""

import json
from base64 import b64decode
from dataclasses import replace

import pytest
import traitlets

from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.widget.plot import HistogramPlot, MapPlot
from tests.unit.render.figures.conftest import histogram, make_histogram, make_map

__all__ = ["histogram", "make_map"]


class Explorer:
    """What a plot may ask of an explorer, noted."""

    view = "duplicates"

    def __init__(self, fails=False):
        self.calls, self.fails = [], fails

    def show(self, view):
        if self.fails:
            raise ResultNotFoundError("There are no statistics.", "Run again.")
        self.view = view
        self.calls.append(view)

    def filter(self, *, column, low, high):
        self.calls.append((column, low, high))

    def select(self, ids):
        self.calls.append(ids)


@pytest.fixture
def shown():
    return make_histogram([1, 1, 2, 3, 9], [1, 2, 3, 4, 10], view="statistics", column="blur")


def listen(widget):
    """Return what a widget sends from now on."""
    sent = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers or []))
    return sent


def test_a_range_chooses_images(shown):
    plot = HistogramPlot(shown)
    assert plot.selected == [0, 1, 2, 3, 4]
    assert plot.readout == "5 of 5 images"
    plot.range = [2, 3]
    assert plot.range == (2.0, 3.0)
    assert plot.selected == [2, 3]
    assert plot.readout == "2 of 5 images"
    assert plot.selection["filename"].tolist() == ["/x/2.jpg", "/x/3.jpg"]
    assert plot.selection.index.tolist() == [2, 3]
    plot.range = None
    assert len(plot.selected) == 5


@pytest.mark.parametrize("given", [(3, 1), (1,), "ab", 5, (1, float("nan")), (True, 2), {"a": 1}])
def test_a_range_that_is_none(shown, given):
    plot = HistogramPlot(shown)
    with pytest.raises(OptionError, match="range"):
        plot.range = given
    plot.range = (1, 2)
    plot.set_state({"range": given})  # from a browser
    assert plot.range == (1, 2)


def test_the_explorer_follows_a_range(shown):
    explorer = Explorer()
    plot = HistogramPlot(shown, explorer=explorer)
    assert explorer.calls == []
    plot.range = (2, 3)
    plot.range = None
    assert explorer.calls == ["statistics", ("blur", 2, 3), ("blur", None, None)]
    plot.link(None)
    plot.range = (1, 2)
    assert len(explorer.calls) == 3


def test_an_explorer_that_cannot_follow_is_told_below_the_bars(shown):
    plot = HistogramPlot(shown, explorer=Explorer(fails=True))
    plot.set_state({"range": [2, 3]})
    assert plot.readout == "2 of 5 images · the explorer cannot follow: There are no statistics."


def test_the_explorer_follows_a_lasso(make_map):
    explorer = Explorer()
    plot = MapPlot(make_map(), explorer=explorer)
    plot.set_state({"selected": [4, 0, 4]})
    assert plot.selected == [4, 0]
    assert explorer.calls == [[4, 0]]
    assert len(plot.selection) == 2


@pytest.mark.parametrize("given", [[3], [-2], [10**12], ["a"], [True], "ab", {"a": 1}, [None]])
def test_a_selection_of_what_is_not_there(make_map, given):
    plot = MapPlot(make_map())  # of even rows only
    plot.selected = [2]
    plot.set_state({"selected": given})
    assert plot.selected == [2]


def test_test_images_are_not_selected_in_the_explorer(make_map):
    explorer = Explorer()
    plot = MapPlot(replace(make_map(), known=10), explorer=explorer)
    plot.selected = [8, 10, 12]
    assert explorer.calls == [[8]]
    assert len(plot.selection) == 3


def test_the_map_follows_the_explorer_too(make_map):
    class Selecting(traitlets.HasTraits):
        view = "statistics"
        selected = traitlets.List()
        show = filter = None

        def select(self, ids):
            self.selected = ids

    Selecting.show = Selecting.filter = lambda self: None
    explorer = Selecting()
    plot = MapPlot(make_map(), explorer=explorer)
    explorer.selected = [2, 3, 4]  # 3 is not on the map
    assert plot.selected == [2, 4]
    assert explorer.selected == [2, 3, 4]
    plot.selected = [6]
    assert explorer.selected == [6]
    plot.link(None)
    explorer.selected = [8]
    assert plot.selected == [6]


def test_what_is_no_explorer(shown):
    with pytest.raises(OptionError, match="explorer is a str"):
        HistogramPlot(shown, explorer="g")


@pytest.mark.parametrize(
    "options", [{"theme": "blue"}, {"height": 10}, {"height": "tall"}, {"height": True}]
)
def test_options_that_cannot_be_used(shown, options):
    with pytest.raises(OptionError, match=next(iter(options))):
        HistogramPlot(shown, **options)


def test_a_browser_gets_what_it_draws(make_map):
    plot = MapPlot(make_map())
    sent = listen(plot)
    plot._hear(plot, {"kind": "item", "request": 1}, [])
    plot._hear(plot, {"kind": "bokeh", "request": 2}, [])
    plot._hear(plot, {"kind": "thumbs", "request": 3, "ids": [0, 2], "side": 64}, [])
    (item, (drawn,)), (library, (script,)), (thumbs, pictures) = sent
    assert (item["request"], library["request"], thumbs["request"]) == (1, 2, 3)
    assert json.loads(drawn)["doc"]
    assert b"Bokeh" in script
    assert thumbs["ids"] == [0]
    assert list(thumbs["failed"]) == ["2"]  # the file is not there
    assert [picture[:2] for picture in pictures] == [b"\xff\xd8"]


def test_text_where_buffers_do_not_arrive(make_map):
    plot = MapPlot(make_map())
    sent = listen(plot)
    message = {"kind": "thumbs", "request": 3, "ids": [0], "side": 64, "binary": False}
    plot._hear(plot, message, [])
    ((content, buffers),) = sent
    assert buffers == []
    assert b64decode(content["data"][0])[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "thumbs", "ids": [1], "side": 64},  # an odd row: not on the map
        {"kind": "thumbs", "ids": ["../secret"], "side": 64},
        {"kind": "thumbs", "ids": list(range(0, 80, 2)), "side": 64},
        {"kind": "thumbs", "ids": [0], "side": 10**6},
        {"kind": "thumbs"},
        {"kind": "read", "path": "/etc/passwd"},
        {"kind": None},
    ],
)
def test_malformed_messages_are_refused(make_map, message):
    plot = MapPlot(make_map())
    sent = listen(plot)
    plot._hear(plot, {**message, "request": 7}, [])
    ((content, buffers),) = sent
    assert content["request"] == 7
    assert content["error"]["message"]
    assert buffers == []


@pytest.mark.parametrize("message", [None, 5, "text", [], {}, {"kind": "item"}])
def test_what_is_no_request_is_left_alone(shown, message):
    plot = HistogramPlot(shown)
    sent = listen(plot)
    plot._hear(plot, message, [])
    assert sent == []


def test_a_histogram_gives_no_pictures(shown):
    plot = HistogramPlot(shown)
    sent = listen(plot)
    plot._hear(plot, {"kind": "thumbs", "request": 1, "ids": [0], "side": 64}, [])
    assert "error" in sent[0][0]


def test_a_figure_and_a_page(make_map, tmp_path):
    plot = MapPlot(make_map(), height=300, theme="dark")
    assert plot.figure.height == 300
    assert plot.figure is not plot.figure
    page = plot.to_html(tmp_path / "map.html", pictures=0)
    text = page.read_text("utf-8")
    assert '"theme": "dark"' in text
    assert len(plot.to_frame()) == 20


def test_widget_state_is_small(make_map):
    state = MapPlot(make_map(2000, "plain")).get_state()
    assert len(json.dumps({name: state[name] for name in state if name != "_esm"})) < 5000
