"""`create_duplicates_gallery` as the V0.2 API page describes it; the docstrings quote the page."""

import csv
import inspect
import re
from pathlib import Path

import pandas as pd
import pytest

import fastdup_nb
from tests.pictures import write_pictures

HEAD = "from,to,distance\n"


@pytest.fixture
def photos(tmp_path):
    """Two hamburgers, two salads, two pizzas."""
    folder = tmp_path / "my_data"
    labels = ("hamburger", "pizza", "salad")
    return [
        str(path)
        for seed, label in enumerate(labels)
        for path in write_pictures(folder / label, 2, first_seed=2 * seed)
    ]


@pytest.fixture
def results(tmp_path, photos):
    folder = tmp_path / "output_folder"
    folder.mkdir()
    names = "".join(f"{row},{name}\n" for row, name in enumerate(photos))
    (folder / "atrain_features.dat.csv").write_text(f"index,filename\n{names}")
    pairs = [(0, 1, 0.99), (1, 0, 0.99), (0, 2, 0.96), (2, 4, 0.94), (4, 5, 0.92), (5, 4, 0.92)]
    lines = "".join(f"{photos[a]},{photos[b]},{s:.6f}\n" for a, b, s in pairs)
    (folder / "similarity.csv").write_text(HEAD + lines)
    return folder


def gallery(source, save_path, **options):
    assert fastdup_nb.create_duplicates_gallery(source, save_path, **options) == 0
    return (save_path / "duplicates.html").read_text("utf-8")


def pairs_in(page):
    """Return the similarity and the two names of every pair, in order."""
    cards = page.split('<li class="pair')[1:]
    scores = [re.search(r"<b>([\d.]+)</b>", card)[1] for card in cards]
    names = [re.findall(r'class="name" title="([^"]*)"', card) for card in cards]
    return [(float(score), *pair) for score, pair in zip(scores, names, strict=True)]


def scores_in(page):
    return [pair[0] for pair in pairs_in(page)]


def label_of(path):
    return path.split("/")[-2]


def test_signature():
    """def create_duplicates_gallery(similarity_file, save_path, num_images=20, ..., **kwargs)"""
    parameters = inspect.signature(fastdup_nb.create_duplicates_gallery).parameters
    assert {name: p.default for name, p in parameters.items() if name != "kwargs"} == {
        "similarity_file": inspect.Parameter.empty,
        "save_path": inspect.Parameter.empty,
        "num_images": 20,
        "descending": True,
        "lazy_load": False,
        "get_label_func": None,
        "slice": None,
        "max_width": None,
        "get_bounding_box_func": None,
        "get_reformat_filename_func": None,
        "get_extra_col_func": None,
        "input_dir": None,
        "work_dir": None,
        "threshold": None,
    }
    assert list(parameters)[-1] == "kwargs"
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in list(parameters.values())[:-1])


@pytest.mark.parametrize("form", ["csv", "work_dir", "frame"])
def test_similarity_file(results, tmp_path, form):
    """csv file with the computed similarities, or a work_dir path, or a pandas dataframe"""
    source = {
        "csv": str(results / "similarity.csv"),
        "work_dir": str(results),
        "frame": pd.read_csv(results / "similarity.csv"),
    }[form]
    assert scores_in(gallery(source, tmp_path / "page")) == [0.99, 0.96, 0.94, 0.92]


def test_save_path(results, tmp_path):
    """save_path str - output folder location for the visuals"""
    gallery(results, tmp_path / "not" / "yet" / "there")
    assert fastdup_nb.create_duplicates_gallery(results, tmp_path / "my page.html") == 0
    assert (tmp_path / "my page.html").is_file()


def test_num_images(results, tmp_path):
    """num_images int - Max number of images to display"""
    page = gallery(results, tmp_path / "page", num_images=3)
    assert len(pairs_in(page)) == 3
    assert "3 of 4 pairs" in page


