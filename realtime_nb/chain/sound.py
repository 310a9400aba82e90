"""The sound of a speech request as samples, while it comes.

A service is asked for PCM (24 kHz, 16 bit, mono). It comes bare, or as server-sent events
where these also tell what was counted; some services put a WAV header before it.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

import orjson

from realtime_nb.chain.requests import NoAnswer
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RATE: Final = 24_000
"""Hz of what is asked for."""

_EVENTS: Final = "text/event-stream"
_FOREIGN: Final = ("audio/mpeg", "audio/mp3", "audio/ogg", "audio/opus", "audio/aac", "audio/flac")
_RIFF_MOST: Final = 4096  # a header longer than this is none


class SoundStream:
    """Reads one answer.

    Parameters
    ----------
    response
        The ``openai`` package's streamed response.

    Attributes
    ----------
    rate
        Hz of the sound: that of its header, where it has one.
    usage
        What the service counted, once it told.
    """

    def __init__(self, response: Any) -> None:
        self._response = response
        self._header = bytearray()
        self._in_header = True
        self._odd = b""
        self.rate = RATE
        self.usage: dict[str, Any] | None = None

    async def pcm(self) -> AsyncIterator[bytes]:
        """Yield whole samples, little-endian int16.

        Raises
        ------
        NoAnswer
            When what comes is no PCM, or not all of it.
        """
        kind = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _FOREIGN or kind.startswith(("text/html", "application/json")):
            raise NoAnswer(
                f"it answered with {kind[:60]} where PCM was asked for; choose another for speak"
            )
        pieces = self._events() if kind == _EVENTS else self._response.iter_bytes()
        async for piece in pieces:
            data = self._odd + self._beyond_header(piece)
            whole = len(data) // 2 * 2
            self._odd = data[whole:]
            if whole:
                yield data[:whole]

    async def _events(self) -> AsyncIterator[bytes]:
        ended = False
        async for line in self._response.iter_lines():
            if not line.startswith("data:"):
                continue
            text = line[5:].strip()
            if text == "[DONE]":
                ended = True
                continue
            event = as_object(orjson.loads(text))
            if event.get("type") == "speech.audio.delta":
                try:
                    yield base64.b64decode(str(event.get("audio") or ""), validate=True)
                except binascii.Error:
                    raise NoAnswer("a piece of its sound is no base64; try again") from None
            elif event.get("type") == "speech.audio.done":
                ended = True
                self.usage = as_object(event.get("usage")) or None
            elif event.get("error"):
                told = as_object(event.get("error")).get("message")
                raise NoAnswer(f"it broke off: {told or 'it did not say why'}")
        if not ended:
            raise NoAnswer("its stream broke off before the end of the sound; try again")

    def _beyond_header(self, piece: bytes) -> bytes:
        """Return what is sound of a piece; a WAV header at the beginning is read and left out."""
        if not self._in_header:
            return piece
        self._header += piece
        head = bytes(self._header)
        if not b"RIFF".startswith(head[:4]) and head[:4] != b"RIFF":
            return self._out_of_header(0)
        at = head.find(b"data")
        if at >= 0 and len(head) >= at + 8:
            form = head.find(b"fmt ")
            if 0 <= form <= at - 24:
                self.rate = int.from_bytes(head[form + 12 : form + 16], "little") or RATE
            return self._out_of_header(at + 8)
        return self._out_of_header(0) if len(head) > _RIFF_MOST else b""

    def _out_of_header(self, size: int) -> bytes:
        sound = bytes(self._header[size:])
        self._header.clear()
        self._in_header = False
        return sound
