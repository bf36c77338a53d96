import pandas as pd
import pytest

from fastdup_nb.errors import (
    InputNotFoundError,
    OptionError,
    ResultNotFoundError,
)
from fastdup_nb.views.duplicates import build_duplicates


def names(view):
    return ["".join(p.rpartition("/")[2][0] for p in pair(row)) for row in view.rows]


def pair(row):
    return row.first.path, row.second.path


def frame(*rows):
    return pd.DataFrame(rows, columns=["from", "to", "distance"])


def test_mirrored_pairs_are_merged_before_they_are_counted(ours):
    view = build_duplicates(ours, num_images=2)
    assert names(view) == ["ab", "de"]
    assert (view.shown, view.matching, view.total) == (2, 3, 3)
    assert view.headline == "2 of 3 pairs"


def test_counts_are_worded_with_thousands():
    rows = [(f"/x/{i}.jpg", f"/y/{i}.jpg", 0.5) for i in range(1503)]
    assert build_duplicates(frame(*rows)).headline == "20 of 1,503 pairs"


def test_an_image_is_no_pair_with_itself():
    view = build_duplicates(frame(("/a", "/a", 1.0), ("/a", "/b", 0.9)))
    assert [pair(row) for row in view.rows] == [("/a", "/b")]


def test_least_similar_first(ours):
    view = build_duplicates(ours, descending=False)
    assert [row.similarity for row in view.rows] == [0.91, 0.97, 1.0]
    assert view.filters == "least similar first"


def test_threshold_keeps_what_reaches_it(ours):
    view = build_duplicates(ours, threshold=0.97)
    assert names(view) == ["ab", "de"]
    assert view.filters == "most similar first · similarity 0.97 or more · 3 pairs in all"


def test_copies_are_told_by_content_not_by_similarity(ours, folder):
    view = build_duplicates(ours)
    assert [row.kind for row in view.rows] == ["exact", "near", "near"]
    table = frame(
        (f"{folder}/a.jpg", f"{folder}/b.jpg", 1.0), (f"{folder}/a.jpg", f"{folder}/c.jpg", 1.0)
    )
    assert [row.kind for row in build_duplicates(table).rows] == ["exact", "near"]
    gone = frame(("/no/a.jpg", "/no/b.jpg", 1.0))
    assert build_duplicates(gone).rows[0].kind == "near"


def test_sizes_come_from_the_statistics(ours):
    card = build_duplicates(ours).rows[0].first
    assert (card.width, card.height, card.file_size) == (640, 480, 1234)


@pytest.mark.parametrize("what", ["folder", "file", "frame", "frame with numbers", "WorkDir"])
def test_all_forms_of_the_source(ours, what):
    file = ours.path / "similarity.csv"
    numbers = frame((0, 1, 1.0), (4, 6, 0.97), (3, 0, 0.91))
    source, work_dir = {
        "folder": (str(ours.path), None),
        "file": (file, None),
        "frame": (pd.read_csv(file), None),
        "frame with numbers": (numbers, ours.path),
        "WorkDir": (ours, None),
    }[what]
    assert names(build_duplicates(source, work_dir=work_dir)) == ["ab", "de", "ca"]


def test_bad_sources_say_what_to_give(ours, tmp_path):
    with pytest.raises(InputNotFoundError, match=r"does not exist.*similarity\.csv"):
        build_duplicates(tmp_path / "nowhere")
    with pytest.raises(ResultNotFoundError):
        build_duplicates(tmp_path)
    with pytest.raises(OptionError, match="no column distance"):
        build_duplicates(pd.DataFrame({"from": ["a"], "to": ["b"]}))
    with pytest.raises(OptionError, match=r"by number.*Give work_dir"):
        build_duplicates(frame((0, 1, 1.0)))
    with pytest.raises(OptionError, match="does not list image number 2"):
        build_duplicates(frame((2, 1, 1.0)), work_dir=ours.path)
    with pytest.raises(OptionError, match="more than numbers"):
        build_duplicates(frame(("a", "b", "high")))
    with pytest.raises(OptionError, match="is a int"):
        build_duplicates(3)


@pytest.mark.parametrize("number", [0, -1, 2.5, True, "20"])
def test_num_images_is_a_positive_whole_number(ours, number):
    with pytest.raises(OptionError, match="num_images"):
        build_duplicates(ours, num_images=number)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, "0.9"])
def test_threshold_is_a_share(ours, threshold):
    with pytest.raises(OptionError, match="threshold"):
        build_duplicates(ours, threshold=threshold)


def test_relative_names_are_found_beside_the_work_dir(original, tmp_path, monkeypatch):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.jpg").write_bytes(b"1")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert build_duplicates(original).rows[0].first.path == str(tmp_path / "p" / "a.jpg")


def test_relative_names_are_found_in_input_dir(original, tmp_path, monkeypatch):
    (tmp_path / "in" / "p").mkdir(parents=True)
    (tmp_path / "in" / "p" / "a.jpg").write_bytes(b"1")
    view = build_duplicates(original, input_dir=tmp_path / "in")
    assert view.rows[0].first.path == str(tmp_path / "in" / "p" / "a.jpg")


def test_names_and_extra_texts_of_the_user(ours):
    view = build_duplicates(
        ours,
        get_reformat_filename_func=lambda path: path[-5:].upper(),
        get_extra_col_func=lambda path: len(path[-5:]),
    )
    first = view.rows[0].first
    assert (first.name, first.extra) == ("A.JPG", "5")
    assert first.path.endswith("/a.jpg")


def test_a_failing_function_is_named(ours):
    def fails(path):
        raise KeyError(path)

    for option in ("get_label_func", "get_bounding_box_func", "get_extra_col_func"):
        with pytest.raises(OptionError, match=f"{option} fails for .*a.jpg: KeyError"):
            build_duplicates(ours, **{option: fails})


def test_the_frame_holds_what_is_shown(ours):
    table = build_duplicates(ours, num_images=1, get_label_func=lambda p: ["x", "y"]).to_frame()
    assert list(table["kind"]) == ["exact"]
    assert list(table["label2"]) == ["x|y"]


def test_ties_are_in_the_order_of_names(ours):
    rows = [("/b", "/c", 0.9), ("/a", "/d", 0.9), ("/d", "/a", 0.9)]
    forwards = build_duplicates(frame(*rows))
    backwards = build_duplicates(frame(*reversed(rows)))
    assert [pair(row) for row in forwards.rows] == [("/a", "/d"), ("/b", "/c")]
    assert forwards.rows == backwards.rows