def test_descending(results, tmp_path):
    """If False, print the similarities from the least similar to the most similar."""
    page = gallery(results, tmp_path / "page", descending=False)
    assert scores_in(page) == [0.92, 0.94, 0.96, 0.99]


def test_lazy_load_false(results, tmp_path):
    """If False, write all images inside html file using base64 encoding."""
    page = gallery(results, tmp_path / "page")
    assert len(re.findall(r'<img src="data:image/jpeg;base64,', page)) == 8
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["duplicates.html"]


def test_lazy_load_true(results, tmp_path):
    """Otherwise use lazy loading in the html [...] (reduced html file size)."""
    lazy = gallery(results, tmp_path / "lazy", lazy_load=True)
    assert len(lazy) < len(gallery(results, tmp_path / "full"))
    sources = re.findall(r'<img src="(images/[0-9a-f]+\.jpg)" alt="" loading="lazy">', lazy)
    assert len(sources) == 8
    assert all((tmp_path / "lazy" / source).is_file() for source in sources)


def test_label_function(results, tmp_path):
    """optional function given an absolute path to an image return the image label"""
    given = []
    page = gallery(results, tmp_path / "page", get_label_func=lambda p: given.append(p) or "dish")
    assert all(path.startswith(str(tmp_path)) for path in given)
    assert page.count('<ul class="labels"><li>dish</li></ul>') == 8


def test_several_labels(results, tmp_path):
    """Image label can be a string or a list of strings."""
    page = gallery(results, tmp_path / "page", get_label_func=lambda _: ["food", "photo"])
    assert "<li>food</li><li>photo</li>" in page


def test_label_dictionary(results, photos, tmp_path):
    """a dictionary where the key is the absolute file name and the value is the label"""
    labels = {photos[0]: "first", photos[1]: ["second", "extra"]}
    page = gallery(results, tmp_path / "page", get_label_func=labels)
    assert "<li>first</li>" in page
    assert "<li>second</li><li>extra</li>" in page


def test_label_file(results, tmp_path):
    """First row should be index,label. Label file should be same length and same order"""
    file = tmp_path / "labels.csv"
    file.write_text("index,label\n" + "".join(f"{row},class{row}\n" for row in range(6)))
    page = gallery(results, tmp_path / "page", get_label_func=str(file))
    assert page.index("<li>class0</li>") < page.index("<li>class1</li>")
    assert "<li>class5</li>" in page


def test_slice_by_label(results, photos, tmp_path):
    """slice='haumburger' [...] only similarities between hamburger and other classes"""
    page = gallery(results, tmp_path / "p", get_label_func=label_of, slice="hamburger")
    assert scores_in(page) == [0.96]


def test_slice_by_list_of_labels(results, tmp_path):
    """select a slice of the outliers file based on a specific label or a list of labels"""
    page = gallery(results, tmp_path / "p", get_label_func=label_of, slice=["hamburger", "salad"])
    assert scores_in(page) == [0.96, 0.94]


def test_slice_diff(results, tmp_path):
    """When using "diff" the report only shows similarities between classes."""
    page = gallery(results, tmp_path / "p", get_label_func=label_of, slice="diff")
    assert scores_in(page) == [0.96, 0.94]


def test_slice_same(results, tmp_path):
    """When using "same" the report will show only similarities inside same class."""
    page = gallery(results, tmp_path / "p", get_label_func=label_of, slice="same")
    assert scores_in(page) == [0.99, 0.92]


def test_max_width(results, tmp_path):
    """max_width int - Optional parameter to set the max width of the gallery."""
    assert "--widest:600px" in gallery(results, tmp_path / "page", max_width=600)


