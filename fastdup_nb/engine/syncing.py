"""`sync_s3_to_local`: copies of everything remote on the disk, before a run begins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, RunInterruptedError, WorkDirError
from fastdup_nb.sources import cloud
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.sources.unpacking import unpacked_path
from fastdup_nb.store import names

if TYPE_CHECKING:
    from fastdup_nb.progress import Progress
    from fastdup_nb.sources import Listing

CONNECTIONS = 16


def sync_to_local(listing: Listing, work_dir: Path, progress: Progress) -> Listing:
    """Copy what is remote to `work_dir/tmp`, and return the listing of the copies.

    A copy of the right size is not made again. What cannot be copied stays remote in the listing,
    and the run tells why it cannot be read.

    Raises
    ------
    RunInterruptedError
        When the user interrupts; the copies that are complete stay.
    WorkDirError
        When the disk is full or cannot be written.
    """
    if not any(map(is_remote, listing.paths)):
        return listing
    folder = work_dir / names.TEMPORARY

    def take(path: str) -> str:
        return _copied(path, folder) if is_remote(path) else path

    progress.start("Copies", len(listing.paths), unit="files")
    pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fastdup_nb-sync")
    paths = []
    try:
        for path in pool.map(take, listing.paths):
            paths.append(path)
            progress.advance(1)
    except KeyboardInterrupt as error:
        message = f"Interrupted: {len(paths):,} of {len(listing.paths):,} files are copied."
        raise RunInterruptedError(message, "Run again to go on from there.") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        progress.finish()
    return replace(listing, paths=paths)


def _copied(url: str, folder: Path) -> str:
    path = unpacked_path(url, folder)
    try:
        if path.is_file() and path.stat().st_size == cloud.size_of(url):
            return str(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.part")
        cloud.copy_to(url, str(partial))
        partial.replace(path)
    except ImageError:
        return url
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise WorkDirError(message, "Make room, or leave sync_s3_to_local=1 out.") from error
    return str(path)
