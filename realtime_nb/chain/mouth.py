"""A mouth that is a service: each clause is a request, begun while the ones before it sound.

The brain's words are read ahead of what is spoken and cut into clauses; a clause is asked for
as soon as it is whole. Closing the stream of words, as a barge-in does, ends every request that
is open, and with it its HTTP stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Self

from realtime_nb.audio.pcm import float_to_int16, int16_to_float, pcm16_to_int16
from realtime_nb.audio.resample import StreamResampler
from realtime_nb.chain.requests import NoAnswer
from realtime_nb.chain.sound import SoundStream
from realtime_nb.server.answers.clauses import ClauseSplitter
from realtime_nb.server.answers.speech_stream import Captions
from realtime_nb.server.brain.interface import Breath, closable
from realtime_nb.speech.interfaces import WordTime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from realtime_nb.chain.requests import Requests
    from realtime_nb.server.answers.response_events import ResponseSpec
    from realtime_nb.server.audio_format import WireFormat
    from realtime_nb.server.brain.interface import Piece

AHEAD: Final = 3
"""Clauses that are asked for and not yet spoken, at most."""

# Services tell no word times: words are shown as they would fall at a usual pace.
_MS_PER_CHARACTER: Final = 65.0
_WORD: Final = re.compile(r"\S+")
_EVENTS_FROM: Final = "gpt-"  # those that tell what they counted do so in server-sent events


class RestMouth:
    """Speaks one response by way of the speech leg.

    Parameters
    ----------
    requests
        Of the session.
    spec
        The response.
    """

    def __init__(self, requests: Requests, spec: ResponseSpec) -> None:
        self._requests = requests
        self._spec = spec
        self._room = asyncio.Semaphore(AHEAD)
        self._coming: deque[RestSpeaking] = deque()

    @property
    def format(self) -> WireFormat:
        """What the sound is encoded in."""
        return self._spec.format

    def speak(self, clause: str) -> RestSpeaking:
        """Begin to speak a clause; one that `ahead` has asked for is on its way already."""
        while self._coming:
            coming = self._coming.popleft()
            if coming.text == clause:
                return coming
            coming.stop()
        return self._ask(clause)

    async def ahead(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        """Yield the brain's stream clause by clause, each of them asked for before it is due."""
        ready: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
        reader = asyncio.ensure_future(self._read(pieces, ready))
        try:
            while (piece := await ready.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            reader.cancel()
            waiting = [coming.stop() for coming in self._coming]
            self._coming.clear()
            await asyncio.gather(reader, *waiting, return_exceptions=True)

    async def _read(
        self, pieces: AsyncIterator[Piece], ready: asyncio.Queue[Piece | BaseException | None]
    ) -> None:
        clauses = ClauseSplitter()

        def give(clause: str) -> None:
            self._coming.append(self._ask(clause))
            ready.put_nowait(clause)
            ready.put_nowait(Breath())

        end: BaseException | None = None
        try:
            async with contextlib.aclosing(closable(pieces)) as stream:
                async for piece in stream:
                    if isinstance(piece, str):
                        for clause in clauses.feed(piece):
                            give(clause)
                        continue
                    if rest := clauses.flush():
                        give(rest)
                    ready.put_nowait(piece)
        except Exception as error:  # noqa: BLE001 -- raised where the stream is read
            end = error
        if rest := clauses.flush():
            give(rest)
        ready.put_nowait(end)

    def _ask(self, clause: str) -> RestSpeaking:
        return RestSpeaking(self._requests, self._spec, clause, self._room)


class RestSpeaking:
    """A clause on its way; see `realtime_nb.server.parts.Speaking`.

    Parameters
    ----------
    requests, spec
        As for `RestMouth`.
    text
        The clause, blanks around it included.
    room
        Held from the request to the end of its sound.

    Attributes
    ----------
    captions
        Its words, at about the time they sound.
    """

    def __init__(
        self, requests: Requests, spec: ResponseSpec, text: str, room: asyncio.Semaphore
    ) -> None:
        self.text = text
        self.captions = Captions(text)
        self.captions.know(
            WordTime(word.start(), len(word[0]), word.start() * _MS_PER_CHARACTER / spec.speed)
            for word in _WORD.finditer(text)
        )
        self._requests = requests
        self._spec = spec
        self._room = room
        self._audio = bytearray()
        self._news = asyncio.Event()
        self._spoken = asyncio.Event()
        self._fetched = False
        self._failure: Exception | None = None
        self._task = asyncio.ensure_future(self._run())
        self._task.add_done_callback(self._finished)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._spoken.set()
        if not self._fetched:
            self.stop()

    async def block(self, ms: float) -> bytes | None:
        """Return the next `ms` of encoded sound, less at the end, None after it.

        Raises
        ------
        BrainError
            When the service failed.
        """
        size = self._spec.format.size(ms)
        while len(self._audio) < size and not self._fetched:
            self._news.clear()
            await self._news.wait()
        if not self._audio:
            if self._failure is not None:
                raise self._failure
            return None
        block = bytes(self._audio[:size])
        del self._audio[:size]
        return block

    def stop(self) -> asyncio.Future[None]:
        """End the request; the future resolves when its stream is closed."""
        self._task.cancel()
        return self._task

    async def _run(self) -> None:
        async with self._room:
            if self.text.strip():
                await self._fetch()
            self._end()
            await self._spoken.wait()

    async def _fetch(self) -> None:
        spec, bare = self._spec, self.text.strip()
        since_s = self._requests.begun_s(spec.id)
        asked = self._requests.of("speak", since_s, response_id=spec.id, characters=len(bare))
        async with asked:
            client = await asked.client()
            body: dict[str, Any] = {
                "model": asked.model,
                "voice": spec.voice,
                "input": bare,
                "response_format": "pcm",
            }
            if spec.speed != 1.0:
                body["speed"] = spec.speed
            if asked.model.startswith(_EVENTS_FROM):
                body["stream_format"] = "sse"
            async with client.audio.speech.with_streaming_response.create(**body) as response:
                sound = SoundStream(response)
                resampler: StreamResampler | None = None
                async for pcm in sound.pcm():
                    asked.first()
                    if resampler is None:
                        resampler = StreamResampler(sound.rate, spec.format.rate)
                    self._take(resampler.feed(int16_to_float(pcm16_to_int16(pcm))))
                if resampler is not None:
                    self._take(resampler.flush())
                elif any(letter.isalnum() for letter in bare):
                    raise NoAnswer("it answered without sound; choose another for speak")
                asked.usage = sound.usage

    def _take(self, samples: Any) -> None:
        self._audio += self._spec.format.encode(float_to_int16(samples))
        self._news.set()

    def _end(self) -> None:
        self._fetched = True
        self._news.set()

    def _finished(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            error = task.exception()
            self._failure = error if isinstance(error, Exception) else None
        self._end()
