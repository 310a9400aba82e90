"""One request for a chat completion with sound, and what comes of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from realtime_nb.client.rest.failures import no_answer, refused_in_body
from realtime_nb.client.rest.progress import Progress, report
from realtime_nb.client.rest.speech_sink import SpeechSink
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.completion import STREAM_FORMAT
from realtime_nb.protocol.audio_api.completion_stream import CompletionStream
from realtime_nb.protocol.audio_api.sent_format import sent_format
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai import AsyncOpenAI

    from realtime_nb.audio.spool import PcmSpool
    from realtime_nb.client.rest.service import RestService

_TOLD_EVERY_S: Final = 0.05
_ENDED_EARLY: Final = "the stream ended before the answer did"


class Reply:
    """What came for one request, as far as it has come; whole or cut off.

    Parameters
    ----------
    service
        Who is asked.
    body
        The request.
    spool
        Where the sound of a stream goes; None for an answer that comes whole.
    on_progress
        Called with a `Progress` twenty times a second at the most.
    asked_at
        When the person asked, by `time.monotonic`.
    """

    def __init__(
        self,
        service: RestService,
        body: dict[str, Any],
        *,
        spool: PcmSpool | None,
        on_progress: Callable[[Progress], object] | None,
        asked_at: float,
    ) -> None:
        self._service = service
        self._body = body
        self._spool = spool
        self._sink = SpeechSink(spool) if spool is not None else None
        self._on_progress = on_progress
        self._asked_at = asked_at
        self._told_at = 0.0
        self._file = bytearray()
        # Bytes as they come: some services send a file where samples were asked for.
        self.completion = CompletionStream(self._keep, samples=False)
        self.timings: dict[str, float] = {}
        self.problem = ""

    @property
    def data(self) -> bytes:
        """The sound that came whole, a file."""
        return bytes(self._file)

    @property
    def sent_format(self) -> str:
        """What the sound came as, which may be another format than was asked for."""
        if self._sink is not None:
            return "a file" if self._sink.converted else STREAM_FORMAT
        return sent_format(self.data, str(as_object(self._body.get("audio")).get("format")))

    async def run(self) -> None:
        """Ask, and take in what comes.

        What breaks a stream after something came is kept in `problem` and not raised.

        Raises
        ------
        RealtimeError
            When nothing comes; see `RestService.run`.
        """
        self._tell("waiting for the answer", now=True)
        await self._service.run(self._stream if self._spool is not None else self._whole)
        self.completion.finish()
        await self._end_sound()
        self.timings["whole"] = self._elapsed_ms()
        self._tell("done", now=True)

    async def _end_sound(self) -> None:
        """Take what is held back of a stream's sound: all of it where that is a file."""
        if self._sink is None:
            return
        try:
            await asyncio.to_thread(self._sink.end_part)
        except UsageError:
            self.problem = self.problem or "the sound is none that can be read here"

    async def _whole(self, client: AsyncOpenAI) -> None:
        completions: Any = client.chat.completions
        answer: Any = await completions.with_raw_response.create(**self._body)
        await self._take_whole(answer.content)

    async def _stream(self, client: AsyncOpenAI) -> None:
        completions: Any = client.chat.completions
        stream: Any = await completions.create(**self._body)
        if "json" in stream.response.headers.get("content-type", ""):
            # A service that cannot stream answers whole.
            await self._take_whole(await stream.response.aread())
            return
        try:
            async for chunk in stream:
                self._take(chunk.to_dict(warnings=False) if hasattr(chunk, "to_dict") else chunk)
        except Exception as error:  # noqa: BLE001 -- whatever openai, httpx or the system raise
            failure = self._service.explain(error)
            if not self.completion.anything:
                raise failure from None
            self.problem = str(failure)
            return
        if not self.completion.ended:
            if not self.completion.anything:
                raise no_answer(self._service.endpoint, "a stream without any event")
            self.problem = _ENDED_EARLY

    async def _take_whole(self, content: bytes) -> None:
        # On a thread: half a second of work for an answer of ten minutes.
        await asyncio.to_thread(self._read_whole, content)
        self._tell("answering")

    def _read_whole(self, content: bytes) -> None:
        told = as_object(orjson.loads(content))
        if told.get("error"):
            # Some services refuse with the status of success.
            raise refused_in_body(told["error"], self._service.endpoint)
        if not told.get("choices"):
            raise no_answer(self._service.endpoint, "it has no choices")
        self._read(told)

    def _take(self, chunk: object) -> None:
        if "error" in (as_object(chunk).get("type"), as_object(chunk).get("object")):
            # Some services send their errors without anything around them.
            raise refused_in_body(chunk, self._service.endpoint)
        self._read(chunk)
        self._tell("answering")

    def _read(self, chunk: object) -> None:
        self.completion.feed(self._service.without_keys(chunk))
        if self.completion.transcript or self.completion.content:
            self.timings.setdefault("first_text", self._elapsed_ms())
        if self.completion.sound_bytes:
            self.timings.setdefault("first_sound", self._elapsed_ms())

    def _keep(self, data: bytes) -> None:
        if self._sink is not None:
            self._sink.feed(data)
        else:
            self._file += data

    def _elapsed_ms(self) -> float:
        return (time.monotonic() - self._asked_at) * 1000

    def _tell(self, state: str, *, now: bool = False) -> None:
        if self._on_progress is None:
            return
        clock = time.monotonic()
        if not now and clock - self._told_at < _TOLD_EVERY_S:
            return
        self._told_at = clock
        said = self.completion.transcript or self.completion.content
        report(self._on_progress, Progress(said, self._spool, state))
