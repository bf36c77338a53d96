import re

from fastdup_nb.render import words
from fastdup_nb.render.html import summary_html
from fastdup_nb.render.text import summary_text
from fastdup_nb.views.copies import Groups
from fastdup_nb.views.photos import PhotoFinding
from fastdup_nb.views.summary import BadFiles, Components, Share, Summary

SUMMARY = Summary(
    work_dir="/results",
    images_listed=1200,
    images_good=1198,
    images_bad=2,
    bad=(BadFiles("ERROR_CORRUPT_IMAGE", "corrupt or cut off", 2, ("p/<b>x<b>.jpg",)),),
    shares=(Share("in a group of exact copies", 7, 0.6), Share("could not be used", 2, 0.2)),
    copies=Groups(3, 7, 3),
    near_pairs=45,
    near_images=24,
    threshold=0.9,
    lowest=0.901,
    highest=1.0,
    components=(Components(0.96, Groups(4, 12, 6)), Components(0.85, Groups())),
    outlier_images=60,
    outlier_examples=("a/b/noise\x1b[31m.jpg",),
    photos=(PhotoFinding("dark", "mean below 25.5", 1, ("c/d.jpg",)),),
    next_steps=("See why: f('x').y()", "Nothing else."),
)


def test_the_text_says_all_and_fits():
    text = summary_text(SUMMARY, width=78)
    assert max(map(len, text.splitlines())) <= 78
    flat = re.sub(r"\s+", " ", text)
    for part in (
        "1,200 images in /results",
        "0.6 % 7 in a group of exact copies",
        "exact copies 7 in 3 groups, the largest of 3; 4 images more than needed",
        "near-duplicates 24 in 45 pairs of similarity 0.9 or more",
        "similarity 0.9010 to 1.0000",
        "components 12 in 4 groups, the largest of 6 (ccthreshold 0.96)",
        "components 0 none (ccthreshold 0.85)",
        "and 59 more",
        "maybe dark 1 mean below 25.5: c/d.jpg",
        "corrupt or cut off 2 p/<b>x<b>.jpg and 1 more",
        "See why: f('x').y()",
    ):
        assert part in flat


def test_control_characters_do_not_reach_the_terminal():
    assert "\x1b" not in summary_text(SUMMARY)


def test_lines_are_not_padded():
    assert all(line == line.rstrip() for line in summary_text(SUMMARY, width=60).splitlines())


def test_similarity_alone_is_not_called_a_copy():
    from dataclasses import replace

    text = summary_text(replace(SUMMARY, copies_basis="similarity"))
    assert "identical (similarity 1)" in text
    assert "exact copies  " not in text


def test_the_fragment_is_static_and_escaped():
    text = summary_html(SUMMARY)
    assert "<script" not in text
    assert "&lt;b&gt;x&lt;b&gt;" in text
    assert "<b>" not in text
    assert "1,200 images" in text
    assert "width:0.6%" in text


def test_sizes():
    texts = [words.word_size(n) for n in (999, 1000, 24_130, 999_499, 999_500, 5_000_000, 10**10)]
    assert texts == ["999 B", "1.0 kB", "24 kB", "999 kB", "1.0 MB", "5.0 MB", "10.0 GB"]


def test_common_folder():
    assert words.common_folder(["/a/b/c.jpg", "/a/b/d/e.jpg"]) == "/a/b"
    assert words.common_folder(["/a/b.jpg", "/c/d.jpg"]) == ""
    assert words.common_folder(["/a/b.jpg", "c/d.jpg"]) == ""
    assert words.common_folder([]) == ""
    assert words.common_folder(["s3://b/x/1.jpg", "s3://b/x/y/2.jpg"]) == "s3://b/x"
    assert words.common_folder(["s3://a/1.jpg", "s3://b/1.jpg"]) == ""
    assert words.common_folder(["s3://a/1.jpg", "/a/1.jpg"]) == ""
    assert words.common_folder(["c:/a/1.jpg", "c:/a/2.jpg"]) == "c:/a"
    assert words.relative_name("/a/b/c.jpg", "/a/b") == "c.jpg"
    assert words.relative_name("/a/bc.jpg", "/a/b") == "/a/bc.jpg"
