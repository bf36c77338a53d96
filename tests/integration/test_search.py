"""Searching finished results: names, scores, kinds of query, threads."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps

import fastdup_nb
from fastdup_nb import (
    Fastdup,
    ImageError,
    InputError,
    InputNotFoundError,
    ModelError,
    OptionError,
    ResultNotFoundError,
)
from fastdup_nb.engine import search as engine_search
from fastdup_nb.engine.search import Searcher
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store import names
from tests.pictures import draw, write_pictures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def searcher(finished):
    return Searcher(finished.work_dir)


def test_every_stored_image_finds_itself_though_files_before_it_were_bad(finished, searcher):
    assert len(finished.invalid_instances())
    for name in finished.embeddings()[0]:
        found = searcher.search(name, 10)
        assert name in found.names[: found.similarity.count(1.0)]
        assert found.similarity[0] == 1.0
        assert found.query.name == name


def test_all_copies_come_back_in_stored_order(collection, searcher):
    picture = collection.pictures[4]
    copies = [str(copy) for original, copy in collection.copies if original == picture]
    found = searcher.search(picture, 6)
    stored = searcher.work_dir.file_names
    assert found.names[:4] == sorted([*copies, str(picture)], key=stored.index)
    assert found.similarity[:4] == [1.0] * 4
    assert found.similarity[4] < 1
    assert found.similarity == sorted(found.similarity, reverse=True)


def test_scores_are_the_exact_cosine_and_nothing_nearer_is_missed(finished, searcher):
    file_names, vectors = finished.embeddings()
    unit = vectors.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    for row in range(0, len(unit), 7):
        expected = np.sort(np.maximum(unit @ unit[row], 0))[::-1][:12]
        found = searcher.search(file_names[row], 12)
        assert found.similarity == pytest.approx(expected, abs=1e-9)


def test_a_new_image_finds_the_one_it_was_made_from(collection, searcher, tmp_path):
    draw(10).save(tmp_path / "new.jpg", quality=60)
    found = searcher.search(tmp_path / "new.jpg", 1)
    assert found.names == [str(collection.pictures[10])] or "10_again" in found.names[0]
    assert 0.9 < found.similarity[0] <= 1


def test_k_beyond_the_collection_gives_all(searcher):
    names_found = searcher.search(searcher.work_dir.file_names[0], 10_000).names
    assert sorted(names_found) == sorted(searcher.work_dir.file_names)


def test_every_kind_of_query_gives_the_same(searcher, tmp_path, monkeypatch):
    path = tmp_path / "query.png"
    draw(11).save(path)
    expected = searcher.search(path, 3)
    picture = Image.open(path)
    pixels = np.asarray(picture)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    queries = [
        str(path),
        "query.png",
        "~/query.png",
        path.as_uri(),
        path.read_bytes(),
        bytearray(path.read_bytes()),
        picture,
        picture.convert("RGBA"),
        pixels,
        pixels / 255,
        pixels.astype(np.int64),
        np.asfortranarray(pixels),
        searcher._reader.read(path).vector,
    ]
    for query in queries:
        found = searcher.search(query, 3)
        assert found.names == expected.names
        assert found.similarity == pytest.approx(expected.similarity, abs=1e-9)


def test_grey_arrays_and_turned_pictures_are_understood(searcher, tmp_path):
    grey = np.asarray(draw(12).convert("L"))
    as_colour = searcher.search(np.repeat(grey[:, :, None], 3, axis=2), 2)
    for same in (grey, grey[:, :, None], grey / 255):
        assert searcher.search(same, 2).similarity == pytest.approx(as_colour.similarity)
    turned = draw(13).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    opened = Image.open(tmp_path / "turned.png")
    expected = searcher.search(tmp_path / "turned.png", 2).similarity
    assert searcher.search(opened, 2).similarity == pytest.approx(expected)
    upright = ImageOps.exif_transpose(opened)
    assert searcher.search(upright, 2).similarity == pytest.approx(expected)


@pytest.mark.parametrize(
    ("query", "kind", "text"),
    [
        ("no/such.jpg", InputNotFoundError, "such.jpg"),
        ("ftp://bucket/a.jpg", InputError, "Remote"),
        ("", OptionError, "no name"),
        (b"no picture", ImageError, "not an image"),
        (7, OptionError, "int"),
        (None, OptionError, "NoneType"),
        (np.zeros((4, 4, 3), np.uint8), ImageError, "4 x 4"),
        (np.zeros((40, 40, 2), np.uint8), ImageError, "(40, 40, 2)"),
        (np.full((40, 40), 300), ImageError, "300"),
        (np.full((40, 40), 1.5), ImageError, "1.5"),
        (np.full((40, 40), np.nan), ImageError, "nan"),
        (np.zeros((40, 40), complex), ImageError, "complex"),
        (np.zeros(575, np.float32), OptionError, "576 numbers"),
        (np.zeros(576, np.float32), OptionError, "no direction"),
    ],
)
def test_what_cannot_be_searched_for_is_one_clear_line(searcher, query, kind, text):
    with pytest.raises(kind) as caught:
        searcher.search(query)
    assert text in str(caught.value)
    assert "\n" not in caught.value.message


def test_a_bad_file_is_named_with_its_reason(collection, searcher):
    bad = next(path for path in collection.bad if path.name == "text.png")
    with pytest.raises(ImageError, match=r"text\.png: "):
        searcher.search(bad)


@pytest.mark.parametrize(
    ("k", "threshold"), [(0, 0), (-1, 0), (True, 0), (2.5, 0), (1, 2), (1, "")]
)
def test_numbers_are_checked(searcher, k, threshold):
    with pytest.raises(OptionError):
        searcher.search(searcher.work_dir.file_names[0], k, threshold)


def test_the_threshold_leaves_out_what_is_less_similar(finished, collection):
    whole = finished.search(collection.pictures[4], 10)
    strict = finished.search(collection.pictures[4], 10, 0.999)
    assert 1 <= len(strict) < len(whole)
    assert (strict["distance"] >= 0.999).all()
    assert finished.search(np.asarray(draw(9999)), 10, 1.0).empty


def test_several_images_at_once(finished, collection):
    pictures = [collection.pictures[7], np.asarray(draw(8)), draw(9)]
    frame = finished.search(pictures, 2)
    assert list(frame.columns) == ["from", "to", "distance"]
    assert len(frame) == 6
    assert frame["from"][0] == str(collection.pictures[7])
    assert frame["from"].nunique() == 3
    assert finished.search([], 2).empty


def test_many_threads_get_what_one_gets(finished, collection):
    alone = [finished.search(path, 5) for path in collection.pictures]
    fresh = Fastdup(finished.work_dir)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda path: fresh.search(path, 5), collection.pictures * 3))
    for number, frame in enumerate(together):
        assert frame.equals(alone[number % len(alone)])


def test_results_go_straight_into_a_gallery(finished, collection, tmp_path):
    frame = finished.search([draw(3), collection.pictures[3]], 4)
    assert fastdup_nb.create_duplicates_gallery(frame, tmp_path, num_images=10) == 0
    page = (tmp_path / "duplicates.html").read_text("utf-8")
    assert "picture_003.jpg" in page
    assert "missing" not in page.lower().split("<body")[1].split("<script")[0]


@pytest.fixture
def approximate(collection, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_search, "EXACT_ROWS", 10)

    def make(mode):
        return Fastdup.run(
            collection.folder, tmp_path / mode[:4], nnf_mode=mode, progress=SilentProgress()
        )

    return make


@pytest.mark.parametrize("mode", ["HNSW32", "IVF2,Flat"])
def test_an_approximate_index_returns_all_copies_with_right_names(approximate, searcher, mode):
    fd = approximate(mode)
    found_by = Searcher(fd.work_dir)
    assert not found_by.exact
    for name in searcher.work_dir.file_names:
        expected = searcher.search(name, 4)
        found = found_by.search(name, 4)
        assert found.similarity[0] == 1.0
        if expected.similarity.count(1.0) < 4:
            assert {n for n, s in zip(found.names, found.similarity, strict=True) if s == 1.0} == {
                n for n, s in zip(expected.names, expected.similarity, strict=True) if s == 1.0
            }


def test_an_index_of_other_rows_is_not_believed(approximate, searcher, tmp_path):
    import faiss

    fd = approximate("HNSW32")
    _, vectors = fd.embeddings()
    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    shifted = np.roll(vectors, 3, axis=0)
    faiss.normalize_L2(shifted)
    index.add(shifted)
    faiss.write_index(index, str(fd.work_dir / names.INDEX))
    other = Searcher(fd.work_dir)
    assert other.exact
    name = searcher.work_dir.file_names[20]
    assert other.search(name, 3).names == searcher.search(name, 3).names
    (fd.work_dir / names.INDEX).write_bytes(b"IHNf")
    assert Searcher(fd.work_dir).exact


def test_embeddings_of_another_model_are_refused(finished, tmp_path):
    work_dir = tmp_path / "w"
    shutil.copytree(finished.work_dir, work_dir)
    config = (work_dir / names.CONFIG).read_text()
    sha256 = finished._work_dir.read_config()["fastdup_nb"]["model_sha256"]
    (work_dir / names.CONFIG).write_text(config.replace(sha256, "0" * 64))
    name = finished.embeddings()[0][0]
    with pytest.raises(ModelError, match="000000") as caught:
        Fastdup(work_dir).search(name)
    assert "model_path" in caught.value.hint


def test_foreign_features_are_searched_by_embedding_and_need_a_model_for_images(tmp_path):
    vectors = np.random.default_rng(0).random((30, 20), dtype=np.float32)
    fastdup_nb.save_binary_feature(tmp_path, [f"/a/{n}.jpg" for n in range(30)], vectors)
    fd = Fastdup(tmp_path)
    assert fd.search(vectors[7], 1)["to"].tolist() == ["/a/7.jpg"]
    assert fd.search(list(vectors[:3]), 1)["to"].tolist() == [f"/a/{n}.jpg" for n in range(3)]
    with pytest.raises(ModelError, match="does not say which model"):
        fd.search(draw(1))


def test_other_distances_give_the_similarity_of_the_run(tmp_path):
    pictures = write_pictures(tmp_path / "in", 12)
    for distance in ("euclidean", "l1"):
        fd = Fastdup.run(
            tmp_path / "in",
            tmp_path / distance,
            distance=distance,
            threshold=0.0,
            progress=SilentProgress(),
        )
        pairs = fd.similarity()
        first = pairs[pairs["from"] == str(pictures[5])].iloc[0]
        second = fd.search(pictures[5], 2).iloc[1]
        assert second["to"] == first["to"]
        assert second["distance"] == pytest.approx(first["distance"], abs=1e-6)


def test_a_read_only_work_dir_can_be_searched(finished, tmp_path):
    work_dir = tmp_path / "w"
    shutil.copytree(finished.work_dir, work_dir)
    shutil.rmtree(work_dir / names.PRIVATE / "queries", ignore_errors=True)
    (work_dir / names.PRIVATE / "queries").write_text("in the way")
    assert len(Fastdup(work_dir).search(draw(3), 3)) == 3


def test_no_results_is_a_clear_error(tmp_path):
    with pytest.raises(ResultNotFoundError):
        Searcher(tmp_path)
