"""Nested objects by dotted path: ``audio.output.voice``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final, cast


class _Missing:
    """Marks the place where nothing stands; None is a value of the wire."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


def get(config: Mapping[str, Any], path: str) -> Any:
    """Return what stands at `path`, `MISSING` where nothing does."""
    place: Any = config
    for name in path.split("."):
        if not isinstance(place, Mapping) or name not in place:
            return MISSING
        place = cast("Mapping[str, Any]", place)[name]
    return place


def put(config: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` at `path`, making the objects on the way (in place of what is none)."""
    *parents, last = path.split(".")
    place = config
    for name in parents:
        inner = place.get(name)
        if not isinstance(inner, dict):
            inner = place[name] = dict[str, Any]()
        place = cast("dict[str, Any]", inner)
    place[last] = value


def leaves(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of everything that is no object; an empty object is a leaf."""
    for name, value in config.items():
        where = f"{path}.{name}" if path else name
        if isinstance(value, Mapping) and value:
            yield from leaves(cast("Mapping[str, Any]", value), where)
        else:
            yield where, value


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid over it; objects merge, everything else replaces."""
    merged = deepcopy(dict(base))
    for name, value in over.items():
        old = merged.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merged[name] = merge(cast("dict[str, Any]", old), cast("Mapping[str, Any]", value))
        else:
            merged[name] = deepcopy(value)
    return merged
