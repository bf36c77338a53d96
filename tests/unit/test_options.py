import dataclasses
import inspect

import pytest

import fastdup_nb
from fastdup_nb.errors import OptionError
from fastdup_nb.options import AUTO_NNF_MODE, RunOptions, TuriParams, parse_pairs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("ccthreshold=0.9,run_cc=1", {"ccthreshold": (0.9,)}),
        (" ccthreshold = 0.9 , run_cc = 0 ,", {"ccthreshold": (0.9,), "run_cc": False}),
        ("ccthreshold=0.85|0.95", {"ccthreshold": (0.85, 0.95)}),
        ("nnmodel=0", {}),
        ("nnmodel=1", {"nnmodel": "ball_tree"}),
        ("nnmodel=lsh", {"nnmodel": "lsh"}),
        ("min_file_size=1000", {"min_file_size": 1000}),
        ("run_advanced_stats=true", {"run_advanced_stats": True}),
    ],
)
def test_turi_params_are_read_tolerantly(text, expected):
    assert TuriParams.parse(text) == dataclasses.replace(TuriParams(), **expected)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("bogus=1", "Unknown turi_param key 'bogus'", "run_pagerank"),
        ("ccthreshhold=1", "Unknown", "Did you mean 'ccthreshold'"),
        ("ccthreshold=abc", "ccthreshold=abc", "0.85|0.95"),
        ("ccthreshold=1.5", "ccthreshold=1.5", "from 0 to 1"),
        ("run_cc=maybe", "run_cc=maybe", "0 or 1"),
        ("min_file_size=big", "min_file_size=big", "whole number"),
        ("nnmodel=7", "nnmodel=7", "brute_force"),
        ("ccthreshold", "cannot read 'ccthreshold'", "key=value"),
        ("=3", "cannot read '=3'", "key=value"),
    ],
)
def test_turi_params_that_cannot_be_read_say_what_to_do(text, message, hint):
    with pytest.raises(OptionError) as caught:
        TuriParams.parse(text)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_turi_params_survive_their_text_form():
    text = "ccthreshold=0.85|0.95,run_cc=0,min_file_size=7,nnmodel=lsh"
    assert TuriParams.parse(TuriParams.parse(text).to_text()) == TuriParams.parse(text)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"threshold": 1.2}, "threshold=1.2"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"threshold": "0.9"}, "threshold='0.9'"),
        ({"lower_threshold": -0.1}, "lower_threshold"),
        ({"nearest_neighbors_k": 0}, "nearest_neighbors_k=0"),
        ({"nearest_neighbors_k": True}, "nearest_neighbors_k=True"),
        ({"d": 0}, "d=0"),
        ({"num_images": -1}, "num_images"),
        ({"min_offset": 5, "max_offset": 5}, "max_offset=5 is not above min_offset=5"),
        ({"distance": "cosin"}, "Unknown distance 'cosin'"),
        ({"nn_provider": "nnn"}, "Unknown nn_provider"),
        ({"compute": "tpu"}, "Unknown compute"),
        ({"run_mode": 9}, "run_mode=9"),
        ({"nnf_param": "efSearch"}, "nnf_param"),
        ({"batch_size": 200}, "batch_size=200"),
    ],
)
def test_values_that_cannot_be_used_are_refused(values, words):
    with pytest.raises(OptionError) as caught:
        RunOptions(**values)
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"distance": "squared_euclidean"}, "distance", "euclidean"),
        ({"distance": "manhattan"}, "distance", "l1"),
        ({"nn_provider": "faiss"}, "nn_provider", "nnf"),
    ],
)
def test_older_names_are_accepted(values, name, expected):
    assert getattr(RunOptions(**values), name) == expected


def test_the_options_are_the_arguments_of_run_with_the_same_defaults():
    further = ("turi", "annotations")  # `Fastdup.run` and the shell take annotations, V0.2 does not
    declared = {
        item.name: item.default
        for item in dataclasses.fields(RunOptions)
        if item.name not in further
    }
    signature = inspect.signature(fastdup_nb.run)
    assert {name: p.default for name, p in signature.parameters.items()} == declared


def test_every_option_has_a_help_text():
    for item in (*dataclasses.fields(RunOptions), *dataclasses.fields(TuriParams)):
        if item.name != "turi":
            assert item.metadata["help"].endswith(".")


def test_the_default_index_can_be_told_from_one_asked_for():
    assert AUTO_NNF_MODE == "HNSW32"
    assert RunOptions().nnf_mode is AUTO_NNF_MODE
    assert RunOptions(nnf_mode="HNSW32").nnf_mode is not AUTO_NNF_MODE


def test_pairs_need_a_value():
    with pytest.raises(OptionError):
        parse_pairs("efSearch=", "nnf_param")
