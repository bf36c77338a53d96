"""The real widget, spoken to as a browser does."""

import base64
import gc
import io
import threading
import weakref

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fastdup_nb import Fastdup
from fastdup_nb._version import __version__
from fastdup_nb.errors import OptionError
from fastdup_nb.views.explore.images import Images
from fastdup_nb.widget.explorer import Explorer
from tests.unit.widget.conftest import PATIENCE, Browser, label_of

A, B, C, D, E, HOSTILE, F = range(7)


def test_hello_tells_whether_buffers_arrive(explorer):
    browser = Browser(explorer)
    reply, buffers = browser.ask_with_buffers("hello", nonce="n1", buffers=[b"\x07"])
    assert reply == {
        "kind": "reply",
        "request": 1,
        "nonce": "n1",
        "binary": True,
        "version": __version__,
        "protocol": 1,
        "images": 7,
    }
    assert [len(part) for part in buffers] == [1]


@pytest.mark.parametrize("how", ["none came", "the browser says so"])
def test_without_buffers_pictures_come_as_text(explorer, how):
    browser = Browser(explorer)
    came = [] if how == "none came" else [b"\x07"]
    assert browser.ask("hello", nonce="n", buffers=came)["binary"] is bool(came)
    if came:
        assert browser.ask("mode", binary=False)["binary"] is False
    reply, buffers = browser.ask_with_buffers("thumbs", ids=[A], side=64)
    assert buffers == []
    (text,) = reply["data"]
    assert Image.open(io.BytesIO(base64.b64decode(text))).size == (64, 48)
    order = browser.ask("query", view="duplicates", state={})["data"][0]
    assert np.frombuffer(base64.b64decode(order), "<u4").tolist() == [0, 1, 2, 3]


def test_a_query_opens_a_view_and_tells_its_columns(browser, explorer):
    before = {view["name"]: view for view in explorer.views}
    assert before["duplicates"]["count"] == 4
    assert before["outliers"] == {
        **before["outliers"],
        "count": None,
        "columns": [],
        "sort": None,
        "orders": [],
        "missing": "",
    }
    assert "k-means" in before["clusters"]["missing"]
    reply = browser.ask("query", view="outliers", state={})
    assert (reply["total"], reply["matching"], reply["images"]) == (2, 2, 2)
    after = {view["name"]: view for view in explorer.views}["outliers"]
    assert after["count"] == 2
    assert after["columns"][0] == {
        "name": "similarity",
        "title": "similarity",
        "form": "similarity",
    }
    assert after["sort"] == {"column": "similarity", "descending": False}


def test_filters_facets_and_order_go_to_the_browser_as_row_numbers(browser):
    assert browser.order("duplicates", facets={"label": ["dogs"]}) == [3]
    assert browser.order("duplicates", text="a.jpg") == [0, 1]
    limits = {"column": "similarity", "low": 0.975, "high": 0.99}
    assert browser.order("duplicates", range=limits) == [1, 2]
    ascending = {"column": "similarity", "descending": False}
    assert browser.order("duplicates", sort=ascending) == [3, 1, 2, 0]
    reply = browser.ask("query", view="duplicates", state={"facets": {"kind": ["exact copy"]}})
    facets = {facet["name"]: facet for facet in reply["facets"]}
    assert facets["kind"]["values"] == [["near-duplicate", 3], ["exact copy", 1]]
    assert facets["label"]["values"] == [["cats", 1]]
    assert reply["histogram"]["column"] == "similarity"
    looked_up = browser.ask("facet", view="duplicates", state={}, facet="label", text="OG")
    assert looked_up["values"] == [["dogs", 1]]


def test_rows_carry_all_that_is_drawn(browser):
    reply = browser.ask("rows", view="duplicates", rows=[0, 3], column="similarity")
    first, second = reply["rows"]
    assert first["badges"] == [{"text": "exact copy", "tone": "exact"}]
    assert (first["value"], first["text"], first["more"]) == (1.0, "1.0000", 0)
    image = second["images"][0]
    assert {key: image[key] for key in ("id", "name", "folder", "labels", "width", "height")} == {
        "id": D,
        "name": "d.jpg",
        "folder": "dogs",
        "labels": ["dogs"],
        "width": 200,
        "height": 150,
    }
    group = browser.ask("rows", view="groups", rows=[0])["rows"][0]
    assert group["text"] == "3"
    assert [each["id"] for each in group["images"]] == [A, B, C]  # the largest first
    assert browser.ask("members", view="groups", row=0)["ids"] == [A, B, C]
    (alone,) = browser.ask("images", ids=[HOSTILE])["images"]
    assert alone["name"] == "<img src=x onerror=alert(1)>.jpg"


