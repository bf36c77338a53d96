"""The galleries of outliers, statistics, neighbours and aspect ratios as the API page has them.

The docstrings quote the page.
"""

import csv
import inspect
import re
from functools import partial

import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb.media.statistics import advanced_columns, basic_columns
from tests.pictures import write_pictures

LABELS = ("hamburger", "pizza", "salad")
NO_DEFAULT = inspect.Parameter.empty
COMMON = {
    "get_bounding_box_func": None,
    "get_reformat_filename_func": None,
    "get_extra_col_func": None,
    "input_dir": None,
}
SIGNATURES = {
    "create_outliers_gallery": {
        "outliers_file": NO_DEFAULT,
        "save_path": NO_DEFAULT,
        "num_images": 20,
        "lazy_load": False,
        "get_label_func": None,
        "how": "one",
        "slice": None,
        "max_width": None,
        **COMMON,
        "work_dir": None,
    },
    "create_stats_gallery": {
        "stats_file": NO_DEFAULT,
        "save_path": NO_DEFAULT,
        "num_images": 20,
        "lazy_load": False,
        "get_label_func": None,
        "metric": "blur",
        "slice": None,
        "max_width": None,
        "descending": False,
        **COMMON,
        "work_dir": None,
    },
    "create_similarity_gallery": {
        "similarity_file": NO_DEFAULT,
        "save_path": NO_DEFAULT,
        "num_images": 20,
        "lazy_load": False,
        "get_label_func": None,
        "slice": None,
        "max_width": None,
        "descending": False,
        **COMMON,
        "work_dir": None,
        "min_items": 2,
        "max_items": None,
    },
    "create_aspect_ratio_gallery": {
        "stats_file": NO_DEFAULT,
        "save_path": NO_DEFAULT,
        "get_label_func": None,
        "lazy_load": False,
        "max_width": None,
        "num_images": 0,
        "slice": None,
        "get_filename_reformat_func": None,
        "input_dir": None,
    },
}
OUTLIERS, STATS, SIMILARITY, ASPECT = SIGNATURES
PAGES = {
    OUTLIERS: "outliers.html",
    STATS: "blur.html",
    SIMILARITY: "similarity.html",
    ASPECT: "aspect_ratio.html",
}
FILES = {
    OUTLIERS: "outliers.csv",
    STATS: "atrain_stats.csv",
    SIMILARITY: "similarity.csv",
    ASPECT: "atrain_stats.csv",
}
WITH_CARDS = (OUTLIERS, STATS, SIMILARITY)
every = pytest.mark.parametrize("name", list(SIGNATURES))
of_cards = pytest.mark.parametrize("name", WITH_CARDS)


@pytest.fixture
def photos(tmp_path):
    """Two hamburgers, two pizzas, two salads."""
    return [
        str(path)
        for seed, label in enumerate(LABELS)
        for path in write_pictures(tmp_path / "my_data" / label, 2, first_seed=2 * seed)
    ]


