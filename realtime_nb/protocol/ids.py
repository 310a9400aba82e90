"""Identifiers as the service makes them: a prefix and random base62 characters."""

from __future__ import annotations

import secrets
import string

_BASE62 = string.digits + string.ascii_letters
_DEFAULT_LENGTH = 21
_LENGTHS = {"call": 16}


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as ``item_`` and 21 base62 characters.

    The lengths are those seen on the wire: 21 for events, sessions, items, responses
    and conversations, 16 for the ``call_`` of a function call.
    """
    length = _LENGTHS.get(prefix, _DEFAULT_LENGTH)
    return f"{prefix}_{''.join(secrets.choice(_BASE62) for _ in range(length))}"
