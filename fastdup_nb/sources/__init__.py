"""Sources: where the images of a run are, and reading them."""

from fastdup_nb.sources.listing import Listing, resolve
from fastdup_nb.sources.reading import read_bytes

__all__ = ["Listing", "read_bytes", "resolve"]
