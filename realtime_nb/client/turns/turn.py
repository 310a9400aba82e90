"""A response we asked for, and how it is recognised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.protocol.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.turns.response import Response
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.events import Event

METADATA_KEY: Final = "realtime_nb_call"
"""Key of the metadata that a response of ours carries; the service echoes it."""

ACTIVE_CODE: Final = "conversation_already_has_active_response"
"""The code of the error for a response that is to begin beside another one."""

AGAIN_KEY: Final = "realtime_nb_again"
"""Key of the metadata of a response that is asked for because the session was lost before."""

# The service takes 16 pairs of metadata; a 17th would have the request refused.
_METADATA_PAIRS: Final = 16


class Timer(Protocol):
    """What `later` returns."""

    def cancel(self) -> object:
        """Do not call any more."""
        ...


@dataclass(eq=False, slots=True)
class Turn:
    """A response we asked for, from the request to its end.

    Attributes
    ----------
    key
        What we find it again by.
    event
        The `response.create` to send.
    out_of_band
        Whether it is outside the default conversation.
    resolve, reject
        One of them is called, once.
    wanted
        Whether anybody waits for it still.
    response_id
        Known from `response.created` on.
    by_order
        Whether the response was matched by its place only, and may be another one.
    event_id
        Id of the last event that asked for it.
    attempts
        How often it was sent.
    settled
        Whether its outcome is known, or no longer asked for.
    unwanted
        Whether it is to be cancelled as soon as it begins.
    again
        Whether it was sent to a session that was lost, and is for the next one.
    timer
        Runs while the service is to begin it.
    deltas
        What has arrived of it.
    """

    key: str
    event: dict[str, Any]
    out_of_band: bool
    resolve: Callable[[Response], None]
    reject: Callable[[RealtimeError], None]
    wanted: Callable[[], bool]
    response_id: str | None = None
    by_order: bool = False
    event_id: str = ""
    attempts: int = 0
    settled: bool = False
    unwanted: bool = False
    again: bool = False
    timer: Timer | None = None
    deltas: list[Event] = field(default_factory=list["Event"])

    @classmethod
    def of(
        cls,
        overrides: Mapping[str, Any],
        resolve: Callable[[Response], None],
        reject: Callable[[RealtimeError], None],
        wanted: Callable[[], bool],
    ) -> Turn:
        """Make a request of the fields of ``response.create``'s ``response``."""
        key = new_id("call")
        metadata: dict[str, Any] = dict(overrides.get("metadata") or {})
        if len(metadata) < _METADATA_PAIRS:
            metadata[METADATA_KEY] = key
        event = {"type": "response.create", "response": {**overrides, "metadata": metadata}}
        out_of_band = overrides.get("conversation") == "none"
        return cls(key, event, out_of_band, resolve, reject, wanted)

    def is_in(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a response with this metadata is the one asked for."""
        sent: dict[str, Any] = self.event["response"]["metadata"]
        # Where there was no room for the key, all sixteen pairs of the user must agree.
        return metadata.get(METADATA_KEY) == self.key if METADATA_KEY in sent else metadata == sent
