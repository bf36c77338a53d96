"""Every option of a run, once: name, type, default, help and choices.

The Python function, the shell command and the notebook magic are all generated from `RunOptions`
and `TuriParams`. Names and defaults are those of the V0.2 API, section `run`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from os import PathLike
from typing import Any

from fastdup_nb.errors import OptionError

InputSpec = str | PathLike[str] | Sequence[str | PathLike[str]]

DEFAULT_DIMENSION = 576
ACCURATE_MODEL, ACCURATE_DIMENSION = "accurate-960", 960
DISTANCES = ("cosine", "euclidean", "l1", "linf", "canberra", "braycurtis", "jensenshannon")
PROVIDERS = ("nnf", "turi", "annoy")
OLDER_PROVIDERS = {"faiss": "nnf"}
TURI_MODELS = ("brute_force", "ball_tree", "lsh")
OLDER_DISTANCES = {"squared_euclidean": "euclidean", "manhattan": "l1"}
SUPPORTED_RUN_MODES = (0, 1, 2, 5, 6)


class DefaultText(str):
    """A default that can be told from the same text given by the user.

    The V0.2 signature says `nnf_mode="HNSW32"`. Left alone, the engine picks the method (exact,
    then IVF); asked for, HNSW32 is used.
    """

    __slots__ = ()


AUTO_NNF_MODE = DefaultText("HNSW32")


def option(
    default: Any,
    help: str,  # noqa: A002 - the word argparse and traitlets use
    *,
    choices: Sequence[Any] = (),
    metavar: str = "",
    flag: bool = True,
) -> Any:
    """Declare one option: a dataclass field with what its front doors need to know.

    Parameters
    ----------
    default : object
        Its default; also gives its type.
    help : str
        One or two sentences for `--help`.
    choices : sequence, optional
        The allowed values.
    metavar : str, optional
        What stands for the value in `--help`.
    flag : bool
        Whether the command line and the magic offer it as `--name`.
    """
    about = {"help": help, "choices": tuple(choices), "metavar": metavar, "flag": flag}
    return field(default=default, metadata=about)


@dataclass(frozen=True, kw_only=True)
class TuriParams:
    """The keys of `turi_param='key=value,key=value'`."""

    ccthreshold: tuple[float, ...] = option(
        (0.96,),
        "Similarity from which two images belong to one component; several as 0.85|0.95.",
        metavar="T[|T...]",
    )
    run_cc: bool = option(True, "Compute connected components.")
    run_pagerank: bool = option(True, "Compute the pagerank of each image.")
    run_stats: bool = option(True, "Compute image statistics.")
    run_advanced_stats: bool = option(False, "Compute the advanced image statistics too.")
    run_hierarchical: bool = option(False, "Compare the components with each other, too.")
    hierarchical_threshold: float = option(
        0.9, "Least similarity of two components in similarity_hierarchical_*.csv.", metavar="T"
    )
    hierarchical_min_nodes: int = option(
        2, "Leave components of fewer images out of that.", metavar="N"
    )
    min_file_size: int = option(0, "Leave out files smaller than this.", metavar="BYTES")
    min_input_image_width: int = option(10, "Leave out narrower images.", metavar="PIXELS")
    min_input_image_height: int = option(10, "Leave out lower images.", metavar="PIXELS")
    store_int: bool = option(False, "Write row numbers instead of file names into pair files.")
    nnmodel: str = option(
        "brute_force", "Neighbour method of the provider turi.", choices=TURI_MODELS
    )
    delete_tar: bool = option(True, "Delete a downloaded archive after use.", flag=False)
    delete_img: bool = option(True, "Delete downloaded images after use.", flag=False)
    tar_only: bool = option(False, "Use archives only and leave images alone.", flag=False)
    sync_s3_to_local: bool = option(False, "Copy a bucket to disk before the run.", flag=False)

    @classmethod
    def parse(cls, text: str) -> TuriParams:
        """Read the V0.2 text form.

        Parameters
        ----------
        text : str
            `key=value` pairs separated by commas; spaces around keys, values and commas do not
            matter.

        Raises
        ------
        OptionError
            For an unknown key (with the list of known ones) or a value of the wrong type.
        """
        known = {item.name: item for item in dataclasses.fields(cls)}
        values = {}
        for key, value in parse_pairs(text, "turi_param").items():
            if key not in known:
                raise unknown_name("turi_param key", key, known)
            values[key] = _turi_value(known[key], value)
        return cls(**values)

    def __post_init__(self) -> None:
        for threshold in self.ccthreshold:
            _require(0 <= threshold <= 1, "ccthreshold", threshold, "a number from 0 to 1")
        least = self.hierarchical_threshold
        _require(0 <= least <= 1, "hierarchical_threshold", least, "a number from 0 to 1")
        nodes = self.hierarchical_min_nodes
        _require(nodes >= 1, "hierarchical_min_nodes", nodes, "a whole number of at least 1")
        if self.nnmodel not in TURI_MODELS:
            raise unknown_name("nnmodel", self.nnmodel, TURI_MODELS)

    def to_text(self) -> str:
        """Return the text form of what differs from the defaults."""
        pairs = []
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value != item.default:
                pairs.append(f"{item.name}={_turi_text(value)}")
        return ",".join(pairs)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The arguments of `run`, checked.

    Raises
    ------
    OptionError
        When a value cannot be used.
    """

    input_dir: InputSpec = option(
        "", "Folder, text file of paths, or list of files and folders.", flag=False
    )
    work_dir: str | PathLike[str] = option(".", "Folder for the results.", metavar="DIR")
    test_dir: InputSpec = option("", "Folder or list of test images.", flag=False)
    compute: str = option("cpu", "Where to compute the embeddings.", choices=("cpu", "gpu"))
    verbose: bool = option(False, "Say more while running.")
    num_threads: int = option(
        -1, "Worker threads; -1: one per core, and one more to read images.", metavar="N"
    )
    num_images: int = option(0, "Use only the first N images; 0: all.", metavar="N")
    turi_param: str = option("nnmodel=0", "Further parameters as key=value,key=value.", flag=False)
    distance: str = option("cosine", "Distance between embeddings.", choices=DISTANCES)
    threshold: float = option(0.9, "Least similarity of a pair in similarity.csv.", metavar="T")
    lower_threshold: float = option(
        0.05, "Share of the least similar pairs that go into outliers.csv.", metavar="SHARE"
    )
    model_path: str | PathLike[str] = option(
        "",
        "Your own ONNX image model, or the name of one: bundled, or of the catalogue (clip, ...), "
        "which is downloaded once.",
        metavar="FILE",
    )
    license: str = option("", "Ignored: no licence key is needed.", flag=False)
    version: bool = option(False, "Print the version and stop.", flag=False)
    nearest_neighbors_k: int = option(2, "Neighbours looked for per image.", metavar="K")
    d: int = option(DEFAULT_DIMENSION, "Length of the embedding.", metavar="D")
    run_mode: int = option(
        0,
        "0: everything; 1: embeddings and statistics only; 2: neighbours of stored embeddings; "
        "5: embeddings and k-means clusters; 6: clusters of stored embeddings.",
        choices=SUPPORTED_RUN_MODES,
    )
    nn_provider: str = option("nnf", "Family of neighbour methods.", choices=PROVIDERS)
    min_offset: int = option(0, "First image of the sorted list to use.", metavar="I")
    max_offset: int = option(0, "First image of the sorted list not to use; 0: end.", metavar="I")
    nnf_mode: str = option(
        AUTO_NNF_MODE,
        "Faiss index: HNSW32, Flat or any factory string. Not given: exact, then IVF when large.",
        metavar="INDEX",
    )
    nnf_param: str = option(
        "",
        "Parameters as key=value: of the index, for example efSearch=175; of k-means, "
        "num_clusters=100,num_em_iter=20.",
        metavar="K=V,...",
    )
    bounding_box: str = option("", "Box to crop from every image.", flag=False)
    batch_size: int = option(1, "Images per inference; 1: chosen by the engine.", metavar="N")
    resume: bool | int = option(0, "Go on with an unfinished run in this work_dir.")
    high_accuracy: bool = option(
        False, "Use the larger bundled model: 960 numbers per image, finds more, takes longer."
    )

    turi: TuriParams = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._set("turi", TuriParams.parse(self.turi_param))
        self._set("distance", OLDER_DISTANCES.get(self.distance, self.distance))
        self._set("nn_provider", OLDER_PROVIDERS.get(self.nn_provider, self.nn_provider))
        self._check_names()
        self._check_numbers()
        self._check_scope()
        if self.high_accuracy:
            self._choose_accurate_model()

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # the dataclass is frozen for its users

    def _check_names(self) -> None:
        if self.distance not in DISTANCES:
            raise unknown_name("distance", self.distance, DISTANCES)
        if self.nn_provider not in PROVIDERS:
            raise unknown_name("nn_provider", self.nn_provider, PROVIDERS)
        if self.compute not in ("cpu", "gpu"):
            raise unknown_name("compute", self.compute, ("cpu", "gpu"))
        parse_pairs(self.nnf_param, "nnf_param")

    def _check_numbers(self) -> None:
        share = "a number from 0 to 1"
        _require(_is_number(self.threshold, 0, 1), "threshold", self.threshold, share)
        _require(
            _is_number(self.lower_threshold, 0, 1), "lower_threshold", self.lower_threshold, share
        )
        least = {
            "nearest_neighbors_k": 1,
            "d": 1,
            "batch_size": 1,
            "num_images": 0,
            "min_offset": 0,
            "max_offset": 0,
            "num_threads": -1,
        }
        for name, minimum in least.items():
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            _require(
                whole and value >= minimum, name, value, f"a whole number of at least {minimum}"
            )
        _require(self.batch_size < 200, "batch_size", self.batch_size, "below 200")
        if self.max_offset and self.max_offset <= self.min_offset:
            message = f"max_offset={self.max_offset} is not above min_offset={self.min_offset}."
            raise OptionError(message, "The range is half-open: min_offset <= i < max_offset.")

    def _check_scope(self) -> None:
        if self.run_mode not in SUPPORTED_RUN_MODES:
            message = f"run_mode={self.run_mode!r} is not available."
            hint = "Use 0 (everything), 1 (embeddings), 2 (neighbours), 5 or 6 (k-means)."
            raise OptionError(message, hint)
        for name in ("test_dir", "bounding_box"):
            if getattr(self, name):
                message = f"{name} is not available in this version."
                raise OptionError(message, f"Leave {name} out.")

    def _choose_accurate_model(self) -> None:
        if str(self.model_path) not in ("", ACCURATE_MODEL):
            message = f"high_accuracy and model_path={str(self.model_path)!r} name two models."
            raise OptionError(message, "Leave one of them out.")
        if self.d not in (DEFAULT_DIMENSION, ACCURATE_DIMENSION):
            message = f"high_accuracy gives {ACCURATE_DIMENSION} numbers per image but d={self.d}."
            raise OptionError(message, "Leave d out.")
        self._set("model_path", ACCURATE_MODEL)
        self._set("d", ACCURATE_DIMENSION)

    def as_json(self) -> dict[str, Any]:
        """Return the arguments of run as `config.json` stores them (licence left out)."""
        values: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            if item.name in ("license", "turi"):
                continue
            value = getattr(self, item.name)
            if isinstance(value, PathLike):
                value = str(value)
            elif item.name in ("input_dir", "test_dir") and not isinstance(value, str):
                value = None
            values[item.name] = value
        return values


