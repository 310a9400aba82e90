"""One WebSocket: text frames out and in, and what its end means in one line.

Nothing above this module touches ``websockets``. The policy of sends: a frame is handed to the
socket at once; while more than 1 MiB waits there `Wire.writable` is false, and it becomes
true again below 256 KiB. Whoever sends decides what to do meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket_connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed, SecurityError, WebSocketException
from websockets.frames import CloseCode, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from realtime_nb.client.endpoints.keys import is_loopback
from realtime_nb.client.restoring.heartbeat import ANSWER_S, EVERY_S, Heartbeat
from realtime_nb.client.transport.refusals import handshake_failed, lost, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.errors import ConnectionLost
    from realtime_nb.protocol.config.problem import SessionKind

HIGH_WATER: Final = 2**20
LOW_WATER: Final = 2**18
MAX_FRAME: Final = 64 * 2**20
"""Bytes of the largest frame that is taken from a service, and of those that wait to be fetched."""
OPEN_TIMEOUT_S: Final = 10.0
# How long a closing connection waits for the other side's farewell.
CLOSE_TIMEOUT_S: Final = 2.0
_NO_FAREWELL: Final = 1006
# So a server on tornado leaves a client whose pong it has missed: with the code of a polite end.
_UNHEARD: Final = "ping timed out"
# Frames read ahead before the socket is left to fill: a second of speech comes as about
# ten, and a reader that is merely busy should not make the service wait.
_READ_AHEAD: Final = 256
_OURS: Final = (CloseCode.INTERNAL_ERROR, CloseCode.MESSAGE_TOO_BIG)
_OF_DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class _QuietLogger(logging.LoggerAdapter[logging.Logger]):
    """Let nothing of level DEBUG pass: there ``websockets`` writes the Authorization header."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 -- logging's own name
        return level > logging.DEBUG and super().isEnabledFor(level)


_LOGGER = _QuietLogger(logging.getLogger("realtime_nb.client.transport.wire"), {})


class _Client(ClientConnection):
    """Tells when the socket's buffer is full, and hands frames over as they come.

    The first by the callbacks asyncio has for it. The second spares the queue and the task
    switch behind ``recv`` (a third of the cost of a frame); where a release of
    ``websockets`` no longer calls `process_event`, everything still comes by ``recv``.
    """

    writable = True
    on_writable: Callable[[], object] | None = None
    on_frame: Callable[[bytes], object] | None = None
    # Messages that wait in the queue: until they are fetched, what follows must wait too.
    queued = 0
    # When the last byte came, on the loop's clock, and who watches for it.
    heard_s = 0.0
    heartbeat: Heartbeat | None = None

    def data_received(self, data: bytes) -> None:
        self.heard_s = self.loop.time()
        super().data_received(data)

    def beat(self) -> bool:
        if self.state is not State.OPEN:
            if self.protocol.close_rcvd is not None:
                # It has said goodbye and never hangs up: websockets would wait for that.
                self.transport.abort()
            return False
        # Not `ping`, which waits for a socket that is full: that is when it matters.
        self.protocol.send_ping(b"")
        self.send_data()
        return True

    queued_bytes = 0

    def process_event(self, event: Any) -> None:
        whole = getattr(event, "fin", False) and event.opcode in (Opcode.TEXT, Opcode.BINARY)
        if whole and self.on_frame is not None and not self.queued:
            self.on_frame(event.data)
            return
        # The handshake's answer has no opcode; a control frame waits for nobody.
        if getattr(event, "opcode", None) in (Opcode.TEXT, Opcode.BINARY):
            self.queued += 1
        if getattr(event, "opcode", None) in _OF_DATA:
            self.queued_bytes += len(event.data)
        super().process_event(event)
        # The queue counts frames, whatever they weigh.
        if self.queued_bytes > MAX_FRAME:
            self.transport.pause_reading()

    def fetched(self, size: int) -> None:
        """Note that a message of so many bytes has left the queue."""
        full = self.queued_bytes > MAX_FRAME
        self.queued -= 1
        self.queued_bytes -= size
        if full and self.queued_bytes <= MAX_FRAME:
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.writable = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self.writable = True
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.heartbeat is not None:
            self.heartbeat.stop()
        self.writable = True
        self._tell()

    def _tell(self) -> None:
        if self.on_writable is not None:
            self.on_writable()


