"""The cleaning functions as the V0.2 API page describes them; the docstrings quote the page."""

import inspect
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb.progress import SilentProgress
from tests.pictures import draw, write_pictures

MISSING = inspect.Parameter.empty


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run on three pictures of a kind (two of them equal) and seven others."""
    root = tmp_path_factory.mktemp("made")
    photos = root / "my data"
    write_pictures(photos / "plain", 6)
    shutil.copy(photos / "plain" / "picture_000.jpg", photos / "copy;of 0.jpg")
    draw(0).save(photos / "again.jpg", quality=60)
    draw(20).point(lambda value: value // 8).save(photos / "dark.jpg")
    draw(21).resize((50, 40)).save(photos / "tiny.png")
    fastdup_nb.Fastdup.run(photos, root / "out", progress=SilentProgress())
    return root


@pytest.fixture
def place(made, tmp_path):
    """A copy of it for each test, with names of its own."""
    root = tmp_path / "root"
    shutil.copytree(made, root, symlinks=True)
    for path in (root / "out").glob("*.csv"):
        path.write_text(path.read_text().replace(str(made), str(root)))
    config = root / "out" / "config.json"
    config.write_text(config.read_text().replace(str(made), str(root)))
    return root


@pytest.fixture
def photos(place):
    return place / "my data"


@pytest.fixture
def out(place):
    return place / "out"


@pytest.fixture
def top(photos, out):
    """What find_top_components returns: one component of copies, one of two others."""
    alike = [photos / "again.jpg", photos / "copy;of 0.jpg", photos / "plain" / "picture_000.jpg"]
    others = [photos / "plain" / "picture_001.jpg", photos / "plain" / "picture_002.jpg"]
    frame = pd.DataFrame(
        {
            "component_id": [4, 9],
            "files": [[str(path) for path in alike], [str(path) for path in others]],
            "label": [["a", "a", "b"], ["a", "b"]],
            "distance": [0.995, 0.95],
            "len": [3, 2],
        }
    )
    frame.attrs["work_dir"] = str(out)
    return frame


def names(files):
    return sorted(Path(path).name for path in files)


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {
        p.name: p.default for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    }


# delete_components


def test_delete_components_signature():
    """delete_components(top_components, to_delete=None, min_distance=0.96, how='one',
    dry_run=True)"""
    assert list(defaults(fastdup_nb.delete_components).items()) == [
        ("top_components", MISSING),
        ("to_delete", None),
        ("min_distance", 0.96),
        ("how", "one"),
        ("dry_run", True),
    ]


def test_the_example_of_the_page(top, photos):
    """top_components = top_components[top_components['distance'] > 0.99];
    delete_components(top_components, None, how = 'one', dry_run = False)"""
    before = listing(photos)
    top_components = top[top["distance"] > 0.99]
    deleted = fastdup_nb.delete_components(top_components, None, how="one", dry_run=False)
    assert len(deleted) == 2
    assert len(listing(photos)) == len(before) - 2
    assert not any(map(os.path.exists, deleted))


def test_the_table_of_find_top_components_is_taken_as_it_is(out, photos, tmp_path):
    """top_components = fastdup.find_top_components('/path/to/output')"""
    folder_of = {str(path): path.parent.name for path in photos.rglob("*.*")}
    top_components = fastdup_nb.find_top_components(out, folder_of, save_path=tmp_path)
    deleted = fastdup_nb.delete_components(top_components, min_distance=0.9, dry_run=False)
    assert len(deleted) == 2
    assert fastdup_nb.undo(out) == deleted[::-1]  # the journal lies in that work_dir
    saved = tmp_path / "top_components.csv"
    assert sorted(fastdup_nb.delete_components(saved, min_distance=0.9)) == sorted(deleted)
    by_label = fastdup_nb.delete_components_by_label(saved, 2, 0.9, how="majority", work_dir=out)
    assert len(by_label) == 1
    assert Path(by_label[0]).parent == photos


def test_dry_run_prints_the_rm_commands(top, photos, capsys):
    """if True does not delete but print the rm commands used, otherwise deletes"""
    before = listing(photos)
    files = fastdup_nb.delete_components(top)
    printed = capsys.readouterr().out
    assert listing(photos) == before
    commands = [line for line in printed.splitlines() if line.startswith("rm ")]
    assert [shlex.split(line)[-1] for line in commands] == files
    subprocess.run(["sh", "-c", "\n".join(commands)], check=True)
    assert set(before) - set(listing(photos)) == {os.path.relpath(f, photos) for f in files}


def test_dry_run_is_the_default_and_writes_nothing(top, out):
    """dry_run=True"""
    before = listing(out)
    fastdup_nb.delete_components(top)
    assert listing(out) == before


def test_to_delete_is_a_list_of_component_ids(top):
    """a list of integer component ids to delete. On default None which means delete duplicates
    from all components."""
    every = fastdup_nb.delete_components(top, min_distance=0)
    four = fastdup_nb.delete_components(top, [4], min_distance=0)
    nine = fastdup_nb.delete_components(top, to_delete=[9], min_distance=0)
    assert (len(every), len(four), len(nine)) == (3, 2, 1)
    assert sorted(four + nine) == sorted(every)
    assert fastdup_nb.delete_components(top, [], min_distance=0) == []


def test_an_id_that_is_not_there(top, capsys):
    assert fastdup_nb.delete_components(top, [5]) == []
    assert "no component 5" in capsys.readouterr().err


@pytest.mark.parametrize(("least", "count"), [(0.9, 3), (0.95, 2), (0.96, 2), (0.995, 0)])
def test_min_distance(top, least, count):
    """delete only components which has similarity larger than min_distance"""
    assert len(fastdup_nb.delete_components(top, min_distance=least)) == count


def test_how(top, capsys):
    """either 'all' (deletes all the component) or 'one' (leaves one image and delete the rest of
    the duplicates)"""
    assert len(fastdup_nb.delete_components(top, how="one")) == 2
    assert len(fastdup_nb.delete_components(top, how="all")) == 3
    capsys.readouterr()
    assert fastdup_nb.delete_components(top, how="alll") == []
    error = capsys.readouterr().err
    assert "Did you mean 'all'?" in error


def test_all_deletes_all(top, photos):
    """'all' (deletes all the component)"""
    fastdup_nb.delete_components(top, how="all", dry_run=False)
    assert not {"again.jpg", "copy;of 0.jpg", "plain/picture_000.jpg"} & set(listing(photos))


def test_keep_decides_which_stays(top, photos):
    os.utime(photos / "again.jpg", (1_000_000_000, 1_000_000_000))
    draw(0, (480, 360)).save(photos / "plain" / "picture_002.jpg")  # larger, but another component
    kept = {
        keep: set(top["files"][0]) - set(fastdup_nb.delete_components(top, keep=keep))
        for keep in ("first", "oldest", "largest", "sharpest")
    }
    assert names(kept["first"]) == ["again.jpg"]
    assert names(kept["oldest"]) == ["again.jpg"]
    assert all(len(files) == 1 for files in kept.values())
    assert names(kept["largest"]) == ["copy;of 0.jpg"]  # as many pixels, the larger file


def test_components_can_be_taken_from_the_work_dir(out):
    files = fastdup_nb.delete_components(out, min_distance=0.9)
    assert len(files) == 2


def test_trash_and_work_dir_and_permanent(top, out, tmp_path, photos):
    other = tmp_path / "journal"
    fastdup_nb.delete_components(top, dry_run=False, trash="work_dir", work_dir=other)
    assert len(list((other / "trash").rglob("*.jpg"))) == 2
    assert not (out / "cleaning.jsonl").exists()
    assert len(fastdup_nb.undo(other)) == 2
    fastdup_nb.delete_components(top, dry_run=False, permanent=True)
    assert not (out / "trash").exists()
    assert fastdup_nb.undo(out) == []


def test_a_table_without_a_note_is_journalled_where_run_would_write(top, tmp_path, monkeypatch):
    """work_dir='.'"""
    monkeypatch.chdir(tmp_path)
    fastdup_nb.delete_components(pd.DataFrame(top.to_dict()), dry_run=False)
    assert (tmp_path / "cleaning.jsonl").exists()


# delete_components_by_label


def test_delete_components_by_label_signature():
    """delete_components_by_label(top_components_file, min_items=10, min_distance=0.96, how='one',
    dry_run=True)"""
    assert list(defaults(fastdup_nb.delete_components_by_label).items()) == [
        ("top_components_file", MISSING),
        ("min_items", 10),
        ("min_distance", 0.96),
        ("how", "one"),
        ("dry_run", True),
    ]


def test_min_items_and_min_distance_by_label(top):
    def count(**options):
        return len(fastdup_nb.delete_components_by_label(top, **options))

    assert count() == 0  # no component has ten images
    assert count(min_items=3) == 2
    assert count(min_items=4) == 0
    assert count(min_items=2, min_distance=0.9) == 3


def test_how_by_label(top):
    """either 'all' (deletes all the component) or 'majority' (leaves one image with the dominant
    label count ...)"""

    def files(how):
        return names(fastdup_nb.delete_components_by_label(top, min_items=2, how=how))

    assert files("all") == ["again.jpg", "copy;of 0.jpg", "picture_000.jpg"]
    assert files("one") == ["again.jpg", "picture_000.jpg"]
    assert files("majority") == ["again.jpg"]  # picture_000.jpg has another label


def test_by_label_takes_the_table_or_a_file_but_no_pickle(top, tmp_path, capsys):
    top.rename(columns={"label": "labels"}).to_csv(tmp_path / "top.csv", index=False)
    top.to_pickle(tmp_path / "top.pkl")
    assert len(fastdup_nb.delete_components_by_label(tmp_path / "top.csv", 2, how="majority")) == 1
    capsys.readouterr()
    assert fastdup_nb.delete_components_by_label(tmp_path / "top.pkl", 2) == []
    assert "pickle" in capsys.readouterr().err


def test_by_label_deletes(top, photos, out):
    deleted = fastdup_nb.delete_components_by_label(top, 2, how="majority", dry_run=False)
    assert not any(map(os.path.exists, deleted))
    assert fastdup_nb.undo(out) == deleted


# delete_or_retag_stats_outliers


def outliers(source, metric="mean", **options):
    return fastdup_nb.delete_or_retag_stats_outliers(source, metric, **options)


def test_delete_or_retag_stats_outliers_signature():
    """delete_or_retag_stats_outliers(stats_file, metric, filename_col='filename', ...)"""
    assert list(defaults(fastdup_nb.delete_or_retag_stats_outliers).items()) == [
        ("stats_file", MISSING),
        ("metric", MISSING),
        ("filename_col", "filename"),
        ("label_col", None),
        ("lower_percentile", None),
        ("upper_percentile", None),
        ("lower_threshold", None),
        ("upper_threshold", None),
        ("get_reformat_filename_func", None),
        ("dry_run", True),
        ("how", "delete"),
        ("save_path", None),
        ("work_dir", None),
    ]


def test_the_darkest_are_deleted(out, photos):
    """fastdup.delete_or_retag_stats_outliers("out", metric="mean", lower_percentile=0.05,
    dry_run=False)"""
    assert names(outliers(str(out), lower_percentile=0.05, dry_run=False)) == ["dark.jpg"]
    assert not (photos / "dark.jpg").exists()
    assert names(fastdup_nb.undo(out)) == ["dark.jpg"]
    assert (photos / "dark.jpg").exists()


def test_it_takes_a_folder_a_file_or_a_table(out):
    """folder pointing to fastdup workdir or file pointing to work_dir/atrain_stats.csv file or
    pandas DataFrame"""
    frame = pd.read_csv(out / "atrain_stats.csv")
    for source in (out, out / "atrain_stats.csv", frame):
        assert names(outliers(source, lower_percentile=0.05)) == ["dark.jpg"]


@pytest.mark.parametrize(
    "metric", ["blur", "mean", "min", "max", "stdv", "unique", "width", "height", "size"]
)
def test_every_metric(out, metric):
    """should be one of "blur", "mean", "min", "max", "stdv", "unique", "width", "height", "size" """  # noqa: E501
    table = pd.read_csv(out / "atrain_stats.csv")
    values = table["width"] * table["height"] if metric == "size" else table[metric]
    limit = values.sort_values().iloc[-1]
    expected = names(table["filename"][values < limit])
    assert names(outliers(out, metric, lower_threshold=float(limit))) == expected


def test_further_metrics(out):
    assert names(outliers(out, "file_size", lower_percentile=0.05)) != []
    worst = pd.read_csv(out / "outliers.csv")
    of_image = worst.groupby("from")["distance"].min()
    limit = float(of_image.max())
    expected = sorted(of_image.index[of_image < limit])
    assert sorted(outliers(out, "outlier_distance", lower_threshold=limit)) == expected


def test_both_percentiles_at_once(out):
    """it is possible to run with both lower_percentile and upper_percentile at once. It is not
    possible to run with lower_percentile and lower_threshold at once"""
    low = outliers(out, lower_percentile=0.2)
    high = outliers(out, upper_percentile=0.8)
    assert low
    assert high
    assert sorted(low + high) == sorted(outliers(out, lower_percentile=0.2, upper_percentile=0.8))
    assert outliers(out, lower_percentile=0.2, lower_threshold=3) == []


def test_the_score_example(photos, out):
    """delete_or_retag_stats_outliers(df2, metric='score', filename_col = 'from',
    lower_threshold=51, dry_run=True)"""
    df2 = pd.DataFrame(
        {
            "from": [str(photos / "dark.jpg"), str(photos / "again.jpg")],
            "to": [["x"], ["y"]],
            "label": [["a"], ["b"]],
            "score": [0.0, 100.0],
        }
    )
    files = outliers(
        df2, "score", filename_col="from", lower_threshold=51, dry_run=True, work_dir=out
    )
    assert names(files) == ["dark.jpg"]


def test_get_reformat_filename_func(out, place, photos):
    """Useful in the case fastdup was run on a different folder or machine and you would like to
    delete files in another folder."""
    other = place / "mirror"
    shutil.copytree(photos, other)
    files = outliers(
        out,
        lower_percentile=0.05,
        get_reformat_filename_func=lambda name: name.replace("my data", "mirror"),
        dry_run=False,
    )
    assert files == [str(other / "dark.jpg")]
    assert (photos / "dark.jpg").exists()
    assert not (other / "dark.jpg").exists()


def test_how_move_keeps_the_folders(out, photos, tmp_path):
    """how str - either 'delete' or 'move' or 'retag'"""
    moved = tmp_path / "moved"
    files = outliers(out, upper_percentile=0.7, how="move", save_path=moved, dry_run=False)
    assert files
    assert [str(photos / name) for name in listing(moved)] == sorted(files)
    assert fastdup_nb.undo(out) == files[::-1]
    assert listing(moved) == []


def test_how_move_prints_what_it_would_do(out, photos, tmp_path, capsys):
    before = listing(photos)
    outliers(out, lower_percentile=0.05, how="move", save_path=tmp_path / "moved")
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("mv "))
    assert shlex.split(line)[-2:] == [
        str(photos / "dark.jpg"),
        str(tmp_path / "moved" / "dark.jpg"),
    ]
    assert listing(photos) == before
    assert not (tmp_path / "moved").exists()


@pytest.mark.parametrize(
    ("how", "result"),
    [("retag=labelImg", "dark.xml"), ("retag=cvat", "fastdup_label.zip")],
)
def test_how_retag(out, photos, tmp_path, how, result):
    """In case of retag allowed value is retag=labelImg or retag=cvat; In case of a folder and how
    == 'retag' the label files will be moved to this folder."""
    labels = tmp_path / "labels"
    options = {"lower_percentile": 0.05, "how": how, "save_path": labels}
    before = listing(photos)
    assert names(outliers(out, **options)) == ["dark.jpg"]
    assert not labels.exists()
    assert names(outliers(out, dry_run=False, **options)) == ["dark.jpg"]
    assert (labels / result).exists() or (photos / result).exists()
    assert [name for name in listing(photos) if not name.endswith(".xml")] == before


def test_label_col_is_what_retag_writes(out, tmp_path):
    table = pd.read_csv(out / "atrain_stats.csv")
    table["kind"] = [f"kind{n}" for n in range(len(table))]
    (row,) = table.index[table["filename"].str.endswith("dark.jpg")]
    files = outliers(
        table,
        label_col="kind",
        lower_percentile=0.05,
        how="retag=labelImg",
        save_path=tmp_path / "labels",
        dry_run=False,
        work_dir=out,
    )
    assert names(files) == ["dark.jpg"]
    assert f"kind{row}" in (tmp_path / "labels" / "classes.txt").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lower_percentile": 0.9, "upper_percentile": 0.1}, "overlap"),
        ({"lower_threshold": -5}, "No image"),
        ({"upper_threshold": -5}, "All 10 images"),
        ({"lower_percentile": 0.1, "how": "retag"}, "names no tool"),
        ({"lower_percentile": 0.1, "how": "remove"}, "Unknown how"),
        ({"lower_percentile": 0.1, "how": "move"}, "save_path"),
        ({"lower_percentile": 0.1, "filename_col": "name"}, "Unknown column"),
        ({"lower_percentile": 0.1, "metric": "bluriness"}, "Unknown metric"),
        ({"lower_percentile": 0.1, "permanent": True, "trash": "system"}, "both given"),
    ],
)
def test_one_line_and_a_hint_and_nothing_is_done(out, photos, capsys, options, message):
    before = listing(photos)
    assert outliers(out, **{"dry_run": False, **options}) == []
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 2
    assert "Hint: " in error
    assert listing(photos) == before


def test_deleting_what_is_already_gone(top, photos, capsys):
    for name in ("again.jpg", "copy;of 0.jpg"):
        (photos / name).unlink()
    assert fastdup_nb.delete_components(top, dry_run=False) == []
    printed = capsys.readouterr().out
    assert "2 files no longer there" in printed
    assert (photos / "plain" / "picture_000.jpg").exists()


def test_undo_tells_when_there_is_nothing(out, capsys):
    assert fastdup_nb.undo(out) == []
    assert "There is nothing to undo" in capsys.readouterr().out
    assert fastdup_nb.undo(out / "missing") == []
    assert "does not exist" in capsys.readouterr().err
