"""Every command on small results: in the shell, and by variables in a notebook."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb import cli, commands
from fastdup_nb.commands.exporting import KINDS
from fastdup_nb.commands.galleries import GALLERIES
from fastdup_nb.commands.results import Files, Found, Gallery
from fastdup_nb.commands.signatures import (
    OBJECTS,
    FunctionOptions,
    describe_parameters,
    fields_of,
)
from fastdup_nb.errors import FastdupError, OptionError, ResultNotFoundError
from fastdup_nb.progress import SilentProgress
from tests.pictures import write_pictures

# Public functions that are no command: they have nothing to do with files of the user's shell, or
# are part of another command.
NO_COMMANDS = {
    "init_search": "search does it",
    "load_binary_feature": "gives an array to Python",
    "save_binary_feature": "takes an array from Python",
    "top_k_label": "takes lists from Python",
    "load_ipython_extension": "called by IPython",
    "unload_ipython_extension": "called by IPython",
    "export_to_cvat": "export cvat",
    "export_to_labelImg": "export labelimg",
    "export_to_tensorboard_projector": "projector",
    "generate_sprite_image": "sprite",
    "run_on_webdataset": "run with an archive or a folder of them",
    "extract_video_frames": "extract-frames",
    "find_top_components": "top-components",
    "create_knn_classifier": "classify",
    "create_kmeans_classifier": "classify --method kmeans",
    "run_kmeans": "run --run-mode 5",
    "run_kmeans_on_extracted": "kmeans",
    "delete_components": "delete",
    "delete_components_by_label": "delete-by-label",
    "delete_or_retag_stats_outliers": "delete-outliers, retag",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("commands")
    paths = write_pictures(root / "photos", 8)
    for number in range(3):
        shutil.copy(paths[number], root / "photos" / f"z_copy_{number}.jpg")
    options = {"threshold": 0.2, "nearest_neighbors_k": 3}
    assert fastdup_nb.run(root / "photos", root / "out", **options) == 0
    assert fastdup_nb.run_kmeans_on_extracted("", root / "out", num_clusters=3) == 0
    names = sorted(str(path) for path in (root / "photos").iterdir())
    rows = "".join(f"{name},{'even' if i % 2 else 'odd'}\n" for i, name in enumerate(names))
    (root / "labels.csv").write_text(f"filename,label\n{rows}")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for each test, in the current folder."""
    folder = tmp_path / "root"
    shutil.copytree(made, folder)
    for path in [*(folder / "out").glob("*.csv"), folder / "labels.csv"]:
        path.write_text(path.read_text().replace(str(made), str(folder)))
    monkeypatch.chdir(folder)
    return folder