def write(folder, name, columns, rows):
    lines = [columns, *(",".join(map(str, row)) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n")


@pytest.fixture
def results(tmp_path, photos):
    folder = tmp_path / "output_folder"
    folder.mkdir()
    write(folder, "atrain_features.dat.csv", "index,filename", enumerate(photos))
    edges = [(0, 1, 0.99), (0, 2, 0.95), (1, 0, 0.99), (1, 4, 0.92), (2, 0, 0.95), (2, 1, 0.93)]
    named = [(photos[a], photos[b], s) for a, b, s in edges]
    write(folder, "similarity.csv", "from,to,distance", named)
    edges = [(3, 1, 0.6), (4, 5, 0.5), (3, 2, 0.4), (5, 0, 0.3)]
    named = [(photos[a], photos[b], s) for a, b, s in edges]
    write(folder, "outliers.csv", "from,to,distance", named)
    names = advanced_columns()
    own = {"blur": lambda n: n, "width": lambda n: (n * 5 + 2) % 6 + 1}
    rows = [
        (n, photo, *(own.get(name, lambda n: (n * 7) % 6 + 1)(n) for name in names))
        for n, photo in enumerate(photos)
    ]
    write(folder, "atrain_stats.csv", f"index,filename,{','.join(names)}", rows)
    return folder


def gallery(name, source, save_path, page=None, **options):
    returned = getattr(fastdup_nb, name)(source, save_path, **options)
    assert isinstance(returned, pd.DataFrame) if name == SIMILARITY else returned == 0
    return (save_path / (page or PAGES[name])).read_text("utf-8")


def rows_in(page):
    """Return the rows of a page, each as the names of its images."""
    rows = re.split(r'<li class="(?:single|row) ', page.split("<ol", 1)[1])[1:]
    name = r'class="?name"?[^>]*>(?:<span>)?([^<]*)(?:</span><span>)?([^<]*)'
    return [["".join(found) for found in re.findall(name, row)] for row in rows]


def first_names(page):
    return [row[0] for row in rows_in(page)]


def label_of(path):
    return path.split("/")[-2]


@every
def test_signature(name):
    """def create_..._gallery(..., **kwargs)"""
    parameters = inspect.signature(getattr(fastdup_nb, name)).parameters
    assert list(parameters)[-1] == "kwargs"
    published = {key: value.default for key, value in parameters.items() if key != "kwargs"}
    assert published == SIGNATURES[name]
    assert list(published) == list(SIGNATURES[name])


@every
@pytest.mark.parametrize("form", ["csv", "work_dir", "frame"])
def test_file(results, tmp_path, name, form):
    """csv file [...], or a work_dir path, or a pandas dataframe"""
    file = results / FILES[name]
    source = {"csv": str(file), "work_dir": str(results), "frame": pd.read_csv(file)}[form]
    page = gallery(name, source, tmp_path / "page")
    assert page.count("<img ") >= 2
    assert 'class="missing"' not in page


@every
def test_save_path(results, tmp_path, name):
    """save_path str - output folder location for the visuals"""
    gallery(name, results, tmp_path / "not" / "yet" / "there")
    getattr(fastdup_nb, name)(results, tmp_path / "my page.html")
    assert (tmp_path / "my page.html").is_file()


@of_cards
def test_num_images(results, tmp_path, name):
    """num_images int - Max number of images to display"""
    page = gallery(name, results, tmp_path / "page", num_images=2)
    assert len(rows_in(page)) == 2
    assert re.search(r"2 of \d images", page)


@every
def test_lazy_load(results, tmp_path, name):
    """If False, write all images inside html file using base64 encoding. Otherwise [...]"""
    whole = gallery(name, results, tmp_path / "whole")
    assert whole.count('<img src="data:image/jpeg;base64,') == whole.count("<img ")
    assert [path.name for path in (tmp_path / "whole").iterdir()] == [PAGES[name]]
    lazy = gallery(name, results, tmp_path / "lazy", lazy_load=True)
    sources = re.findall(r'<img src="(images/[0-9a-f]+\.jpg)" alt="" loading="?lazy"?>', lazy)
    assert len(sources) == lazy.count("<img ") == whole.count("<img ")
    assert all((tmp_path / "lazy" / source).is_file() for source in sources)
    assert len(lazy) < len(whole)


@every
@pytest.mark.parametrize("form", ["function", "dictionary", "file", "list"])
def test_labels(results, photos, tmp_path, name, form):
    """get_label_func: a function, a dictionary, or a file whose first row is index,label"""
    file = tmp_path / "labels.csv"
    write(tmp_path, "labels.csv", "index,label", ((n, label_of(p)) for n, p in enumerate(photos)))
    source = {
        "function": label_of,
        "dictionary": {photo: label_of(photo) for photo in photos},
        "file": str(file),
        "list": [label_of(photo) for photo in photos],
    }[form]
    page = gallery(name, results, tmp_path / "page", get_label_func=source)
    assert re.search(r'<ul class="?labels"?><li>(hamburger|pizza|salad)<', page)


@every
def test_list_of_labels(results, tmp_path, name):
    """Image label can be a string or a list of strings."""
    page = gallery(name, results, tmp_path / "page", get_label_func=lambda _: ["food", "photo"])
    assert re.search(r"<li>food(</li>)?<li>photo(</li>)?</ul>", page)


@of_cards
def test_slice(results, tmp_path, name):
    """select a slice of the outliers file based on a specific label or a list of labels"""
    make = partial(gallery, name, results, get_label_func=label_of)
    first = first_names(make(tmp_path / "a", slice="pizza"))
    assert {name.split("/")[0] if "/" in name else "pizza" for name in first} == {"pizza"}
    assert len(first) < len(first_names(make(tmp_path / "b")))
    both = first_names(make(tmp_path / "c", slice=["pizza", "salad", "hamburger"]))
    assert len(both) == len(first_names(make(tmp_path / "d")))


@every
def test_max_width(results, tmp_path, name):
    """Optional parameter to set the max width of the gallery."""
    assert "--widest:600px" in gallery(name, results, tmp_path / "page", max_width=600)


@of_cards
@pytest.mark.parametrize("form", ["function", "dictionary", "csv", "work_dir"])
def test_bounding_boxes(results, photos, tmp_path, name, form):
    """a list of bounding boxes. Each bounding box should be 4 integers: x1, y1, x2, y2."""
    columns = "index,filename,col_x,row_y,width,height"
    rows = [(n, photo, 5, 6, 70, 80) for n, photo in enumerate(photos)]
    write(tmp_path, "atrain_crops.csv", columns, rows)
    source = {
        "function": lambda _: [[5, 6, 75, 86]],
        "dictionary": {photo: [[5, 6, 75, 86]] for photo in photos},
        "csv": str(tmp_path / "atrain_crops.csv"),
        "work_dir": str(tmp_path),
    }[form]
    page = gallery(name, results, tmp_path / "page", get_bounding_box_func=source)
    box = '<rect x="5.0" y="6.0" width="70.0" height="80.0"/>'
    assert page.count(box) == page.count("<img ")


@every
def test_reformat_filename(results, tmp_path, name):
    """the output is the string to display instead of the filename"""
    option = "get_filename_reformat_func" if name == ASPECT else "get_reformat_filename_func"
    page = gallery(name, results, tmp_path / "page", **{option: lambda _: "Nr. 7"})
    names = [name for row in rows_in(page) for name in row]
    assert names
    assert set(names) == {"Nr. 7"}


@of_cards
def test_extra_column(results, tmp_path, name):
    """optional parameter to allow adding extra columns to the report"""
    page = gallery(name, results, tmp_path / "p", get_extra_col_func=lambda _: "taken at noon")
    assert page.count(">taken at noon</p>") == page.count("<img ")


@every
def test_input_dir(results, tmp_path, name):
    """specify the input directory [...] in case [...] the image was deleted after run"""
    (tmp_path / "my_data").rename(tmp_path / "moved")
    lost = gallery(name, results, tmp_path / "lost")
    assert lost.count("<img ") == 0
    assert re.search(r"\d images missing", lost)
    page = gallery(name, results, tmp_path / "page", input_dir=str(tmp_path / "moved"))
    assert page.count("<img ") == lost.count('class="missing"')
    assert "missing" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=16)


@every
def test_work_dir(results, tmp_path, name):
    """Needed when [the] file is a pd.DataFrame."""
    table = pd.read_csv(results / FILES[name])
    columns = {"filename", "from", "to"} & set(table.columns)
    number = {photo: n for n, photo in enumerate(pd.read_csv(results / FILES[STATS])["filename"])}
    numbers = table.assign(**{column: table[column].map(number) for column in columns})
    if "filename" in columns:
        numbers = numbers.drop(columns="filename")
    page = gallery(name, numbers, tmp_path / "page", work_dir=str(results))
    assert first_names(page) == first_names(gallery(name, results, tmp_path / "other"))


@every
def test_save_artifacts(results, tmp_path, name):
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    gallery(name, results, results, save_artifacts=True, get_label_func=lambda _: "=1+1")
    assert {path.name: path.read_bytes() for path in results.iterdir() if path.name in before} == (
        before
    )
    (table,) = results.glob("*_gallery.csv")
    with table.open(newline="") as stream:
        assert "'=1+1" in next(csv.DictReader(stream))["label"]
    assert list((results / "artifacts").iterdir())


def test_outliers_how_one(results, tmp_path):
    """one = take the image that is far away from any one image"""
    page = gallery(OUTLIERS, results, tmp_path / "page")
    assert re.findall(r"<b>([\d.]+)</b>", page) == ["0.3000", "0.4000", "0.5000"]


def test_outliers_how_all(results, photos, tmp_path):
    """all = take the image that is far away from all other images."""
    page = gallery(OUTLIERS, results, tmp_path / "page", how="all")
    # The fifth image is outlying, and very similar to the second.
    assert re.findall(r"<b>([\d.]+)</b>", page) == ["0.3000", "0.6000"]


def test_outliers_are_the_worst_ones_first(results, tmp_path):
    """images that are further away from all other images, i.e. outliers."""
    page = gallery(OUTLIERS, results, tmp_path / "page", num_images=1)
    assert re.findall(r"<b>([\d.]+)</b>", page) == ["0.3000"]


@pytest.mark.parametrize("metric", ["size", *advanced_columns()])
def test_stats_metric(results, tmp_path, metric):
    """Supported metrics are: width, height, size, file_size, blur [...] Advanced metrics [...]"""
    low = gallery(STATS, results, tmp_path, f"{metric}.html", metric=metric, num_images=1)
    table = pd.read_csv(results / "atrain_stats.csv")
    values = table["width"] * table["height"] if metric == "size" else table[metric]
    if metric in {"unique", "width", "height", "size", "file_size"}:
        values = values[values > 0]
    lowest = table["filename"][values.idxmin()].rpartition("/")[2]
    assert first_names(low)[0].endswith(lowest)
    high = gallery(
        *(STATS, results, tmp_path, f"{metric}.html"), metric=metric, num_images=1, descending=True
    )
    assert first_names(high)[0].endswith(table["filename"][values.idxmax()].rpartition("/")[2])


def test_stats_descending(results, tmp_path):
    """Optional param to control the order of the metric"""
    up = first_names(gallery(STATS, results, tmp_path / "a"))
    down = first_names(gallery(STATS, results, tmp_path / "b", descending=True))
    assert up == down[::-1]


def test_similarity_returns_a_table(results, photos, tmp_path):
    """each row has the columns 'from', 'to', 'label' (optional), 'distance'"""
    table = fastdup_nb.create_similarity_gallery(results, tmp_path)
    assert list(table.columns) == ["from", "to", "distance", "length"]
    row = table[table["from"] == photos[0]].iloc[0]
    assert (row["to"], row["distance"]) == ([photos[1], photos[2]], [0.99, 0.95])


def test_similarity_query_beside_its_neighbours(results, tmp_path):
    """In each table row one query image is displayed and [the] most similar images [...]"""
    page = gallery(SIMILARITY, results, tmp_path)
    assert ["hamburger/picture_000.jpg", "hamburger/picture_001.jpg", "pizza/picture_000.jpg"] in (
        rows_in(page)
    )


@pytest.mark.parametrize("chosen", [None, "label_score"])
def test_similarity_label_score(results, photos, tmp_path, chosen):
    """0 means [...] only similar to images outside its class, 100 [...] only [...] same class."""
    options = {"get_label_func": label_of, "slice": chosen}
    table = fastdup_nb.create_similarity_gallery(results, tmp_path, **options)
    assert dict(zip(table["from"], table["score"], strict=True)) == {
        photos[2]: 0,
        photos[0]: 50,
        photos[1]: 50,
    }
    assert table["from"][0] == photos[2]  # "The report is sorted by the score metric."
    page = (tmp_path / "similarity.html").read_text("utf-8")
    assert re.findall(r"label score</span><b>(\d+)</b>", page) == ["0", "50", "50"]
    down = fastdup_nb.create_similarity_gallery(results, tmp_path, descending=True, **options)
    assert down["score"].tolist() == [50, 50, 0]


def test_similarity_min_items(results, photos, tmp_path):
    """min_items int - Optional parameter to select components with min_items or more"""
    table = fastdup_nb.create_similarity_gallery(results, tmp_path, min_items=3)
    assert table.empty


def test_similarity_max_items(results, tmp_path):
    """max_items int - Optional parameter to limit the number of items displayed"""
    page = gallery(SIMILARITY, results, tmp_path, max_items=1, min_items=1)
    assert {len(row) for row in rows_in(page)} == {2}


def test_aspect_ratio_num_images(results, tmp_path):
    """optional number of images to compute the statistics on (default computes on all images)"""
    assert "<strong>6 images</strong>" in gallery(ASPECT, results, tmp_path / "a")
    assert "<strong>2 images</strong>" in gallery(ASPECT, results, tmp_path / "b", num_images=2)


def test_aspect_ratio_slice(results, tmp_path):
    """slice the stats file based on a specific label or a list of labels"""
    options = {"get_label_func": label_of, "slice": ["pizza", "salad"]}
    assert "<strong>4 images</strong>" in gallery(ASPECT, results, tmp_path, **options)


def test_aspect_ratio_shows_its_numbers(results, tmp_path):
    """display a gallery of aspect ratio distribution"""
    page = gallery(ASPECT, results, tmp_path)
    stats = pd.read_csv(results / "atrain_stats.csv")
    assert f"average {stats['width'].mean():,.0f} × {stats['height'].mean():,.0f} pixels" in page  # noqa: RUF001
    assert f"average {(stats['width'] / stats['height']).mean():.3f}" in page
    assert "widest</em>" in page
    assert "tallest</em>" in page


ERRORS = [
    ({"source": "/no/such/place"}, "InputNotFoundError: .*does not exist"),
    ({"num_images": -1}, "OptionError: num_images=-1"),
    ({"slice": "piza", "get_label_func": label_of}, "Did you mean 'pizza'"),
    ({"slice": "hamburger"}, "needs labels"),
    ({"get_label_func": "/no/labels.csv"}, "InputNotFoundError: The label file"),
    ({"get_label_func": ["too", "short"]}, "The list of 2 labels does not fit"),
    ({"lasy_load": True}, "Unknown argument 'lasy_load'.\nHint: Did you mean 'lazy_load'"),
    ({"max_width": 3}, "OptionError: max_width=3"),
]


@every
@pytest.mark.parametrize(("options", "message"), ERRORS)
def test_errors_are_one_line_and_a_hint(results, tmp_path, capsys, name, options, message):
    """ret int - 0 in case of success, otherwise 1."""
    options = dict(options)
    source = options.pop("source", results)
    returned = getattr(fastdup_nb, name)(source, tmp_path / "page", **options)
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert len(said.splitlines()) == 2
    assert not (tmp_path / "page" / PAGES[name]).exists()
    if name == SIMILARITY:
        assert list(returned.columns)[:2] == ["from", "to"]
        assert returned.empty
    else:
        assert returned == 1


def test_stats_errors_name_the_choices(results, tmp_path, capsys):
    assert fastdup_nb.create_stats_gallery(results, tmp_path, metric="brightness") == 1
    said = capsys.readouterr().err
    assert all(name in said for name in (*basic_columns(), "size", "mean_hue"))
    table = pd.read_csv(results / "atrain_stats.csv")[["filename", "blur"]]
    assert fastdup_nb.create_stats_gallery(table, tmp_path, metric="mean_hue") == 1
    assert "turi_param='run_advanced_stats=1'" in capsys.readouterr().err


def test_outliers_how_is_one_of_two(results, tmp_path, capsys):
    assert fastdup_nb.create_outliers_gallery(results, tmp_path, how="some") == 1
    assert "Known: one, all." in capsys.readouterr().err
