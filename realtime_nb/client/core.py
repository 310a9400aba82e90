"""The session's inside: what happens on the loop's own thread.

Nothing here is called from elsewhere; `RealtimeSession` brings every call over. What holds
whatever happens:

- an event is logged, taken into the conversation and shown to the listeners before any call
  that it answers returns;
- when the connection ends and is not restored, every call under way fails with
  `ConnectionLost` at once;
- the state goes idle, connecting, open, closing, closed; from connecting and open to restoring,
  and from there back to open; or to failed from connecting, open and restoring. From closed
  and failed it goes nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Literal

from realtime_nb.client.in_force import holds
from realtime_nb.client.kinds import append_type, update_of
from realtime_nb.client.restoring.renewal import Renewal
from realtime_nb.client.restoring.restoring import Restoring
from realtime_nb.client.restoring.retrying import is_expiry, is_worth_it
from realtime_nb.client.switching import switch_interval
from realtime_nb.client.traffic import REPLY_TIMEOUT_S, State, Traffic
from realtime_nb.client.transport.open_connection import Connection, session_clock
from realtime_nb.client.transport.refusals import end_of, refused
from realtime_nb.errors import ConnectionFailed, ConnectionLost, RealtimeError, UsageError
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.restoring.policy import RestorePolicy
    from realtime_nb.client.transport.transports import AnyWire, Transport
    from realtime_nb.protocol.config.problem import SessionKind

__all__ = ["DRAIN_TIMEOUT_S", "REPLY_TIMEOUT_S", "SessionCore", "State"]

DRAIN_TIMEOUT_S: Final = 4.0
_NORMAL_CLOSE: Final = 1000


class SessionCore(Traffic):
    """One session, from its opening to its end.

    Parameters
    ----------
    endpoint
        Where to connect.
    kind
        The kind of session to ask for.
    transport
        How to connect; by a WebSocket when None.
    reply_timeout
        How long the service may take to answer an event, in seconds.
    drain_timeout
        How long a translation session that is closed waits for the output that remains, in
        seconds.
    restore
        Whether a lost connection is restored.
    policy
        How; the numbers of `RestorePolicy` when None.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        endpoint: Endpoint,
        *,
        kind: SessionKind = "realtime",
        transport: Transport | None = None,
        reply_timeout: float = REPLY_TIMEOUT_S,
        drain_timeout: float = DRAIN_TIMEOUT_S,
        restore: bool = True,
        policy: RestorePolicy | None = None,
    ) -> None:
        super().__init__(endpoint, kind, transport, reply_timeout, policy)
        self._drain_timeout = drain_timeout
        self._opening: asyncio.Task[Any] | None = None
        self._reader: asyncio.Task[None] | None = None
        # A call's sideband has a way of its own, and a page's call cannot be restored.
        self.restores = restore and self.transport.name == "websocket"
        self.restoring = Restoring(self)
        self.renewal = Renewal(self)

    # -- opening

    async def open(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Connect, wait for `session.created`, apply `config`; return what is in force."""
        if self.state != "idle":
            raise UsageError(f"this session is {self.state}; make a new one")
        self._opening = asyncio.current_task()
        self._settled = asyncio.Event()
        self.set_state("connecting")
        switch_interval.hold()
        self.now_ms = session_clock()
        self.restoring.wanted = dict(config)
        try:
            await self._connect(config)
            told = await self._configure(config)
        except ConnectionLost:
            if not self._is("restoring"):
                raise
        except asyncio.CancelledError:
            closed = ConnectionLost("the session was closed while it was connecting")
            self._end("closed", closed)
            raise closed from None
        else:
            return told
        finally:
            self._opening = None
            if self._is("connecting"):
                # Also with a config that was refused: the session goes on with defaults.
                self.set_state("open")
            if not self._is("restoring"):
                self._settled.set()
        # It broke before it was open: the config comes with what restores it.
        await self.ready()
        if self.restoring.refusal is not None:
            raise self.restoring.refusal
        return self.conversation.session or {}

    @property
    def is_opening(self) -> bool:
        """Whether `open` has not come to its end, so that its config may not be in force."""
        return self._opening is not None

    async def _connect(self, config: Mapping[str, Any]) -> None:
        try:
            wire = await self.dial(config)
            self._connection = self.attach(wire)
            await self.greeted()
        except Exception as error:
            if not self._is("restoring"):
                known = isinstance(error, RealtimeError)
                failed = error if known else ConnectionFailed(f"not connected: {error!r}")
                self._end("failed", failed)
            raise

    async def dial(self, config: Mapping[str, Any]) -> AnyWire:
        """Reach the service."""
        return await self.transport.dial(self.endpoint, self._asked_kind, config)

    def attach(self, wire: AnyWire) -> Connection:
        """Read from a wire from now on; return the connection on it."""
        connection = Connection(
            wire,
            self.endpoint,
            log=self.log,
            clock=self.now_ms,
            append_type=append_type(self._asked_kind),
        )
        connection.call_when_writable(self.flush)
        self.last_word = None
        self.created = asyncio.get_running_loop().create_future()
        self.restoring.attached(connection)
        self._reader = asyncio.create_task(self._follow(connection), name="realtime_nb reader")
        return connection

    async def greeted(self) -> None:
        """Wait for word of the session; ask for it where a call's service may never tell.

        Raises
        ------
        ConnectionFailed
            When none comes.
        """
        created, patience_s = self.created, self.transport.asks_after_s
        if created is None:
            return
        try:
            async with asyncio.timeout(self.reply_timeout):
                if patience_s is not None:
                    await asyncio.wait([created], timeout=patience_s)
                    if not created.done():
                        self.transmit(update_of({}, self._asked_kind))
                await created
        except TimeoutError:
            said = self.last_word
            raise (
                refused(said, self.endpoint)
                if said is not None
                else ConnectionFailed(
                    f"{self.endpoint.name} began no session within {self.reply_timeout:g} s; "
                    "check that the URL is that of a realtime service"
                )
            ) from None

    async def _configure(self, config: Mapping[str, Any]) -> dict[str, Any]:
        event = update_of(config, self.kind)
        if self.transport.configured and holds(self.conversation.session, event["session"]):
            return self.conversation.session or {}
        if config and event["session"]:
            answer = await self.ask(event)
            return as_object(answer.get("session")) or self.conversation.session or {}
        return self.conversation.session or {}

    # -- the end of a connection

    async def _follow(self, connection: Connection) -> None:
        try:
            await self._read(connection)
        except ConnectionLost as end:
            if self.restoring.current is connection:
                self._lost(end)
        except asyncio.CancelledError:
            self.stop_with_loop()
            raise
        finally:
            # Also when the loop is stopped under us.
            connection.abort()

    def _is_past(self, connection: Connection) -> bool:
        return self.restoring.current is not connection

    def _lost(self, end: ConnectionLost) -> None:
        if self.ended:
            return
        # What ends in the moment it began was open, whoever has heard of that yet.
        began = self.created is not None and self.created.done()
        error = end_of(end, self.last_word, self.endpoint, connecting=not began)
        if self._is("restoring"):
            self.restoring.lost(end, error)
        elif self.restores and not self._is("closing") and is_worth_it(end, self.last_word):
            reason = "expired" if is_expiry(end, self.last_word) else "lost"
            self.restoring.begin(reason, end.code, str(error))
        else:
            # A service that leaves politely has not failed.
            normal = self._is("closing") or end.code == _NORMAL_CLOSE
            self._end("closed" if normal else "failed", error)

    def away(self) -> None:
        """Take leave of the connection; calls wait from now on."""
        if self._connection is not None:
            self._connection.call_when_writable(None)
        self._connection = None
        if self._settled is not None:
            self._settled.clear()

    def back(self, connection: Connection) -> None:
        """Go on with another connection."""
        self._connection = connection
        self.set_state("open")
        if self._settled is not None:
            self._settled.set()

    def give_up(self, error: RealtimeError) -> None:
        """End a session that cannot be restored."""
        self._end("failed", error)

    def stop_with_loop(self) -> None:
        """End: the loop is being stopped under us."""
        self._end("closed", ConnectionLost("the background loop was stopped"))

    # -- the end

    async def close(self) -> None:
        """End the session, whatever state it is in."""
        if self.state == "idle":
            self.set_state("closed")
        elif self.state == "connecting":
            await self._give_up_opening()
        elif self.state == "restoring":
            self._end("closed", ConnectionLost("the session was closed"))
            await self.restoring.stopped()
        elif self.state == "open" and self._connection is not None:
            self.set_state("closing")
            await self._drain()
            self._fail_calls(ConnectionLost("the session was closed"))
            await self._connection.close()
        if self._reader is not None:
            await asyncio.wait([self._reader])

    async def hang_up(self) -> None:
        """End the call that the session is, for all who are in it, and the session with it."""
        if not self.ended:
            await self.ready()
            asking = asyncio.ensure_future(self.transport.hang_up(self.endpoint))
            reader = [] if self._reader is None else [self._reader]
            await asyncio.wait([asking, *reader], return_when=asyncio.FIRST_COMPLETED)
            asking.add_done_callback(_looked_at)
            # A service may end the call first, and say so when everybody has gone.
            if asking.done() and not self.ended:
                asking.result()
        await self.close()

    async def _drain(self) -> None:
        """Let a translation come to its end: what was said last is still being translated."""
        if self.kind != "translation":
            return
        self._finished = asyncio.Event()
        with contextlib.suppress(TimeoutError, ConnectionLost):
            self.transmit({"type": "session.close"})
            async with asyncio.timeout(self._drain_timeout):
                await self._finished.wait()

    async def _give_up_opening(self) -> None:
        task = self._opening
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        if self._connection is not None:
            self._connection.abort()

    def _end(self, state: Literal["closed", "failed"], error: RealtimeError) -> None:
        if self.ended:
            return
        if state == "failed":
            self.failure = error
        if self._connection is not None:
            self._connection.call_when_writable(None)
            self._connection.abort()
        if self._finished is not None:
            self._finished.set()
        self.renewal.stop()
        self.restoring.stop()
        self.set_state(state)
        switch_interval.release()
        self._fail_calls(error)
        if self._settled is not None:
            self._settled.set()

    def _is(self, state: State) -> bool:
        return self.state == state


def _looked_at(asking: asyncio.Future[None]) -> None:
    """Take what became of it: nobody waits for that any more."""
    if not asking.cancelled():
        asking.exception()
