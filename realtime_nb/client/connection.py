"""One connection in the shape of the ``openai`` package, with every frame logged.

Code written for ``client.realtime.connect()`` runs with `connect` in its place::

    async with connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session={"type": "realtime", "instructions": "…"})
        async for event in connection:
            ...

What differs: events are `realtime_nb.protocol.events.Event`, which hold what the wire held
(``event.model()`` gives the package's typed object); the end of a connection raises
`ConnectionLost`; `Connection.log` has all that passed, both ways.
"""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoint import (
    Endpoint,
    openai_endpoint,
    resolve_endpoint,
    url_endpoint,
)
from realtime_nb.client.kinds import APPEND
from realtime_nb.client.outgoing import Prepared, prepare
from realtime_nb.client.resources import (
    ConversationResource,
    InputAudioBufferResource,
    OutputAudioBufferResource,
    ResponseResource,
    SessionResource,
)
from realtime_nb.client.wire import OPEN_TIMEOUT_S, Wire
from realtime_nb.errors import ConnectionLost, MalformedEvent, UsageError
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log import EventLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import TracebackType
    from typing import Self

    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.protocol.log import Record

_NORMAL: Final = (1000, 1001)


class Connection:
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

    Attributes
    ----------
    session, response, input_audio_buffer, conversation, output_audio_buffer
        The client's events as methods, named as in the ``openai`` package.
    log
        Every frame sent and received.
    """

    def __init__(
        self,
        wire: Wire,
        endpoint: Endpoint,
        *,
        log: EventLog | None = None,
        clock: Callable[[], float] | None = None,
        append_type: str = APPEND,
    ) -> None:
        self.log = EventLog() if log is None else log
        self.endpoint = endpoint
        self._wire = wire
        self._clock = clock or session_clock()
        self._key = endpoint.api_key
        self._append_type = append_type
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
        await self._wire.drained()
        try:
            self.post(event)
        except ConnectionLost:
            # It may be closing just now: wait to know how.
            await self._wire.ended()
            raise self._wire.lost() from None

    async def send_raw(self, data: str) -> None:
        """Send a text frame that may hold anything; it is logged when it is an event."""
        await self._wire.drained()
        self._wire.send(data)
        try:
            event = Event.parse(data)
        except MalformedEvent:
            return
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
        return self.log.append("sent", event, t_ms=self._clock(), size=size)

    @property
    def writable(self) -> bool:
        """Whether less than 1 MiB waits in the socket."""
        return self._wire.writable

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
        return self.read(await self._wire.receive())

    def read(self, frame: bytes) -> Record:
        """Log a frame that was received, and return its record.

        Raises
        ------
        MalformedEvent
            When the frame is no event.
        """
        event = Event.parse(frame)
        if event.type == "error" and self._key.is_secret:
            # A service that quotes the key must not bring it into log and notebook.
            event = Event.parse(self._key.scrub(bytes(frame).decode()))
        return self.log.append("received", event, t_ms=self._clock(), size=len(frame))

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


class ConnectionManager:
    """What `connect` returns: enter it, or `await` its `enter` and close by hand."""

    def __init__(
        self, endpoint: Callable[[], Endpoint], query: Mapping[str, str] | None, **options: Any
    ) -> None:
        self._endpoint = endpoint
        self._query = query
        self._options = options
        self._connection: Connection | None = None

    async def enter(self) -> Connection:
        """Open the connection.

        Raises
        ------
        EndpointError
            When there is nothing to connect to.
        ConnectionFailed
            When the service cannot be reached or refuses.
        """
        # On another thread: starting the local server takes a moment.
        endpoint = await asyncio.to_thread(self._endpoint)
        clock = session_clock()
        wire = await Wire.dial(endpoint, query=self._query, **self._options)
        self._connection = Connection(wire, endpoint, clock=clock)
        return self._connection

    __aenter__ = enter

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            await self._connection.close()


def connect(  # noqa: PLR0913 -- the arguments of the openai package, and `endpoint`
    *,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    call_id: str | None = None,
    extra_query: Mapping[str, str] | None = None,
    extra_headers: Mapping[str, str] | None = None,
    endpoint: Endpoint | str | None = None,
    open_timeout: float = OPEN_TIMEOUT_S,
    websocket_connection_options: Mapping[str, Any] | None = None,
) -> ConnectionManager:
    """Connect to a realtime service, in the shape of ``client.realtime.connect()``.

    Parameters
    ----------
    model
        Name of the model.
    base_url, api_key
        As for ``AsyncOpenAI``; the path of the URL is kept. Without a key, the one in the
        environment that belongs to the host (see `realtime_nb.client.endpoint`).
    call_id
        Join the running WebRTC or SIP call of this id, instead of a session of one's own.
    extra_query, extra_headers
        Added to the handshake; a header given here wins over ours.
    endpoint
        Instead of `base_url`: an `Endpoint`, ``"local"``, ``"openai"`` or a URL.
    open_timeout
        How long the handshake may take, in seconds.
    websocket_connection_options
        Further arguments of ``websockets.asyncio.client.connect``.

    Returns
    -------
    ConnectionManager
        ``async with`` it. Nothing is looked up or dialled before.
    """
    if base_url is not None and endpoint is not None:
        raise UsageError("give base_url or endpoint, not both")
    # Read here, so that no frame below holds the key as plain text.
    resolve = _resolver(endpoint, base_url, model, api_key)

    def resolved() -> Endpoint:
        found = resolve()
        return found.with_extras(extra_headers or {}, extra_query or {})

    query = {"call_id": call_id} if call_id is not None else None
    return ConnectionManager(
        resolved, query, open_timeout=open_timeout, options=websocket_connection_options
    )


def _resolver(
    endpoint: Endpoint | str | None,
    base_url: str | None,
    model: str | None,
    api_key: str | None,
) -> Callable[[], Endpoint]:
    if isinstance(endpoint, Endpoint):
        return lambda: endpoint if model is None else endpoint.with_model(model)
    url = base_url if base_url is not None else endpoint
    if url is not None and "://" in url:
        found = url_endpoint(url, model or "", api_key=api_key)
        return lambda: found
    if api_key is not None and endpoint in (None, "openai"):
        known = openai_endpoint(model or "", api_key=api_key)
        return lambda: known
    return lambda: resolve_endpoint(endpoint, model)


def session_clock() -> Callable[[], float]:
    """Return a clock of milliseconds since now, monotonic."""
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000.0
