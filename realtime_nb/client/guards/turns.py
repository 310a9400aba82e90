"""Guards over the user's words: nobody answers before they have passed.

While there is such a guard, the service's turn detection creates no response by itself (see
`guard_detection`): it is asked for one when every turn that has ended is transcribed and has
passed. The rules it keeps:

- a turn that is vetoed, whose transcript fails, or has not come after `TRANSCRIPT_S`, is not
  answered, and neither are the turns that ended beside it: an answer would be to all of them;
- typed text that is vetoed is not even sent;
- an answer that a service begins all the same is held until its turn has passed, and stopped
  when it has not, or when no turn waits (see `guard_own`);
- who speaks again before the verdict is heard out first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from realtime_nb.client.futures import settle
from realtime_nb.client.guards.detection import QuietDetection
from realtime_nb.client.guards.gate import GUARDED_KEY
from realtime_nb.client.guards.own_answers import GRACE_S, OwnAnswers
from realtime_nb.client.listeners import Listeners
from realtime_nb.errors import ConnectionLost, ResponseFailed, UsageError, Vetoed
from realtime_nb.protocol.bounded import BoundedDict
from realtime_nb.protocol.restored.restored import LOST
from realtime_nb.protocol.session_sound import transcribes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.guards.guarding import Speaker
    from realtime_nb.client.guards.worker import GuardWorker
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record
    from realtime_nb.protocol.tools.guard import Verdict

TRANSCRIPT_S: Final = 15.0
"""How long a transcript may take after its turn has ended."""

_EARLY_KEPT: Final = 256
_TRANSCRIPT: Final = "conversation.item.input_audio_transcription"
_ENDED: Final = ("closed", "failed")


@dataclass(eq=False, slots=True)
class _Turn:
    """A turn that has ended and has no verdict yet."""

    item_id: str
    timer: asyncio.TimerHandle | None = None
    waits_for: set[str] = field(default_factory=set[str])
    judged: bool = False
    over: bool = False


class TurnGate:
    """Lets answers to the user begin; all but `check_transcription` runs on the session's loop.

    Parameters
    ----------
    session
        The session.
    speaker
        What plays its answers.
    loop
        The session's loop.

    Attributes
    ----------
    verdicts
        Told of each spoken turn that has its verdict: the item's id, and whether it is
        answered.
    """

    def __init__(self, session: RealtimeSession, speaker: Speaker, loop: BackgroundLoop) -> None:
        self._session = session
        self._speaker = speaker
        self._loop = loop
        self._workers: list[GuardWorker] = []
        self._turns: dict[str, _Turn] = {}
        self._early: BoundedDict[str, str] = BoundedDict(_EARLY_KEPT)
        self._waiters: list[asyncio.Future[None]] = []
        self._detection = QuietDetection(session, speaker, loop)
        self._own = OwnAnswers(session, speaker, loop, lambda: self._speaking or bool(self._turns))
        self._speaking = False
        # Why a turn of those that wait is not answered, and why the last one was not.
        self._vetoed = self._blocked = ""
        self._due = False
        self._typed = 0
        self.verdicts: Listeners[str, bool] = Listeners()
        self._handlers: Mapping[str, Callable[[Event], None]] = {
            "session.created": lambda _event: self._detection.look(),
            "session.updated": lambda _event: self._detection.look(),
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": self._on_speech_ended,
            "input_audio_buffer.cleared": self._on_speech_ended,
            LOST: self._on_speech_ended,
            "input_audio_buffer.committed": self._on_committed,
            f"{_TRANSCRIPT}.completed": self._on_transcript,
            f"{_TRANSCRIPT}.failed": self._on_transcript_failed,
            "conversation.item.deleted": self._on_deleted,
            "response.created": self._own.begun,
        }
        session.on_state(self._on_state)

    @property
    def answers(self) -> bool:
        """Whether it asks for the answers to turns that turn detection ends."""
        return not self._detection.by_hand

    def check_transcription(self) -> None:
        """Raise where the user's words are not transcribed.

        Raises
        ------
        UsageError
            With what to write.
        """
        effective = self._session.effective
        if effective is not None and not transcribes(effective):
            raise UsageError(
                'guard(on="user") judges transcripts, and this session writes none; write'
                " `transcription: gpt-4o-mini-transcribe` in the cell"
            )

    def use(self, workers: list[GuardWorker]) -> None:
        """Apply these guards from now on; without any, everything waiting goes on."""
        self._workers = workers
        self._session.gate = self if workers else None
        self._detection.want(quiet=bool(workers))
        if not workers:
            for turn in list(self._turns.values()):
                self._close(turn)
            self._vetoed = self._blocked = ""
            self._due = bool(self._waiters) or self._own.waiting or self._due
            self._settle()

    # -- what is asked of it

    async def admit(self, text: str) -> None:
        """Let typed text pass, before anything of it is sent.

        Raises
        ------
        Vetoed
            When a guard stops it.
        """
        for worker in list(self._workers):
            future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
            self._typed += 1
            worker.check(f"typed {self._typed}", text, _second(settle(future)))
            verdict = await future
            if not verdict.passed:
                raise Vetoed(f"not sent; {worker.guard.name}: {verdict.reason}")
        self._blocked = ""

    async def settled(self, *, strict: bool = True) -> None:
        """Wait until no spoken turn waits for its verdict.

        Parameters
        ----------
        strict
            Whether it is raised that the last of what the user said was vetoed.

        Raises
        ------
        Vetoed
            When it was.
        """
        if not self._turns:
            if strict and self._blocked:
                raise Vetoed(f"not answered; {self._blocked}")
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        try:
            await future
        except Vetoed:
            if strict:
                raise

    # -- events

    def take(self, record: Record) -> None:
        """Take one event of the session."""
        if not self._workers:
            return
        if record.direction == "received":
            handler = self._handlers.get(record.event.type)
            if handler is not None:
                handler(record.event)
        elif record.event.type == "response.create":
            self._own.sent(record.event)

    def _on_state(self, state: str) -> None:
        if state == "open":
            self._detection.look()
        if state not in _ENDED:
            return
        for turn in list(self._turns.values()):
            self._close(turn)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(ConnectionLost(f"the session is {state}"))

    def _on_speech_started(self, _event: Event) -> None:
        self._speaking = True

    def _on_speech_ended(self, _event: Event) -> None:
        self._speaking = False
        # Where nothing is committed after all, what waited for the end of it goes on.
        self._loop.loop.call_later(GRACE_S, self._settle)

    def _on_committed(self, event: Event) -> None:
        item_id = event.get("item_id")
        if not isinstance(item_id, str):
            return
        self._speaking = False
        turn = self._turns[item_id] = _Turn(item_id)
        if not transcribes(self._session.effective):
            self._veto(turn, "this session writes no transcripts for the guards to judge")
            return
        turn.timer = self._loop.loop.call_later(TRANSCRIPT_S, self._too_late, turn)
        if item_id in self._early:
            self._judge(turn, self._early.pop(item_id))

    def _on_transcript(self, event: Event) -> None:
        item_id, text = str(event.get("item_id")), event.get("transcript")
        words = text if isinstance(text, str) else ""
        turn = self._turns.get(item_id)
        if turn is not None:
            self._judge(turn, words)
            return
        self._early[item_id] = words

    def _on_transcript_failed(self, event: Event) -> None:
        turn = self._turns.get(str(event.get("item_id")))
        if turn is not None:
            said = event.get("error.message") or "no reason given"
            self._veto(turn, f"it could not be transcribed ({said})")

    def _on_deleted(self, event: Event) -> None:
        turn = self._turns.get(str(event.get("item_id")))
        if turn is not None:
            self._close(turn)
            self._settle()

    def _too_late(self, turn: _Turn) -> None:
        self._veto(turn, f"no transcript of it came within {TRANSCRIPT_S:g} s")

    # -- verdicts

    def _judge(self, turn: _Turn, text: str) -> None:
        if turn.judged:
            return
        turn.judged = True
        if turn.timer is not None:
            turn.timer.cancel()
        turn.waits_for = {worker.guard.name for worker in self._workers}
        for worker in list(self._workers):
            self._ask(worker, turn, text)

    def _ask(self, worker: GuardWorker, turn: _Turn, text: str) -> None:
        name = worker.guard.name
        worker.check(turn.item_id, text, _second(lambda verdict: self._judged(turn, name, verdict)))

    def _judged(self, turn: _Turn, name: str, verdict: Verdict) -> None:
        if turn.over:
            return
        if not verdict.passed:
            self._veto(turn, f"{name}: {verdict.reason}")
            return
        turn.waits_for.discard(name)
        if not turn.waits_for:
            self._close(turn)
            self._due, self._blocked = True, ""
            self.verdicts.tell(turn.item_id, True)
            self._settle()

    def _veto(self, turn: _Turn, why: str) -> None:
        if turn.over:
            return
        self._close(turn)
        self._vetoed = self._blocked = why
        self._speaker.remark(turn.item_id, f"not answered; {why}")
        self._speaker.notice("warning", f"Not answered; {why}")
        self.verdicts.tell(turn.item_id, False)
        self._settle()

    def _close(self, turn: _Turn) -> None:
        turn.over = True
        if turn.timer is not None:
            turn.timer.cancel()
        self._turns.pop(turn.item_id, None)

    def _settle(self) -> None:
        """Once no turn waits: have what has passed answered, and what was vetoed not."""
        if self._turns or (self._speaking and not self._vetoed):
            return
        vetoed, self._vetoed = self._vetoed, ""
        self._blocked = vetoed or self._blocked
        due, self._due = self._due and not vetoed, False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done() and vetoed:
                waiter.set_exception(Vetoed(f"not answered; {vetoed}"))
            elif not waiter.done():
                waiter.set_result(None)
        if vetoed:
            self._own.stop(f"stopped; {vetoed}")
        elif due and self._own.waiting:
            self._own.let_go()
        elif due and not waiters and self.answers:
            self._answer()

    def _answer(self) -> None:
        if self._session.state == "open":
            call = self._session.respond(metadata={GUARDED_KEY: "passed"})
            call.add_done_callback(lambda done: self._loop.post(self._failed, done.exception()))

    def _failed(self, error: BaseException | None) -> None:
        # An answer that failed is told of by its own event, a veto by the turn's.
        known = error is None or isinstance(error, ResponseFailed | Vetoed)
        if not known and self._session.state == "open":
            self._speaker.notice("error", str(error))


def _second(function: Callable[[Verdict], None]) -> Callable[[str, Verdict], None]:
    """Return a function of a text and a verdict that looks at the verdict."""
    return lambda _text, verdict: function(verdict)
