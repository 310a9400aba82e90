"""A call: one session, one media leg, any number of links that see its events."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.calls.participant import Participant
from realtime_nb.server.calls.playback import Playback
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from realtime_nb.server.calls.leg import LegKind, MediaLeg
    from realtime_nb.server.calls.session import CallSession
    from realtime_nb.server.config.config import SessionKind
    from realtime_nb.server.connection import Exits

Json = dict[str, Any]
CallState: TypeAlias = Literal["ringing", "connecting", "active", "ended"]

_log = logging.getLogger(__name__)

MOST_LINKS: Final = 8
NORMAL_CLOSE: Final = 1000
# Sound of the caller that waits for the session, in bytes: 30 s. Then the oldest is dropped:
# the line goes on at real time whatever the recogniser does.
MOST_UNHEARD: Final = 30 * 48_000
# Keys that the caller pressed before anybody had joined.
_KEYS_KEPT: Final = 64
# So long the links may take to be told of the end before the leg is closed.
_FAREWELL_S: Final = 1.0
# So long the leg may take to say goodbye; then the call is over without.
_GOODBYE_S: Final = 5.0
_REASON: Final = 120  # bytes that a close frame's reason may have

_sender: ContextVar[Participant | None] = ContextVar("sender", default=None)


class SessionMaker(Protocol):
    """Makes a call's session."""

    def __call__(  # noqa: PLR0913 -- a session's ways in and out, each by name
        self,
        sink: Callable[[Json], None],
        *,
        kind: SessionKind,
        updates: Sequence[Json],
        gate: Callable[[], Awaitable[None]],
        on_over: Callable[[int, str], None],
        on_interrupt: Callable[[], None],
        on_clear: Callable[[], None],
    ) -> CallSession:
        """Return a session that has not started."""
        ...


