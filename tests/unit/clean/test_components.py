import math
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from fastdup_nb.clean.components import LABEL_WAYS, dominant_label, plan_components
from fastdup_nb.clean.groups import Group, read_groups, select_by_id
from fastdup_nb.clean.plan import Action
from fastdup_nb.errors import OptionError
from tests.pictures import draw


def by_action(plan):
    found = {}
    for decision in plan.decisions:
        found.setdefault(decision.action.value, []).append(Path(decision.path).name)
    return found


def test_one_image_stays_and_the_plan_says_why(cluster, facts, photos):
    plan = plan_components([cluster], facts)
    keeper, *rest = plan.decisions
    assert (keeper.action, keeper.path) == (Action.KEEP, str(photos / "large.jpg"))
    assert keeper.why == "kept: most pixels"
    assert {decision.action for decision in rest} == {Action.DELETE}
    assert all(decision.keeper == keeper.path for decision in rest)
    assert all(decision.why == "similar (cluster at 0.9700)" for decision in rest)
    assert plan.freed == sum(Path(path).stat().st_size for path in plan.files)
    assert list(plan.to_frame()["action"]) == ["keep", "delete", "delete", "delete"]


def test_exact_copies_are_told_from_similar_images(cluster, facts, photos):
    plan = plan_components([cluster], facts, keep="first")
    exact = {os.path.relpath(d.path, photos): d.exact for d in plan.going}
    assert exact == {"sub/a.jpg": True, "large.jpg": False, "small.jpg": False}


@pytest.mark.parametrize(
    ("keep", "name"), [("largest", "large.jpg"), ("first", "a.jpg"), ("oldest", "small.jpg")]
)
def test_the_rule_decides(cluster, facts, photos, keep, name):
    os.utime(photos / "small.jpg", (1_000_000_000, 1_000_000_000))
    plan = plan_components([cluster], facts, keep=keep)
    assert Path(plan.decisions[0].path).name == name


def test_the_date_in_a_photo_counts_before_that_of_its_file(cluster, facts, photos):
    from PIL import Image

    with Image.open(photos / "a.jpg") as image:
        exif = image.getexif()
        exif.get_ifd(0x8769)[0x9003] = "2001:02:03 04:05:06"
        image.save(photos / "small.jpg", exif=exif)
    os.utime(photos / "large.jpg", (1_100_000_000, 1_100_000_000))  # 2004
    plan = plan_components([cluster], facts, keep="oldest")
    assert Path(plan.decisions[0].path).name == "small.jpg"


def test_the_sharpest_stays(facts, tmp_path):
    from PIL import ImageFilter

    draw(0).filter(ImageFilter.GaussianBlur(4)).save(tmp_path / "soft.jpg")
    draw(0).save(tmp_path / "sharp.jpg")
    group = Group("0", (str(tmp_path / "soft.jpg"), str(tmp_path / "sharp.jpg")), 0.99)
    plan = plan_components([group], facts, keep="sharpest")
    assert Path(plan.decisions[0].path).name == "sharp.jpg"


