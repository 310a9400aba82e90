"""A clause spoken: sound from a worker thread, and when each of its words sounds.

The whole clause is made in one job of the worker, ahead of the pace at which the answer
goes out: so the speaker is never left waiting half way, the words are known early, and
an abandoned clause ends at its next chunk.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from realtime_nb.audio.pcm import float_to_int16, int16_to_float
from realtime_nb.audio.resample import StreamResampler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from concurrent.futures import Executor
    from types import TracebackType

    from realtime_nb.server.audio_format import WireFormat
    from realtime_nb.server.brain.interface import Piece
    from realtime_nb.speech.interfaces import Speaker, WordTime


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, how, and on which thread.

    Parameters
    ----------
    speaker
        The engine.
    executor
        Runs it, one clause after the other.
    name
        The session's voice.
    speed
        1.0 is normal.
    format
        What the sound is encoded in.
    """

    speaker: Speaker
    executor: Executor
    name: str
    speed: float
    format: WireFormat

    def speak(self, clause: str) -> SpokenClause:
        """Begin to speak a clause, blanks around it included."""
        return SpokenClause(clause, self)

    def ahead(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        """Return the brain's stream as it is: a clause is made in no time."""
        return pieces


class Captions:
    """The words of a clause, given out as their sound comes near.

    Parameters
    ----------
    text
        The clause; all that is given out joins to it.
    skip
        Characters at its beginning that the speaker was not given.
    """

    def __init__(self, text: str, *, skip: int = 0) -> None:
        self._text = text
        self._skip = skip
        self._given = 0
        self._starts: list[tuple[int, float]] = []
        self._complete = False

    def know(self, words: Iterable[WordTime]) -> None:
        """Learn where words stand and when they begin to sound."""
        for word in words:
            offset = word.text_offset + self._skip
            # A number is told once for each word it is read as: it counts once.
            if offset > (self._starts[-1][0] if self._starts else -1):
                self._starts.append((offset, word.audio_ms))

    def complete(self) -> None:
        """Learn that no more words will come: the last one ends with the text."""
        self._complete = True

    def until(self, audio_ms: float) -> str:
        """Return the words not yet given out that begin before `audio_ms` of the clause."""
        later = next((offset for offset, at_ms in self._starts if at_ms >= audio_ms), None)
        if later is not None:
            return self._give(later)
        if self._complete:
            return self._give(len(self._text))
        # The newest word known may still have signs behind it: its end is not known yet.
        return self._give(self._starts[-1][0] if self._starts else 0)

    def rest(self) -> str:
        """Return all that was not given out yet."""
        return self._give(len(self._text))

    def _give(self, end: int) -> str:
        end = min(end, len(self._text))
        given, self._given = self._text[self._given : end], max(self._given, end)
        return given


class SpokenClause:
    """A clause being spoken; use it in a ``with`` block, whose end abandons the rest.

    Parameters
    ----------
    text
        One clause, blanks around it included.
    voice
        Who speaks it.
    """

    def __init__(self, text: str, voice: Voice) -> None:
        bare = text.strip()
        self.captions = Captions(text, skip=len(text) - len(text.lstrip()))
        self._voice = voice
        self._bare = bare
        self._audio = bytearray()
        self._ended = False
        self._stopped = False
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self._job = self._loop.run_in_executor(self._voice.executor, self._speak)
        self._job.add_done_callback(self._finished)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped = True

    async def block(self, ms: float) -> bytes | None:
        """Return the next `ms` of encoded sound, less at the end, None after it.

        Raises
        ------
        Exception
            Whatever the speaker raised.
        """
        size = self._voice.format.size(ms)
        while len(self._audio) < size and not self._ended:
            self._news.clear()
            await self._news.wait()
        if not self._audio:
            await self._job
            return None
        block = bytes(self._audio[:size])
        del self._audio[:size]
        return block

    def _speak(self) -> None:
        """Run in the worker: speak, resample, encode, pass on."""
        voice = self._voice
        resampler = StreamResampler(voice.speaker.rate, voice.format.rate)
        chunks = voice.speaker.say(self._bare, voice=voice.name, speed=voice.speed)
        try:
            for chunk in chunks:
                if self._stopped:
                    return
                samples = resampler.feed(int16_to_float(chunk.pcm))
                encoded = voice.format.encode(float_to_int16(samples))
                self._loop.call_soon_threadsafe(self._take, encoded, chunk.words)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        tail = voice.format.encode(float_to_int16(resampler.flush()))
        self._loop.call_soon_threadsafe(self._take, tail, ())

    def _take(self, encoded: bytes, words: Iterable[WordTime]) -> None:
        self._audio += encoded
        self.captions.know(words)
        self._news.set()

    def _finished(self, job: asyncio.Future[None]) -> None:
        if not job.cancelled():
            job.exception()  # looked at here; `block` raises it where anybody listens
        self.captions.complete()
        self._ended = True
        self._news.set()
