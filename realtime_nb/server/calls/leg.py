"""Where a call's sound goes and comes from, and what rings before there is such a thing.

Whoever brings a way for sound (WebRTC, SIP, the practice phone) implements these; a `Call`
knows nothing else of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from realtime_nb.server.calls.call import Call

LegKind: TypeAlias = Literal["webrtc", "sip", "phone"]


class MediaLeg(Protocol):
    """The sound of one call. What the caller says goes to `Call.hear` and `Call.dtmf`.

    When the far side ends the call, the leg calls `Call.hang_up`, which calls `close`.
    """

    @property
    def kind(self) -> LegKind:
        """What carries the sound."""
        ...

    @property
    def played_ms(self) -> float:
        """How much of all that was given to `play` has sounded, at real time.

        What was cleared never counts.
        """
        ...

    def play(self, pcm: bytes) -> None:
        """Queue sound, PCM16 24 kHz mono; may run ahead of real time by a minute."""
        ...

    def clear(self) -> None:
        """Drop what is not played yet."""
        ...

    async def close(self, reason: str) -> None:
        """End the call at the far side and free everything; may be called again.

        Must not wait for a task that may have called `Call.hang_up` itself.

        Parameters
        ----------
        reason
            One line, for people.
        """
        ...


@runtime_checkable
class Transferable(Protocol):
    """A leg that can be sent elsewhere; a leg without `refer` cannot."""

    async def refer(self, target_uri: str) -> None:
        """Send the caller to another place.

        Parameters
        ----------
        target_uri
            ``tel:`` or ``sip:``, checked.
        """
        ...


class Ringing(Protocol):
    """A caller who waits to be accepted: a SIP INVITE, the practice phone."""

    @property
    def kind(self) -> LegKind:
        """What will carry the sound."""
        ...

    async def answer(self, call: Call) -> MediaLeg:
        """Take the call up and return its sound.

        Raises
        ------
        ConnectionError
            When the caller is gone.
        """
        ...

    async def decline(self, status_code: int) -> None:
        """Turn the caller away; may be called when the caller is gone already.

        Parameters
        ----------
        status_code
            Of SIP: 603 for a refusal, 480 when nobody answered, 487 when the call was ended.
        """
        ...
