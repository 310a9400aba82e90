"""The names a session config may hold, read off the ``openai`` package's own types.

The service refuses an update whole for one unknown key and goes on with its defaults, so a
wrong name must be found before anything is sent.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, cast, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from realtime_nb.errors import ConfigError

# Keys the service takes (seen on the wire) that the package's types do not have yet.
_WIRE_EXTRA: Final[Mapping[str, frozenset[str]]] = {
    "audio.input.noise_reduction": frozenset({"strength"}),
}

# Objects whose keys are the user's own, or another vocabulary such as JSON schema.
_FREE: Final = frozenset({"parameters", "metadata", "variables", "headers"})


@cache
def session_type() -> Any:
    """Return the package's `TypedDict` of a realtime session, imported on first use."""
    # Imported here: the types take most of a second to load.
    from openai.types.realtime.realtime_session_create_request_param import (  # noqa: PLC0415
        RealtimeSessionCreateRequestParam,
    )

    return RealtimeSessionCreateRequestParam


@cache
def session_keys() -> frozenset[str]:
    """Return the names a realtime session has at its top level."""
    return frozenset(_hints(session_type()))


def check_names(config: Mapping[str, Any]) -> None:
    """Check that every name in a GA session object exists where it stands.

    Raises
    ------
    ConfigError
        Naming the first unknown key by its dotted path, and the nearest right one.
    """
    _check(config, session_type(), "")


def nearest(name: str, known: frozenset[str]) -> str:
    """Return ``; did you mean X?`` for the known name closest to `name`, else ``""``."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _check(value: Any, hint: Any, path: str) -> None:
    if isinstance(value, Mapping):
        _check_object(cast("Mapping[str, Any]", value), hint, path)
    elif isinstance(value, list):
        entry = next((get_args(h)[0] for h in _arms(hint) if get_origin(h) is list), None)
        if entry is not None:
            for place, part in enumerate(cast("list[Any]", value)):
                _check(part, entry, f"{path}[{place}]")


def _check_object(value: Mapping[str, Any], hint: Any, path: str) -> None:
    dicts = [arm for arm in _arms(hint) if is_typeddict(arm)]
    dicts = [arm for arm in dicts if _fits(arm, value)] or dicts
    if not dicts:
        return
    hints = {name: arm for one in dicts for name, arm in _hints(one).items()}
    known = frozenset(hints) | _WIRE_EXTRA.get(path, frozenset())
    for name, entry in value.items():
        where = f"{path}.{name}" if path else name
        if name not in known:
            inside = f"`{path}`" if path else "a session"
            listed = ", ".join(sorted(known))
            hint = nearest(name, known) or "."
            raise ConfigError(f"{inside} has no field {name!r}{hint} It has: {listed}.")
        if name not in _FREE and name in hints:
            _check(entry, hints[name], where)


def _fits(arm: Any, value: Mapping[str, Any]) -> bool:
    """Whether the `type` written in `value` is the one this arm of a union is for."""
    kind = _hints(arm).get("type")
    return get_origin(kind) is Literal and value.get("type") in get_args(kind)


@cache
def _hints(typed_dict: Any) -> dict[str, Any]:
    return get_type_hints(typed_dict)


def _arms(hint: Any) -> list[Any]:
    """Return the members of a union, nested ones flattened; the hint itself otherwise."""
    if is_typeddict(hint) or get_origin(hint) in (list, dict, Literal) or not get_args(hint):
        return [hint]
    return [arm for part in get_args(hint) for arm in _arms(part)]
