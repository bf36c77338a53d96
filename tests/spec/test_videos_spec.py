"""What the pages say about videos and `extract_video_frames`."""

from __future__ import annotations

import pandas as pd
import pytest
from onnx import TensorProto, helper, save
from PIL import Image

import fastdup_nb
from tests.pictures import write_pictures
from tests.videos import write_clip

pytest.importorskip("av")


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Two videos that share two scenes, one of its own, and one that is broken."""
    folder = tmp_path_factory.mktemp("videos") / "holi day (1), ünï"
    write_clip(folder / "a.mp4", [1, 2, 3])
    write_clip(folder / "b.avi", [2, 3, 4])
    write_clip(folder / "sub" / "c.mkv", [7, 8], codec="libx264")
    (folder / "broken.mov").write_bytes(b"this is no video" * 50)
    return folder


def names_of(frame, column="filename"):
    return ["/".join(name.split("/")[-2:]) for name in frame[column]]


def extracted(folder):
    return sorted(
        "/".join(path.as_posix().split("/")[-2:]) for path in (folder / "tmp").rglob("*.jpg")
    )


def test_run_on_videos(videos, tmp_path):
    """`input_dir`: "Location of the images/videos to analyze."; "We support ... mp4, avi." """
    assert fastdup_nb.run(str(videos), str(tmp_path)) == 0
    rows = pd.read_csv(tmp_path / "atrain_features.dat.csv")
    assert len(rows) == 8
    assert names_of(rows)[:2] == ["a.mp4/frame_000000.000s.jpg", "a.mp4/frame_000001.000s.jpg"]
    assert len(pd.read_csv(tmp_path / "atrain_stats.csv")) == 8
    bad = pd.read_csv(tmp_path / "atrain_features.bad.csv")
    assert [name.rsplit("/", 1)[1] for name in bad["filename"]] == ["broken.mov"]
    assert "no video that can be read" in bad["reason"][0]
    pairs = pd.read_csv(tmp_path / "similarity.csv").query("distance > 0.97")
    assert {
        frozenset(pair) for pair in zip(names_of(pairs, "from"), names_of(pairs, "to"), strict=True)
    } >= {
        frozenset(("a.mp4/frame_000001.000s.jpg", "b.avi/frame_000000.000s.jpg")),
        frozenset(("a.mp4/frame_000002.000s.jpg", "b.avi/frame_000001.000s.jpg")),
    }
    assert not (tmp_path / "tmp").exists()  # frames are read, not written


def test_video_galleries(videos, tmp_path):
    """ "fastdup.run('input_folder', 'output_folder', run_mode=1) # extract frames from videos",
    "fastdup.run('input_folder', 'output_folder', run_mode=2) # run fastdup", then the gallery.
    """
    assert fastdup_nb.run(str(videos), str(tmp_path), run_mode=1) == 0
    assert fastdup_nb.run(str(videos), str(tmp_path), run_mode=2) == 0
    assert fastdup_nb.create_duplicate_videos_gallery(str(tmp_path), save_path=str(tmp_path)) == 0
    page = (tmp_path / "duplicate_videos.html").read_text("utf-8")
    assert "a.mp4" in page
    assert "b.avi" in page
    assert page.count("data:image/jpeg") >= 2  # shown straight from the videos
    assert fastdup_nb.create_component_videos_gallery(str(tmp_path), save_path=str(tmp_path)) == 0


def test_videos_and_images_together(videos, tmp_path):
    """ "A python list with absolute folders, all images and videos on those folders are added"."""
    photos = write_pictures(tmp_path / "photos", 2)[0].parent
    assert fastdup_nb.run([str(photos), str(videos / "sub")], str(tmp_path / "out")) == 0
    rows = pd.read_csv(tmp_path / "out" / "atrain_features.dat.csv")
    assert [name.rsplit(".", 1)[1] for name in rows["filename"]] == ["jpg"] * 4


def test_threads_change_nothing(videos, tmp_path):
    for threads in (1, 3):
        assert fastdup_nb.run(str(videos), str(tmp_path / str(threads)), num_threads=threads) == 0
    for name in ("atrain_features.dat", "atrain_features.dat.csv", "similarity.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes()


def test_extract(videos, tmp_path, capsys):
    """ "A function to go over a collection of videos and etract them into frames. The output is
    saved to the work_dir/tmp subfolder."
    """
    assert fastdup_nb.extract_video_frames(str(videos), str(tmp_path), keyframes_only=1) == 0
    assert "broken.mov: it is no video" in capsys.readouterr().err
    found = extracted(tmp_path)
    assert "a.mp4/frame_000000.000s.jpg" in found
    table = pd.read_csv(tmp_path / "atrain_frames.csv")
    assert sorted(names_of(table)) == found
    assert set(table["video"]) == {str(videos / name) for name in ("a.mp4", "b.avi", "sub/c.mkv")}
    assert table["seconds"].between(0, 3).all()


def test_keyframes_only(videos, tmp_path):
    """ "keyframes_only int - 0 = extract all frames, 1 = extract only keyframes"."""
    video = videos / "a.mp4"
    for mode in (0, 1):
        work_dir = tmp_path / str(mode)
        assert fastdup_nb.extract_video_frames(video, work_dir, keyframes_only=mode) == 0
    assert len(extracted(tmp_path / "0")) == 30
    assert len(extracted(tmp_path / "1")) < 10


def test_turi_param_and_num_images(videos, tmp_path):
    """`turi_param`: one frame every so many seconds; `num_images`."""
    every = "video_even_sampling_rate_sec=1"
    options = {"turi_param": every, "keyframes_only": 0}
    assert fastdup_nb.extract_video_frames(videos, tmp_path / "all", **options) == 0
    assert len(extracted(tmp_path / "all")) == 8
    assert fastdup_nb.extract_video_frames(videos, tmp_path / "few", num_images=4, **options) == 0
    assert len(extracted(tmp_path / "few")) == 4


def test_offsets(videos, tmp_path):
    """ "Optional min offset to start iterating on the full file list"."""
    options = {"min_offset": 1, "max_offset": 2}
    assert fastdup_nb.extract_video_frames(videos, tmp_path, **options) == 0
    assert {name.split("/")[0] for name in extracted(tmp_path)} == {"b.avi"}


def test_resize_video(videos, tmp_path):
    """ "resize_video int - 0 = do not resize video, 1 = resize video based on the model_path
    dimensions"; `model_path`, `d`.
    """
    node = helper.make_node("GlobalAveragePool", ["input"], ["output"])
    shape = [1, 3, 64, 64]
    graph = helper.make_graph(
        [node],
        "mean",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, 1, 1])],
    )
    model = tmp_path / "model.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), model)
    for resize, size in ((0, (160, 120)), (1, (64, 48))):
        work_dir = tmp_path / str(resize)
        options = {"model_path": str(model), "d": 3, "resize_video": resize}
        assert fastdup_nb.extract_video_frames(videos / "a.mp4", work_dir, **options) == 0
        with Image.open(next((work_dir / "tmp").rglob("*.jpg"))) as frame:
            assert frame.size == size


def test_verbose_num_threads_and_license(videos, tmp_path, capsys):
    """`verbose`: "Verbosity."; `num_threads`; `license`: no key is needed."""
    options = {"verbose": True, "num_threads": 2, "license": "key"}
    assert fastdup_nb.extract_video_frames(videos / "a.mp4", tmp_path, **options) == 0
    assert "frames of 1 videos" in capsys.readouterr().out
    assert fastdup_nb.extract_video_frames(videos / "a.mp4", tmp_path, num_threads=-7) == 1
    assert "num_threads=-7" in capsys.readouterr().err


def test_bad_input(tmp_path, capsys):
    def refused(given, message):
        assert fastdup_nb.extract_video_frames(given, tmp_path / "out") == 1
        lines = capsys.readouterr().err.splitlines()
        assert message in lines[0]
        assert len(lines) == 2

    photos = write_pictures(tmp_path / "photos", 1)[0].parent
    refused(str(tmp_path / "nowhere"), "no file or folder")
    refused(str(photos), "no video")
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    refused(str(tmp_path / "broken.mp4"), "No frame could be extracted")
    assert not (tmp_path / "out" / "atrain_frames.csv").exists()
