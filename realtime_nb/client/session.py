"""A conversation that goes on while the notebook does something else.

::

    session = RealtimeSession(resolve_endpoint("local"), {"instructions": "Be brief."})
    session.open().result()              # or: await session.open()
    session.say("Good morning").result() # a Response: its words, its sound, its cost
    session.close()
"""

from __future__ import annotations

import asyncio
import threading
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_nb.client.core import DRAIN_TIMEOUT_S, REPLY_TIMEOUT_S, SessionCore, State
from realtime_nb.client.editing import HasEdits
from realtime_nb.client.guards.gate import HasGate
from realtime_nb.client.kinds import kind_of
from realtime_nb.client.loop import BackgroundLoop, Call
from realtime_nb.client.restoring.policy import RestorePolicy
from realtime_nb.client.session_calls import HasCalls
from realtime_nb.client.session_listeners import HasListeners
from realtime_nb.client.session_sound import HasSound
from realtime_nb.client.sound_order import SoundOrder
from realtime_nb.client.turns.turn_end import HasTurnEnd

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from realtime_nb.client.endpoints.endpoint import Endpoint
    from realtime_nb.client.restoring.policy import Restoration
    from realtime_nb.client.transport.transports import Transport
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.cost.meter import Total
    from realtime_nb.protocol.log.event_log import EventLog

T = TypeVar("T")


