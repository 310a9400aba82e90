"""The session's inside: what happens on the loop's own thread.

Nothing here is called from elsewhere; `RealtimeSession` brings every call over. What holds
whatever happens:

- an event is logged, taken into the conversation and shown to the listeners before any call
  that it answers returns;
- when the connection ends, every call under way fails with `ConnectionLost` at once;
- the state goes idle, connecting, open, closing, closed; or to failed from connecting and
  open. From closed and failed it goes nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.client.budget import Budget
from realtime_nb.client.futures import fail, settle
from realtime_nb.client.junk import as_object
from realtime_nb.client.kinds import append_type, creates_response, kind_of, update_of
from realtime_nb.client.ledger import Ledger
from realtime_nb.client.listeners import Listeners
from realtime_nb.client.open_connection import Connection, session_clock
from realtime_nb.client.outbox import Outbox
from realtime_nb.client.outgoing import as_dict, prepare
from realtime_nb.client.races import is_news
from realtime_nb.client.refusals import end_of, is_fatal, refused
from realtime_nb.client.sequencer import ResponseSequencer
from realtime_nb.client.switching import switch_interval
from realtime_nb.client.wire import Wire
from realtime_nb.errors import (
    CallTimeout,
    ConnectionFailed,
    ConnectionLost,
    MalformedEvent,
    RealtimeError,
    ServerError,
    UsageError,
)
from realtime_nb.protocol.conversation import Conversation
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.gate import Gate
    from realtime_nb.client.ledger import Answer, Refuse
    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.client.service import Endpoint
    from realtime_nb.client.turn_end import TurnFollower
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log import Record

State: TypeAlias = Literal["idle", "connecting", "open", "closing", "closed", "failed"]

REPLY_TIMEOUT_S: Final = 10.0
DRAIN_TIMEOUT_S: Final = 4.0
_NORMAL_CLOSE: Final = 1000
_LOG = logging.getLogger("realtime_nb.client")


class SessionCore:
    """One session, from its opening to its end.

    Parameters
    ----------
    endpoint
        Where to connect.
    kind
        The kind of session to ask for.
    reply_timeout
        How long the service may take to answer an event, in seconds.
    drain_timeout
        How long a translation session that is closed waits for the output that remains, in
        seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        kind: SessionKind = "realtime",
        reply_timeout: float = REPLY_TIMEOUT_S,
        drain_timeout: float = DRAIN_TIMEOUT_S,
    ) -> None:
        self.endpoint = endpoint
        self.state: State = "idle"
        self.gate: Gate | None = None
        self.follower: TurnFollower | None = None
        self.failure: RealtimeError | None = None
        self.log = EventLog()
        self.conversation = Conversation()
        self.now_ms = session_clock()
        self.outbox = Outbox()
        self.records: Listeners[Record, frozenset[str]] = Listeners()
        self.states: Listeners[str] = Listeners()
        self.strays: Listeners[ServerError] = Listeners()
        self.interruptions: Listeners[[]] = Listeners()
        self._ledger = Ledger()
        self.strike = self._ledger.strike
        self.sequencer = ResponseSequencer(
            self.transmit,
            self._later,
            self.strike,
            lambda: creates_response(self.conversation.session),
        )
        self.budget = Budget(endpoint, kind, self.transmit, self.sequencer, self.conversation)
        self._asked_kind: SessionKind = kind
        self._reply_timeout = reply_timeout
        self._drain_timeout = drain_timeout
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Any] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._created: asyncio.Future[None] | None = None
        self._settled: asyncio.Event | None = None
        self._finished: asyncio.Event | None = None
        self._last_word: Mapping[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether the session is over."""
        return self.state in ("closed", "failed")

    @property
    def kind(self) -> SessionKind:
        """The kind of session: what the service says it is, and before what was asked for."""
        session = self.conversation.session
        # An ephemeral key brings a config of its own, and with it its kind.
        return (
            self._asked_kind if session is None else kind_of({"type": self._asked_kind, **session})
        )

    # -- opening

    async def open(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Connect, wait for `session.created`, apply `config`; return what is in force."""
        if self.state != "idle":
            raise UsageError(f"this session is {self.state}; make a new one")
        self._opening = asyncio.current_task()
        self._settled = asyncio.Event()
        self._set_state("connecting")
        switch_interval.hold()
        try:
            await self._connect()
            return await self._configure(config)
        except asyncio.CancelledError:
            closed = ConnectionLost("the session was closed while it was connecting")
            self._end("closed", closed)
            raise closed from None
        finally:
            self._opening = None
            if self._is("connecting"):
                # Also with a config that was refused: the session goes on with defaults.
                self._set_state("open")
            self._settled.set()

    async def _connect(self) -> None:
        try:
            await self._begin()
        except Exception as error:
            known = isinstance(error, RealtimeError)
            self._end("failed", error if known else ConnectionFailed(f"not connected: {error!r}"))
            raise

    async def _begin(self) -> None:
        self.now_ms = session_clock()
        wire = await Wire.dial(self.endpoint, kind=self._asked_kind)
        self._connection = Connection(
            wire,
            self.endpoint,
            log=self.log,
            clock=self.now_ms,
            append_type=append_type(self._asked_kind),
        )
        self._connection.call_when_writable(self.flush)
        self._created = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(self._connection), name="realtime_nb reader")
        try:
            async with asyncio.timeout(self._reply_timeout):
                await self._created
        except TimeoutError:
            said = self._last_word
            raise (
                refused(said, self.endpoint)
                if said is not None
                else ConnectionFailed(
                    f"{self.endpoint.name} began no session within {self._reply_timeout:g} s; "
                    "check that the URL is that of a realtime service"
                )
            ) from None

    async def _configure(self, config: Mapping[str, Any]) -> dict[str, Any]:
        event = update_of(config, self.kind)
        if config and event["session"]:
            answer = await self.ask(event)
            return as_object(answer.get("session")) or self.conversation.session or {}
        return self.conversation.session or {}

    async def ready(self) -> None:
        """Wait while the session is connecting; raise when it is not open then."""
        if self.state == "connecting" and self._settled is not None:
            await self._settled.wait()
        if self.state != "open":
            raise self._gone()

    # -- sending

    def transmit(
        self, event: AnyEvent, *, answer: Answer | None = None, refuse: Refuse | None = None
    ) -> str:
        """Put an event into the outbox, with an id; return the id.

        Parameters
        ----------
        event
            The event.
        answer, refuse
            One of them is called, once, with the event that answers it or with what went
            wrong; see `Ledger`.

        Raises
        ------
        BudgetExceeded
            For what would cost money that may not be spent.
        """
        if self._connection is None or self.ended:
            raise self._gone()
        data = as_dict(event)
        self.budget.check(data["type"])
        if not data.get("event_id"):
            data = {"type": data["type"], "event_id": new_id("event"), **data}
        ready = prepare(data)
        self._ledger.enter(data, answer, refuse)
        self.outbox.put(ready)
        self.flush()
        return str(data["event_id"])

    async def ask(self, event: AnyEvent) -> Event:
        """Send an event and return what answers it.

        Raises
        ------
        ServerError
            When the service refuses it.
        CallTimeout
            When nothing answers it in time.
        ConnectionLost
            When the connection ends before.
        """
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        event_id = self.transmit(event, answer=settle(future), refuse=fail(future))
        return await self.wait_for(future, as_dict(event)["type"], event_id)

    async def wait_for(self, future: asyncio.Future[Any], what: str, event_id: str = "") -> Any:
        """Wait for an answer to `what`, at most the reply timeout."""
        try:
            async with asyncio.timeout(self._reply_timeout):
                return await future
        except asyncio.CancelledError:
            self._ledger.give_up(event_id)
            raise
        except TimeoutError:
            self._ledger.give_up(event_id)
            stray = self._ledger.last_stray
            meanwhile = f"; an error that named no event: {stray}" if stray else ""
            raise CallTimeout(
                f"no answer to {what} within {self._reply_timeout:g} s{meanwhile}"
            ) from None

    def flush(self) -> None:
        """Send what waits in the outbox, as far as the socket takes it."""
        self.outbox.answered()
        connection = self._connection
        if connection is None:
            return
        try:
            while connection.writable:
                entry = self.outbox.take()
                if entry is None:
                    return
                is_sound = isinstance(entry, bytes)
                record = connection.post_audio(entry) if is_sound else connection.post(entry)
                self._show(record)
        except ConnectionLost:
            # The reader meets the end of the connection too, and knows more about it.
            return

    # -- receiving

    async def _read(self, connection: Connection) -> None:
        def take(frame: bytes) -> None:
            try:
                self._take(connection.read(frame))
            except MalformedEvent as error:
                _LOG.warning("a frame of %s was skipped: %s", self.endpoint.name, error)
            except Exception:  # noqa: BLE001 -- as said below
                # A service may send what nobody thought of; the session goes on.
                _LOG.exception("an event of %s could not be handled", self.endpoint.name)

        connection.hand_over(take)
        try:
            while True:
                take(await connection.recv_bytes())
        except ConnectionLost as end:
            self._lost(end)
        finally:
            # Also when the loop is stopped under us.
            connection.abort()
            self._end("closed", ConnectionLost("the background loop was stopped"))

    def _take(self, record: Record) -> None:
        self._show(record)
        event = record.event
        if event.type == "session.created" and self._created and not self._created.done():
            self._created.set_result(None)
        if event.type == "session.closed" and self._finished is not None:
            self._finished.set()
        stray = self._ledger.received(event)
        if event.type == "error":
            word = as_object(event.get("error"))
            if stray is not None or is_fatal(word.get("code")):
                self._last_word = word
            if stray is not None and is_news(stray):
                self.strays.tell(stray)
        self.sequencer.received(event)
        self.budget.received(event)

    def _show(self, record: Record) -> None:
        try:
            changed = self.conversation.apply(record.direction, record.event, record.t_ms)
        except Exception:  # noqa: BLE001 -- as said below
            # What is shown is one thing, the calls that wait for this event are another.
            _LOG.exception("%s could not be taken into the conversation", record.event.type)
            changed = frozenset[str]()
        self.budget.take(record)
        self.records.tell(record, changed)

    # -- the end

    async def close(self) -> None:
        """End the session, whatever state it is in."""
        if self.state == "idle":
            self._set_state("closed")
        elif self.state == "connecting":
            await self._give_up_opening()
        elif self.state == "open" and self._connection is not None:
            self._set_state("closing")
            await self._drain()
            self._fail_calls(ConnectionLost("the session was closed"))
            await self._connection.close()
        if self._reader is not None:
            await asyncio.wait([self._reader])

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

    def _lost(self, end: ConnectionLost) -> None:
        # What ends in the moment it began was open, whoever has heard of that yet.
        began = self._created is not None and self._created.done()
        error = end_of(end, self._last_word, self.endpoint, connecting=not began)
        # A service that leaves politely has not failed.
        normal = self._is("closing") or end.code == _NORMAL_CLOSE
        self._end("closed" if normal else "failed", error)

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
        self._set_state(state)
        switch_interval.release()
        self._fail_calls(error)

    def _fail_calls(self, error: RealtimeError) -> None:
        if self._created is not None and not self._created.done():
            self._created.set_exception(error)

        def again() -> ConnectionLost:
            # Each call gets its own: a shared one would gather everybody's tracebacks.
            return ConnectionLost(str(error), code=getattr(error, "code", None))

        self.outbox.clear()
        self.sequencer.fail_all(again)
        if self.follower is not None:
            self.follower.fail_all(again)
        self._ledger.fail_all(again)

    def _gone(self) -> RealtimeError:
        if self.failure is not None:
            return ConnectionLost(str(self.failure), code=getattr(self.failure, "code", None))
        if self.state == "idle":
            return UsageError("the session is not open yet; call open() first")
        return ConnectionLost(f"the session is {self.state}; make a new one")

    def _is(self, state: State) -> bool:
        return self.state == state

    def _set_state(self, state: State) -> None:
        self.state = state
        self.states.tell(state)

    def _later(self, delay_s: float, function: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(delay_s, function)
