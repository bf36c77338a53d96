"""The rules of the house, checked on the syntax tree of every module of the package.

Each rule is a function from source text to a list of violations. The package must give none;
the snippets at the end must give what they were written for.
"""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "fastdup_nb"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 400

LAYERS = [
    {"errors", "options", "paths", "progress", "turi", "_version"},
    {"core", "media", "sources", "models", "store"},
    {"engine"},
    {"views"},
    {"render", "export", "clean"},
    {"widget"},
    {"api", "exploring", "plotting", "session", "commands"},
    {"cli", "notebook"},
]
LAYER_OF = {part: number for number, layer in enumerate(LAYERS) for part in layer}
STRANGERS = {"render", "export", "clean"}  # layer 4: they never import each other
DOORS = {"cli", "notebook"}  # nobody imports them

# core gets numbers and gives numbers.
CORE_MODULES = {"PIL", "pandas", "pathlib", "shutil", "tempfile", "glob", "csv", "io", "mmap"}
CORE_CALLS = {
    *("open", "fromfile", "tofile", "memmap", "load", "save", "savez", "loadtxt", "savetxt"),
    *("read_index", "write_index"),
}

FORBIDDEN_CALLS = {"print", "eval", "exec", "__import__", "breakpoint", "input"}
FORBIDDEN_ATTRIBUTES = {("os", "system"), ("os", "popen"), ("sys", "exit"), ("os", "_exit")}
FORBIDDEN_MODULES = {
    "pickle": "executes what it reads",
    "cloudpickle": "executes what it reads",
    "dill": "executes what it reads",
    "marshal": "crashes on foreign data",
    "shelve": "is pickle",
    # No telemetry, no version check: nothing reaches a network but what ALLOWED names.
    "ftplib": "reaches the network",
    "http.client": "reaches the network",
    "httpx": "reaches the network",
    "pooch": "reaches the network",
    "requests": "reaches the network",
    "smtplib": "reaches the network",
    "socket": "reaches the network",
    "urllib.request": "reaches the network",
    "urllib3": "reaches the network",
}
# (module, construct): why it may.
ALLOWED = {
    ("__main__.py", "sys.exit"): "the process ends here",
    ("models/download.py", "pooch reaches the network"): "a model that the user named",
    ("sources/cloud_direct.py", "urllib3 reaches the network"): "a bucket that the user named",
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
HEAVY = {
    *("numpy", "pandas", "faiss", "onnxruntime", "PIL", "sklearn", "scipy", "jinja2", "tqdm"),
    *("anywidget", "ipywidgets", "bokeh"),
}


def imports(source: str, module: str) -> list[tuple[int, str]]:
    """Every import as (line, dotted name): in functions, under TYPE_CHECKING, and by name.

    `module` is the dotted name of the importing module, with `.__init__` for a package.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = module.split(".")[: -node.level]
                base = ".".join([*parent, base] if base else parent)
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # import_module("fastdup_nb.core"), a registry of dotted names
            name = node.value
            if re.fullmatch(r"fastdup_nb(\.\w+)+", name) and name.split(".")[1] in LAYER_OF:
                found.append((node.lineno, name))
    return found


def parts(source: str, module: str) -> list[tuple[int, str]]:
    """The parts of our own package that a module imports; `fastdup_nb` for the façade."""
    found = []
    for line, name in imports(source, module):
        root, *rest = name.split(".")
        if root == "fastdup_nb":
            inside = rest[0] if rest and rest[0] in LAYER_OF else "fastdup_nb"
            found.append((line, inside))
    return found


def layer_violations(source: str, module: str) -> list[str]:
    """Imports upwards, across layer 4, of the front doors, of the façade, out of core."""
    own = module.split(".")[1]
    if own not in LAYER_OF:
        return [f"{module}: give {own!r} a layer in test_architecture.py"]
    found = []
    for line, part in parts(source, module):
        if part == own:
            continue
        why = ""
        if part == "fastdup_nb":
            why = "import from the module that defines it"
        elif part in DOORS:
            why = "nobody imports it"
        elif LAYER_OF[part] > LAYER_OF[own]:
            why = f"layer {LAYER_OF[own]} imports layer {LAYER_OF[part]}"
        elif own in STRANGERS and part in STRANGERS:
            why = "layer 4 packages do not import each other"
        elif own == "core" and LAYER_OF[part] == LAYER_OF["core"]:
            why = "core knows nothing of files, pixels and models"
        if why:
            found.append(f"{module}:{line} imports {part}: {why}")
    return found


def core_violations(source: str, module: str) -> list[str]:
    """Files, pictures and tables in core."""
    found = []
    for line, name in imports(source, module):
        if name.split(".")[0] in CORE_MODULES:
            found.append(f"{module}:{line} imports {name}")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)
            if name in CORE_CALLS:
                found.append(f"{module}:{node.lineno} calls {name}")
    return found


def construct_violations(source: str, path: str) -> list[str]:
    """Constructs the package does without: print, assert, eval, shells, pickles, networks."""
    found = [
        (line, f"{name} {why}")
        for line, imported in imports(source, f"fastdup_nb.{path.removesuffix('.py')}")
        for name, why in FORBIDDEN_MODULES.items()
        if f"{imported}.".startswith(f"{name}.")
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            found.append((node.lineno, "assert"))
        elif isinstance(node, ast.Attribute):
            pair = (_name(node.value), node.attr)
            if pair in FORBIDDEN_ATTRIBUTES:
                found.append((node.lineno, ".".join(pair)))
        elif isinstance(node, ast.Call):
            if _name(node.func) in FORBIDDEN_CALLS:
                found.append((node.lineno, _name(node.func)))
            found += [
                (node.lineno, f"{keyword.arg}=True")
                for keyword in node.keywords
                if keyword.arg in ("shell", "allow_pickle") and not _is_false(keyword.value)
            ]
    return [f"{path}:{line} {what}" for line, what in found if (path, what) not in ALLOWED]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def _is_facade(path: Path) -> bool:
    return path.parent == PACKAGE and path.stem in ("__init__", "__main__")


each_module = pytest.mark.parametrize(
    "path", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES]
)


@each_module
def test_a_module_imports_from_its_own_layer_or_a_lower_one(path):
    if not _is_facade(path):
        assert layer_violations(path.read_text("utf-8"), _dotted(path)) == []


@each_module
def test_a_module_uses_no_forbidden_construct(path):
    name = path.relative_to(PACKAGE).as_posix()
    assert construct_violations(path.read_text("utf-8"), name) == []


@each_module
def test_a_module_is_one_thing(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MAX_LINES, f"{path.name}: {lines} lines are two files not yet separated"
    vague = VAGUE_NAMES & set(path.relative_to(PACKAGE).with_suffix("").parts)
    assert not vague, f"{vague}: name it after what it holds"


def test_core_gets_numbers_and_gives_numbers():
    core = [path for path in MODULES if (PACKAGE / "core") in path.parents]
    assert core, "core has moved"
    found = []
    for path in core:
        found += core_violations(path.read_text("utf-8"), _dotted(path))
    assert found == []


def test_the_parts_import_each_other_without_cycles():
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        if not _is_facade(path):
            module = _dotted(path)
            own = module.split(".")[1]
            used = {part for _, part in parts(path.read_text("utf-8"), module)}
            graph.setdefault(own, set()).update(used - {own, "fastdup_nb"})
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


def test_main_only_opens_the_shell_door():
    source = (PACKAGE / "__main__.py").read_text("utf-8")
    assert {part for _, part in parts(source, "fastdup_nb.__main__")} == {"cli"}


IMPORT_ONLY = "import sys; before = set(sys.modules); import fastdup_nb"
LOAD_EXTENSION = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "fastdup_nb")
"""
REPORT = "\nprint(*sorted(set(sys.modules) - before))"


@pytest.mark.parametrize("program", [IMPORT_ONLY, LOAD_EXTENSION], ids=["import", "load_ext"])
def test_importing_loads_no_heavy_library(program, tmp_path):
    # What is loaded is the same on every machine; how long it takes is not (see benchmarks/).
    loaded = subprocess.run(
        [sys.executable, "-c", program + REPORT],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
        env={"IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": ""},
    ).stdout.split()
    assert "fastdup_nb" in loaded
    assert HEAVY & {name.split(".")[0] for name in loaded} == set()


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("core.pairs", "from fastdup_nb.engine import run", "layer 1 imports layer 2"),
        ("core.pairs", "def f():\n    import fastdup_nb.views", "layer 1 imports layer 3"),
        ("core.pairs", "if TYPE_CHECKING:\n    from ..engine import x", "layer 1 imports layer 2"),
        ("core.__init__", "from ..api import run", "layer 1 imports layer 6"),
        ("core.neighbors.faiss", "from ... import session", "layer 1 imports layer 6"),
        ("render.page", "from fastdup_nb.widget import Explorer", "layer 4 imports layer 5"),
        ("widget.explorer", "from fastdup_nb import session", "layer 5 imports layer 6"),
        ("engine.plan", "import_module('fastdup_nb.render.page')", "layer 2 imports layer 4"),
        ("options", "from fastdup_nb import store", "layer 0 imports layer 1"),
        ("core.pairs", "from fastdup_nb.store.features import FeatureFile", "nothing of files"),
        ("render.page", "from fastdup_nb.export import csv", "layer 4 packages"),
        ("cli", "from fastdup_nb.notebook import magics", "nobody imports it"),
        ("session", "from fastdup_nb.cli import main", "nobody imports it"),
        ("engine.plan", "from fastdup_nb import run", "the module that defines it"),
        ("surprise.plan", "", "give 'surprise' a layer"),
    ],
)
def test_the_layer_rule_sees(module, source, expected):
    found = layer_violations(source, f"fastdup_nb.{module}")
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine.plan", "from fastdup_nb.core.pairs import find_edges\nimport numpy"),
        ("engine.plan", "from .search import x\nfrom ..store import names"),
        ("media.decode", "from fastdup_nb.sources import read_bytes"),
        ("core.graph", '"""See fastdup_nb.engine for its use."""'),
        ("views.summary", "from fastdup_nb._version import __version__"),
    ],
)
def test_the_layer_rule_lets_pass(module, source):
    assert layer_violations(source, f"fastdup_nb.{module}") == []


@pytest.mark.parametrize(
    "source",
    [
        "from PIL import Image",
        "def f():\n    import pandas as pd",
        "from pathlib import Path",
        "with open(name) as file: pass",
        "np.fromfile(name)",
        "faiss.write_index(index, name)",
    ],
)
def test_the_core_rule_sees(source):
    assert len(core_violations(source, "fastdup_nb.core.graph")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "print('done')",
        "assert n > 0",
        "import os\nos.system('ls')",
        "subprocess.run(command, shell=True)",
        "subprocess.run(command, shell=flag)",
        "def f():\n    import pickle",
        "from pickle import loads",
        "import http.client",
        "from http import client",
        "from urllib import request",
        "np.load(name, allow_pickle=True)",
        "eval(text)",
        "sys.exit(1)",
    ],
)
def test_the_construct_rule_sees(source):
    assert len(construct_violations(source, "engine/plan.py")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from urllib.parse import quote",
        "from http import HTTPStatus",
        "subprocess.run(command, shell=False)",
        "'print(this) and assert that'",
        "stream.print(line)",
    ],
)
def test_the_construct_rule_lets_pass(source):
    assert construct_violations(source, "engine/plan.py") == []
