"""Guards over what is said: the assistant's words as they stream, the user's when they are final.

The rules it keeps:

- a guard sees words, and runs beside the session: see `guard_worker`;
- an answer that is stopped is cancelled, silenced, and cut at what was heard of it; with
  ``hold`` nothing of it was;
- an answer with sound and no words at all cannot be judged, and is stopped;
- what is asked for in place of a stopped answer is guarded as well; when that is stopped, too,
  nothing follows it.

What the user says is in `guard_turns`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.client.guards.turns import TurnGate
from realtime_nb.client.guards.worker import Guard, GuardWorker
from realtime_nb.errors import UsageError
from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from realtime_nb.client.loop import BackgroundLoop, Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record
    from realtime_nb.protocol.tools.guard import GuardOptions, Verdict

_ANSWERS_KEPT: Final = 64
_WORDS: Final = {
    "response.output_text.delta": "delta",
    "response.output_audio_transcript.delta": "delta",
    "response.output_text.done": "text",
    "response.output_audio_transcript.done": "transcript",
}


class Speaker(Protocol):
    """What plays the answers; called on the session's loop."""

    def hold(self, response_id: str) -> None:
        """Play nothing of a response before `release`."""
        ...

    def release(self, response_id: str) -> None:
        """Play what was held, and what is still to come."""
        ...

    def stop(self, response_id: str, note: str) -> None:
        """Cancel a response, play nothing more of it, cut it at what was heard; say why."""
        ...

    def remark(self, item_id: str, note: str, /) -> None:
        """Show a line at an item."""
        ...

    def notice(self, level: str, text: str, /) -> None:
        """Show one line to people."""
        ...


@dataclass(eq=False, slots=True)
class _Answer:
    """An answer under way, and how far each guard has let it pass."""

    response_id: str
    held: bool
    replaces: bool
    parts: dict[tuple[Any, Any], str] = field(default_factory=dict[tuple[Any, Any], str])
    passed: dict[Guard, str] = field(default_factory=dict[Guard, str])
    sounds: bool = False
    over: bool = False
    stopped: bool = False

    @property
    def text(self) -> str:
        return " ".join(text for text in self.parts.values() if text)


