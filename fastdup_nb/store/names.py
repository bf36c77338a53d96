"""Every file name and column of a work_dir, spelt once.

The names, headers and orders are the published ones of fastdup V0.2 (running guide,
"Input/Output"); where two generations of the original differ, the header is the superset. Scripts
written for either find their columns.
"""

from __future__ import annotations

FEATURES = "atrain_features.dat"
FEATURE_NAMES = "atrain_features.dat.csv"
BAD_FILES = "atrain_features.bad.csv"
STATISTICS = "atrain_stats.csv"
# What the files beside an image in an archive say; written only when there are any.
LABELS = "atrain_labels.csv"
CAPTIONS = "atrain_captions.csv"
NOTES = (LABELS, CAPTIONS)
SIMILARITY = "similarity.csv"
OUTLIERS = "outliers.csv"
COMPONENTS = "connected_components.csv"
COMPONENT_INFO = "component_info.csv"
INDEX = "nnf.index"
ANNOY_INDEX = "annoy.index"
KMEANS_CENTROIDS = "kmeans_centroids.csv"
KMEANS_ASSIGNMENTS = "kmeans_assignments.csv"
KMEANS_INDEX = "kmeans.index"
SEARCH = "search.csv"
# Where the boxes of a run are in their images.
CROPS = "atrain_crops.csv"
CROP_FOLDER = "crops"
# The frames of videos that were extracted as files.
FRAMES = "atrain_frames.csv"
# The test images of a run that compares them with the others. The original does not keep them.
TEST_FEATURES = "atest_features.dat"
TEST_FEATURE_NAMES = "atest_features.dat.csv"
TEST_BAD_FILES = "atest_features.bad.csv"
TEST_STATISTICS = "atest_stats.csv"
TEST_FILES = (TEST_FEATURES, TEST_FEATURE_NAMES, TEST_BAD_FILES, TEST_STATISTICS)
# Of components instead of images; a number or "" is put in, see `hierarchical_components`.
HIERARCHICAL_SIMILARITY = "similarity_hierarchical.csv"
HIERARCHICAL_OUTLIERS = "outliers_hierarchical.csv"
CONFIG = "config.json"
TEMPORARY = "tmp"
TRASH = "trash"
CLEANING_JOURNAL = "cleaning.jsonl"
CORRECTED_LABELS = "corrected_labels.csv"

# What `config.json` says about the results, beside the arguments of the run, is below this key.
PACKAGE = "fastdup_nb"
# Ours alone: the lock, the unfinished parts and the content digests.
PRIVATE = ".fastdup_nb"

# The older spellings that readers accept, newest first.
OLDER_NAMES = {
    FEATURES: ("features.dat",),
    FEATURE_NAMES: ("features.dat.csv",),
    BAD_FILES: ("features.bad.csv", "features.dat.bad"),
    STATISTICS: ("stats.csv",),
    COMPONENT_INFO: ("components_info.csv",),
    INDEX: ("faiss.index",),
}

FEATURE_NAMES_COLUMNS = ("index", "filename")
CROPS_COLUMNS = (
    *("index", "filename", "crop_filename", "col_x", "row_y", "width", "height"),
    *("label", "confidence"),
)
FRAMES_COLUMNS = ("filename", "video", "seconds")
LABELS_COLUMNS = ("index", "filename", "label")
BAD_FILES_COLUMNS = ("index", "filename", "error_code", "filesize", "reason")
PAIR_COLUMNS = ("from", "to", "distance")
HIERARCHICAL_COLUMNS = ("from", "to", "cluster_from", "cluster_to", "distance")
# `distance` is a squared L2 distance here; the file of the centroids has no header.
KMEANS_ASSIGNMENTS_COLUMNS = ("index", "filename", "cluster", "distance")
COMPONENTS_COLUMNS = (
    "__id",
    "component_id",
    "count",
    "mean_distance",
    "min_distance",
    "max_distance",
    "pagerank",
    "delta",
)
COMPONENT_INFO_COLUMNS = ("component_id", "Count", "count", "mean", "min", "max")


def with_threshold(name: str, threshold: float) -> str:
    """Return the name of a components file when several thresholds are asked for.

    >>> with_threshold("component_info.csv", 0.85)
    'component_info_0.850000.csv'
    """
    stem, _, suffix = name.rpartition(".")
    return f"{stem}_{threshold:f}.{suffix}"


def hierarchical_components(threshold: float | None) -> tuple[str, str]:
    """Return the names of the tables about components of components.

    The published names end in an underscore; with several thresholds the number follows it.

    >>> hierarchical_components(None)[0], hierarchical_components(0.85)[1]
    ('connected_components_hierarchical_.csv', 'component_info_hierarchical_0.850000.csv')
    """
    number = "" if threshold is None else f"{threshold:f}"
    members, info = (name.removesuffix(".csv") for name in (COMPONENTS, COMPONENT_INFO))
    return f"{members}_hierarchical_{number}.csv", f"{info}_hierarchical_{number}.csv"
