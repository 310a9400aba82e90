"""The practice phone's end of a call: its socket carries the sound, both ways."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import orjson

from realtime_nb.server.phone.playout import Playout

if TYPE_CHECKING:
    from collections.abc import Awaitable

Json = dict[str, Any]

# Ten seconds of frames that the phone did not read: it is not there any more.
_MOST_UNREAD: Final = 500


class PhoneSocket(Protocol):
    """The phone's socket, as tornado has it."""

    def write_message(self, message: str | bytes, binary: bool = ...) -> Awaitable[None]:  # noqa: FBT001 -- tornado's signature
        """Send; the future is done when the system took it."""
        ...

    def close(self, code: int | None = ..., reason: str | None = ...) -> None:
        """Say goodbye."""
        ...


class PhoneLeg:
    """Plays to the phone from the moment the call is accepted; tells it what becomes of the call.

    Parameters
    ----------
    socket
        The phone's.
    """

    kind: Literal["phone"] = "phone"

    def __init__(self, socket: PhoneSocket) -> None:
        self._socket = socket
        self._playout = Playout(self._send_sound)
        self._unread = 0
        self._over = False

    @property
    def over(self) -> bool:
        """Whether the phone was told how the call ended."""
        return self._over

    def start(self) -> None:
        """Begin to carry sound."""
        self.tell("phone.accepted")
        self._playout.start()

    def play(self, pcm: bytes) -> None:
        """Queue sound, PCM16 at 24 kHz."""
        self._playout.play(pcm)

    def clear(self) -> None:
        """Drop what was not played yet."""
        self._playout.clear()

    @property
    def played_ms(self) -> float:
        """How much of all that was given was played, in ms."""
        return self._playout.played_ms

    async def refer(self, target_uri: str) -> None:
        """Tell the phone to call elsewhere."""
        self.finish("phone.referred", target_uri)

    async def close(self, reason: str) -> None:
        """Hang up on the phone."""
        self.finish("phone.ended", reason)

    def finish(self, kind: str, detail: str) -> None:
        """Tell the phone how the call ended, once, and close its socket."""
        if self._over:
            return
        self._playout.stop()
        self.tell(kind, detail=detail)
        self._over = True
        self._socket.close(1000, "")

    def tell(self, kind: str, **fields: str) -> None:
        """Send the phone a message."""
        self._write(orjson.dumps({"type": kind, **fields}).decode(), binary=False)

    def _send_sound(self, frame: bytes) -> None:
        if self._unread < _MOST_UNREAD:
            self._write(frame, binary=True)

    def _write(self, message: str | bytes, *, binary: bool) -> None:
        if self._over:
            return
        with contextlib.suppress(Exception):  # the phone is gone; its handler hangs up
            sending = asyncio.ensure_future(self._socket.write_message(message, binary=binary))
            self._unread += 1
            sending.add_done_callback(self._written)

    def _written(self, sending: asyncio.Future[None]) -> None:
        self._unread -= 1
        if not sending.cancelled():
            sending.exception()  # looked at: nothing is reported for a phone that is gone