def shell(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(line.split()) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def notebook(line: str, told: SilentProgress | None = None, **variables: Any) -> Any:
    place = commands.Place(
        prog="%fastdup",
        variables=variables,
        needs_page=False,
        last_work_dir=Path("out").resolve(),
        num_images=12,
        make_progress=lambda: told or SilentProgress(),
    )
    return commands.execute(line.split(), place)


def test_every_public_function_is_a_command():
    galleries = {f"create_{name}_gallery" for name in ("components", "duplicates")}
    covered = {gallery.options.function.__name__ for gallery in GALLERIES}
    assert galleries < covered
    functions = {
        name
        for name in fastdup_nb.__all__
        if inspect.isfunction(getattr(fastdup_nb, name)) and name not in NO_COMMANDS
    }
    assert functions - covered == {"run", "search", "undo"}
    assert {"run", "search", "undo"} < set(commands.COMMANDS)
    words = {word for told in NO_COMMANDS.values() for word in told.split(", ")}
    named = {"projector", "sprite", "top-components", "classify", "kmeans", "delete", "retag"}
    assert named <= words & set(commands.COMMANDS)


@pytest.mark.parametrize("gallery", GALLERIES, ids=lambda gallery: gallery.name)
def test_a_gallery_offers_every_parameter_of_its_function(gallery):
    function = gallery.options.function
    offered = commands.COMMANDS[gallery.name].parser("x").option_names()
    source, *others = inspect.signature(function).parameters
    for name in others:
        if name not in {"kwargs", "work_dir"}:
            option = OBJECTS.get(name, name).replace("_", "-")
            assert {f"--{option}", f"--no-{option}"} & set(offered), name
    assert source.replace("_", "-") not in offered


def test_every_option_is_explained():
    for command in commands.COMMANDS.values():
        parser = command.parser("x")
        for action in parser._actions:
            assert action.help, (command.name, action.dest)


def test_defaults_are_those_of_the_function():
    def function(source: str, size: int = 7, how: str = "one", get_label_func: Any = None) -> None:
        """Do it.

        Parameters
        ----------
        source : path
            Where.
        size, other : int
            How many
            of them.
        how : {'one', 'all'}
            Which.
        **kwargs
            nrows : int
                Rows.

        Returns
        -------
        int
            Nothing.
        """

    options = FunctionOptions(function, skip=("source",), further=("nrows",))
    by_name = {item.name: item for item in dataclasses.fields(fields_of(options))}
    assert list(by_name) == ["size", "how", "labels", "nrows"]
    assert by_name["size"].default == 7
    assert by_name["size"].metadata["help"] == "How many of them."
    assert by_name["how"].metadata["choices"] == ("one", "all")
    assert describe_parameters(function)["nrows"].text == "Rows."
    assert "int" not in describe_parameters(function)


@pytest.mark.parametrize("gallery", GALLERIES, ids=lambda gallery: gallery.name)
def test_a_gallery_is_a_page_in_the_shell_and_pictures_in_a_notebook(gallery, root, capsys):
    said = shell(f"{gallery.name} out --num-images 3", capsys)
    page = Path(said.rstrip().rpartition("Page: ")[2])
    assert page.parent == root / "out"
    assert "<html" in page.read_text("utf-8")
    page.unlink()
    shown = notebook(f"{gallery.name} --num-images 3")
    assert isinstance(shown, Gallery)
    assert "<img" in shown._repr_html_()
    assert len(shown._repr_html_()) < 100_000
    assert len(shown.to_frame())
    assert page.exists() == (gallery.name == "aspect-ratio")  # its plots need a page


def test_clusters_do_not_replace_the_page_of_components(root, capsys):
    shell("components out", capsys)
    before = (root / "out" / "components.html").read_text()
    shell("clusters out", capsys)
    assert (root / "out" / "components.html").read_text() == before
    assert (root / "out" / "clusters.html").is_file()


def test_options_of_a_gallery_do_what_those_of_the_function_do(root, capsys):
    shell("components out --lazy-load --save-path page --save-artifacts", capsys)
    assert sorted(path.name for path in (root / "page").iterdir()) == [
        "artifacts",
        "components.html",
        "images",
        "top_components.csv",
    ]
    assert len(list((root / "page" / "images").glob("component_*.jpg"))) == 3
    highest = shell("stats out --metric mean --descending --num-images 1", capsys)
    lowest = shell("stats out --metric mean --num-images 1", capsys)
    assert highest.splitlines()[2] != lowest.splitlines()[2]
    # Which images are outliers is the model's affair: take a label that one of them has.
    every = shell("outliers out --get_label_func labels.csv", capsys)
    label, other = ("odd", "even") if "odd" in every else ("even", "odd")
    one = shell(f"outliers out --get_label_func labels.csv --slice {label}", capsys)
    assert label in one
    assert other not in one


def test_functions_of_the_notebook_are_given_by_name(root):
    variables = {
        "get_label": lambda path: "x" if "copy" in path else "y",
        "name_of": lambda path: Path(path).stem.upper(),
        "table": pd.read_csv("out/similarity.csv"),
    }
    line = "duplicates table --labels get_label --shown-names name_of --extra get_label --slice x"
    view = notebook(line, **variables).view
    assert {card.labels for card in view.cards} == {("x",), ("y",)}
    assert all(card.name.isupper() for card in view.cards)
    assert view.work_dir == str(root / "out")
    with pytest.raises(OptionError, match="There is no file or variable 'get_lable'"):
        notebook("duplicates --labels get_lable", **variables)


class Told(SilentProgress):
    """Keeps the messages."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)


def fail_for_one(path: str) -> object:
    if path.endswith("picture_001.jpg"):
        raise KeyError("no such label")
    return 7 if "copy" in path else Path("eight")


def test_a_function_that_fails_for_one_image_names_it_and_the_rest_goes_on(root):
    told = Told()
    line = "duplicates --labels get_label --extra get_label --shown-names get_label"
    view = notebook(line, told, get_label=fail_for_one).view
    by_name = {Path(card.path).name: card for card in view.cards}
    assert by_name["picture_001.jpg"].labels == ()
    assert by_name["picture_001.jpg"].name.endswith("picture_001.jpg")
    assert by_name["z_copy_1.jpg"].labels == ("7",)
    assert by_name["picture_002.jpg"].labels == ("eight",)
    assert len(told.lines) == 3
    assert told.lines[0].startswith("get_label fails for /")
    assert told.lines[0].endswith("picture_001.jpg: KeyError: 'no such label'")


def test_a_function_that_fails_for_all_images_is_an_error(root):
    def get_label(path: str) -> str:
        raise KeyError(path[:1])

    with pytest.raises(OptionError, match=r"get_label fails for /.*, and for \d+ more\."):
        notebook("duplicates --labels get_label", get_label=get_label)


def test_nothing_is_deleted_when_a_label_function_fails(root):
    with pytest.raises(OptionError, match=r"fails for .*picture_001.jpg: KeyError"):
        notebook("delete-by-label --labels get_label --apply", get_label=fail_for_one)
    assert len(list((root / "photos").iterdir())) == 11


def test_what_a_gallery_shows_can_be_cleaned(root):
    table = notebook("similarity --labels labels.csv --min-items 1").view.table
    limit = max(table["score"])
    line = f"delete-outliers table --metric score --lower-threshold {limit} --filename-col from"
    done = notebook(line, table=table)
    assert isinstance(done, Files)
    assert set(done) == set(table["from"][table["score"] < limit])


def test_search_by_path_and_by_picture(root, capsys):
    said = shell("search photos/picture_001.jpg --work-dir out --k 2 --save-path f.csv", capsys)
    assert "z_copy_1.jpg" in said
    assert len(pd.read_csv("f.csv")) == 2
    from PIL import Image

    with Image.open("photos/picture_001.jpg") as picture:
        found = notebook("search picture --k 2", picture=picture.copy())
    assert isinstance(found, Found)
    assert len(found) == 2
    assert "<img" in found._repr_html_()
    with pytest.raises(OptionError, match="No image is given"):
        notebook("search")


def test_add(root, capsys):
    shell("run photos --work-dir out --quiet", capsys)
    write_pictures(root / "more", 2, first_seed=40)
    assert shell("add more --work-dir out --quiet", capsys) == ""
    assert "finished: 13 images" in shell("status out", capsys)
    assert "0 new, 0 bad, 0 changed, 2 unchanged" in shell("add more --work-dir out", capsys)
    assert notebook("add more").work_dir == root / "out"


def test_labels_and_classifiers(root, capsys):
    shown = shell("labels out --labels labels.csv --all --save-path scores.csv", capsys)
    assert "11 images with a label." in shown
    assert len(pd.read_csv("scores.csv")) == 11
    assert len(notebook("labels --labels get", get=lambda _: "one")) == 0
    text = shell("classify out --labels labels.csv --k 2 --save-path knn.csv", capsys)
    assert "precision" in text
    assert list(pd.read_csv("knn.csv")) == ["filename", "label", "prediction", "score"]
    assert "k-means" in shell("classify out --labels labels.csv --method kmeans", capsys)
    for line, message in [
        ("labels out", "No labels are given"),
        ("classify out --labels labels.csv", "No k is given"),
        ("classify out --k 2", "No labels is given"),
        ("classify out --method nn", "Unknown method 'nn'"),
    ]:
        assert cli.main(line.split()) == 2
        assert message in capsys.readouterr().err


def test_kmeans_and_top_components(root, capsys):
    assert "11 images in 4 clusters" in shell("kmeans out --num-clusters 4", capsys)
    table = notebook("top-components --min-items 2 --labels labels.csv --save-path groups.csv")
    assert table.frame["len"].tolist() == [2, 2, 2]
    assert Path("groups.csv").is_file()
    assert "z_copy_0.jpg" in str(table.frame["files"].tolist())
    assert len(notebook("top-components --comp-type cluster")) >= 1


def test_nothing_is_deleted_without_apply(root, capsys):
    before = sorted(Path("photos").iterdir())
    said = shell("delete out", capsys)
    assert said.count("rm -f -- ") == 3
    assert said.endswith("To do it: --apply.\n")
    assert sorted(Path("photos").iterdir()) == before
    done = notebook("delete --apply --trash work_dir --to-delete 0,1")
    assert isinstance(done, Files)
    assert len(done) == 2
    assert sorted(Path("photos").iterdir()) == [p for p in before if str(p.resolve()) not in done]
    assert re.search(r"Take it back: %fastdup undo \S+/out\.", repr(done))
    assert len(notebook("undo")) == 2
    assert sorted(Path("photos").iterdir()) == before
    with pytest.raises(FastdupError):
        notebook("undo --batch 7")


def test_delete_by_label_and_outliers_and_retag(root, capsys):
    said = shell("delete-by-label out --labels labels.csv --how majority --min-items 2", capsys)
    assert "[odd]" in said
    said = shell("delete-outliers out --metric blur --upper-percentile 0.9", capsys)
    assert said.count("rm -f -- ") == 1
    line = "retag out --metric blur --upper-percentile 0.9 --tool cvat --save-path task --apply"
    shell(line, capsys)
    assert Path("task/fastdup_label.zip").is_file()
    for line, message in [
        ("retag out --metric blur --upper-percentile 0.9 --save-path t", "No tool is given"),
        ("retag out --metric blur --tool labelme --save-path t", "Unknown tool 'labelme'"),
        ("delete-outliers out --lower-threshold 2", "No metric is given"),
        ("delete-outliers out --metric blurr --lower-threshold 2", "Did you mean 'blur'?"),
        ("delete out --to-delete a", "'a' is not a whole number"),
    ]:
        assert cli.main(line.split()) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["csv", "coco", "projector", "cvat", "labelimg"])
def test_export(kind, root, capsys):
    said = shell(f"export {kind} out", capsys)
    assert said.startswith("Written: ")
    written = Path(said.strip().partition(": ")[2])
    assert written.exists()
    assert root / "out" in written.parents


def test_kinds_of_export_are_all_there_are(root, capsys):
    from fastdup_nb.export import kinds

    assert tuple(KINDS) == kinds.KINDS
    assert cli.main(["export"]) == cli.main(["export", "csw", "out"]) == 2
    assert "Did you mean 'csv'?" in capsys.readouterr().err
    assert notebook("export csv --save-path mine.csv").endswith("mine.csv")


def test_projector_and_sprite(root, capsys):
    said = shell("projector out --log-dir logs --sample-size 4", capsys)
    assert re.fullmatch(r"To see it: tensorboard --logdir \S+\n", said)
    assert Path("logs/sprite.png").is_file()
    assert shell("sprite photos --log-dir small --h 20", capsys).endswith("small/sprite.png\n")
    assert cli.main(["sprite", "photos"]) == 2
    assert "No --log-dir is given." in capsys.readouterr().err


def test_status_of_finished_results(root, capsys):
    said = shell("status out", capsys)
    assert "finished: 11 images" in said
    assert "similarity.csv" in said
    told = json.loads(shell("status out --json", capsys))
    assert (told["images"], told["finished"], told["saved"], told["in_use_by"]) == (
        11,
        True,
        None,
        "",
    )
    with pytest.raises(ResultNotFoundError, match="holds no results"):
        notebook("status photos")


def test_status_of_an_unfinished_run_and_of_one_that_goes_on(root, capsys):
    from fastdup_nb.store.workdir import WorkDir

    class Interrupting(SilentProgress):
        def advance(self, done: int, bad: int = 0) -> None:
            raise KeyboardInterrupt

    with pytest.raises(FastdupError):
        fastdup_nb.Fastdup.run("photos", "half", batch_size=8, progress=Interrupting())
    said = shell("status half", capsys)
    assert "unfinished: 8 files are read and saved" in said
    assert "fastdup-nb run INPUT --work-dir" in said
    with WorkDir("half").lock():
        assert "in use by process" in shell("status half", capsys)
    assert "in use" not in shell("status half", capsys)


def test_errors_of_functions_are_errors_of_commands(root, capsys):
    assert cli.main(["delete", "nowhere"]) > 0
    assert cli.main(["duplicates", "nowhere"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 4
    assert fastdup_nb.delete_components("nowhere") == []  # which reports, outside of commands
    assert "Error" in capsys.readouterr().err
    assert cli.main(["outliers", "out", "--extra", "x"]) == 2
    assert "use it in a notebook" in capsys.readouterr().err
