"""`find_top_components` as the V0.2 API page describes it; the docstrings quote the page."""

import inspect
import json
import math

import pandas as pd
import pytest

import fastdup_nb

# Folder, name and component: 0 and 2 have two images, 1 has three, 3 has one.
IMAGES = [("car", "a", 0), ("car", "b", 1), ("dog", "c", 1), ("car", "d", 0), ("dog", "e", 2)]
IMAGES += [("dog", "f", 2), ("cat", "g", 1), ("cat", "h", 3)]
LEAST = {0: 0.99, 1: 0.961, 2: 0.97, 3: 0.0}
COUNT = {0: 2, 1: 3, 2: 2, 3: 1}
BLUR = dict(zip("abcdefgh", (10, 500, 600, 20, 900, 800, 700, 1), strict=True))


@pytest.fixture
def photos(tmp_path):
    return [str(tmp_path / "data" / folder / f"{name}.jpg") for folder, name, _ in IMAGES]


@pytest.fixture
def results(tmp_path, photos):
    """A finished work_dir; a bad file lies before the third image."""
    folder = tmp_path / "output"
    folder.mkdir()
    index = [row + (row >= 2) for row in range(len(photos))]
    names = [f"{i},{name}\n" for i, name in zip(index, photos, strict=True)]
    (folder / "atrain_features.dat.csv").write_text("index,filename\n" + "".join(names))
    rows = []
    for i, (_, _, number) in zip(index, IMAGES, strict=True):
        least = LEAST[number]
        rows.append(f"{i},{number},{COUNT[number]},{least},{least},{least},,\n")
    (folder / "connected_components.csv").write_text(
        "__id,component_id,count,mean_distance,min_distance,max_distance,pagerank,delta\n"
        + "".join(rows)
    )
    stats = [
        f"{i},{name},{10 * BLUR[image[1]]},2,{BLUR[image[1]]}\n"
        for i, name, image in zip(index, photos, IMAGES, strict=True)
    ]
    (folder / "atrain_stats.csv").write_text("index,filename,width,height,blur\n" + "".join(stats))
    return folder


def label_of(path):
    return path.split("/")[-2]


def names_of(frame):
    """The image letters of every row."""
    return ["".join(name.split("/")[-1][0] for name in files) for files in frame["files"]]


def find(results, **options):
    return fastdup_nb.find_top_components(results, **options)


def test_the_signature_is_the_published_one():
    parameters = inspect.signature(fastdup_nb.find_top_components).parameters
    published = {
        "get_label_func": None,
        "group_by": "visual",
        "slice": None,
        "threshold": None,
        "metric": None,
        "descending": True,
        "min_items": None,
        "max_items": None,
        "keyword": None,
        "save_path": None,
        "comp_type": "component",
    }
    assert list(parameters) == ["work_dir", *published, "kwargs"]
    assert {name: parameters[name].default for name in published} == published


def test_the_table(results, photos):
    """'The column component_id includes the component name. The column files includes a list of
    all image files in this component.'"""
    frame = find(results)
    assert list(frame.columns) == ["component_id", "files", "files_ids", "distance", "len"]
    assert frame["component_id"].tolist() == [1, 0, 2]
    assert frame["files"].iloc[0] == [photos[1], photos[2], photos[6]]
    assert frame["files_ids"].tolist() == [[1, 3, 7], [0, 4], [5, 6]]
    assert frame["distance"].tolist() == [0.961, 0.99, 0.97]
    assert frame["len"].tolist() == [3, 2, 2]
    assert frame.index.tolist() == [1, 0, 2]


def test_group_by_label(results):
    """'When grouping by 'label' fastdup aggregates images with the same label together.'"""
    frame = find(results, group_by="label", get_label_func=label_of)
    columns = ["label", "files", "component_id", "files_ids", "distance", "len"]
    assert list(frame.columns) == columns
    assert dict(zip(frame["label"], names_of(frame), strict=True)) == {
        "car": "abd",
        "dog": "cef",
        "cat": "gh",
    }
    assert frame["component_id"].tolist() == [[0, 1, 0], [1, 2, 2], [1, 3]]
    assert frame["distance"].tolist() == [0.961, 0.961, 0.961]


def test_labels_are_listed(results):
    frame = find(results, get_label_func=label_of)
    assert frame["label"].tolist() == [["car", "dog", "cat"], ["car", "car"], ["dog", "dog"]]


