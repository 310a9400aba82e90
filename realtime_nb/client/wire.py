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

from realtime_nb.client.keys import is_loopback
from realtime_nb.client.refusals import handshake_failed, lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from realtime_nb.client.service import Endpoint
    from realtime_nb.errors import ConnectionLost
    from realtime_nb.protocol.config.problem import SessionKind

HIGH_WATER: Final = 2**20
LOW_WATER: Final = 2**18
OPEN_TIMEOUT_S: Final = 10.0
# How long a closing connection waits for the other side's farewell.
CLOSE_TIMEOUT_S: Final = 2.0
_NO_FAREWELL: Final = 1006
# Frames read ahead before the socket is left to fill: a second of speech comes as about
# ten, and a reader that is merely busy should not make the service wait.
_READ_AHEAD: Final = 256


class _QuietLogger(logging.LoggerAdapter[logging.Logger]):
    """Let nothing of level DEBUG pass: there ``websockets`` writes the Authorization header."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 -- logging's own name
        return level > logging.DEBUG and super().isEnabledFor(level)


_LOGGER = _QuietLogger(logging.getLogger("realtime_nb.client.wire"), {})


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

    def process_event(self, event: Any) -> None:
        whole = getattr(event, "fin", False) and event.opcode in (Opcode.TEXT, Opcode.BINARY)
        if whole and self.on_frame is not None and not self.queued:
            self.on_frame(event.data)
            return
        # The handshake's answer has no opcode; a control frame waits for nobody.
        if getattr(event, "opcode", None) in (Opcode.TEXT, Opcode.BINARY):
            self.queued += 1
        super().process_event(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.writable = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self.writable = True
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
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

    @classmethod
    async def dial(
        cls,
        endpoint: Endpoint,
        *,
        query: Mapping[str, str] | None = None,
        kind: SessionKind = "realtime",
        open_timeout: float = OPEN_TIMEOUT_S,
        options: Mapping[str, Any] | None = None,
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
            "max_size": None,
            "max_queue": _READ_AHEAD,
            "write_limit": (HIGH_WATER, LOW_WATER),
            "open_timeout": open_timeout,
            "close_timeout": CLOSE_TIMEOUT_S,
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
            failure = handshake_failed(error, endpoint)
        else:
            return cls(cast("_Client", socket), endpoint)
        # Raised here and not above: the frames behind those hold the headers.
        raise failure

    @property
    def writable(self) -> bool:
        """Whether less than the high-water mark waits to be sent."""
        return self._socket.writable

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
        if self._socket.state is not State.OPEN:
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
        self._socket.queued -= 1
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
        code, reason = self._socket.close_code, self._socket.close_reason or ""
        if code == _NO_FAREWELL and self._socket.state is State.CLOSED:
            # Ours may say why: the heartbeat ends a dead connection so.
            sent = self._socket.protocol.close_exc.sent
            if sent is not None and sent.code == CloseCode.INTERNAL_ERROR:
                code, reason = sent.code, sent.reason
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
