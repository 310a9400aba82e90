"""What passes between a session and its service: events out, in order, and what answers them.

Nothing here is called from elsewhere than the loop's own thread. What holds whatever happens:
an event is logged, taken into the conversation and shown to the listeners before any call that
it answers returns.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.client.budget import Budget
from realtime_nb.client.futures import fail, settle
from realtime_nb.client.kinds import creates_response, kind_of
from realtime_nb.client.listeners import Listeners
from realtime_nb.client.outbox import Outbox
from realtime_nb.client.outgoing import as_dict, prepare
from realtime_nb.client.restoring.asked_config import AskedConfig
from realtime_nb.client.restoring.heartbeat import EVERY_S
from realtime_nb.client.restoring.held_sound import HeldSound
from realtime_nb.client.restoring.owed import Answers, OwedAnswer
from realtime_nb.client.restoring.policy import RestorePolicy
from realtime_nb.client.transport.open_connection import session_clock
from realtime_nb.client.transport.refusals import is_fatal
from realtime_nb.client.transport.transports import WebSocketTransport
from realtime_nb.client.turns.ledger import Ledger
from realtime_nb.client.turns.races import is_news
from realtime_nb.client.turns.sequencer import ResponseSequencer
from realtime_nb.errors import CallTimeout, ConnectionLost, MalformedEvent, ServerError, UsageError
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.restored.gap import GAP
from realtime_nb.protocol.told import as_object, told_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.guards.gate import Gate
    from realtime_nb.client.outbox import Entry as Waiting
    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.client.transport.open_connection import Connection
    from realtime_nb.client.transport.transports import Transport
    from realtime_nb.client.turns.ledger import Answer, Refuse
    from realtime_nb.client.turns.turn_end import TurnFollower
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

State: TypeAlias = Literal["idle", "connecting", "open", "restoring", "closing", "closed", "failed"]

REPLY_TIMEOUT_S: Final = 10.0
_LATE_S: Final = 1.0  # that a pong may take
_GREETINGS: Final = ("session.created", "session.updated")
_LOG = logging.getLogger("realtime_nb.client")


class Traffic:
    """The events of one session, whichever connection they pass on.

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
    policy
        How a lost connection is restored.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        kind: SessionKind,
        transport: Transport | None,
        reply_timeout: float,
        policy: RestorePolicy | None,
    ) -> None:
        self.endpoint = endpoint
        self.transport: Transport = transport or WebSocketTransport()
        self.state: State = "idle"
        self.gate: Gate | None = None
        self.follower: TurnFollower | None = None
        self.failure: RealtimeError | None = None
        self.policy = policy or RestorePolicy()
        self.log = EventLog()
        self.conversation = Conversation()
        self.now_ms = session_clock()
        self.outbox = Outbox()
        self.held = HeldSound(
            self.policy.held_s * 1000,
            self.policy.tail_ms,
            lambda: asyncio.get_running_loop().time(),
        )
        self.asked = AskedConfig()
        self.answers = Answers()
        self.owed = OwedAnswer(self)
        self.records: Listeners[Record, frozenset[str]] = Listeners()
        self.states: Listeners[str] = Listeners()
        self.strays: Listeners[ServerError] = Listeners()
        self.interruptions: Listeners[[]] = Listeners()
        # Whoever answers function calls tells which will be; None where nobody does.
        self.open_calls: Callable[[], Collection[str]] | None = None
        self.ledger = Ledger()
        # Where answers go: to the calls, or while it is restored to who restores it.
        self.replies = self.ledger
        self.strike = self.ledger.strike
        self.sequencer = ResponseSequencer(
            self.transmit,
            self.later,
            self.strike,
            lambda: creates_response(self.conversation.session),
        )
        self.budget = Budget(
            endpoint,
            kind,
            self.transmit,
            self.sequencer,
            self.conversation,
            on_call=not self.transport.carries_audio,
        )
        self.reply_timeout = reply_timeout
        self.created: asyncio.Future[None] | None = None
        self.last_word: Mapping[str, Any] | None = None
        self._asked_kind: SessionKind = kind
        self._connection: Connection | None = None
        self._heard_s = 0.0
        self._settled: asyncio.Event | None = None
        self._finished: asyncio.Event | None = None

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

    async def ready(self) -> None:
        """Wait while the session is connecting or restored; raise when it is not open then."""
        while self.state in ("connecting", "restoring") and self._settled is not None:
            await self._settled.wait()
        if self.state != "open":
            raise self._gone()

    # -- sending

    def transmit(
        self, event: AnyEvent, *, answer: Answer | None = None, refuse: Refuse | None = None
    ) -> str:
        """Put an event into the outbox, with an id; return the id.

        While the session is restored it waits there.

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
        UsageError
            For what the service would refuse for its size, and when too much waits already.
        """
        if (self._connection is None and self.state != "restoring") or self.ended:
            raise self._gone()
        data = as_dict(event)
        self.budget.check(data["type"])
        if not data.get("event_id"):
            data = {"type": data["type"], "event_id": new_id("event"), **data}
        ready = prepare(data)
        self.outbox.put(ready)
        self.ledger.enter(data, answer, refuse)
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
            When the connection ends before, and is not restored.
        """
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        event_id = self.transmit(event, answer=settle(future), refuse=fail(future))
        return await self.wait_for(future, as_dict(event)["type"], event_id)

    async def wait_for(self, future: asyncio.Future[Any], what: str, event_id: str = "") -> Any:
        """Wait for an answer to `what`, at most the reply timeout of a session that is open.

        Where the service is silent altogether, once more so long: then the connection is known
        to be lost, and this is sent again.
        """
        waited_s, listened = 0.0, False
        try:
            while True:
                await asyncio.wait([future], timeout=self.reply_timeout)
                waited_s += self.reply_timeout
                if future.done():
                    return future.result()
                if self.state == "open" and not listened and self._is_silent():
                    listened = True
                    continue
                if self.state != "restoring" or self._settled is None:
                    break
                waited_s = 0.0
                settled = asyncio.ensure_future(self._settled.wait())
                try:
                    await asyncio.wait([future, settled], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    settled.cancel()
        finally:
            if not future.done():
                future.cancel()
                self.ledger.give_up(event_id)
        stray = self.ledger.last_stray
        meanwhile = f"; an error that named no event: {stray}" if stray else ""
        raise CallTimeout(f"no answer to {what} within {waited_s:g} s{meanwhile}")

    def _is_silent(self) -> bool:
        """Return whether a connection has brought nothing for so long that a ping is overdue."""
        heard_s = 0.0 if self._connection is None else self._connection.heard_s
        return 0.0 < heard_s < asyncio.get_running_loop().time() - EVERY_S - _LATE_S

    def flush(self) -> None:
        """Send what waits in the outbox, as far as the socket takes it."""
        self.outbox.answered()
        connection = self._connection
        if connection is None:
            return
        while connection.writable:
            entry = self.outbox.take()
            if entry is None:
                return
            try:
                self._post(connection, entry)
            except ConnectionLost:
                # The reader meets the end of the connection too, and knows more about it.
                self.outbox.put_back(entry)
                return

    def _post(self, connection: Connection, entry: Waiting) -> None:
        if isinstance(entry, bytes):
            self.note_life(connection)
            self._sent_sound(entry, connection.post_audio(entry))
            return
        record = connection.post(entry)
        # What goes out again does not move the clock, and stands at its old place.
        left_ms = self.conversation.clock.again_ms
        self.held.asked(entry.event, self.conversation.input_audio_ms - left_ms)
        # What goes out, and not what is kept of it: the credentials are in it.
        self.asked.sent(entry.event.data)
        self.show(record)

    def note_life(self, connection: Connection) -> None:
        """Note whether the service has shown a sign of life since sound was sent last."""
        if connection.heard_s != self._heard_s:
            self._heard_s = connection.heard_s
            self.held.alive(self._heard_s)

    def _sent_sound(self, pcm: bytes, record: Record) -> None:
        before_ms = self.conversation.input_audio_ms
        self.show(record)
        # Sound that goes out again does not move the clock, and is held already.
        self.held.sent(pcm, before_ms, self.conversation.input_audio_ms)

    # -- receiving

    async def _read(self, connection: Connection) -> None:
        def take(frame: bytes) -> None:
            if self._is_past(connection):
                return
            try:
                self._take(connection.read(frame))
            except MalformedEvent as error:
                _LOG.warning("a frame of %s was skipped: %s", self.endpoint.name, error)
            except Exception:  # noqa: BLE001 -- as said below
                # A service may send what nobody thought of; the session goes on.
                _LOG.exception("an event of %s could not be handled", self.endpoint.name)

        connection.hand_over(take)
        while True:
            take(await connection.recv_bytes())

    def _is_past(self, connection: Connection) -> bool:
        """Return whether a connection is one that was left: it speaks of another session."""
        raise NotImplementedError

    def _take(self, record: Record) -> None:
        self.show(record)
        event = record.event
        if event.type == GAP:
            self._missed(event)
            return
        if event.type in _GREETINGS and self.created and not self.created.done():
            self.created.set_result(None)
        if event.type == "session.closed" and self._finished is not None:
            self._finished.set()
        stray = self.replies.received(event)
        if event.type == "error":
            word = as_object(event.get("error"))
            if stray is not None or is_fatal(word.get("code")):
                self.last_word = word
            if stray is not None and is_news(stray):
                self.strays.tell(stray)
        self.sequencer.received(event)
        self.budget.received(event)
        self.held.received(event)
        self.answers.received(event)
        self.owed.received(event, stray)
        self.asked.received(event)

    def _missed(self, gap: Event) -> None:
        """Give up what was under way while nobody listened; the session goes on."""
        away_s = (told_ms(gap, "away_ms") or 0.0) / 1000

        def make_error() -> ConnectionLost:
            return ConnectionLost(
                f"the sideband of the call was away for {away_s:.1f} s and is back; whether this"
                " was done is not known"
            )

        unsent = self.outbox.event_ids()
        self.sequencer.missed(make_error, unsent)
        self.ledger.missed(make_error, unsent)

    def show(self, record: Record) -> None:
        """Take a record into the conversation, and tell the listeners."""
        try:
            changed = self.conversation.apply(record.direction, record.event, record.t_ms)
        except Exception:  # noqa: BLE001 -- as said below
            # What is shown is one thing, the calls that wait for this event are another.
            _LOG.exception("%s could not be taken into the conversation", record.event.type)
            changed = frozenset[str]()
        self.budget.take(record)
        self.records.tell(record, changed)

    def mark(self, event: Event) -> None:
        """Put an event of our own into the log, between those of the service."""
        self.show(self.log.append("received", event, t_ms=self.now_ms(), size=0))

    # -- the end

    def _fail_calls(self, error: RealtimeError) -> None:
        if self.created is not None and not self.created.done():
            self.created.set_exception(error)

        def again() -> ConnectionLost:
            # Each call gets its own: a shared one would gather everybody's tracebacks.
            return ConnectionLost(str(error), code=getattr(error, "code", None))

        self.outbox.clear()
        self.owed.forget()
        self.sequencer.fail_all(again)
        if self.follower is not None:
            self.follower.fail_all(again)
        self.ledger.fail_all(again)

    def _gone(self) -> RealtimeError:
        if self.failure is not None:
            return ConnectionLost(str(self.failure), code=getattr(self.failure, "code", None))
        if self.state == "idle":
            return UsageError("the session is not open yet; call open() first")
        return ConnectionLost(f"the session is {self.state}; make a new one")

    def set_state(self, state: State) -> None:
        """Move to a state, and tell of it; again with each try that restores it."""
        self.state = state
        self.states.tell(state)

    def later(self, delay_s: float, function: Callable[[], None]) -> asyncio.TimerHandle:
        """Have a function called after so many seconds."""
        return asyncio.get_running_loop().call_later(delay_s, function)
