"""Boxes from annotation files: a CSV file, a DataFrame, COCO JSON, or the YAML file of YOLO."""

from fastdup_nb.sources.annotations.collected import Annotations
from fastdup_nb.sources.annotations.kinds import holds_boxes, read_annotations

__all__ = ["Annotations", "holds_boxes", "read_annotations"]