@pytest.mark.parametrize("form", ["function", "dictionary", "csv", "work_dir"])
def test_bounding_boxes(results, photos, tmp_path, form):
    """a list of bounding boxes. Each bounding box should be 4 integers: x1, y1, x2, y2."""
    table = f"index,filename,col_x,row_y,width,height\n0,{photos[0]},5,6,70,80\n"
    (tmp_path / "atrain_crops.csv").write_text(table)
    source = {
        "function": lambda path: [[5, 6, 75, 86]] if path == photos[0] else [],
        "dictionary": {photos[0]: [[5, 6, 75, 86]]},
        "csv": str(tmp_path / "atrain_crops.csv"),
        "work_dir": str(tmp_path),
    }[form]
    page = gallery(results, tmp_path / "page", get_bounding_box_func=source)
    box = '<rect x="5.0" y="6.0" width="70.0" height="80.0"/>'
    assert page.count(box) == 2  # the image is in two pairs


def test_reformat_filename(results, tmp_path):
    """the output is the string to display instead of the filename"""
    page = gallery(results, tmp_path / "p", get_reformat_filename_func=lambda _: "Nr. 7")
    assert page.count("<span>Nr. 7</span>") == 8


def test_extra_column(results, tmp_path):
    """optional parameter to allow adding additional column to the report"""
    page = gallery(results, tmp_path / "p", get_extra_col_func=lambda _: "taken at noon")
    assert page.count('<p class="extra">taken at noon</p>') == 8


def test_input_dir(tmp_path, photos):
    """specify the input directory [...] in case [...] the image was deleted after run"""
    frame = pd.DataFrame({"from": ["pizza/picture_000.jpg"], "to": [photos[0]], "distance": [0.9]})
    page = gallery(frame, tmp_path / "page", input_dir=str(tmp_path / "my_data"))
    assert page.count("<img ") == 2


def test_work_dir(results, tmp_path):
    """specify fastdup work_dir, when using a pd.DataFrame instead of a duplicate file path"""
    frame = pd.DataFrame({"from": [0], "to": [1], "distance": [0.9]})
    page = gallery(frame, tmp_path / "page", work_dir=str(results))
    assert [pair[1:] for pair in pairs_in(page)] == [("picture_000.jpg", "picture_001.jpg")]


def test_threshold(results, tmp_path):
    """Values above the threshold will be considered as duplicate."""
    page = gallery(results, tmp_path / "page", threshold=0.95)
    assert scores_in(page) == [0.99, 0.96]


def test_save_artifacts(results, photos, tmp_path):
    """saving the intermediate artifacts (raw images, csv with results) to the output folder"""
    gallery(
        results,
        tmp_path / "page",
        num_images=1,
        save_artifacts=True,
        get_label_func=lambda _: "=1+1",
    )
    with (tmp_path / "page" / "duplicates.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["from"], row["to"], row["distance"]) == (photos[0], photos[1], "0.99")
    assert row["label"] == "'=1+1"  # no formula for a spreadsheet
    copies = sorted((tmp_path / "page" / "artifacts").iterdir())
    originals = [Path(photo).read_bytes() for photo in photos[:2]]
    assert [copy.read_bytes() for copy in copies] == originals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"similarity_file": "/no/such/place"}, "InputNotFoundError: .*does not exist"),
        ({"num_images": 0}, "OptionError: num_images=0"),
        ({"threshold": 2}, "OptionError: threshold=2"),
        ({"slice": "hamburgr", "get_label_func": label_of}, "Did you mean 'hamburger'"),
        ({"get_label_func": "/no/labels.csv"}, "InputNotFoundError: The label file"),
        ({"lasy_load": True}, "Unknown argument 'lasy_load'.\nHint: Did you mean 'lazy_load'"),
    ],
)
def test_errors_are_one_line_a_hint_and_status_1(results, tmp_path, capsys, options, message):
    """ret int - 0 in case of success, otherwise 1."""
    options = {"similarity_file": results, "save_path": tmp_path / "page"} | options
    assert fastdup_nb.create_duplicates_gallery(**options) == 1
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert len(said.splitlines()) == 2
    assert "Traceback" not in said
    assert not (tmp_path / "page" / "duplicates.html").exists()
