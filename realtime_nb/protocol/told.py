"""Numbers that a service tells, which may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event

_MOST_MS: Final = 1e12  # thirty years


def told_ms(event: Event, path: str) -> float | None:
    """Return a time or a length in ms that an event tells; None for what no sound could have."""
    value = event.get(path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A whole number may be too long for a float, so it is compared as it is.
    return float(value) if -_MOST_MS < value < _MOST_MS else None