def test_a_keeper_that_cannot_be_read_is_not_relied_on(cluster, facts, photos):
    half = (photos / "large.jpg").read_bytes()
    (photos / "large.jpg").write_bytes(half[: len(half) // 2])
    plan = plan_components([cluster], facts, keep="largest")
    found = by_action(plan)
    assert found["keep"] == ["a.jpg"]
    assert found["stay"] == ["large.jpg"]
    assert sorted(found["delete"]) == ["a.jpg", "small.jpg"]


def test_nothing_goes_when_no_image_can_be_read(cluster, facts):
    for path in cluster.files:
        Path(path).write_bytes(b"no image")
    plan = plan_components([cluster], facts)
    assert plan.going == []
    assert set(by_action(plan)) == {"stay"}


def test_the_last_image_that_is_there_stays(cluster, facts):
    for path in cluster.files[1:]:
        Path(path).unlink()
    plan = plan_components([cluster], facts)
    assert by_action(plan) == {"keep": ["a.jpg"], "gone": ["a.jpg", "large.jpg", "small.jpg"]}


def test_all_of_a_cluster_go_only_when_asked(cluster, facts):
    plan = plan_components([cluster], facts, how="all")
    assert sorted(plan.files) == sorted(cluster.files)
    assert all("how='all'" in decision.why for decision in plan.going)


def test_only_clusters_above_the_distance_are_cleaned(cluster, facts):
    assert plan_components([cluster], facts, min_distance=0.97).going == []  # larger, not equal
    assert len(plan_components([cluster], facts, min_distance=0.9699).going) == 3
    unknown = replace(cluster, distance=math.nan)
    plan = plan_components([unknown], facts, min_distance=0.0)
    assert plan.going == []
    assert "1 of 1 clusters" in plan.notes[0]


def test_a_link_to_the_keeper_goes_and_the_file_of_a_link_stays(facts, tmp_path):
    draw(0).save(tmp_path / "real.jpg")
    link = tmp_path / "another.jpg"
    link.symlink_to(tmp_path / "real.jpg")
    group = Group("0", (str(link), str(tmp_path / "real.jpg")), 1.0)
    plan = plan_components([group], facts, keep="first")
    assert by_action(plan) == {"keep": ["real.jpg"], "delete": ["another.jpg"]}


def test_a_file_that_a_kept_link_leads_to_stays(facts, tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    draw(0).save(tmp_path / "x" / "real.jpg")
    draw(0).save(tmp_path / "x" / "copy.jpg")
    link = tmp_path / "y" / "link.jpg"
    link.symlink_to(tmp_path / "x" / "real.jpg")
    dangling = tmp_path / "y" / "gone.jpg"
    dangling.symlink_to(tmp_path / "nowhere.jpg")
    # Two clusters: the keeper of the first is a link to an image of the second.
    first = Group("0", (str(link), str(dangling)), 1.0)
    second = Group("1", (str(tmp_path / "x" / "copy.jpg"), str(tmp_path / "x" / "real.jpg")), 1.0)
    plan = plan_components([first, second], facts, keep="first")
    stays = {d.path: d.why for d in plan.decisions if d.action is Action.STAY}
    assert stays == {str(tmp_path / "x" / "real.jpg"): "a kept image is a link to it"}
    assert plan.going == []


def test_one_file_under_two_linked_folders_is_one_file(facts, tmp_path):
    (tmp_path / "real").mkdir()
    draw(0).save(tmp_path / "real" / "a.jpg")
    (tmp_path / "linked").symlink_to(tmp_path / "real", target_is_directory=True)
    group = Group("0", tuple(str(tmp_path / f / "a.jpg") for f in ("real", "linked")), 1.0)
    plan = plan_components([group], facts)
    assert plan.going == []
    assert "the same file as" in plan.decisions[1].why


def test_a_file_in_several_clusters_stays(facts, photos):
    a, b, c = (str(photos / name) for name in ("a.jpg", "large.jpg", "small.jpg"))
    plan = plan_components([Group("0", (a, b), 1.0), Group("1", (b, c), 1.0)], facts)
    assert plan.going == []


def test_a_file_is_deleted_once(facts, photos):
    a, b = str(photos / "a.jpg"), str(photos / "large.jpg")
    plan = plan_components([Group("0", (a, b, a), 1.0), Group("1", (b, a), 1.0)], facts, how="all")
    assert plan.files == [a, b]


@pytest.mark.parametrize(
    "wrong",
    [
        {"how": "none"},
        {"how": "majority"},  # of the function by label only
        {"keep": "nicest"},
        {"min_distance": "much"},
        {"min_distance": math.nan},
        {"min_items": 1.5},
    ],
)
def test_options_that_cannot_be_used_are_refused(cluster, facts, wrong):
    with pytest.raises(OptionError):
        plan_components([cluster], facts, **wrong)


# by label


def majority(group, facts, **options):
    return plan_components([group], facts, how="majority", ways=LABEL_WAYS, **options)


def test_by_majority_other_labels_stay_to_be_looked_at(cluster, facts):
    plan = majority(replace(cluster, labels=("cat", "cat", "dog", "cat")), facts)
    assert by_action(plan) == {
        "keep": ["a.jpg"],
        "delete": ["a.jpg", "small.jpg"],
        "stay": ["large.jpg"],
    }
    assert "'cat'" in next(d.why for d in plan.decisions if d.action is Action.STAY)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("a", "a", "b", "c"), "a"),
        (("a", "a", "b", "b"), None),
        (("a", "b", "c", "d"), None),
        (("N/A", "N/A", "N/A", "a"), None),
        (("a",), "a"),
    ],
)
def test_a_majority_is_half_or_more_and_no_tie(labels, expected):
    assert dominant_label(labels) == expected


def test_without_a_majority_nothing_goes(cluster, facts):
    plan = majority(replace(cluster, labels=("a", "b", "c", "d")), facts)
    assert plan.going == []
    assert all("no label has a majority" in d.why for d in plan.decisions)


