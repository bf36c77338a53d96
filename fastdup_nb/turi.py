"""The parameters of the text `turi_param`, and what declares and checks options of all kinds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from fastdup_nb.errors import OptionError

TURI_MODELS = ("brute_force", "ball_tree", "lsh")


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
    save_crops: bool = option(False, "Save the crop of every box as a JPEG file in crops/.")
    augmentation_horiz: float = option(
        0.2, "Margin left and right of a found face or object, relative to it.", metavar="SHARE"
    )
    augmentation_vert: float = option(
        0.2, "Margin above and below a found face or object, relative to it.", metavar="SHARE"
    )
    delete_tar: bool = option(True, "Delete downloaded copies of archives after use.")
    delete_img: bool = option(
        True, "Discard images read from archives (when kept: in work_dir/tmp)."
    )
    tar_only: bool = option(False, "Use archives only and leave single images out.")
    num_images_in_tar: int = option(
        0, "Use only the first N images of each archive; 0: all.", metavar="N"
    )
    max_archive_gb: float = option(
        1024.0, "Refuse an archive with more unpacked gigabytes.", metavar="GB"
    )
    max_archive_ratio: float = option(
        200.0, "Refuse an archive that unpacks to more than so many times its size.", metavar="R"
    )
    max_archive_members: int = option(
        10_000_000, "Refuse an archive with more entries.", metavar="N"
    )
    video_even_sampling_rate_sec: float = option(
        1.0, "Use one frame of a video every so many seconds; 0: every frame.", metavar="S"
    )
    video_keyframe_only: bool = option(False, "Use the keyframes of videos, however many.")
    video_resize_dim: int = option(
        0, "Make larger frames smaller, to N pixels on the longer side; 0: no.", metavar="N"
    )
    sync_s3_to_local: bool = option(False, "Copy a bucket to work_dir/tmp before the run.")

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
            require(0 <= threshold <= 1, "ccthreshold", threshold, "a number from 0 to 1")
        least = self.hierarchical_threshold
        require(0 <= least <= 1, "hierarchical_threshold", least, "a number from 0 to 1")
        for name in ("max_archive_gb", "max_archive_ratio"):
            most = getattr(self, name)
            require(most > 0, name, most, "a number above 0")
        for name, low in (("num_images_in_tar", 0), ("max_archive_members", 1)):
            number = getattr(self, name)
            require(number >= low, name, number, f"a whole number of at least {low}")
        every, side = self.video_even_sampling_rate_sec, self.video_resize_dim
        require(0 <= every < 1e9, "video_even_sampling_rate_sec", every, "seconds, or 0")
        fits = side == 0 or side >= 10
        require(fits, "video_resize_dim", side, "0, or a whole number of at least 10")
        nodes = self.hierarchical_min_nodes
        require(nodes >= 1, "hierarchical_min_nodes", nodes, "a whole number of at least 1")
        for name in ("augmentation_horiz", "augmentation_vert"):
            margin = getattr(self, name)
            require(0 <= margin <= 1, name, margin, "a number from 0 to 1")
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


DETECTORS = ("face", "yolov5s")
_MOST_PIXELS = 1e6
_BOX_KEYS = ("col_x", "row_y", "width", "height")


def read_box(text: str) -> tuple[float, float, float, float] | None:
    """Read `bounding_box`: one box for all images; None when it names a detector.

    Raises
    ------
    OptionError
        When it is neither.

    Examples
    --------
    >>> read_box("row_y=20,col_x=10,height=40,width=30")
    (10.0, 20.0, 30.0, 40.0)
    """
    if "=" not in text:
        if text in DETECTORS or text.lower().endswith(".onnx"):
            return None
        form = "row_y=20,col_x=10,height=40,width=30"
        message = f"bounding_box={text!r} cannot be used."
        raise OptionError(message, f"Give {form!r}, 'face', 'yolov5s' or an ONNX file.")
    pairs = parse_pairs(text, "bounding_box")
    for key in pairs:
        if key not in _BOX_KEYS:
            raise unknown_name("bounding_box key", key, _BOX_KEYS)
    missing = [key for key in _BOX_KEYS if key not in pairs]
    require(not missing, "bounding_box", text, f"{', '.join(missing)} too")
    try:
        x, y, width, height = (float(pairs[key]) for key in _BOX_KEYS)
    except ValueError as error:
        raise OptionError(f"bounding_box={text!r} cannot be used.", "Give numbers.") from error
    inside = 0 <= x < _MOST_PIXELS and 0 <= y < _MOST_PIXELS
    inside = inside and 0 < width < _MOST_PIXELS and 0 < height < _MOST_PIXELS
    require(inside, "bounding_box", text, "a box with an area, from 0 on")
    return x, y, width, height


def unknown_name(what: str, name: object, known: Mapping[str, Any] | Sequence[str]) -> OptionError:
    """Return the error for a name that is not one of the known ones, with the closest match."""
    close = get_close_matches(str(name), list(known), n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return OptionError(f"Unknown {what} {name!r}.", f"{guess}Known: {', '.join(known)}.")


def require(holds: bool, name: str, value: object, expected: str) -> None:
    """Raise `OptionError` unless a value can be used."""
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
