"""A bad network: between a client and a server, and told what to do to them.

It passes a WebSocket's frames on as they are, whole, and keeps what it passed on, so that a
test can compare a log with what really crossed the wire.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from tests.faults.frames import CLOSE, make_close, make_frame, read_frame

if TYPE_CHECKING:
    from tests.faults.frames import Frame

Refusal: TypeAlias = Literal["reset", "mute", "half"] | int
"""How a dial ends: a reset, silence, half a handshake, or an HTTP status."""

_GONE: Final = (ConnectionError, asyncio.IncompleteReadError, OSError)
_HEAD_END: Final = b"\r\n\r\n"
# A socket's own buffer is kept small, so that a slow reader is felt soon.
_BUFFER: Final = 64 * 1024


@dataclass
class Mischief:
    """What is to be done to the next frames towards the client."""

    duplicate: int = 0
    swap: int = 0
    delay_s: float = 0.0
    bytes_per_s: float = 0.0
    cut_down: int | None = None
    cut_up: int | None = None
    held: bytes = b""


@dataclass
class Crossing:
    """One connection through the proxy, and what crossed."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    delivered: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    open: bool = False
    spoiled: bool = False
    flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def abort(self, *, reset: bool = True) -> None:
        """Drop both sides: with a reset, or as if the cable had been cut in order."""
        self.open = False
        self.flowing.set()
        for writer in (self.client, self.server):
            if writer is None:
                continue
            if reset:
                _linger_nothing(writer)
                writer.transport.abort()
            else:
                writer.close()


