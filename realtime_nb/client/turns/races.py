"""Errors that tell only that the service was quicker, or slower, than we thought.

An item to be cut may be gone, shorter, or silent still; a response to be cancelled over; one
that we ask for may meet one that the service has begun by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.client.transport.refusals import is_fatal

if TYPE_CHECKING:
    from realtime_nb.errors import ServerError

_CODES: Final = frozenset(
    {
        "item_truncate_invalid_item_id",
        "response_cancel_not_active",
        "conversation_already_has_active_response",
    }
)
_WORDS: Final = (
    "is already shorter than",
    "Only model output audio messages can be truncated",
    "does not exist",
    "already has an active response",
)


def is_race(error: ServerError) -> bool:
    """Return whether an error is one of those."""
    return error.code in _CODES or any(words in str(error) for words in _WORDS)


def is_news(error: ServerError) -> bool:
    """Return whether people want to know of an error: the session's end tells of itself."""
    return not is_race(error) and not is_fatal(error.code)
