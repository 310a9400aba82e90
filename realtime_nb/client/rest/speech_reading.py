"""One text while it is read: its parts asked for in turn, its sound as it comes, its file."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import pybase64

from realtime_nb.audio.codec_files import encode_blocks
from realtime_nb.audio.codec_stream import encoders
from realtime_nb.audio.spool import PcmSpool
from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL
from realtime_nb.client.rest.daemon_thread import on_daemon_thread
from realtime_nb.client.rest.failures import refused_in_body
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.client.rest.progress import Progress, report
from realtime_nb.client.rest.speech_sink import SpeechSink
from realtime_nb.client.rest.stream_refusal import check_kind
from realtime_nb.errors import ConnectionFailed, RealtimeError, UsageError
from realtime_nb.protocol.audio_api.event_stream import EventStream
from realtime_nb.protocol.audio_api.sent_format import sent_format
from realtime_nb.protocol.audio_api.speech import PCM_RATE, Speech
from realtime_nb.protocol.audio_api.speech_cost import speech_price
from realtime_nb.protocol.audio_api.speech_models import (
    check_speech,
    speech_fields,
    voice_name,
)
from realtime_nb.protocol.audio_api.transcript_join import sum_usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.rest.service import RestService
    from realtime_nb.protocol.audio_api.speech_models import Voice

_REPORT_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class SpeechAsk:
    """What is to be read, and how; see `speak`."""

    text: str
    voice: Voice = "alloy"
    instructions: str = ""
    speed: float = 1.0
    format: str = "mp3"
    stream: bool = True

    def check(self, model: str) -> str:
        """Return a hint on what may not be; raise UsageError for what cannot."""
        return check_speech(
            self.text,
            model=model,
            voice=self.voice,
            instructions=self.instructions,
            speed=self.speed,
            format=self.format,
        )

    def fields(self, text: str, model: str, wire_format: str) -> dict[str, Any]:
        """Return the fields of the request for a part of the text."""
        return speech_fields(
            text,
            model=model,
            voice=self.voice,
            instructions=self.instructions,
            speed=self.speed,
            wire_format=wire_format,
        )


class SpeechReading:
    """One text under way.

    Parameters
    ----------
    service
        Who reads it.
    ask
        What is to be read, and how.
    parts
        Its text in parts of which each is read at once.
    on_progress
        Called as sound comes.
    """

    def __init__(
        self,
        service: RestService,
        ask: SpeechAsk,
        parts: list[str],
        on_progress: Callable[[Progress], object] | None,
    ) -> None:
        self._service, self._ask, self._parts = service, ask, parts
        self._on_progress = on_progress
        self._made_here = self._is_made_here()
        self._spool = PcmSpool(PCM_RATE)
        self._sink = SpeechSink(self._spool, len(parts))
        self._file = bytearray()
        self._usage: list[dict[str, Any] | None] = []
        self._timings: dict[str, float] = {}
        self._began = time.monotonic()
        self._reported = 0.0
        self._taken = 0

    def _is_made_here(self) -> bool:
        """Whether sound comes as PCM and the file is made of it here."""
        wanted, several = self._ask.format, len(self._parts) > 1
        makeable = wanted in encoders()
        if several and not makeable:
            raise UsageError(
                f"{len(self._parts)} parts of a long text cannot be joined as {wanted} here: "
                "choose mp3, or `pip install 'realtime_nb[formats]'`."
            )
        if self._ask.stream and not makeable:
            why = f"there is no encoder of {wanted} here: the service makes the whole file"
            tell(self._service.on_notice, Notice("note", why))
        return makeable and (several or self._ask.stream)

    async def run(self) -> Speech:
        """Read all of it; what came of a stream that breaks is partial, not lost."""
        problem = ""
        for number, part in enumerate(self._parts, 1):
            try:
                self._usage.append(await self._read(part, number))
                self._sink.end_part()
            except RealtimeError as error:
                problem = str(error)
                self._end_broken()
                if not len(self._spool) and not self._file:
                    raise
                break
            except asyncio.CancelledError:
                self._end_broken()  # whoever holds the spool has it all
                raise
        speech = await on_daemon_thread(partial(self._speech, problem), "file")
        report(self._on_progress, Progress(speech.text, self._spool, "partial" if problem else ""))
        return speech

    def _end_broken(self) -> None:
        # Half a file may be none.
        with contextlib.suppress(UsageError):
            self._sink.end_part(broken=True)

    async def _read(self, text: str, number: int) -> dict[str, Any] | None:
        wire_format = "pcm" if self._made_here else self._ask.format
        fields = self._ask.fields(text, self._service.endpoint.model, wire_format)
        usage: dict[str, Any] | None = None

        async def work(client: Any) -> None:
            nonlocal usage
            async with client.audio.speech.with_streaming_response.create(**fields) as response:
                kind = str(response.headers.get("content-type", "")).partition(";")[0].lower()
                check_kind(kind, self._service.endpoint, wanted="sound")
                events = EventStream() if kind == "text/event-stream" else None
                async for piece in response.iter_bytes():
                    if events is None:
                        self._take(piece, number)
                        continue
                    for event in events.feed(piece):
                        usage = self._take_event(event, number) or usage
                for event in events.finish() if events is not None else ():
                    usage = self._take_event(event, number) or usage

        before = self._taken
        await self._service.run(work)
        if self._taken == before:
            raise ConnectionFailed(
                f"{self._service.endpoint.name} answered without any sound; try again, or "
                "another model"
            )
        return usage

    def _take_event(self, event: dict[str, Any], number: int) -> dict[str, Any] | None:
        """Take in an event; return the usage that it tells."""
        match event.get("type"):
            case "speech.audio.delta":
                sound = event.get("audio")
                if isinstance(sound, str):
                    self._take(_decoded(sound), number)
            case "speech.audio.done":
                usage = event.get("usage")
                return cast("dict[str, Any]", usage) if isinstance(usage, dict) else None
            case "error":
                raise refused_in_body(event, self._service.endpoint)
            case _:
                pass  # unknown ones mean no harm
        return None

    def _take(self, data: bytes, number: int) -> None:
        if not data:
            return
        now = time.monotonic()
        self._taken += len(data)
        first = not self._timings
        self._timings.setdefault("first_sound", 1000 * (now - self._began))
        if self._made_here:
            self._sink.feed(data)
        else:
            self._file += data
        if first or now - self._reported >= _REPORT_S:
            self._reported = now
            many = f"part {number} of {len(self._parts)}" if len(self._parts) > 1 else "reading"
            sound = self._spool if self._made_here else None
            report(self._on_progress, Progress(" ".join(self._parts[:number]), sound, many))

    def _speech(self, problem: str) -> Speech:
        """Return what came; in a thread, since a file is made of it."""
        ask, endpoint, frames = self._ask, self._service.endpoint, len(self._spool) // 2
        sound = bytes(self._file)
        if self._made_here:
            sound = encode_blocks(self._spool.blocks(), PCM_RATE, ask.format, frames)
        form = ask.format if self._made_here else self._sent_format(sound)
        self._timings["whole"] = 1000 * (time.monotonic() - self._began)
        usage = sum_usage(self._usage) if not problem else None
        read = sum(map(len, self._parts[: max(1, len(self._usage))]))
        return Speech(
            text=ask.text,
            sound=sound,
            format=form,
            voice=voice_name(ask.voice),
            # Whatever it was called: the practice server is no model.
            model=PRACTICE_MODEL if endpoint.practice else endpoint.model,
            spool=self._spool if self._made_here else None,
            usage=usage,
            price=speech_price(endpoint.model, read, usage, practice=endpoint.practice),
            timings=self._timings,
            parts=len(self._parts),
            partial=bool(problem),
            problem=problem,
            practice=endpoint.practice,
        )

    def _sent_format(self, sound: bytes) -> str:
        asked = self._ask.format
        sent = sent_format(sound, asked)
        if sent != asked:
            why = f"the service sent {sent} where {asked} was asked for"
            tell(self._service.on_notice, Notice("note", why))
        return sent


def _decoded(text: str) -> bytes:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        return b""