@pytest.mark.parametrize(
    ("kind", "members", "expected"),
    [
        ("query", {"view": "nothing", "state": {}}, "view"),
        ("query", {"view": "clusters", "state": {}}, "kmeans_assignments.csv"),
        ("query", {"view": "duplicates", "state": {"facets": {"x": ["y"]}}}, "facet"),
        ("rows", {"view": "duplicates", "rows": [4]}, "row 4"),
        ("rows", {"view": "duplicates", "rows": [0], "column": "x"}, "column"),
        ("thumbs", {"ids": [0, 7], "side": 64}, "image 7"),
        ("image", {"id": 7, "side": 512}, "image 7"),
        ("details", {"id": 99}, "image 99"),
        ("members", {"view": "groups", "row": 2}, "row 2"),
        ("mark", {"ids": [0], "action": "relabel"}, "label"),
        ("similar", {"id": 7, "k": 3}, "image 7"),
        ("keep_best", {"view": "outliers", "state": {}, "rule": "largest"}, "no duplicates"),
        ("apply", {"token": "made up"}, "plan"),
        ("undo", {}, "Nothing was applied"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_what_to_do(browser, kind, members, expected):
    error = browser.ask(kind, **members)["error"]
    assert expected in error["message"]
    assert browser.explorer.log[-1].endswith(f"{error['message']} {error['hint']}".rstrip())


def test_thumbnails_tell_why_there_is_none(browser, place):
    place.path(B).unlink()
    place.path(D).write_bytes(b"no image")
    reply, buffers = browser.ask_with_buffers("thumbs", ids=[D, A, B, E], side=96, priority=1)
    assert reply["ids"] == [A, E]
    assert len(buffers) == 2
    assert "no such file" in reply["failed"][str(B)]
    assert set(reply["failed"]) == {str(B), str(D)}
    assert "shown" in browser.ask("image", id=B, side=512)["error"]["message"]


def test_a_large_picture_is_sent_upright_with_its_size(browser):
    reply, (picture,) = browser.ask_with_buffers("image", id=A, side=256)
    assert (reply["width"], reply["height"], reply["mime"]) == (256, 192, "image/jpeg")
    assert Image.open(io.BytesIO(picture)).size == (256, 192)


def test_cancelled_requests_are_not_answered_and_later_ones_are(browser):
    number = browser.start("cancel", requests=[10_000])
    assert browser.ask("thumbs", ids=[A], side=64)["ids"] == [A]
    assert not [m for m, _ in browser.wire.messages if m.get("request") == number]


def test_details_and_more_like_this(browser, explorer):
    details = browser.ask("details", id=A, view="duplicates", row=0)
    assert details["path"].endswith("a.jpg")
    assert details["present"] is True
    assert "byte for byte" in " ".join(details["why"])
    assert [near["id"] for near in details["neighbours"]] == [B, C]
    assert browser.ask("similar", id=A, k=3)["count"] == 3
    assert explorer.view == "search"
    assert next(v for v in explorer.views if v["name"] == "search")["title"] == "Like a.jpg"
    rows = browser.ask("rows", view="search", rows=browser.order("search"))["rows"]
    assert [row["images"][0]["id"] for row in rows][:2] == [B, C]
    assert rows[0]["value"] == 1.0
    assert "a.jpg" in browser.ask("details", id=B, view="search", row=0)["why"][0]


def test_more_like_this_needs_the_results_that_were_opened(browser, place):
    file = place.results.path / "atrain_features.dat.csv"
    file.write_text(file.read_text() + "7,/another.jpg\n")
    error = browser.ask("similar", id=A, k=3)["error"]
    assert "have changed" in error["message"]
    assert "new explorer" in error["hint"]


def test_selection_is_a_trait_both_sides_set_and_python_observes(browser, explorer):
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), "selected")
    browser.set(selected=[D, A, D])
    assert explorer.selected == [D, A]
    assert explorer.selection["filename"].str.endswith(("d.jpg", "a.jpg")).all()
    assert explorer.selection["label"].tolist() == ["dogs", "cats"]
    explorer.select(np.array([E]))
    assert seen == [[D, A], [E]]
    browser.set(selected=[D, 99])  # refused as a whole
    assert explorer.selected == [E]
    with pytest.raises(OptionError, match="no image 99"):
        explorer.selected = [99]


def test_all_that_match_can_be_selected(browser, explorer):
    state = {"facets": {"label": ["cats"]}}
    reply = browser.ask("select_matching", view="groups", state=state, which="rest")
    assert reply["selected"] == 2
    assert explorer.selected == [B, C]
    browser.ask("select_matching", view="statistics", state={}, which="all")
    assert sorted(explorer.selected) == list(range(7))


def test_marks_reach_python_and_can_be_taken_back(browser, explorer):
    assert browser.ask("mark", ids=[A, B], action="delete")["marked"] == 2
    assert browser.ask("mark", ids=[D], action="relabel", label="wolf")["marked"] == 1
    assert explorer.marks == {
        "0": {"action": "delete"},
        "1": {"action": "delete"},
        "3": {"action": "relabel", "label": "wolf"},
    }
    assert explorer.marked["new_label"].tolist() == ["", "", "wolf"]
    assert explorer.can_undo == {"mark": True, "redo": False, "apply": False}
    assert "relabel 1" in browser.ask("undo_mark")["text"]
    assert browser.ask("redo_mark")["text"].startswith("Done again")
    assert browser.ask("unmark", ids=[A])["marked"] == 1
    explorer.unmark()
    assert explorer.marks == {}
    assert "nothing" in browser.ask("redo_mark")["text"]


def test_marks_and_the_selection_are_facets(browser, explorer):
    explorer.select([A, D])
    browser.ask("mark", ids=[B], action="delete")
    reply = browser.ask("query", view="duplicates", state={})
    facets = {facet["name"]: dict(facet["values"]) for facet in reply["facets"]}
    assert facets["mark"] == {"not marked": 4, "delete": 2}
    assert facets["selection"] == {"not selected": 4, "selected": 3}
    assert browser.order("statistics", facets={"selection": ["selected"]}) == [0, 3]
    explorer.filter(mark="delete")
    assert explorer.matching["row"].unique().tolist() == [0, 2]
    explorer.unmark()
    assert browser.order("statistics", facets={"mark": ["delete"]}) == []


def test_the_best_of_each_group_is_kept(browser, explorer):
    browser.ask("mark", ids=[E], action="keep")
    reply = browser.ask("keep_best", view="groups", state={}, rows=None, rule="sharpest")
    assert reply["kept"] == 2
    actions = {int(image): mark["action"] for image, mark in explorer.marks.items()}
    # The sharpest of a, b, c is c (blur grows with the number); e was to be kept anyway.
    assert actions == {A: "delete", B: "delete", C: "keep", D: "delete", E: "keep"}
    browser.ask("undo_mark")
    browser.ask("keep_best", view="groups", state={}, rows=[1], rule="largest")
    assert explorer.marks == {"3": {"action": "delete"}, "4": {"action": "keep"}}
    explorer.unmark()
    explorer.show("groups")
    explorer.filter(label="cats")
    explorer.keep_best("first")
    assert {int(image) for image in explorer.marks} == {A, B, C}
    with pytest.raises(OptionError, match="rule"):
        explorer.keep_best("cheapest")


def test_python_filters_sorts_and_marks(explorer, browser):
    explorer.filter("a.jpg", column="similarity", low=0.99, label=["cats"])
    assert explorer.state == {
        "text": "a.jpg",
        "facets": {"label": ["cats"]},
        "range": {"column": "similarity", "low": 0.99, "high": None},
        "sort": None,
    }
    assert explorer.matching["id"].tolist() == [A, B]
    assert explorer.matching["row"].tolist() == [0, 0]
    explorer.filter("", label=[], column="similarity")
    assert explorer.state["range"] is None
    explorer.sort("similarity")
    assert explorer.matching["row"].tolist()[0] == 3
    explorer.mark([A], "delete")
    explorer.mark([D], "relabel", "fox")
    assert set(explorer.marks) == {"0", "3"}
    explorer.reset()
    assert explorer.state["sort"] is None
    explorer.show("outliers")
    assert explorer.view == "outliers"
    for wrong in (
        lambda: explorer.filter(column="nothing", low=1),
        lambda: explorer.filter(colour="red"),
        lambda: explorer.sort("nothing"),
        lambda: explorer.show("nothing"),
        lambda: explorer.mark([77], "delete"),
        lambda: explorer.mark([1], "burn"),
    ):
        with pytest.raises(OptionError):
            wrong()


def test_a_browser_sets_only_what_it_may(browser, explorer):
    module = explorer._esm
    browser.set(view="groups", thumb=96, _esm="evil", marks={"1": {}}, title="<b>", theme="dark")
    assert (explorer.view, explorer.thumb) == ("groups", 96)
    assert explorer._esm == module
    assert explorer.marks == {}
    assert explorer.theme == "auto"
    browser.set(view="clusters")
    browser.set(thumb=10**9)
    browser.set(state={"range": {"column": "x", "low": "1"}})
    assert (explorer.view, explorer.thumb) == ("groups", 96)
    assert len(explorer.log) == 3


def test_failures_of_labels_are_told_once_in_the_widget(place):
    def fails_for_dogs(path):
        if "dogs" in path:
            raise LookupError("no label")
        return label_of(path)

    explorer = Explorer(place.results, get_label=fails_for_dogs)
    browser = Browser(explorer)
    browser.ask("hello", nonce="", buffers=[b"1"])
    (note,) = browser.unasked("error")
    assert "d.jpg" in note["message"]
    assert "3 more" in note["message"]
    browser.ask("hello", nonce="", buffers=[b"1"])
    assert len(browser.unasked("error")) == 1
    explorer.close()


def test_what_is_left_out_of_a_view_is_told_when_it_is_opened(browser, explorer, place):
    with (place.results.path / "outliers.csv").open("a") as stream:
        stream.write(f'"{place.path(A)}",/elsewhere/test.jpg,0.1\n')
    browser.ask("query", view="outliers", state={})
    (note,) = browser.unasked("error")
    assert "1 pairs of outliers.csv" in note["message"]


def test_an_error_of_ours_is_a_line_in_the_widget_and_a_traceback_in_the_log(
    browser, explorer, monkeypatch, capsys
):
    monkeypatch.setattr(Images, "folder_and_name", lambda *_: 1 / 0)
    error = browser.ask("rows", view="duplicates", rows=[0])["error"]
    assert "ZeroDivisionError" in error["message"]
    assert ".log" in error["hint"]
    assert any("Traceback" in line for line in explorer.log)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"content": {"data": {}}},
        {"content": {"data": {"method": "update", "state": 3}}, "buffers": []},
        {"content": {"data": {"method": "explode"}}, "buffers": []},
        {"content": {"data": {"method": "custom"}}},
        {"content": None},
        {"content": {"data": {"method": "update", "state": {"view": "groups"}}}},
    ],
)
def test_no_comm_message_shows_a_traceback(browser, explorer, message, capsys):
    explorer._handle_msg(message)
    assert browser.order("duplicates") == [0, 1, 2, 3]
    assert capsys.readouterr() == ("", "")


