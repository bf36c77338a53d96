"""Frames of videos: which video a frame is of, and pairs and groups of videos."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from fastdup_nb.errors import OptionError
from fastdup_nb.views.duplicates import DuplicatesView, PairRow, build_duplicates
from fastdup_nb.views.gallery import Badge
from fastdup_nb.views.pairs import PairSource, merge_mirrored, open_pairs
from fastdup_nb.views.places import make_resolver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.members import Members

# Frames in a folder of their video: output_000001.jpg, frame_000062.500s.jpg, 0001.jpg.
_IN_FOLDER = re.compile(r"(?:(?:output|frame|img|image|f)[-_ .]?)?\d+(?:\.\d+s)?", re.IGNORECASE)
# Frames named after their video: clip_000012.jpg, clip.mp4_frame12.jpg, clip-f3.png.
_NAMED = re.compile(r"(.+?)[-_ .]+(?:(?:output|frame|img|image|f)[-_ .]?)?\d+", re.IGNORECASE)
_HINT = "Frames are named <video>/output_000001.jpg or <video>_000001.jpg."


def video_of(path: str) -> str:
    """Return the video that a frame is of, as a path without the number of the frame.

    >>> video_of("tmp/holiday.mp4/output_000012.jpg"), video_of("frames/holiday_frame_3.png")
    ('tmp/holiday.mp4', 'frames/holiday')
    >>> video_of("tmp/holiday.mp4/frame_000062.500s.jpg"), video_of("photos/dog.jpg")
    ('tmp/holiday.mp4', '')
    """
    cut = max(path.rfind("/"), path.rfind("\\"))
    folder, name = path[: max(cut, 0)], path[cut + 1 :]
    stem = name.rpartition(".")[0] or name
    if _IN_FOLDER.fullmatch(stem):
        return folder
    named = _NAMED.fullmatch(stem)
    return f"{path[: cut + 1]}{named[1]}" if named else ""


def name_frame(path: str) -> str:
    """Return what to show for a frame: the name of its video, and its own.

    >>> name_frame("/results/tmp/holiday.mp4/output_000012.jpg")
    'holiday.mp4/output_000012.jpg'
    """
    return "/".join(re.split(r"[\\/]", path)[-2:])


def videos_of(files: Iterable[str]) -> NDArray[np.object_]:
    """Return the video of every frame; an image that is no frame stands for itself.

    Raises
    ------
    OptionError
        When none is the frame of a video.
    """
    listed = list(files)
    videos = np.empty(len(listed), object)
    videos[:] = [video_of(path) for path in listed]
    single = videos == ""
    if listed and single.all():
        raise OptionError("None of the images is a frame of a video.", _HINT)
    videos[single] = np.array(listed, object)[single]
    return videos


def keep_one_frame(members: Members) -> Members:
    """Return of every group one frame per video, the first."""
    keys = pd.DataFrame({"group": members.group, "video": videos_of(members.files)})
    return members.take(np.flatnonzero(~keys.duplicated().to_numpy()))


@dataclass(frozen=True, slots=True)
class VideoPairRow(PairRow):
    """A pair of videos by its two most similar frames; `frames` counts pairs of similar ones."""

    frames: int = 1

    @classmethod
    def of(cls, row: PairRow, frames: int) -> Self:
        """Return a pair of frames with how many there are."""
        return cls(row.number, row.first, row.second, row.similarity, row.kind, frames)

    @property
    def badges(self) -> tuple[Badge, ...]:
        """How many pairs of frames are similar, and what pairs of images have."""
        noun = "pair" if self.frames == 1 else "pairs"
        usual = PairRow(self.number, self.first, self.second, self.similarity, self.kind).badges
        return (Badge(f"{self.frames:,} {noun} of similar frames"), *usual)


@dataclass(frozen=True)
class VideosView(DuplicatesView):
    """Pairs of videos, each shown by its two most similar frames."""

    name: ClassVar[str] = "duplicate_videos"
    noun: ClassVar[str] = "pair of videos"
    no_result: ClassVar[str] = "The run found no similar frames of different videos."

    @property
    def table_name(self) -> str:
        """The file name of the shown pairs as a table."""
        return "duplicate_videos.csv"


def build_duplicate_videos(
    source: PairSource,
    *,
    num_images: int = 20,
    threshold: float | None = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    **options: Any,
) -> VideosView:
    """Choose the pairs of videos to show.

    A pair of videos is as similar as its two most similar frames, which are shown for it with the
    number of pairs of similar frames. Frames of one video are not compared.

    Parameters
    ----------
    source, num_images, threshold, work_dir, **options
        See `fastdup_nb.views.duplicates.build_duplicates`.

    Raises
    ------
    OptionError
        When none of the images is a frame of a video.

    Notes
    -----
    V0.2 API page, `create_duplicate_videos_gallery`.
    """
    frames, results = open_pairs(source, work_dir)
    pairs = _pair_videos(frames, threshold)
    options["get_reformat_filename_func"] = options.get("get_reformat_filename_func") or name_frame
    view = build_duplicates(
        pairs, num_images=num_images, threshold=threshold, work_dir=results, **options
    )
    resolve = make_resolver(results, options.get("input_dir"))
    columns = zip(pairs["from"], pairs["to"], pairs["frames"].tolist(), strict=True)
    counts = {(resolve(one), resolve(other)): count for one, other, count in columns}
    rows = tuple(VideoPairRow.of(row, counts[row.first.path, row.second.path]) for row in view.rows)
    values = {field.name: getattr(view, field.name) for field in fields(view)}
    return VideosView(**{**values, "title": "Similar videos", "rows": rows})


def _pair_videos(frames: pd.DataFrame, threshold: float | None) -> pd.DataFrame:
    """Return of every pair of videos its most similar frames, and how many there are."""
    pairs = merge_mirrored(frames.sort_values(["distance", "from", "to"], ascending=False))
    if threshold is not None:
        pairs = pairs[pairs["distance"] >= threshold]
    files = pd.unique(pd.concat([frames["from"], frames["to"]]))
    video = dict(zip(files, videos_of(files), strict=True))
    first, second = pairs["from"].map(video), pairs["to"].map(video)
    pairs = pairs.assign(low=np.minimum(first, second), high=np.maximum(first, second))
    pairs = pairs[pairs["low"] != pairs["high"]]
    keys = ["low", "high"]
    best = pairs.drop_duplicates(keys)
    count = pairs.groupby(keys, sort=False)["distance"].transform("size")
    return best.assign(frames=count[best.index])[["from", "to", "distance", "frames"]]
