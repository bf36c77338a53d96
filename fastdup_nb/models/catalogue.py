"""Models known by name: the catalogue of the package and one of the user.

The package's is `catalogue.toml` beside this module. `FASTDUP_NB_MODELS` may name a file of the
same form, TOML or JSON, with further models. A model without a hash is not accepted: what a server
sends is used only when it is known beforehand what it must be.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastdup_nb.errors import ModelError
from fastdup_nb.models.manifest import bundled_names, check_fields
from fastdup_nb.paths import absolute

USER_CATALOGUE = "FASTDUP_NB_MODELS"
SCHEMES = ("https", "http")
_OWN_FIELDS = {"url", "sha256", "bytes", "checked"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 1 << 40


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model that can be had by its name.

    Parameters
    ----------
    name : str
        What the user gives as model_path; letters, digits, `-` and `_`.
    url : str
        Where the ONNX file is; https or http.
    sha256 : str
        Hash of that file, 64 hexadecimal digits.
    size : int
        Its bytes; 0 when not known.
    fields : dict
        Fields of a manifest; without `d` it is a detector.
    """

    name: str
    url: str
    sha256: str
    size: int
    fields: dict[str, Any]

    @property
    def d(self) -> int:
        """Length of the embedding.

        Raises
        ------
        ModelError
            When the catalogue does not say it.
        """
        if "d" not in self.fields:
            message = f"The catalogue says of {self.name!r} no d: it is no embedding model."
            raise ModelError(message, "Give the length of its vectors, if it is one.")
        return int(self.fields["d"])


def find_model(name: str) -> CatalogueModel | None:
    """Return the model of a name, from either catalogue; None when there is none.

    Raises
    ------
    ModelError
        When the user's catalogue cannot be read.
    """
    if not _NAME.fullmatch(name):  # a path: no catalogue is read for it
        return None
    return _package_models().get(name) or _user_models().get(name)


def model_names() -> tuple[str, ...]:
    """Return the names in both catalogues.

    Raises
    ------
    ModelError
        When the user's catalogue cannot be read.
    """
    return (*_package_models(), *_user_models())


def _package_models() -> dict[str, CatalogueModel]:
    import tomllib

    text = (resources.files("fastdup_nb.models") / "catalogue.toml").read_text("utf-8")
    return _read_models(tomllib.loads(text), "catalogue.toml")


def _user_models() -> dict[str, CatalogueModel]:
    given = os.environ.get(USER_CATALOGUE)
    if not given:
        return {}
    path = absolute(given)
    models = _read_models(_read_file(path), path.name)
    for name in models:
        if name in _package_models() or name in bundled_names():
            message = f"{path.name}: {name!r} is the name of a model that is known already."
            raise ModelError(message, "Choose another name.")
    return models


def _read_file(path: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        text = path.read_text("utf-8")
        values = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        message = f"{USER_CATALOGUE} names {str(path)!r}, which cannot be read: {error.strerror}."
        raise ModelError(message, "Correct it, or take the variable away.") from error
    except ValueError as error:  # of either form; and what is not UTF-8
        message = f"{path.name} cannot be read: {error}."
        raise ModelError(message, "Write TOML, or JSON in a file named *.json.") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path.name} is not a catalogue.", "See docs/own-model.md.")
    return values


def _read_models(tables: Mapping[str, Any], where: str) -> dict[str, CatalogueModel]:
    return {name: _read_model(name, table, where) for name, table in tables.items()}


def _read_model(name: str, table: Any, where: str) -> CatalogueModel:
    if not _NAME.fullmatch(name):
        message = f"{where}: {name!r} cannot be the name of a model."
        raise ModelError(message, "Use letters, digits, - and _.")
    place = f"{where}, {name}"
    if not isinstance(table, dict):
        raise ModelError(f"{place} is not a table.", "See docs/own-model.md.")
    url, sha256, size = table.get("url"), table.get("sha256"), table.get("bytes", 0)
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in SCHEMES or not parts.hostname:
        message = f"{place}: url = {json.dumps(url)} cannot be used."
        raise ModelError(message, "Give an address that begins with https:// or http://.")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        message = f"{place} has no sha256 of 64 digits."
        hint = "Compute it from a file you trust: a download is used only when it is that file."
        raise ModelError(message, hint)
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < _LARGEST:
        raise ModelError(f"{place}: bytes = {size!r} cannot be used.", "Give a whole number.")
    fields = check_fields({k: v for k, v in table.items() if k not in _OWN_FIELDS}, place)
    return CatalogueModel(name, str(url), sha256, size, {"version": 1, **fields, "name": name})
