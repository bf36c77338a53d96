import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_nb.errors import OptionError
from fastdup_nb.views.explore.state import LARGEST, Range, Sort, State

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "text": ANYTHING,
        "facets": ANYTHING | st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5))),
        "range": ANYTHING | st.fixed_dictionaries({"column": st.text(), "low": ANYTHING}),
        "sort": ANYTHING | st.fixed_dictionaries({"column": st.text(), "descending": ANYTHING}),
    },
)


def test_a_state_survives_the_way_to_the_browser_and_back():
    state = State(
        text="beach 12",
        facets={"label": ("cat", "dog")},
        range=Range("similarity", 0.5, None),
        sort=Sort("blur", descending=True),
    )
    assert State.parse(json.loads(json.dumps(state.to_json()))) == state
    assert State.parse({}) == State()


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {"text": 3},
        {"text": "x" * 201},
        {"path": "/etc/passwd"},
        {"facets": []},
        {"facets": {"label": "cat"}},
        {"facets": {"label": [1]}},
        {"facets": {"label": ["x"] * 101}},
        {"facets": {str(number): ["x"] for number in range(51)}},
        {"range": {"low": 0}},
        {"range": {"column": "blur", "low": "0"}},
        {"range": {"column": "blur", "low": True}},
        {"range": {"column": "blur", "low": float("nan")}},
        {"range": {"column": "blur", "middle": 1}},
        {"sort": "blur"},
        {"sort": {"column": "blur", "descending": 1}},
        {"sort": {"column": None}},
    ],
)
def test_a_state_that_cannot_be_is_refused(given):
    with pytest.raises(OptionError):
        State.parse(given)


def test_an_empty_facet_is_no_filter_and_numbers_stay_finite():
    state = State.parse({"facets": {"label": []}, "range": {"column": "x", "high": 10**400}})
    assert state.facets == {}
    assert state.range == Range("x", None, LARGEST)
    json.dumps(state.to_json(), allow_nan=False)


@given(MEMBERS | ANYTHING)
def test_anything_is_a_state_or_refused(given):
    try:
        state = State.parse(given)
    except OptionError:
        pass
    else:
        sent = json.dumps(state.to_json(), allow_nan=False, ensure_ascii=False)
        sent.encode()  # what Jupyter does: half characters would fail