class FaultProxy:
    """The proxy; every method is for its loop's thread.

    Parameters
    ----------
    target
        URL of the server, such as ``http://127.0.0.1:40123/v1``.

    Attributes
    ----------
    crossings
        Every connection that was let through, in the order they came.
    refusals
        How the next dials end; those beyond are let through.
    mischief
        What is done to frames.
    faults
        How often each fault was made.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.crossings: list[Crossing] = []
        self.refusals: deque[Refusal] = deque()
        self.mischief = Mischief()
        self.faults: Counter[str] = Counter()
        self.dials = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._mute: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._server is not None:
            self._server.close()
        for crossing in self.crossings:
            crossing.abort()
        for writer in self._mute:
            writer.transport.abort()
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0.01)  # the sockets' own ends
        self._mute.clear()

    @property
    def url(self) -> str:
        """What the client is given for the server's URL."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}{urlsplit(self.target).path}"

    @property
    def live(self) -> Crossing | None:
        """The connection under way."""
        return next((c for c in reversed(self.crossings) if c.open), None)

    # -- faults

    def drop(self, *, reset: bool = True) -> bool:
        """Cut the connection without a farewell; False when there is none."""
        return self._do("reset" if reset else "cut off", lambda c: c.abort(reset=reset))

    def half_open(self) -> bool:
        """Let nothing through any more, either way, and tell nobody."""
        return self._do("half-open", lambda c: c.flowing.clear())

    def farewell(self, code: int, reason: str = "", *, hangs_up: bool = True) -> bool:
        """Close the connection in the service's name; nothing passes one that is half-open."""

        def close(crossing: Crossing) -> None:
            crossing.client.write(make_close(code, reason))
            crossing.open = False
            if not hangs_up:
                crossing.flowing.clear()
            elif crossing.server is not None:
                crossing.server.transport.abort()

        if self.live is None or not self.live.flowing.is_set():
            return False
        return self._do(f"close {code}", close)

    def inject(self, payload: bytes, opcode: int = 1, *, flags: int = 0x80) -> bool:
        """Send the client a frame that the server never sent."""

        def write(crossing: Crossing) -> None:
            crossing.spoiled = True
            crossing.client.write(make_frame(payload, opcode, flags=flags))

        return self._do("garbage", write)

    def refuse(self, *how: Refusal) -> None:
        """Refuse the next dials."""
        self.refusals.extend(how)

    def cut_within(self, size: int, direction: Literal["up", "down"]) -> None:
        """Cut the connection after so many bytes more, which may be inside a frame."""
        self.faults[f"cut {direction}"] += 1
        setattr(self.mischief, f"cut_{direction}", size)

    def duplicate(self, count: int) -> None:
        """Send each of the next frames twice."""
        self.faults["duplicate"] += count
        self.mischief.duplicate += count

    def swap(self, count: int) -> None:
        """Have each of the next frames overtaken by the one behind it."""
        self.faults["reorder"] += count
        self.mischief.swap += count

    def delay(self, seconds: float) -> None:
        """Hold each frame up for so long, both ways."""
        self.faults["delay"] += 1
        self.mischief.delay_s = seconds

    def slow(self, bytes_per_s: float) -> None:
        """Read what the client sends at this pace only."""
        self.faults["slow reader"] += 1
        self.mischief.bytes_per_s = bytes_per_s

    def heal(self) -> None:
        """Do nothing bad any more; what is broken stays so."""
        self.refusals.clear()
        held, self.mischief = self.mischief.held, Mischief()
        if held and self.live is not None:
            self.live.client.write(held)

    def _do(self, name: str, fault: object) -> bool:
        crossing = self.live
        if crossing is None or not callable(fault):
            return False
        self.faults[name] += 1
        fault(crossing)
        return True

    # -- passing on

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.dials += 1
        try:
            if self.refusals:
                await self._refuse(self.refusals.popleft(), reader, client)
            else:
                await self._cross(reader, client)
        except (*_GONE, asyncio.CancelledError):
            client.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _refuse(
        self, how: Refusal, reader: asyncio.StreamReader, client: asyncio.StreamWriter
    ) -> None:
        self.faults[f"refuse {how}"] += 1
        if how == "reset":
            _linger_nothing(client)
            client.transport.abort()
            return
        if how == "mute":
            self._mute.append(client)
            await reader.read()  # until the client has had enough
        else:
            await reader.readuntil(_HEAD_END)
            status = 101 if how == "half" else how
            client.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n".encode())
            if how != "half":
                client.write(b"\r\n")
        client.close()

    async def _cross(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        crossing = Crossing(client)
        crossing.flowing.set()
        self.crossings.append(crossing)
        parts = urlsplit(self.target)
        down, server = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 25)
        crossing.server = server
        server.write(await reader.readuntil(_HEAD_END))
        answer = await down.readuntil(_HEAD_END)
        client.write(answer)
        if b" 101 " not in answer.split(b"\r\n")[0]:
            client.write(await down.read())
            client.close()
            server.close()
            return
        crossing.open = True
        pumps = [
            asyncio.ensure_future(self._up(reader, crossing)),
            asyncio.ensure_future(self._down(down, crossing)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            # What one side has said last still reaches the other.
            await asyncio.wait(pumps, timeout=0.05)
        finally:
            crossing.open = False
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            for pump in pumps:
                if not pump.cancelled():
                    pump.exception()
            client.close()
            server.close()

    async def _up(self, reader: asyncio.StreamReader, crossing: Crossing) -> None:
        assert crossing.server is not None
        while True:
            frame = await read_frame(reader)
            await crossing.flowing.wait()
            mischief = self.mischief
            if mischief.delay_s:
                await asyncio.sleep(mischief.delay_s)
            if mischief.bytes_per_s:
                await asyncio.sleep(len(frame.raw) / mischief.bytes_per_s)
            if mischief.cut_up is not None:
                mischief.cut_up -= len(frame.raw)
                if mischief.cut_up < 0:
                    mischief.cut_up = None
                    crossing.abort()
                    return
            if frame.is_data:
                crossing.taken.append(frame.payload)
            crossing.server.write(frame.raw)
            await crossing.server.drain()

    async def _down(self, reader: asyncio.StreamReader, crossing: Crossing) -> None:
        while True:
            frame = await read_frame(reader)
            await crossing.flowing.wait()
            if self.mischief.delay_s:
                await asyncio.sleep(self.mischief.delay_s)
            await crossing.flowing.wait()
            for one in self._misled(frame, crossing):
                self._deliver(one, crossing)
                if not crossing.open:
                    return
            await crossing.client.drain()

    def _misled(self, frame: Frame, crossing: Crossing) -> list[bytes]:
        """Return what becomes of a frame: itself, twice, later, or behind the next."""
        mischief = self.mischief
        if not frame.is_data:
            return [frame.raw]
        frames = [frame.raw]
        if mischief.duplicate:
            mischief.duplicate -= 1
            crossing.spoiled = True
            frames *= 2
        if mischief.held:
            frames.append(mischief.held)
            mischief.held = b""
        elif mischief.swap:
            mischief.swap -= 1
            crossing.spoiled = True
            mischief.held = b"".join(frames)
            return []
        if not crossing.spoiled:
            crossing.delivered.append(frame.payload)
        return frames

    def _deliver(self, raw: bytes, crossing: Crossing) -> None:
        mischief = self.mischief
        if mischief.cut_down is not None:
            mischief.cut_down -= len(raw)
            if mischief.cut_down < 0:
                crossing.client.write(raw[: mischief.cut_down])
                mischief.cut_down = None
                crossing.abort(reset=False)
                return
        crossing.client.write(raw)


def is_farewell(frame: Frame) -> bool:
    """Return whether a frame closes the connection."""
    return frame.opcode == CLOSE


def _linger_nothing(writer: asyncio.StreamWriter) -> None:
    """Have the socket end with a reset rather than in order."""
    plain = writer.get_extra_info("socket")
    if plain is not None:
        with suppress(OSError):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
