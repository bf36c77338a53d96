"""Videos: frames at even times or keyframes, each named after its video and its time.

A frame is a JPEG file made on the fly; nothing is written to disk. Reading needs PyAV, which brings
its own FFmpeg.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING, Any, Self

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.containers import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.sources.containers import Container
    from fastdup_nb.sources.limits import Limits

NEEDS = 'videos need PyAV: pip install "fastdup_nb[video]"'
JPEG_QUALITY = 95
MOST_PIXELS = 1 << 27
MOST_STRETCH = 4.0
# Times are rounded to milliseconds in names; half of one must not lose a frame.
_TOLERANCE = 0.0005
_FRAME = re.compile(r"frame_(\d{6,}\.\d{3})s\.jpg")


def frame_name(seconds: float) -> str:
    """Return the name of a frame within its video; names sort by time.

    >>> frame_name(62.5)
    'frame_000062.500s.jpg'
    """
    return f"frame_{seconds:010.3f}s.jpg"


def is_available() -> bool:
    """Return whether PyAV is installed."""
    from importlib.util import find_spec

    return find_spec("av") is not None


def open_container(path: str, name: str, limits: Limits) -> Container:
    """Open a video.

    Parameters
    ----------
    path : str
        The local file.
    name : str
        What the names of its frames begin with.
    limits : Limits
        How many frames it may have, and which of them are used.

    Raises
    ------
    ImageError
        When PyAV is missing, or the file is no video.
    """
    if not is_available():
        raise ImageError(ImageProblem.CONTAINER, NEEDS)
    with _Stream(path):
        return Video(path, name, limits)


class Video:
    """A video as a container of frames.

    Parameters
    ----------
    path : str
        The local file.
    name : str
        What the names of its frames begin with.
    limits : Limits
        How many frames it may have, and which of them are used.
    """

    def __init__(self, path: str, name: str, limits: Limits) -> None:
        self._path, self._name, self._limits = path, name, limits

    def members(self, first: int = 0) -> Iterator[Member]:
        """Yield the chosen frames in the order of time, from number `first` on.

        Raises
        ------
        ImageError
            At the end, when something could not be decoded or there is no frame.
        """
        number = 0
        with _Stream(self._path, keyframes_only=self._limits.frames.keyframes_only) as stream:
            for seconds, frame in self._chosen(stream):
                if number >= self._limits.most_members:
                    most = f"more than {self._limits.most_members:,} frames (max_archive_members)"
                    raise ImageError(ImageProblem.CONTAINER, most)
                if number >= first:
                    yield Member(
                        f"{self._name}/{frame_name(seconds)}",
                        data=self._encode(frame, stream.stretch),
                    )
                number += 1
            if number and (said := stream.missing()):
                raise ImageError(ImageProblem.CONTAINER, said)
            if stream.damaged:
                reason = f"{stream.damaged:,} parts of the video are damaged and were left out"
                raise ImageError(ImageProblem.CONTAINER, reason)
        if not number:
            raise ImageError(ImageProblem.CONTAINER, "the video has no frame that can be read")

    def read(self, member: Member) -> bytes:
        """Return the frame, which comes with its member."""
        if member.data is None:
            raise ImageError(ImageProblem.MISSING, "the video has no such frame")
        return member.data

    def find(self, inner: str) -> Member | None:
        """Return the frame with a name inside, whatever frames a run has chosen."""
        match = _FRAME.fullmatch(inner)
        if match is None:
            return None
        wanted = float(match[1])
        # Some kinds of files find no place, or a wrong one: then from the start.
        for since in dict.fromkeys((wanted, 0.0)):
            with _Stream(self._path) as stream:
                frame = _frame_at(stream, wanted, since)
                if frame is not None:  # encoded here: what a closed file is asked for is freed
                    return Member(f"{self._name}/{inner}", data=self._encode(frame, stream.stretch))
        return None

    def count(self, until: float) -> int:  # noqa: ARG002 - what headers say is often wrong
        """Return -1: nobody knows before all is decoded."""
        return -1

    def close(self) -> None:
        """Nothing stays open."""

    def _chosen(self, stream: _Stream) -> Iterator[tuple[float, Any]]:
        """Yield keyframes, all frames, or the first frame of each interval."""
        frames = self._limits.frames
        every = frames.every_seconds
        due, last = -math.inf, -math.inf
        for seconds, frame in stream.frames():
            if frames.keyframes_only or not every:
                if frame.key_frame or not frames.keyframes_only:  # not all decoders skip
                    yield seconds, frame
                continue
            if seconds < last - every:  # the clock of the video was set back
                due = seconds
            last = seconds
            if seconds >= due - _TOLERANCE:
                yield seconds, frame
                due = (math.floor((seconds + _TOLERANCE) / every) + 1) * every

    def _encode(self, frame: Any, stretch: float) -> bytes:
        image = frame.to_image()
        if stretch != 1:
            image = image.resize((max(round(image.width * stretch), 1), image.height))
        turn = round(getattr(frame, "rotation", 0) or 0)
        if turn % 360:
            image = image.rotate(turn, expand=True)
        most = self._limits.frames.most_side
        if most and max(image.size) > most:
            image.thumbnail((most, most))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=JPEG_QUALITY)
        return buffer.getvalue()


class _Stream:
    """The opened video stream of a file, a context manager."""

    def __init__(self, path: str, *, keyframes_only: bool = False) -> None:
        import av

        self._errors = (av.FFmpegError, OSError, ValueError)
        self.damaged = 0
        self._last = 0.0
        try:
            self._file = av.open(path, metadata_errors="replace")
        except self._errors as error:
            reason = f"it is no video that can be read ({_words(error)})"
            raise ImageError(ImageProblem.CONTAINER, reason) from error
        try:
            self._stream = self._first_stream()
        except ImageError:
            self._file.close()
            raise
        self._stream.thread_type = "AUTO"
        if keyframes_only:
            self._stream.codec_context.skip_frame = "NONKEY"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        # PyAV still asks FFmpeg about a stream of a closed file, which is freed memory.
        del self._stream

    def frames(self, since: float = 0.0) -> Iterator[tuple[float, Any]]:
        """Yield times in seconds from the start of the video, and frames.

        Parameters
        ----------
        since : float
            Begin at the last keyframe before that time.
        """
        stream, index = self._stream, 0
        base = float(stream.time_base or 0)
        start = float((stream.start_time or 0) * base)
        rate = float(stream.average_rate or 25)
        if since > 0 and base:
            self._seek(int((since + start) / base))
        for packet in self._packets():
            try:
                decoded = packet.decode()
            except self._errors:
                self.damaged += 1
                continue
            for frame in decoded:
                seconds = index / rate if frame.pts is None else float(frame.pts * base) - start
                index += 1
                self._last = max(round(seconds, 3), 0.0)
                yield self._last, frame

    @property
    def stretch(self) -> float:
        """How much wider than high a pixel is; 1 where nothing sensible is said."""
        ratio = self._stream.sample_aspect_ratio
        stretch = float(ratio) if ratio else 1.0
        return stretch if MOST_STRETCH >= stretch >= 1 / MOST_STRETCH else 1.0

    def missing(self) -> str:
        """Return, after the last frame, what the header promises beyond it; empty for nothing."""
        base, duration = self._stream.time_base, self._stream.duration
        said = float(duration * base) if duration and base else (self._file.duration or 0) / 1e6
        # Some headers count from the first frame, others from zero.
        start = float(self._stream.start_time * base) if self._stream.start_time and base else 0.0
        if self._last + max(start, 0.0) >= 0.9 * said - 1:
            return ""
        return f"it says it lasts {said:.1f} s but ends after {self._last:.1f} s: it may be cut"

    def _packets(self) -> Iterator[Any]:
        packets = self._file.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except self._errors as error:
                reason = f"the video is cut or damaged ({_words(error)})"
                raise ImageError(ImageProblem.CONTAINER, reason) from error
            if packet is None:
                return
            yield packet

    def _seek(self, place: int) -> None:
        try:
            self._file.seek(place, stream=self._stream)
        except self._errors:  # some kinds cannot: then from the start
            self._file.seek(0)

    def _first_stream(self) -> Any:
        if not self._file.streams.video:
            raise ImageError(ImageProblem.CONTAINER, "it has no video stream, only sound or text")
        stream = self._file.streams.video[0]
        if stream.codec_context is None:
            raise ImageError(ImageProblem.CONTAINER, "its codec is not known")
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > MOST_PIXELS:
            reason = f"frames of {width:,} x {height:,} pixels are not read"
            raise ImageError(ImageProblem.CONTAINER, reason)
        return stream


def _frame_at(stream: _Stream, wanted: float, since: float) -> Any:
    """Return the frame of a time, looking for it from another; None when there is none."""
    for seconds, frame in stream.frames(since=since):
        if abs(seconds - wanted) <= _TOLERANCE:
            return frame
        if seconds > wanted + 1:
            return None
    return None


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error).strip(". ")
