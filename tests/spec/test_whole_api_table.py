"""The whole V0.2 API, walked function by function and parameter by parameter.

`PUBLISHED` is the API page: every function with its parameters and defaults (`...` is the path of
the original's model, which has no meaning here). Every function is there with that signature; every
parameter is proved to do what the page says by the test that `PROOFS` names: all but those of
`NO_EFFECT` make it fail when they are left out of the call. What is not available
yet is listed, and the list fails as soon as it is no longer true.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

import pytest

import fastdup_nb

FIRST_ARGUMENTS = 3

PUBLISHED = """\
def run(input_dir='', work_dir='.', test_dir='', compute='cpu', verbose=False, num_threads=-1,
    num_images=0, turi_param='nnmodel=0', distance='cosine', threshold=0.9,
    lower_threshold=0.05, model_path=..., license='', version=False, nearest_neighbors_k=2,
    d=576, run_mode=0, nn_provider='nnf', min_offset=0, max_offset=0, nnf_mode='HNSW32',
    nnf_param='', bounding_box='', batch_size=1, resume=0, high_accuracy=False)
def run_on_webdataset(input_dir='', work_dir='.', test_dir='', compute='cpu', verbose=False,
    num_threads=-1, num_images=0, turi_param='nnmodel=0', distance='cosine', threshold=0.9,
    lower_threshold=0.05, model_path=..., license='', version=False, nearest_neighbors_k=2,
    d=576, nn_provider='nnf', min_offset=0, max_offset=0, nnf_mode='HNSW32', nnf_param='',
    bounding_box='', batch_size=1)
def load_binary_feature(filename, d=576)
def save_binary_feature(save_path, filenames, np_array)
def create_duplicates_gallery(similarity_file, save_path, num_images=20, descending=True,
    lazy_load=False, get_label_func=None, slice=None, max_width=None,
    get_bounding_box_func=None, get_reformat_filename_func=None, get_extra_col_func=None,
    input_dir=None, work_dir=None, threshold=None, **kwargs)
def create_duplicate_videos_gallery(similarity_file, save_path, num_images=20, descending=True,
    lazy_load=False, get_label_func=None, slice=None, max_width=None,
    get_bounding_box_func=None, get_reformat_filename_func=None, get_extra_col_func=None,
    input_dir=None, work_dir=None, threshold=None, **kwargs)
def create_outliers_gallery(outliers_file, save_path, num_images=20, lazy_load=False,
    get_label_func=None, how='one', slice=None, max_width=None, get_bounding_box_func=None,
    get_reformat_filename_func=None, get_extra_col_func=None, input_dir=None, work_dir=None,
    **kwargs)
def create_components_gallery(work_dir, save_path, num_images=20, lazy_load=False,
    get_label_func=None, group_by='visual', slice=None, max_width=None, max_items=None,
    get_bounding_box_func=None, get_reformat_filename_func=None, get_extra_col_func=None,
    threshold=None, metric=None, descending=True, min_items=None, keyword=None, input_dir=None,
    **kwargs)
def create_component_videos_gallery(work_dir, save_path, num_images=20, lazy_load=False,
    get_label_func=None, group_by='visual', slice=None, max_width=None, max_items=None,
    get_bounding_box_func=None, get_reformat_filename_func=None, get_extra_col_func=None,
    threshold=None, metric=None, descending=True, min_items=None, keyword=None, input_dir=None,
    **kwargs)
def create_kmeans_clusters_gallery(work_dir, save_path, num_images=20, lazy_load=False,
    get_label_func=None, slice=None, max_width=None, max_items=None, get_bounding_box_func=None,
    get_reformat_filename_func=None, get_extra_col_func=None, threshold=None, metric=None,
    descending=True, min_items=None, keyword=None, input_dir=None, **kwargs)
def delete_components(top_components, to_delete=None, min_distance=0.96, how='one',
    dry_run=True)
def delete_components_by_label(top_components_file, min_items=10, min_distance=0.96, how='one',
    dry_run=True)
def delete_or_retag_stats_outliers(stats_file, metric, filename_col='filename', label_col=None,
    lower_percentile=None, upper_percentile=None, lower_threshold=None, upper_threshold=None,
    get_reformat_filename_func=None, dry_run=True, how='delete', save_path=None, work_dir=None)
