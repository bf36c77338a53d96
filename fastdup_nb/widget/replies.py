"""What the kernel answers, with the pictures and numbers that go beside it as bytes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastdup_nb.views.wording import as_unicode

if TYPE_CHECKING:
    from fastdup_nb.errors import FastdupError


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes
    ----------
    content : dict
        What JSON takes; numbers are finite.
    buffers : list of bytes
    """

    content: dict[str, Any] = field(default_factory=dict)
    buffers: list[bytes] = field(default_factory=list)


def to_message(reply: Reply, number: int, *, binary: bool) -> tuple[dict[str, Any], list[bytes]]:
    """Return the message of a reply and its buffers.

    Parameters
    ----------
    reply : Reply
    number : int
        Of the request.
    binary : bool
        Whether buffers arrive; if not they go into the message as text.
    """
    message = {"kind": "reply", "request": number, **reply.content}
    if binary or not reply.buffers:
        return message, reply.buffers
    return {**message, "data": [b64encode(part).decode("ascii") for part in reply.buffers]}, []


def error_content(error: FastdupError) -> dict[str, str]:
    """Return an error as the front end shows it."""
    return {"message": as_unicode(error.message), "hint": as_unicode(error.hint)}