class RealtimeSession(HasCalls, HasSound, HasListeners, HasEdits, HasGate, HasTurnEnd):
    """A long-lived session with a realtime service, on a thread of its own.

    Every method may be called from any thread and returns at once. What takes time
    returns a `Call`: ``await`` it in a cell, ask for its `result()` in plain code, or let
    it be. A connection that is lost is restored, and `state` says ``"restoring"`` meanwhile;
    calls wait. When the session ends, every call under way fails with `ConnectionLost`, `state`
    says ``"failed"`` and `failure` says why.

    Parameters
    ----------
    endpoint
        Where to connect; see `resolve_endpoint`.
    config
        The session object to ask for, in the GA shape. Its ``type`` (``realtime`` when left
        out, ``transcription`` or ``translation``) says which kind of session is asked for.
        None leaves the service's defaults.
    transport
        How to connect, see `realtime_nb.client.transport.transports`; by a WebSocket when None. One
        transport is for one session.
    loop
        The loop to live on; the process's own when None.
    reply_timeout
        How long the service may take to answer an event, in seconds.
    drain_timeout
        How long `close` of a translation session waits for the output that remains, in
        seconds.
    restore
        Whether a connection that is lost is restored, see `docs/connection.md`, or with which
        numbers.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        endpoint: Endpoint,
        config: Mapping[str, Any] | None = None,
        *,
        transport: Transport | None = None,
        loop: BackgroundLoop | None = None,
        reply_timeout: float = REPLY_TIMEOUT_S,
        drain_timeout: float = DRAIN_TIMEOUT_S,
        restore: bool | RestorePolicy = True,
    ) -> None:
        self._config = deepcopy(dict(config or {}))
        self._loop = loop
        self._core = SessionCore(
            endpoint,
            kind=kind_of(self._config),
            transport=transport,
            reply_timeout=reply_timeout,
            drain_timeout=drain_timeout,
            restore=restore is not False,
            policy=restore if isinstance(restore, RestorePolicy) else None,
        )
        self._lock = threading.Lock()
        self._order = SoundOrder()
        self._opened: Call[dict[str, Any]] | None = None
        # One clip at a time is the microphone; the next one waits for its end.
        self._microphone = asyncio.Lock()

    # -- what is

    @property
    def state(self) -> State:
        """One of idle, connecting, open, restoring, closing, closed, failed."""
        return self._core.state

    @property
    def endpoint(self) -> Endpoint:
        """The service; a practice server that was started anew is somewhere else."""
        return self._core.endpoint

    @property
    def restoration(self) -> Restoration | None:
        """How it stands with a lost connection; None where none is being restored."""
        return self._core.restoring.standing

    @property
    def kind(self) -> SessionKind:
        """Conversation (``"realtime"``), ``"transcription"`` or ``"translation"``.

        What the service says it is; before it has said so, what the config asks for.
        """
        return self._core.kind

    @property
    def failure(self) -> RealtimeError | None:
        """What ended the session, when it failed; its text is one line."""
        return self._core.failure

    @property
    def log(self) -> EventLog:
        """Every event sent and received."""
        return self._core.log

    @property
    def conversation(self) -> Conversation:
        """What the events have told so far."""
        return self._core.conversation

    @property
    def effective(self) -> dict[str, Any] | None:
        """The session object in force, as the service last sent it; None before."""
        return self._core.conversation.session

    @property
    def transport(self) -> Transport:
        """How the session reaches its service."""
        return self._core.transport

    @property
    def call_id(self) -> str | None:
        """The id of the call that the session is; None where it is none, or it is not known."""
        return self._core.transport.call_id

    @property
    def responding(self) -> bool:
        """Whether a response is in progress, or asked for and not begun."""
        return self._core.sequencer.busy

    @property
    def spent(self) -> Total:
        """What the session has cost so far, by the service's own counts and list prices."""
        return self._core.budget.total

    @property
    def budget(self) -> float | None:
        """What the session may cost, in USD; None for no limit.

        Once that is spent, a request for a response fails with `BudgetExceeded`, no sound is
        sent, and what the service begins by itself is cancelled; see `docs/cost.md`. It may
        be changed at any time.

        Raises
        ------
        UsageError
            When it is set to what is no amount.
        """
        return self._core.budget.limit_usd

    @budget.setter
    def budget(self, limit_usd: float | None) -> None:
        self._core.budget.limit_usd = limit_usd
        if self._core.state != "idle":
            self._running_loop().post(self._core.budget.review)

    @property
    def budget_refusal(self) -> str | None:
        """Why nothing new is begun, where the budget is spent; else None."""
        return self._core.budget.refusal

    @property
    def dropped_audio_bytes(self) -> int:
        """Sound given to `append_audio` that was never sent, in bytes."""
        return self._core.outbox.dropped_audio_bytes

    def now_ms(self) -> float:
        """Return the time of the log's clock: milliseconds since `open` began to connect."""
        return self._core.now_ms()

    # -- opening and closing

    def open(self) -> Call[dict[str, Any]]:
        """Connect, and ask for the config; asking again gives the same call.

        Returns
        -------
        Call
            Of the session object in force. It fails with `ConnectionFailed` when the
            service cannot be reached or refuses us; with `ServerError` when it refuses the
            config, and then the session is open with the service's defaults.
        """
        with self._lock:
            if self._opened is None:
                self._opened = self._call(self._core.open(self._config), "open")
            return self._opened

    def close(self) -> Call[None]:
        """End the session; calls under way fail. May be called in every state, and again."""
        loop = self._running_loop()
        if not loop.alive:
            return Call.of_nothing("close")  # whatever there was ended with its loop
        return loop.call(self._core.close(), "close")

    def retry_now(self) -> None:
        """Try at once to restore a lost connection, rather than when it is time."""
        self._running_loop().post(self._core.restoring.retry_now)

    def hang_up(self) -> Call[None]:
        """End the call that this session is, for all who are in it, and the session with it.

        `close` of a call that was joined by its id only leaves it.

        Returns
        -------
        Call
            It fails with `UsageError` where the session is no call.
        """
        return self._call(self._core.hang_up(), "hang_up")

    # -- inside

    def _running_loop(self) -> BackgroundLoop:
        if self._loop is None:
            self._loop = BackgroundLoop.shared()
        return self._loop

    def _call(self, coroutine: Coroutine[Any, Any, T], name: str) -> Call[T]:
        return self._running_loop().call(coroutine, name)

    def __repr__(self) -> str:
        why = f": {self.failure}" if self.failure is not None else ""
        return f"<RealtimeSession with {self.endpoint.name}, {self.state}{why}>"
