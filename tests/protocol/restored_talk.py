"""A talk as a service tells it, whole or cut anywhere and restored in a new session."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from realtime_nb.protocol.conversation.carry import carry_on
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import Direction, EventLog
from realtime_nb.protocol.restored.restored import (
    Restored,
    lost_event,
    restored_event,
    successor_event,
)

CHUNK_MS = 100
CHUNK_BYTES = 48 * CHUNK_MS
AGAIN = 5
"""Chunks that are sent again where nobody spoke."""

Told: TypeAlias = Iterator[tuple[Direction, Event]]


@dataclass(frozen=True)
class Turn:
    """What the user says and what is answered, word by word."""

    kind: Literal["voice", "typed"]
    said: tuple[str, ...]
    answer: tuple[str, ...]
    lead: int = 1
    speech: int = 4
    cut: bool = False


def _event(kind: str, **fields: Any) -> Event:
    return Event({"type": kind, **fields})


def _text(words: tuple[str, ...]) -> str:
    return "".join(f"{word} " for word in words).strip()


SESSION = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}


@dataclass
class Talk:
    """The service and its client: each step of a talk, and where it stands."""

    log: EventLog = field(default_factory=EventLog)
    conversation: Conversation = field(default_factory=Conversation)
    session: int = 1
    ids: int = 0
    sent: int = 0
    highest: int = 0
    begun: int | None = None
    heard: bool = False
    origin: int = 0
    phase: Literal["saying", "committed", "answered", "over"] = "saying"
    first: int = 0
    user_id: str = ""
    answer_id: str = ""
    previous: str | None = None

    def keep(self, direction: Direction, event: Event) -> None:
        number = len(self.log)
        size = 0 if event.type.startswith("realtime_nb.") else len(event.to_json())
        record = self.log.append(direction, event, t_ms=number * 20.0, size=size)
        self.conversation.apply(direction, record.event, record.t_ms)

    def new_id(self, kind: str) -> str:
        self.ids += 1
        return f"{kind}_{self.session}_{self.ids}"

    # -- one turn, from where it stands

    def begin(self, turn: Turn) -> None:
        self.first, self.phase = self.sent, "saying"
        self.user_id = self.new_id("item") if turn.kind == "typed" else ""

    def steps(self, turn: Turn) -> Told:
        """Yield the rest of a turn."""
        if self.phase == "saying":
            yield from self._spoken(turn) if turn.kind == "voice" else self._typed(turn)
        if self.phase == "committed":
            yield from self._answered(turn)
        if turn.cut and self.phase == "answered":
            self.phase = "over"
            yield (
                "received",
                _event(
                    "conversation.item.truncated",
                    item_id=self.answer_id,
                    content_index=0,
                    audio_end_ms=50,
                ),
            )

    def append(self, chunk: int) -> tuple[Direction, Event]:
        pcm = bytes([chunk % 256]) * CHUNK_BYTES
        audio = base64.b64encode(pcm).decode()
        return "sent", _event("input_audio_buffer.append", audio=audio)

    def _spoken(self, turn: Turn) -> Told:
        start, end = self.first + turn.lead, self.first + turn.lead + turn.speech
        item_id = self.new_id("item")
        while self.sent < end:
            chunk = self.sent
            self.sent += 1
            yield self.append(chunk)
            if chunk == start and not self.heard:
                self.begun, self.heard = start, True
                yield self._speech("started", item_id, "audio_start_ms", start)
        yield self._speech("stopped", item_id, "audio_end_ms", end)
        self.begun, self.heard, self.phase = None, False, "committed"
        before = self.previous
        yield (
            "received",
            _event("input_audio_buffer.committed", item_id=item_id, previous_item_id=before),
        )
        self.previous = item_id
        content = [{"type": "input_audio", "transcript": None}]
        yield from self._told(item_id, before, {"role": "user", "content": content})
        kind = "conversation.item.input_audio_transcription"
        for word in turn.said:
            yield "received", _event(f"{kind}.delta", item_id=item_id, delta=f"{word} ")
        text = _text(turn.said)
        yield "received", _event(f"{kind}.completed", item_id=item_id, transcript=text)

    def _speech(self, what: str, item_id: str, name: str, chunk: int) -> tuple[Direction, Event]:
        at_ms = (chunk - self.origin) * CHUNK_MS
        kind = f"input_audio_buffer.speech_{what}"
        return "received", _event(kind, item_id=item_id, **{name: at_ms})

    def _typed(self, turn: Turn) -> Told:
        content = [{"type": "input_text", "text": _text(turn.said)}]
        item = {"id": self.user_id, "type": "message", "role": "user", "content": content}
        yield "sent", _event("conversation.item.create", item=item)
        before, self.previous, self.phase = self.previous, self.user_id, "committed"
        yield from self._told(self.user_id, before, {"role": "user", "content": content})

    def _told(self, item_id: str, before: str | None, fields: dict[str, Any]) -> Told:
        item = {"id": item_id, "type": "message", "status": "completed", **fields}
        kind = "conversation.item"
        yield "received", _event(f"{kind}.added", item=item, previous_item_id=before)
        if fields["role"] == "user":
            yield "received", _event(f"{kind}.done", item=item, previous_item_id=before)

    def _answered(self, turn: Turn) -> Told:
        response_id, item_id = self.new_id("resp"), self.new_id("item")
        self.answer_id = item_id
        yield "received", _event("response.created", response={"id": response_id})
        item = {"id": item_id, "type": "message", "role": "assistant", "content": []}
        item["status"] = "in_progress"
        about = {"response_id": response_id, "item_id": item_id, "content_index": 0}
        yield (
            "received",
            _event("response.output_item.added", response_id=response_id, item=item),
        )
        before, self.previous = self.previous, item_id
        yield (
            "received",
            _event("conversation.item.added", item=item, previous_item_id=before),
        )
        audio = base64.b64encode(bytes(CHUNK_BYTES)).decode()
        for word in turn.answer:
            kind = "response.output_audio"
            yield "received", _event(f"{kind}_transcript.delta", **about, delta=f"{word} ")
            yield "received", _event(f"{kind}.delta", **about, delta=audio)
        text = _text(turn.answer)
        yield "received", _event("response.output_audio_transcript.done", **about, transcript=text)
        self.phase = "answered"
        content = [{"type": "output_audio", "transcript": text}]
        whole = {**item, "status": "completed", "content": content}
        yield "received", _event("conversation.item.done", item=whole, previous_item_id=None)
        yield (
            "received",
            _event("response.output_item.done", response_id=response_id, item=whole),
        )
        done = {"id": response_id, "status": "completed"}
        yield "received", _event("response.done", response=done)

    # -- a new session

    def opened(self) -> None:
        self.keep("received", _event("session.created", session={"type": "realtime"}))
        self.keep("received", _event("session.updated", session=SESSION))

    def restore(self) -> None:
        """Lose the session and go on in a new one, as a client does."""
        begun_id = self.conversation.begun_id
        self.keep("received", lost_event("lost", code=1006))
        told = [item for item in self.conversation.items if item.id != begun_id]
        sounds = {item.id: "AAAA" for item in told}
        carried = carry_on(told, sounds=sounds)
        self.highest = max(self.highest, self.sent)
        again = max(0, self.highest - AGAIN) if self.begun is None else self.begun
        told_ids = [item["id"] for item in carried.items]
        resent_ms = (self.highest - again) * CHUNK_MS
        for number in (1, 2):
            self.session += 1
            self.previous = None
            self.keep(
                "received",
                successor_event(
                    number, items=told_ids, audio_ms=again * CHUNK_MS, resent_ms=resent_ms
                ),
            )
            self.opened()
            for item in carried.items:
                self.keep("sent", _event("conversation.item.create", item=item))
                for direction, event in self._told(item["id"], self.previous, item):
                    self.keep(direction, event)
                self.previous = item["id"]
            if number == 1 and again < self.highest:
                # The first try fails in the middle of the sound.
                self.keep(*self.append(again))
        self.origin, self.heard = again, False
        # What is sent again of a turn under way is heard again by `steps`.
        heard = max(again, self.first) if self.phase == "saying" else self.sent
        for chunk in range(again, heard):
            self.keep(*self.append(chunk))
        self.sent = heard
        self.keep("received", restored_event(Restored("lost", away_ms=40.0)))


def whole(turns: tuple[Turn, ...]) -> Talk:
    """Return the talk without a cut."""
    return cut(turns, None)


def cut(turns: tuple[Turn, ...], *places: int | None) -> Talk:
    """Return the talk cut after so many of its steps, as often as there are places."""
    talk, left, number = Talk(), list(places), 0
    talk.opened()
    for turn in turns:
        talk.begin(turn)
        going = True
        while going:
            going = False
            for direction, event in talk.steps(turn):
                talk.keep(direction, event)
                number += 1
                if left and number == left[0]:
                    del left[0]
                    talk.restore()
                    going = True
                    break
    return talk