class _Connect(websocket_connect):
    """Follows a redirect only to the same origin: the key goes nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        outcome = super().process_redirect(exc)
        if isinstance(outcome, str):
            here, there = parse_uri(self.uri), parse_uri(outcome)
            if (here.secure, here.host, here.port) != (there.secure, there.host, there.port):
                return SecurityError(f"it wants to send us on to another host, {there.host}")
        return outcome


class Wire:
    """An open WebSocket to a realtime service.

    Made by `dial`. Everything but `writable` is for the loop it was dialled on.
    """

    def __init__(self, socket: _Client, endpoint: Endpoint) -> None:
        self._socket = socket
        self._endpoint = endpoint
        self._resumed: asyncio.Event = asyncio.Event()
        self._on_writable: Callable[[], object] | None = None
        socket.on_writable = self._became_writable
        self._silent_s: float | None = None

    @classmethod
    async def dial(  # noqa: PLR0913 -- each is named where it is given
        cls,
        endpoint: Endpoint,
        *,
        query: Mapping[str, str] | None = None,
        kind: SessionKind = "realtime",
        open_timeout: float = OPEN_TIMEOUT_S,
        options: Mapping[str, Any] | None = None,
        pings: tuple[float, float] = (EVERY_S, ANSWER_S),
    ) -> Wire:
        """Open the WebSocket of `endpoint`.

        Parameters
        ----------
        endpoint
            Where, and with which key.
        query
            What the handshake asks for; see `Endpoint.websocket_url`.
        kind
            The kind of session.
        open_timeout
            How long the handshake may take, in seconds.
        options
            Further arguments of ``websockets.asyncio.client.connect``; they win.
        pings
            How often a ping goes out, and how long after one something must come, in seconds;
            unless the options have a heartbeat of their own.

        Raises
        ------
        EndpointError
            When the service has no such kind of session.
        ConnectionFailed
            When the service cannot be reached or refuses; one line with what to do.
        """
        url = endpoint.websocket_url(query, kind=kind)
        arguments: dict[str, Any] = {
            "compression": None,
            "max_size": MAX_FRAME,
            "max_queue": _READ_AHEAD,
            "write_limit": (HIGH_WATER, LOW_WATER),
            "open_timeout": open_timeout,
            "close_timeout": CLOSE_TIMEOUT_S,
            "ping_interval": None,
            # A proxy for the world has no way to this machine.
            "proxy": None if is_loopback(urlsplit(url).hostname or "") else True,
            **(options or {}),
            "logger": _LOGGER,
            "create_connection": _Client,
        }
        failure: BaseException
        try:
            socket = await _Connect(url, additional_headers=endpoint.headers(), **arguments)
            _forget_headers(socket, endpoint.headers())
        except asyncio.CancelledError as cancelled:
            failure = asyncio.CancelledError(*cancelled.args)
        except (OSError, WebSocketException, ValueError) as error:
            failure = handshake_failed(error, endpoint, of_call="call_id" in (query or {}))
        else:
            wire = cls(cast("_Client", socket), endpoint)
            if not {"ping_interval", "ping_timeout"} & set(options or {}):
                wire.watch(*pings)
            return wire
        # Raised here and not above: the frames behind those hold the headers. The query may be
        # a key, too.
        del url, arguments
        raise failure

    def watch(self, every_s: float, answer_s: float) -> None:
        """Drop the connection when nobody answers any more; see `Heartbeat`."""
        beating = Heartbeat(self._socket, self._fell_silent, every_s=every_s, answer_s=answer_s)
        self._socket.heartbeat = beating

    def _fell_silent(self) -> None:
        beating = self._socket.heartbeat
        self._silent_s = beating.silence_s if beating is not None else 0.0
        self._socket.transport.abort()

    @property
    def writable(self) -> bool:
        """Whether less than the high-water mark waits to be sent."""
        return self._socket.writable

    @property
    def heard_s(self) -> float:
        """When the last byte came, on the loop's clock, in seconds; 0 before."""
        return self._socket.heard_s

    def call_when_writable(self, callback: Callable[[], object] | None) -> None:
        """Have `callback` called each time the socket takes frames again, or is gone."""
        self._on_writable = callback

    def send(self, frame: str) -> None:
        """Hand a text frame to the socket, at once and whatever waits there already.

        Raises
        ------
        ConnectionLost
            When the connection is no longer open.
        """
        # A socket that has failed is told of later, and what it is given until then is gone.
        if self._socket.state is not State.OPEN or self._socket.transport.is_closing():
            raise self.lost()
        broadcast((self._socket,), frame)

    async def drained(self) -> None:
        """Wait until `writable`; returns at once when it is, or when the connection ends."""
        while not self._socket.writable:
            self._resumed.clear()
            await self._resumed.wait()

    async def receive(self) -> bytes:
        """Return the next frame's payload; cancelling loses nothing.

        Raises
        ------
        ConnectionLost
            When the connection has ended, with its close code.
        """
        try:
            frame = await self._socket.recv(decode=False)
        except ConnectionClosed:
            raise self.lost() from None
        self._socket.fetched(len(frame))
        return frame

    def hand_over(self, callback: Callable[[bytes], object]) -> None:
        """Have `callback` called with each frame as it comes, rather than queue it.

        Frames that wait already, or come in fragments, still come by `receive`, so
        `receive` until it raises. `callback` must not raise.
        """
        self._socket.on_frame = callback

    async def ended(self) -> None:
        """Wait until a connection that is closing has closed, at most `CLOSE_TIMEOUT_S`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._socket.wait_closed()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and wait for the end, at most `CLOSE_TIMEOUT_S`; idempotent."""
        await self._socket.close(code, reason)

    def abort(self) -> None:
        """Drop the connection without a goodbye."""
        self._socket.transport.abort()

    def lost(self) -> ConnectionLost:
        """Return the error that says how the connection ended."""
        if self._silent_s is not None:
            return silent(self._endpoint.name, self._silent_s)
        code, reason = self._socket.close_code, self._socket.close_reason or ""
        if self._socket.state is State.CLOSED and code in (_NO_FAREWELL, CloseCode.MESSAGE_TOO_BIG):
            # Ours may say why: so the heartbeat ends a dead connection, and a frame without end.
            sent = self._socket.protocol.close_exc.sent
            if sent is not None and sent.code in _OURS:
                code, reason = sent.code, sent.reason
        if code == CloseCode.NORMAL_CLOSURE and reason == _UNHEARD:
            code = CloseCode.INTERNAL_ERROR
        return lost(self._endpoint.name, code, self._endpoint.scrub(reason))

    def _became_writable(self) -> None:
        self._resumed.set()
        if self._on_writable is not None:
            self._on_writable()


def _forget_headers(socket: ClientConnection, names: Iterable[str]) -> None:
    """Take our headers, the key among them, out of the request that the socket keeps."""
    if socket.request is not None:
        for name in names:
            del socket.request.headers[name]
