"""Durations in words."""

from __future__ import annotations

from typing import Final

__all__ = ["clock"]

_SIXTY: Final = 60


def clock(seconds: float) -> str:
    """Return a duration as people write it: ``7.5 s``, ``1:05 min``, ``3:00:00 h``."""
    if seconds < _SIXTY:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _SIXTY)
    if minutes < _SIXTY:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // _SIXTY}:{minutes % _SIXTY:02}:{rest:02} h"
