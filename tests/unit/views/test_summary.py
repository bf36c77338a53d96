import re

import pytest

from fastdup_nb.session import Fastdup
from fastdup_nb.views.copies import Groups
from fastdup_nb.views.summary import build_summary, round_together, steps_in_notebook


def test_images_pairs_and_groups_are_counted_apart(ours):
    summary = build_summary(ours)
    assert (summary.images_listed, summary.images_good, summary.images_bad) == (9, 6, 3)
    assert summary.copies == Groups(groups=1, images=2, largest=2)
    assert summary.copies.redundant == 1
    assert summary.copies_basis == "content"
    assert (summary.near_pairs, summary.near_images) == (2, 4)
    assert [(c.threshold, c.found.groups, c.found.images) for c in summary.components] == [
        (0.95, 2, 4)
    ]
    assert summary.outlier_images == 2
    assert summary.outlier_examples[0].endswith("f.jpg")  # the worst first
    assert (summary.lowest, summary.highest, summary.threshold) == (0.91, 1.0, 0.9)


def test_every_listed_image_is_in_one_part_and_percentages_add_up(ours):
    summary = build_summary(ours)
    assert [share.images for share in summary.shares] == [2, 3, 1, 3]
    assert sum(share.images for share in summary.shares) == summary.images_listed
    assert sum(share.percent for share in summary.shares) == pytest.approx(100, abs=1e-9)


@pytest.mark.parametrize("counts", [[1, 1, 1], [0, 0, 7], [2, 3, 1, 3], [1, 999, 999]])
def test_rounded_percentages_add_up(counts):
    assert sum(round_together(counts)) == pytest.approx(100, abs=1e-9)


def test_no_image_gives_no_percentage():
    assert round_together([0, 0]) == [0.0, 0.0]


def test_bad_files_are_named_by_reason_most_frequent_first(ours):
    bad = build_summary(ours).bad
    assert [(b.code, b.reason, b.count) for b in bad] == [
        ("ERROR_CORRUPT_IMAGE", "corrupt or cut off", 2),
        ("ERROR_ZERO_SIZE_FILE", "empty file", 1),
    ]
    assert bad[1].examples[0].endswith("x,1.jpg")


def test_photos_are_found_by_their_statistics(ours):
    found = {photo.name: photo for photo in build_summary(ours).photos}
    assert {name: photo.count for name, photo in found.items()} == {
        "blurry": 1,
        "dark": 1,
        "bright": 1,
        "tiny": 1,
    }
    assert found["blurry"].examples[0].endswith("c.jpg")
    assert found["tiny"].examples[0].endswith("f.jpg")


def test_next_steps_are_calls_that_work(ours):
    steps = build_summary(ours).next_steps
    calls = [step.partition(": ")[2] for step in steps]
    assert f"fastdup_nb.Fastdup({str(ours.path)!r}).invalid_instances()" in calls
    assert len(calls) == 5
    for call in calls:
        compile(call, "next step", "eval")


def test_next_steps_in_a_notebook_are_calls_of_the_object(ours):
    steps = steps_in_notebook(build_summary(ours))
    assert ("Why a file could not be used", "fd.invalid_instances()") in steps
    fd = Fastdup(ours.path)
    for _, call in steps:
        name = re.fullmatch(r"fd\.(\w+)\((?:\"\w+\")?\)", call)
        assert name
        assert callable(getattr(fd, name[1]))
    report = fd._repr_html_()
    assert "fd.invalid_instances()" in report
    assert "fastdup_nb." not in report


def test_a_work_dir_of_the_original_is_counted_in_images(original):
    summary = build_summary(original)
    assert (summary.images_listed, summary.images_bad) == (4, 1)
    assert summary.copies == Groups(groups=1, images=2, largest=2)
    assert summary.copies_basis == "similarity"
    assert (summary.near_pairs, summary.near_images) == (1, 2)
    # its column `count` holds 4: twice the edges
    assert summary.components[0].found == Groups(groups=1, images=2, largest=2)
    assert summary.bad[0].reason == "too small"
    assert summary.outlier_images == 0
    assert summary.photos[0].examples == ()  # its statistics name no file
    assert summary.threshold is None


def test_several_component_thresholds_are_reported_each(ours):
    table = ours.path / "connected_components.csv"
    (ours.path / "connected_components_0.850000.csv").write_text(table.read_text())
    (ours.path / "connected_components_hierarchical_.csv").write_text("x\n1\n")
    table.unlink()
    assert [c.threshold for c in build_summary(ours).components] == [0.85]


def test_a_run_without_findings_gives_a_summary(ours):
    for name in ("similarity.csv", "outliers.csv", "connected_components.csv", "atrain_stats.csv"):
        (ours.path / name).unlink()
    (ours.path / "atrain_features.bad.csv").write_text("index,filename,error_code,filesize\n")
    summary = build_summary(ours)
    assert summary.images_listed == 6
    assert summary.copies.images == 2  # contents are still known
    assert (summary.near_pairs, summary.lowest, summary.photos) == (0, None, ())


def test_the_frame_has_one_row_per_finding(ours):
    frame = build_summary(ours).to_frame()
    assert list(frame.columns) == ["finding", "images", "pairs", "groups"]
    row = frame.set_index("finding").loc["near-duplicates"]
    assert (row["images"], row["pairs"]) == (4, 2)
    assert frame["groups"].isna().any()
