"""The two forms of a reply: whole, or in chunks while it is made."""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.codec import encode
from realtime_nb.audio.pcm import int16_to_float, pcm16_to_int16
from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.audio_format import PCM_24K
from realtime_nb.server.completions import wire
from realtime_nb.server.completions.answering import Answering, Called, Sound, Words
from realtime_nb.server.http.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.answers.context import Tokens
    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.completions.conversation import Talk
    from realtime_nb.server.completions.request import ChatRequest
    from realtime_nb.server.completions.spoken import SpokenAnswers
    from realtime_nb.server.http.sse import EventStream
    from realtime_nb.server.workers import Workers

Json = dict[str, Any]

_AT_ONCE: Final = Pace(0)
MOST_SOUND_MS: Final = 30 * 60_000.0
"""Of all choices of a whole reply, which stand in memory until the last one is made."""


class Replying:
    """Answers one request, in one of two forms.

    Parameters
    ----------
    asked
        The request.
    talk
        Its conversation, understood.
    workers
        Of the request.
    make_brain
        Makes what answers, one for each choice, with the conversation behind it.
    spoken
        Where spoken answers are remembered.
    """

    def __init__(
        self,
        asked: ChatRequest,
        talk: Talk,
        workers: Workers,
        make_brain: Callable[[], Brain],
        spoken: SpokenAnswers,
    ) -> None:
        self._asked = asked
        self._talk = talk
        self._workers = workers
        self._make_brain = make_brain
        self._spoken = spoken
        self._envelope = wire.Envelope()
        self._counted: list[Tokens] = []
        self._sound_ms = 0.0

    async def whole(self) -> Json:
        """Return the reply when all of it is made.

        Raises
        ------
        BrainError
            When there can be no answer.
        Refusal
            When the choices are too much together.
        """
        choices = [await self._choice(index) for index in range(self._asked.choices)]
        return self._envelope.completion(choices, self._usage())

    async def stream(self, events: EventStream) -> None:
        """Send the reply in chunks, one choice after the other.

        Raises
        ------
        BrainError
            When there can be no answer; some of it may have been sent.
        """
        asked = self._asked
        for index in range(asked.choices):
            await self._stream_choice(events, index)
        if asked.with_usage:
            chunk = self._envelope.usage_chunk(self._usage(), obfuscated=asked.obfuscated)
            await events.send(chunk)
        await events.done()

    def _usage(self) -> Json:
        return wire.usage_object(self._talk.tokens, self._counted)

    async def _choice(self, index: int) -> Json:
        answering = Answering(self._asked, self._workers, _AT_ONCE)
        texts: list[str] = []
        calls: list[Called] = []
        pcm = bytearray()
        brain = self._make_brain()
        async with aclosing(answering.run(brain.respond(self._talk.request))) as saids:
            async for said in saids:
                if isinstance(said, Words):
                    texts.append(said.text)
                elif isinstance(said, Sound):
                    pcm += said.pcm
                else:
                    calls.append(said)
        self._counted.append(answering.tokens)
        text = "".join(texts)
        audio = None
        self._sound_ms += answering.audio_ms
        if self._sound_ms > MOST_SOUND_MS:
            raise bad_request(
                f"The answers hold more than {MOST_SOUND_MS / 60_000:.0f} minutes of sound "
                "together: ask for fewer of them, or stream them.",
                param="n",
            )
        if pcm:
            data = await self._encoded(bytes(pcm))
            audio_id = self._spoken.new_id()
            expires_at = self._spoken.keep(audio_id, text, answering.audio_ms)
            audio = wire.audio_object(audio_id, data, expires_at, text)
        is_silent = audio is not None or (bool(calls) and not text)
        made = wire.message(None if is_silent else text, audio, calls)
        return wire.choice(index, made, answering.finish_reason)

    async def _encoded(self, pcm: bytes) -> bytes:
        samples = int16_to_float(pcm16_to_int16(pcm))
        return await asyncio.get_running_loop().run_in_executor(
            self._workers.speaking, encode, samples, PCM_24K.rate, self._asked.format
        )

    async def _stream_choice(self, events: EventStream, index: int) -> None:
        answering = Answering(self._asked, self._workers, self._workers.settings.pace)
        chunks = _Chunks(self._envelope, self._asked, events, index)
        audio_id = self._spoken.new_id() if self._asked.speaks else ""
        texts: list[str] = []
        calls = 0
        brain = self._make_brain()
        async with aclosing(answering.run(brain.respond(self._talk.request))) as saids:
            async for said in saids:
                if isinstance(said, Called):
                    await chunks.call(said, calls)
                    calls += 1
                elif isinstance(said, Sound):
                    await chunks.sound(audio_id, said.pcm)
                else:
                    texts.append(said.text)
                    await chunks.words(audio_id, said.text)
        self._counted.append(answering.tokens)
        if answering.audio_ms:
            transcript = "".join(texts)
            expires_at = self._spoken.keep(audio_id, transcript, answering.audio_ms)
            await chunks.send({"audio": {"expires_at": expires_at}})
        await chunks.end(answering.finish_reason)


class _Chunks:
    """The chunks of one choice."""

    def __init__(
        self, envelope: wire.Envelope, asked: ChatRequest, events: EventStream, index: int
    ) -> None:
        self._envelope = envelope
        self._asked = asked
        self._events = events
        self._index = index
        self._is_first = True
        self._named = False  # the id of its sound goes out once: readers join what comes twice

    async def words(self, audio_id: str, text: str) -> None:
        """Send words of the answer, or of its transcript where it is spoken."""
        if audio_id:
            await self._audio(audio_id, {"transcript": text})
        else:
            await self._begin("")
            await self.send({"content": text})

    async def sound(self, audio_id: str, pcm: bytes) -> None:
        """Send sound; each piece decodes alone."""
        await self._audio(audio_id, {"data": base64.b64encode(pcm).decode()})

    async def call(self, call: Called, number: int) -> None:
        """Send a function call: its name, then its arguments."""
        await self._begin(None)
        head = wire.tool_call(call)
        head["function"]["arguments"] = ""
        await self.send({"tool_calls": [{"index": number, **head}]})
        more = {"index": number, "function": {"arguments": call.arguments}}
        await self.send({"tool_calls": [more]})

    async def end(self, finish_reason: Any) -> None:
        """Send the last chunk."""
        await self._begin("")
        await self.send({}, finish_reason)

    async def send(self, delta: Json, finish_reason: Any = None) -> None:
        """Send a chunk."""
        chunk = self._envelope.chunk(
            self._index,
            delta,
            with_usage=self._asked.with_usage,
            obfuscated=self._asked.obfuscated,
            finish_reason=finish_reason,
        )
        await self._events.send(chunk)

    async def _audio(self, audio_id: str, audio: Json) -> None:
        await self._begin(None)
        if not self._named:
            self._named = True
            await self.send({"audio": {"id": audio_id, "transcript": ""}})
        await self.send({"audio": audio})

    async def _begin(self, content: str | None) -> None:
        if self._is_first:
            self._is_first = False
            await self.send({"role": "assistant", "content": content, "refusal": None})