class Call:
    """A call.

    Parameters
    ----------
    make_session
        Makes its session when it is begun.
    on_ended
        Called once, when it has ended.
    headers, media_security, kind
        What is known of the caller; the headers are untrusted text.

    Attributes
    ----------
    id : str
        ``rtc_...``.
    state : str
        ``ringing``, ``connecting``, ``active`` or ``ended``.
    ended_because : str
        One line; empty while it goes on.
    """

    def __init__(
        self,
        make_session: SessionMaker,
        on_ended: Callable[[Call], None],
        *,
        kind: LegKind,
        headers: Sequence[tuple[str, str]] = (),
        media_security: Literal["rtp", "srtp"] | None = None,
    ) -> None:
        self.id = new_id("rtc")
        self.state: CallState = "ringing"
        self.kind: LegKind = kind
        self.headers = tuple(headers)
        self.media_security: Literal["rtp", "srtp"] | None = media_security
        self.created_at = int(time.time())
        self.ended_because = ""
        self.leg: MediaLeg | None = None
        self._make_session = make_session
        self._on_ended = on_ended
        self._session: CallSession | None = None
        self._playback: Playback | None = None
        self._links: list[Participant] = []
        self._was_joined = False
        self._early_keys: deque[Json] = deque(maxlen=_KEYS_KEPT)
        self._started = False
        self._turn = asyncio.Lock()  # one frame or one piece of sound at a time
        self._unheard: deque[bytes] = deque()
        self._unheard_size = 0
        self._sound_came = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: asyncio.Task[None] | None = None

    def begin(self, leg: MediaLeg, kind: SessionKind, updates: Sequence[Json]) -> None:
        """Give the call its sound and its session; the state becomes ``connecting``.

        Parameters
        ----------
        leg
            Its media leg.
        kind
            Of the session.
        updates
            Checked session updates that are in force from the beginning.

        Raises
        ------
        WireError
            When the call has ended meanwhile; the leg is left as it is.
        """
        self._check_alive()
        self._session = self._make_session(
            self._take,
            kind=kind,
            updates=updates,
            gate=self._room,
            on_over=self._on_over,
            on_interrupt=lambda: self._playback and self._playback.interrupt(),
            on_clear=lambda: self._playback and self._playback.clear(),
        )
        self.leg = leg
        self.state = "connecting"
        self._playback = Playback(leg, self._session.emit, self._session.cut)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._playback.run()), loop.create_task(self._listen())]

    def connected(self) -> None:
        """Learn that the leg carries sound: the call is ``active``."""
        if self.state == "connecting":
            self.state = "active"
            self._start()

    async def hear(self, pcm: bytes) -> None:
        """Take the caller's sound; never waits for the session.

        Parameters
        ----------
        pcm
            PCM16 24 kHz mono.
        """
        if self._session is None or self.state == "ended":
            return  # nobody hears who was not taken up yet
        self._unheard.append(pcm)
        self._unheard_size += len(pcm)
        while self._unheard_size > MOST_UNHEARD:
            self._unheard_size -= len(self._unheard.popleft())
        self._sound_came.set()

    def dtmf(self, digit: str) -> None:
        """Tell the links of a key that the caller pressed: ``0`` to ``9``, ``*``, ``#``, A to D.

        Who accepts a call joins it a moment later: what is pressed in between waits for the first.
        """
        event: Json = {
            "type": "input_audio_buffer.dtmf_event_received",
            "event": digit,
            "received_at": int(time.time()),
        }
        if self._was_joined:
            self._tell(event)
        elif self._session is not None:
            self._early_keys.append(event)

    def attach(self, exits: Exits, *, own: bool = False) -> Participant:
        """Return a share in the call for one more link; its `start` joins.

        Parameters
        ----------
        exits
            Where its events go.
        own
            Whether it is the caller's own link, which finds a place also among sidebands that
            were there first.

        Raises
        ------
        WireError
            When the call was not accepted, has ended, or has as many links as it takes.
        """
        if own:
            self._check_alive()
        else:
            self.check_joinable()
        return Participant(self, exits)

    def check_joinable(self) -> None:
        """Raise `WireError` when no link can join."""
        self._check_alive()
        if self._session is None:
            raise WireError(
                f"The call {self.id} was not accepted yet: accept it first.",
                code="call_not_accepted",
            )
        if len(self._links) >= MOST_LINKS:
            raise WireError(
                f"The call {self.id} has {MOST_LINKS} connections already.",
                code="rate_limit_exceeded",
            )

    def _check_alive(self) -> None:
        if self.state == "ended":
            raise WireError(f"The call {self.id} has ended.", code="call_id_not_found")

    async def hang_up(self, reason: str) -> None:
        """End the call, whatever it is doing; returns when everything is freed.

        Parameters
        ----------
        reason
            One line, for people.
        """
        await asyncio.shield(self._end(NORMAL_CLOSE, reason))

    def join(self, link: Participant) -> None:
        """Let a link see the events; see `attach`."""
        if self._session is None or self.state == "ended":
            link.dismiss(NORMAL_CLOSE, self.ended_because)
            return
        self._links.append(link)
        if self._started:
            created = {"type": "session.created", "event_id": new_id("event")}
            link.tell({**created, "session": self._session.to_wire()})
        else:
            self._start()
        self._was_joined = True
        while self._early_keys:
            link.tell(self._early_keys.popleft())

    def leave(self, link: Participant) -> None:
        """Forget a link; the call goes on."""
        if link in self._links:
            self._links.remove(link)

    async def handle(self, frame: str | bytes, link: Participant) -> None:
        """Take a link's frame; what is refused is told to this link only."""
        if self._session is None:
            return
        async with self._turn:
            token = _sender.set(link)
            try:
                await self._session.handle(frame)
            finally:
                _sender.reset(token)

    def _start(self) -> None:
        if not self._started and self._session is not None:
            self._started = True
            self._session.start()

    async def _room(self) -> None:
        if self._playback is not None:
            await self._playback.room()

    async def _listen(self) -> None:
        while True:
            while not self._unheard:
                self._sound_came.clear()
                await self._sound_came.wait()
            pcm = b"".join(self._unheard)
            self._unheard.clear()
            self._unheard_size = 0
            if self._session is not None:
                async with self._turn:
                    await self._session.hear(pcm)

    def _take(self, event: Json) -> None:
        """Pass an event of the session on."""
        sender = _sender.get()
        if event["type"] == "error" and sender is not None:
            sender.tell(event)
        elif self._playback is None or self._playback.take(event):
            self._tell(event)

    def _tell(self, event: Json) -> None:
        for link in list(self._links):
            link.tell(event)

    def _on_over(self, code: int, reason: str) -> None:
        """Learn that the session is over by itself."""
        self._end(code, reason)

    def _end(self, code: int, reason: str) -> asyncio.Task[None]:
        if self._closing is None:
            self.state = "ended"
            self.ended_because = reason
            self._closing = asyncio.get_running_loop().create_task(self._close(code, reason))
        return self._closing

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._part(code, reason)
            if self.leg is not None:
                async with asyncio.timeout(_GOODBYE_S):
                    await self.leg.close(reason)
        except Exception:  # noqa: BLE001 -- logged; the call has ended whatever its leg does
            _log.exception("a call did not end well")
        finally:
            self._on_ended(self)

    async def _part(self, code: int, reason: str) -> None:
        """End the session and its links."""
        links = list(self._links)
        short = reason.encode()[:_REASON].decode(errors="ignore")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._unheard.clear()
        if self._session is not None:
            await self._session.close()
        for link in links:
            link.dismiss(code, short)
        waiting = [asyncio.ensure_future(link.gone.wait()) for link in links]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=_FAREWELL_S)
            for one in late:
                one.cancel()
