"""A session whose connection is lost goes on in a new session of the service.

One loss, from the moment it is known to the moment the talk goes on or is given up:

- what was under way is sorted: what had not left goes out afterwards; what was sent to the old
  session and not answered is sent to the new one, once; an answer of which something had come
  ends as it stands;
- the service is dialled again and again, see `RestorePolicy`; refusals that no other try would
  change end it at once;
- the new session is given the config in force and the talk so far, under the old ids, then the
  sound that it has not heard, then what waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.endpoints.endpoint import revived
from realtime_nb.client.restoring.limits import LossLimits
from realtime_nb.client.restoring.policy import Restoration
from realtime_nb.client.restoring.retrying import is_worth_it, may_come_back
from realtime_nb.client.restoring.taking_over import TakingOver
from realtime_nb.errors import ConnectionFailed, ConnectionLost, RealtimeError
from realtime_nb.protocol.restored.restored import lost_event

if TYPE_CHECKING:
    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.transport.open_connection import Connection
    from realtime_nb.client.transport.transports import AnyWire
    from realtime_nb.errors import ServerError
    from realtime_nb.protocol.restored.restored import Reason

_CUT: Final = "the answer was cut off: {}; what had come of it is in the conversation"
_AGAIN: Final = "{}; it was sent twice, and whether it was done is not known"


class Restoring:
    """Restores one session, as often as it must; everything on the session's loop.

    Parameters
    ----------
    core
        The session.

    Attributes
    ----------
    wanted
        The config that the next session is to have, with its credentials.
    refusal
        Why the service did not take the first config of the session; None where it did.
    current
        The connection that counts; whatever another one says is of the past.
    """

    def __init__(self, core: SessionCore) -> None:
        self._core = core
        self.wanted: dict[str, Any] = {}
        self.refusal: ServerError | None = None
        self.current: Connection | None = None
        self._taking_over: TakingOver | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._nudge = asyncio.Event()
        self._reason: Reason = "lost"
        self._detail = ""
        self._limits = LossLimits(core.policy)
        self._since_s = self._since_ms = 0.0
        self._next_s = 0.0
        self._tries = self._failed = 0
        self._ended: tuple[RealtimeError, bool] | None = None

    @property
    def standing(self) -> Restoration | None:
        """How it stands; None while nothing is restored."""
        task = self._task
        if task is None or task.done() or self._core.state != "restoring":
            return None
        left_s = max(0.0, self._next_s - task.get_loop().time())
        return Restoration(self._reason, self._tries, left_s, self._since_ms, self._detail)

    # -- what happens

    def attached(self, connection: Connection) -> None:
        """Note the connection that counts from now on."""
        self.current = connection
        self._limits.opened(asyncio.get_running_loop().time())

    def begin(
        self, reason: Reason, code: int | None, detail: str, wire: AnyWire | None = None
    ) -> None:
        """Restore a session whose connection is gone, or is to be left.

        Parameters
        ----------
        reason, code, detail
            Why, see `realtime_nb.protocol.restored.restored.Lost`.
        wire
            The next connection, where it is open already.
        """
        core, loop = self._core, asyncio.get_running_loop()
        enough = self._enough(detail, wanted=reason == "renewal")
        if enough is not None:
            core.give_up(ConnectionLost(enough, code=code))
            _hang_up(wire)
            return
        if self.current is not None:
            core.note_life(self.current)
        self._leave()
        core.away()
        core.state = "restoring"
        self._reason, self._detail = reason, detail
        self._since_s, self._since_ms = loop.time(), core.now_ms()
        self._tries, self._ended = 1, None
        self._taking_over = TakingOver(core, reason, self._since_s, self.wanted)
        core.mark(lost_event(reason, code=code, detail=detail))
        if core.ended:
            _hang_up(wire)
            return  # a listener has closed it
        self._taking_over.sort(_CUT.format(detail), _AGAIN.format(detail))
        if core.created is not None and not core.created.done():
            core.created.set_exception(ConnectionLost(detail, code=code))
        delay_s = 0.0 if wire is not None else core.policy.delay_s(self._failed)
        self._next_s = loop.time() + delay_s
        self._nudge.clear()
        self._task = asyncio.create_task(self._run(wire), name="realtime_nb restoring")
        core.set_state("restoring")

    def lost(self, end: ConnectionLost, error: RealtimeError) -> None:
        """Note that the connection of the try under way has ended, as `error` says to people."""
        core = self._core
        worth_it = is_worth_it(end, core.last_word)
        if core.created is not None and core.created.done():
            enough = self._enough(str(end))
            if enough is not None:
                error, worth_it = ConnectionLost(enough, code=end.code), False
        self._ended = (error, worth_it)
        if core.created is not None and not core.created.done():
            core.created.set_exception(error)
        core.replies.fail_all(lambda: ConnectionLost(str(end), code=end.code))

    def retry_now(self) -> None:
        """Try at once rather than when it is time."""
        self._nudge.set()

    def stop(self) -> None:
        """Give it up: the session is over."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        if self.current is not None:
            self.current.abort()

    async def stopped(self) -> None:
        """Wait until nothing of it runs any more."""
        tasks = [one for one in (self._task, *self._leaving) if one is not None]
        if tasks:
            await asyncio.wait(tasks)

    # -- inside

    async def _run(self, wire: AnyWire | None) -> None:
        try:
            while not self._core.ended:
                await self._pause()
                given, wire = wire, None
                if await self._try(given):
                    return
        except asyncio.CancelledError:
            self._core.stop_with_loop()
            raise
        finally:
            _hang_up(wire)

    async def _pause(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._next_s):
                await self._nudge.wait()
        self._nudge.clear()
        self._next_s = loop.time()

    async def _try(self, wire: AnyWire | None) -> bool:
        """Try once; return whether there is nothing more to try."""
        core, taking_over = self._core, self._taking_over
        if taking_over is None:
            return True
        self._ended = None
        core.set_state("restoring")
        try:
            connection = await taking_over.attempt(self._tries, wire or await self._dial())
        except Exception as error:  # noqa: BLE001 -- whatever it was, it ends or is tried again
            known, worth_it = self._ended or (error, may_come_back(error))
            self._leave()
            return self._failed_for(known, worth_it=worth_it)
        self.refusal = taking_over.refusal
        taking_over.go_on(connection, self._tries)
        return True

    def _failed_for(self, error: Exception, *, worth_it: bool) -> bool:
        """Note a try that failed; return whether it was the last."""
        core, loop = self._core, asyncio.get_running_loop()
        if core.ended:
            return True
        self._detail = " ".join(str(error).split()) or type(error).__name__
        self._failed += 1
        delay_s = core.policy.delay_s(self._failed)
        left_s = self._since_s + core.policy.away_s - loop.time()
        if not worth_it:
            known = isinstance(error, RealtimeError)
            core.give_up(error if known else ConnectionFailed(f"not restored: {self._detail}"))
            return True
        if left_s < delay_s:
            core.give_up(ConnectionLost(self._too_long()))
            return True
        self._tries += 1
        self._next_s = loop.time() + delay_s
        core.set_state("restoring")
        return False

    async def _dial(self) -> AnyWire:
        core = self._core
        try:
            return await core.dial(self.wanted)
        except ConnectionFailed as error:
            if not may_come_back(error):
                raise
            # The practice server of this kernel may be gone, and another one be started.
            found = await asyncio.to_thread(revived, core.endpoint)
            if found is None or found == core.endpoint:
                raise
        core.endpoint = found
        return await core.dial(self.wanted)

    def _leave(self) -> None:
        """Say goodbye to the connection that there is, without waiting for its answer."""
        connection, self.current = self.current, None
        if connection is not None:
            leaving = asyncio.create_task(connection.close())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    def _enough(self, detail: str, *, wanted: bool = False) -> str | None:
        """Note the end of a session; return why it was the last, None where another may be."""
        now_s = asyncio.get_running_loop().time()
        if self._limits.ended(now_s, wanted=wanted):
            self._failed = 0
        return self._limits.reached(now_s, detail)

    def _too_long(self) -> str:
        minutes = self._core.policy.away_s / 60
        return (
            f"no connection to {self._core.endpoint.name} in {minutes:.3g} min and {self._tries}"
            f" tries; the last one: {self._detail}"
        )


def _hang_up(wire: AnyWire | None) -> None:
    """Leave a connection that was opened and that nobody needs."""
    if wire is not None:
        wire.abort()
