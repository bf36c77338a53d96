"""`create_components_gallery` and its sisters as the V0.2 API page describes them."""

import inspect
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import fastdup_nb
from tests.pictures import write_pictures

# Folder, number in it and component: 1 has three images, 0 and 2 have two, 3 has one.
IMAGES = [("car", 0, 0), ("car", 1, 1), ("dog", 0, 1), ("car", 2, 0), ("dog", 1, 2)]
IMAGES += [("dog", 2, 2), ("cat", 0, 1), ("cat", 1, 3)]
LEAST = {0: 0.99, 1: 0.961, 2: 1.0, 3: 0.0}
PUBLISHED = {
    "num_images": 20,
    "lazy_load": False,
    "get_label_func": None,
    "group_by": "visual",
    "slice": None,
    "max_width": None,
    "max_items": None,
    "get_bounding_box_func": None,
    "get_reformat_filename_func": None,
    "get_extra_col_func": None,
    "threshold": None,
    "metric": None,
    "descending": True,
    "min_items": None,
    "keyword": None,
    "input_dir": None,
}


@pytest.fixture
def photos(tmp_path):
    for seed, (label, count) in enumerate({"car": 3, "dog": 3, "cat": 2}.items()):
        write_pictures(tmp_path / "data" / label, count, first_seed=10 * seed)
    return [str(tmp_path / "data" / label / f"picture_{n:03d}.jpg") for label, n, _ in IMAGES]


def write_results(folder, photos, groups):
    folder.mkdir(exist_ok=True)
    names = "".join(f"{row},{name}\n" for row, name in enumerate(photos))
    (folder / "atrain_features.dat.csv").write_text(f"index,filename\n{names}")
    rows = [f"{row},{g},{LEAST[g]},{LEAST[g]}\n" for row, g in enumerate(groups)]
    (folder / "connected_components.csv").write_text(
        "__id,component_id,mean_distance,min_distance\n" + "".join(rows)
    )
    return folder


@pytest.fixture
def results(tmp_path, photos):
    folder = write_results(tmp_path / "output", photos, [image[2] for image in IMAGES])
    stats = [f"{i},{name},240,180,{100 - 10 * i}\n" for i, name in enumerate(photos)]
    (folder / "atrain_stats.csv").write_text("index,filename,width,height,blur\n" + "".join(stats))
    rows = [(i, name, i % 2, 0.5 + i / 10) for i, name in enumerate(photos)]
    rows += [(i, name, 1 - i % 2, 40.0) for i, name in enumerate(photos)]
    lines = "".join(f"{i},{name},{c},{far}\n" for i, name, c, far in rows)
    (folder / "kmeans_assignments.csv").write_text("index,filename,cluster,distance\n" + lines)
    return folder


def label_of(path):
    return path.split("/")[-2]


class Card:
    """What a page shows of a group."""

    def __init__(self, text):
        self.text = text
        self.title = re.search(r"<h2>(.*?)</h2>", text)[1]
        self.count = int(re.search(r"<dt>images(?:</dt>)?<dd>([\d,]+)", text)[1].replace(",", ""))
        names = re.findall(r'<p class="?name"?[^>]*>(.*?)</p>', text, re.DOTALL)
        self.names = [re.sub(r"<[^>]*>|\s", "", name) for name in names]
        counts = re.search(r'<ul class="labels counts">(.*?)</ul>', text)
        found = re.findall(r"<li>(.*?) <span>(\d+)</span>", counts[1]) if counts else []
        self.labels = {label: int(count) for label, count in found}


def read_page(path):
    text = path.read_text("utf-8")
    return text, [Card(part) for part in text.split('<li class="group')[1:]]


def gallery(results, save_path, function="create_components_gallery", **options):
    assert getattr(fastdup_nb, function)(results, save_path, **options) == 0
    return read_page(save_path / "components.html")


def titles(cards):
    return [card.title for card in cards]


@pytest.mark.parametrize(
    "name",
    [
        "create_components_gallery",
        "create_component_videos_gallery",
        "create_kmeans_clusters_gallery",
    ],
)
def test_the_signatures_are_the_published_ones(name):
    parameters = inspect.signature(getattr(fastdup_nb, name)).parameters
    published = dict(PUBLISHED)
    if name == "create_kmeans_clusters_gallery":
        del published["group_by"]
    assert list(parameters) == ["work_dir", "save_path", *published, "kwargs"]
    assert {key: parameters[key].default for key in published} == published


