"""One recording while it is written down: its parts sent in turn, their words as they come."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import orjson

from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL
from realtime_nb.client.rest.daemon_thread import on_daemon_thread
from realtime_nb.client.rest.failures import refused_in_body
from realtime_nb.client.rest.long_sound import LARGEST_UPLOAD, Uploads
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.client.rest.progress import Progress, report
from realtime_nb.client.rest.stream_refusal import check_kind
from realtime_nb.errors import ConnectionFailed, RealtimeError
from realtime_nb.protocol.audio_api.event_stream import EventStream
from realtime_nb.protocol.audio_api.transcriber_models import find_transcriber
from realtime_nb.protocol.audio_api.transcript_ask import check_ask
from realtime_nb.protocol.audio_api.transcript_join import join_transcripts
from realtime_nb.protocol.audio_api.transcript_read import (
    TranscriptStream,
    read_error,
    read_transcript,
)
from realtime_nb.protocol.audio_api.word_cues import joined
from realtime_nb.protocol.cost.prices import Price, price, read_usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.rest.long_sound import Recording, Upload
    from realtime_nb.client.rest.service import RestService
    from realtime_nb.protocol.audio_api.transcript import Transcript
    from realtime_nb.protocol.audio_api.transcript_ask import TranscriptAsk

LARGEST_ANSWER: Final = 64 << 20
"""More bytes than that are no transcript."""

_REPORT_S: Final = 0.05


async def write_down(
    service: RestService,
    ask: TranscriptAsk,
    recording: Recording,
    on_progress: Callable[[Progress], object] | None = None,
) -> Transcript:
    """Have a recording written down; `transcribe` as a coroutine, on whatever loop.

    Raises
    ------
    UsageError
        For what is no sound, and what the model is known not to do.
    RealtimeError
        When no words came at all.
    """
    check_ask(ask)
    known = find_transcriber(ask.model)
    if ask.stream and known is not None and not known.stream:
        why = f"{ask.model} does not stream: all words come at once"
        tell(service.on_notice, Notice("note", why))
        ask = replace(ask, stream=False)
    room = LARGEST_UPLOAD - sum(map(len, ask.samples.values()))
    longest_s = known.longest_s if known is not None else None
    read = partial(Uploads, recording, limit=room, longest_s=longest_s)
    uploads = await on_daemon_thread(read, "recording")
    if uploads.note:
        tell(service.on_notice, Notice("note", uploads.note))
    writing = _Writing(service, ask, uploads, on_progress)
    try:
        return await writing.run()
    finally:
        uploads.stop()


class _Writing:
    """One recording under way."""

    def __init__(
        self,
        service: RestService,
        ask: TranscriptAsk,
        uploads: Uploads,
        on_progress: Callable[[Progress], object] | None,
    ) -> None:
        self._service, self._ask, self._uploads = service, ask, uploads
        self._on_progress = on_progress
        self._parts: list[tuple[float, Transcript]] = []
        self._stream = TranscriptStream()
        self._timings: dict[str, float] = {}
        self._began = time.monotonic()
        self._reported = 0.0

    async def run(self) -> Transcript:
        count, problem = len(self._uploads), ""
        for number in range(count):
            self._stream = TranscriptStream()
            start_s = 0.0
            try:
                if count > 1:
                    self._say(number, "being made")
                upload = await on_daemon_thread(partial(self._uploads.make, number), "part")
                start_s = upload.start_s
                if count > 1:
                    self._say(number, "being written down")
                heard = await self._write(upload, number)
            except RealtimeError as error:
                problem = self._problem(error, number)
                heard = self._stream.transcript()
                if not heard.text and not heard.segments and not self._parts:
                    raise
            self._parts.append((start_s, heard))
            problem = problem or heard.problem
            if problem:
                break
        transcript = self._transcript(problem)
        state = "partial" if transcript.partial else ""
        report(self._on_progress, Progress(transcript.text, None, state))
        return transcript

    def _problem(self, error: RealtimeError, number: int) -> str:
        count = len(self._uploads)
        return f"part {number + 1} of {count}: {error}" if count > 1 else str(error)

    def _say(self, number: int, what: str) -> None:
        line = f"part {number + 1} of {len(self._uploads)} is {what}"
        tell(self._service.on_notice, Notice("progress", line))
        self._report(line, at_once=True)

    async def _write(self, upload: Upload, number: int) -> Transcript:
        ask = self._ask
        fields = {**ask.fields(upload.seconds), "file": upload.as_file()}
        many = f"part {number + 1} of {len(self._uploads)}" if len(self._uploads) > 1 else "writing"

        async def work(client: Any) -> Transcript:
            if ask.task == "translate":
                kind, body = await _translation(client, fields)
                return self._read(kind, body)
            create = client.audio.transcriptions.with_streaming_response.create
            async with create(**fields) as response:
                kind = str(response.headers.get("content-type", "")).partition(";")[0].lower()
                if kind == "text/event-stream":
                    return await self._follow(response, many)
                return self._read(kind, await _whole(response))

        heard = await self._service.run(work)
        self._timings.setdefault("first_text", self._elapsed_ms())
        return heard

    def _read(self, kind: str, body: str) -> Transcript:
        check_kind(kind, self._service.endpoint, wanted="words")
        refusal = read_error(body)
        if refusal is not None:
            raise refused_in_body(refusal, self._service.endpoint)
        return read_transcript(self._without_keys(body), kind)

    def _without_keys(self, body: str) -> str:
        if "\\u" in body:  # within JSON, where a key may be escaped
            with contextlib.suppress(ValueError, RecursionError):
                return orjson.dumps(self._service.without_keys(orjson.loads(body))).decode()
        return str(self._service.without_keys(body))

    async def _follow(self, response: Any, many: str) -> Transcript:
        """Take in a transcript as it streams."""
        events = EventStream()
        async for piece in response.iter_bytes():
            for event in events.feed(piece):
                self._take(event, many)
        for event in events.finish():
            self._take(event, many)
        return self._stream.transcript()

    def _take(self, event: dict[str, Any], many: str) -> None:
        if event.get("type") == "error":
            raise refused_in_body(event, self._service.endpoint)
        if self._stream.add(self._service.without_keys(event)):
            self._timings.setdefault("first_text", self._elapsed_ms())
            self._report(many)

    def _report(self, state: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        # All words so far go along: for each token that would be too much of an hour's.
        if at_once or now - self._reported >= _REPORT_S:
            self._reported = now
            said = joined([*(one.text for _, one in self._parts), self._stream.text])
            report(self._on_progress, Progress(said, None, state))

    def _elapsed_ms(self) -> float:
        return 1000 * (time.monotonic() - self._began)

    def _transcript(self, problem: str) -> Transcript:
        ask, endpoint = self._ask, self._service.endpoint
        whole = join_transcripts(self._parts, ask.samples)
        self._timings["whole"] = self._elapsed_ms()
        seconds, usage = self._uploads.seconds, read_usage(whole.usage)
        self._tell_missing(whole)
        return replace(
            whole,
            duration_s=whole.duration_s if seconds is None else seconds,
            price=Price(0.0) if endpoint.practice else price(usage, endpoint.model),
            # Whatever it was called: the practice server is no model.
            model=PRACTICE_MODEL if endpoint.practice else endpoint.model,
            task=ask.task,
            sound=self._uploads.sound,
            partial=bool(problem) or whole.partial,
            problem=problem,
            practice=endpoint.practice,
            timings=self._timings,
        )

    def _tell_missing(self, whole: Transcript) -> None:
        """Say what was asked for and not told; services differ in what they pass over."""
        ask = self._ask
        lacking = [
            name
            for name, wanted, told in (
                ("times of words", ask.words, whole.words),
                ("times of segments", ask.segments, whole.segments),
                ("speakers", ask.diarize, whole.speakers),
            )
            if wanted and not told
        ]
        if lacking and whole.text:
            line = f"{self._service.endpoint.name} told no {' and no '.join(lacking)}"
            tell(self._service.on_notice, Notice("note", line))


async def _translation(client: Any, fields: dict[str, Any]) -> tuple[str, str]:
    """Return the media type and the body of a translation.

    The package's own method warns whoever calls it that the endpoint will end one day.
    """
    told = dict(fields)
    files = {"file": told.pop("file")}
    options = {"headers": {"Content-Type": "multipart/form-data"}}
    answer: Any = await client.post(
        "/audio/translations", cast_to=object, body=told, files=files, options=options
    )
    if not isinstance(answer, str):
        return "application/json", orjson.dumps(answer).decode()
    return "text/html" if answer.lstrip().startswith("<") else "text/plain", answer


async def _whole(response: Any) -> str:
    body = bytearray()
    async for piece in response.iter_bytes():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise ConnectionFailed("the service answered with far more than a transcript.")
    return body.decode("utf-8", "replace")
