"""What is otherwise where the sound of a session runs on a call, and not through the kernel.

The page hears and is heard by itself; what comes here is a copy, to be kept. Nothing is sent up,
nothing is played, and nothing is cut: the service knows what was heard. A call belongs to the
page that made it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.bridge.frames import ANSWER, MICROPHONE, Frame
from realtime_nb.bridge.rtc import LEFT

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.rtc import RtcPeer
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event

Side: TypeAlias = Literal["input", "output"]

ELSEWHERE: Final = (
    "The sound of this call runs elsewhere: speak where it does; here you can read, type and stop."
)
OTHERS: Final = (
    "The WebRTC call belongs to the page that made it: speak there, or run the cell again with "
    "--restart to call from this page."
)
UNHELD: Final = (
    "On a call the sound does not pass through the kernel: an answer that a guard would hold is "
    "heard at once, and a guard can only stop it."
)

OVER: Final = "the call has ended: run the cell again to call anew"
OVER_ELSEWHERE: Final = "the call has ended"

_SIDES: Final[dict[Side, int]] = {"input": MICROPHONE, "output": ANSWER}


class OnCall:
    """Keeps a call's sound, and stops it.

    Parameters
    ----------
    session
        The session.
    peer
        The page's call; None where the call runs elsewhere, or there is none.
    pages
        Which know who the owner is.
    announcer
        The way to the pages.

    Attributes
    ----------
    refused_frames
        Frames that could not be read.
    ended
        Why the call is over where that was not our doing, else ``""``.
    """

    def __init__(
        self,
        session: RealtimeSession,
        peer: RtcPeer | None,
        pages: Pages,
        announcer: Announcer,
    ) -> None:
        self._session = session
        self._peer = peer
        self._announcer = announcer
        self._clock = PageClock(session.now_ms)
        self._sounding: Any = None
        self._warned = False
        self._state = ""
        self.refused_frames = 0
        self.ended = ""
        if peer is not None:
            peer.attach(announcer, pages)
            peer.on_closed(self._closed)

    @property
    def sound_elsewhere(self) -> bool:
        """Whether the session's sound runs on a call."""
        return not self._session.transport.carries_audio

    def held_by_another(self, client: str) -> bool:
        """Whether there is a call, and it is another page's."""
        holder = None if self._peer is None else self._peer.client
        return holder not in (None, client)

    def refusal(self, client: str) -> str | None:
        """Return why a page's microphone is not wanted, None when it is."""
        if not self.sound_elsewhere:
            return None
        if self._peer is None:
            return ELSEWHERE
        return None if self._peer.client == client else OTHERS

    def say_others(self, client: str) -> None:
        """Tell a page that the call is another's."""
        self._announcer.to(client, {"kind": "notice", "level": "info", "text": OTHERS})

    def take(self, side: Side, data: bytes | memoryview) -> None:
        """Keep one frame of what the page sent or heard; a bad one is counted and dropped."""
        try:
            frame = Frame.unpack(data)
        except ValueError:
            self.refused_frames += 1
            return
        if frame.kind != _SIDES[side] or not frame.pcm or not math.isfinite(frame.t_ms):
            self.refused_frames += 1
            return
        t_ms = self._clock.place(frame.t_ms, frame.duration_ms)
        self._session.record(side, frame.pcm, t_ms)

    def event(self, event: Event) -> None:
        """Note what a received event says of the sound on its way to the ear."""
        if event.type == "output_audio_buffer.started":
            self._sounding = event.get("response_id") or True
        elif event.type in ("output_audio_buffer.stopped", "output_audio_buffer.cleared"):
            self._sounding = None

    def sounds(self, response_id: str) -> bool:
        """Whether a response is being heard."""
        return self._sounding == response_id

    def state(self, state: str) -> None:
        """Note a state of the session: one that closes without our closing it was hung up."""
        if self._state == "open" and state == "closed" and self.sound_elsewhere:
            self.ended = self.ended or (OVER_ELSEWHERE if self._peer is None else OVER)
        self._state = state

    def hush(self) -> None:
        """Have what is being heard stop: at the service, and in the page."""
        # A page that is hushed for nothing may be so when the next answer has begun.
        if not self.sound_elsewhere or self._sounding is None:
            return
        if self._peer is not None:
            self._peer.hush()
        if self._session.state == "open":
            # Asking for the outcome takes it: nobody waits for it.
            call = self._session.send({"type": "output_audio_buffer.clear"})
            call.add_done_callback(lambda done: done.exception())

    def unheld(self, notice: Callable[[str, str], None]) -> None:
        """Say once that no answer can be held back here, where that is so."""
        if self.sound_elsewhere and not self._warned:
            self._warned = True
            notice("warning", UNHELD)

    def left(self, client: str) -> bool:
        """Note that a page was left; return whether another word for the end is to be shown."""
        if self._peer is None:
            return False
        self._peer.left(client)
        # A service may have missed the page before the page itself was heard.
        late = self.ended == OVER and self._peer.held(client)
        if late:
            self.ended = LEFT
        return late

    def end(self) -> None:
        """Hang up in the page."""
        if self._peer is not None:
            self._peer.hang_up()

    def _closed(self, why: str) -> None:
        self.ended = why


class PageClock:
    """From a page's clock to the session's.

    A frame is here a little after its end, and never before it, so the smallest difference seen
    is the truest.

    Parameters
    ----------
    now_ms
        The session's clock, in milliseconds.
    """

    def __init__(self, now_ms: Callable[[], float]) -> None:
        self._now_ms = now_ms
        self._difference_ms = math.inf

    def place(self, t_ms: float, duration_ms: float) -> float:
        """Return where a frame that has just come begins on the session's clock.

        Parameters
        ----------
        t_ms
            Where it begins on the page's clock.
        duration_ms
            How long it sounds.
        """
        difference = self._now_ms() - (t_ms + duration_ms)
        self._difference_ms = min(self._difference_ms, difference)
        return t_ms + self._difference_ms
