"""The engine: turns options into a run and a run into a work_dir."""

from fastdup_nb.engine.run import run

__all__ = ["run"]