def test_the_largest_components(results, tmp_path):
    """'Function to create and display a gallery of images for the largest graph components'"""
    text, cards = gallery(results, tmp_path / "page")
    assert titles(cards) == ["component 1", "component 0", "component 2"]
    assert [card.count for card in cards] == [3, 2, 2]
    assert cards[0].names == [
        "car/picture_001.jpg",
        "dog/picture_000.jpg",
        "cat/picture_000.jpg",
    ]
    assert "3 of 3 components" in text
    assert text.count("data:image/jpeg;base64,") == 7


def test_num_images(results, tmp_path):
    text, cards = gallery(results, tmp_path / "page", num_images=1)
    assert titles(cards) == ["component 1"]
    assert "1 of 3 components" in text


def test_lazy_load_also_writes_a_sheet_per_component(results, tmp_path):
    """'(B) ... need to run with lazy_load=True'"""
    (tmp_path / "page" / "images").mkdir(parents=True)
    (tmp_path / "page" / "images" / "component_9_9.jpg").write_text("of an earlier run")
    text, _ = gallery(results, tmp_path / "page", lazy_load=True)
    assert "data:image/jpeg" not in text
    assert len(re.findall(r'src="?images/', text)) == 7
    sheets = sorted(path.name for path in (tmp_path / "page" / "images").glob("component_*"))
    assert sheets == ["component_1_1.jpg", "component_2_0.jpg", "component_3_2.jpg"]
    with Image.open(tmp_path / "page" / "images" / "component_1_1.jpg") as sheet:
        assert np.asarray(sheet).std() > 20


def test_labels_are_counted(results, tmp_path):
    _, cards = gallery(results, tmp_path / "page", get_label_func=label_of)
    assert cards[0].labels == {"car": 1, "dog": 1, "cat": 1}
    assert cards[1].labels == {"car": 2}
    assert "labels differ" in cards[0].text
    assert "labels differ" not in cards[1].text


def test_max_items_and_limit_labels_printed(results, tmp_path):
    """'limit the number of labels printed in the html report. Default is max_items.'"""
    _, cards = gallery(results, tmp_path / "a", get_label_func=label_of, max_items=2)
    assert len(cards[0].labels) == 2
    assert "further labels" in cards[0].text
    _, cards = gallery(
        results, tmp_path / "a", get_label_func=label_of, max_items=2, limit_labels_printed=1
    )
    assert len(cards[0].labels) == 1


def test_group_by_label(results, tmp_path):
    """'Group the report using the visual properties of the image or using the labels'"""
    text, cards = gallery(results, tmp_path / "a", get_label_func=label_of, group_by="label")
    assert titles(cards) == ["car", "dog", "cat"]
    assert [card.count for card in cards] == [3, 3, 2]
    assert "3 of 3 labels" in text
    assert "0 (2)" in cards[0].text


def test_max_items_limits_the_components_of_a_label(results, tmp_path):
    _, cards = gallery(
        results, tmp_path / "a", get_label_func=lambda _: "x", group_by="label", max_items=1
    )
    assert "1 (3)" in cards[0].text
    assert "0 (2)" not in cards[0].text


def test_slice(results, tmp_path):
    def shown(chosen):
        _, cards = gallery(results, tmp_path / "a", get_label_func=label_of, slice=chosen)
        return {card.title: card.count for card in cards}

    assert shown("car") == {"component 0": 2}
    assert shown(["car", "cat"]) == {"component 0": 2, "component 1": 2}
    assert shown("diff") == {"component 1": 3}
    assert shown("same") == {"component 0": 2, "component 2": 2}


def test_threshold_min_items_keyword_and_order(results, tmp_path):
    def shown(**options):
        return titles(gallery(results, tmp_path / "a", **options)[1])

    assert shown(threshold=0.97) == ["component 0", "component 2"]
    assert shown(min_items=3) == ["component 1"]
    assert shown(keyword="at", get_label_func=label_of) == ["component 1"]
    assert shown(descending=False)[-1] == "component 1"


def test_metric(results, tmp_path):
    text, cards = gallery(results, tmp_path / "a", metric="blur", threshold=0.9)
    assert titles(cards) == ["component 0", "component 1", "component 2"]
    assert "mean blur" in text
    assert "<b>85</b>" in cards[0].text


def test_max_width(results, tmp_path):
    """'set the max html width of images in the gallery'"""
    text, _ = gallery(results, tmp_path / "a", max_width=500)
    assert "--widest:500px" in text