def test_a_function_that_observes_and_fails_is_told_in_the_widget(browser, explorer, capsys):
    explorer.observe(lambda _change: {}["missing"], "selected")
    browser.set(selected=[A])
    (told,) = browser.unasked("error")
    assert "KeyError" in told["message"]
    assert explorer.selected == [A]
    assert any("Traceback" in line for line in explorer.log)
    assert capsys.readouterr() == ("", "")


def test_fastdup_explore_takes_all_options(place):
    table = pd.DataFrame({"filename": ["a.jpg", "d.jpg"], "split": ["train", "test"]})
    explorer = Fastdup(place.results.path).explore(
        "statistics", get_label=label_of, annotations=table, height=400, theme="dark", thumb=96
    )
    assert (explorer.height, explorer.theme, explorer.thumb) == (400, "dark", 96)
    assert explorer.title == "results: 7 images"
    explorer.filter(split="test")
    assert explorer.matching["id"].tolist() == [D]
    explorer.close()
    for wrong in ({"height": 1}, {"thumb": "big"}, {"theme": "pink"}, {"view": "dupes"}):
        with pytest.raises(OptionError):
            Fastdup(place.results.path).explore(**wrong)


def test_close_ends_it_and_lets_go_of_the_data(place):
    explorer = Explorer(place.results, get_label=label_of)
    browser = Browser(explorer)
    browser.ask("hello", nonce="", buffers=[b"1"])
    browser.ask("thumbs", ids=[A, B, C], side=64)
    images = weakref.ref(explorer._service.collection.images)
    explorer.close()
    assert browser.unasked("closed")
    for thread in threading.enumerate():
        if thread.name == "fastdup_nb-thumbnails":
            thread.join(PATIENCE)
    gc.collect()
    assert images() is None
    browser.wire.messages.clear()
    browser.start("query", view="duplicates", state={})
    browser.set(view="groups")
    assert browser.wire.messages == []
    assert repr(explorer) == "Explorer(closed)"
    with pytest.raises(OptionError, match="closed"):
        explorer.filter("x")
    explorer.close()  # and again
