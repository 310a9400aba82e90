"""What a data channel's message may hold, and what is said where an event holds more."""

from __future__ import annotations

from typing import Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.connection import encode
from realtime_nb.server.wire_errors import error_body

# What Chromium takes in one message. aiortc puts any message together, yet says 64 KiB.
MAX_MESSAGE: Final = 256 << 10


def too_large_event(size: int) -> bytes:
    """Return the error that stands in the place of an event of `size` bytes."""
    error = error_body(
        f"An event of {size} bytes was left out: a data channel's message holds at most "
        f"{MAX_MESSAGE}, or what the page's offer says. Join the call by a WebSocket with its "
        "call_id to see it.",
        code="event_too_large",
        kind="server_error",
    )
    return encode({"type": "error", "event_id": new_id("event"), "error": error})