def test_a_majority_without_labels_is_an_error(cluster, facts):
    with pytest.raises(OptionError, match="needs labels"):
        majority(cluster, facts)


# reading tables


def test_a_table_and_its_csv_give_the_same(table, tmp_path):
    table["label"] = [["a", "b", "c", "d'\"]"]]
    table.to_csv(tmp_path / "top.csv", index=False)
    assert read_groups(tmp_path / "top.csv") == read_groups(table)
    assert read_groups(table)[0].labels == ("a", "b", "c", "d'\"]")


def test_labels_is_another_name_of_label(table):
    (group,) = read_groups(table.assign(labels=[list("abcd")]))
    assert (group.key, group.labels) == ("7", ("a", "b", "c", "d"))


def test_k_means_clusters_are_no_copies(table):
    with pytest.raises(OptionError, match="k-means clusters"):
        read_groups(table.rename(columns={"component_id": "cluster"}))


@pytest.mark.parametrize("suffix", [".pkl", ".pickle"])
def test_a_pickle_is_never_opened(tmp_path, suffix):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "executed"),))

    import pickle

    path = tmp_path / f"top{suffix}"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(OptionError, match="is a pickle"):
        read_groups(path)
    assert not (tmp_path / "executed").exists()


def test_cells_of_a_csv_run_nothing(tmp_path):
    path = tmp_path / "top.csv"
    path.write_text("component_id,files,distance\n0,\"__import__('os').mkdir('x')\",1\n")
    with pytest.raises(OptionError, match="does not hold lists"):
        read_groups(path)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"component_id": [0]}),
        pd.DataFrame({"files": [["a"]]}),
        pd.DataFrame({"files": [["a"]], "distance": ["x"]}),
        pd.DataFrame({"files": [3], "distance": [1.0]}),
        pd.DataFrame({"files": [["a", "b"]], "distance": [1.0], "label": [["a"]]}),
    ],
)
def test_a_table_of_another_kind_is_refused(frame):
    with pytest.raises(OptionError):
        read_groups(frame)


def test_a_table_grouped_by_label_is_refused():
    frame = pd.DataFrame(
        {"label": ["cat"], "files": [["a", "b"]], "component_id": [[1, 2]], "distance": [0.99]}
    )
    with pytest.raises(OptionError, match="grouped by label"):
        read_groups(frame)


def test_ids_are_chosen_whatever_their_type(table):
    import numpy as np

    groups = read_groups(table)
    for ids in ([7], [np.int64(7)], [7.0], 7, (7,)):
        assert select_by_id(groups, ids) == groups
    assert select_by_id(groups, []) == []
    assert select_by_id(groups, None) == groups
    with pytest.raises(OptionError, match="no component 8"):
        select_by_id(groups, [7, 8])


def test_a_keeper_of_equal_size_is_the_first(facts, photos):
    shutil.copy(photos / "a.jpg", photos / "z.jpg")
    group = Group("0", (str(photos / "z.jpg"), str(photos / "a.jpg")), 1.0)
    assert plan_components([group], facts).decisions[0].path == str(photos / "z.jpg")


def test_two_names_of_one_file_are_one_file(facts, photos, monkeypatch):
    """As where upper and lower case are one, or a folder is mounted twice."""
    from fastdup_nb.clean import components
    from fastdup_nb.clean.content import look_at

    draw(0).save(photos / "A.JPG", format="jpeg")
    (photos / "a.jpg").unlink()
    (photos / "a.jpg").hardlink_to(photos / "A.JPG")
    monkeypatch.setattr(components, "look_at", lambda path: replace(look_at(path), names=1))
    names = tuple(str(photos / name) for name in ("A.JPG", "a.jpg"))
    plan = plan_components([Group("0", names, 1.0)], facts)
    assert plan.going == []
    assert "the same file as" in plan.decisions[1].why


def test_a_hard_link_may_go_and_the_file_is_still_there(facts, photos):
    (photos / "again.jpg").hardlink_to(photos / "a.jpg")
    names = tuple(str(photos / name) for name in ("a.jpg", "again.jpg"))
    plan = plan_components([Group("0", names, 1.0)], facts)
    assert by_action(plan) == {"keep": ["a.jpg"], "delete": ["again.jpg"]}
    assert plan.going[0].exact


def test_components_of_unknown_likeness_are_not_guessed_at():
    frame = pd.DataFrame({"filename": ["a", "b"], "component_id": [0, 0]})
    with pytest.raises(OptionError, match="not known"):
        read_groups(frame)
