"""The requests of a chain's legs: their clients, their clocks, and what is told of each.

Each leg has one client for the life of a session, so that its connection is kept between
turns. A request ends in one of three ways (completed, failed, cancelled), and each of them is
told as one `chain.leg.done` event.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoints.endpoint import PRACTICE_MODEL
from realtime_nb.client.rest.service import RestService
from realtime_nb.errors import RealtimeError, RequestRefused
from realtime_nb.protocol.chain import LEG_DONE, LegDone
from realtime_nb.server.brain.interface import BrainError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from openai import AsyncOpenAI

    from realtime_nb.chain.legs import Legs
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.rest.service import Notice
    from realtime_nb.protocol.chain import LegName
    from realtime_nb.server.emitter import Emitter

TIMEOUT_S: Final = 60.0
_RETRIES: Final = 1  # who talks does not wait for a third try
_KEPT_TURNS: Final = 64


class NoAnswer(Exception):
    """A service was reached, and what it sent is not, or not all of, what was asked for.

    Its text says what, and what to do.
    """


class Requests:
    """The requests of one session.

    Parameters
    ----------
    legs
        Where they go.
    emit
        Takes an event for each that ended.
    on_notice
        Called with what a leg does otherwise than usual, such as a retry.
    """

    def __init__(
        self,
        legs: Legs,
        emit: Emitter,
        on_notice: Callable[[LegName, Notice], object] | None = None,
    ) -> None:
        self.legs = legs
        self._emit = emit
        self._on_notice = on_notice
        self._opening: dict[Endpoint, asyncio.Future[AsyncOpenAI]] = {}
        self._stack = AsyncExitStack()
        self._begun_s: dict[str, float] = {}

    @staticmethod
    def now_s() -> float:
        """Return the session's clock, in seconds."""
        return asyncio.get_running_loop().time()

    def begin(self, response_id: str, since_s: float) -> None:
        """Note when the turn ended that a response answers, on the session's clock."""
        self._begun_s[response_id] = since_s
        while len(self._begun_s) > _KEPT_TURNS:
            self._begun_s.pop(next(iter(self._begun_s)))

    def begun_s(self, response_id: str) -> float:
        """Return what `begin` noted; now, where it noted nothing."""
        return self._begun_s.get(response_id, self.now_s())

    def of(self, leg: LegName, since_s: float, **ids: Any) -> LegRequest:
        """Return a request of a leg, to be made in an ``async with`` block.

        Parameters
        ----------
        leg
            Which one.
        since_s
            When the turn ended that it belongs to, on the session's clock.
        **ids
            Fields of `LegDone` that say what it is for.
        """
        return LegRequest(self, leg, since_s, **ids)

    async def client(self, leg: LegName) -> AsyncOpenAI:
        """Return the leg's client, made when it is first asked for."""
        endpoint = self.legs[leg]
        ready = self._opening.get(endpoint)
        if ready is None:
            ready = self._opening[endpoint] = asyncio.ensure_future(self._open(leg))
        return await asyncio.shield(ready)

    def warm_up(self) -> None:
        """Make all clients now: the first of them takes most of a second to load."""
        for leg in ("transcribe", "chat", "speak"):
            asyncio.ensure_future(self.client(leg)).add_done_callback(_looked_at)

    def done(self, told: LegDone) -> None:
        """Tell of a request that ended."""
        self._emit(LEG_DONE, **told.to_wire())

    async def close(self) -> None:
        """Close all clients and what they have open."""
        for opening in self._opening.values():
            opening.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        self._opening.clear()
        await self._stack.aclose()

    async def _open(self, leg: LegName) -> AsyncOpenAI:
        notice = self._on_notice
        service = RestService(
            self.legs[leg],
            timeout_s=TIMEOUT_S,
            max_retries=_RETRIES,
            on_notice=None if notice is None else lambda told: notice(leg, told),
        )
        return await self._stack.enter_async_context(service.client())


class LegRequest:
    """One request of a leg, from its beginning to its end.

    Use it in an ``async with`` block: what is raised within leaves as `BrainError`, one line
    that names the leg, and what became of it is told.

    Parameters
    ----------
    requests
        Of the session.
    leg, since_s, **ids
        As for `Requests.of`.

    Attributes
    ----------
    usage
        What the service counted; set it when it is told.
    ids
        Fields of `LegDone` that say what it is for.
    """

    def __init__(self, requests: Requests, leg: LegName, since_s: float, **ids: Any) -> None:
        self._requests = requests
        self._leg: LegName = leg
        self._service = requests.legs[leg]
        self._since_s = since_s
        self.ids = ids
        self._begun_s = 0.0
        self._first_s: float | None = None
        self.usage: dict[str, Any] | None = None

    async def __aenter__(self) -> Self:
        self._begun_s = self._requests.now_s()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        told = LegDone(
            leg=self._leg,
            # Whatever it was called: the practice server is no model.
            model=PRACTICE_MODEL if self._service.practice else self._service.model,
            service=self._service.name,
            practice=self._service.practice,
            begin_ms=(self._begun_s - self._since_s) * 1000,
            first_ms=None if self._first_s is None else (self._first_s - self._begun_s) * 1000,
            whole_ms=(self._requests.now_s() - self._begun_s) * 1000,
            usage=self.usage,
            **self.ids,
        )
        if isinstance(error, Exception):
            problem = self._problem(error)
            self._requests.done(replace(told, status="failed", problem=str(problem)))
            raise problem from None
        # Cancelled, or closed by whoever read it.
        self._requests.done(replace(told, status="completed" if error is None else "cancelled"))

    @property
    def model(self) -> str:
        """The leg's model."""
        return self._service.model

    def first(self) -> None:
        """Note that its first words or sound have come; later calls do nothing."""
        if self._first_s is None:
            self._first_s = self._requests.now_s()

    def without_keys(self, said: str) -> str:
        """Return what the service said without its key; the session knows that of no leg."""
        return self._service.scrub_keys(said)

    async def client(self) -> Any:
        """Return the leg's ``AsyncOpenAI``."""
        return await self._requests.client(self._leg)

    def _problem(self, error: Exception) -> BrainError:
        if isinstance(error, BrainError):
            return error
        code = None
        if isinstance(error, NoAnswer):
            text = self._service.scrub(f"{self._service.name}: {error}")
        else:
            service = RestService(self._service, timeout_s=TIMEOUT_S)
            explained = error if isinstance(error, RealtimeError) else service.explain(error)
            code = explained.code if isinstance(explained, RequestRefused) else None
            text = str(explained)
        return BrainError(
            f"the chain's {self._leg} leg ({self._service.model}) failed: {' '.join(text.split())}",
            code=code or f"{self._leg}_failed",
        )


def _looked_at(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # raised again to whoever makes a request