def test_several_and_missing_labels(results, photos):
    """'Image label can be a string or a list of strings ... a dictionary'"""
    labels = {photos[0]: ["car", "red"], photos[3]: ""}
    frame = find(results, get_label_func=labels, threshold=0.98)
    assert frame["label"].tolist() == [[["car", "red"], "N/A"]]


@pytest.mark.parametrize("header", ["index,label", "filename,label", "label"])
def test_labels_from_a_file(results, photos, tmp_path, header):
    """'get_label_func can be a filename containing string label for each file.'"""
    cells = {"index": range(8), "filename": photos, "label": [image[0] for image in IMAGES]}
    columns = [cells[name] for name in header.split(",")]
    lines = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    (tmp_path / "labels.csv").write_text("\n".join([header, *lines]))
    frame = find(results, get_label_func=str(tmp_path / "labels.csv"), slice="dog")
    assert names_of(frame) == ["ef"]


def test_slice(results):
    """'if you want to slice by 'car' then pass 'car' as the slice parameter.'"""
    assert names_of(find(results, get_label_func=label_of, slice="car")) == ["ad"]
    assert names_of(find(results, get_label_func=label_of, slice=["car", "cat"])) == ["ad", "bg"]
    assert names_of(find(results, get_label_func=label_of, slice="ca")) == ["ad", "bg"]


def test_slice_by_how_labels_agree(results):
    """The reserved slices 'diff' and 'same'."""
    assert names_of(find(results, get_label_func=label_of, slice="diff")) == ["bcg"]
    assert names_of(find(results, get_label_func=label_of, slice="same")) == ["ad", "ef"]


def test_diff_is_ordered_by_distance(results, photos):
    labels = dict(zip(photos, "abcdefgh", strict=True))
    frame = find(results, get_label_func=labels, slice="diff")
    assert frame["distance"].tolist() == [0.99, 0.97, 0.961]


def test_threshold(results):
    """'optional threshold to select only distances larger than the treshold'"""
    assert names_of(find(results, threshold=0.961)) == ["ad", "ef"]
    assert names_of(find(results, threshold=0.96)) == ["bcg", "ad", "ef"]


def test_metric(results):
    """'optional metric to sort by. Valid values are mean,min,max,unique,blur,size'"""
    frame = find(results, metric="blur")
    assert names_of(frame) == ["ef", "bcg", "ad"]
    assert frame["metric"].tolist() == [[900, 800], [500, 600, 700], [10, 20]]
    assert frame["avg_metric"].tolist() == [850, 600, 15]
    assert list(frame.columns)[-3:] == ["metric", "avg_metric", "len"]
    assert find(results, metric="size")["avg_metric"].iloc[0] == 2 * 8500
    assert find(results, metric="width")["avg_metric"].iloc[0] == 8500


def test_metric_with_threshold(results):
    """The original fails on both together."""
    assert names_of(find(results, metric="blur", threshold=0.965)) == ["ef", "ad"]


def test_descending(results):
    """'optional value to sort the components, default is True'"""
    assert names_of(find(results, descending=False)) == ["ad", "ef", "bcg"]
    assert names_of(find(results, descending=False, metric="blur")) == ["ad", "bcg", "ef"]


def test_min_items_and_max_items(results):
    """'select only components with at least min_items', 'with at most max_items'"""
    assert names_of(find(results, min_items=3)) == ["bcg"]
    assert names_of(find(results, max_items=2)) == ["ad", "ef"]


def test_keyword(results):
    """'select labels with keyword value inside'"""
    assert names_of(find(results, get_label_func=label_of, keyword="og")) == ["bcg", "ef"]
    by_label = find(results, get_label_func=label_of, keyword="ca", group_by="label")
    assert by_label["label"].tolist() == ["car", "cat"]