class Guards:
    """The guards of one session.

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
        self._workers: dict[str, GuardWorker] = {}
        self._answers: BoundedDict[str, _Answer] = BoundedDict(_ANSWERS_KEPT)
        self._replacing: Call[Any] | None = None
        self._undo: Callable[[], None] | None = None
        self._gate = TurnGate(session, speaker, loop)

    # -- from any thread

    def __iter__(self) -> Iterator[Guard]:
        return iter([worker.guard for worker in tuple(self._workers.values())])

    def __len__(self) -> int:
        return len(self._workers)

    def add(self, name: str, function: Callable[[str], Any], options: GuardOptions) -> Guard:
        """Apply a guard from now on; one of the same name gives way to it.

        Raises
        ------
        UsageError
            For one over the user's words where those are not transcribed.
        """
        if options.on == "user":
            self._gate.check_transcription()
        guard = Guard(name, function, options)
        self._workers = {**self._workers, name: GuardWorker(guard, self._loop)}
        self._loop.post(self._changed)
        return guard

    def take_over(self, before: Guards) -> None:
        """Apply the guards of a session whose place this one takes."""
        for guard in before:
            self.add(guard.name, guard.function, guard.options)

    def remove(self, name: str) -> None:
        """Apply a guard no more.

        Raises
        ------
        UsageError
            When there is none of that name.
        """
        if name not in self._workers:
            there = ", ".join(self._workers) or "there is none"
            raise UsageError(f"no guard is called {name!r:.80}; there is {there}")
        self._workers = {key: one for key, one in self._workers.items() if key != name}
        self._loop.post(self._changed)

    # -- on the loop

    def _of(self, side: str) -> list[GuardWorker]:
        return [one for one in self._workers.values() if one.guard.options.on == side]

    def _changed(self) -> None:
        if self._workers and self._undo is None:
            self._undo = self._session.subscribe(self._take)
        elif not self._workers and self._undo is not None:
            self._undo()
            self._undo = None
        self._gate.use(self._of("user"))
        if not self._of("assistant"):
            answers = self._answers.copy()
            self._answers.clear()
            for answer in answers.values():
                self._let_go(answer)
        for answer in tuple(self._answers.values()):
            # Who is new has seen nothing of it, and may be all that it waits for.
            self._check(answer)
            self._settle(answer)

    def _take(self, record: Record, _changed: frozenset[str]) -> None:
        self._gate.take(record)
        if record.direction != "received":
            return
        event = record.event
        if event.type == "response.created":
            self._on_created(event)
        elif event.type == "response.done":
            self._on_done(event)
        elif event.type in _WORDS:
            self._on_words(event)
        elif event.type == "response.output_audio.delta":
            answer = self._answers.get(str(event.get("response_id")))
            if answer is not None:
                answer.sounds = True

    def _on_created(self, event: Event) -> None:
        response_id = event.get("response.id")
        guards = self._of("assistant")
        in_talk = response_id in self._session.conversation.open_response_ids
        if not guards or not in_talk:
            return
        held = any(one.guard.options.hold for one in guards)
        replaces = self._replacing is not None and not self._replacing.done()
        self._answers[response_id] = _Answer(response_id, held, replaces)
        if held:
            self._speaker.hold(response_id)

    def _on_words(self, event: Event) -> None:
        answer = self._answers.get(str(event.get("response_id")))
        words = event.get(_WORDS[event.type])
        if answer is None or not isinstance(words, str):
            return
        key = (event.get("item_id"), event.get("content_index"))
        if event.type.endswith(".delta"):
            answer.parts[key] = answer.parts.get(key, "") + words
        elif words:
            answer.parts[key] = words
        self._check(answer)

    def _check(self, answer: _Answer) -> None:
        text = answer.text
        if not text or answer.stopped:
            return
        for worker in self._of("assistant"):
            if answer.passed.get(worker.guard) != text:
                self._ask(worker, answer, text)

    def _ask(self, worker: GuardWorker, answer: _Answer, text: str) -> None:
        worker.check(
            answer.response_id,
            text,
            lambda judged, verdict: self._judged(answer, worker.guard, judged, verdict),
        )

    def _judged(self, answer: _Answer, guard: Guard, text: str, verdict: Verdict) -> None:
        if answer.stopped or all(one.guard is not guard for one in self._workers.values()):
            return
        if not verdict.passed:
            self._stop(answer, guard, verdict.reason)
            return
        answer.passed[guard] = text
        self._settle(answer)

    def _on_done(self, event: Event) -> None:
        answer = self._answers.get(str(event.get("response.id")))
        if answer is None:
            return
        answer.over = True
        if event.get("response.status") == "cancelled":
            # Nobody waits for it any more, and nothing held of it is to be heard.
            self._answers.pop(answer.response_id, None)
            if answer.held and not answer.stopped:
                self._speaker.stop(answer.response_id, "")
            return
        guards = self._of("assistant")
        if answer.sounds and not answer.text and guards and not answer.stopped:
            why = "the service sent sound without its words, which nobody can judge"
            self._stop(answer, guards[0].guard, why)
            return
        self._check(answer)
        self._settle(answer)

    def _settle(self, answer: _Answer) -> None:
        """Let an answer go whose end has come, once every guard has passed all of it."""
        if not answer.over or answer.stopped:
            return
        text = answer.text
        if not text or all(answer.passed.get(one.guard) == text for one in self._of("assistant")):
            self._let_go(answer)

    def _let_go(self, answer: _Answer) -> None:
        self._answers.pop(answer.response_id, None)
        if answer.held:
            self._speaker.release(answer.response_id)

    def _stop(self, answer: _Answer, guard: Guard, reason: str) -> None:
        answer.stopped = True
        self._speaker.stop(answer.response_id, f"stopped by {guard.name}: {reason}")
        for item_id in dict.fromkeys(key[0] for key in answer.parts):
            if isinstance(item_id, str):
                self._speaker.remark(item_id, f"stopped by {guard.name}: {reason}")
        if answer.over:
            self._answers.pop(answer.response_id, None)
        instead = guard.options.on_stop
        if instead and not answer.replaces and self._session.state == "open":
            self._replacing = self._session.respond(instructions=instead)
            # Asking for the outcome takes it: a failure is shown by its own event.
            self._replacing.add_done_callback(lambda done: done.exception())
