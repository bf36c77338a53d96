import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_nb.errors import OptionError
from fastdup_nb.widget.marks import MOST_STEPS, Mark, Marks

KEEP, DELETE = Mark.make("keep"), Mark.make("delete")


def test_marks_are_set_taken_back_and_done_again():
    marks = Marks()
    assert marks.change({1: DELETE, 2: DELETE}, "delete 2") == 2
    assert marks.change({2: KEEP, 1: DELETE}, "keep 1") == 1
    assert marks.to_json() == {"1": {"action": "delete"}, "2": {"action": "keep"}}
    assert marks.undo() == "keep 1"
    assert marks.get(2) == DELETE
    assert marks.redo() == "keep 1"
    assert marks.get(2) == KEEP
    marks.undo()
    marks.undo()
    assert marks.to_json() == {}
    assert marks.undo() == ""
    marks.change({3: Mark.make("relabel", " cat ")}, "relabel")
    assert not marks.can_redo
    assert marks.to_json() == {"3": {"action": "relabel", "label": "cat"}}


@pytest.mark.parametrize(
    ("action", "label"), [("relabel", None), ("relabel", "  "), ("delete", "cat"), ("trash", None)]
)
def test_a_mark_that_makes_no_sense_is_refused(action, label):
    with pytest.raises(OptionError):
        Mark.make(action, label)


CHANGES = st.dictionaries(st.integers(0, 5), st.none() | st.sampled_from([KEEP, DELETE]))


@given(st.lists(CHANGES | st.sampled_from(["undo", "redo"]), max_size=30))
def test_undo_and_redo_walk_along_what_was_done(steps):
    marks = Marks()
    past, future = [{}], []
    for step in steps:
        if step == "undo":
            marks.undo()
            if len(past) > 1:
                future.append(past.pop())
        elif step == "redo":
            marks.redo()
            if future:
                past.append(future.pop())
        elif marks.change(step, "step"):
            after = {**past[-1], **step}
            past.append({image: mark for image, mark in after.items() if mark})
            future = []
        assert {int(image): Mark(**mark) for image, mark in marks.to_json().items()} == past[-1]
        assert marks.can_undo == (len(past) > 1)
        assert marks.can_redo == bool(future)


def test_steps_are_not_kept_for_ever():
    marks = Marks()
    for number in range(MOST_STEPS + 50):
        marks.change({number: DELETE}, "delete 1")
    count = 0
    while marks.undo():
        count += 1
    assert count == MOST_STEPS
