import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastdup_nb.errors import OptionError
from fastdup_nb.widget.messages import _FIELDS, parse_request, request_number

NUMBERS = st.integers() | st.floats() | st.booleans() | st.none()
SCALARS = NUMBERS | st.text(max_size=300) | st.binary(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
MEMBER_NAMES = sorted({name for fields in _FIELDS.values() for name in fields})
PLAUSIBLE = st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(_FIELDS)), "request": st.integers(0, 9) | ANYTHING},
    optional={
        name: ANYTHING
        | st.integers(0, 8)
        | st.lists(st.integers(-1, 8), max_size=5)
        | st.sampled_from(["duplicates", "search", "delete", "keep", "relabel", "all", "largest"])
        for name in MEMBER_NAMES
    },
)


def test_a_request_is_taken_apart():
    request = parse_request({"kind": "thumbs", "request": 7, "ids": [3, 1, 3.0], "side": 96})
    assert (request.kind, request.number) == ("thumbs", 7)
    assert request.fields == {"ids": [3, 1], "side": 96, "priority": 0}


@pytest.mark.parametrize(
    "content",
    [
        None,
        "query",
        [],
        {},
        {"kind": "query"},
        {"kind": "eval", "request": 1},
        {"kind": ["query"], "request": 1},
        {"kind": "plan", "request": True},
        {"kind": "plan", "request": -1},
        {"kind": "plan", "request": 2**60},
        {"kind": "plan", "request": 1, "path": "/etc/passwd"},
        {"kind": "thumbs", "request": 1, "ids": ["../../etc/passwd"], "side": 96},
        {"kind": "thumbs", "request": 1, "ids": [True], "side": 96},
        {"kind": "thumbs", "request": 1, "ids": [1.5], "side": 96},
        {"kind": "thumbs", "request": 1, "ids": list(range(65)), "side": 96},
        {"kind": "thumbs", "request": 1, "ids": [1], "side": 10_000},
        {"kind": "rows", "request": 1, "view": "duplicates", "rows": list(range(201))},
        {"kind": "mark", "request": 1, "ids": [1], "action": "unlink"},
        {"kind": "mark", "request": 1, "ids": list(range(10_001)), "action": "keep"},
        {"kind": "mark", "request": 1, "ids": [1], "action": "relabel", "label": "x" * 201},
        {"kind": "apply", "request": 1},
        {"kind": "apply", "request": 1, "token": ""},
        {"kind": "mode", "request": 1, "binary": "yes"},
        {"kind": "keep_best", "request": 1, "view": "groups", "state": {}, "rule": "cheapest"},
    ],
)
def test_what_is_no_request_is_refused(content):
    with pytest.raises(OptionError):
        parse_request(content)


@given(ANYTHING | PLAUSIBLE)
def test_anything_is_a_request_or_refused(content):
    assert request_number(content) is None or request_number(content) >= 0
    try:
        request = parse_request(content)
    except OptionError:
        return
    assert set(request.fields) == set(_FIELDS[request.kind])


@given(st.lists(ANYTHING | PLAUSIBLE, min_size=1, max_size=8))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_message_ends_the_widget_or_is_left_without_a_reply(browser, place, messages):
    for content in messages:
        browser.wire.messages.clear()
        browser.send(content)
        number = request_number(content)
        if number is not None and content.get("kind") != "cancel":
            browser.wait(number)
    # Whatever came: no file has gone, and the widget answers.
    assert all(place.path(image).is_file() for image in range(7))
    browser.wire.messages.clear()
    assert browser.ask("query", view="duplicates", state={})["total"] == 4


@given(
    st.dictionaries(
        st.sampled_from(["view", "state", "selected", "thumb", "marks", "_esm"])
        | st.text(max_size=9),
        ANYTHING,
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_trait_from_a_browser_breaks_the_widget(browser, traits):
    explorer = browser.explorer
    module = explorer._esm
    browser.set(**traits) if all(map(str.isidentifier, traits)) else browser.send(traits)
    assert explorer._esm == module
    assert explorer.marks == {}
    assert all(0 <= image < 7 for image in explorer.selected)
    assert explorer.view in explorer._service.collection.names()
    assert 48 <= explorer.thumb <= 512