def parse_pairs(text: str, what: str) -> dict[str, str]:
    """Read `key=value,key=value`, with or without spaces.

    Parameters
    ----------
    text : str
        The pairs; empty text gives no pair.
    what : str
        The option's name, for the error.

    Returns
    -------
    dict of str to str

    Raises
    ------
    OptionError
        When a part has no `=`.
    """
    pairs = {}
    for part in text.split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            message = f"{what}: cannot read {part.strip()!r}."
            raise OptionError(message, "Write key=value pairs separated by commas.")
        pairs[key.strip()] = value.strip()
    return pairs


def unknown_name(what: str, name: object, known: Mapping[str, Any] | Sequence[str]) -> OptionError:
    """Return the error for a name that is not one of the known ones, with the closest match."""
    close = get_close_matches(str(name), list(known), n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return OptionError(f"Unknown {what} {name!r}.", f"{guess}Known: {', '.join(known)}.")


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _require(holds: bool, name: str, value: object, expected: str) -> None:
    if not holds:
        raise OptionError(f"{name}={value!r} cannot be used.", f"Give {expected}.")


def _turi_value(item: dataclasses.Field[Any], text: str) -> Any:
    try:
        if item.name == "ccthreshold":
            return tuple(float(part) for part in text.split("|"))
        if item.name == "nnmodel":
            return TURI_MODELS[int(text)] if text.isdigit() else text
        if isinstance(item.default, bool):
            return {"0": False, "1": True, "false": False, "true": True}[text.lower()]
        return float(text) if isinstance(item.default, float) else int(text)
    except (ValueError, KeyError, IndexError) as error:
        expected = {
            "bool": "0 or 1",
            "int": "a whole number",
            "float": "a number",
            "tuple": "numbers such as 0.85|0.95",
        }
        kind = expected.get(type(item.default).__name__, f"one of {', '.join(TURI_MODELS)}")
        message = f"turi_param: {item.name}={text} cannot be used."
        raise OptionError(message, f"Give {kind}.") from error


def _turi_text(value: Any) -> str:
    if isinstance(value, tuple):
        return "|".join(f"{number:g}" for number in value)
    return str(int(value)) if isinstance(value, bool) else str(value)
