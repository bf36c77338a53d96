"""Every option of a run, once: name, type, default, help and choices.

The Python function, the shell command and the notebook magic are all generated from `RunOptions`
and `TuriParams`. Names and defaults are those of the V0.2 API, section `run`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from fastdup_nb.errors import OptionError
from fastdup_nb.turi import (
    TURI_MODELS,
    TuriParams,
    option,
    parse_pairs,
    read_box,
    require,
    unknown_name,
)

InputSpec = str | PathLike[str] | Sequence[str | PathLike[str]]

DEFAULT_DIMENSION = 576
ACCURATE_MODEL, ACCURATE_DIMENSION = "accurate-960", 960
DISTANCES = ("cosine", "euclidean", "l1", "linf", "canberra", "braycurtis", "jensenshannon")
PROVIDERS = ("nnf", "turi", "annoy")
OLDER_PROVIDERS = {"faiss": "nnf"}
OLDER_DISTANCES = {"squared_euclidean": "euclidean", "manhattan": "l1"}
SUPPORTED_RUN_MODES = (0, 1, 2, 3, 4, 5, 6)


class DefaultText(str):
    """A default that can be told from the same text given by the user.

    The V0.2 signature says `nnf_mode="HNSW32"`. Left alone, the engine picks the method (exact,
    then IVF); asked for, HNSW32 is used.
    """

    __slots__ = ()


AUTO_NNF_MODE = DefaultText("HNSW32")

__all__ = [
    "ACCURATE_DIMENSION",
    "ACCURATE_MODEL",
    "AUTO_NNF_MODE",
    "DEFAULT_DIMENSION",
    "DISTANCES",
    "OLDER_DISTANCES",
    "OLDER_PROVIDERS",
    "PROVIDERS",
    "TURI_MODELS",
    "DefaultText",
    "InputSpec",
    "RunOptions",
    "TuriParams",
    "parse_pairs",
    "unknown_name",
]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The arguments of `run`, checked.

    Raises
    ------
    OptionError
        When a value cannot be used.
    """

    input_dir: InputSpec = option(
        "", "Folder, archive, text file of paths, or list of files and folders.", flag=False
    )
    work_dir: str | PathLike[str] = option(".", "Folder for the results.", metavar="DIR")
    test_dir: InputSpec = option(
        "",
        "Test images, which are compared with the others: a folder or a text file of paths.",
        metavar="DIR",
    )
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
        "3: test images (--test-dir) against stored embeddings; 4: stored test embeddings against "
        "stored ones; 5: embeddings and k-means clusters; 6: clusters of stored embeddings.",
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
    bounding_box: str = option(
        "",
        "Compare parts of images: a box for all, 'row_y=0,col_x=0,height=50,width=50'; 'face'; "
        "'yolov5s' or the ONNX file of a YOLO network.",
        metavar="BOX",
    )
    annotations: Any = option(
        None,
        "Compare the boxes of annotations: CSV, COCO JSON, or the YAML file of YOLO.",
        metavar="FILE",
    )
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
        require(_is_number(self.threshold, 0, 1), "threshold", self.threshold, share)
        require(
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
            require(
                whole and value >= minimum, name, value, f"a whole number of at least {minimum}"
            )
        require(self.batch_size < 200, "batch_size", self.batch_size, "below 200")
        if self.max_offset and self.max_offset <= self.min_offset:
            message = f"max_offset={self.max_offset} is not above min_offset={self.min_offset}."
            raise OptionError(message, "The range is half-open: min_offset <= i < max_offset.")

    def _check_scope(self) -> None:
        if self.run_mode not in SUPPORTED_RUN_MODES:
            message = f"run_mode={self.run_mode!r} is not available."
            hint = (
                "Use 0 (everything), 1 (embeddings), 2 (neighbours), 3 or 4 (test images), "
                "5 or 6 (k-means)."
            )
            raise OptionError(message, hint)
        if self.bounding_box:
            read_box(self.bounding_box)
        self._check_test()

    def _check_test(self) -> None:
        if self.run_mode == 3 and not self.has_test:
            message = "run_mode=3 compares test images, but there is no test_dir."
            raise OptionError(message, "Give the test images as test_dir.")
        if self.run_mode in (5, 6) and self.has_test:
            message = f"run_mode={self.run_mode} makes clusters, which need no test_dir."
            raise OptionError(message, "Leave test_dir out.")

    @property
    def has_test(self) -> bool:
        """Whether test images are given."""
        given = self.test_dir
        return bool(str(given).strip()) if isinstance(given, (str, PathLike)) else len(given) > 0

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
            value = getattr(self, item.name)
            if item.name in ("license", "turi") or (item.name == "annotations" and value is None):
                continue
            if item.name == "annotations" and not isinstance(value, (str, PathLike)):
                value = "a table"
            if isinstance(value, PathLike):
                value = str(value)
            elif item.name in ("input_dir", "test_dir") and not isinstance(value, str):
                value = None
            values[item.name] = value
        return values


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
