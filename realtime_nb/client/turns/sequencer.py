"""One response at a time, and each one found again.

The rules it keeps:

- The default conversation has one active response. A request waits until no response is
  active, whoever started it: we, a raw event of the user, or the service's own voice
  activity detection.
- The service may start one by itself while our request is on its way and then refuses ours
  (`conversation_already_has_active_response`). Ours goes back to the front of the queue and
  is sent again after the next `response.done`, at most `MAX_ATTEMPTS` times.
- A response is ours when its metadata holds our key, which the service echoes. A service
  that does not echo metadata is matched by order: the `response.created` that follows our
  request, unless the service was about to start one by itself.
- Out-of-band responses (``conversation: "none"``) neither wait nor block.
- A connection that is lost takes every response with it. A request of which nothing had come
  is sent again, once, to the session that follows; one whose answer had begun is rejected.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.client.turns.losses import HasLosses
from realtime_nb.client.turns.response import DELTAS, Response
from realtime_nb.client.turns.turn import ACTIVE_CODE, METADATA_KEY, Timer, Turn
from realtime_nb.errors import CallTimeout, RealtimeError, ResponseFailed, ServerError
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.told import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.protocol.events import Event

MAX_ATTEMPTS: Final = 6
# How long the service may take to begin a response that it was asked for.
_BEGIN_TIMEOUT_S: Final = 60.0
# First wait before a refused request is sent again although we know of no active response.
_BACKOFF_S: Final = 0.25
_ENDED_KEPT: Final = 64

# The user's turn has ended: now the service may begin a response by itself.
_TURN_ENDS: Final = frozenset(
    {"input_audio_buffer.speech_stopped", "input_audio_buffer.timeout_triggered"}
)


class Transmit(Protocol):
    """Sends a client event, and says so when the service refuses it."""

    def __call__(
        self, event: dict[str, Any], *, refuse: Callable[[RealtimeError], None] | None = None
    ) -> object:
        """Send `event`; `refuse` is called with the service's error for it."""
        ...


