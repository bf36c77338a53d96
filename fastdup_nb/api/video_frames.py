"""`extract_video_frames` of the V0.2 API."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError
from fastdup_nb.options import InputSpec, RunOptions

if TYPE_CHECKING:
    from os import PathLike


def extract_video_frames(  # noqa: PLR0917 - the signature is the published one
    input_dir: InputSpec,
    work_dir: str | PathLike[str],
    verbose: bool = False,
    num_threads: int = -1,
    num_images: int = 0,
    min_offset: int = 0,
    max_offset: int = 0,
    turi_param: str = "",
    model_path: str | PathLike[str] = "",
    d: int = 576,
    resize_video: int = 0,
    keyframes_only: int = 1,
    license: str = "",
) -> int:
    """Extract frames of videos as JPEG files into `work_dir/tmp`.

    The V0.2 function of that name (API page), with its names and defaults. A frame is called
    `frame_000062.500s.jpg`, after its time in its video, in a folder of the video's whole path.
    `atrain_frames.csv` in the work_dir lists the frames with their videos and times. A run on the
    videos themselves needs no frames on disk: `run` reads them where they are.

    Parameters
    ----------
    input_dir : path or list of paths
        A folder of videos, one video, a text file of paths, or a list.
    work_dir : path
        Folder for the results; made when missing.
    verbose : bool
        Say how many frames there are.
    num_threads : int
        Worker threads; the frames do not depend on it.
    num_images : int
        Extract the first so many frames; 0 for all.
    min_offset, max_offset : int
        Half-open range of the sorted list of videos; of the frames when there is one video.
    turi_param : str
        As in `run`. `video_even_sampling_rate_sec=S`, with `keyframes_only=0`, takes one frame
        every S seconds; `video_resize_dim=N` makes larger frames smaller, to N pixels on the
        longer side.
    model_path : path
        The model whose input size `resize_video=1` means.
    d : int
        Length of the embedding of that model.
    resize_video : int
        1: make larger frames smaller, to the input size of the model on the longer side.
    keyframes_only : int
        1: extract the frames that the video stores whole; 0: all frames.
    license : str
        Ignored: no key is needed.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
        Videos that cannot be read are named there, too; the others are extracted.
    """
    from fastdup_nb.engine.frames import extract_frames
    from fastdup_nb.session import reporter_of

    try:
        options = RunOptions(
            input_dir=input_dir,
            work_dir=work_dir,
            verbose=verbose,
            num_threads=num_threads,
            num_images=num_images,
            min_offset=min_offset,
            max_offset=max_offset,
            turi_param=turi_param,
            model_path=model_path,
            d=d,
            license=license,
        )
        options = _choose_frames(
            options, all_frames=not keyframes_only, resize=bool(resize_video), given=turi_param
        )
        done = extract_frames(options, reporter_of(None))
    except FastdupError as error:
        return report(error)
    for video, reason in done.bad:
        sys.stderr.write(f"{video}: {reason}\n")
    if verbose:
        sys.stdout.write(f"{done.frames:,} frames of {done.videos:,} videos: {done.folder}\n")
    return 0


def _choose_frames(
    options: RunOptions, *, all_frames: bool, resize: bool, given: str
) -> RunOptions:
    """Return the options with the frames chosen; copies are kept, as that is what is asked for."""
    changes: dict[str, Any] = {"delete_img": False, "video_keyframe_only": not all_frames}
    if all_frames and "video_even_sampling_rate_sec" not in given:
        changes["video_even_sampling_rate_sec"] = 0.0
    if resize and not options.turi.video_resize_dim:
        from fastdup_nb.models import load_embedder

        embedder = load_embedder(options.model_path, options.d, options.compute)
        changes["video_resize_dim"] = max(embedder.input_size)
    return replace(options, turi_param=replace(options.turi, **changes).to_text())
