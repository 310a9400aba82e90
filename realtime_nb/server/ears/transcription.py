"""Input transcription events: what the user said, told when the session asks for it."""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.answers.context import USER_AUDIO_TOKEN_MS, audio_tokens, text_tokens
from realtime_nb.server.ears.hearing import Overheard
from realtime_nb.server.ears.transcribers import transcriber_of
from realtime_nb.server.emitter import obfuscation
from realtime_nb.server.wire_errors import error_body

if TYPE_CHECKING:
    from realtime_nb.server.core import Core
    from realtime_nb.server.emitter import Emitter
    from realtime_nb.server.items import Item, Part

Json = dict[str, Any]

WORD: Final = re.compile(r"\s*\S+\s*")
_PREFIX = "conversation.item.input_audio_transcription."


class Teller:
    """Emits the transcription events of one audio part.

    Parameters
    ----------
    emit
        Sends them.
    item_id
        The item's, which may not stand in the conversation yet.
    content_index
        The part's.
    """

    def __init__(self, emit: Emitter, item_id: str, content_index: int = 0) -> None:
        self._emit = emit
        self._ids: Json = {"item_id": item_id, "content_index": content_index}

    def words(self, text: str) -> None:
        """Emit a delta for each word."""
        for word in WORD.findall(text):
            self.delta(word)

    def delta(self, text: str) -> None:
        """Emit a piece of the transcript as it is."""
        self._emit(
            _PREFIX + "delta",
            **self._ids,
            delta=text,
            logprobs=None,
            obfuscation=obfuscation(),
        )

    def completed(self, text: str, usage: Json) -> None:
        """Emit the whole transcript."""
        self._emit(_PREFIX + "completed", **self._ids, transcript=text, usage=usage, logprobs=None)

    def failed(self, why: str) -> None:
        """Emit that there is none."""
        error = error_body(why, code="transcription_failed", kind="server_error")
        del error["event_id"]
        self._emit(_PREFIX + "failed", **self._ids, error=error)


async def tell_transcript(core: Core, item: Item, part: Part, wanted: Json) -> None:
    """Emit a user item's transcription once recognition is through.

    Parameters
    ----------
    core
        What the session shares.
    item, part
        The item and its audio part.
    wanted
        The `transcription` object that was in force when the audio was committed.
    """
    if part.understood is None:
        return
    teller = Teller(core.emit, item.id, item.parts.index(part))
    coming = part.understood if isinstance(part.understood, Overheard) else None
    if coming is not None:
        coming.on_words(teller.delta)
    understood = await asyncio.shield(part.understood)
    failure = understood.failure or core.hearing.refusal(wanted)
    if failure:
        teller.failed(failure)
        return
    part.transcript = understood.text
    if coming is None or not coming.words:
        teller.words(understood.text)
    counted = understood.usage or transcription_usage(wanted, part.audio_ms, understood.text)
    teller.completed(understood.text, counted)


def transcription_usage(wanted: Json, audio_ms: float, text: str) -> Json:
    """Return the `usage` of a transcription: by duration or by tokens, as its model counts."""
    if transcriber_of(wanted).by_minute:
        return {"type": "duration", "seconds": math.ceil(audio_ms / 1000.0)}
    prompt = text_tokens(wanted.get("prompt") or "")
    audio = audio_tokens(audio_ms, USER_AUDIO_TOKEN_MS)
    words = text_tokens(text)
    return {
        "type": "tokens",
        "total_tokens": prompt + audio + words,
        "input_tokens": prompt + audio,
        "input_token_details": {"text_tokens": prompt, "audio_tokens": audio},
        "output_tokens": words,
    }
