"""The errors fastdup_nb raises.

Every error carries one line that says what is wrong and a hint that says what to do::

    FastdupError
    ├── OptionError              an option has a value that cannot be used
    ├── InputError               the input cannot be read
    │   ├── InputNotFoundError   it does not exist
    │   └── EmptyInputError      it holds no image
    ├── ImageError               one image cannot be used (recorded; never ends a run)
    ├── ModelError               an embedding model cannot be loaded or does not fit
    ├── NeighborError            a nearest neighbour index cannot be built or searched
    ├── WorkDirError             the work_dir cannot be used
    │   ├── WorkDirLockedError   another process is writing to it
    │   ├── CorruptWorkDirError  its files do not fit together
    │   └── ResultNotFoundError  it does not hold the asked result
    ├── MissingDependencyError   an optional library is not installed
    └── RunInterruptedError      the user stopped the run; it can be resumed
"""

from __future__ import annotations

from enum import StrEnum


class FastdupError(Exception):
    """Base of all errors raised by fastdup_nb.

    Parameters
    ----------
    message : str
        One line that says what is wrong.
    hint : str, optional
        One line that says what to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def lines(self) -> list[str]:
        """Return the error as the lines to show a user: the message, then the hint."""
        first = f"{type(self).__name__}: {self.message}"
        return [first, f"Hint: {self.hint}"] if self.hint else [first]

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback; the cell still fails.
        return self.lines()


class OptionError(FastdupError, ValueError):
    """An option has a value that cannot be used."""


class InputError(FastdupError):
    """The input cannot be read."""


class InputNotFoundError(InputError, FileNotFoundError):
    """The input does not exist."""

    # FileNotFoundError (an OSError) formats itself from errno and file name.
    __str__ = FastdupError.__str__


class EmptyInputError(InputError):
    """The input holds no image."""


class ImageProblem(StrEnum):
    """Why an image is bad: the `error_code` column of `atrain_features.bad.csv`."""

    CORRUPT = "ERROR_CORRUPT_IMAGE"
    TOO_SMALL = "ERROR_IMAGE_TOO_SMALL"
    ZERO_SIZE = "ERROR_ZERO_SIZE_FILE"
    MISSING = "ERROR_MISSING_FILE"
    UNREADABLE = "ERROR_UNREADABLE_FILE"
    BELOW_MIN_FILE_SIZE = "ERROR_IMAGE_SIZE_LOWER_THEN_MIN_THRESHOLD"
    TOO_LARGE = "ERROR_IMAGE_TOO_LARGE"
    NOT_AN_IMAGE = "ERROR_NOT_AN_IMAGE"
    UNSUPPORTED = "ERROR_UNSUPPORTED_FORMAT"
    ZERO_VECTOR = "ERROR_ZERO_FEATURE_VECTOR"
    BAD_BOX = "ERROR_BAD_BOUNDING_BOX"
    CONTAINER = "ERROR_FAILED_TO_EXTRACT_COMPRESSED_OR_VIDEO"
    UNSAFE_MEMBER = "ERROR_UNSAFE_ARCHIVE_MEMBER"


class ImageError(FastdupError):
    """One image cannot be used.

    Parameters
    ----------
    problem : ImageProblem
        The published error code.
    reason : str
        One line for people: what was found.
    """

    def __init__(self, problem: ImageProblem, reason: str) -> None:
        super().__init__(reason)
        self.problem = problem

    @classmethod
    def unreadable(cls, error: OSError) -> ImageError:
        """Return what is said of a file that the system does not let us read."""
        if isinstance(error, PermissionError):
            return cls(ImageProblem.UNREADABLE, "no permission to read it")
        return cls(ImageProblem.UNREADABLE, f"it cannot be read: {error.strerror or error}")


class ModelError(FastdupError):
    """An embedding model cannot be loaded or does not fit the options."""


class NeighborError(FastdupError):
    """A nearest neighbour index cannot be built or searched."""


class WorkDirError(FastdupError):
    """The work_dir cannot be used."""


class WorkDirLockedError(WorkDirError):
    """Another process is writing to the work_dir."""


class CorruptWorkDirError(WorkDirError):
    """The files of the work_dir do not fit together."""


class ResultNotFoundError(WorkDirError):
    """The work_dir does not hold the asked result."""


class MissingDependencyError(FastdupError, ImportError):
    """An optional library is not installed."""

    __str__ = FastdupError.__str__


class RunInterruptedError(FastdupError):
    """The user, or a server that stays away, stopped the run; the work_dir can be resumed."""
