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
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from realtime_nb.audio.source import SoundSource
from realtime_nb.client import calls
from realtime_nb.client.core import DRAIN_TIMEOUT_S, REPLY_TIMEOUT_S, SessionCore, State
from realtime_nb.client.editing import HasEdits
from realtime_nb.client.gate import HasGate
from realtime_nb.client.kinds import kind_of
from realtime_nb.client.listening import Then, listen
from realtime_nb.client.loop import BackgroundLoop, Call
from realtime_nb.client.turn_end import HasTurnEnd
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from realtime_nb.audio.source import Sound
    from realtime_nb.client.endpoint import Endpoint
    from realtime_nb.client.heard import Heard
    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.client.response import Response
    from realtime_nb.errors import RealtimeError, ServerError
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.conversation import Conversation
    from realtime_nb.protocol.cost_meter import Total
    from realtime_nb.protocol.log import EventLog, Record

T = TypeVar("T")


class RealtimeSession(HasEdits, HasGate, HasTurnEnd):
    """A long-lived session with a realtime service, on a thread of its own.

    Every method may be called from any thread and returns at once. What takes time
    returns a `Call`: ``await`` it in a cell, ask for its `result()` in plain code, or let
    it be. When the connection ends, every call under way fails with `ConnectionLost`,
    `state` says ``"failed"`` and `failure` says why.

    Parameters
    ----------
    endpoint
        Where to connect; see `resolve_endpoint`.
    config
        The session object to ask for, in the GA shape. Its ``type`` (``realtime`` when left
        out, ``transcription`` or ``translation``) says which kind of session is asked for.
        None leaves the service's defaults.
    loop
        The loop to live on; the process's own when None.
    reply_timeout
        How long the service may take to answer an event, in seconds.
    drain_timeout
        How long `close` of a translation session waits for the output that remains, in
        seconds.

    Attributes
    ----------
    endpoint
        The endpoint given.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        config: Mapping[str, Any] | None = None,
        *,
        loop: BackgroundLoop | None = None,
        reply_timeout: float = REPLY_TIMEOUT_S,
        drain_timeout: float = DRAIN_TIMEOUT_S,
    ) -> None:
        self.endpoint = endpoint
        self._config = deepcopy(dict(config or {}))
        self._loop = loop
        self._core = SessionCore(
            endpoint,
            kind=kind_of(self._config),
            reply_timeout=reply_timeout,
            drain_timeout=drain_timeout,
        )
        self._lock = threading.Lock()
        self._opened: Call[dict[str, Any]] | None = None
        # One clip at a time is the microphone; the next one waits for its end.
        self._microphone = asyncio.Lock()

    # -- what is

    @property
    def state(self) -> State:
        """One of idle, connecting, open, closing, closed, failed."""
        return self._core.state

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

    # -- asking

    def update(self, config: Mapping[str, Any], *, event_id: str = "") -> Call[dict[str, Any]]:
        """Change the session: only the fields given, objects merged by the service.

        Parameters
        ----------
        config
            The fields.
        event_id
            What the event is to be called in the log; ``""`` for any name.

        Returns
        -------
        Call
            Of the session object in force afterwards. It fails with `ServerError`, with
            the field's name in `param`, when the service refuses; then nothing changed.
        """
        return self._call(calls.update(self._core, deepcopy(dict(config)), event_id), "update")

    def say(self, text: str) -> Call[Response]:
        """Add a message of the user, and have it answered when no response is active.

        Returns
        -------
        Call
            Of the `Response`; it fails with `ResponseFailed` when that failed. Where a
            `follower` knows that others follow, as in a chat whose tools run: of the last of
            them.
        """
        return self._call(calls.say(self._core, text), "say")

    def create_item(self, item: Mapping[str, Any]) -> Call[str]:
        """Add an item to the conversation, with an id where it has none; nothing answers it.

        Parameters
        ----------
        item
            A message, function call or output in the service's shape.

        Returns
        -------
        Call
            Of the item's id, when the service has it. It fails with `ServerError` when the
            service refuses it.
        """
        return self._call(calls.create_item(self._core, deepcopy(dict(item))), "create_item")

    def respond(self, **overrides: Any) -> Call[Response]:
        """Have a response made when no other is active.

        Parameters
        ----------
        **overrides
            Fields for this response only: ``instructions``, ``output_modalities``,
            ``tools``, … With ``conversation="none"`` it is out of band and does not wait.

        Returns
        -------
        Call
            Of the `Response`, as for `say`; it fails with `ResponseFailed` when that failed.
        """
        return self._call(calls.respond(self._core, deepcopy(overrides)), "respond")

    def respond_if(self, wanted: Callable[[], bool], **overrides: Any) -> Call[Response | None]:
        """Have a response made when no other is active, if that is wanted still by then.

        Parameters
        ----------
        wanted
            Asked on the session's thread each time before the request is sent.
        **overrides
            As for `respond`.

        Returns
        -------
        Call
            Of the `Response`; of None when it was not wanted any more.
        """
        return self._call(calls.respond_if(self._core, wanted, overrides), "respond_if")

    def append_audio(self, pcm: bytes) -> bool:
        """Send sound; never waits.

        Parameters
        ----------
        pcm
            Raw bytes in the session's input format: by default PCM16, little endian, mono,
            24 kHz; at most 15 MiB as base64.

        Returns
        -------
        bool
            False when it was dropped, and counted in `dropped_audio_bytes`, because the
            session is not open, its budget is spent, or more than 2 MiB wait already.
        """
        outbox = self._core.outbox
        if self._core.state != "open" or self._core.budget.spent:
            outbox.drop(pcm)
            return False
        if not outbox.put_audio(pcm):
            return False
        return not outbox.ring() or self._running_loop().post(self._core.flush)

    def listen(self, source: Sound, *, realtime: bool = True, then: Then = "auto") -> Call[Heard]:
        """Hear a clip as if it came from a microphone, and have it answered.

        Clips are heard one after the other. A WAV file is read while it is sent.

        Parameters
        ----------
        source
            As for `AudioClip.read`: a WAV file's path, a clip, ``(samples, rate)``, … Any
            rate, width and number of channels: it is mixed to one and resampled.
        realtime
            Whether it goes at the pace of speech; else as fast as the service takes it. Then
            what is said in a later turn interrupts the answer to an earlier one.
        then
            What ends the turn. ``"silence"`` follows the clip, until turn detection has found
            its end. ``"commit"`` ends it by hand; in a conversation an answer is asked for.
            ``"nothing"``: the sound is sent, and that is all. ``"auto"`` is silence where turn
            detection is on, else commit.

        Returns
        -------
        Call
            Of what was `Heard`, when all of it is answered (in a transcription or translation
            session: when its words are here). It fails with `ResponseFailed` when an answer
            failed. Cancelling it sends no more of the clip.

        Raises
        ------
        UsageError
            At once, for what is no sound or holds none.
        """
        if then not in get_args(Then):
            raise UsageError(f"then={then!r}: write one of {', '.join(map(repr, get_args(Then)))}")
        opened = SoundSource.open(source)
        heard = listen(self._core, opened, self._microphone, realtime=realtime, then=then)
        return self._call(heard, "listen")

    def commit(self) -> Call[str]:
        """Make an item of the sound sent so far; the call gives its id.

        No response is made by it. It fails with `ServerError` below 100 ms of sound.
        """
        return self._call(calls.commit(self._core), "commit")

    def clear_input(self) -> Call[None]:
        """Have the service forget the sound sent since the last commit."""
        return self._call(calls.clear_input(self._core), "clear_input")

    def cancel(self) -> Call[None]:
        """Cancel the response in progress; the call ends when that has ended.

        Nothing happens when there is none. Requests that wait for their turn go on.
        """
        return self._call(calls.cancel(self._core), "cancel")

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> Call[None]:
        """Tell the service how much of an answer was heard.

        Parameters
        ----------
        item_id, content_index
            The item of the assistant and the part of it that was cut off.
        audio_end_ms
            How much of it was heard, in milliseconds.

        Returns
        -------
        Call
            It does not fail for the races that are normal here: the item is unknown, is
            shorter already, or has no sound yet.
        """
        return self._call(
            calls.truncate(self._core, item_id, content_index, audio_end_ms), "truncate"
        )

    def send(self, event: AnyEvent) -> Call[str]:
        """Send any event as it is, with an ``event_id`` where it has none.

        Returns
        -------
        Call
            Of the ``event_id``, when the event is on its way; what the service answers
            comes as events.
        """
        return self._call(calls.send(self._core, deepcopy(event)), "send")

    def interrupted(self) -> None:
        """Say that the user has stopped what is under way, whether or not a response is.

        It tells those who work for the answer, see `on_interrupted`; nothing is sent.
        """
        self._running_loop().post(self._core.interruptions.tell)

    # -- being told

    def on_interrupted(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with each `interrupted`."""
        return self._core.interruptions.add(listener)

    def subscribe(self, listener: Callable[[Record, frozenset[str]], object]) -> Callable[[], None]:
        """Have `listener` called for every event sent and received.

        Parameters
        ----------
        listener
            Called on the session's thread with the record and the ids of the items it
            changed, after the conversation has taken it in. It must not wait. What it
            raises is logged and does no harm.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._core.records.add(listener)

    def on_stray(self, listener: Callable[[ServerError], object]) -> Callable[[], None]:
        """Call `listener` with each error of the service that belongs to no call.

        Races that are normal and errors that end the session are left out. As `subscribe`.
        """
        return self._core.strays.add(listener)

    def on_state(self, listener: Callable[[str], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with each new state.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._core.states.add(listener)

    def on_cost(self, listener: Callable[[Total], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread when what is spent, or may be, changes.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._core.budget.changed.add(listener)

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
