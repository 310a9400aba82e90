"""A SIP call as the desk of calls sees it: first it rings, then it carries sound."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

from realtime_nb.server.sip import sdp
from realtime_nb.server.sip.dialog import Events
from realtime_nb.server.sip.media import RtpPort, Sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.sip.dialog import Dialog

# Of a caller who describes the sound with the ACK only: until then it is sent nowhere.
_NOT_YET: Final = sdp.Media("127.0.0.1", 0, "PCMU", 0, sdp.DEFAULT_KEYS_PAYLOAD, (), 0)
_KEYS: Final = frozenset("0123456789*#ABCD")
_ACCEPTED: Final = range(200, 300)
_NO_ANSWER: Final = 408


class SipRinging:
    """An INVITE that waits to be accepted.

    Parameters
    ----------
    dialog
        Its signalling.
    media
        What it offers; None when it leaves the offer to us.
    host
        Where we listen for sound.
    end
        Ends a call without being waited for.
    """

    kind: Literal["sip"] = "sip"

    def __init__(
        self,
        dialog: Dialog,
        media: sdp.Media | None,
        host: str,
        end: Callable[[Call, str], object],
    ) -> None:
        self._dialog = dialog
        self._media = media
        self._host = host
        self._end = end

    async def answer(self, call: Call) -> SipLeg:
        """Take the call up and return its sound.

        Raises
        ------
        ConnectionError
            When the caller has given up.
        """
        port = RtpPort(self._host)
        sound = Sound(port, self._media or _NOT_YET, call)
        try:
            await sound.start()
        except BaseException:  # who accepted may be gone; the port must not be kept
            sound.close()
            raise
        if self._dialog.state != "proceeding":
            sound.close()
            raise ConnectionError("the caller hung up")
        if self._media is None:
            description = sdp.offer(self._host, port.port)
        else:
            description = sdp.answer(self._host, port.port, self._media)
        leg = SipLeg(self._dialog, sound, description, call, self._end)
        self._dialog.accept(description)
        return leg

    async def decline(self, status_code: int) -> None:
        """Turn the caller away."""
        self._dialog.decline(status_code)


class WaitingEvents(Events):
    """What happens to a call that rings.

    Parameters
    ----------
    call, end
        As of `SipRinging`.
    """

    def __init__(self, call: Call, end: Callable[[Call, str], object]) -> None:
        self._call = call
        self._end = end

    def ended(self, reason: str) -> None:
        """End the call."""
        self._end(self._call, reason)


class SipLeg(WaitingEvents):
    """The sound of an accepted call, and what its caller does."""

    kind: Literal["sip"] = "sip"

    def __init__(
        self,
        dialog: Dialog,
        sound: Sound,
        description: bytes,
        call: Call,
        end: Callable[[Call, str], object],
    ) -> None:
        super().__init__(call, end)
        self._dialog = dialog
        self._sound = sound
        self._description = description
        dialog.events = self

    # -- for the desk

    @property
    def played_ms(self) -> float:
        """How much of all that was given was played, in ms."""
        return self._sound.playout.played_ms

    def play(self, pcm: bytes) -> None:
        """Queue sound, PCM16 at 24 kHz."""
        self._sound.playout.play(pcm)

    def clear(self) -> None:
        """Drop what was not played yet."""
        self._sound.playout.clear()

    async def refer(self, target_uri: str) -> None:
        """Send the caller elsewhere.

        Raises
        ------
        ConnectionError
            When its telephone does not do it; the text says what it answered.
        """
        if self._dialog.state not in {"answered", "confirmed"}:
            raise ConnectionError("the caller is gone")
        status = await self._dialog.ask("REFER", [("Refer-To", f"<{target_uri}>")])
        if status not in _ACCEPTED:
            said = "nothing" if status == _NO_ANSWER else str(status)
            raise ConnectionError(f"the caller's telephone answered {said}")

    async def close(self, reason: str) -> None:  # noqa: ARG002 -- SIP has no words for it
        """Hang up; the telephone's answer to that is not waited for."""
        self._sound.close()
        self._dialog.hang_up()

    # -- what the caller does

    def confirmed(self, body: bytes) -> None:
        """Learn where the sound goes, when the ACK says it."""
        if body:
            self.offered(body)

    def offered(self, body: bytes) -> bytes | None:
        """Go on with what is described anew; return our description of it."""
        if not body:
            return self._description
        try:
            media = sdp.read(body)
        except sdp.Unacceptable:
            return None
        self._sound.aim(media)
        return sdp.answer(self._dialog.peer.host, self._sound.port, media)

    def informed(self, body: bytes) -> None:
        """Take a key that comes as ``application/dtmf-relay``."""
        for line in body.decode("utf-8", "replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip().lower() == "signal" and value.strip().upper() in _KEYS:
                self._call.dtmf(value.strip().upper())


def hanging_up(endings: set[asyncio.Future[None]]) -> Callable[[Call, str], None]:
    """Return what ends a call without being waited for.

    Parameters
    ----------
    endings
        Holds those that are under way.
    """

    def end(call: Call, reason: str) -> None:
        ending = asyncio.ensure_future(call.hang_up(reason))
        endings.add(ending)
        ending.add_done_callback(endings.discard)

    return end
