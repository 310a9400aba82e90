"""What happened when, read off the log and the notes: marks, and the stages of each turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from realtime_nb.bridge.recording.notes import part_key
from realtime_nb.inspection.timeline.marks import KEPT, Away, Kind, Mark, Side, Story, Turn
from realtime_nb.protocol.chain import LEG_DONE, read_leg
from realtime_nb.protocol.conversation.asides import Asides
from realtime_nb.protocol.restored.input_clock import InputClock
from realtime_nb.protocol.restored.restored import LOST, RESTORED, SUCCESSOR, read_successor
from realtime_nb.protocol.restored.text import succession_text
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from realtime_nb.bridge.recording.notes import Notes
    from realtime_nb.protocol.conversation.playback import PartKey
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

_SEEN: Final = 100_000


@dataclass(slots=True)
class _Answer:
    """One content part of an answer, as the log tells it."""

    turn: Turn
    seq: int
    response_id: str
    end_seq: int


def read_story(records: Iterable[Record], notes: Notes) -> Story:
    """Return what happened, in one pass over the log.

    Parameters
    ----------
    records
        The log, or its end.
    notes
        Where the sound lies.
    """
    reader = _Reader(notes)
    for record in records:
        reader.take(record)
    return reader.finish()


class _Reader:
    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._place = notes.clock.place
        self._asides = Asides()
        self._story = Story()
        self._clock = InputClock()
        self._copies: frozenset[str] = frozenset()
        self._turns: dict[str, Turn] = {}
        self._turn: Turn | None = None
        self._by_response: dict[str, Turn] = {}
        self._answers: dict[PartKey, _Answer] = {}
        self._spoken: dict[str, PartKey] = {}
        self._open: set[str] = set()
        self._begun_open: dict[int, bool] = {}
        self._silence_ms = 0.0
        self._by_hand: float | None = None
        self._received: Mapping[str, Callable[[Event, float, int], None]] = {
            "session.created": self._on_session,
            "session.updated": self._on_session,
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": self._on_speech_stopped,
            "input_audio_buffer.committed": self._on_committed,
            "response.created": self._on_response_created,
            "response.output_audio.delta": self._on_delta,
            "response.output_text.delta": self._on_delta,
            "response.content_part.added": self._on_part,
            "output_audio_buffer.started": self._on_call_sound,
            "output_audio_buffer.stopped": self._on_call_sound,
            "output_audio_buffer.cleared": self._on_call_sound,
            "response.function_call_arguments.done": self._on_tool_call,
            "response.done": self._on_response_done,
            "conversation.item.truncated": self._on_truncated,
            "error": self._on_error,
            LEG_DONE: self._on_leg,
            LOST: self._on_lost,
            SUCCESSOR: self._on_successor,
            RESTORED: self._on_restored,
        }
        self._sent: Mapping[str, Callable[[Event, float, int], None]] = {
            "conversation.item.create": self._on_item_create,
            "input_audio_buffer.commit": self._on_commit,
        }

    def take(self, record: Record) -> None:
        self._asides.take(record.direction, record.event)
        handlers = self._received if record.direction == "received" else self._sent
        handler = handlers.get(record.event.type)
        if handler is not None:
            handler(record.event, self._place(record.t_ms), record.seq)

    def finish(self) -> Story:
        story = self._story
        heard = [interval for key in self._answers if (interval := self._heard(key)) is not None]
        for mark in [mark for mark in story.marks if mark.kind == "speech_started"]:
            over = any(begin < mark.t_ms < end for begin, end in heard)
            if over or self._begun_open.get(mark.seq, False):
                self._mark("barge_in", "assistant", mark.t_ms, mark.seq, item_id=mark.item_id)
        story.marks.sort(key=lambda mark: (mark.t_ms, mark.seq))
        story.dropped_marks += max(0, len(story.marks) - KEPT)
        del story.marks[:-KEPT]
        return story

    def _heard(self, key: PartKey) -> tuple[float, float] | None:
        """Mark from when to when a part was heard; return that, None where nobody noted it."""
        answer, part = self._answers[key], self._notes.parts.get(key)
        pieces = part.pieces() if part is not None else []
        if part is None or not pieces:
            return None
        turn, begin, end = answer.turn, pieces[0][0], part.end_ms
        if part.played_ms is not None:
            turn.audible_ms = begin if turn.audible_ms is None else min(turn.audible_ms, begin)
            if part.recorded_ms is not None and turn.delta_ms is not None:
                # On a call sound and events come by ways of their own; what is heard has come.
                turn.delta_ms = min(turn.delta_ms, turn.audible_ms)
            about = {"item_id": key[0], "response_id": answer.response_id}
            self._mark("audible", "assistant", begin, answer.seq, **about)
            # What the speaker had taken when it was cut still sounds: it is not cut.
            start, first = part.runs[-1]
            end = max(end, start + part.played_ms - first)
            self._mark("silent", "assistant", end, answer.end_seq, **about)
        turn.interrupted = turn.interrupted or part.cut_ms is not None
        # In the ear it is over later than at the socket; a cut one earlier.
        turn.end_ms = end if turn.end_ms is None or part.played_ms is not None else turn.end_ms
        return begin, end

    # -- the user

    def _on_session(self, event: Event, _t_ms: float, _seq: int) -> None:
        silence = told_ms(event, "session.audio.input.turn_detection.silence_duration_ms")
        self._silence_ms = silence or 0.0

    def _on_speech_started(self, event: Event, t_ms: float, seq: int) -> None:
        self._mark("speech_started", "user", t_ms, seq, item_id=_id(event, "item_id"))
        self._begun_open[seq] = bool(self._open)

    def _on_speech_stopped(self, event: Event, t_ms: float, seq: int) -> None:
        turn = self._turn_of(_id(event, "item_id"), "voice")
        turn.decided_ms = t_ms
        end = told_ms(event, "audio_end_ms")
        if end is not None:
            # On a call the service's count is another than that of the recorded sound.
            _, noted = self._notes.turns.get(turn.item_id, (0.0, None))
            end = self._clock.place(end) if noted is None else noted
            turn.said_ms = self._sound_at(end - self._silence_ms)
        self._mark("speech_stopped", "user", t_ms, seq, item_id=turn.item_id)

    def _on_commit(self, _event: Event, t_ms: float, _seq: int) -> None:
        self._by_hand = t_ms

    def _on_committed(self, event: Event, t_ms: float, seq: int) -> None:
        turn = self._turn_of(_id(event, "item_id"), "voice")
        turn.committed_ms = t_ms
        if turn.decided_ms is None:
            turn.decided_ms = self._by_hand
            _, end = self._notes.turns.get(turn.item_id, (0.0, None))
            turn.said_ms = None if end is None else self._sound_at(end)
        self._by_hand = None
        self._mark("committed", "user", t_ms, seq, item_id=turn.item_id)

    def _on_item_create(self, event: Event, t_ms: float, seq: int) -> None:
        item_id = _id(event, "item.id")
        if item_id in self._copies:
            return  # said before, and told to a new session
        if event.get("item.type") == "function_call_output":
            self._mark("tool_output", "user", t_ms, seq, item_id=item_id)
        elif event.get("item.role") == "user":
            turn = self._turn_of(item_id, "typed")
            turn.said_ms = turn.decided_ms = t_ms
            self._mark("typed", "user", t_ms, seq, item_id=item_id)

    def _sound_at(self, audio_ms: float) -> float | None:
        """Return where a moment of the sound sent lies on the clock."""
        pieces = self._notes.user.pieces(max(0.0, audio_ms - 1.0), max(0.5, audio_ms))
        return pieces[-1][1] if pieces else None

    def _turn_of(self, item_id: str, kind: Literal["voice", "typed", "none"]) -> Turn:
        turn = self._turns.get(item_id)
        if turn is None:
            turn = Turn(len(self._story.turns) + 1, item_id, kind)
            self._story.turns.append(turn)
            _remember(self._turns, item_id, turn)
        self._turn = turn
        return turn

    # -- the assistant

    def _on_response_created(self, event: Event, t_ms: float, seq: int) -> None:
        response_id = _id(event, "response.id")
        if response_id in self._asides:
            return  # out of band: nobody's turn
        turn = self._turn or self._turn_of("", "none")
        turn.responses += 1
        if turn.created_ms is None:
            turn.created_ms = t_ms
        _remember(self._by_response, response_id, turn)
        self._open.add(response_id)
        self._mark("response_created", "assistant", t_ms, seq, response_id=response_id)

    def _on_part(self, event: Event, _t_ms: float, _seq: int) -> None:
        key = part_key(event)
        if key is not None and event.get("part.type") == "audio":
            _remember(self._spoken, _id(event, "response_id"), key)

    def _on_call_sound(self, event: Event, t_ms: float, seq: int) -> None:
        """Take word of a call, whose sound is in no event, that an answer plays or ends."""
        response_id = _id(event, "response_id")
        key = self._spoken.get(response_id)
        if key is not None:
            self._sounds(key, response_id, t_ms, seq)

    def _on_delta(self, event: Event, t_ms: float, seq: int) -> None:
        key = part_key(event)
        if key is not None:
            self._sounds(key, _id(event, "response_id"), t_ms, seq)

    def _sounds(self, key: PartKey, response_id: str, t_ms: float, seq: int) -> None:
        answer = self._answers.get(key)
        if answer is not None:
            answer.end_seq = seq
            return
        turn = self._by_response.get(response_id)
        if turn is None:
            return
        _remember(self._answers, key, _Answer(turn, seq, response_id, seq))
        if turn.delta_ms is None:
            turn.delta_ms = t_ms
        self._mark("first_delta", "assistant", t_ms, seq, item_id=key[0], response_id=response_id)

    def _on_tool_call(self, event: Event, t_ms: float, seq: int) -> None:
        response_id = _id(event, "response_id")
        turn = self._by_response.get(response_id)
        if turn is not None:
            turn.tools += 1
        about = {"item_id": _id(event, "item_id"), "response_id": response_id}
        self._mark("tool_call", "assistant", t_ms, seq, _id(event, "name"), **about)

    def _on_response_done(self, event: Event, t_ms: float, seq: int) -> None:
        response_id = _id(event, "response.id")
        self._open.discard(response_id)
        turn = self._by_response.get(response_id)
        if turn is None:
            return
        turn.end_ms = t_ms
        status = _id(event, "response.status")
        turn.interrupted = turn.interrupted or status == "cancelled"
        self._mark("response_done", "assistant", t_ms, seq, status, response_id=response_id)

    def _on_truncated(self, event: Event, t_ms: float, seq: int) -> None:
        key = part_key(event)
        answer = self._answers.get(key) if key is not None else None
        response_id = ""
        if answer is not None:
            answer.end_seq, response_id = seq, answer.response_id
        end = told_ms(event, "audio_end_ms")
        label = "" if end is None else f"at {end:.0f} ms"
        about = {"item_id": _id(event, "item_id"), "response_id": response_id}
        self._mark("truncated", "assistant", t_ms, seq, label, **about)

    def _on_leg(self, event: Event, _t_ms: float, _seq: int) -> None:
        done = read_leg(event)
        turn = self._turns.get(done.item_id) or self._by_response.get(done.response_id)
        if turn is None or turn.decided_ms is None:
            return
        begin = turn.decided_ms + done.begin_ms
        if done.leg == "transcribe":
            turn.transcript_ms = _sooner(turn.transcript_ms, begin + done.whole_ms)
        elif done.leg == "chat" and done.first_ms is not None:
            turn.token_ms = _sooner(turn.token_ms, begin + done.first_ms)

    # -- a session that goes, and its successor

    def _on_lost(self, event: Event, t_ms: float, seq: int) -> None:
        for response_id in self._open:
            turn = self._by_response[response_id]
            turn.interrupted, turn.end_ms = True, t_ms
        self._open.clear()
        self._by_hand = None
        turn = self._turn
        if turn is not None and turn is self._story.turns[-1] and _unheard(turn):
            # Its sound is sent to the next session, which makes another turn of it.
            self._story.turns.pop()
            self._turns.pop(turn.item_id, None)
            self._turn = self._story.turns[-1] if self._story.turns else None
        text = succession_text(event)
        self._story.aways.append(Away(t_ms, None, text))
        del self._story.aways[:-KEPT]
        self._mark("lost", "assistant", t_ms, seq, text)

    def _on_successor(self, event: Event, _t_ms: float, _seq: int) -> None:
        told = read_successor(event)
        if told is not None:
            self._clock.succeed(told)
            self._copies = frozenset(told.items)

    def _on_restored(self, event: Event, t_ms: float, seq: int) -> None:
        text = succession_text(event)
        away = self._story.aways[-1] if self._story.aways else None
        if away is not None and away.end_ms is None:
            away.end_ms, away.text = t_ms, f"{away.text}; {text}"
        self._mark("restored", "assistant", t_ms, seq, text)

    def _on_error(self, event: Event, t_ms: float, seq: int) -> None:
        self._mark("error", "assistant", t_ms, seq, _id(event, "error.message"))

    def _mark(  # noqa: PLR0913 -- the fields of a mark
        self,
        kind: Kind,
        side: Side,
        t_ms: float,
        seq: int,
        label: str = "",
        *,
        item_id: str = "",
        response_id: str = "",
    ) -> None:
        marks = self._story.marks
        marks.append(Mark(t_ms, kind, side, seq, label[:200], item_id, response_id))
        if len(marks) > 2 * KEPT:
            self._story.dropped_marks += len(marks) - KEPT
            del marks[:-KEPT]


def _unheard(turn: Turn) -> bool:
    """Whether a turn was spoken to its end, and the service never said that it had it."""
    return turn.kind == "voice" and turn.committed_ms is None and turn.created_ms is None


def _sooner(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)


def _id(event: Event, path: str) -> str:
    value = event.get(path)
    return value if isinstance(value, str) else ""


def _remember(known: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep a value, and let the oldest go of what has become too many."""
    entries = cast("dict[object, object]", known)
    entries[key] = value
    if len(entries) > _SEEN:
        del entries[next(iter(entries))]
