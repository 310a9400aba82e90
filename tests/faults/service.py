"""The practice server at the other end, with ears that read numbers out of loudness.

A clip says ``clip 7`` by how loud its tone is, so a test knows which utterance was heard, by
which session and how often, whatever was cut, held or sent again on the way.
"""

from __future__ import annotations

import json
import math
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import tornado.httpserver
import tornado.netutil

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.brain.interface import FunctionCall
from realtime_nb.server.door.app import make_app
from realtime_nb.server.door.web import Shared
from realtime_nb.server.workers import Settings
from realtime_nb.speech.interfaces import Heard
from tests.server.fakes import InlineExecutor, LoudnessActivity, ToneSpeaker, tone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from numpy.typing import NDArray

    from realtime_nb.server.brain.interface import BrainRequest, Piece

TOKEN = "a-token-for-faults"  # noqa: S105 -- planted
_SOFTEST, _STEP = 1_500, 1.12
MOST = 24
_BLOCK_MS = 50
_LONG_WORDS = 40


def level_of(number: int) -> int:
    """Return how loud clip `number` is; after 24 of them the numbers begin again."""
    return round(_SOFTEST * _STEP ** (number % MOST))


def clip(number: int, ms: float = 600.0) -> NDArray[np.int16]:
    """Return the sound of ``clip number``, at 24 kHz."""
    return tone(ms, level_of(number))


def numbers_in(pcm: NDArray[np.int16], rate: int) -> list[int]:
    """Return which clips are in a sound, in order; pieces below 100 ms do not count."""
    size = rate * _BLOCK_MS // 1000
    found: list[int] = []
    before = -1
    for start in range(0, len(pcm) - size + 1, size):
        loud = np.median(np.abs(pcm[start : start + size].astype(np.int32)))
        number = -1 if loud < _SOFTEST / 2 else round(math.log(loud / _SOFTEST, _STEP))
        if number == before and number >= 0 and number not in found:
            found.append(number)
        before = number
    return found


@dataclass
class _Recognition:
    ears: Ears
    heard: list[NDArray[np.int16]] = field(default_factory=list)

    def feed(self, pcm: NDArray[np.int16]) -> str | None:
        self.heard.append(pcm.copy())
        return None

    def finish(self) -> Heard:
        sound = np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)
        numbers = numbers_in(sound, self.ears.rate)
        text = " ".join(f"clip {number}" for number in numbers)
        return Heard(text, "grammar" if text else "none")

    def close(self) -> None:
        return


@dataclass
class Ears:
    """Understands clips."""

    rate: int = 16_000
    name: str = "loudness"

    def start(
        self, phrases: Sequence[str] = (), *, prompt: str = "", whole: Any = None
    ) -> _Recognition:
        del phrases, prompt, whole
        return _Recognition(self)


class Parrot:
    """Says what it heard last, at length when asked; calls tools, and reads the roll."""

    name = "parrot"
    about = "for tests"
    card: tuple[str, ...] = ("clip 1",)
    phrases: tuple[str, ...] = ("clip 1",)

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        item, said = request.last, _unanswered(request)
        if said.split(" and ")[-1].startswith("roll"):
            # Whatever else is owed: a turn that was cut short asks for its tool no more.
            yield " | ".join(one.text for one in request.items if one.role == "user")
        elif item is not None and item.kind == "function_call_output":
            yield f"output {item.output}"
        elif said.startswith("tool "):
            yield FunctionCall("look_up", json.dumps({"what": said}))
        elif said.startswith("long "):
            yield f"heard {said} "
            yield " ".join(f"word{n}" for n in range(_LONG_WORDS))
        else:
            yield f"heard {said}"


def _unanswered(request: BrainRequest) -> str:
    """Return what was said and is in no answer yet, else what was said last."""
    answers = " ".join(one.text for one in request.items if one.role == "assistant") + " "
    said = [one.text for one in request.items if one.role == "user" and one.text]
    owed = [text for text in said if f"{text} " not in answers]
    return " and ".join(owed) or (said[-1] if said else "")


@dataclass
class Served:
    """A practice server."""

    shared: Shared
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def practice(
    *, max_session_s: float = 3600.0, pace: float = 4.0, recogniser: Any = None
) -> AsyncIterator[Served]:
    """Serve on a free loopback port, on the running loop; nothing runs on a thread."""
    engines: Any = SimpleNamespace(
        voice_activity=LoudnessActivity,
        recogniser=recogniser or Ears(),
        speaker=ToneSpeaker(),
        missing=(),
    )
    settings = Settings(Pace(pace), max_session_s, lambda _name: InlineExecutor())
    shared = Shared(TOKEN, Parrot, engines, settings)
    server = tornado.httpserver.HTTPServer(make_app(shared))
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield Served(shared, sockets[0].getsockname()[1])
    finally:
        server.stop()
        await shared.calls.close()
        for client in list(shared.connections):
            await client.leave()
        await server.close_all_connections()
