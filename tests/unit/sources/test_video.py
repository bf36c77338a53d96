import io
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources import exists, read_bytes, video
from fastdup_nb.sources.containers import open_container
from fastdup_nb.sources.limits import FrameChoice, Limits
from tests.pictures import draw
from tests.videos import turn_upright, write_clip, write_sound, write_video

pytest.importorskip("av")


def frames(path, **choice):
    container = open_container(str(path), str(path), Limits(frames=FrameChoice(**choice)))
    return list(container.members())


def names(members):
    return [member.name.rsplit("/", 1)[1] for member in members]


def picture(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


def failure(path, limits=None):
    found = []
    with pytest.raises(ImageError) as caught:
        found.extend(open_container(str(path), str(path), limits or Limits()).members())
    assert caught.value.problem is ImageProblem.CONTAINER
    return len(found), caught.value.message


KINDS = [
    ("a.mp4", "mpeg4"),
    ("a.avi", "mpeg4"),
    ("a.mov", "libx264"),
    ("a.mkv", "libx264"),
    ("a.webm", "libvpx-vp9"),
    ("a.m4v", "mpeg4"),
]


@pytest.mark.parametrize(("name", "codec"), KINDS)
def test_one_frame_a_second_named_after_its_time(name, codec, tmp_path):
    seeds = [1, 2, 3]
    path = write_clip(tmp_path / name, seeds, codec=codec)
    members = frames(path)
    expected = [f"frame_{second:06d}.000s.jpg" for second in range(3)]
    assert names(members) == expected
    for seed, member in zip(seeds, members, strict=True):
        assert np.abs(picture(member.data) - np.asarray(draw(seed, (160, 120)))).mean() < 12
        assert read_bytes(member.name) == member.data  # a gallery shows what was embedded
        assert exists(member.name)
    assert not exists(f"{path}/frame_000007.000s.jpg")
    assert not exists(f"{path}/../{name}")


def test_intervals_all_frames_and_keyframes(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [1, 2, 3])
    assert names(frames(path, every_seconds=1.5)) == [
        "frame_000000.000s.jpg",
        "frame_000001.500s.jpg",
    ]
    assert len(frames(path, every_seconds=0)) == 30
    keyframes = names(frames(path, keyframes_only=True))
    assert {"frame_000000.000s.jpg", "frame_000001.000s.jpg"} <= set(keyframes)
    assert len(keyframes) < 10


def test_times_count_from_the_first_frame(tmp_path):
    late = write_clip(tmp_path / "late.mkv", [1, 2], first=1234)
    assert names(frames(late)) == ["frame_000000.000s.jpg", "frame_000001.000s.jpg"]


def test_a_slow_video_gives_each_frame_once(tmp_path):
    slow = write_clip(tmp_path / "slow.mp4", [1, 2, 3], each=1, rate=1)
    assert len(frames(slow, every_seconds=0.25)) == 3


def test_going_on_in_the_middle(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [1, 2, 3, 4])
    container = open_container(str(path), str(path), Limits())
    assert list(container.members(2)) == frames(path)[2:]


def test_a_phone_video_is_upright(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [1])
    flat = picture(frames(path)[0].data)
    turn_upright(path)
    turned = picture(frames(path)[0].data)
    assert turned.shape == (160, 120, 3)
    assert np.abs(turned - np.rot90(flat, -1)).mean() < 3


def test_smaller_frames(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [1])
    assert picture(frames(path, most_side=80)[0].data).shape == (60, 80, 3)


def test_pixels_that_are_not_square(tmp_path):
    import av

    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 120, 120, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        for _ in range(5):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((120, 120, 3), np.uint8))))
        file.mux(stream.encode())
    (frame,) = frames(path)
    assert picture(frame.data).shape == (120, 240, 3)
    assert read_bytes(frame.name) == frame.data


def test_a_closed_video_is_asked_for_nothing(tmp_path):
    # FFmpeg has freed what it would answer from: that can end the process.
    path = write_clip(tmp_path / "a.mp4", [1])
    with video._Stream(str(path)) as stream:
        assert stream.stretch == 1
    with pytest.raises(AttributeError):
        stream.stretch  # noqa: B018


def test_broken_videos_say_why(tmp_path):
    whole = write_clip(tmp_path / "whole.mkv", range(6), codec="libx264").read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: len(whole) // 2])
    count, reason = failure(cut)
    assert 0 < count < 6
    assert "it may be cut" in reason
    for name, content in [("empty.mp4", b""), ("text.mp4", b"no video" * 99)]:
        (tmp_path / name).write_bytes(content)
        assert "no video that can be read" in failure(tmp_path / name)[1]
    assert "no video stream" in failure(write_sound(tmp_path / "sound.m4a"))[1]


def test_damage_in_the_middle_keeps_the_rest(tmp_path):
    path = write_clip(tmp_path / "a.avi", range(5))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(bytes(data))
    found = []
    with suppress(ImageError):
        found.extend(open_container(str(path), str(path), Limits()).members())
    assert len(found) >= 2


def test_too_many_frames(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [1, 2, 3])
    count, reason = failure(path, Limits(most_members=2))
    assert count == 2
    assert "max_archive_members" in reason


def test_frames_that_are_too_large(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", [draw(1, (160, 120))])
    monkeypatch.setattr(video, "MOST_PIXELS", 100)
    assert "160 x 120 pixels" in failure(path)[1]


def test_without_the_extra(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", [1])
    monkeypatch.setattr(video, "is_available", lambda: False)
    assert "fastdup_nb[video]" in failure(path)[1]
