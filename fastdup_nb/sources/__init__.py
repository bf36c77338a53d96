"""Sources: where the images of a run are, and reading them. The interface: `containers`."""

from fastdup_nb.sources.listing import Listing, resolve
from fastdup_nb.sources.reading import exists, read_bytes, read_shown

__all__ = ["Listing", "exists", "read_bytes", "read_shown", "resolve"]
