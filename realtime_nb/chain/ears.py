"""Ears that are a service: an utterance is collected, and sent when it ends.

Nothing is transcribed while one speaks: voice activity on this machine finds the end of the
turn, and the request goes out at that moment. Where the service streams its words, they are
told as they come.

Who speaks again before there was an answer makes several requests at once. Their words are told
in the order of the turns, and none keeps those after it waiting for ever (`PATIENCE_S`).
"""

from __future__ import annotations

import asyncio
import io
import wave
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from realtime_nb.audio.pcm import int16_to_pcm16
from realtime_nb.chain.requests import NoAnswer
from realtime_nb.protocol.told import as_object
from realtime_nb.server.brain.interface import BrainError
from realtime_nb.server.ears.hearing import RATE, Overheard, Understood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from realtime_nb.chain.requests import LegRequest, Requests
    from realtime_nb.server.config.config import SessionConfig

Json = dict[str, Any]

# Ten minutes at 16 kHz are 19 MB as WAV; services take 25 MB.
LONGEST_S: Final = 600
PATIENCE_S: Final = 15.0
"""How long after its end a turn's words are waited for; its own length, where that is more."""
STOPPED_S: Final = 3.0
"""How long they are still waited for once the user stopped the answer to them."""
_AT_ONCE: Final = 3
_SHORTEST_MS: Final = 100.0
# Those known to write in one piece, which ignore or refuse the wish for a stream.
_IN_ONE_PIECE: Final = ("whisper-1",)
_PASSED_ON: Final = ("language", "languages", "prompt", "keywords")