def test_save_path(results, tmp_path):
    find(results, save_path=tmp_path / "new" / "folder", get_label_func=label_of)
    table = pd.read_csv(tmp_path / "new" / "folder" / "top_components.csv")
    assert json.loads(table["label"][0]) == ["car", "dog", "cat"]
    assert json.loads(table["files_ids"][0]) == [1, 3, 7]
    find(results, save_path=tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").is_file()


def test_labels_that_look_like_formulas_are_no_formulas_in_the_file(results, tmp_path):
    path = tmp_path / "t.csv"
    find(results, get_label_func=lambda _: "=1+1", group_by="label", save_path=path)
    assert pd.read_csv(path)["label"].tolist() == ["'=1+1"]


@pytest.fixture
def clusters(results, photos):
    """Every image in its nearest and its second nearest cluster, as the original orders them."""
    rows = [(i, name, i % 2, 0.5 + i / 10) for i, name in enumerate(photos)]
    rows += [(i, name, 1 - i % 2, 40.0) for i, name in enumerate(photos)]
    rows.sort(key=lambda row: -row[3])
    lines = "".join(f"{i},{name},{cluster},{far}\n" for i, name, cluster, far in rows)
    (results / "kmeans_assignments.csv").write_text("index,filename,cluster,distance\n" + lines)
    return results


def test_comp_type_cluster(clusters):
    """'optional, either component or cluster'; every image is in its nearest cluster only."""
    frame = find(clusters, comp_type="cluster")
    assert list(frame.columns) == ["cluster", "files", "files_ids", "distance", "len"]
    assert names_of(frame) == ["aceg", "bdfh"]
    assert frame["distance"].tolist() == [0.5, 0.6]
    assert names_of(find(clusters, comp_type="cluster", threshold=0.55)) == ["bdfh"]


def test_clusters_that_were_not_made(results, capsys):
    assert find(results, comp_type="cluster").empty
    assert "run_kmeans" in capsys.readouterr().err


def test_several_thresholds(results, capsys):
    """'ccthreshold=0.85|0.95': one file each."""
    whole = (results / "connected_components.csv").read_text()
    (results / "connected_components.csv").unlink()
    (results / "connected_components_0.950000.csv").write_text(whole)
    one = "__id,component_id,min_distance\n" + "".join(f"{i},0,0.86\n" for i in (0, 1, 3))
    (results / "connected_components_0.850000.csv").write_text(one)
    assert len(find(results)) == 3
    assert names_of(find(results, ccthreshold=0.85)) == ["abc"]
    assert find(results, ccthreshold=0.9).empty
    assert "0.85, 0.95" in capsys.readouterr().err


def test_the_older_format_takes_the_distance_from_the_pairs(results, photos):
    """004: 'component_id,pagerank,delta' are all the columns."""
    table = pd.read_csv(results / "connected_components.csv")
    table[["__id", "component_id", "pagerank", "delta"]].to_csv(
        results / "connected_components.csv", index=False
    )
    pairs = [(0, 3, 0.98), (1, 2, 0.97), (2, 6, 0.965), (4, 5, 0.99), (1, 6, 0.91), (0, 1, 0.93)]
    lines = "".join(f"{photos[a]},{photos[b]},{s}\n" for a, b, s in pairs)
    (results / "similarity.csv").write_text("from,to,distance\n" + lines)
    frame = find(results)
    assert names_of(frame) == ["bcg", "ad", "ef"]
    assert frame["distance"].tolist() == [0.965, 0.98, 0.99]


def test_right_after_train_and_test(results, photos, tmp_path):
    """The original gives `nan` for every test file."""
    tests = [str(tmp_path / "test" / f"{name}.jpg") for name in "xyz"]
    with (results / "connected_components.csv").open("a") as stream:
        stream.writelines(f"{9 + i},{0 if i < 2 else 4},2,1,0.97,1,,\n" for i in range(3))
    lines = "".join(f"{i},{name}\n" for i, name in enumerate(tests))
    (results / "testfiles.txt").write_text(",filename\n" + lines)
    assert "adxy" in names_of(find(results))


def test_test_images_are_listed_when_no_list_is_there(results, tmp_path):
    from tests.pictures import write_pictures

    write_pictures(tmp_path / "test", 2)
    (results / "config.json").write_text(json.dumps({"test_dir": str(tmp_path / "test")}))
    with (results / "connected_components.csv").open("a") as stream:
        stream.writelines(f"{9 + i},5,2,1,0.97,1,,\n" for i in range(2))
    frame = find(results)
    assert [name.split("/")[-1] for name in frame["files"].iloc[-1]] == [
        "picture_000.jpg",
        "picture_001.jpg",
    ]


def test_test_images_that_are_gone_are_an_error_not_nan(results, capsys):
    with (results / "connected_components.csv").open("a") as stream:
        stream.write("9,5,2,1,0.97,1,,\n")
    assert find(results).empty
    assert "does not list image number 9" in capsys.readouterr().err


def test_the_original_numbers_rows_in_run_mode_2(results):
    table = pd.read_csv(results / "connected_components.csv")
    table["__id"] = range(len(table))
    table.to_csv(results / "connected_components.csv", index=False)
    assert names_of(find(results)) == ["bcg", "ad", "ef"]


def test_a_file_and_a_dataframe_are_taken_too(results):
    path = results / "connected_components.csv"
    assert names_of(find(path)) == ["bcg", "ad", "ef"]
    frame = fastdup_nb.Fastdup(results).connected_components()
    assert names_of(find(frame)) == ["bcg", "ad", "ef"]


def test_nrows(results):
    """'limit the number of read rows for debugging purposes'"""
    assert names_of(find(results, nrows=4)) == ["ad", "bc"]


def test_split_sentence_to_label_list(results):
    """'Optional parameter to split the label into a list of labels.'"""
    frame = find(
        results,
        get_label_func=lambda path: f"A {label_of(path)}, outdoors.",
        split_sentence_to_label_list=True,
        slice="a dog",
    )
    assert names_of(frame) == ["ef"]
    assert frame["label"].iloc[0] == [["a dog", "outdoors"]] * 2


def test_relative_names_become_absolute(tmp_path, monkeypatch):
    """The original stores names relative to the folder of the run."""
    (tmp_path / "mix").mkdir()
    for name in "ab":
        (tmp_path / "mix" / f"{name}.jpg").write_text(name)
    work = tmp_path / "work"
    work.mkdir()
    (work / "atrain_features.dat.csv").write_text("index,filename\n0,mix/a.jpg\n1,mix/b.jpg\n")
    (work / "connected_components.csv").write_text("__id,component_id,min_distance\n0,0,1\n1,0,1\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert find(work)["files"][0] == [str(tmp_path / "mix" / f"{name}.jpg") for name in "ab"]


def test_input_dir(results, tmp_path):
    moved = tmp_path / "moved" / "car"
    moved.mkdir(parents=True)
    for name in "ad":
        (moved / f"{name}.jpg").write_text("x")
    frame = find(results, threshold=0.98, input_dir=tmp_path / "moved")
    assert frame["files"].iloc[0] == [str(moved / "a.jpg"), str(moved / "d.jpg")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"group_by": "colour"}, "visual, label"),
        ({"group_by": "label"}, "get_label_func"),
        ({"slice": "car"}, "get_label_func"),
        ({"keyword": "car"}, "get_label_func"),
        ({"slice": "bus", "get_label_func": label_of}, "car, cat, dog"),
        ({"slice": [], "get_label_func": label_of}, "slice"),
        ({"slice": "diff", "group_by": "label", "get_label_func": label_of}, "visual"),
        ({"get_label_func": lambda _: None}, "has a label"),
        ({"metric": "blurr"}, "Did you mean 'blur'"),
        ({"threshold": "high"}, "Give a number"),
        ({"min_items": 0}, "min_items"),
        ({"max_items": 1.5}, "max_items"),
        ({"keyword": 3}, "keyword"),
        ({"comp_type": "group"}, "component, cluster"),
        ({"ccthreshold": "x"}, "number from 0 to 1"),
        ({"nrow": 3}, "Did you mean 'nrows'"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_table_is_empty(results, capsys, options, said):
    frame = find(results, **options)
    assert frame.empty
    assert "files" in frame.columns
    message = capsys.readouterr().err
    assert said in message
    assert len(message.splitlines()) <= 2


def test_no_results(tmp_path, capsys):
    assert find(tmp_path).empty
    assert find(tmp_path / "nowhere").empty
    assert find(None).empty
    assert len(capsys.readouterr().err.splitlines()) == 6


def test_images_alone_only(results):
    text = "__id,component_id,min_distance\n" + "".join(f"{i},{i},0\n" for i in (0, 1, 3))
    (results / "connected_components.csv").write_text(text)
    frame = find(results, get_label_func=label_of)
    assert frame.empty
    assert list(frame.columns)[:3] == ["component_id", "files", "label"]


def test_an_unknown_distance_is_nan_and_a_threshold_an_error(results, capsys):
    table = pd.read_csv(results / "connected_components.csv")
    table[["__id", "component_id"]].to_csv(results / "connected_components.csv", index=False)
    assert all(math.isnan(value) for value in find(results)["distance"])
    assert find(results, threshold=0.9).empty
    assert "not known" in capsys.readouterr().err
