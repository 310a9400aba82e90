"""Server events on their way out: type first, then a fresh event_id, then the rest."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

_BASE62: Final = string.digits + string.ascii_letters
_COUNTER = 7  # characters: enough for 3.5e12 events


class Emitter:
    """Makes events and hands them on.

    Parameters
    ----------
    sink
        Takes each finished event; must neither block nor raise.
    """

    def __init__(self, sink: Callable[[Json], None]) -> None:
        self._sink = sink
        # 21 characters as on the wire: random for the session, counting within it. One
        # id costs a fraction of drawing every character anew, and deltas are many.
        self._prefix = new_id("event")[:-_COUNTER]
        self._count = 0

    def __call__(self, type_: str, **fields: Any) -> None:
        """Emit one event."""
        self._count += 1
        self._sink({"type": type_, "event_id": self._prefix + _digits(self._count), **fields})


def obfuscation() -> str:
    """Return the random padding of text-like deltas: 11 to 14 characters."""
    return secrets.token_urlsafe(10)[: 11 + secrets.randbelow(4)]


def _digits(number: int) -> str:
    digits = ""
    for _ in range(_COUNTER):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
