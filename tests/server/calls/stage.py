"""A call without a network: a caller who rings, a leg that plays by the virtual clock."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.calls.desk import CallDesk
from realtime_nb.server.connection import Exits
from realtime_nb.server.workers import Settings
from tests.server.fakes import (
    VOICE_LEVEL,
    InlineExecutor,
    LoudnessActivity,
    ScriptedRecogniser,
    TalkBrain,
    ToneSpeaker,
    tone,
)
from tests.server.wire import check_call_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.calls.participant import Participant

Json = dict[str, Any]


class ClockLeg:
    """Plays what it is given at real time; sends nothing anywhere."""

    kind = "phone"

    def __init__(self) -> None:
        self.given = bytearray()
        self.closed: list[str] = []
        self._played_ms = 0.0
        self._waiting_ms = 0.0
        self._at_s = 0.0

    @property
    def played_ms(self) -> float:
        now_s = asyncio.get_running_loop().time()
        passed_ms = min(self._waiting_ms, (now_s - self._at_s) * 1000.0)
        self._at_s = now_s
        self._played_ms += passed_ms
        self._waiting_ms -= passed_ms
        return self._played_ms

    def play(self, pcm: bytes) -> None:
        _ = self.played_ms
        self.given += pcm
        self._waiting_ms += len(pcm) / 48.0

    def clear(self) -> None:
        _ = self.played_ms
        self._waiting_ms = 0.0

    async def close(self, reason: str) -> None:
        self.closed.append(reason)


class SwitchLeg(ClockLeg):
    """A leg that can be referred."""

    def __init__(self) -> None:
        super().__init__()
        self.referred: list[str] = []

    async def refer(self, target_uri: str) -> None:
        self.referred.append(target_uri)


class Caller:
    """Somebody who rings."""

    kind = "phone"

    def __init__(self, leg: Any = None) -> None:
        self.leg = leg or ClockLeg()
        self.declined: list[int] = []
        self.gone = False

    async def answer(self, call: Call) -> Any:
        del call
        if self.gone:
            raise ConnectionResetError("no route")
        return self.leg

    async def decline(self, status_code: int) -> None:
        self.declined.append(status_code)


class Listener:
    """A link whose events are collected and checked."""

    def __init__(self, call: Call) -> None:
        self.events: list[Json] = []
        self.complaints: list[Exception] = []
        self.farewell: tuple[int, str] | None = None
        self.share: Participant = call.attach(Exits(self._take, self._never, self._leave))
        self.share.start()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == kind]

    async def send(self, type_: str, **fields: Any) -> None:
        await self.share.handle(json.dumps({"type": type_, **fields}))

    async def until(self, type_: str, *, nth: int = 1, limit_s: float = 600.0) -> Json:
        give_up = asyncio.get_running_loop().time() + limit_s
        while len(found := self.of(type_)) < nth:
            assert asyncio.get_running_loop().time() < give_up, f"no {type_} in {self.types}"
            await asyncio.sleep(0.005)
        return found[nth - 1]

    async def leave(self) -> None:
        await self.share.close()

    def _take(self, event: Json) -> None:
        try:
            check_call_event(event)
        except Exception as complaint:  # noqa: BLE001 -- raised again at the stage's end
            self.complaints.append(complaint)
        self.events.append(json.loads(json.dumps(event)))

    async def _never(self) -> None:
        raise AssertionError("a link's reader must not hold a call up")

    def _leave(self, code: int, reason: str) -> None:
        self.farewell = (code, reason)
        self.share.gone.set()


class CallStage:
    """A desk, an accepted call, and one link that listens."""

    def __init__(  # noqa: PLR0913 -- what a scene may want, each by name
        self,
        brain: Any = None,
        *,
        texts: Sequence[str] = (),
        pace: Pace | None = None,
        max_session_s: float = 3600.0,
        session: Json | None = None,
        leg: Any = None,
    ) -> None:
        self.speaker = ToneSpeaker()
        engines: Any = SimpleNamespace(
            voice_activity=LoudnessActivity,
            recogniser=ScriptedRecogniser(list(texts)),
            speaker=self.speaker,
            missing=(),
        )
        self.brain = brain or TalkBrain()
        settings = Settings(pace or Pace(0), max_session_s, lambda _name: InlineExecutor())
        self.desk = CallDesk(lambda: self.brain, engines, settings)
        self.caller = Caller(leg)
        self.leg: Any = self.caller.leg
        self._session = session
        self._listeners: list[Listener] = []

    async def __aenter__(self) -> Self:
        self.call = self.desk.ring(self.caller)
        await self.desk.accept(self.call.id, self._session)
        self.page = self.listen()
        return self

    async def __aexit__(self, kind: object, *_exc: object) -> None:
        await self.desk.close()
        if kind is None:
            for listener in self._listeners:
                for complaint in listener.complaints:
                    raise complaint
            # Nothing may be left running behind a call.
            assert asyncio.all_tasks() == {asyncio.current_task()}

    def listen(self) -> Listener:
        listener = Listener(self.call)
        self._listeners.append(listener)
        return listener

    async def speak(self, ms: float, *, loud: bool = True) -> None:
        """Let the caller speak, or be silent, in pieces of 20 ms at real time."""
        pcm = tone(ms, VOICE_LEVEL if loud else 0).astype("<i2").tobytes()
        for first in range(0, len(pcm), 960):
            await self.call.hear(pcm[first : first + 960])
            await asyncio.sleep(0.02)
