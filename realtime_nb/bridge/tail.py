"""Silence after the microphone is switched off, for as long as the service needs some.

A service hears the end of a sentence in the silence behind it, and a translation moves on
with the sound it is sent. Who switches the microphone off right after the last word would
otherwise wait for its transcript, answer or translation until it is switched on again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.restored.restored import LOST

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event

STEP_S: Final = 0.2
SPEECH_S: Final = 10.0
"""The longest silence for a sentence to end in; semantic turn detection may wait 8 s."""
TRANSLATION_S: Final = 5.0
"""How long a translation is moved on; it stays a few seconds behind."""

_STEP: Final = bytes(round(48_000 * STEP_S))  # PCM16 at 24 kHz
_ENDS: Final = frozenset(
    {
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "input_audio_buffer.cleared",
    }
)


class Tail:
    """Sends silence in real time until nothing waits for it any more.

    Parameters
    ----------
    session
        Whose state says whether silence is any use.
    loop
        The loop this runs on.
    send
        Sends PCM16 at 24 kHz to the session, in the format that it wants.
    """

    def __init__(
        self,
        session: RealtimeSession,
        loop: asyncio.AbstractEventLoop,
        send: Callable[[bytes], object],
    ) -> None:
        self._session = session
        self._loop = loop
        self._send = send
        self._speech = False
        self._left_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def event(self, event: Event) -> None:
        """Take one received event: it may begin or end what is being said."""
        if event.type in ("input_audio_buffer.speech_started", LOST):
            # While the connection is lost nobody tells that somebody speaks.
            self._speech = True
        elif event.type in _ENDS and self._speech:
            self._speech = False
            self.stop()

    def begin(self, kind: str) -> None:
        """Note that the microphone was switched off, in a session of `kind`."""
        self.stop()
        if kind == "translation":
            self._left_s = TRANSLATION_S
        elif self._speech:
            self._left_s = SPEECH_S
        else:
            return
        self._step()

    def stop(self) -> None:
        """Send no more: the microphone is on again, or nobody needs it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _step(self) -> None:
        self._timer = None
        if self._left_s <= 0 or self._session.state not in ("open", "restoring"):
            return
        self._left_s -= STEP_S
        self._send(_STEP)
        self._timer = self._loop.call_later(STEP_S, self._step)
