"""The example videos: what they show, and which of them is broken."""

import pytest

from examples.make_examples import make_examples

av = pytest.importorskip("av")


@pytest.mark.slow
def test_what_is_written(tmp_path):
    from examples.make_videos import BROKEN, SENT, VIDEOS, make_videos

    photos = make_examples(tmp_path / "photos").folder
    *whole, broken = make_videos(tmp_path / "videos", photos)
    assert [path.name for path in whole] == list(VIDEOS)
    assert set(VIDEOS[SENT]) < set(VIDEOS["trip.mp4"])
    for path in whole:
        with av.open(str(path)) as file:
            frames = sum(1 for _ in file.decode(video=0))
        assert frames == 10 * len(VIDEOS[path.name])
    assert broken.name == BROKEN
    with pytest.raises(av.FFmpegError):
        av.open(str(broken))
    assert sum(path.stat().st_size for path in whole) < 1_000_000
