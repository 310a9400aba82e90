"""``POST /v1/audio/transcriptions`` and ``/translations``: a file in, its words out."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from realtime_nb.server.audio_api.hearing_files import FileHearing
from realtime_nb.server.audio_api.transcript_formats import (
    Transcript,
    diarized_segment,
    segment_id,
)
from realtime_nb.server.audio_api.transcription_request import (
    transcription_request,
    translation_request,
)
from realtime_nb.server.config.config import MODEL
from realtime_nb.server.ears.interpreter import MARK
from realtime_nb.server.ears.transcription import WORD
from realtime_nb.server.http.errors import Refusal, server_fault
from realtime_nb.server.http.multipart import FormHandler
from realtime_nb.server.http.sse import ClientGone, EventStream

if TYPE_CHECKING:
    from realtime_nb.server.audio_api.listening import Phrase
    from realtime_nb.server.audio_api.transcription_request import TranscriptionRequest

Json = dict[str, Any]

_log = logging.getLogger(__name__)


class TranscriptionHandler(FormHandler):
    """Writes speech down."""

    async def answer(self, *_parts: str) -> None:
        """Answer with the transcript, or with events that build it."""
        request = transcription_request(self.form())
        self.set_header("openai-model", MODEL)
        async with self.shared.turns.turn():
            if request.streams:
                await self._send_events(request)
            else:
                await send_transcript(self, request)

    async def _send_events(self, request: TranscriptionRequest) -> None:
        hearing = FileHearing(request, self.shared)
        told: list[Phrase] = []
        events: EventStream | None = None
        try:
            async with aclosing(hearing.phrases()) as phrases:
                async for phrase in phrases:
                    events = events or EventStream(self)
                    await _tell(events, request, phrase, len(told))
                    told.append(phrase)
        except ClientGone:
            raise
        except Exception as error:
            if events is None:
                raise
            # The status is sent already: what went wrong can only come as an event.
            _log.exception("a transcription broke off")
            refusal = (
                error
                if isinstance(error, Refusal)
                else server_fault(f"The server had an error: {type(error).__name__}.")
            )
            await events.send(refusal.body())
            return
        events = events or EventStream(self)
        whole = Transcript(request, told, hearing.duration_s)
        await events.send(
            {
                "type": "transcript.text.done",
                "text": whole.text,
                **whole.languages,
                "usage": whole.usage,
                "model": MODEL,
            }
        )


class AudioTranslationHandler(FormHandler):
    """Writes speech down and marks it: nothing here translates."""

    async def answer(self, *_parts: str) -> None:
        """Answer with what was said, as it was said."""
        request = translation_request(self.form())
        self.set_header("openai-model", MODEL)
        async with self.shared.turns.turn():
            await send_transcript(self, request, MARK)


async def send_transcript(
    handler: FormHandler, request: TranscriptionRequest, mark: str = ""
) -> None:
    """Answer with all that is heard, in the format asked for.

    Parameters
    ----------
    handler, request
        Of the request.
    mark
        Stands before what ought to have been translated.
    """
    hearing = FileHearing(request, handler.shared)
    async with aclosing(hearing.phrases()) as phrases:
        heard = [phrase async for phrase in phrases]
    body = Transcript(request, heard, hearing.duration_s, mark).body()
    if isinstance(body, str):
        handler.set_header("Content-Type", "text/plain; charset=utf-8")
        handler.write(body)  # pyright: ignore[reportUnknownMemberType] -- tornado's dict
    else:
        handler.reply(body)


async def _tell(
    events: EventStream, request: TranscriptionRequest, phrase: Phrase, index: int
) -> None:
    is_diarized = request.format == "diarized_json"
    segment = {"segment_id": segment_id(index)} if is_diarized else {}
    for word in WORD.findall(phrase.text if index == 0 else f" {phrase.text}"):
        await events.send({"type": "transcript.text.delta", "delta": word, **segment})
    if is_diarized:
        await events.send(diarized_segment(index, phrase))
