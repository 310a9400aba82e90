"""Reading what a service, a page or a file tells, which may be anything.

Each gives what was asked for, or what stands for "none of it": nothing here raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event

_MOST_MS: Final = 1e12  # thirty years


def as_object(value: Any) -> dict[str, Any]:
    """Return `value` when it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return `value` when it is a list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of `value` when it is a list, else none."""
    return [cast("dict[str, Any]", one) for one in as_list(value) if isinstance(one, dict)]


def as_text(value: Any) -> str | None:
    """Return `value` when it is a text, else None."""
    return value if isinstance(value, str) else None


def told_ms(event: Event, path: str) -> float | None:
    """Return a time or a length in ms that an event tells; None for what no sound could have."""
    value = event.get(path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A whole number may be too long for a float, so it is compared as it is.
    return float(value) if -_MOST_MS < value < _MOST_MS else None