class ResponseSequencer(HasLosses):
    """Sends our requests when their time has come, and gives each its response.

    Parameters
    ----------
    transmit
        Sends a client event.
    later
        Has a function called after so many seconds.
    strike
        Takes back the `refuse` of an event, by the event's id.
    creates_response
        Whether the session's turn detection begins responses by itself.

    Attributes
    ----------
    active
        Id of the response in progress in the default conversation, else None.
    """

    def __init__(
        self,
        transmit: Transmit,
        later: Callable[[float, Callable[[], None]], Timer],
        strike: Callable[[str], None],
        creates_response: Callable[[], bool],
    ) -> None:
        self._transmit = transmit
        self._later = later
        self._strike = strike
        self._creates_response = creates_response
        self._queue: deque[Turn] = deque()
        self._asked: Turn | None = None
        self._beside: list[Turn] = []
        self._running: dict[str, Turn] = {}
        self._ended: deque[str] = deque(maxlen=_ENDED_KEPT)
        self._watchers: list[tuple[str | None, Callable[[], None]]] = []
        self._pause: Timer | None = None
        self._held = False
        self._again: list[Turn] = []
        self._echoes = False
        self._service_begins = False
        self.active: str | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return len(self._queue)

    @property
    def again(self) -> bool:
        """Whether a request is to be sent to the session that follows a lost one."""
        return bool(self._again)

    @property
    def owes(self) -> bool:
        """Whether a request of the default conversation is to be sent, first or again."""
        again = any(not turn.out_of_band for turn in self._again)
        return again or self._asked is not None or bool(self._queue)

    @property
    def busy(self) -> bool:
        """Whether a response is in progress or asked for in the default conversation."""
        return self.active is not None or self._asked is not None

    def submit(
        self,
        overrides: Mapping[str, Any],
        resolve: Callable[[Response], None],
        reject: Callable[[RealtimeError], None],
        wanted: Callable[[], bool] = lambda: True,
    ) -> Turn:
        """Queue a request; an out-of-band one is sent at once.

        Parameters
        ----------
        overrides
            Fields of ``response.create``'s ``response``.
        resolve, reject
            One of them is called with the outcome, once.
        wanted
            Asked when its time has come; a request nobody waits for is not sent.
        """
        turn = Turn.of(overrides, resolve, reject, wanted)
        if turn.out_of_band:
            self._beside.append(turn)
            self._send(turn)
        else:
            self._queue.append(turn)
            self._pump()
        return turn

    def withdraw(self, turn: Turn, *, cancel: bool = False) -> None:
        """Give up a request: nobody waits for it any more.

        Parameters
        ----------
        turn
            What `submit` returned.
        cancel
            Whether to cancel it also where it is under way already.
        """
        turn.settled = True
        turn.unwanted = cancel
        if turn in self._queue:
            self._queue.remove(turn)
        elif turn in self._again:
            self._again.remove(turn)
        elif cancel and turn.response_id in self._running:
            self._cancel(turn)

    def when_done(self, response_id: str | None, callback: Callable[[], None]) -> None:
        """Have `callback` called at the end of that response; of the next one when None."""
        self._watchers.append((response_id, callback))

    def asked_for(self, response_id: str) -> bool:
        """Whether a response was asked for by us, as far as is known by now."""
        return response_id in self._running or response_id in self._ended

    def received(self, event: Event) -> None:
        """Take in a server event."""
        kind = event.type
        if kind in DELTAS:
            turn = self._running.get(as_text(event.data.get("response_id")) or "")
            if turn is not None:
                turn.deltas.append(event)
        elif kind == "response.created":
            self._created(event)
        elif kind == "response.done":
            self._done(event)
        elif kind in _TURN_ENDS:
            self._service_begins = self._creates_response()

    # -- sending

    def _pump(self) -> None:
        while self._queue and not self.busy and self._pause is None and not self._held:
            turn = self._queue.popleft()
            # One that had begun was wanted, whatever its beginning has changed.
            if turn.wanted() or (turn.again and not turn.settled):
                self._asked = turn
                self._send(turn)

    def _send(self, turn: Turn) -> None:
        turn.attempts += 1
        turn.timer = self._later(_BEGIN_TIMEOUT_S, lambda: self._never_began(turn))
        # A fresh event each time: its id tells the answers to two attempts apart.
        turn.event_id = new_id("event")
        event = {"type": turn.event["type"], "event_id": turn.event_id, **turn.event}
        try:
            self._transmit(event, refuse=lambda error: self._refused(turn, error))
        except RealtimeError as error:
            # Overrides that JSON cannot hold, or a connection that is gone.
            self._reject(turn, error)

    def _refused(self, turn: Turn, error: RealtimeError) -> None:
        active = isinstance(error, ServerError) and error.code == ACTIVE_CODE
        if turn.by_order:
            # The response taken for it was another one.
            self._unbind(turn)
        if turn.response_id is not None:
            # It runs or has ended: an error about it is not its outcome.
            return
        self._forget(turn)
        if active and not turn.settled and not turn.out_of_band and turn.attempts < MAX_ATTEMPTS:
            self._queue.appendleft(turn)
            if self.active is None:
                # The service knows of a response that we do not: let it end, or show itself.
                self._unpause()
                delay = _BACKOFF_S * 2 ** (turn.attempts - 1)
                self._pause = self._later(delay, self._resume)
        else:
            self._reject(turn, error)
        self._pump()

    def _never_began(self, turn: Turn) -> None:
        if self._held:
            # It waits for a connection, not for the service.
            turn.timer = self._later(_BEGIN_TIMEOUT_S, lambda: self._never_began(turn))
            return
        self._forget(turn)
        self._reject(
            turn, CallTimeout(f"the service began no response within {_BEGIN_TIMEOUT_S:g} s")
        )
        self._pump()

    def _resume(self) -> None:
        self._unpause()
        self._pump()

    def _unpause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _cancel(self, turn: Turn) -> None:
        event = {
            "type": "response.cancel",
            "event_id": new_id("event"),
            "response_id": turn.response_id,
        }
        self._transmit(event)

    # -- receiving

    def _created(self, event: Event) -> None:
        response = as_object(event.get("response"))
        response_id = as_text(response.get("id"))
        if response_id is None:
            return
        turn = self._match(response)
        if turn is not None:
            by_order = not turn.is_in(as_object(response.get("metadata")))
            self._bind(turn, response_id, by_order=by_order)
        else:
            self._service_begins = False
        # Where the service says nothing of the conversation, it is the default one.
        in_default = response.get("conversation_id", "default") is not None
        if (turn is None and in_default) or (turn is not None and not turn.out_of_band):
            self.active = response_id
        if turn is not None and turn.unwanted:
            self._cancel(turn)

    def _match(self, response: dict[str, Any]) -> Turn | None:
        """Return the request of ours that began this response, None when it is not ours."""
        metadata = as_object(response.get("metadata"))
        turns = [turn for turn in (self._asked, *self._beside) if turn is not None]
        turns.extend(self._running.values())
        named = next((turn for turn in turns if turn.is_in(metadata)), None)
        if named is not None or METADATA_KEY in metadata:
            self._echoes = True
            return named
        if self._echoes:
            return None
        if response.get("conversation_id", "default") is None and self._beside:
            return self._beside[0]
        return None if self._service_begins else self._asked

    def _bind(self, turn: Turn, response_id: str, *, by_order: bool) -> None:
        # Matched by order before, and wrongly: the key tells.
        self._unbind(turn)
        turn.response_id = response_id
        turn.by_order = by_order
        self._running[response_id] = turn
        # One matched by order may still be refused: then it was another.
        self._forget(turn, strike=not by_order)

    def _unbind(self, turn: Turn) -> None:
        if turn.response_id is not None:
            self._running.pop(turn.response_id, None)
        turn.response_id = None
        turn.by_order = False
        turn.deltas.clear()

    def _done(self, event: Event) -> None:
        response_id = str(event.get("response.id", ""))
        turn = self._running.pop(response_id, None)
        if turn is not None:
            self._ended.append(response_id)
            self._finish(turn, event)
        if response_id == self.active:
            # A service may run a second one beside ours, which then is still under way.
            ours = (key for key, one in self._running.items() if not one.out_of_band)
            self.active = next(ours, None)
        self._tell_watchers(response_id)
        self._resume()

    def _tell_watchers(self, response_id: str | None) -> None:
        """Tell who waits for the end of this response; everybody when all have ended."""
        watchers, self._watchers = self._watchers, []
        for wanted, callback in watchers:
            if response_id is None or wanted is None or wanted == response_id:
                callback()
            else:
                self._watchers.append((wanted, callback))

    def _finish(self, turn: Turn, done: Event) -> None:
        if done.get("response.status") == "failed":
            error = as_object(done.get("response.status_details.error"))
            code = as_text(error.get("code")) or as_text(error.get("type"))
            said = error.get("message") or code or "the service gave no reason"
            self._reject(
                turn,
                ResponseFailed(
                    f"the response failed: {said}", code=code, response_id=turn.response_id
                ),
            )
        elif not turn.settled:
            self._forget(turn)
            turn.settled = True
            turn.resolve(Response.from_events(done, tuple(turn.deltas)))

    def _reject(self, turn: Turn, error: RealtimeError) -> None:
        self._forget(turn)
        if not turn.settled:
            turn.settled = True
            turn.reject(error)

    def _forget(self, turn: Turn, *, strike: bool = True) -> None:
        """Strike it from what is asked for: begun, refused or given up."""
        if turn.timer is not None:
            turn.timer.cancel()
            turn.timer = None
        if strike:
            self._strike(turn.event_id)
        if turn is self._asked:
            self._asked = None
        if turn in self._beside:
            self._beside.remove(turn)
