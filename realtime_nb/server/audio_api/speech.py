"""``POST /v1/audio/speech``: text in, sound out while it is being spoken."""

from __future__ import annotations

import base64
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.codec import MEDIA_TYPES
from realtime_nb.server.answers.context import ASSISTANT_AUDIO_TOKEN_MS, audio_tokens, text_tokens
from realtime_nb.server.audio_api.speaking import Reading
from realtime_nb.server.audio_api.speech_request import speech_request
from realtime_nb.server.config.config import MODEL
from realtime_nb.server.http.body import ApiHandler
from realtime_nb.server.http.sse import EventStream, send_off
from realtime_nb.server.http.work import working

if TYPE_CHECKING:
    from realtime_nb.server.audio_api.speech_request import SpeechRequest

Json = dict[str, Any]

# The service's own for what has no header; others as they are registered.
_PCM_TYPE: Final = "audio/pcm"


class SpeechHandler(ApiHandler):
    """Reads text aloud."""

    async def answer(self, *_parts: str) -> None:
        """Answer with sound, or with events that hold it."""
        request = speech_request(self.json_body())
        self.set_header("openai-model", MODEL)
        async with working(self.shared) as workers:
            reading = Reading(request, workers)
            if request.as_events:
                await self._send_events(request, reading)
            else:
                await self._send_sound(request, reading)

    async def _send_sound(self, request: SpeechRequest, reading: Reading) -> None:
        is_pcm = request.format == "pcm"
        self.set_header("Content-Type", _PCM_TYPE if is_pcm else MEDIA_TYPES[request.format])
        async with aclosing(reading.pieces()) as pieces:
            async for piece in pieces:
                self.write(piece)  # pyright: ignore[reportUnknownMemberType] -- tornado's dict
                await send_off(self)

    async def _send_events(self, request: SpeechRequest, reading: Reading) -> None:
        events = EventStream(self)
        async with aclosing(reading.pieces()) as pieces:
            async for piece in pieces:
                await events.send(
                    {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}
                )
        await events.send({"type": "speech.audio.done", "usage": _usage(request, reading)})


def _usage(request: SpeechRequest, reading: Reading) -> Json:
    asked = text_tokens(request.text)
    made = audio_tokens(reading.spoken_ms, ASSISTANT_AUDIO_TOKEN_MS)
    return {"input_tokens": asked, "output_tokens": made, "total_tokens": asked + made}
