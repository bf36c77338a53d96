"""`plot` and `map` as commands: pages in the shell, widgets in a notebook."""

import numpy as np
import pytest

import fastdup_nb
from fastdup_nb import commands
from fastdup_nb.cli import main
from fastdup_nb.errors import OptionError
from fastdup_nb.widget.plot import HistogramPlot, MapPlot

COUNT = 12


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    names = [str(tmp_path / f"{row:02d}.jpg") for row in range(COUNT)]
    vectors = np.random.default_rng(1).random((COUNT, 6), dtype=np.float32)
    assert fastdup_nb.save_binary_feature(folder, names, vectors) == 0
    (folder / "similarity.csv").write_text("from,to,distance\n")
    lines = [f"{row},{name},{row}" for row, name in enumerate(names)]
    (folder / "atrain_stats.csv").write_text("\n".join(["index,filename,blur", *lines]))
    return folder


def in_notebook(words, **variables):
    place = commands.Place(prog="%fastdup", variables=variables, needs_page=False)
    return commands.execute(words, place)


def test_the_shell_writes_a_page(results, capsys):
    assert main(["plot", "blur", str(results)]) == 0
    page = results / "plot_blur.html"
    assert capsys.readouterr().out == f"Written: {page}\n"
    assert "<title>Blur</title>" in page.read_text("utf-8")


def test_the_folder_may_come_first(results):
    assert main(["plot", str(results), "blur"]) == 0
    assert (results / "plot_blur.html").is_file()


def test_the_map_as_a_page(results, tmp_path):
    page = tmp_path / "here" / "map.html"
    assert main(["map", str(results), "--n", "5", "--save-path", str(page)]) == 0
    assert "a random sample of 5 of 12 images" in page.read_text("utf-8")


def test_a_notebook_gets_widgets(results, tmp_path):
    plot = in_notebook(["plot", "blur", str(results), "--bins", "4"])
    assert isinstance(plot, HistogramPlot)
    assert len(plot.shown.counts) == 4
    page = tmp_path / "page.html"
    shown = in_notebook(["map", str(results), "--color", "blur", "--save-path", str(page)])
    assert isinstance(shown, MapPlot)
    assert shown.shown.colours.title == "blur"
    assert page.is_file()


def test_an_explorer_follows(results):
    class Explorer:
        view = "statistics"

        def show(self, view):
            self.view = view

        def filter(self, **limits):
            self.limits = limits

        def select(self, ids):
            self.ids = ids

    g = Explorer()
    in_notebook(["plot", "blur", str(results), "--explorer", "g"], g=g).range = (2, 3)
    assert g.limits == {"column": "blur", "low": 2, "high": 3}
    in_notebook(["map", str(results), "--explorer", "g"], g=g).selected = [4]
    assert g.ids == [4]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plot"], "No plot is named"),
        (["plot", "{results}"], "No plot is named"),
        (["plot", "blurr", "{results}"], "Did you mean 'blur'"),
        (["plot", "map", "{results}"], "map shows it"),
        (["plot", "blur", "{results}", "--explorer", "g"], "no variable 'g'"),
        (["map", "{results}", "--method", "t-sne"], "'tsne'"),
        (["map", "{results}", "--color", "label"], "need labels"),
        (["map", "{results}", "--height", "3"], "height"),
    ],
)
def test_mistakes(results, words, message):
    with pytest.raises(OptionError, match=message):
        in_notebook([word.format(results=results) for word in words])


def test_the_map_is_no_distribution(results):
    with pytest.raises(OptionError, match=r"fd\.map"):
        fastdup_nb.Fastdup(results).plot("map")