class RestEars:
    """Hears by way of the transcription leg; made for one session.

    Parameters
    ----------
    requests
        Of the session.
    config
        The session's; its `transcription` tells language and prompt.
    """

    def __init__(self, requests: Requests, config: SessionConfig) -> None:
        self._requests = requests
        self._config = config
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._waits: set[asyncio.Timeout] = set()
        self._newest: Overheard | None = None
        self._closed = False

    def start(self, phrases: Sequence[str] = (), prompt: str = "") -> RestUtterance:  # noqa: ARG002 -- phrases are for a recogniser that knows no other words
        """Begin an utterance."""
        return RestUtterance(self, prompt)

    async def room(self) -> None:
        """Return at once: nothing waits, what is too long is cut."""

    def refusal(self, transcription: Json) -> str:  # noqa: ARG002 -- as other ears
        """Return an empty text: the service decides."""
        return ""

    def close(self) -> None:
        """End what is being transcribed."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()

    def stop_waiting(self) -> None:
        """Give what is being transcribed only a moment more: its answer is not wanted."""
        latest_s = self._requests.now_s() + STOPPED_S
        for wait in self._waits:
            until_s = wait.when()
            if not wait.expired() and until_s is not None and until_s > latest_s:
                wait.reschedule(latest_s)

    def hear(self, pcm: NDArray[np.int16]) -> asyncio.Future[Understood]:
        """Have an utterance transcribed, samples of shape (n,) at 16 kHz."""
        future = Overheard()
        if self._closed:
            future.set_result(Understood("", "the session is over"))
            return future
        if pcm.shape[0] < RATE * _SHORTEST_MS / 1000:
            future.set_result(Understood("", usage=_length(pcm)))
            return future
        before, self._newest = self._newest, future
        task = asyncio.get_running_loop().create_task(self._transcribe(pcm, future, before))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return future

    async def _transcribe(
        self, pcm: NDArray[np.int16], future: Overheard, before: Overheard | None
    ) -> None:
        try:
            understood = await self._understand(pcm, future, before)
            if before is not None:
                await asyncio.wait([before])
        except asyncio.CancelledError:
            understood = Understood("", "the session is over")
        if not future.done():
            future.set_result(understood)

    async def _understand(
        self, pcm: NDArray[np.int16], future: Overheard, before: Overheard | None
    ) -> Understood:
        since_s = self._requests.now_s()
        request = self._requests.of("transcribe", since_s)
        request.ids["item_id"] = future.item_id
        wait = asyncio.timeout(max(PATIENCE_S, pcm.shape[0] / RATE))

        def tell(text: str) -> None:
            """Pass on what is new, once all turns before are told."""
            if before is None or before.done():
                future.hear(text[len(future.words) :])

        try:
            async with wait:
                self._waits.add(wait)
                async with self._free, request:
                    try:
                        text = await _words(request, pcm, self._wanted(request.model), tell)
                    except asyncio.CancelledError:
                        if not wait.expired():
                            raise
                        raise NoAnswer(_late(self._requests.now_s() - since_s)) from None
            return Understood(text, usage=_counted(request.usage) or _length(pcm))
        except BrainError as error:
            return Understood("", str(error), usage=_length(pcm))
        except TimeoutError:  # before it was its turn to be asked
            late = _late(self._requests.now_s() - since_s)
            return Understood("", f"the chain's transcribe leg is busy: {late}", usage=_length(pcm))
        finally:
            self._waits.discard(wait)

    def _wanted(self, model: str) -> Json:
        told = self._config.transcription or {}
        wanted = {name: told[name] for name in _PASSED_ON if told.get(name)}
        streams = {} if model in _IN_ONE_PIECE else {"stream": True}
        return {"model": model, "response_format": "json", **streams, **wanted}


class RestUtterance:
    """One utterance; see `realtime_nb.server.parts.Utterance`.

    Parameters
    ----------
    ears
        Who hears it.
    prompt
        The session's prompt for the transcriber, which the ears know already.
    """

    partial = ""

    def __init__(self, ears: RestEars, prompt: str) -> None:
        self._ears = ears
        self._prompt = prompt
        self._pieces: list[NDArray[np.int16]] = []
        self._samples = 0

    def feed(self, pcm: NDArray[np.int16]) -> None:
        """Take samples of shape (n,) at 16 kHz; what comes after ten minutes is not kept."""
        if self._samples < LONGEST_S * RATE:
            self._pieces.append(pcm)
            self._samples += pcm.shape[0]

    def finish(self) -> asyncio.Future[Understood]:
        """Send what was said; the future has its words."""
        pieces, self._pieces = self._pieces, []
        return self._ears.hear(np.concatenate(pieces) if pieces else np.zeros(0, np.int16))

    async def caught_up(self) -> None:
        """Return at once: there are no words before the end."""

    def drop(self) -> None:
        """Forget what was said."""
        self._pieces.clear()


async def _words(
    request: LegRequest, pcm: NDArray[np.int16], wanted: Json, tell: Callable[[str], object]
) -> str:
    """Ask for the words of an utterance; `tell` is given all that came so far."""
    client = await request.client()
    raw = await client.audio.transcriptions.with_raw_response.create(
        file=("speech.wav", _wav(pcm), "audio/wav"), **wanted
    )
    if "event-stream" not in raw.headers.get("content-type", ""):
        # A service may write in one piece where a stream was wished for.
        told = as_object(orjson.loads(await raw.http_response.aread()))
        if not isinstance(told.get("text"), str):
            raise NoAnswer("it answered without a transcript; choose another for transcribe")
        request.first()
        request.usage = as_object(told.get("usage")) or None
        return request.without_keys(told["text"]).strip()
    text, ended = "", False
    async with raw.parse() as events:
        async for event in events:
            if event.type == "transcript.text.delta":
                request.first()
                text += event.delta
                tell(request.without_keys(text))
            elif event.type == "transcript.text.done":
                request.first()
                text, ended = event.text, True
                request.usage = _plain(getattr(event, "usage", None))
    if not ended:
        raise NoAnswer("its stream broke off before the end of the transcript; try again")
    return request.without_keys(text).strip()


def _late(waited_s: float) -> str:
    return f"no transcript came within {waited_s:.0f} s; say it again"


def _wav(pcm: NDArray[np.int16]) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(int16_to_pcm16(pcm))
    return file.getvalue()


def _plain(usage: Any) -> Json | None:
    """Return a usage as JSON has it."""
    dump = getattr(usage, "model_dump", None)
    return as_object(usage if dump is None else dump(mode="json", exclude_none=True)) or None


def _counted(usage: Json | None) -> Json | None:
    """Return a usage where it has the form that a realtime session tells it in."""
    known = usage is not None and usage.get("type") in {"tokens", "duration"}
    return usage if known else None


def _length(pcm: NDArray[np.int16]) -> Json:
    """Return the length of what was sent, which is a fact; what it costs is the leg's to tell."""
    return {"type": "duration", "seconds": round(pcm.shape[0] / RATE, 3)}
