"""Answers that a service begins by itself although it was told not to: held, or stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.client.turns.turn import METADATA_KEY
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.guards.guarding import Speaker
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event

GRACE_S: Final = 1.0
"""How long such an answer may wait for the turn that it is to."""


class OwnAnswers:
    """Holds what nobody asked for; everything here runs on the session's loop.

    Parameters
    ----------
    session
        Which knows what was asked for.
    speaker
        What plays answers.
    loop
        The session's loop.
    expected
        Whether a turn is under way, or waits for its verdict: then the answer may be to it.
    """

    def __init__(
        self,
        session: RealtimeSession,
        speaker: Speaker,
        loop: BackgroundLoop,
        expected: Callable[[], bool],
    ) -> None:
        self._session = session
        self._speaker = speaker
        self._loop = loop
        self._expected = expected
        self._held: dict[str, None] = {}
        self._raw = 0

    @property
    def waiting(self) -> bool:
        """Whether any waits for a verdict."""
        return bool(self._held)

    def sent(self, event: Event) -> None:
        """Note a `response.create` of the author's own, sent as it is."""
        asked = as_object(event.get("response"))
        ours = METADATA_KEY in as_object(asked.get("metadata"))
        if not ours and asked.get("conversation") != "none":
            self._raw += 1

    def begun(self, event: Event) -> None:
        """Take a `response.created`: nothing of it is heard before it is known whose it is."""
        response_id = event.get("response.id")
        if response_id not in self._session.conversation.open_response_ids:
            return
        if response_id in self._held:
            return  # told twice
        self._speaker.hold(response_id)
        self._held[response_id] = None
        # The session knows whose it is after its listeners.
        self._loop.loop.call_soon(self._whose, response_id)

    def let_go(self) -> None:
        """Let all be heard: what they answer has passed."""
        for response_id in list(self._held):
            self._release(response_id)

    def stop(self, note: str) -> None:
        """Stop all: what they answer was vetoed."""
        for response_id in list(self._held):
            self._silence(response_id, note)

    def _whose(self, response_id: str) -> None:
        if response_id not in self._held:
            return
        if self._session.asked_for(response_id):
            self._release(response_id)
        elif self._raw:
            self._raw -= 1
            self._release(response_id)
        else:
            self._loop.loop.call_later(GRACE_S, self._unclaimed, response_id)

    def _unclaimed(self, response_id: str) -> None:
        if response_id in self._held and not self._expected():
            self._silence(
                response_id, "stopped: the service began it by itself, and no turn has passed"
            )

    def _release(self, response_id: str) -> None:
        if response_id in self._held:
            del self._held[response_id]
            self._speaker.release(response_id)

    def _silence(self, response_id: str, note: str) -> None:
        self._held.pop(response_id, None)
        self._speaker.stop(response_id, note)
