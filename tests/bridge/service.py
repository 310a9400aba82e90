"""A service made by hand: it takes what was sent when it is told to, and may misbehave."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from realtime_nb.client.testing import error, response_created, response_done
from realtime_nb.protocol.config.paths import merge
from tests.bridge.page import sound

if TYPE_CHECKING:
    from tests.bridge.stage import Stage

Json: TypeAlias = dict[str, Any]

ACTIVE = "conversation_already_has_active_response"


@dataclass
class Answer:
    """A response under way."""

    rid: str
    request: dict[str, Any] | None
    item: str | None = None

    @property
    def out_of_band(self) -> bool:
        asked = (self.request or {}).get("response", {})
        return asked.get("conversation") == "none"


@dataclass
class Heard:
    """An item as the service has it."""

    role: str
    previous: str | None
    sent_ms: int = 0
    told: bool = False
    text: str = ""


@dataclass
class Service:
    """Everything a service knows; what it does, it tells at once.

    Attributes
    ----------
    order, items
        The conversation as it truly is.
    answers
        Responses that have not ended.
    outcomes
        What came of each request, by its instructions or words.
    forgotten
        What the user began to say and will never be committed.
    echoes
        Whether it repeats the metadata of a request.
    """

    stage: Stage
    echoes: bool = True
    order: list[str] = field(default_factory=list)
    items: dict[str, Heard] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    outcomes: dict[str, Any] = field(default_factory=dict)
    speaking: str | None = None
    will_begin: bool = False
    sound_bytes: int = 0
    session: Json = field(default_factory=dict)
    threshold: float = 0.5
    forgotten: list[str] = field(default_factory=list)
    truncated: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"

    @property
    def active(self) -> Answer | None:
        return next((one for one in self.answers.values() if not one.out_of_band), None)

    def add_item(self, role: str, item_id: str | None = None) -> str:
        item_id = item_id or self.name(role)
        self.items[item_id] = Heard(role, self.order[-1] if self.order else None)
        self.order.append(item_id)
        return item_id

    def tell_item(self, item_id: str) -> None:
        item = self.items[item_id]
        item.told = True
        wire = {"id": item_id, "type": "message", "role": item.role, "content": []}
        self.stage.tell(
            {
                "type": "conversation.item.added",
                "previous_item_id": item.previous or "root",
                "item": wire,
            }
        )

    # -- what the client asks for

    def take(self, *, refuse: bool = False, named: bool = True) -> None:
        """Take the client's oldest event; `refuse` it where a service may."""
        event = self.stage.line.posted.pop(0)
        kind = event["type"].replace(".", "_")
        answer = getattr(self, f"_on_{kind}")(event, refuse=refuse)
        if answer is not None:
            answer["error"]["event_id"] = event["event_id"] if named else None
            self.stage.tell(answer)

    def _on_response_create(self, event: Json, *, refuse: bool) -> Any:
        aside = event["response"].get("conversation") == "none"
        if not aside and self.active is not None:
            return error("Conversation already has an active response", ACTIVE)
        if refuse:
            token = self.name("refused")
            self.outcomes[event["response"].get("instructions", "")] = token
            return error(f"Invalid value: {token}", "invalid_value", param="response.voice")
        self.begin(event)
        return None

    def _on_response_cancel(self, event: Json, **_: bool) -> Any:
        answer = self.answers.get(event.get("response_id", "")) or self.active
        if answer is None or event.get("response_id", answer.rid) != answer.rid:
            return error("Cancellation failed: no active response", "response_cancel_not_active")
        self.end(answer, "cancelled")
        return None

    def _on_conversation_item_create(self, event: Json, *, refuse: bool) -> Any:
        if refuse:
            token = self.name("refused")
            self.outcomes[event["item"]["content"][0]["text"]] = token
            return error(f"Invalid item: {token}", "item_create_invalid", param="item")
        self.tell_item(self.add_item("user", event["item"]["id"]))
        return None

    def _on_conversation_item_truncate(self, event: Json, *, refuse: bool) -> Any:
        item = self.items.get(event["item_id"])
        if item is None or refuse:
            return error("Item does not exist", "item_truncate_invalid_item_id")
        if item.sent_ms == 0:
            return error("Only model output audio messages can be truncated")
        if event["audio_end_ms"] > item.sent_ms:
            return error(f"Audio content of {item.sent_ms}ms is already shorter than that")
        self.truncated[event["item_id"]] = event["audio_end_ms"]
        self.stage.tell({**event, "type": "conversation.item.truncated", "event_id": "e"})
        return None

    def _on_input_audio_buffer_append(self, event: Json, **_: bool) -> Any:
        self.sound_bytes += event["bytes"]

    def _on_input_audio_buffer_commit(self, _event: Json, *, refuse: bool) -> Any:
        if refuse or not self.sound_bytes:
            return error("Error committing input audio buffer: too small",
                         "input_audio_buffer_commit_empty")  # fmt: skip
        self.sound_bytes = 0
        self._commit(self.add_item("user"))
        return None

    # -- what it does by itself

    def begin(self, request: dict[str, Any] | None) -> Answer:
        if request is None:
            self.will_begin = False
        answer = Answer(self.name("resp"), request)
        self.answers[answer.rid] = answer
        self.stage.tell(self._echo(response_created(request, answer.rid)))
        return answer

    def _echo(self, event: dict[str, Any]) -> dict[str, Any]:
        if not self.echoes:
            event["response"]["metadata"] = None
        return event

    def end(self, answer: Answer, status: str) -> None:
        del self.answers[answer.rid]
        asked = ((answer.request or {}).get("response") or {}).get("instructions")
        fields: dict[str, Any] = {}
        if status == "failed":
            token = self.name("failure")
            fields["status_details"] = {"error": {"message": token, "code": "server_error"}}
        if asked is not None:
            self.outcomes[asked] = token if status == "failed" else answer.rid
        done = response_done(answer.request, answer.rid, status=status, **fields)
        self.stage.tell(self._echo(done))

    def speak(self, answer: Answer, milliseconds: int, *, tell_added: bool) -> None:
        """Send sound of an answer; its item may be added before or, tardily, later."""
        if answer.item is None:
            answer.item = self.name("assistant") if answer.out_of_band else self.add_item(
                "assistant"
            )  # fmt: skip
            if tell_added and not answer.out_of_band:
                wire = {"id": answer.item, "type": "message", "role": "assistant", "content": []}
                place = {"response_id": answer.rid, "output_index": 0}
                self.stage.tell({"type": "response.output_item.added", **place, "item": wire})
                self.tell_item(answer.item)
        item = self.items.setdefault(answer.item, Heard("assistant", None, told=True))
        pcm = sound(item.sent_ms, milliseconds)
        item.sent_ms += milliseconds
        self.stage.tell(self.delta(answer.rid, answer.item, pcm))

    def delta(self, rid: str, item_id: str, pcm: bytes) -> dict[str, Any]:
        return {
            "type": "response.output_audio.delta",
            "response_id": rid,
            "item_id": item_id,
            "output_index": 0,
            "content_index": 0,
            "delta": base64.b64encode(pcm).decode(),
        }

    def audio_done(self, answer: Answer) -> None:
        ids = {"response_id": answer.rid, "item_id": answer.item, "content_index": 0}
        self.stage.tell({"type": "response.output_audio.done", **ids})

    def start_speech(self) -> None:
        self.speaking = self.name("user")
        self.stage.tell(
            {
                "type": "input_audio_buffer.speech_started",
                "item_id": self.speaking,
                "audio_start_ms": 0,
            }
        )
        if self.active is not None:
            self.end(self.active, "cancelled")

    def stop_speech(self) -> None:
        item_id, self.speaking = self.speaking, None
        assert item_id is not None
        self.stage.tell(
            {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": 0}
        )
        self._commit(self.add_item("user", item_id))
        self.will_begin = True

    def change_turns(self, *, commits: bool) -> None:
        """Find turns in another way; the one that was begun is forgotten, or committed anyway."""
        self.threshold = 0.9 - self.threshold
        detection = {"type": "server_vad", "threshold": self.threshold}
        session = merge(self.session, {"audio": {"input": {"turn_detection": detection}}})
        self.stage.tell({"type": "session.updated", "session": session})
        if not commits and self.speaking is not None:
            self.forgotten.append(self.speaking)
            self.speaking = None

    def time_out(self) -> None:
        """Nobody spoke for so long that it speaks first."""
        item_id = self.name("user")
        ends = {"item_id": item_id, "audio_start_ms": 0, "audio_end_ms": 0}
        self.stage.tell({"type": "input_audio_buffer.timeout_triggered", **ends})
        self._commit(self.add_item("user", item_id))
        self.will_begin = True

    def _commit(self, item_id: str) -> None:
        previous = self.items[item_id].previous
        self.stage.tell(
            {
                "type": "input_audio_buffer.committed",
                "item_id": item_id,
                "previous_item_id": previous,
            }
        )

    def transcribe(self, item_id: str, kind: str) -> None:
        """Send a delta of a transcript, the whole, or word that there is none."""
        event: dict[str, Any] = {
            "type": f"conversation.item.input_audio_transcription.{kind}",
            "item_id": item_id,
            "content_index": 0,
        }
        if kind == "completed":
            self.items[item_id].text = f"words of {item_id}"
            event["transcript"] = self.items[item_id].text
        elif kind == "failed":
            event["error"] = {"message": "inaudible"}
        else:
            event["delta"] = "words "
        self.stage.tell(event)
