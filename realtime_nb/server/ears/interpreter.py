"""The practice interpreter: it repeats, and says of every phrase that it is not translated.

Nothing on this computer translates. So that a client's captions and sound can be tried all
the same, each phrase comes back as it was heard: its words behind `MARK` in the output
transcript, and spoken by the local voice.

Sound is taken in frames of 200 ms, as the service takes it, and `elapsed_ms` counts them:
time passes only while the client sends.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.server.answers.pacing import Pacer
from realtime_nb.server.answers.speech_stream import SpokenClause, Voice
from realtime_nb.server.audio_format import PCM_24K
from realtime_nb.server.ears.phrases import Phrase, PhraseEar
from realtime_nb.server.ears.transcription import WORD
from realtime_nb.server.wire_errors import error_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.config.translation_config import TranslationConfig
    from realtime_nb.server.workers import Workers

Json = dict[str, Any]

_log = logging.getLogger(__name__)

MARK: Final = "[untranslated, practice server] "
FRAME_MS: Final = 200
_VOICE: Final = "marin"
# Phrases that wait to be spoken; then the client waits, as with an interpreter out of breath.
_MOST_WAITING: Final = 64
_LEAD_MS = 300.0  # the transcript runs ahead of its sound by up to this much


class Interpreter:
    """Turns one session's sound into words and sound.

    Parameters
    ----------
    workers
        Hear and speak.
    config
        The session's.
    expected
        Phrases that are likely said, in the notation of `speech`'s grammar.
    """

    def __init__(
        self, workers: Workers, config: TranslationConfig, expected: Sequence[str] = ()
    ) -> None:
        self._workers = workers
        self._config = config
        self._ear = PhraseEar(
            workers.hearing,
            workers.engines.voice_activity(),
            PCM_24K.rate,
            lambda: (expected, ""),
        )
        self._frame_size = PCM_24K.size(FRAME_MS)
        self._waiting = bytearray()
        self._elapsed_ms = 0  # of the sound that was taken
        self._spoken_ms = 0.0  # where the output ends
        self._phrases: asyncio.Queue[Phrase | None] = asyncio.Queue(_MOST_WAITING)
        self._is_first = True
        self._failed = False
        self._task = workers.spawn(self._run())

    async def hear(self, audio: bytes) -> None:
        """Take PCM16 at 24 kHz; other work gets its turns in between."""
        self._waiting += audio
        while len(self._waiting) >= self._frame_size:
            frame = bytes(self._waiting[: self._frame_size])
            del self._waiting[: self._frame_size]
            await self._workers.hearing.room()
            await self._hear_frame(frame)
            await asyncio.sleep(0)

    async def finish(self) -> None:
        """Hear what is left, and return when all of it was put out."""
        if self._waiting:
            missing = self._frame_size - len(self._waiting)
            await self._hear_frame(bytes(self._waiting) + b"\0" * missing)
            self._waiting.clear()
        last = self._ear.finish()
        if last is not None:
            await self._phrases.put(last)
        await self._phrases.put(None)
        await self._task

    async def _hear_frame(self, frame: bytes) -> None:
        self._elapsed_ms += FRAME_MS
        for phrase in self._ear.hear(PCM_24K.decode(frame)):
            await self._phrases.put(phrase)

    async def _run(self) -> None:
        while (phrase := await self._phrases.get()) is not None:
            try:
                understood = await asyncio.shield(phrase.understood)
                if understood.failure:
                    self._tell_failure(understood.failure)
                elif understood.text:
                    await self._interpret(phrase, understood.text)
            except Exception as error:  # noqa: BLE001 -- logged, and told to the client
                # An engine's fault costs a phrase, never the session.
                _log.exception("a phrase was lost")
                self._tell_failure(f"The server had an error while speaking: {error}")

    async def _interpret(self, phrase: Phrase, text: str) -> None:
        gap = "" if self._is_first else " "
        self._is_first = False
        if self._config.transcribes:
            self._tell_source(phrase, gap, text)
        self._spoken_ms = max(self._spoken_ms, phrase.end_ms)
        self._tell_output(gap + MARK)
        workers = self._workers
        voice = Voice(workers.engines.speaker, workers.speaking, _VOICE, 1.0, PCM_24K)
        pacer = Pacer(workers.settings.pace)
        sent_ms = 0.0
        with SpokenClause(text, voice) as spoken:
            while (block := await spoken.block(FRAME_MS)) is not None:
                await pacer.wait(sent_ms)
                await workers.gate()
                self._tell_output(spoken.captions.until(sent_ms + FRAME_MS + _LEAD_MS))
                self._tell_sound(block)
                sent_ms += PCM_24K.ms(len(block))
            self._tell_output(spoken.captions.rest())

    def _tell_source(self, phrase: Phrase, gap: str, text: str) -> None:
        """Emit the words heard, spread evenly over the phrase: where each lay is not known."""
        words = WORD.findall(gap + text)
        places = np.linspace(phrase.start_ms, phrase.end_ms, len(words), endpoint=False)
        for word, at_ms in zip(words, places.tolist(), strict=True):
            self._workers.emit(
                "session.input_transcript.delta", delta=word, elapsed_ms=_frames(at_ms)
            )

    def _tell_output(self, text: str) -> None:
        for word in WORD.findall(text):
            self._workers.emit(
                "session.output_transcript.delta",
                delta=word,
                elapsed_ms=_frames(self._spoken_ms),
            )

    def _tell_sound(self, block: bytes) -> None:
        self._workers.emit(
            "session.output_audio.delta",
            delta=base64.b64encode(block).decode(),
            sample_rate=PCM_24K.rate,
            channels=1,
            format="pcm16",
            elapsed_ms=_frames(self._spoken_ms),
        )
        self._spoken_ms += PCM_24K.ms(len(block))

    def _tell_failure(self, why: str) -> None:
        if not self._failed:  # once: it would be the same for every phrase
            self._failed = True
            body = error_body(why, kind="server_error")
            self._workers.emit("error", error=body)


def _frames(ms: float) -> int:
    """Return a time in whole frames, as `elapsed_ms` advances."""
    return int(ms // FRAME_MS) * FRAME_MS
