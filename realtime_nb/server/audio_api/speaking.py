"""Text spoken clause by clause and encoded as it is spoken."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime_nb.audio.codec_stream import StreamEncoder
from realtime_nb.audio.pcm import int16_to_float
from realtime_nb.server.answers.clauses import ClauseSplitter
from realtime_nb.server.answers.speech_stream import SpokenClause, Voice
from realtime_nb.server.audio_format import PCM_24K

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from numpy.typing import NDArray

    from realtime_nb.server.audio_api.speech_request import SpeechRequest
    from realtime_nb.server.workers import Workers

_BLOCK_MS: Final = 500.0
# Who reads aloud takes breath between sentences; the engine, given them one by one, does not.
_BREATH_MS: Final = 400.0
_SENTENCE_ENDS: Final = (".", "!", "?", "\u2026", "\n")


class Reading:
    """A text being read aloud.

    Parameters
    ----------
    request
        What is read, and how.
    workers
        Of the request.

    Attributes
    ----------
    spoken_ms : float
        How much sound there was so far.
    """

    def __init__(self, request: SpeechRequest, workers: Workers) -> None:
        self._request = request
        self._workers = workers
        self.spoken_ms = 0.0

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Yield the encoded sound, piece by piece as it is made; no piece is empty.

        At most one clause waits in memory.
        """
        loop = asyncio.get_running_loop()
        worker = self._workers.speaking
        encoder = StreamEncoder(self._request.format, PCM_24K.rate)
        async with aclosing(self._blocks()) as blocks:
            async for block in blocks:
                piece = await loop.run_in_executor(worker, encoder.feed, int16_to_float(block))
                if piece:
                    yield piece
        last = await loop.run_in_executor(worker, encoder.finish)
        if last:
            yield last

    async def _blocks(self) -> AsyncGenerator[NDArray[np.int16]]:
        request = self._request
        speaker, worker = self._workers.engines.speaker, self._workers.speaking
        voice = Voice(speaker, worker, request.voice, request.speed, PCM_24K)
        splitter = ClauseSplitter()
        breath = False
        for clause in (*splitter.feed(request.text), splitter.flush()):
            if not clause.strip():
                continue
            if breath:
                yield self._silence(_BREATH_MS / request.speed)
            breath = clause.rstrip(" \"')\u2019\u201d").endswith(_SENTENCE_ENDS)
            with SpokenClause(clause, voice) as spoken:
                while (block := await spoken.block(_BLOCK_MS)) is not None:
                    self.spoken_ms += PCM_24K.ms(len(block))
                    yield PCM_24K.decode(block)
        if not self.spoken_ms:
            # Nothing that can be said ("…") is still a file that can be played.
            yield self._silence(100.0)

    def _silence(self, ms: float) -> NDArray[np.int16]:
        self.spoken_ms += ms
        return np.zeros(PCM_24K.size(ms) // PCM_24K.sample_bytes, np.int16)
