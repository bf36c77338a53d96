"""What the API page says about `top_k_label`, `create_knn_classifier`, `create_kmeans_classifier`
and the label score."""

import inspect

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

import fastdup_nb

COUNT, D = 60, 12
LABELS = ("bird", "cat", "dog")


def true_label(path):
    return LABELS[int(path[-6:-4]) % 3]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A work_dir of overlapping classes, with neighbours and clusters."""
    folder = tmp_path_factory.mktemp("labels")
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, D))
    vectors = centres[np.arange(COUNT) % 3] + rng.normal(size=(COUNT, D)) * 0.9
    file_names = [f"/photos/{i:02d}.jpg" for i in range(COUNT)]
    fastdup_nb.save_binary_feature(folder, file_names, vectors.astype(np.float32))
    given = {"d": D, "run_mode": 2, "nearest_neighbors_k": 5, "threshold": 0.0}
    assert fastdup_nb.run("", folder, **given) == 0
    assert fastdup_nb.run_kmeans_on_extracted("", folder, d=D, num_clusters=3) == 0
    return folder


def test_signatures():
    def published(function):
        return {n: p.default for n, p in inspect.signature(function).parameters.items()}

    none = inspect.Parameter.empty
    classifier = {"work_dir": none, "k": none, "get_label_func": none, "threshold": None}
    assert published(fastdup_nb.create_knn_classifier) == classifier
    assert published(fastdup_nb.create_kmeans_classifier) == classifier
    assert published(fastdup_nb.top_k_label) == {
        "labels_col": none,
        "distance_col": none,
        "k": 10,
        "threshold": None,
        "min_count": None,
        "unknown_class": None,
    }


def test_top_k_label():
    """'Decision is made by accounting for the majority of the neighbors.'"""
    labels, distances = ["dog", "cat", "cat", "dog"], [0.99, 0.9, 0.95, 0.8]
    assert fastdup_nb.top_k_label(labels[:3], distances[:3]) == "cat"
    assert fastdup_nb.top_k_label(labels, distances) == "cat"  # a tie: the first in the alphabet
    assert fastdup_nb.top_k_label(labels, distances, unknown_class="?") == "?"
    assert fastdup_nb.top_k_label(labels, distances, k=1) == "dog"
    assert fastdup_nb.top_k_label(labels, distances, threshold=0.97) == "dog"
    assert fastdup_nb.top_k_label(labels, distances, k=3, min_count=3) is None
    assert fastdup_nb.top_k_label(pd.Series(labels), pd.Series(distances), k=3) == "cat"


def test_top_k_label_with_nothing_above_the_threshold():
    """peer-formats: 'empty after threshold -> IndexError'; here the unknown class."""
    assert fastdup_nb.top_k_label(["a"], [0.5], threshold=0.9) is None
    assert fastdup_nb.top_k_label(["a"], [0.5], threshold=0.9, unknown_class="?") == "?"


@pytest.mark.parametrize("k", [1, 3, 5])
def test_knn_agrees_with_an_independent_classifier(stored, k, capsys):
    """'List of predictions using knn method', each image left out of its own prediction."""
    frame = fastdup_nb.create_knn_classifier(stored, k, true_label)
    assert list(frame.columns) == ["filename", "label", "prediction", "score"]
    names, vectors = fastdup_nb.load_binary_feature(stored, d=D)
    assert frame["filename"].tolist() == names
    assert frame["label"].tolist() == [true_label(name) for name in names]
    for row, name in enumerate(names):
        rest = np.arange(COUNT) != row
        labels = np.array([true_label(other) for other in names])
        peer = KNeighborsClassifier(k, metric="cosine").fit(vectors[rest], labels[rest])
        share = peer.predict_proba(vectors[[row]])[0]
        assert frame["score"][row] == pytest.approx(100 * share.max())
        if (share == share.max()).sum() == 1:
            assert frame["prediction"][row] == peer.predict(vectors[[row]])[0], name
    assert "f1-score" in capsys.readouterr().out


def test_k_limits_the_neighbours_and_says_when_there_are_not_as_many(stored, capsys):
    one = fastdup_nb.create_knn_classifier(stored, 1, true_label)
    assert set(one["score"]) == {100.0}
    assert "hold at most" not in capsys.readouterr().out
    five = fastdup_nb.create_knn_classifier(stored, 5, true_label)
    ten = fastdup_nb.create_knn_classifier(stored, 10, true_label)
    assert ten.equals(five)
    assert "k=10, but the results hold at most 5 neighbours" in capsys.readouterr().out


def test_threshold_and_images_without_neighbours(stored, capsys):
    """'optional threshold to consider neighbors with similarity larger than threshold'"""
    frame = fastdup_nb.create_knn_classifier(stored, 5, true_label, threshold=0.8)
    pairs = pd.read_csv(stored / "similarity.csv")
    near = set(pairs[pairs["distance"] >= 0.8]["from"])
    assert 0 < len(near) < COUNT
    assert set(frame[frame["prediction"].notna()]["filename"]) == near
    assert len(frame) == COUNT
    shown = capsys.readouterr().out
    assert f"{COUNT - len(near)} labelled images without a prediction" in shown
    right = (frame["prediction"] == frame["label"]).sum()
    assert f"{right} of {len(near)} predicted images right" in shown
    assert f"Counted as wrong, {right} of {COUNT} are right" in shown


def test_similarity_file_and_dataframe(stored):
    """'fastdup work_dir, or location of a similarity file, or a pandas DataFrame'"""
    from_folder = fastdup_nb.create_knn_classifier(str(stored), 3, true_label)
    from_file = fastdup_nb.create_knn_classifier(stored / "similarity.csv", 3, true_label)
    table = pd.read_csv(stored / "similarity.csv")
    from_table = fastdup_nb.create_knn_classifier(table, 3, true_label)
    assert from_file.equals(from_folder)
    assert from_table.equals(from_folder)  # every image is in the table, threshold=0


def test_labels_in_every_form(stored, tmp_path):
    """'get_label_func can be a dictionary ... Alternatively, get_label_func can be a filename
    containing string label for each file. First row should be index,label.'"""
    names, _ = fastdup_nb.load_binary_feature(stored, d=D)
    expected = fastdup_nb.create_knn_classifier(stored, 3, true_label)
    labels = [true_label(name) for name in names]
    file = tmp_path / "labels.csv"
    file.write_text("index,label\n" + "".join(f"{i},{x}\n" for i, x in enumerate(labels)))
    by_name = {name: [label] for name, label in zip(names, labels, strict=True)}
    for source in (by_name, str(file), labels):
        assert fastdup_nb.create_knn_classifier(stored, 3, source).equals(expected)
        assert len(fastdup_nb.create_kmeans_classifier(stored, 3, source)) == COUNT


