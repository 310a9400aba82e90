"""An open connection: events out and in, each of them logged."""

from __future__ import annotations

import base64
import inspect
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from realtime_nb.client.handlers import EVERY_EVENT, Handlers, TakesHandlers
from realtime_nb.client.kinds import APPEND, APPENDS
from realtime_nb.client.outgoing import Prepared, prepare
from realtime_nb.client.redaction import KnownSecrets
from realtime_nb.client.resources import (
    ConversationResource,
    InputAudioBufferResource,
    OutputAudioBufferResource,
    ResponseResource,
    SessionResource,
)
from realtime_nb.client.transport.wire import Wire
from realtime_nb.client.turns.ledger import server_error
from realtime_nb.errors import ConnectionLost, MalformedEvent
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType
    from typing import Self

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.client.reviewing import Reviewer
    from realtime_nb.client.transport.transports import AnyWire
    from realtime_nb.protocol.log.event_log import Record

_NORMAL: Final = (1000, 1001)


class Connection(TakesHandlers):
    """An open connection to a realtime service.

    Sends are bounded in bytes: while more than 1 MiB waits in the socket, `send` waits
    until it is below 256 KiB. One reader at a time.

    Parameters
    ----------
    wire
        The open WebSocket.
    endpoint
        Whose it is.
    log
        Where frames are logged; a fresh log when None.
    clock
        Milliseconds since the session's start; since now when None.
    append_type
        Type of the event that carries sound up.
    reviewer
        Looks at what `send` and `send_raw` send and what `recv` and iteration receive; None
        for nobody.
    handlers
        What `dispatch_events` calls.

    Attributes
    ----------
    session, response, input_audio_buffer, conversation, output_audio_buffer
        The client's events as methods, named as in the ``openai`` package.
    log
        Every frame sent and received.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        wire: AnyWire,
        endpoint: Endpoint,
        *,
        log: EventLog | None = None,
        clock: Callable[[], float] | None = None,
        append_type: str = APPEND,
        reviewer: Reviewer | None = None,
        handlers: Handlers | None = None,
    ) -> None:
        super().__init__(handlers or Handlers())
        self.log = EventLog() if log is None else log
        self.endpoint = endpoint
        self._wire = wire
        self._clock = clock or session_clock()
        self._secrets = KnownSecrets(endpoint)
        self._append_type = append_type
        self._reviewer = reviewer
        self.session = SessionResource(self)
        self.response = ResponseResource(self)
        self.input_audio_buffer = InputAudioBufferResource(self)
        self.conversation = ConversationResource(self)
        self.output_audio_buffer = OutputAudioBufferResource(self)

    # -- sending

    async def send(self, event: AnyEvent) -> None:
        """Send one event, as it is.

        Raises
        ------
        UsageError
            When it has no `type`, or holds what JSON cannot.
        ConnectionLost
            When the connection has ended.
        """
        ready = prepare(event)
        if self._reviewer is not None and ready.event.type not in APPENDS:
            self._reviewer.sending(ready.event.data)
        await self._wire.drained()
        try:
            self.post(ready)
        except ConnectionLost:
            # It may be closing just now: wait to know how.
            await self._wire.ended()
            raise self._wire.lost() from None

    async def send_raw(self, data: str) -> None:
        """Send a text frame that may hold anything; it is logged when it is an event."""
        try:
            event = Event.parse(data)
        except MalformedEvent:
            event = None
        if event is not None and self._reviewer is not None and event.type not in APPENDS:
            self._reviewer.sending(event.data)
        await self._wire.drained()
        self._wire.send(data)
        if event is not None:
            self._logged(event, len(data.encode()))

    def post(self, event: AnyEvent | Prepared) -> Record:
        """Send one event without waiting, however much waits already; return its record.

        Raises
        ------
        UsageError
            When it has no `type`, or holds what JSON cannot.
        ConnectionLost
            When the connection has ended.
        """
        ready = event if isinstance(event, Prepared) else prepare(event)
        self._wire.send(ready.frame.decode())
        return self._logged(ready.event, len(ready.frame))

    def post_audio(self, pcm: bytes) -> Record:
        """Send sound as one append event without waiting; return its record.

        Parameters
        ----------
        pcm
            Raw bytes in the session's input format (by default PCM16, little endian, mono,
            24 kHz).
        """
        audio = base64.b64encode(pcm).decode("ascii")
        # A template: base64 holds nothing that JSON would have to escape.
        frame = f'{{"type":"{self._append_type}","audio":"{audio}"}}'
        self._wire.send(frame)
        return self._logged(Event({"type": self._append_type, "audio": audio}), len(frame))

    def _logged(self, event: Event, size: int) -> Record:
        if event.type not in APPENDS:
            event = self._secrets.sent(event)
        return self.log.append("sent", event, t_ms=self._clock(), size=size)

    @property
    def writable(self) -> bool:
        """Whether less than 1 MiB waits in the socket."""
        return self._wire.writable

    @property
    def heard_s(self) -> float:
        """When the last byte came, on the loop's clock, in seconds; 0 where nobody notes it."""
        return self._wire.heard_s if isinstance(self._wire, Wire) else 0.0

    async def drained(self) -> None:
        """Wait until `writable`, or until the connection ends."""
        await self._wire.drained()

    def call_when_writable(self, callback: Callable[[], object] | None) -> None:
        """Have `callback` called whenever the socket takes frames again, or is gone."""
        self._wire.call_when_writable(callback)

    # -- receiving

    async def recv(self) -> Event:
        """Return the next event; cancelling loses nothing.

        Raises
        ------
        ConnectionLost
            When the connection has ended.
        MalformedEvent
            When the frame is no event; the connection stays usable.
        """
        return (await self.receive()).event

    async def recv_bytes(self) -> bytes:
        """Return the next frame unread and unlogged; `parse_event` reads it."""
        return await self._wire.receive()

    def parse_event(self, data: str | bytes) -> Event:
        """Return the event that a frame holds."""
        return Event.parse(data)

    async def receive(self) -> Record:
        """Return the record of the next event; as `recv`, with time and size."""
        record = self.read(await self._wire.receive())
        if self._reviewer is not None:
            self._reviewer.received(record.event)
        return record

    def read(self, frame: bytes) -> Record:
        """Log a frame that was received, and return its record.

        Raises
        ------
        MalformedEvent
            When the frame is no event.
        """
        event = Event.parse(frame)
        # A service that quotes a key must not bring it into log and notebook.
        event, kept = self._secrets.received(event, frame)
        record = self.log.append("received", kept, t_ms=self._clock(), size=len(frame))
        return record if kept is event else replace(record, event=event)

    def hand_over(self, callback: Callable[[bytes], object]) -> None:
        """Have `callback` called with frames as they come; see `Wire.hand_over`."""
        self._wire.hand_over(callback)

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield events until the connection is closed with code 1000 or 1001."""
        try:
            while True:
                yield await self.recv()
        except ConnectionLost as end:
            if end.code not in _NORMAL:
                raise

    async def dispatch_events(self) -> None:
        """Call the handlers for each event, until the connection is closed.

        Raises
        ------
        ServerError
            On an `error` event that no handler is for.
        """
        async for event in self:
            handlers = self._handlers.take(event.type) + self._handlers.take(EVERY_EVENT)
            if event.type == "error" and not handlers:
                raise server_error(event)
            for handler in handlers:
                result = handler(event)
                if inspect.isawaitable(result):
                    await result

    # -- the end

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection and wait for its end, at most 2 s; idempotent."""
        await self._wire.close(code, reason)

    def abort(self) -> None:
        """Drop the connection without a farewell."""
        self._wire.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Connection to {self.endpoint.name}: {self.log!r}>"


def session_clock() -> Callable[[], float]:
    """Return a clock of milliseconds since now, monotonic."""
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000.0
