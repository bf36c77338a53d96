"""K-means and the table of components as commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.api.components import find_top_components
from fastdup_nb.api.kmeans import run_kmeans_on_extracted
from fastdup_nb.commands.command import Command, declare_results
from fastdup_nb.commands.results import Found, call
from fastdup_nb.commands.signatures import FunctionOptions
from fastdup_nb.options import RunOptions

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place

# The embeddings are there: what is about making them is no option.
KMEANS = FunctionOptions(
    run_kmeans_on_extracted,
    skip=("input_dir", "work_dir", "verbose", "num_images", "model_path", "license", "d"),
    texts=(
        ("num_em_iter", "Steps of k-means at most."),
        ("num_threads", "Worker threads; -1: one per core."),
        ("nearest_neighbors_k", "Clusters listed for each image, the closest first."),
        ("num_clusters", "How many clusters."),
    ),
)
COMPONENTS = FunctionOptions(
    find_top_components,
    skip=("work_dir",),
    texts=(
        ("group_by", "Groups of images that look alike, or one group per label."),
        ("min_items", "Only groups of at least as many images."),
        ("max_items", "Only groups of at most as many images."),
    ),
    further=("ccthreshold", "nrows", "split_sentence_to_label_list", "input_dir"),
)


def _declare_kmeans(parser: Parser) -> None:
    declare_results(parser)
    KMEANS.declare(parser)
    parser.add_argument("--quiet", action="store_true", help="Show nothing but errors.")


def _declare_components(parser: Parser) -> None:
    declare_results(parser)
    COMPONENTS.declare(parser)


def _kmeans(values: Namespace, place: Place) -> Found:
    from fastdup_nb.session import run_options
    from fastdup_nb.store import names
    from fastdup_nb.store.workdir import WorkDir

    work_dir = WorkDir.open(place.read_work_dir(getattr(values, "work_dir", None)))
    given = KMEANS.arguments(values, place)
    clustering = ("num_clusters", "num_em_iter")
    pairs = [f"{name}={given.pop(name)}" for name in clustering if name in given]
    with work_dir.open_features() as features:
        d = features.shape[1]
    options = RunOptions(
        work_dir=work_dir.path, run_mode=6, d=d, nnf_param=",".join(pairs), **given
    )
    run_options(options, place.progress(quiet=getattr(values, "quiet", False)))
    frame = work_dir.read_table(names.KMEANS_ASSIGNMENTS)
    images, clusters = frame["filename"].nunique(), frame["cluster"].nunique()
    return Found(frame, f"{images:,} images in {clusters:,} clusters: {work_dir.path}")


def _components(values: Namespace, place: Place) -> Found:
    source = place.read_source(getattr(values, "work_dir", None))
    frame, _ = call(find_top_components, source, **COMPONENTS.arguments(values, place))
    return Found(frame, "" if len(frame) else "No group has two or more images.")


GROUPING = (
    Command(
        "kmeans",
        "Cluster the images of finished results with k-means.",
        "WORK_DIR [options]",
        "photos_fastdup --num-clusters 50",
        _declare_kmeans,
        _kmeans,
    ),
    Command(
        "top-components",
        "List the largest groups of similar images as a table.",
        "WORK_DIR [options]",
        "photos_fastdup --min-items 3 --save-path groups.csv",
        _declare_components,
        _components,
    ),
)