def test_kmeans_counts_every_image_once(stored, capsys):
    """'dataframe with filename, label and predicted label. Row per each image'"""
    frame = fastdup_nb.create_kmeans_classifier(stored, 5, true_label)
    assert list(frame.columns) == ["filename", "label", "prediction", "score"]
    assert len(frame) == COUNT == frame["filename"].nunique()
    assert f" {COUNT}\n" in capsys.readouterr().out  # the support of the report
    assignments = pd.read_csv(stored / "kmeans_assignments.csv")
    nearest = assignments.sort_values("distance").drop_duplicates("filename")
    cluster = nearest.set_index("filename")["cluster"]
    for row in frame.itertuples():
        members = cluster[(cluster == cluster[row.filename]) & (cluster.index != row.filename)]
        votes = pd.Series([true_label(name) for name in members.index]).value_counts()
        best = votes[votes == votes.max()].index.min()
        assert row.prediction == best
        assert row.score == pytest.approx(100 * votes.max() / len(members))


def test_an_image_alone_in_its_cluster_has_no_prediction(capsys):
    table = pd.DataFrame({"filename": ["/00.jpg", "/01.jpg", "/03.jpg"], "cluster": [0, 1, 0]})
    frame = fastdup_nb.create_kmeans_classifier(table.assign(distance=1.0), 0, true_label)
    assert frame["prediction"].isna().tolist() == [False, True, False]
    assert "1 labelled image without a prediction" in capsys.readouterr().out


def test_kmeans_from_its_file_a_table_and_another_file(stored):
    expected = fastdup_nb.create_kmeans_classifier(stored, 0, true_label)
    for source in ("kmeans_assignments.csv", "similarity.csv"):
        assert fastdup_nb.create_kmeans_classifier(stored / source, 0, true_label).equals(expected)
    table = pd.read_csv(stored / "kmeans_assignments.csv")
    by_name = fastdup_nb.create_kmeans_classifier(table, 0, true_label).sort_values("filename")
    assert by_name.reset_index(drop=True).equals(expected)