def export_to_tensorboard_projector(work_dir, log_dir, sample_size=900, sample_method='random',
    with_images=True, get_label_func=None, d=576, file_list=None)
def generate_sprite_image(img_list, sample_size, log_dir, get_label_func=None, h=0, w=0,
    alternative_filename=None, alternative_width=None, max_width=None)
def find_top_components(work_dir, get_label_func=None, group_by='visual', slice=None,
    threshold=None, metric=None, descending=True, min_items=None, max_items=None, keyword=None,
    save_path=None, comp_type='component', **kwargs)
def init_search(k, work_dir, d=576, model_path=..., verbose=False)
def search(img, size, verbose=0)
def create_stats_gallery(stats_file, save_path, num_images=20, lazy_load=False,
    get_label_func=None, metric='blur', slice=None, max_width=None, descending=False,
    get_bounding_box_func=None, get_reformat_filename_func=None, get_extra_col_func=None,
    input_dir=None, work_dir=None, **kwargs)
def create_similarity_gallery(similarity_file, save_path, num_images=20, lazy_load=False,
    get_label_func=None, slice=None, max_width=None, descending=False,
    get_bounding_box_func=None, get_reformat_filename_func=None, get_extra_col_func=None,
    input_dir=None, work_dir=None, min_items=2, max_items=None, **kwargs)
def create_aspect_ratio_gallery(stats_file, save_path, get_label_func=None, lazy_load=False,
    max_width=None, num_images=0, slice=None, get_filename_reformat_func=None, input_dir=None,
    **kwargs)
def export_to_cvat(files, labels, save_path)
def export_to_labelImg(files, labels, save_path)
def top_k_label(labels_col, distance_col, k=10, threshold=None, min_count=None,
    unknown_class=None)
def create_knn_classifier(work_dir, k, get_label_func, threshold=None)
def create_kmeans_classifier(work_dir, k, get_label_func, threshold=None)
def run_kmeans(input_dir='', work_dir='.', verbose=False, num_clusters=100, num_em_iter=20,
    num_threads=-1, num_images=0, model_path=..., license='', nearest_neighbors_k=2, d=576,
    bounding_box='', high_accuracy=False)
def run_kmeans_on_extracted(input_dir='', work_dir='.', verbose=False, num_clusters=100,
    num_em_iter=20, num_threads=-1, num_images=0, model_path=..., license='',
    nearest_neighbors_k=2, d=576)
def extract_video_frames(input_dir, work_dir, verbose=False, num_threads=-1, num_images=0,
    min_offset=0, max_offset=0, turi_param='', model_path=..., d=576, resize_video=0,
    keyframes_only=1, license='')
