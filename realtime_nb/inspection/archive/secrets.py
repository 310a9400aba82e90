"""What no file may hold: credentials of tools and sessions, and a stored prompt's variables.

A session's own log never has the first; another tool's may. The variables are the author's
own values, put into a prompt that is not kept either, and nobody can tell which are secret.
What they are is told by `realtime_nb.protocol.credentials`.
"""

from __future__ import annotations

from typing import Any, Final, cast

from realtime_nb.protocol.credentials import hide_fields, hide_keys, is_credential

__all__ = ["blot_keys", "without_secrets"]

# What holds a config; events without any of them are many.
_HOLDERS: Final = frozenset({"client_secret", "item", "prompt", "response", "session", "tools"})

blot_keys = hide_keys


def without_secrets(data: dict[str, Any]) -> dict[str, Any]:
    """Return an event's or a session's data with a word in place of each secret.

    Parameters
    ----------
    data
        As parsed; returned itself when it holds none, and never changed.
    """
    if _HOLDERS.isdisjoint(data) and not any(map(is_credential, data)):
        return data
    return cast("dict[str, Any]", hide_fields(data))
