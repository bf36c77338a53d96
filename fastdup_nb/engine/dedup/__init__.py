"""The small de-duplication program: which images of a folder are the same, and which one stays."""

from __future__ import annotations

from fastdup_nb.engine.dedup.program import deduplicate
from fastdup_nb.engine.dedup.result import Deduplication, Group

__all__ = ["Deduplication", "Group", "deduplicate"]
