from __future__ import annotations

import pandas as pd
import pytest

from fastdup_nb.errors import OptionError
from fastdup_nb.views.videos import build_duplicate_videos, name_frame, video_of, videos_of


@pytest.mark.parametrize(
    ("frame", "video"),
    [
        ("work/tmp/datavideosa.mp4/output_000001.jpg", "work/tmp/datavideosa.mp4"),
        ("/w/a/frame12.png", "/w/a"),
        ("/w/a/0007.jpg", "/w/a"),
        ("C:\\w\\a.mp4\\output_000001.jpg", "C:\\w\\a.mp4"),
        ("/w/a_000001.jpg", "/w/a"),
        ("/w/a.mp4_frame_3.jpg", "/w/a.mp4"),
        ("/w/a-1-f2.jpg", "/w/a-1"),
        ("/w/holiday.jpg", ""),
        ("output_000001.jpg", ""),
        ("/w/GOPR0012.jpg", ""),
    ],
)
def test_the_video_of_a_frame(frame, video):
    assert video_of(frame) == video


def test_frames_of_videos_with_one_beginning_are_told_apart():
    assert video_of("/w/day_1_000001.jpg") != video_of("/w/day_2_000001.jpg")


def test_images_among_frames_stand_for_themselves():
    assert videos_of(["/w/a_1.jpg", "/w/photo.jpg"]).tolist() == ["/w/a", "/w/photo.jpg"]
    with pytest.raises(OptionError, match="frame of a video"):
        videos_of(["/w/photo.jpg"])


def test_the_name_of_a_frame():
    assert name_frame("C:\\w\\a.mp4\\output_000001.jpg") == "a.mp4/output_000001.jpg"


def test_pairs_of_videos_are_counted_once_whatever_their_direction():
    rows = [("/a_1.jpg", "/b_1.jpg", 0.9), ("/b_2.jpg", "/a_2.jpg", 0.95)]
    rows += [("/a_2.jpg", "/b_2.jpg", 0.95), ("/a_1.jpg", "/a_2.jpg", 1.0)]
    view = build_duplicate_videos(pd.DataFrame(rows, columns=["from", "to", "distance"]))
    (pair,) = view.rows
    assert pair.frames == 2
    assert pair.similarity == 0.95
    assert {pair.first.path, pair.second.path} == {"/a_2.jpg", "/b_2.jpg"}
    assert view.to_frame()["distance"].tolist() == [0.95]
