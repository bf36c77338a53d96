from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import fastdup_nb
from fastdup_nb import errors

SOURCE = Path(fastdup_nb.__file__).read_text("utf-8")


def test_all_is_sorted_and_says_nothing_twice():
    assert fastdup_nb.__all__ == sorted(set(fastdup_nb.__all__))


@pytest.mark.parametrize("name", sorted(fastdup_nb.__all__))
def test_a_public_name_is_there_and_documented(name):
    value = getattr(fastdup_nb, name)
    if callable(value):
        assert inspect.getdoc(value), f"{name} has no docstring"
        assert value.__name__ == name


def test_all_names_what_type_checkers_see():
    tree = ast.parse(SOURCE)
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fastdup_nb")
        for alias in node.names
    }
    functions = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert seen | functions | {"__version__"} == set(fastdup_nb.__all__)


def test_every_error_is_public():
    tree = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.FastdupError)
    }
    assert tree <= set(fastdup_nb.__all__)


def test_star_import_and_dir_give_the_public_names():
    assert set(fastdup_nb.__all__) <= set(dir(fastdup_nb))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        fastdup_nb.rum  # noqa: B018