"""

# Parameters that are documented to change no result; their tests prove just that.
NO_EFFECT = {
    ("run", "license"),
    ("run_on_webdataset", "license"),
    ("run_kmeans", "license"),
    ("extract_video_frames", "license"),
    ("run_kmeans_on_extracted", "license"),
    ("run_kmeans_on_extracted", "model_path"),  # the embeddings are there
    ("run_kmeans_on_extracted", "num_threads"),  # only the time
    ("create_kmeans_classifier", "k"),  # "(unused)"
    ("create_kmeans_classifier", "threshold"),  # "(unused)"
}

# For every function: the files of this folder, their tests, and the parameters these prove. Keys
# of **kwargs are among them.
PROOFS = {
    "run": {
        "test_other_parameters_spec": {
            "test_input_dir_and_num_threads": "input_dir num_threads",
            "test_compute": "compute",
            "test_verbose": "verbose",
            "test_distance": "distance",
            "test_own_model_in_a_run": "model_path d",
            "test_license_is_not_needed_and_not_stored": "license",
            "test_neighbour_methods": "nn_provider nnf_mode nnf_param",
            "test_offsets": "min_offset max_offset",
            "test_batch_size": "batch_size",
            "test_resume": "resume",
        },
        "test_outputs_spec": {
            "test_work_dir_may_name_the_feature_file": "work_dir",
            "test_num_images": "num_images",
            "test_run_cc_and_run_stats_can_be_left_out": "turi_param",
            "test_threshold": "threshold",
            "test_outliers": "lower_threshold",
            "test_more_neighbours_more_outliers": "nearest_neighbors_k",
            "test_own_features_example": "run_mode",
        },
        "test_run_signature_spec": {
            "test_version_prints_and_returns": "version",
        },
        "test_high_accuracy_spec": {
            "test_neighbours_of_stored_numbers": "high_accuracy",
        },
        "test_testset_spec": {
            "test_test_dir": "test_dir",
        },
        "test_boxes_spec": {
            "test_bounding_box": "bounding_box",
        },
    },
    "run_on_webdataset": {
        "test_webdataset_spec": {
            "test_one_call_on_all_kinds": "input_dir work_dir",
            "test_test_dir": "test_dir",
            "test_compute_and_num_threads": "compute num_threads",
            "test_verbose_and_version": "verbose version",
            "test_num_images": "num_images",
            "test_turi_param_num_images_in_tar_and_tar_only": "turi_param",
            "test_neighbour_options": "threshold lower_threshold nearest_neighbors_k nn_provider",
            "test_nnf_and_distance": "nnf_mode nnf_param distance",
            "test_model_path_and_d": "model_path d",
            "test_min_offset_and_max_offset": "min_offset max_offset",
            "test_batch_size_and_license": "batch_size license",
        },
        "test_boxes_spec": {
            "test_bounding_box_of_webdataset": "bounding_box",
        },
    },
    "extract_video_frames": {
        "test_videos_spec": {
            "test_extract": "input_dir work_dir",
            "test_keyframes_only": "keyframes_only",
            "test_turi_param_and_num_images": "turi_param num_images",
            "test_offsets": "min_offset max_offset",
            "test_resize_video": "resize_video model_path d",
            "test_verbose_num_threads_and_license": "verbose num_threads license",
        },
    },
    "load_binary_feature": {
        "test_outputs_spec": {
            "test_own_features_example": "filename d",
        },
    },
    "save_binary_feature": {
        "test_outputs_spec": {
            "test_own_features_example": "save_path filenames np_array",
        },
    },
    "create_duplicates_gallery": {
        "test_duplicates_gallery_spec": {
            "test_similarity_file": "similarity_file",
            "test_save_path": "save_path",
            "test_num_images": "num_images",
            "test_descending": "descending",
            "test_lazy_load_true": "lazy_load",
            "test_label_function": "get_label_func",
            "test_slice_by_label": "slice",
            "test_max_width": "max_width",
            "test_bounding_boxes": "get_bounding_box_func",
            "test_reformat_filename": "get_reformat_filename_func",
            "test_extra_column": "get_extra_col_func",
            "test_input_dir": "input_dir",
            "test_work_dir": "work_dir",
            "test_threshold": "threshold",
            "test_save_artifacts": "save_artifacts",
        },
    },
    "create_duplicate_videos_gallery": {
        "test_components_gallery_spec": {
            "test_duplicate_videos": "similarity_file",
            "test_duplicate_videos_threshold_and_number": "save_path threshold",
        },
        "test_groups_and_videos_spec": {
            "test_duplicate_videos": (
                "descending num_images lazy_load get_label_func "
                "slice max_width get_bounding_box_func get_reformat_filename_func "
                "get_extra_col_func"
            ),
            "test_duplicate_videos_of_a_table": "work_dir",
            "test_input_dir": "input_dir",
            "test_artifacts_of_duplicate_videos": "save_artifacts",
        },
    },
    "create_outliers_gallery": {
        "test_other_galleries_spec": {
            "test_file": "outliers_file",
            "test_save_path": "save_path",
            "test_num_images": "num_images",
            "test_lazy_load": "lazy_load",
            "test_labels": "get_label_func",
            "test_slice": "slice",
            "test_max_width": "max_width",
            "test_bounding_boxes": "get_bounding_box_func",
            "test_reformat_filename": "get_reformat_filename_func",
            "test_extra_column": "get_extra_col_func",
            "test_input_dir": "input_dir",
            "test_work_dir": "work_dir",
            "test_save_artifacts": "save_artifacts",
            "test_outliers_how_all": "how",
        },
    },
    "create_components_gallery": {
        "test_components_gallery_spec": {
            "test_files_and_dataframes": "work_dir",
            "test_another_current_folder": "save_path",
            "test_num_images": "num_images",
            "test_lazy_load_also_writes_a_sheet_per_component": "lazy_load",
            "test_labels_are_counted": "get_label_func",
            "test_group_by_label": "group_by",
            "test_slice": "slice",
            "test_max_width": "max_width",
            "test_max_items_and_limit_labels_printed": "max_items limit_labels_printed",
            "test_boxes_other_names_and_further_texts": (
                "get_bounding_box_func get_reformat_filename_func get_extra_col_func"
            ),
            "test_threshold_min_items_keyword_and_order": (
                "threshold descending min_items keyword"
            ),
            "test_metric": "metric",
            "test_input_dir": "input_dir",
            "test_split_sentence_to_label_list": "split_sentence_to_label_list",
            "test_nrows": "nrows",
            "test_save_artifacts": "save_artifacts",
        },
    },
    "create_component_videos_gallery": {
        "test_components_gallery_spec": {
            "test_component_videos": "work_dir save_path",
        },
        "test_groups_and_videos_spec": {
            "test_groups_of_videos": (
                "group_by num_images lazy_load get_label_func "
                "slice max_width max_items get_bounding_box_func "
                "get_reformat_filename_func get_extra_col_func threshold metric "
                "descending min_items keyword"
            ),
            "test_input_dir": "input_dir",
        },
    },
    "create_kmeans_clusters_gallery": {
        "test_components_gallery_spec": {
            "test_kmeans": "work_dir save_path",
        },
        "test_groups_and_videos_spec": {
            "test_clusters": (
                "num_images lazy_load get_label_func slice "
                "max_width max_items get_bounding_box_func get_reformat_filename_func "
                "get_extra_col_func threshold metric descending "
                "min_items keyword"
            ),
            "test_input_dir": "input_dir",
        },
    },
    "delete_components": {
        "test_cleaning_spec": {
            "test_the_example_of_the_page": "top_components",
            "test_to_delete_is_a_list_of_component_ids": "to_delete",
            "test_min_distance": "min_distance",
            "test_how": "how",
            "test_all_deletes_all": "dry_run",
        },
    },
    "delete_components_by_label": {
        "test_cleaning_spec": {
            "test_by_label_takes_the_table_or_a_file_but_no_pickle": "top_components_file",
            "test_min_items_and_min_distance_by_label": "min_items min_distance",
            "test_how_by_label": "how",
            "test_by_label_deletes": "dry_run",
        },
    },
    "delete_or_retag_stats_outliers": {
        "test_cleaning_spec": {
            "test_it_takes_a_folder_a_file_or_a_table": "stats_file",
            "test_every_metric": "metric",
            "test_the_score_example": "filename_col lower_threshold",
            "test_label_col_is_what_retag_writes": "label_col",
            "test_get_reformat_filename_func": "get_reformat_filename_func",
            "test_the_darkest_are_deleted": "dry_run",
            "test_how_retag": "how",
        },
        "test_other_parameters_spec": {
            "test_limits": "lower_percentile upper_percentile upper_threshold",
            "test_save_path_of_moved_files": "save_path",
            "test_work_dir_of_a_table": "work_dir",
        },
    },
    "export_to_tensorboard_projector": {
        "test_export_spec": {
            "test_projector": "work_dir log_dir",
            "test_projector_sample_size": "sample_size",
            "test_projector_sample_method": "sample_method",
            "test_projector_with_images": "with_images",
            "test_projector_labels": "get_label_func",
            "test_projector_d": "d",
            "test_projector_file_list": "file_list",
        },
    },
    "generate_sprite_image": {
        "test_export_spec": {
            "test_sprite": "img_list sample_size log_dir",
            "test_sprite_labels": "get_label_func",
            "test_sprite_size_of_each_image": "h w",
            "test_sprite_alternative_filename": "alternative_filename",
            "test_sprite_alternative_width": "alternative_width",
            "test_sprite_max_width": "max_width",
        },
    },
    "find_top_components": {
        "test_top_components_spec": {
            "test_the_table": "work_dir",
            "test_labels_from_a_file": "get_label_func",
            "test_group_by_label": "group_by",
            "test_slice": "slice",
            "test_threshold": "threshold",
            "test_metric": "metric",
            "test_descending": "descending",
            "test_min_items_and_max_items": "min_items max_items",
            "test_keyword": "keyword",
            "test_save_path": "save_path",
            "test_comp_type_cluster": "comp_type",
        },
    },
    "init_search": {
        "test_search_spec": {
            "test_k": "k",
            "test_work_dir": "work_dir",
            "test_d": "d",
            "test_model_path": "model_path",
            "test_the_example": "verbose",
        },
    },
    "search": {
        "test_search_spec": {
            "test_pictures_and_size": "img size",
            "test_the_example": "verbose",
        },
    },
    "create_stats_gallery": {
        "test_other_galleries_spec": {
            "test_file": "stats_file",
            "test_save_path": "save_path",
            "test_num_images": "num_images",
            "test_lazy_load": "lazy_load",
            "test_labels": "get_label_func",
            "test_slice": "slice",
            "test_max_width": "max_width",
            "test_bounding_boxes": "get_bounding_box_func",
            "test_reformat_filename": "get_reformat_filename_func",
            "test_extra_column": "get_extra_col_func",
            "test_input_dir": "input_dir",
            "test_work_dir": "work_dir",
            "test_save_artifacts": "save_artifacts",
            "test_stats_metric": "metric",
            "test_stats_descending": "descending",
        },
    },
    "create_similarity_gallery": {
        "test_other_galleries_spec": {
            "test_file": "similarity_file",
            "test_save_path": "save_path",
            "test_num_images": "num_images",
            "test_lazy_load": "lazy_load",
            "test_labels": "get_label_func",
            "test_slice": "slice",
            "test_max_width": "max_width",
            "test_bounding_boxes": "get_bounding_box_func",
            "test_reformat_filename": "get_reformat_filename_func",
            "test_extra_column": "get_extra_col_func",
            "test_input_dir": "input_dir",
            "test_work_dir": "work_dir",
            "test_save_artifacts": "save_artifacts",
            "test_similarity_label_score": "descending",
            "test_similarity_min_items": "min_items",
            "test_similarity_max_items": "max_items",
        },
    },
    "create_aspect_ratio_gallery": {
        "test_other_galleries_spec": {
            "test_file": "stats_file",
            "test_save_path": "save_path",
            "test_aspect_ratio_slice": "get_label_func slice",
            "test_lazy_load": "lazy_load",
            "test_max_width": "max_width",
            "test_aspect_ratio_num_images": "num_images",
            "test_reformat_filename": "get_filename_reformat_func",
            "test_input_dir": "input_dir",
        },
    },
    "export_to_cvat": {
        "test_export_spec": {
            "test_cvat": "files labels save_path",
        },
    },
    "export_to_labelImg": {
        "test_export_spec": {
            "test_labelimg": "files labels save_path",
        },
    },
    "top_k_label": {
        "test_labels_spec": {
            "test_top_k_label": "labels_col distance_col k threshold min_count unknown_class",
        },
    },
    "create_knn_classifier": {
        "test_labels_spec": {
            "test_similarity_file_and_dataframe": "work_dir",
            "test_k_limits_the_neighbours_and_says_when_there_are_not_as_many": "k",
            "test_labels_in_every_form": "get_label_func",
            "test_threshold_and_images_without_neighbours": "threshold",
        },
    },
    "create_kmeans_classifier": {
        "test_labels_spec": {
            "test_kmeans_from_its_file_a_table_and_another_file": "work_dir",
            "test_kmeans_counts_every_image_once": "get_label_func",
        },
        "test_other_parameters_spec": {
            "test_unused_parameters_of_the_kmeans_classifier": "k threshold",
        },
    },
    "run_kmeans": {
        "test_kmeans_spec": {
            "test_run_kmeans_extracts_and_clusters": "input_dir work_dir num_images",
        },
        "test_high_accuracy_spec": {
            "test_run_kmeans": "high_accuracy",
        },
        "test_boxes_spec": {
            "test_bounding_box_of_kmeans": "bounding_box",
        },
        "test_other_parameters_spec": {
            "test_run_kmeans": (
                "num_clusters verbose num_em_iter model_path license nearest_neighbors_k d"
            ),
            "test_input_dir_and_num_threads": "num_threads",
        },
    },
    "run_kmeans_on_extracted": {
        "test_kmeans_spec": {
            "test_input_dir_of_stored_vectors_and_verbose": "input_dir verbose",
            "test_centroids": "work_dir num_clusters",
            "test_num_em_iter": "num_em_iter",
            "test_num_images_and_num_threads": "num_threads num_images",
            "test_nearest_neighbors_k": "nearest_neighbors_k",
        },
        "test_other_parameters_spec": {
            "test_unused_parameters_of_clustering_stored_embeddings": "model_path license d",
        },
    },
}


def published() -> dict[str, dict[str, object]]:
    """Return the parameters of every published function with their defaults."""
    found: dict[str, dict[str, object]] = {}
    joined = PUBLISHED.replace("\n    ", " ")
    for line in joined.splitlines():
        (function,) = ast.parse(f"{line}: pass").body
        assert isinstance(function, ast.FunctionDef)
        names = [argument.arg for argument in function.args.args]
        values: list[object] = [ast.literal_eval(node) for node in function.args.defaults]
        filled = [inspect.Parameter.empty] * (len(names) - len(values)) + values
        found[function.name] = dict(zip(names, filled, strict=True))
    return found


TABLE = published()
PROOF_OF = {
    function: {
        name: (file, test)
        for file, tests in files.items()
        for test, names in tests.items()
        for name in names.split()
    }
    for function, files in PROOFS.items()
}
AVAILABLE = sorted(TABLE)
PARAMETERS = [(function, name) for function in AVAILABLE for name in TABLE[function]]


@cache
def read_tests(file: str) -> dict[str, str]:
    """Return the tests of a file and the text of each, decorators included."""
    text = (Path(__file__).parent / f"{file}.py").resolve().read_text("utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[_first_line(node) - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def test_the_page_has_29_functions():
    assert len(TABLE) == 29
    assert sum(len(parameters) for parameters in TABLE.values()) == 303


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_function_is_public_with_its_published_signature(name):
    assert name in fastdup_nb.__all__
    parameters = inspect.signature(getattr(fastdup_nb, name)).parameters
    ours = [key for key, value in parameters.items() if value.kind != value.KEYWORD_ONLY]
    names = [key for key in ours if key != "kwargs"]
    assert names == list(TABLE[name])
    assert ("kwargs" in ours) == (f"def {name}(" in PUBLISHED and "**kwargs" in line_of(name))
    for key, default in TABLE[name].items():
        if default is not ... and not (name == "search" and key == "size"):
            assert parameters[key].default == default, key
            assert type(parameters[key].default) in {type(default), *_subclasses(default)}, key


def _subclasses(default: object) -> list[type]:
    return type(default).__subclasses__() if isinstance(default, str) else []


def line_of(name: str) -> str:
    """Return the published definition of a function."""
    joined = PUBLISHED.replace("\n    ", " ")
    (line,) = [line for line in joined.splitlines() if line.startswith(f"def {name}(")]
    return line


@pytest.mark.parametrize(("function", "name"), PARAMETERS)
def test_every_parameter_is_proved_by_a_test(function, name):
    file, test = PROOF_OF[function][name]
    assert test in read_tests(file), f"{file} has no {test}"
    if list(TABLE[function]).index(name) >= FIRST_ARGUMENTS:  # the first ones go by place
        assert name in read_tests(file)[test], f"{test} does not speak of {name}"


def test_parameters_without_effect_are_in_the_table():
    assert all(name in PROOF_OF[function] for function, name in NO_EFFECT)


def test_nothing_else_is_in_the_table_of_proofs():
    assert sorted(PROOFS) == AVAILABLE
    for function, proofs in PROOF_OF.items():
        further = set(proofs) - set(TABLE[function])
        described = inspect.getdoc(getattr(fastdup_nb, function)) or ""
        assert not further or "**kwargs" in line_of(function)
        assert all(name in described for name in further)
        assert all(test in read_tests(file) for file, test in proofs.values())
