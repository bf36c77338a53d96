"""From the names of V0.2 to a nearest neighbour index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastdup_nb.core.distances import REGISTRY as DISTANCES
from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors.annoy import AnnoyForest
from fastdup_nb.core.neighbors.automatic import AutomaticIndex
from fastdup_nb.core.neighbors.exact import ExactIndex
from fastdup_nb.core.neighbors.faiss import FaissIndex, LshIndex, TooFewRowsError
from fastdup_nb.core.neighbors.parameters import NNF_PARAMETERS, read_parameters
from fastdup_nb.core.neighbors.sklearn import BallTreeIndex
from fastdup_nb.errors import OptionError
from fastdup_nb.options import OLDER_PROVIDERS, PROVIDERS, TURI_MODELS, unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastdup_nb.core.neighbors.base import NeighborIndex, NeighborMethod
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

# The published examples misspell it.
_OLDER_MODES = {"HSNW32": "HNSW32"}
_TURI_MODELS: dict[str, Callable[[NeighborMethod], NeighborIndex]] = {
    "brute_force": ExactIndex,
    "ball_tree": BallTreeIndex,
    "lsh": LshIndex,
}
_ANY_DISTANCE = (ExactIndex, AutomaticIndex)


def build_index(rows: Rows, method: NeighborMethod, progress: Progress) -> NeighborIndex:
    """Build the index a run asked for.

    Parameters
    ----------
    rows : Rows
        The vectors, shape (n, d).
    method : NeighborMethod
        Which index.
    progress : Progress
        Told about every block.

    Raises
    ------
    OptionError
        For an unknown provider, model, parameter or distance, or a distance the method cannot
        serve.
    NeighborError
        For a faiss factory string that cannot be built.
    MissingDependencyError
        When annoy is asked for and not installed.
    """
    method = _with_current_names(method)
    index = _choose(method)(method)
    if not get_distance(method.distance).ranks_as_cosine and not isinstance(index, _ANY_DISTANCE):
        raise _unfit_distance(method)
    try:
        index.build(rows, progress)
    except TooFewRowsError as error:
        progress.finish()
        progress.message(f"{error.message} Searching exactly.")
        index = ExactIndex(method)
        index.build(rows, progress)
    return index


def _with_current_names(method: NeighborMethod) -> NeighborMethod:
    return replace(
        method,
        provider=OLDER_PROVIDERS.get(method.provider, method.provider),
        mode=_OLDER_MODES.get(method.mode, method.mode),
    )


def _choose(method: NeighborMethod) -> Callable[[NeighborMethod], NeighborIndex]:
    if method.provider not in PROVIDERS:
        raise unknown_name("nn_provider", method.provider, PROVIDERS)
    if method.provider == "annoy":
        return AnnoyForest
    if method.provider == "turi":
        if method.mode not in _TURI_MODELS:
            raise unknown_name("nnmodel", method.mode, TURI_MODELS)
        return _TURI_MODELS[method.mode]
    read_parameters(method.params, NNF_PARAMETERS)
    if method.mode in ("auto", ""):
        return AutomaticIndex
    return ExactIndex if method.mode == "Flat" else FaissIndex


def _unfit_distance(method: NeighborMethod) -> OptionError:
    served = [name for name, distance in DISTANCES.items() if distance.ranks_as_cosine]
    asked = f"{method.provider} {method.mode}".strip()
    message = f"distance={method.distance!r} is not available with {asked}."
    hint = f"Use nnf_mode='Flat', or one of the distances {', '.join(served)}."
    return OptionError(message, hint)
