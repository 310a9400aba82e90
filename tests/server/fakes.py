"""A session without sockets, threads or waiting: virtual time, fake ears and a fake voice."""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import selectors
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.session import Session
from realtime_nb.server.translation_session import TranslationSession
from realtime_nb.server.workers import Settings
from realtime_nb.speech.interfaces import Heard, HeardWord
from tests.server.wire import check_event, check_translation_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from realtime_nb.server.brain.interface import BrainRequest, FunctionCall, Piece

Json = dict[str, Any]

VOICE_LEVEL = 8_000
WORD_MS = 250


def tone(ms: float, level: int = VOICE_LEVEL, rate: int = 24_000) -> NDArray[np.int16]:
    """Return a square wave of 500 Hz."""
    ticks = np.arange(round(ms * rate / 1000)) * 1000 // rate
    return np.where(ticks % 2, level, -level).astype(np.int16)


class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop would wait, its clock jumps instead."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(None)
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on which a minute passes in no time."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def virtual(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on virtual time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


class InlineExecutor(Executor):
    """Runs each job at once, in the caller's thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 -- as an executor does
            future.set_exception(error)
        return future


class LoudnessActivity:
    """Voice is what is loud."""

    frame = 512
    rate = 16_000
    name = "loudness"

    def probability(self, frame: NDArray[np.int16]) -> float:
        return 0.95 if np.abs(frame.astype(np.int32)).mean() > 500 else 0.02

    def reset(self) -> None:
        return


@dataclass
class ScriptedRecognition:
    """Each word takes 100 ms, the first begins 300 ms after the sound."""

    recogniser: ScriptedRecogniser
    fed: int = 0

    def feed(self, pcm: NDArray[np.int16]) -> str | None:
        self.fed += pcm.shape[0]
        return self.recogniser.partial

    def finish(self) -> Any:
        self.recogniser.heard_samples.append(self.fed)
        texts = self.recogniser.texts
        if not texts:
            return Heard("", "none")
        text = texts.pop(0)
        if isinstance(text, Exception):
            raise text
        words = (HeardWord(word, i / 10, (i + 1) / 10) for i, word in enumerate(text.split(), 3))
        return Heard(text, "grammar", words=tuple(words))

    def close(self) -> None:
        self.recogniser.closed += 1


@dataclass
class ScriptedRecogniser:
    """Understands what it was told to."""

    texts: list[str | Exception] = field(default_factory=list)
    partial: str | None = None
    heard_samples: list[int] = field(default_factory=list)
    prompts: list[tuple[Sequence[str], str]] = field(default_factory=list)
    closed: int = 0
    rate: int = 16_000
    name: str = "scripted"

    def start(
        self, phrases: Sequence[str] = (), *, prompt: str = "", whole: Any = None
    ) -> ScriptedRecognition:
        del whole  # knows what it hears
        self.prompts.append((phrases, prompt))
        return ScriptedRecognition(self)


@dataclass
class ToneSpeaker:
    """Says each word as 250 ms of sound; told words as espeak tells them."""

    rate: int = 16_000
    name: str = "tone"
    closed: int = 0
    said: list[tuple[str, str, float]] = field(default_factory=list)
    fails: bool = False
    word_ms: int = WORD_MS

    def say(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> Iterator[Any]:
        self.said.append((text, voice, speed))
        try:
            offset = 0
            word_ms = self.word_ms
            for index, word in enumerate(text.split()):
                if self.fails and index == 2:
                    raise RuntimeError("the voice broke")
                offset = text.index(word, offset)
                spoken = SimpleNamespace(
                    text_offset=offset, length=len(word), audio_ms=float(index * word_ms)
                )
                pcm = np.full(self.rate * word_ms // 1000, 1000, np.int16)
                yield SimpleNamespace(pcm=pcm, words=(spoken,))
                offset += len(word)
        finally:
            self.closed += 1


class TalkBrain:
    """Says what it is told to; remembers what it was asked."""

    name = "talk"
    about = "for tests"
    card: tuple[str, ...] = ("hello",)
    phrases: tuple[str, ...] = ("hello",)

    def __init__(self, *answers: str | FunctionCall | list[Piece | float] | Exception) -> None:
        self.answers = list(answers) or ["Hello there, my friend."]
        self.requests: list[BrainRequest] = []
        self.closed = 0

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        self.requests.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        try:
            for piece in answer if isinstance(answer, list) else [answer]:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    yield piece
        finally:
            self.closed += 1


class Stage:
    """A session whose events are collected and each checked against the wire."""

    def __init__(  # noqa: PLR0913 -- what a scene may want, each by name
        self,
        brain: Any = None,
        *,
        texts: Sequence[str | Exception] = (),
        deaf: bool = False,
        pace: Pace | None = None,
        max_session_s: float = 3600.0,
        gate: Any = None,
        kind: Any = "realtime",
        config: Json | None = None,
    ) -> None:
        self.events: list[Json] = []
        self.times: list[float] = []
        self.complaints: list[Exception] = []
        self.brain = brain or TalkBrain()
        self.speaker = ToneSpeaker()
        self.recogniser = ScriptedRecogniser(list(texts))
        self.farewell: tuple[int, str] | None = None
        self.kind = kind
        engines: Any = SimpleNamespace(
            voice_activity=LoudnessActivity,
            recogniser=None if deaf else self.recogniser,
            speaker=self.speaker,
            missing=(),
        )
        settings = Settings(pace or Pace(0), max_session_s, lambda _name: InlineExecutor())
        common: Json = {"engines": engines, "settings": settings, "gate": gate, "config": config}
        self.session: Any
        if kind == "translation":
            self._check = check_translation_event
            self.session = TranslationSession(self._take, on_over=self._leave, **common)
        else:
            self._check = check_event
            self.session = Session(
                self._take, brain=self.brain, kind=kind, on_over=self._leave, **common
            )

    async def __aenter__(self) -> Self:
        self.session.start()
        return self

    async def __aexit__(self, kind: object, *_exc: object) -> None:
        await self.session.close()
        if kind is None and self.complaints:
            # The session must never see an exception of its sink, so it is raised here.
            raise self.complaints[0]
        # Nothing may be left running behind a session.
        assert asyncio.all_tasks() - {asyncio.current_task()} == set()

    def _take(self, event: Json) -> None:
        try:
            self._check(event)
        except Exception as complaint:  # noqa: BLE001 -- raised again at the stage's end
            self.complaints.append(complaint)
        self.events.append(json.loads(json.dumps(event)))
        self.times.append(asyncio.get_running_loop().time())

    def _leave(self, code: int, reason: str) -> None:
        self.farewell = (code, reason)

    @property
    def expired(self) -> bool:
        return self.farewell is not None and self.farewell[0] == 1001

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def send(self, type_: str, **fields: Any) -> list[Json]:
        """Send an event; return what came back without any waiting."""
        before = len(self.events)
        await self.session.handle(json.dumps({"type": type_, **fields}))
        return self.events[before:]

    async def update(self, **session: Any) -> list[Json]:
        return await self.send("session.update", session={"type": self.kind, **session})

    async def say_text(self, text: str, **fields: Any) -> str:
        """Add a user's message; return its id."""
        item = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": text}],
        }
        events = await self.send("conversation.item.create", item=item, **fields)
        return events[0]["item"]["id"]

    async def append(self, ms: float, *, loud: bool, rate: int = 24_000) -> list[Json]:
        """Append `ms` of sound in pieces of 20 ms."""
        prefix = "session." if self.kind == "translation" else ""
        before = len(self.events)
        pcm = tone(ms, VOICE_LEVEL if loud else 0, rate).astype("<i2").tobytes()
        step = rate // 50 * 2
        for first in range(0, len(pcm), step):
            audio = base64.b64encode(pcm[first : first + step]).decode()
            await self.send(f"{prefix}input_audio_buffer.append", audio=audio)
        return self.events[before:]

    async def until(self, type_: str, *, since: int = 0, limit_s: float = 600.0) -> Json:
        """Let time pass until an event of that type came; return it."""
        give_up = asyncio.get_running_loop().time() + limit_s
        while True:
            for event in self.events[since:]:
                if event["type"] == type_:
                    return event
            assert asyncio.get_running_loop().time() < give_up, f"no {type_} in {self.types}"
            await asyncio.sleep(0.005)

    async def settle(self, seconds: float = 0.05) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)
