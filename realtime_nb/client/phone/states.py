"""What may become of a call, and what may be done with it in each state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

CallState: TypeAlias = Literal[
    "ringing", "accepting", "active", "rejected", "referred", "ended", "failed"
]
"""
``ringing``
    Nobody has decided yet.
``accepting``
    The service is being told; the talk begins.
``active``
    Accepted: the caller is answered.
``rejected``, ``referred``
    By us.
``ended``
    Hung up by either side, or given up before it was accepted.
``failed``
    Accepted, and the sideband could not be joined; or interrupted while it was accepted.
"""

Action: TypeAlias = Literal["accept", "reject", "refer", "hang_up"]

OVER: Final = frozenset({"rejected", "referred", "ended", "failed"})
"""States after which nothing happens any more."""

ALLOWED: Final[Mapping[str, frozenset[CallState]]] = {
    "accept": frozenset({"ringing"}),
    "reject": frozenset({"ringing"}),
    "refer": frozenset({"active"}),
    "hang_up": frozenset({"active", "accepting", "failed"}),
}
"""The states in which each action is possible."""

INSTEAD: Final[Mapping[str, str]] = {
    "ringing": "it rings still: accept() or reject() it",
    "accepting": "it is being accepted",
    "active": "it is accepted already: refer() it or hang_up()",
    "rejected": "it was rejected",
    "referred": "it was referred to somebody else",
    "ended": "it has ended",
    "failed": "it failed: hang_up() ends it where the service has it still",
}
"""What to say of a call in each state to who asks for what cannot be."""
