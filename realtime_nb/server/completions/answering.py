"""One answer to a chat completion: the brain's words as text or as sound, and its calls.

The answer is a stream of what was said; whoever reads it makes one reply or many chunks of
it. Closing the stream ends the brain's and the speaker's work.
"""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.answers.clauses import ClauseSplitter
from realtime_nb.server.answers.pacing import WORD_MS, Pacer
from realtime_nb.server.answers.speech_stream import SpokenClause, Voice
from realtime_nb.server.audio_format import PCM_24K
from realtime_nb.server.brain.interface import FunctionCall, Piece, closable
from realtime_nb.server.completions.limits import OutputMeter, StopFilter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from realtime_nb.server.answers.context import Tokens
    from realtime_nb.server.answers.pacing import Pace
    from realtime_nb.server.completions.request import ChatRequest
    from realtime_nb.server.workers import Workers

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls"]

FIRST_BLOCK_MS: Final = 100.0  # short, so that the first sound comes soon
BLOCK_MS: Final = 200.0
_SILENCE_MS: Final = 100.0
_LEAD_MS: Final = 300.0  # the transcript runs ahead of its sound by up to this much
_WORD: Final = re.compile(r"\s*\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Words:
    """Text of the answer, or of its transcript."""

    text: str


@dataclass(frozen=True, slots=True)
class Sound:
    """PCM16 at 24 kHz, whole samples."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Called:
    """A function to be called; `arguments` is a JSON object as text."""

    id: str
    name: str
    arguments: str


Said: TypeAlias = Words | Sound | Called


class _OutOfTokensError(Exception):
    """The limit is reached."""


class Answering:
    """Makes one answer.

    Parameters
    ----------
    asked
        The request.
    workers
        Of the request.
    pace
        How fast a spoken answer is put out.

    Attributes
    ----------
    finish_reason : str
        Why it ended; known after the last piece.
    audio_ms : float
        How much sound there was so far.
    """

    def __init__(self, asked: ChatRequest, workers: Workers, pace: Pace) -> None:
        self._workers = workers
        self._voice = Voice(workers.engines.speaker, workers.speaking, asked.voice, 1.0, PCM_24K)
        self._speaks = asked.speaks
        self._is_forced = bool(asked.forced_tool)
        self._stops = StopFilter(asked.stops)
        self._meter = OutputMeter(asked.max_tokens)
        self._clauses = ClauseSplitter()
        self._pacer = Pacer(pace)
        self._words = 0
        self._calls = 0
        self.finish_reason: FinishReason = "stop"
        self.audio_ms = 0.0

    @property
    def tokens(self) -> Tokens:
        """What was put out so far."""
        return self._meter.tokens

    async def run(self, thought: AsyncIterator[Piece]) -> AsyncGenerator[Said]:
        """Yield what is said, in order.

        Parameters
        ----------
        thought
            The brain's stream; closed in any case.

        Raises
        ------
        BrainError
            When there can be no answer.
        """
        try:
            async with aclosing(closable(thought)) as pieces:
                async for piece in pieces:
                    async with aclosing(self._take(piece)) as saids:
                        async for said in saids:
                            yield said
                    if self._stops.stopped:
                        break
            async with aclosing(self._say(self._stops.flush(), last=True)) as saids:
                async for said in saids:
                    yield said
        except _OutOfTokensError:
            self.finish_reason = "length"
            return
        if self._speaks and self._meter.tokens.text and not self.audio_ms and not self._calls:
            # Nothing that can be said ("…") is still a spoken answer, which can be played.
            self.audio_ms = _SILENCE_MS
            yield Sound(bytes(PCM_24K.size(_SILENCE_MS)))
        # As the service does: who forces one function knows that it was called.
        if self._calls and not self._is_forced:
            self.finish_reason = "tool_calls"

    async def _take(self, piece: Piece) -> AsyncGenerator[Said]:
        text = piece if isinstance(piece, str) else ""
        # What follows a pause or a call is not part of the same stop sequence.
        passed = self._stops.feed(text) if text else self._stops.flush()
        pause = not isinstance(piece, str)
        async with aclosing(self._say(passed, last=pause)) as saids:
            async for said in saids:
                yield said
        if isinstance(piece, FunctionCall):
            self._require(self._meter.take_text(piece.name + piece.arguments))
            self._calls += 1
            yield Called(new_id("call"), piece.name, piece.arguments)

    async def _say(self, text: str, *, last: bool) -> AsyncGenerator[Said]:
        """Yield text as words or as spoken clauses; `last` also what waits for its clause's end."""
        if not self._speaks:
            for word in _WORD.findall(text):
                self._require(self._meter.take_text(word))
                await self._pacer.wait(self._words * WORD_MS)
                self._words += 1
                yield Words(word)
            return
        clauses = self._clauses.feed(text)
        if last:
            clauses.append(self._clauses.flush())
        for clause in clauses:
            if not clause:
                continue
            async with aclosing(self._speak(clause)) as saids:
                async for said in saids:
                    yield said

    async def _speak(self, clause: str) -> AsyncGenerator[Said]:
        started_ms = self.audio_ms
        with SpokenClause(clause, self._voice) as spoken:
            while True:
                length_ms = BLOCK_MS if self.audio_ms else FIRST_BLOCK_MS
                block = await spoken.block(length_ms)
                if block is None:
                    break
                await self._pacer.wait(self.audio_ms)
                ahead_ms = self.audio_ms - started_ms + length_ms + _LEAD_MS
                for word in self._transcribed(spoken.captions.until(ahead_ms)):
                    yield word
                ms = PCM_24K.ms(len(block))
                self._require(self._meter.take_audio(ms))
                self.audio_ms += ms
                yield Sound(block)
            for word in self._transcribed(spoken.captions.rest()):
                yield word

    def _transcribed(self, text: str) -> Iterator[Words]:
        for word in _WORD.findall(text):
            self._require(self._meter.take_text(word))
            yield Words(word)

    def _require(self, fits: bool) -> None:  # noqa: FBT001 -- the one question
        if not fits:
            raise _OutOfTokensError
