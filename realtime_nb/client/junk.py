"""Reading fields of the wire that may hold anything."""

from __future__ import annotations

from typing import Any, cast


def as_object(value: Any) -> dict[str, Any]:
    """Return `value` when it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_text(value: Any) -> str | None:
    """Return `value` when it is a text, else None."""
    return value if isinstance(value, str) else None