def test_boxes_other_names_and_further_texts(results, photos, tmp_path):
    text, cards = gallery(
        results,
        tmp_path / "a",
        get_bounding_box_func={photos[0]: [[10, 20, 110, 90]]},
        get_reformat_filename_func=lambda path: path.split("/")[-1].upper(),
        get_extra_col_func=lambda path: f"from {label_of(path)}",
    )
    assert text.count("<rect x=") == 1
    assert 'width="100.0" height="70.0"' in text
    assert cards[0].names[0] == "PICTURE_001.JPG"
    assert "from dog" in cards[0].text


def test_input_dir(results, tmp_path):
    (tmp_path / "data").rename(tmp_path / "moved")
    text, _ = gallery(results, tmp_path / "a")
    assert "7 images missing" in text
    text, _ = gallery(results, tmp_path / "a", input_dir=tmp_path / "moved")
    assert "images missing" not in text


def test_split_sentence_to_label_list(results, tmp_path):
    """'split the label into a list of labels'"""
    _, cards = gallery(
        results,
        tmp_path / "a",
        get_label_func=lambda path: f"{label_of(path)}, Outdoors",
        split_sentence_to_label_list=True,
    )
    assert cards[1].labels == {"car": 2, "outdoors": 2}
    assert "labels differ" not in cards[0].text


def test_nrows(results, tmp_path):
    assert titles(gallery(results, tmp_path / "a", nrows=4)[1]) == ["component 0", "component 1"]


def test_save_artifacts(results, tmp_path):
    """'save intermediate artifacts like image paths used for generating the component'"""
    gallery(results, tmp_path / "a", save_artifacts=True)
    table = pd.read_csv(tmp_path / "a" / "top_components.csv")
    assert table["component_id"].tolist() == [1, 0, 2]
    assert table["files"][0].count("picture_") == 3
    assert len(list((tmp_path / "a" / "artifacts").iterdir())) == 7


def test_a_large_component_shows_54_images_and_says_how_many_more(tmp_path):
    photos = [str(path) for path in write_pictures(tmp_path / "many", 3)] * 60
    results = write_results(tmp_path / "output", photos, [1] * len(photos))
    _, (card,) = gallery(results, tmp_path / "a", lazy_load=True)
    assert card.count == 180
    assert len(card.names) == 54
    assert "+ 126" in card.text


def test_files_and_dataframes(results, tmp_path):
    """'path to connected component csv file. Altenatively dataframe'"""
    path = results / "connected_components.csv"
    assert len(gallery(path, tmp_path / "a")[1]) == 3
    table = fastdup_nb.Fastdup(results).connected_components()
    assert len(gallery(table, tmp_path / "a")[1]) == 3
    bare = pd.read_csv(path)
    assert len(gallery(bare, tmp_path / "a", results_dir=results)[1]) == 3


def test_another_current_folder(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fastdup_nb.create_components_gallery("output", "mine.html") == 0
    assert (tmp_path / "mine.html").is_file()


def test_hostile_names_and_labels(tmp_path):
    folder = tmp_path / "<b>x<b>"
    write_pictures(folder, 2)
    photos = [str(path) for path in sorted(folder.iterdir())]
    results = write_results(tmp_path / "output", photos, [1, 1])
    text, (card,) = gallery(
        results, tmp_path / "a", get_label_func=lambda _: "<script>alert(1)</script>"
    )
    assert "<script>alert" not in text
    assert "<b>x" not in text
    assert card.count == 2


def test_kmeans(results, tmp_path):
    """'Function to visualize the kmeans clusters.' Every image is in its nearest one only."""
    text, cards = gallery(results, tmp_path / "a", "create_kmeans_clusters_gallery")
    assert titles(cards) == ["cluster 0", "cluster 1"]
    assert [card.count for card in cards] == [4, 4]
    assert "2 of 2 clusters" in text
    assert sum(len(card.names) for card in cards) == 8


def test_kmeans_options(results, tmp_path):
    name = "create_kmeans_clusters_gallery"
    options = {"threshold": 0.55, "metric": "blur", "save_artifacts": True, "lazy_load": True}
    text, cards = gallery(results, tmp_path / "a", name, **options)
    assert titles(cards) == ["cluster 1"]
    assert "mean blur" in text
    assert (tmp_path / "a" / "top_clusters.csv").is_file()
    _, cards = gallery(results, tmp_path / "a", name, get_label_func=label_of, slice="dog")
    assert {card.title: card.count for card in cards} == {"cluster 0": 2}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_images": 0}, "num_images"),
        ({"max_items": -1}, "max_items"),
        ({"group_by": "label"}, "get_label_func"),
        ({"metric": "blurr"}, "Did you mean 'blur'"),
        ({"max_width": 3}, "max_width"),
        ({"nrow": 3}, "Did you mean 'nrows'"),
        ({"ccthreshold": 0.5}, "0.96"),
    ],
)
def test_what_cannot_be_used_is_said(results, tmp_path, capsys, options, said):
    assert fastdup_nb.create_components_gallery(results, tmp_path / "a", **options) == 1
    message = capsys.readouterr().err
    assert said in message
    assert len(message.splitlines()) <= 2
    assert not (tmp_path / "a").exists()


