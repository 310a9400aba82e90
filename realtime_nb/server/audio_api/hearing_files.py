"""A file heard beside the event loop, phrase after phrase, until the end or until nobody waits."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

from realtime_nb.server.audio_api.listening import Cutting, Listener
from realtime_nb.server.audio_api.sound_file import opened
from realtime_nb.server.audio_api.transcription_request import NEEDS_CHUNKING_S
from realtime_nb.server.http.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from realtime_nb.server.audio_api.listening import Phrase
    from realtime_nb.server.audio_api.transcription_request import TranscriptionRequest
    from realtime_nb.server.door.web import Shared
    from realtime_nb.speech.interfaces import Engines


class FileHearing:
    """Hears the file of one request.

    Parameters
    ----------
    request
        What is heard.
    shared
        The server's.

    Raises
    ------
    Refusal
        When nobody can hear here.
    """

    def __init__(self, request: TranscriptionRequest, shared: Shared) -> None:
        engines = shared.engines
        if engines.recogniser is None:
            raise bad_request(_why_deaf(engines), code="no_recogniser")
        self._request = request
        self._listener = Listener(
            engines.recogniser,
            engines.voice_activity(),
            request.prompt,
            request.cutting or Cutting(),
        )
        self._worker = shared.settings.worker("hearing-a-file")
        self._open = ExitStack()
        self._phrases: Iterator[Phrase] = iter(())

    @property
    def duration_s(self) -> float:
        """How much was heard so far."""
        return self._listener.heard_s

    async def phrases(self) -> AsyncGenerator[Phrase]:
        """Yield what is said; closing the generator stops the work.

        Raises
        ------
        Refusal
            When the file holds no sound that can be read.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._worker, self._begin)
            while (phrase := await loop.run_in_executor(self._worker, self._next)) is not None:
                yield phrase
        finally:
            self._listener.stop()
            # After the job under way, on its thread.
            self._worker.submit(self._open.close)
            self._worker.shutdown(wait=False)

    def _begin(self) -> None:
        request = self._request
        sound = self._open.enter_context(opened(request.upload.data))
        seconds = (sound.frames or 0) / sound.rate
        if request.rules.diarizes and request.cutting is None and seconds > NEEDS_CHUNKING_S:
            raise bad_request(
                "chunking_strategy is required for diarization models",
                code="invalid_value",
                param="chunking_strategy",
            )
        phrases = self._listener.phrases(sound.blocks, sound.rate)
        self._open.callback(phrases.close)
        self._phrases = phrases

    def _next(self) -> Phrase | None:
        return next(self._phrases, None)


def _why_deaf(engines: Engines) -> str:
    reasons = [f"{part.why}: {part.install}" for part in engines.missing if "recogn" in part.name]
    why = reasons[0] if reasons else "no recogniser is installed"
    return f"The practice server cannot hear: {why}."
