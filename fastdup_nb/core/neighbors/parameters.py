"""The parameters of `nnf_param`, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EF_SEARCH = "efSearch"
EF_CONSTRUCTION = "efConstruction"
NPROBE = "nprobe"
ITERATIONS = "num_em_iter"
CLUSTERS = "num_clusters"
NNF_PARAMETERS = (EF_SEARCH, EF_CONSTRUCTION, NPROBE, ITERATIONS, CLUSTERS)
ANNOY_PARAMETERS = ("n_trees", "search_k")
_OLDER_NAMES = {"nprobes": NPROBE}


def read_parameters(params: Mapping[str, str], known: Sequence[str]) -> dict[str, int]:
    """Return the parameters as whole numbers.

    Parameters
    ----------
    params : mapping of str to str
        As in `nnf_param='efSearch=175'`.
    known : sequence of str
        The names that may be used.

    Raises
    ------
    OptionError
        For an unknown name, or a value that is not a whole number above 0.
    """
    values = {}
    for given, text in params.items():
        name = _OLDER_NAMES.get(given, given)
        if name not in known:
            raise unknown_name("nnf_param key", given, known)
        try:
            values[name] = int(text)
        except ValueError:
            values[name] = 0
        if values[name] < 1:
            message = f"nnf_param: {given}={text} cannot be used."
            raise OptionError(message, "Give a whole number above 0.")
    return values
