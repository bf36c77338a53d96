"""Marks carried out on real files, and taken back."""

import pandas as pd
import pytest

from fastdup_nb import undo
from fastdup_nb.errors import OptionError, WorkDirLockedError
from fastdup_nb.widget.explorer import Explorer
from tests.unit.widget.conftest import Browser, label_of

A, B, C, D, E, HOSTILE, F = range(7)


def there(place):
    return [image for image in range(7) if place.path(image).is_file()]


def apply(browser):
    return browser.ask("apply", token=browser.ask("plan")["token"])


def test_marked_files_go_to_the_trash_after_the_plan_was_confirmed_and_come_back(
    browser, explorer, place
):
    explorer.selected = [B, D]
    browser.ask("mark", ids=[B, C], action="delete")
    plan = browser.ask("plan")
    assert (plan["delete"], plan["relabel"], plan["refused"]) == (2, 0, [])
    assert "2 files" in plan["text"][0]
    assert plan["text"][1] == "b.jpg, c.jpg"
    assert len(there(place)) == 7  # nothing has happened yet
    done = browser.ask("apply", token=plan["token"])
    assert done["undo"] is True
    assert "2 files" in " ".join(done["text"])
    assert "undo(" not in " ".join(done["text"])
    assert there(place) == [A, D, E, HOSTILE, F]
    assert explorer.marks == {}
    assert explorer.selected == [D]
    assert browser.unasked("changed")[-1] == {
        "kind": "changed",
        "what": ["rows", "images"],
        "ids": [B, C],
    }
    assert browser.order("duplicates") == [3]
    assert browser.order("groups") == [1]
    back = browser.ask("undo")
    assert "2 files put back" in " ".join(back["text"])
    assert len(there(place)) == 7
    assert browser.order("duplicates") == [0, 1, 2, 3]
    assert explorer.can_undo["apply"] is False


def test_a_group_never_loses_its_last_image(browser, explorer, place):
    browser.ask("mark", ids=[A, B, C, D, E], action="delete")
    plan = browser.ask("plan")
    refused = dict(plan["refused"])
    assert set(refused) == {A, E}  # the largest of each group
    assert "one stays" in refused[A]
    done = browser.ask("apply", token=plan["token"])
    assert there(place) == [A, E, HOSTILE, F]
    assert {image for image, _ in done["left"]} == {A, E}
    # What stays keeps its mark, so that the user sees what is left to decide.
    assert set(explorer.marks) == {"0", "4"}


def test_whole_groups_go_when_python_says_so(explorer, place):
    explorer.mark([D, E], "delete")
    assert len(explorer.plan().files) == 1
    assert len(explorer.plan(whole_groups=True).files) == 2
    explorer.apply(whole_groups=True)
    assert there(place) == [A, B, C, HOSTILE, F]


def test_an_image_goes_only_while_the_one_that_stays_is_there(explorer, browser, place):
    browser.ask("mark", ids=[B, C], action="delete")
    token = browser.ask("plan")["token"]
    place.path(A).unlink()
    done = browser.ask("apply", token=token)
    assert there(place) == [B, C, D, E, HOSTILE, F]
    assert "cannot be relied on" in dict(done["left"])[B]


def test_a_token_works_once_and_only_for_the_marks_it_was_made_for(browser, place):
    browser.ask("mark", ids=[B], action="delete")
    first = browser.ask("plan")["token"]
    second = browser.ask("plan")["token"]
    assert "not the latest" in browser.ask("apply", token=first)["error"]["message"]
    assert "not the latest" in browser.ask("apply", token=second)["error"]["message"]
    token = browser.ask("plan")["token"]
    browser.ask("mark", ids=[D], action="delete")
    assert "changed" in browser.ask("apply", token=token)["error"]["message"]
    assert len(there(place)) == 7
    assert apply(browser)["undo"] is True
    assert there(place) == [A, C, E, HOSTILE, F]


def test_changed_and_missing_files_stay_and_are_named(browser, place):
    browser.ask("mark", ids=[B, D, F], action="delete")
    place.path(F).unlink()
    place.path(D).write_bytes(place.path(D).read_bytes() + b"more")
    plan = browser.ask("plan")
    refused = dict(plan["refused"])
    assert "no longer there" in refused[F]
    assert "changed since the run" in refused[D]
    token = plan["token"]
    place.path(B).write_bytes(b"another picture")
    done = browser.ask("apply", token=token)
    assert "changed since the plan" in dict(done["left"])[B]
    assert there(place) == [A, B, C, D, E, HOSTILE]


def test_labels_are_corrected_in_a_file_of_the_work_dir_and_taken_back(browser, explorer, place):
    browser.ask("mark", ids=[C], action="relabel", label="<b>lynx</b>")
    assert browser.ask("plan")["relabel"] == 1
    done = apply(browser)
    assert "corrected_labels.csv" in " ".join(done["text"])
    file = place.results.path / "corrected_labels.csv"
    table = pd.read_csv(file)
    assert dict(zip(table["filename"], table["label"], strict=True)) == {
        str(place.path(image)): "<b>lynx</b>" if image == C else label_of(str(place.path(image)))
        for image in range(7)
    }
    assert "<b>lynx</b>" in explorer.labels
    assert browser.ask("images", ids=[C])["images"][0]["labels"] == ["<b>lynx</b>"]
    # The file is what every gallery takes as labels.
    again = Explorer(place.results, get_label=file)
    again.mark([C], "keep")
    assert again.marked["label"].tolist() == ["<b>lynx</b>"]
    again.close()
    browser.ask("undo")
    assert not file.exists()
    assert browser.ask("images", ids=[C])["images"][0]["labels"] == ["cats"]


def test_undo_in_python_takes_back_what_another_program_cleaned(explorer, browser, place):
    other = Explorer(place.results)
    other.mark([F], "delete")
    other.apply()
    other.close()
    assert F not in there(place)
    late = Explorer(place.results)  # opened after the file had gone
    late.show("statistics")
    assert F not in late.matching["id"].tolist()
    late.undo()
    assert F in there(place)
    assert F in late.matching["id"].tolist()
    late.close()
    explorer.mark([F], "delete")
    explorer.apply()
    assert undo(place.results.path) == [str(place.path(F))]


def test_a_work_dir_in_use_is_an_error_and_nothing_is_done(browser, explorer, place):
    explorer.mark([B], "delete")
    with place.results.lock():
        error = apply(browser)["error"]
        assert "in use" in error["message"]
        with pytest.raises(WorkDirLockedError):
            explorer.apply()
    assert len(there(place)) == 7
    assert set(explorer.marks) == {"1"}


def test_nothing_marked_is_nothing_done(explorer, browser):
    assert browser.ask("plan")["text"] == ["Nothing is marked to be deleted or relabelled."]
    assert explorer.apply() == ["Nothing was changed."]
    explorer.mark([A], "keep")
    assert browser.ask("plan")["delete"] == 0


def test_marks_of_an_image_that_has_gone_are_not_taken(explorer, place):
    explorer.mark([B], "delete")
    explorer.apply()
    explorer.mark([B], "keep")
    assert explorer.marks == {}
    with pytest.raises(OptionError):
        explorer.mark([B], "relabel", "")


def test_two_front_ends_see_the_same_marks(place):
    explorer = Explorer(place.results)
    first, second = Browser(explorer), None
    first.ask("hello", nonce="1", buffers=[b"1"])
    first.ask("mark", ids=[B], action="delete")
    second = Browser(explorer)
    second.ask("hello", nonce="2", buffers=[b"1"])
    assert second.ask("plan")["delete"] == 1
    explorer.close()
