import inspect

import pytest

import fastdup_nb
from fastdup_nb.options import RunOptions

# V0.2 API, section run: "def run(input_dir='', work_dir='.', ... high_accuracy=False)". The path
# of the
# original's model is the one default that has no meaning here.
SEED = {
    "input_dir": "",
    "work_dir": ".",
    "test_dir": "",
    "compute": "cpu",
    "verbose": False,
    "num_threads": -1,
    "num_images": 0,
    "turi_param": "nnmodel=0",
    "distance": "cosine",
    "threshold": 0.9,
    "lower_threshold": 0.05,
    "model_path": "",
    "license": "",
    "version": False,
    "nearest_neighbors_k": 2,
    "d": 576,
    "run_mode": 0,
    "nn_provider": "nnf",
    "min_offset": 0,
    "max_offset": 0,
    "nnf_mode": "HNSW32",
    "nnf_param": "",
    "bounding_box": "",
    "batch_size": 1,
    "resume": 0,
    "high_accuracy": False,
}


def test_run_has_the_published_signature():
    parameters = inspect.signature(fastdup_nb.run).parameters
    assert {name: p.default for name, p in parameters.items()} == SEED
    assert list(parameters) == list(SEED)


def test_load_and_save_have_the_published_signatures():
    assert str(inspect.signature(fastdup_nb.load_binary_feature)).startswith("(filename: ")
    load = inspect.signature(fastdup_nb.load_binary_feature).parameters
    assert list(load) == ["filename", "d"]
    assert load["d"].default == 576
    save = inspect.signature(fastdup_nb.save_binary_feature).parameters
    assert list(save) == ["save_path", "filenames", "np_array"]


def test_status_1_and_one_clear_line_for_a_bad_option(capsys):
    """'ret int - Status code 0 = success, 1 = error.'"""
    assert fastdup_nb.run("x", threshold=2) == 1
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        "OptionError: threshold=2 cannot be used.",
        "Hint: Give a number from 0 to 1.",
    ]
    assert not shown.out


def test_version_prints_and_returns(capsys):
    """'version bool - Print out the version number.'"""
    assert fastdup_nb.run(version=True) == 0
    assert capsys.readouterr().out == f"fastdup_nb {fastdup_nb.__version__}\n"


@pytest.mark.parametrize(
    ("older", "newer", "value"),
    [("faiss_mode", "nnf_mode", "Flat"), ("faiss_param", "nnf_param", "efSearch=175")],
)
def test_names_of_the_first_api_page_still_work(older, newer, value):
    """'faiss_mode (str): When nn_provider='faiss' selects the faiss mode.'"""
    from fastdup_nb.api.run import _translate

    translated = _translate({older: value, "nn_provider": "faiss"})
    assert translated == {newer: value, "nn_provider": "faiss"}
    assert getattr(RunOptions(**translated), newer) == value


def test_nnmodel_of_the_first_api_page_still_works():
    """'nnmodel (str): Nearest Neighbor model ... Supported options are brute_force (exact),
    ball_tree and lsh'"""
    from fastdup_nb.api.run import _translate

    options = RunOptions(**_translate({"nnmodel": "ball_tree", "nn_provider": "turi"}))
    assert options.turi.nnmodel == "ball_tree"


def test_old_and_new_name_together_are_refused(capsys):
    assert fastdup_nb.run("x", faiss_mode="Flat", nnf_mode="Flat") == 1
    assert "both are given" in capsys.readouterr().err
