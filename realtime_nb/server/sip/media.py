"""The sound of a SIP call: RTP both ways on one port of this computer.

What comes is passed on every 20 ms, silence where nothing came: telephones that send nothing in
pauses must not keep the end of a sentence from being noticed. What waits while the server is busy
is bounded by ten seconds; packets that come late or twice are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from realtime_nb.audio.pcm import (
    float_to_int16,
    float_to_pcm16,
    int16_to_float,
    pcm16_to_float,
)
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.server.phone.playout import RATE, Playout
from realtime_nb.server.sip import rtp
from realtime_nb.server.sip.owner import Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.sip.sdp import Codec, Media

_log = logging.getLogger(__name__)

LINE_RATE: Final = 8_000
_FRAME: Final = 160  # samples of 20 ms
_MOST_WAITING: Final = 10 * LINE_RATE  # one byte of G.711 is one sample
# So many frames may be late before silence takes their place.
_PATIENCE: Final = 3
_ENCODERS: Final = {"PCMU": ulaw_encode, "PCMA": alaw_encode}
_DECODERS: Final = {"PCMU": ulaw_decode, "PCMA": alaw_decode}


class RtpPort(asyncio.DatagramProtocol):
    """One port for the sound of one call.

    Parameters
    ----------
    host
        A loopback address.

    Attributes
    ----------
    port : int
        Where it listens.
    """

    def __init__(self, host: str) -> None:
        self._socket = _bind_even(host)
        self.port: int = self._socket.getsockname()[1]
        self._owner = Owner(self.port)
        self._transport: asyncio.DatagramTransport | None = None
        self._on_packet: Callable[[rtp.Packet], object] = lambda _: None
        self._remote: tuple[str, int] | None = None

    async def open(self, on_packet: Callable[[rtp.Packet], object]) -> None:
        """Begin to listen."""
        self._on_packet = on_packet
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def aim(self, media: Media) -> None:
        """Learn where the other side listens; port 0 for nowhere at present."""
        self._remote = (media.host, media.port) if media.port else None

    def send(self, datagram: bytes) -> None:
        """Send to the other side, or to nobody while the call is on hold."""
        if self._transport is not None and self._remote is not None:
            self._transport.sendto(datagram, self._remote)

    def close(self) -> None:
        """Free the port."""
        if self._transport is not None:
            self._transport.close()
        else:
            self._socket.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take a datagram; what is no RTP, or another user's, is dropped."""
        packet = rtp.read(data) if self._owner.sent(addr[:2]) else None
        if packet is not None:
            self._on_packet(packet)

    def error_received(self, exc: Exception) -> None:
        """Go on: nobody listens there at the moment."""
        _log.debug("RTP port %d: %s", self.port, exc)


class Sound:
    """The sound of one call, once it was accepted.

    Parameters
    ----------
    port
        Its RTP port, bound.
    media
        The other side's end.
    call
        Hears it.
    """

    def __init__(self, port: RtpPort, media: Media, call: Call) -> None:
        self._rtp = port
        self._call = call
        self._playout = Playout(self._tick)
        self._up = StreamResampler(LINE_RATE, RATE)
        self._down = StreamResampler(RATE, LINE_RATE)
        self._order, self._keys = rtp.Order(), rtp.Keys()
        self._came = bytearray()
        self._missing = 0
        self._unsent = np.zeros(0, np.float32)
        self._hearing: set[asyncio.Task[None]] = set()
        self._agree(media)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._rtp.port

    @property
    def playout(self) -> Playout:
        """What is played to the caller."""
        return self._playout

    async def start(self) -> None:
        """Begin to carry sound."""
        await self._rtp.open(self._take)
        self._playout.start()

    def _agree(self, media: Media) -> None:
        self._rtp.aim(media)
        self._codec: Codec = media.codec
        self._payload, self._keys_payload = media.payload, media.keys_payload
        self._sender = rtp.Sender(media.payload)

    def aim(self, media: Media) -> None:
        """Go on with what the other side describes anew: another port, codec, or hold."""
        if media.codec != self._codec or media.payload != self._payload:
            self._agree(media)
        self._keys_payload = media.keys_payload
        self._rtp.aim(media)

    def close(self) -> None:
        """Stop, and free the port."""
        self._playout.stop()
        self._rtp.close()

    def _take(self, packet: rtp.Packet) -> None:
        if packet.payload_type == self._keys_payload:
            key = self._keys.pressed(packet)
            if key is not None:
                self._call.dtmf(key)
        elif packet.payload_type == self._payload and self._order.takes(packet):
            self._came += packet.payload
            del self._came[:-_MOST_WAITING]

    def _tick(self, frame: bytes) -> None:
        """Every 20 ms: send a frame, pass on what came."""
        self._send(frame)
        came = self._next_heard()
        if came:
            samples = int16_to_float(_DECODERS[self._codec](came))
            task = asyncio.ensure_future(self._call.hear(float_to_pcm16(self._up.feed(samples))))
            self._hearing.add(task)
            task.add_done_callback(self._hearing.discard)

    def _send(self, frame: bytes) -> None:
        self._unsent = np.concatenate((self._unsent, self._down.feed(pcm16_to_float(frame))))
        while self._unsent.shape[0] >= _FRAME:
            samples, self._unsent = self._unsent[:_FRAME], self._unsent[_FRAME:]
            self._rtp.send(self._sender.packet(_ENCODERS[self._codec](float_to_int16(samples))))

    def _next_heard(self) -> bytes:
        came = bytes(self._came)
        self._came.clear()
        if came:
            self._missing = 0
            return came
        self._missing += 1
        if self._missing <= _PATIENCE:
            return b""
        return _ENCODERS[self._codec](np.zeros(_FRAME, np.int16))


def _bind_even(host: str) -> socket.socket:
    """Return a socket on a free port, an even one as is usual for RTP."""
    bound: list[socket.socket] = []
    try:
        for _ in range(16):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            bound.append(one)
            one.setblocking(False)
            one.bind((host, 0))
            if one.getsockname()[1] % 2 == 0:
                break
        return bound.pop()
    finally:
        for other in bound:
            with contextlib.suppress(OSError):
                other.close()
