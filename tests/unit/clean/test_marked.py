import tarfile

import pytest

from fastdup_nb.clean.marked import LAST_ONE, MarkedGroup, plan_marked
from fastdup_nb.clean.plan import Action
from fastdup_nb.clean.results import RunFacts
from tests.pictures import write_pictures


@pytest.fixture
def photos(tmp_path):
    return [str(path) for path in write_pictures(tmp_path / "photos", 6)]


@pytest.fixture
def facts(tmp_path):
    return RunFacts(tmp_path / "results")


def plan_of(marked, groups, photos, facts, **options):
    made = [MarkedGroup(f"group {n}", group) for n, group in enumerate(groups)]
    plan, refused = plan_marked(marked, made, photos.__getitem__, facts, **options)
    return {photos.index(path) for path in plan.files}, refused, plan


def test_what_is_in_no_group_goes(photos, facts):
    going, refused, _ = plan_of([1, 4], [], photos, facts)
    assert going == {1, 4}
    assert refused == {}


def test_the_first_of_a_group_stays_when_all_are_marked(photos, facts):
    going, refused, plan = plan_of([0, 1, 2], [[2, 0, 1]], photos, facts)
    assert going == {0, 1}
    assert refused == {2: LAST_ONE}
    kept = [each for each in plan.decisions if each.action is Action.KEEP]
    assert [each.path for each in kept] == [photos[2]]
    assert {each.keeper for each in plan.going} == {photos[2]}


def test_of_groups_that_overlap_each_keeps_one(photos, facts):
    going, refused, _ = plan_of([0, 1, 2, 3], [[0, 1], [1, 2], [2, 3]], photos, facts)
    for group in ({0, 1}, {1, 2}, {2, 3}):
        assert group - going
    assert set(refused) == {0, 1, 2, 3} - going


def test_what_is_marked_to_be_kept_is_what_the_others_depend_on(photos, facts):
    going, _, plan = plan_of([1], [[0, 1, 2]], photos, facts, wanted=[2])
    assert going == {1}
    assert plan.going[0].keeper == photos[2]


def test_a_group_of_which_the_others_are_missing_keeps_the_marked_one(photos, facts, tmp_path):
    for image in (0, 2):
        (tmp_path / "photos" / f"picture_{image:03d}.jpg").unlink()
    going, refused, _ = plan_of([1], [[0, 1, 2]], photos, facts)
    assert going == set()
    assert refused == {1: LAST_ONE}


def test_missing_files_and_second_names_of_a_file_are_named(photos, facts, tmp_path):
    (tmp_path / "photos" / "picture_003.jpg").unlink()
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "photos")
    photos.append(str(linked / "picture_001.jpg"))
    going, refused, _ = plan_of([1, 3, 6], [], photos, facts)
    assert going == {1}
    assert "no longer there" in refused[3]
    assert "same file" in refused[6]


def test_images_in_archives_stay(photos, facts, tmp_path):
    archive = tmp_path / "photos.tar"
    with tarfile.open(archive, "w") as stream:
        stream.add(photos[0], "a.jpg")
    photos.append(f"{archive}/a.jpg")
    going, refused, _ = plan_of([6], [], photos, facts)
    assert going == set()
    assert "archive" in refused[6]
