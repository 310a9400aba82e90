"""Which response is the last of its turn, where tools are called in between.

A response that called tools is followed by another, once the outputs are in the conversation;
that one may call tools again. The rules:

- A response is followed while the `CallLedger` owes it a follow-up that comes by itself: not
  where a function has `follow_up=False`, and not where a call waits for the user (a definition
  without a function, or a function for the main thread, which a waiting cell would keep busy).
- What follows it is the response that begins with its outputs in the conversation, whoever
  asked for that: the follow-up, or one that makes the follow-up needless.
- One that was lost with its connection before anything had come of it is asked for again, and
  followed; one that had begun to speak is not.
- Where none comes any more (the user has cut in, the budget is spent, the service refused)
  the turn ends with the response there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from realtime_nb.client.turns.response import DELTAS, Response
from realtime_nb.client.turns.turn_end import failure_of
from realtime_nb.errors import AnswerCut
from realtime_nb.protocol.restored.restored import LOST, RESTORED, read_lost, read_restored
from realtime_nb.protocol.tools.call_events import out_of_band, text_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.tools.records import CallRecords
    from realtime_nb.client.tools.registry import Tool
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.restored.restored import Lost, Restored
    from realtime_nb.protocol.tools.actions import ModelCall
    from realtime_nb.protocol.tools.ledger import CallLedger


@dataclass(eq=False, slots=True)
class _Turn:
    """A turn that somebody waits for the end of.

    Attributes
    ----------
    response
        The last one that has ended.
    resolve, reject, wanted
        As for `TurnFollower.follow`.
    running
        Id of the response that follows, once it has begun.
    deltas
        What has arrived of that one.
    again
        Whether that one was lost with its connection, and is asked for again.
    """

    response: Response
    resolve: Callable[[Response], None]
    reject: Callable[[RealtimeError], None]
    wanted: Callable[[], bool]
    running: str = ""
    deltas: list[Event] = field(default_factory=list["Event"])
    again: bool = False


class TurnEnds:
    """Follows turns through the rounds of their tools; on the session's thread.

    Parameters
    ----------
    ledger
        What is owed to whom.
    known
        Returns the function that a call of a name runs.
    records
        What is known of each call.
    """

    def __init__(
        self, ledger: CallLedger, known: Callable[[str], Tool | None], records: CallRecords
    ) -> None:
        self._ledger = ledger
        self._known = known
        self._records = records
        self._turns: list[_Turn] = []
        self._over: Callable[[], RealtimeError] | None = None

    def follow(
        self,
        response: Response,
        resolve: Callable[[Response], None],
        reject: Callable[[RealtimeError], None],
        wanted: Callable[[], bool],
    ) -> None:
        """Give the last response of a turn; see `TurnFollower.follow`."""
        if self._over is not None and self._ledger.owed(response.id):
            # Its calls will not be answered any more, so nothing comes after it.
            reject(self._over())
            return
        self._turns.append(_Turn(response, resolve, reject, wanted))
        self.look()

    def received(self, event: Event) -> None:
        """Take in a server event, once the ledger has."""
        if event.type in DELTAS:
            self._collect(event)
        elif event.type == "response.created":
            began = text_at(event, "response.id")
            self.look("" if out_of_band(event) else began)
        elif event.type == "response.done":
            self._ended(event)
            self.look()
        elif event.type == LOST:
            self._lost(read_lost(event))
        elif event.type == RESTORED:
            self._restored(read_restored(event))
        else:
            self.look()

    def look(self, began: str = "") -> None:
        """See which turns are over; `began` is the response that has begun just now."""
        for turn in tuple(self._turns):
            if not turn.wanted():
                self._turns.remove(turn)
            elif not turn.running and (began or not turn.again) and not self._goes_on(turn):
                if began:
                    turn.running, turn.again = began, False
                else:
                    self._turns.remove(turn)
                    turn.resolve(turn.response)

    def fail_all(self, make_error: Callable[[], RealtimeError]) -> None:
        """Reject everybody who waits."""
        turns, self._turns = self._turns, []
        for turn in turns:
            turn.reject(make_error())

    def begin(self) -> None:
        """Follow turns: calls are answered."""
        self._over = None

    def stop(self, make_error: Callable[[], RealtimeError]) -> None:
        """Reject everybody who waits, and from now on whoever asks for the end of a turn.

        Only of a turn whose tools are not done: one without tools has ended.
        """
        self._over = make_error
        self.fail_all(make_error)

    def _lost(self, lost: Lost | None) -> None:
        for turn in [one for one in self._turns if one.running]:
            if turn.deltas:
                self._turns.remove(turn)
                why = "" if lost is None else lost.detail
                turn.reject(AnswerCut(f"the answer was cut off: {why or 'it was lost'}"))
            turn.running, turn.again = "", True
        self.look()

    def _restored(self, restored: Restored | None) -> None:
        if restored is None or not restored.asked_again:
            for turn in self._turns:
                turn.again = False
        self.look()

    def _goes_on(self, turn: _Turn) -> bool:
        """Whether its last response will be followed by another, with nobody doing anything."""
        calls = self._ledger.owed(turn.response.id)
        if any(one.output is None and self._waits_for_user(one.call) for one in calls):
            return False
        return any(one.owes and (one.output is not None or self._asks(one.call)) for one in calls)

    def _waits_for_user(self, call: ModelCall) -> bool:
        record = self._records.get(call.call_id)
        tool = None if call.server else self._known(call.name)
        yours = record is not None and record.status == "yours"
        return yours or (tool is not None and tool.options.main)

    def _asks(self, call: ModelCall) -> bool:
        tool = None if call.server else self._known(call.name)
        return tool is None or tool.options.follow_up

    def _collect(self, event: Event) -> None:
        response_id = text_at(event, "response_id")
        for turn in self._turns:
            if turn.running == response_id:
                turn.deltas.append(event)

    def _ended(self, done: Event) -> None:
        response_id = text_at(done, "response.id")
        for turn in [one for one in self._turns if one.running and one.running == response_id]:
            failure = failure_of(done)
            if failure is not None:
                self._turns.remove(turn)
                turn.reject(failure)
                continue
            before = (*turn.response.before, replace(turn.response, before=()))
            ended = Response.from_events(done, tuple(turn.deltas))
            turn.response = replace(ended, before=before)
            turn.running, turn.deltas = "", []
