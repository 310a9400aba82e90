"""What an error says of a call: that the service does not have it any more, and one line of it."""

from __future__ import annotations

from realtime_nb.errors import RealtimeError
from realtime_nb.protocol.shown_text import plain

__all__ = ["gone", "told"]


def gone(error: BaseException | None) -> bool:
    """Whether an error says that the service does not have the call any more."""
    code = getattr(error, "code", None)
    text = str(error)
    return isinstance(error, RealtimeError) and (
        (isinstance(code, str) and ("not_found" in code or "ended" in code or "gone" in code))
        or "HTTP 404" in text
        or "HTTP 410" in text
    )


def told(error: BaseException | None) -> str:
    """Return an error as one line for people."""
    if error is None:
        return ""
    if not isinstance(error, Exception):
        return "it was interrupted"
    line = " ".join(str(error).split())
    return plain(
        line if isinstance(error, RealtimeError) else f"{type(error).__name__}: {line}", 300
    )
