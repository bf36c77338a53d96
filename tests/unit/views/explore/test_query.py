import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_nb.errors import OptionError
from fastdup_nb.store import features
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.explore.collection import Collection
from fastdup_nb.views.explore.images import Images
from fastdup_nb.views.explore.query import MOST_LISTED, Filter, run_query
from fastdup_nb.views.explore.state import Range, Sort, State
from tests.unit.views.conftest import write

NAMES = [f"/photos/{'ab'[i % 2]}/Photo {i:03d}.jpg" for i in range(60)]
LABELS = [["cat"], ["dog"], [], ["cat", "dog"], ["bird"]]
BLUR = [float(i * 7 % 23) if i % 11 else np.nan for i in range(60)]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """60 images in two folders, with labels and a statistic that some do not have."""
    place = tmp_path_factory.mktemp("results")
    features.save_features(place, NAMES, np.ones((60, 4), np.float32))
    write(place / "similarity.csv", "from,to,distance\n")
    write(place / "atrain_features.bad.csv", "index,filename,error_code,filesize,reason\n")
    rows = "".join(f"{i},{n},{b}\n" for i, (n, b) in enumerate(zip(NAMES, BLUR, strict=True)))
    write(place / "atrain_stats.csv", "index,filename,blur\n" + rows)
    images = Images(WorkDir.open(place), get_label=[LABELS[i % 5] for i in range(60)])
    return Collection(images).open("statistics")


STATES = st.builds(
    State,
    text=st.sampled_from(["", "photo", "CAT", "a/", "00", "photo 01", "cat 2", "zebra"]),
    facets=st.dictionaries(
        st.sampled_from(["label", "folder"]),
        st.lists(st.sampled_from(["cat", "dog", "(none)", "a", "b", "nothing"]), min_size=1).map(
            tuple
        ),
    ),
    range=st.none()
    | st.builds(
        Range,
        st.just("blur"),
        st.none() | st.integers(-1, 24).map(float),
        st.none() | st.integers(-1, 24).map(float),
    ),
    sort=st.none() | st.builds(Sort, st.just("blur"), st.booleans()),
)


def naive_rows(state, leave_out=""):
    """The images that pass, one by one and slowly."""
    found = []
    for image, name in enumerate(NAMES):
        labels = LABELS[image % 5]
        text = [name.removeprefix("/photos/").lower(), *labels]
        folder = name.split("/")[2]
        values = {"label": labels or ["(none)"], "folder": [folder]}
        passes = all(any(word in part for part in text) for word in state.text.lower().split())
        for facet, wanted in state.facets.items():
            passes &= facet == leave_out or bool(set(wanted) & set(values[facet]))
        limits = state.range
        if limits and not (limits.low is limits.high is None) and leave_out != "range":
            low = -np.inf if limits.low is None else limits.low
            high = np.inf if limits.high is None else limits.high
            passes &= low <= BLUR[image] <= high
        if passes:
            found.append(image)
    return found


@given(STATES)
@settings(max_examples=150, deadline=None)
def test_a_query_gives_what_looking_one_by_one_gives(table, state):
    answer = run_query(table, state)
    shown = table.rows.first[answer.order].tolist()
    assert sorted(shown) == naive_rows(state)
    assert answer.images == len(shown)
    assert answer.total == 60


@given(STATES)
@settings(max_examples=100, deadline=None)
def test_each_facet_is_counted_under_the_others(table, state):
    answer = run_query(table, state)
    for facet in answer.facets:
        counts = dict(facet.values)
        rows = naive_rows(state, leave_out=facet.name)
        if facet.name == "label":
            wanted = {"cat": 0, "dog": 0, "bird": 0, "(none)": 0}
            for image in rows:
                for label in LABELS[image % 5] or ["(none)"]:
                    wanted[label] += 1
        else:
            wanted = {"a": 0, "b": 0}
            for image in rows:
                wanted[NAMES[image].split("/")[2]] += 1
        chosen = set(state.facets.get(facet.name, ())) & set(wanted)
        assert counts == {k: v for k, v in wanted.items() if v or k in chosen}
        assert set(facet.chosen) == chosen


@given(STATES)
@settings(max_examples=100, deadline=None)
def test_the_order_is_that_of_the_values_and_what_has_none_comes_last(table, state):
    sort = state.sort or table.sort
    answer = run_query(table, state)
    values = table.column("blur").values[answer.order]
    known = values[np.isfinite(values)]
    assert np.isnan(values[len(known) :]).all()
    steps = np.diff(known)
    assert (steps <= 0 if sort.descending else steps >= 0).all()


@given(STATES)
@settings(max_examples=60, deadline=None)
def test_the_histogram_counts_rows_with_and_without_the_range(table, state):
    histogram = run_query(table, state).histogram
    without = [BLUR[i] for i in naive_rows(state, leave_out="range")]
    within = [BLUR[i] for i in naive_rows(state)]
    if histogram is None:
        assert np.isnan(without).all()
        return
    assert len(histogram.edges) == len(histogram.counts) + 1
    assert histogram.counts.sum() == np.isfinite(without).sum()
    assert histogram.inside.sum() == np.isfinite(within).sum()
    assert (histogram.inside <= histogram.counts).all()


def test_unknown_names_are_refused_with_those_that_are(table):
    for state in (
        State(facets={"lable": ("cat",)}),
        State(range=Range("blurr", 0, 1)),
        State(sort=Sort("blurr")),
    ):
        with pytest.raises(OptionError) as caught:
            run_query(table, state)
        assert "blur" in str(caught.value) or "label" in str(caught.value)


def test_ten_thousand_labels_are_listed_in_part_and_can_be_looked_up(tmp_path):
    names = [f"/p/{i}.jpg" for i in range(10_000)]
    features.save_features(tmp_path, names, np.ones((10_000, 1), np.float32))
    write(tmp_path / "similarity.csv", "from,to,distance\n")
    rows = "".join(f"{i},{name},{i}\n" for i, name in enumerate(names))
    write(tmp_path / "atrain_stats.csv", "index,filename,blur\n" + rows)
    labels = [f"label {i}" for i in range(10_000)]
    found = Collection(Images(WorkDir.open(tmp_path), get_label=labels)).open("statistics")
    state = State(facets={"label": ("label 9999",)})
    facet = next(f for f in run_query(found, state).facets if f.name == "label")
    assert len(facet.values) == MOST_LISTED + 1
    assert facet.values[-1] == ("label 9999", 1)
    assert facet.more == 10_000 - MOST_LISTED
    looked_up = Filter(found, state).count(found.facet("label"), containing="EL 999")
    assert [text for text, _ in looked_up.values][:1] == ["label 999"]
    assert len(looked_up.values) == 11
