"""Find duplicates, near-duplicates, outliers, clusters and bad photos in a folder of images.

From Python::

    import fastdup_nb

    fastdup_nb.run("photos", work_dir="results")
    fastdup_nb.create_duplicates_gallery("results/similarity.csv", save_path="results")

From a notebook: `%load_ext fastdup_nb`, then `fd = %fastdup run photos`. From a shell:
`fastdup-nb run photos`.

The names below are the public ones. They are imported when first used, so that
`import fastdup_nb` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastdup_nb._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from fastdup_nb.api.cleaning import (
        delete_components,
        delete_components_by_label,
        delete_or_retag_stats_outliers,
        undo,
    )
    from fastdup_nb.api.components import find_top_components
    from fastdup_nb.api.export import (
        export_to_cvat,
        export_to_labelImg,
        export_to_tensorboard_projector,
        generate_sprite_image,
    )
    from fastdup_nb.api.features import load_binary_feature, save_binary_feature
    from fastdup_nb.api.galleries.aspect_ratio import create_aspect_ratio_gallery
    from fastdup_nb.api.galleries.components import create_components_gallery
    from fastdup_nb.api.galleries.duplicates import create_duplicates_gallery
    from fastdup_nb.api.galleries.kmeans import create_kmeans_clusters_gallery
    from fastdup_nb.api.galleries.outliers import create_outliers_gallery
    from fastdup_nb.api.galleries.similarity import create_similarity_gallery
    from fastdup_nb.api.galleries.statistics import create_stats_gallery
    from fastdup_nb.api.galleries.videos import (
        create_component_videos_gallery,
        create_duplicate_videos_gallery,
    )
    from fastdup_nb.api.kmeans import run_kmeans, run_kmeans_on_extracted
    from fastdup_nb.api.labels import (
        create_kmeans_classifier,
        create_knn_classifier,
        top_k_label,
    )
    from fastdup_nb.api.run import run
    from fastdup_nb.api.search import init_search, search
    from fastdup_nb.api.video_frames import extract_video_frames
    from fastdup_nb.api.webdataset import run_on_webdataset
    from fastdup_nb.errors import (
        CorruptWorkDirError,
        EmptyInputError,
        FastdupError,
        ImageError,
        InputError,
        InputNotFoundError,
        MissingDependencyError,
        ModelError,
        NeighborError,
        OptionError,
        ResultNotFoundError,
        RunInterruptedError,
        WorkDirError,
        WorkDirLockedError,
    )
    from fastdup_nb.session import Fastdup

__all__ = [
    "CorruptWorkDirError",
    "EmptyInputError",
    "Fastdup",
    "FastdupError",
    "ImageError",
    "InputError",
    "InputNotFoundError",
    "MissingDependencyError",
    "ModelError",
    "NeighborError",
    "OptionError",
    "ResultNotFoundError",
    "RunInterruptedError",
    "WorkDirError",
    "WorkDirLockedError",
    "__version__",
    "create_aspect_ratio_gallery",
    "create_component_videos_gallery",
    "create_components_gallery",
    "create_duplicate_videos_gallery",
    "create_duplicates_gallery",
    "create_kmeans_classifier",
    "create_kmeans_clusters_gallery",
    "create_knn_classifier",
    "create_outliers_gallery",
    "create_similarity_gallery",
    "create_stats_gallery",
    "delete_components",
    "delete_components_by_label",
    "delete_or_retag_stats_outliers",
    "export_to_cvat",
    "export_to_labelImg",
    "export_to_tensorboard_projector",
    "extract_video_frames",
    "find_top_components",
    "generate_sprite_image",
    "init_search",
    "load_binary_feature",
    "load_ipython_extension",
    "run",
    "run_kmeans",
    "run_kmeans_on_extracted",
    "run_on_webdataset",
    "save_binary_feature",
    "search",
    "top_k_label",
    "undo",
    "unload_ipython_extension",
]

# Where the names that are not errors live.
_HOMES = {
    "Fastdup": "fastdup_nb.session",
    "create_aspect_ratio_gallery": "fastdup_nb.api.galleries.aspect_ratio",
    "create_component_videos_gallery": "fastdup_nb.api.galleries.videos",
    "create_components_gallery": "fastdup_nb.api.galleries.components",
    "create_duplicate_videos_gallery": "fastdup_nb.api.galleries.videos",
    "create_duplicates_gallery": "fastdup_nb.api.galleries.duplicates",
    "create_kmeans_classifier": "fastdup_nb.api.labels",
    "create_kmeans_clusters_gallery": "fastdup_nb.api.galleries.kmeans",
    "create_knn_classifier": "fastdup_nb.api.labels",
    "create_outliers_gallery": "fastdup_nb.api.galleries.outliers",
    "create_similarity_gallery": "fastdup_nb.api.galleries.similarity",
    "create_stats_gallery": "fastdup_nb.api.galleries.statistics",
    "delete_components": "fastdup_nb.api.cleaning",
    "delete_components_by_label": "fastdup_nb.api.cleaning",
    "delete_or_retag_stats_outliers": "fastdup_nb.api.cleaning",
    "export_to_cvat": "fastdup_nb.api.export",
    "export_to_labelImg": "fastdup_nb.api.export",
    "export_to_tensorboard_projector": "fastdup_nb.api.export",
    "extract_video_frames": "fastdup_nb.api.video_frames",
    "find_top_components": "fastdup_nb.api.components",
    "generate_sprite_image": "fastdup_nb.api.export",
    "init_search": "fastdup_nb.api.search",
    "load_binary_feature": "fastdup_nb.api.features",
    "run": "fastdup_nb.api.run",
    "run_kmeans": "fastdup_nb.api.kmeans",
    "run_kmeans_on_extracted": "fastdup_nb.api.kmeans",
    "run_on_webdataset": "fastdup_nb.api.webdataset",
    "save_binary_feature": "fastdup_nb.api.features",
    "search": "fastdup_nb.api.search",
    "top_k_label": "fastdup_nb.api.labels",
    "undo": "fastdup_nb.api.cleaning",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module 'fastdup_nb' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES.get(name, "fastdup_nb.errors")), name)
    globals()[name] = value  # asked for once
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Load the magics: called by `%load_ext fastdup_nb`.

    Parameters
    ----------
    shell : InteractiveShell
        The running IPython shell.
    """
    from fastdup_nb.notebook import load_ipython_extension as load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove the magics: called by `%unload_ext fastdup_nb`.

    Parameters
    ----------
    shell : InteractiveShell
        The running IPython shell.
    """
    from fastdup_nb.notebook import unload_ipython_extension as unload

    unload(shell)
