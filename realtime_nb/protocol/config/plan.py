"""An update of a live session: only what differs, and nothing switched off by leaving it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, cast

from realtime_nb.protocol.config.paths import MISSING, get, merge, put
from realtime_nb.protocol.config.units import match, units
from realtime_nb.protocol.config.write import request_of
from realtime_nb.protocol.credentials import CREDENTIALS
from realtime_nb.protocol.told import as_list

# Objects that a service may replace whole instead of merging, and the key that says which of
# several they are: with the same one, what is in force goes along; with another, nothing does.
_DISCRIMINATORS: Final[Mapping[str, str]] = {
    "audio.input.format": "type",
    "audio.input.turn_detection": "type",
    "audio.input.transcription": "model",
    "audio.input.noise_reduction": "type",
    "audio.output.format": "type",
    "truncation": "type",
    "prompt": "id",
}

# Fixed when the session is connected.
_FIXED: Final = frozenset({"type", "model"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send.

    Attributes
    ----------
    patch
        A session object in the GA shape without `type` and `model`; ``{}`` when nothing is
        to be sent.
    changed
        Paths of what will differ from what is in force.
    dropped
        Paths that were asked for last time, are not any more, and stay in force: to leave a
        field out does not clear it.
    """

    patch: dict[str, Any]
    changed: tuple[str, ...]
    dropped: tuple[str, ...]


def plan_update(
    wanted: Mapping[str, Any],
    effective: Mapping[str, Any],
    previous: Mapping[str, Any] | None = None,
) -> Plan:
    """Return the update that brings a live session to what is wanted.

    Parameters
    ----------
    wanted
        The config asked for now, in the GA shape.
    effective
        The session in force, as the service reported it.
    previous
        The config asked for last time; None when this is the first.
    """
    in_force = request_of(effective)
    patch: dict[str, Any] = {}
    changed: list[str] = []
    for path, value in units(wanted):
        now = get(in_force, path)
        if path in _FIXED:
            continue
        in_place = match(value, None if now is MISSING else now).covered
        if in_place and not _renewed(value, get(previous or {}, path)):
            continue
        if _stays(path, value, now):
            put(patch, path, merge(now, value))
            changed += [
                f"{path}.{name}" for name, part in value.items() if not _covers(part, now, name)
            ]
        else:
            put(patch, path, _fresh(path, value, now))
            changed.append(path)
    return Plan(patch, tuple(changed), tuple(_dropped(wanted, in_force, previous or {})))


def _renewed(value: Any, before: Any) -> bool:
    """Whether tools come with other credentials than last time: no service tells those it has."""
    return _credentials(value) not in ([], _credentials(before))


def _credentials(tools: Any) -> list[tuple[Any, ...]]:
    entries = as_list(tools)
    mappings = [cast("Mapping[str, Any]", tool) for tool in entries if isinstance(tool, Mapping)]
    return [
        (tool.get("server_label"), *(tool.get(name) for name in CREDENTIALS))
        for tool in mappings
        if any(tool.get(name) for name in CREDENTIALS)
    ]


def _covers(part: Any, now: Mapping[str, Any], name: str) -> bool:
    return match({name: part}, now).covered


def _stays(path: str, value: Any, now: Any) -> bool:
    """Whether an object is still the same one, with other values."""
    if path not in _DISCRIMINATORS or not isinstance(value, Mapping):
        return False
    if not isinstance(now, Mapping):
        return False
    key = _DISCRIMINATORS[path]
    asked = cast("Mapping[str, Any]", value)
    return key not in asked or asked[key] == cast("Mapping[str, Any]", now).get(key)


def _fresh(path: str, value: Any, now: Any) -> Any:
    fresh: Any = deepcopy(value)
    if path != "prompt" or not isinstance(fresh, dict) or not isinstance(now, Mapping):
        return cast("Any", fresh)
    # A service that merges would keep the version and variables of the other prompt.
    stale = dict.fromkeys(cast("Mapping[str, Any]", now))
    return {**stale, **cast("dict[str, Any]", fresh)}


def _dropped(
    wanted: Mapping[str, Any], in_force: Mapping[str, Any], previous: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what was asked for and got, and is asked for no longer."""
    asked = dict(units(wanted))
    for path, value in units(previous):
        now = get(in_force, path)
        if path in _FIXED or now is MISSING or now is None or not match(value, now).covered:
            continue
        if path not in asked:
            yield path
        elif isinstance(value, Mapping) and _stays(path, asked[path], now):
            parts = cast("Mapping[str, Any]", value)
            yield from (f"{path}.{name}" for name in parts if name not in asked[path])