def test_galleries_before_a_run(tmp_path, capsys):
    for name in ("create_components_gallery", "create_kmeans_clusters_gallery"):
        assert getattr(fastdup_nb, name)(tmp_path, tmp_path / "a") == 1
    assert "Give the work_dir of a finished run" in capsys.readouterr().err


def test_nothing_similar(tmp_path, photos):
    results = write_results(tmp_path / "output", photos[:2], [3, 3])
    text = (results / "connected_components.csv").read_text().replace("1,3,", "1,4,")
    (results / "connected_components.csv").write_text(text)
    page, cards = gallery(results, tmp_path / "a")
    assert cards == []
    assert "no two images that are similar enough" in page


# ---- videos


@pytest.fixture
def frames(tmp_path):
    """Three videos: a and b share two scenes, c is alone; frames as the original names them."""
    work_dir = tmp_path / "output"
    files = []
    for seed, video in enumerate(("a.mp4", "b.mp4", "c.mp4")):
        folder = work_dir / "tmp" / video
        folder.mkdir(parents=True)
        for number, path in enumerate(write_pictures(folder, 3, first_seed=9 * seed), 1):
            files.append(str(path.rename(folder / f"output_{number:06d}.jpg")))
    groups = [1, 2, 1, 1, 2, 0, 3, 3, 3]
    write_results(work_dir, files, groups)
    pairs = [(0, 3, 0.97), (3, 0, 0.97), (1, 4, 0.99), (0, 2, 1.0), (6, 7, 0.98), (5, 8, 0.91)]
    lines = "".join(f"{files[a]},{files[b]},{s}\n" for a, b, s in pairs)
    (work_dir / "similarity.csv").write_text("from,to,distance\n" + lines)
    return work_dir


def test_component_videos(frames, tmp_path):
    """'a gallery of similar videos based on the graph components'"""
    _, cards = gallery(frames, tmp_path / "a", "create_component_videos_gallery")
    assert [(card.title, card.count) for card in cards] == [("component 1", 2), ("component 2", 2)]
    assert cards[0].names == ["a.mp4/output_000001.jpg", "b.mp4/output_000001.jpg"]


def test_duplicate_videos(frames, tmp_path):
    """'a gallery of duplicaate videos computed by the similarity metrics'"""
    assert fastdup_nb.create_duplicate_videos_gallery(frames, tmp_path / "a") == 0
    text = (tmp_path / "a" / "duplicate_videos.html").read_text("utf-8")
    assert "2 of 2 pairs of videos" in text
    first, second = text.split('<li class="pair')[1:]
    assert "<b>0.9900</b>" in first
    assert "2 pairs of similar frames" in first
    assert "a.mp4/" in re.sub(r"<[^>]*>", "", first)
    assert "1 pair of similar frames" in second
    assert "0.9800" not in text


def test_duplicate_videos_threshold_and_number(frames, tmp_path):
    page = tmp_path / "v.html"
    assert fastdup_nb.create_duplicate_videos_gallery(frames, page, threshold=0.98) == 0
    assert "1 of 1 pair of videos" in page.read_text("utf-8")
    assert "all pairs of videos</option>" in page.read_text("utf-8")
    assert "1 pair of similar frames" in page.read_text("utf-8")
    assert fastdup_nb.create_duplicate_videos_gallery(frames, page, num_images=1) == 0
    assert "1 of 2 pairs of videos" in page.read_text("utf-8")


def test_images_that_are_no_frames(results, tmp_path, capsys):
    table = (results / "atrain_features.dat.csv").read_text()
    (results / "atrain_features.dat.csv").write_text(re.sub(r"picture_(\d)\d*", r"p\1x", table))
    assert fastdup_nb.create_component_videos_gallery(results, tmp_path / "a") == 1
    assert "output_000001.jpg" in capsys.readouterr().err


def test_config_is_not_needed(results, tmp_path):
    (results / "config.json").write_text(json.dumps({"turi_param": "ccthreshold=0.9"}))
    assert len(gallery(results, tmp_path / "a", ccthreshold=0.9)[1]) == 3
