"""One answer from the brain's words to events: spoken clause by clause, or as text.

The driver owns time (pace, a reader that lags) and sound (speaker, resampling, encoding);
`ResponseEvents` owns the order of events, the brain the words.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.answers.clauses import ClauseSplitter
from realtime_nb.server.answers.pacing import WORD_MS, Pacer
from realtime_nb.server.brain.interface import Breath, FunctionCall, Piece, closable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from realtime_nb.server.answers.response_events import FinalStatus, ResponseEvents
    from realtime_nb.server.parts import Mouth

Json = dict[str, Any]

FIRST_DELTA_MS = 100.0  # short, so that the first sound comes soon
DELTA_MS = 200.0
# The transcript runs ahead of its sound by up to this much.
TRANSCRIPT_LEAD_MS = 300.0
# A response waits so long for its calls on MCP servers; then it is done without them.
MCP_WAIT_S = 1.0
_WORD: Final = re.compile(r"\s*\S+\s*|\s+")


class _OutOfTokensError(Exception):
    """`max_output_tokens` is reached."""


class Answer:
    """Drives one response to its end.

    Parameters
    ----------
    events
        The response; its `created` was emitted already.
    voice
        For spoken answers.
    pacer
        Says when a piece is due.
    gate
        Awaited before each piece: returns when the reader keeps up.
    call_mcp
        Makes a call on an MCP server; returns what runs, None when nothing does yet.
    """

    def __init__(
        self,
        events: ResponseEvents,
        *,
        voice: Mouth,
        pacer: Pacer,
        gate: Callable[[], Awaitable[None]],
        call_mcp: Callable[[ResponseEvents, FunctionCall], asyncio.Task[None] | None],
    ) -> None:
        self._events = events
        self._voice = voice
        self._pacer = pacer
        self._gate = gate
        self._call_mcp = call_mcp
        self._mcp_calls: list[asyncio.Task[None]] = []
        self._clauses = ClauseSplitter()
        self._words = 0
        self._speaks = events.spec.modality == "audio"

    async def run(self, pieces: AsyncIterator[Piece]) -> tuple[FinalStatus, Json | None]:
        """Put out what the brain says; return how the response ends.

        Parameters
        ----------
        pieces
            The brain's stream; closed in any case.
        """
        try:
            spoken = self._voice.ahead(pieces) if self._speaks else pieces
            async with aclosing(closable(spoken)) as stream:
                async for piece in stream:
                    await self._take(piece)
                await self._end_of_text()
            if self._mcp_calls:
                await asyncio.wait(self._mcp_calls, timeout=MCP_WAIT_S)
        except _OutOfTokensError:
            return "incomplete", {"reason": "max_output_tokens"}
        return "completed", None

    async def _take(self, piece: Piece) -> None:
        if isinstance(piece, FunctionCall):
            await self._end_of_text()
            await self._gate()
            self._require(text=piece.name + piece.arguments)
            if piece.server:
                running = self._call_mcp(self._events, piece)
                self._mcp_calls += [running] if running is not None else []
            else:
                self._events.function_call(piece.name, piece.arguments)
        elif isinstance(piece, Breath):
            await self._say_rest()
        elif self._speaks:
            for clause in self._clauses.feed(piece):
                await self._say(clause)
        else:
            for word in _WORD.findall(piece):
                await self._write(word)

    async def _say_rest(self) -> None:
        rest = self._clauses.flush()
        if rest:
            await self._say(rest)

    async def _end_of_text(self) -> None:
        await self._say_rest()
        self._events.close_message()

    async def _write(self, word: str) -> None:
        await self._ready(self._words * WORD_MS)
        self._words += 1
        self._require(text=word)
        self._events.text(word)

    async def _say(self, clause: str) -> None:
        events = self._events
        events.open_message()
        started_ms = events.audio_ms
        with self._voice.speak(clause) as spoken:
            while True:
                length_ms = DELTA_MS if events.audio_ms else FIRST_DELTA_MS
                block = await spoken.block(length_ms)
                if block is None:
                    break
                sent_ms = events.audio_ms
                await self._ready(sent_ms)
                ahead_ms = sent_ms - started_ms + length_ms + TRANSCRIPT_LEAD_MS
                self._transcribe(spoken.captions.until(ahead_ms))
                self._require(audio_ms=self._voice.format.ms(len(block)))
                events.audio(block)
            self._transcribe(spoken.captions.rest())

    def _transcribe(self, text: str) -> None:
        for word in _WORD.findall(text):
            self._require(text=word)
            self._events.text(word)

    async def _ready(self, sent_ms: float) -> None:
        await self._pacer.wait(sent_ms)
        await self._gate()

    def _require(self, *, text: str = "", audio_ms: float = 0.0) -> None:
        if not self._events.room_for(text=text, audio_ms=audio_ms):
            raise _OutOfTokensError
