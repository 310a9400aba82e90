"""What no file may hold: credentials of tools and sessions, and a stored prompt's variables.

A session's own log never has the first; another tool's may. The variables are the author's
own values, put into a prompt that is not kept either, and nobody can tell which are secret.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from realtime_nb.client.redaction import is_credential
from realtime_nb.protocol.config.units import HIDDEN, SERVER_URL, hide_in_url

_EPHEMERAL: Final = frozenset({"client_secret", "ephemeral_key"})
_VARIABLES: Final = "variables"
_DEEPEST: Final = 16
_KEY: Final = re.compile(rb"\b(?:sk-|ek_)[\w-]{16,}")
# What holds a config; events without any of them are many.
_HOLDERS: Final = frozenset({"session", "response", "tools", "prompt"})


def without_secrets(data: dict[str, Any]) -> dict[str, Any]:
    """Return an event's or a session's data with a word in place of each secret.

    Parameters
    ----------
    data
        As parsed; returned itself when it holds none, and never changed.
    """
    return cast("dict[str, Any]", _clean(data, 0)) if _HOLDERS & data.keys() else data


def blot_keys(text: bytes) -> bytes:
    """Return JSON with a word in place of what looks like a service's key, wherever it stands."""
    # Base64 has neither of the two signs; what has is looked at more closely.
    return _KEY.sub(HIDDEN.encode(), text) if b"sk-" in text or b"ek_" in text else text


def _clean(value: Any, depth: int, *, tool: bool = False) -> Any:
    if depth > _DEEPEST:
        return value
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        cleaned = [_clean(entry, depth + 1, tool=tool) for entry in entries]
        same = all(one is other for one, other in zip(cleaned, entries, strict=True))
        return entries if same else cleaned
    if not isinstance(value, dict):
        return value
    told = cast("dict[str, Any]", value)
    found = {
        name: _hidden(name, part)
        if _secret(name, part, told, tool=tool)
        else _inside(name, part, depth)
        for name, part in told.items()
    }
    return told if all(found[name] is part for name, part in told.items()) else found


def _inside(name: str, part: Any, depth: int) -> Any:
    return _clean(part, depth + 1, tool=name == "tools")


def _secret(name: str, part: Any, holder: dict[str, Any], *, tool: bool) -> bool:
    if not part:
        return False
    if name in _EPHEMERAL:
        return True
    if name == _VARIABLES:
        return "id" in holder and isinstance(part, dict)  # of a stored prompt
    of_tool = tool or holder.get("type") == "mcp"
    return of_tool and (is_credential(name) or (name == SERVER_URL and hide_in_url(part) != part))


def _hidden(name: str, part: Any) -> Any:
    if name == SERVER_URL:
        return hide_in_url(part)
    if isinstance(part, dict):
        return dict.fromkeys(cast("dict[str, Any]", part), HIDDEN)
    return HIDDEN
