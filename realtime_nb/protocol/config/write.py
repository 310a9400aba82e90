"""A session config in the shortest spelling, and a reported session as one to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final, cast

from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.config.spelling import KIND_SHORT_FORMS, SHORT_FORMS, shorten

_REPLY_ONLY: Final = frozenset({"id", "object", "expires_at", "client_secret"})

# Where null is a value; elsewhere the types have no null, and the service reports one for
# what was never set.
_NULL_IS_A_VALUE: Final = frozenset(
    {
        "audio.input.turn_detection",
        "audio.input.turn_detection.idle_timeout_ms",
        "audio.input.transcription",
        "audio.input.noise_reduction",
        "prompt",
        "tracing",
    }
)

_TRANSLATION: Final = KIND_SHORT_FORMS["translation"]

# Another vocabulary, such as JSON schema, or the author's own keys: nothing to clean there.
_FREE: Final = frozenset({"parameters", "metadata", "variables"})


def request_of(effective: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be asked for to get the session that the service reported.

    Parameters
    ----------
    effective
        The `session` of ``session.created`` or ``session.updated``.

    Returns
    -------
    dict
        The same without what only replies hold (`id`, `object`, `expires_at`) and without
        nulls where null cannot be asked for. Fields unknown here are kept.
    """
    asked = {name: value for name, value in effective.items() if name not in _REPLY_ONLY}
    return cast("dict[str, Any]", _without_nulls(asked, ""))


def _without_nulls(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return [_without_nulls(entry, f"{path}[]") for entry in cast("list[Any]", value)]
    if path.rpartition(".")[2] in _FREE or not isinstance(value, Mapping):
        return deepcopy(value)
    cleaned: dict[str, Any] = {}
    for name, entry in cast("Mapping[str, Any]", value).items():
        where = f"{path}.{name}" if path else name
        if entry is not None or where in _NULL_IS_A_VALUE:
            cleaned[name] = _without_nulls(entry, where)
    return cleaned


def write_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shortest front matter that reads as `config`.

    Parameters
    ----------
    config
        A session in the GA shape, as `read_config` gives it.

    Returns
    -------
    dict
        Short names and words where there are any: ``voice: marin`` for
        ``audio: {output: {voice: marin}}``. Values are copies.
    """
    rest = deepcopy(dict(config))
    written: dict[str, Any] = {}
    if rest.get("type") == "realtime":
        del rest["type"]
    flat = {**SHORT_FORMS, **(_TRANSLATION if rest.get("type") == "translation" else {})}
    for name, path in flat.items():
        value = _taken(rest, path)
        if value is not MISSING:
            written[name] = shorten(path, value)
    return {**{name: shorten(name, value) for name, value in rest.items()}, **written}


def _taken(config: dict[str, Any], path: str) -> Any:
    """Take what stands at `path` out of `config`, and the objects that this empties."""
    value = get(config, path)
    if value is MISSING:
        return MISSING
    parents = path.split(".")
    place = ".".join(parents[:-1])
    cast("dict[str, Any]", get(config, place)).pop(parents[-1])
    while place and get(config, place) == {}:
        place, _, last = place.rpartition(".")
        holder = get(config, place) if place else config
        cast("dict[str, Any]", holder).pop(last)
    return value
