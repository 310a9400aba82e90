"""What a service does with the sound it is sent: the turns it hears, and its answers to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realtime_nb.client.guards.gate import GUARDED_KEY
from realtime_nb.client.kinds import creates_response
from realtime_nb.client.turns.response import DELTAS, Response
from realtime_nb.client.turns.turn import AGAIN_KEY, METADATA_KEY
from realtime_nb.client.turns.turn_end import failure_of
from realtime_nb.errors import AnswerCut
from realtime_nb.protocol.restored.restored import LOST, RESTORED, read_lost, read_restored
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.core import SessionCore
    from realtime_nb.errors import RealtimeError
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record


class TurnWatch:
    """Follows the events of a session from the moment it is made.

    Parameters
    ----------
    core
        The session.
    clock
        Seconds, of any clock.

    Attributes
    ----------
    news
        Set at each received event.
    last_s, output_s
        When the last event of a turn or its answer came, and the last output of a translation.
    speaking
        Whether the service hears somebody.
    unanswered
        Turns that ended and that the service is still to answer.
    items, captions
        Ids of the user's items, and of a translation's paragraphs, in order.
    running
        What has come of each answer that has not ended.
    going_on
        How many answers have ended whose turn has not: functions are called in between.
    responses
        The answers that have ended, in order, with those that called functions.
    failure
        The last answer that failed.
    """

    def __init__(self, core: SessionCore, clock: Callable[[], float]) -> None:
        self._core = core
        self._clock = clock
        self.news = asyncio.Event()
        self.last_s = self.output_s = clock()
        self.speaking = False
        self.unanswered = 0
        self.items: dict[str, None] = {}
        self.captions: dict[str, None] = {}
        self.running: dict[str, list[Event]] = {}
        self.responses: list[Response] = []
        self.going_on = 0
        self.failure: RealtimeError | None = None
        self.over = False
        self._handlers: Mapping[str, Callable[[Event], None]] = {
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": self._on_speech_stopped,
            "input_audio_buffer.committed": self._on_committed,
            "response.created": self._on_created,
            "response.done": self._on_done,
            LOST: self._on_lost,
            RESTORED: self._on_restored,
        }

    def take(self, record: Record, changed: frozenset[str]) -> None:
        """Take one record of the session and the ids of the items it changed."""
        if record.direction == "sent":
            return
        event = record.event
        handler = self._handlers.get(event.type)
        if handler is not None:
            handler(event)
            self.last_s = self._clock()
        elif event.type in DELTAS:
            deltas = self.running.get(str(event.get("response_id")))
            if deltas is not None:
                deltas.append(event)
                self.last_s = self._clock()
        elif event.type.startswith("session.") and event.type.endswith(".delta"):
            self.captions.update(dict.fromkeys(changed))
            self.output_s = self._clock()
        self.news.set()

    @property
    def busy(self) -> bool:
        """Whether an answer is to come, is under way, or waits for what it has called."""
        return bool(self.unanswered or self.running or self.going_on)

    def add(self, response: Response) -> None:
        """Note the last response of a turn, and those that it came of; each of them once."""
        known = {one.id for one in self.responses}
        turn = (*response.before, response)
        self.responses += [one for one in turn if one.id not in known]

    def _on_speech_started(self, _event: Event) -> None:
        self.speaking = True

    def _on_speech_stopped(self, _event: Event) -> None:
        self.speaking = False

    def judged(self, item_id: str, passed: bool) -> None:  # noqa: FBT001 -- as it is told
        """Take the verdict of guards on a turn: one that was vetoed is not answered."""
        if item_id in self.items and not passed:
            self.unanswered = max(0, self.unanswered - 1)
        self.last_s = self._clock()
        self.news.set()

    def _on_committed(self, event: Event) -> None:
        self.speaking = False
        self.items[str(event.get("item_id"))] = None
        if self._core.kind == "realtime" and self._is_answered():
            self.unanswered += 1

    def _is_answered(self) -> bool:
        """Whether a turn that has ended is answered with nobody asking for it here."""
        session, gate = self._core.conversation.session, self._core.gate
        return creates_response(session) or (gate is not None and gate.answers)

    def _on_created(self, event: Event) -> None:
        metadata = as_object(event.get("response.metadata"))
        own = GUARDED_KEY in metadata or AGAIN_KEY in metadata
        ours = METADATA_KEY in metadata and not own
        if self.unanswered and not ours:
            self.unanswered = 0
            self.running[str(event.get("response.id"))] = []

    def _on_done(self, event: Event) -> None:
        deltas = self.running.pop(str(event.get("response.id")), None)
        if deltas is None:
            return
        failure = failure_of(event)
        if failure is not None:
            self.failure = failure
            return
        response, follower = Response.from_events(event, tuple(deltas)), self._core.follower
        if follower is None:
            self.add(response)
            return
        self.going_on += 1
        follower.follow(response, self._resolved, self._rejected, lambda: not self.over)

    def _on_lost(self, event: Event) -> None:
        lost = read_lost(event)
        self.speaking = False
        for deltas in self.running.values():
            if deltas:
                why = "" if lost is None else lost.detail
                self.failure = AnswerCut(f"the answer was cut off: {why or 'it was lost'}")
            else:
                self.unanswered += 1  # it is asked for again
        self.running.clear()

    def _on_restored(self, event: Event) -> None:
        restored = read_restored(event)
        if restored is None or not restored.asked_again:
            self.unanswered = 0

    def _resolved(self, response: Response) -> None:
        self.add(response)
        self._moved()

    def _rejected(self, error: RealtimeError) -> None:
        self.failure = error
        self._moved()

    def _moved(self) -> None:
        self.going_on -= 1
        self.last_s = self._clock()
        self.news.set()