def test_label_score_and_wrong_labels(stored):
    """'The score values are 0->100 where 0 means the query image is only similar to images outside
    its class, 100 means the query image is only similar to images from the same class.'"""
    fd = fastdup_nb.Fastdup(stored)
    pairs = fd.similarity()
    same = pairs["from"].map(true_label) == pairs["to"].map(true_label)
    expected = 100 * same.groupby(pairs["from"]).mean()
    scores = fd.label_scores(true_label)
    assert scores["filename"].tolist() == fd.embeddings()[0]
    assert scores["score"].tolist() == pytest.approx(expected[scores["filename"]].tolist())
    assert set(scores["neighbors"]) == {5}
    planted = "/photos/10.jpg"

    def spoiled(path):
        return "fish" if path == planted else true_label(path)

    wrong = fd.wrong_labels(spoiled)
    assert (wrong["score"] < 50).all()
    assert (wrong["suggested_share"] > 50).all()
    assert (wrong["suggested_label"] != wrong["label"]).all()
    found = wrong.set_index("filename").loc[planted]
    assert found[["label", "score"]].tolist() == ["fish", 0.0]
    assert found["suggested_label"] == fd.label_scores(true_label).loc[10, "suggested_label"]
    assert wrong["score"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", 3, true_label), "does not exist"),
        ((None, 0, true_label), "k=0 cannot be used"),
        ((None, 3, true_label, 1.5), "threshold=1.5 cannot be used"),
        ((None, 3, {}), "None of the 60 images has a label"),
        ((None, 3, None), "None of the 60 images has a label"),
        ((None, 3, "missing.csv"), "does not exist"),
        ((None, 3, ["cat"]), "does not fit: there are 60 images"),
        ((pd.DataFrame({"from": []}), 3, true_label), "has no column to, distance"),
    ],
)
def test_errors_of_knn(stored, capsys, arguments, message):
    source = stored if arguments[0] is None else arguments[0]
    frame = fastdup_nb.create_knn_classifier(source, *arguments[1:])
    assert list(frame.columns) == ["filename", "label", "prediction", "score"]
    assert len(frame) == 0
    shown = capsys.readouterr()
    assert message in shown.err
    assert not shown.out


def test_errors_of_kmeans(stored, tmp_path, capsys):
    fastdup_nb.save_binary_feature(tmp_path, ["a"], np.ones((1, D), np.float32))
    assert len(fastdup_nb.create_kmeans_classifier(tmp_path, 1, true_label)) == 0
    assert "holds no kmeans_assignments.csv" in capsys.readouterr().err
    table = pd.DataFrame({"filename": ["a"], "cluster": [0]})
    assert len(fastdup_nb.create_kmeans_classifier(table, 1, true_label)) == 0
    assert "has no column distance" in capsys.readouterr().err
    wordy = table.assign(cluster="first", distance=0.5)
    assert len(fastdup_nb.create_kmeans_classifier(wordy, 1, true_label)) == 0
    assert "that is not a number" in capsys.readouterr().err
    assert len(fastdup_nb.create_kmeans_classifier(3, 1, true_label)) == 0
    assert "is a int" in capsys.readouterr().err


def test_unlabelled_images_are_predicted_and_not_judged(stored, capsys):
    def half(path):
        return true_label(path) if int(path[-6:-4]) < 30 else None

    frame = fastdup_nb.create_knn_classifier(stored, 5, half)
    unlabelled = frame[frame["label"].isna()]
    assert len(unlabelled) == 30
    assert unlabelled["prediction"].notna().any()
    assert "30 images without a label" in capsys.readouterr().out


def test_several_labels_and_hostile_ones(stored, capsys):
    def several(path):
        return [true_label(path), "<b>\n\x1b[31m", "=1+1"]

    frame = fastdup_nb.create_knn_classifier(stored, 5, several)
    assert (frame["label"].str.count(r"\|") == 2).all()
    assert set(frame["prediction"]) <= {*LABELS, "<b>\n\x1b[31m", "=1+1"}
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert f"{COUNT} of {COUNT} predicted images right" in shown


def test_names_that_are_not_utf8(tmp_path):
    names = ["/a\udcff.jpg", "/b,\n.jpg", "/c.jpg", '/d"<b>.jpg']
    vectors = np.eye(4, D, dtype=np.float32) + 1
    fastdup_nb.save_binary_feature(tmp_path, names, vectors)
    assert fastdup_nb.run("", tmp_path, d=D, run_mode=2, threshold=0.0) == 0
    assert fastdup_nb.run_kmeans_on_extracted("", tmp_path, d=D, num_clusters=1) == 0
    labels = dict.fromkeys(names, "x\udcff")
    for frame in (
        fastdup_nb.create_knn_classifier(tmp_path, 1, labels),
        fastdup_nb.create_kmeans_classifier(tmp_path, 1, labels),
        fastdup_nb.create_kmeans_classifier(fastdup_nb.Fastdup(tmp_path).kmeans(), 1, labels),
    ):
        assert sorted(frame["filename"]) == sorted(names)
        assert set(frame["prediction"]) == {"x\udcff"}
    assert fastdup_nb.Fastdup(tmp_path).label_scores(labels)["score"].tolist() == [100.0] * 4
