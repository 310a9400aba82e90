"""A whole talk over a bad network: what is said and done, and what is under way."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from realtime_nb.client import RealtimeSession, core, traffic
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.protocol.tools.options import ToolOptions
from tests.faults.proxy import FaultProxy
from tests.faults.service import TOKEN, clip, practice
from tests.faults.virtual import LoopHere, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_nb.client.loop import Call

FRAME_MS: Final = 40
_FRAME: Final = 24 * FRAME_MS
NOTICED_S: Final = 20.0
TOOL_S: Final = 3.0
"""How long the tool takes, in seconds of the talk."""
CONFIG: Final[dict[str, Any]] = {
    "instructions": "Be a parrot.",
    "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}},
}


@dataclass
class Asked:
    """Something asked of the session, and what it is for."""

    kind: str
    said: str
    call: Call[Any]
    faults: int

    def __repr__(self) -> str:
        return f"{self.kind} {self.said!r}: {self.call!r}"


class _Stage(PlainStage):
    """Tools run on the talk's own loop, after a while: nothing is left to threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def on_main(self, call: Any, work: Callable[[], Any]) -> Future[Any]:
        del call
        future: Future[Any] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                future.set_result(work())

        self._loop.call_later(TOOL_S, run)
        return future


@dataclass
class Talk:
    """A session, the bad network and the practice server, all on one loop that jumps.

    Parameters
    ----------
    config
        The session's.
    max_session_s
        How long the service lets one last.
    """

    config: dict[str, Any] = field(default_factory=lambda: dict(CONFIG))
    max_session_s: float = 3600.0
    asked: list[Asked] = field(default_factory=list)
    spoken: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    cut_short: bool = False
    _count: int = 0

    def __post_init__(self) -> None:
        self.loop = VirtualLoop()
        self._open = AsyncExitStack()
        self.complaints: list[dict[str, Any]] = []
        self._patch = pytest.MonkeyPatch()
        for module in (core, traffic):
            if hasattr(module, "session_clock"):
                self._patch.setattr(module, "session_clock", self._clock)
        self.loop.set_exception_handler(lambda _loop, context: self.complaints.append(context))
        self.run(self._begin())

    def _clock(self) -> Callable[[], float]:
        """Return a session's clock on the talk's own time, in ms since now."""
        start = self.loop.time()
        return lambda: (self.loop.time() - start) * 1000

    async def _begin(self) -> None:
        self.served = await self._open.enter_async_context(
            practice(max_session_s=self.max_session_s)
        )
        self.proxy = await self._open.enter_async_context(FaultProxy(self.served.url))
        await asyncio.sleep(0)
        # What is there before the session is none of its own.
        self.others = asyncio.all_tasks()
        self.session = self._session()
        registry = ToolRegistry()
        registry.add(look_up, ToolOptions(main=True))
        here = LoopHere(self.loop)
        self.desk = ToolDesk(self.session, registry, _Stage(self.loop), here)
        self.session.follower = self.desk.turns
        self.desk.start()
        self.session.on_state(self.states.append)

    def _session(self) -> RealtimeSession:
        endpoint = Endpoint(self.proxy.url, "local-demo", "the service", api_key=Secret(TOKEN))
        definition = {
            "type": "function",
            "name": "look_up",
            "description": "Look something up.",
            "parameters": {"type": "object", "properties": {"what": {"type": "string"}}},
        }
        config = {**self.config, "tools": [definition]}
        return RealtimeSession(endpoint, config, loop=LoopHere(self.loop))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the talk's loop; its clock stands still in between."""
        return self.loop.run_until_complete(work)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.run(asyncio.sleep(seconds))

    @property
    def faults(self) -> int:
        return sum(self.proxy.faults.values())

    def note(self, kind: str, said: str, call: Call[Any]) -> Call[Any]:
        """Remember what was asked for."""
        self.asked.append(Asked(kind, said, call, self.faults))
        return call

    def number(self) -> int:
        self._count += 1
        return self._count

    # -- what people do

    def open(self) -> None:
        """Open the session, whatever comes of it."""
        call = self.note("open", "", self.session.open())
        self.run(_ended(call, 30.0))

    def say(self, how: str = "say") -> str:
        """Say something typed that nothing else says; it is answered or it is not."""
        said = f"{how} {self.number()}"
        self.note("say", said, self.session.say(said))
        self.wait(0.01)
        return said

    def listen(self, *, realtime: bool) -> int:
        """Play a clip to the session."""
        number = self.number()
        self.spoken.append(number)
        call = self.session.listen((clip(number), 24_000), realtime=realtime)
        self.note("listen", f"clip {number}", call)
        self.wait(0.01)
        return number

    @property
    def plays(self) -> bool:
        """Whether a clip is the microphone still."""
        return any(one.kind == "listen" and not one.call.done() for one in self.asked)

    def speak(self, ms: float = 600.0, *, silence_ms: float = 800.0) -> int:
        """Speak into the microphone at the pace of speech, then be silent into it."""
        number = self.number()
        self.spoken.append(number)
        self.microphone(clip(number, ms))
        self.hush(silence_ms)
        return number

    def hush(self, ms: float) -> None:
        """Leave the microphone open and say nothing."""
        self.microphone(np.zeros(round(24 * ms), np.int16))

    def microphone(self, pcm: Any) -> None:
        """Feed samples frame by frame, 40 ms each, whatever the session does with them."""

        async def feed() -> None:
            for start in range(0, len(pcm), _FRAME):
                self.session.append_audio(pcm[start : start + _FRAME].astype("<i2").tobytes())
                await asyncio.sleep(FRAME_MS / 1000)

        self.run(feed())

    # -- the end

    def settle(self, limit_s: float = 300.0) -> None:
        """Let the network be good, and everything that is under way come to its end."""
        self.proxy.heal()

        async def calm() -> None:
            ends = self.loop.time() + limit_s
            while self.loop.time() < ends and not self.calm():  # noqa: ASYNC110 -- costs nothing here
                await asyncio.sleep(0.25)
            # A connection on which nobody answers is noticed by its heartbeat.
            stalled = any(not crossing.flowing.is_set() for crossing in self.proxy.crossings)
            await asyncio.sleep(NOTICED_S if stalled else 2.0)

        self.run(calm())

    def roll(self) -> str | None:
        """Return what the service has of the users' words; None where nobody can ask it."""
        call = self.session.say(f"roll {self.number()}")
        self.run(_ended(call, 60.0))
        if not call.done() or call.exception() is not None:
            return None
        response = call.result(0)
        return response.text if response.status == "completed" else None

    def calm(self) -> bool:
        """Return whether nothing is under way."""
        if any(not one.call.done() for one in self.asked):
            return False
        return self.session.state in ("open", "closed", "failed") and not self.session.responding

    def end(self) -> None:
        """Close everything, and look what is left."""

        async def close() -> None:
            self.desk.stop()
            await self.session.close()
            await asyncio.sleep(0.1)
            await self._open.aclose()
            # The server's own sockets end a moment later.
            await asyncio.sleep(30.0)

        self.run(close())
        self._patch.undo()
        left = asyncio.all_tasks(self.loop)
        names = sorted(repr(task.get_coro()) for task in left)
        self.run(self.loop.shutdown_asyncgens())
        for task in left:
            task.cancel()
        if left:
            self.run(asyncio.wait(left))
        self.loop.close()
        assert names == []


def look_up(what: str) -> str:
    """Look something up."""
    return f"found {what}"


async def _ended(call: Call[Any], limit_s: float) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + limit_s
    while not call.done() and loop.time() < ends:  # noqa: ASYNC110 -- costs nothing here
        await asyncio.sleep(0.05)
