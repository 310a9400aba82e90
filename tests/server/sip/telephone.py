"""A telephone that speaks SIP over UDP, written apart from the server's own messages."""

from __future__ import annotations

import asyncio
import itertools
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_nb.server.sip.endpoint import SipEndpoint

PATIENCE_S = 20.0
_NUMBERS = itertools.count(1)


class Datagrams(asyncio.DatagramProtocol):
    """A UDP port and what came to it."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls) -> Datagrams:
        loop = asyncio.get_running_loop()
        transport, port = await loop.create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        port.transport = transport
        return port

    @property
    def number(self) -> int:
        assert self.transport is not None
        return self.transport.get_extra_info("sockname")[1]

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        assert self.transport is not None
        self.transport.sendto(data, address)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 -- asyncio's signature
        self.came.put_nowait(data)


class Telephone:
    """One telephone; one call after the other."""

    def __init__(self, sip: SipEndpoint, signals: Datagrams, sound: Datagrams) -> None:
        self.signals, self.sound = signals, sound
        self.sip = sip
        self.call_id = f"call-{next(_NUMBERS)}@127.0.0.1"
        self.tag = "caller"
        self.to_tag = ""
        self.cseq = 0
        self.remote = ("", 0)
        self._rtp = 0

    @classmethod
    async def open(cls, sip: SipEndpoint) -> Telephone:
        return cls(sip, await Datagrams.open(), await Datagrams.open())

    def close(self) -> None:
        for port in (self.signals, self.sound):
            assert port.transport is not None
            port.transport.close()

    # -- signalling

    def offer(self, formats: str = "0 8 101", host: str = "127.0.0.1") -> str:
        return (
            f"v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {self.sound.number} RTP/AVP {formats}\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
        )

    def send(self, method: str, body: str = "", *extra: str, number: int | None = None) -> int:
        """Send a request; return its CSeq."""
        if number is None:
            self.cseq += 1
            number = self.cseq
        to = f"<sip:practice@127.0.0.1>{';tag=' + self.to_tag if self.to_tag else ''}"
        lines = [
            f"{method} sip:practice@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.signals.number};branch=z9hG4bK{number}{method}",
            f'From: "Bob" <sip:+15551234@127.0.0.1>;tag={self.tag}',
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:bob@127.0.0.1:{self.signals.number}>",
            "Max-Forwards: 70",
            *extra,
        ]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        self.signals.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.sip.address)
        return number

    async def receive(self) -> str:
        """Return the next message."""
        return (await asyncio.wait_for(self.signals.came.get(), PATIENCE_S)).decode()

    async def status(self, wanted: int) -> str:
        """Return the next response of a status; others before it are passed over."""
        while True:
            message = await self.receive()
            if message.startswith(f"SIP/2.0 {wanted} "):
                tag = header(message, "To").partition(";tag=")[2]
                self.to_tag = tag or self.to_tag
                return message

    async def request(self, method: str, status: str = "200 OK") -> str:
        """Return the next request of a method, and answer it."""
        while True:
            message = await self.receive()
            if message.startswith(f"{method} "):
                self.answer(message, status)
                return message

    def answer(self, request: str, status: str) -> None:
        names = ("Via", "From", "To", "Call-ID", "CSeq")
        lines = [f"SIP/2.0 {status}", *(f"{name}: {header(request, name)}" for name in names)]
        text = "\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n"
        self.signals.send(text.encode(), self.sip.address)

    async def call(self, body: str | None = None, *extra: str) -> None:
        """Ring, wait to be accepted, acknowledge."""
        number = self.send("INVITE", self.offer() if body is None else body, *extra)
        accepted = await self.status(200)
        port = next(line for line in accepted.splitlines() if line.startswith("m=audio"))
        self.remote = ("127.0.0.1", int(port.split()[1]))
        self.send("ACK", number=number)

    # -- sound

    def speak(self, payload: bytes, kind: int = 0, *, timestamp: int | None = None) -> None:
        """Send one RTP packet."""
        self._rtp += 1
        at = self._rtp * 160 if timestamp is None else timestamp
        head = struct.pack("!BBHII", 0x80, kind, self._rtp, at, 77)
        self.sound.send(head + payload, self.remote)

    def press(self, event: int) -> None:
        """Press a key as telephones do: several packets, the last ones with the end bit."""
        at = self._rtp * 160 + 1
        for end in (0, 0, 0x80, 0x80):
            self.speak(struct.pack("!BBH", event, end | 10, 400), 101, timestamp=at)

    async def hear(self) -> bytes:
        """Return the next RTP packet."""
        return await asyncio.wait_for(self.sound.came.get(), PATIENCE_S)


def header(message: str, name: str) -> str:
    """Return a header of a message."""
    for line in message.partition("\r\n\r\n")[0].split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            return value.strip()
    raise AssertionError(f"no {name} in {message}")
