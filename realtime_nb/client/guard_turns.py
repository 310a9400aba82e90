"""Guards over the user's words: nobody answers before they have passed.

While there is such a guard, the service's turn detection creates no response by itself
(``create_response: false``): it is asked for one when every turn that has ended is transcribed
and has passed. The rules it keeps:

- a turn that is vetoed, whose transcript fails, or has not come after `TRANSCRIPT_S`, is not
  answered, and neither are the turns that ended beside it: an answer would be to all of them;
- typed text that is vetoed is not even sent;
- an answer that a service begins all the same is held until its turn has passed, and stopped
  when it has not. So is one that nobody asked for while no turn waits;
- who speaks again before the verdict is heard out first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.futures import settle
from realtime_nb.client.junk import as_object
from realtime_nb.client.turn import METADATA_KEY
from realtime_nb.errors import ResponseFailed, UsageError, Vetoed
from realtime_nb.protocol.session_sound import transcribes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.guard_worker import GuardWorker
    from realtime_nb.client.guarding import Speaker
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log import Record
    from realtime_nb.protocol.tools.guard import Verdict

TRANSCRIPT_S: Final = 15.0
"""How long a transcript may take after its turn has ended."""

GUARDED_KEY: Final = "realtime_nb_guarded"
"""Key of the metadata of a response that was asked for because a turn has passed."""

GRACE_S: Final = 1.0
"""How long an answer that a service began by itself may wait for a turn that it is to."""

_TURNS_KEPT: Final = 256
_TRANSCRIPT: Final = "conversation.item.input_audio_transcription"


@dataclass(eq=False, slots=True)
class _Turn:
    """A turn that has ended and is not judged yet."""

    item_id: str
    timer: asyncio.TimerHandle | None = None
    waits_for: set[str] = field(default_factory=set[str])
    judged: bool = False
    over: bool = False


class TurnGate:
    """Lets answers to the user begin; everything but the checks runs on the session's loop.

    Parameters
    ----------
    session
        The session.
    speaker
        What plays its answers.
    loop
        The session's loop.
    """

    def __init__(self, session: RealtimeSession, speaker: Speaker, loop: BackgroundLoop) -> None:
        self._session = session
        self._speaker = speaker
        self._loop = loop
        self._workers: list[GuardWorker] = []
        self._turns: dict[str, _Turn] = {}
        self._vetoed = ""
        self._by_hand = False
        self._speaking = False
        self._due = False
        # Answers that the service began by itself, as far as is known.
        self._own: dict[str, None] = {}
        self._raw = 0
        self._early: dict[str, str] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._switched = False
        self._obeys = False
        self._count = 0
        self._handlers: Mapping[str, Callable[[Event], None]] = {
            "session.updated": self._on_session,
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": self._on_speech_ended,
            "input_audio_buffer.cleared": self._on_speech_ended,
            "input_audio_buffer.committed": self._on_committed,
            f"{_TRANSCRIPT}.completed": self._on_transcript,
            f"{_TRANSCRIPT}.failed": self._on_transcript_failed,
            "conversation.item.deleted": self._on_deleted,
            "response.created": self._on_created,
        }

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
        """Apply these guards from now on."""
        self._workers = workers
        self._session.gate = self if workers else None
        if workers:
            self._take_over()
        else:
            self._give_back()

    # -- what is asked of it

    async def admit(self, text: str) -> None:
        """Let typed text pass, before anything of it is sent.

        Raises
        ------
        Vetoed
            When a guard stops it.
        """
        for worker in list(self._workers):
            verdict = await self._verdict(worker, text)
            if not verdict.passed:
                raise Vetoed(f"not sent: {worker.guard.name} vetoed it: {verdict.reason}")

    async def settled(self, *, strict: bool = True) -> None:
        """Wait until no turn waits for its verdict.

        Parameters
        ----------
        strict
            Whether a veto of one of them is raised.

        Raises
        ------
        Vetoed
            When one of those that did was vetoed.
        """
        if not self._turns:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        try:
            await future
        except Vetoed:
            if strict:
                raise

    async def _verdict(self, worker: GuardWorker, text: str) -> Verdict:
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        done = settle(future)
        self._count += 1
        worker.check(f"typed {self._count}", text, lambda _text, verdict: done(verdict))
        return await future

    # -- what the service is told

    def _take_over(self) -> None:
        """Have turn detection create no responses: they are asked for here."""
        detection = self._detection()
        if not detection or detection.get("create_response") is False:
            return
        if self._switched and self._session.state != "open":
            return
        self._switched = True
        self._switch(create=False)

    def _give_back(self) -> None:
        for turn in list(self._turns.values()):
            self._close(turn)
        self._settle()
        for response_id in list(self._own):
            self._let_go(response_id)
        if self._switched and self._detection().get("create_response") is False:
            self._switch(create=True)
        self._switched = False

    def _switch(self, *, create: bool) -> None:
        if self._session.state != "open":
            return
        # What is left out of the object stays as it is, but for its type.
        detection = {"type": self._detection().get("type"), "create_response": create}
        call = self._session.update({"audio": {"input": {"turn_detection": detection}}})
        call.add_done_callback(lambda done: self._loop.post(self._refused, done.exception()))

    def _refused(self, error: BaseException | None) -> None:
        if error is not None and self._session.state == "open":
            self._speaker.notice(
                "warning",
                f"The service answers by itself all the same ({error}): its answers are held"
                " until the guards have passed what was said.",
            )

    def _detection(self) -> dict[str, Any]:
        audio = as_object((self._session.effective or {}).get("audio"))
        return as_object(as_object(audio.get("input")).get("turn_detection"))

    # -- events

    def take(self, record: Record) -> None:
        """Take one event of the session."""
        if not self._workers:
            return
        event = record.event
        if record.direction == "sent":
            self._on_sent(event)
            return
        handler = self._handlers.get(event.type)
        if handler is not None:
            handler(event)

    def _on_sent(self, event: Event) -> None:
        if event.type == "response.create":
            asked = as_object(event.get("response"))
            ours = METADATA_KEY in as_object(asked.get("metadata"))
            if not ours and asked.get("conversation") != "none":
                # The author's own code sent it as it is.
                self._raw += 1

    def _on_session(self, _event: Event) -> None:
        detection = self._detection()
        if detection.get("create_response") is False:
            self._obeys = True
        elif self._obeys:
            # A cell or another way to find turns has switched it on again.
            self._obeys = False
            self._take_over()

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
        turn = _Turn(item_id)
        self._by_hand = not self._detection()
        self._turns[item_id] = turn
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
        if len(self._early) > _TURNS_KEPT:
            del self._early[next(iter(self._early))]

    def _on_transcript_failed(self, event: Event) -> None:
        turn = self._turns.get(str(event.get("item_id")))
        if turn is not None:
            said = event.get("error.message")
            self._veto(turn, "the guards", f"it could not be transcribed: {said or 'no reason'}")

    def _on_deleted(self, event: Event) -> None:
        turn = self._turns.get(str(event.get("item_id")))
        if turn is not None:
            self._close(turn)
            self._settle()

    def _too_late(self, turn: _Turn) -> None:
        why = f"no transcript of it came within {TRANSCRIPT_S:g} s"
        self._veto(turn, "the guards", why)

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
        worker.check(
            turn.item_id,
            text,
            lambda _text, verdict: self._judged(turn, worker.guard.name, verdict),
        )

    def _judged(self, turn: _Turn, name: str, verdict: Verdict) -> None:
        if turn.over:
            return
        if not verdict.passed:
            self._veto(turn, name, verdict.reason)
            return
        turn.waits_for.discard(name)
        if not turn.waits_for:
            self._close(turn)
            self._due = True
            self._settle()

    def _veto(self, turn: _Turn, name: str, reason: str) -> None:
        if turn.over:
            return
        self._close(turn)
        self._vetoed = f"{name}: {reason}"
        self._speaker.remark(turn.item_id, f"not answered; {name}: {reason}")
        self._speaker.notice("warning", f"Not answered; {name}: {reason}")
        self._settle()

    def _close(self, turn: _Turn) -> None:
        turn.over = True
        if turn.timer is not None:
            turn.timer.cancel()
        self._turns.pop(turn.item_id, None)

    def _settle(self) -> None:
        """Once no turn waits: have what has passed answered, and what has not, not."""
        if self._turns or (self._speaking and not self._vetoed):
            return
        vetoed, self._vetoed = self._vetoed, ""
        due, self._due = self._due, False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                if vetoed:
                    waiter.set_exception(Vetoed(f"not answered; {vetoed}"))
                else:
                    waiter.set_result(None)
        begun = list(self._own)
        for response_id in begun:
            if vetoed:
                self._silence(response_id, f"stopped; {vetoed}")
            elif due:
                self._let_go(response_id)
        if due and not vetoed and not begun and not self._by_hand:
            self._answer()

    def _answer(self) -> None:
        if self._session.state != "open":
            return
        call = self._session.respond(metadata={GUARDED_KEY: "passed"})
        call.add_done_callback(lambda done: self._loop.post(self._not_answered, done.exception()))

    def _not_answered(self, error: BaseException | None) -> None:
        # An answer that failed is told of by its own event.
        if error is None or isinstance(error, ResponseFailed) or self._session.state != "open":
            return
        self._speaker.notice("error", str(error))

    # -- answers that a service begins by itself

    def _on_created(self, event: Event) -> None:
        response_id = event.get("response.id")
        if response_id not in self._session.conversation.open_response_ids:
            return
        self._speaker.hold(response_id)
        self._own[response_id] = None
        # The session knows whose it is after its listeners.
        self._loop.loop.call_soon(self._whose, response_id)

    def _whose(self, response_id: str) -> None:
        if self._session.asked_for(response_id):
            self._let_go(response_id)
        elif self._raw:
            self._raw -= 1
            self._let_go(response_id)
        else:
            self._loop.loop.call_later(GRACE_S, self._unclaimed, response_id)

    def _unclaimed(self, response_id: str) -> None:
        if response_id in self._own and not self._turns and not self._speaking:
            self._silence(response_id, "stopped; the service began it, and no turn has passed")

    def _let_go(self, response_id: str) -> None:
        if response_id in self._own:
            del self._own[response_id]
            self._speaker.release(response_id)

    def _silence(self, response_id: str, note: str) -> None:
        self._own.pop(response_id, None)
        self._speaker.stop(response_id, note)
