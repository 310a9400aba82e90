"""What runs beside a session's event loop: its ears, its voice, its tasks, and their end."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.beside import Beside
from realtime_nb.server.ears.hearing import Hearing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from realtime_nb.server.emitter import Emitter
    from realtime_nb.server.parts import Ears
    from realtime_nb.speech.interfaces import Engines

MAX_SESSION_S = 60 * 60.0


def _thread(name: str) -> Executor:
    return ThreadPoolExecutor(1, thread_name_prefix=name)


async def _always_ready() -> None:
    return


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every session of a server.

    Parameters
    ----------
    pace
        How fast answers go out.
    max_session_s
        After this a session expires.
    worker
        Makes the worker that hears or speaks for one session; by default a thread.
    """

    pace: Pace = field(default_factory=Pace)
    max_session_s: float = MAX_SESSION_S
    worker: Callable[[str], Executor] = _thread


class Workers:
    """The workers of one session; made and used on one event loop.

    Parameters
    ----------
    emit
        Where events go.
    engines
        Hear, speak, find voices.
    settings
        Of the server.
    gate
        Awaited before each piece of sound: returns when the reader keeps up.
    ears
        Who hears; by default the engines' recogniser.
    """

    def __init__(
        self,
        emit: Emitter,
        engines: Engines,
        settings: Settings,
        gate: Callable[[], Awaitable[None]] | None = None,
        *,
        ears: Ears | None = None,
    ) -> None:
        self.emit = emit
        self.engines = engines
        self.settings = settings
        self.gate = gate or _always_ready
        self.speaking = settings.worker("speaking")
        self.hearing: Ears = ears or Hearing(
            engines.recogniser,
            why_not=why_deaf(engines),
            executor=settings.worker("hearing"),
        )
        self._beside = Beside("a session's task failed")

    def now_s(self) -> float:
        """Return the session's clock, in seconds."""
        return asyncio.get_running_loop().time()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside; it ends with the session at the latest."""
        return self._beside.run(work)

    async def close(self) -> None:
        """Cancel all that runs beside and let the workers go."""
        await self._beside.end()
        self.hearing.close()
        # Not cancelled: a clause that is being made must get to its end to free the voice.
        self.speaking.shutdown(wait=False)


def why_deaf(engines: Engines) -> str:
    """Return why there is no recogniser, as the engines told it."""
    reasons = [f"{part.why}: {part.install}" for part in engines.missing if "recogn" in part.name]
    return reasons[0] if reasons else "no recogniser is installed"
