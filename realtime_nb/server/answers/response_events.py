"""The events of one response, in the wire's order, whatever the response's fate.

This is the only place that knows the order. Whoever drives it opens a message, adds
deltas, makes function calls and finishes; finishing early closes what is open with the
tail that the service sends for a cancelled response, at once and in one go. After that
every further call does nothing, so a driver that is a moment late can do no harm.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.answers.context import (
    ASSISTANT_AUDIO_TOKEN_MS,
    Tokens,
    audio_tokens,
    text_tokens,
)
from realtime_nb.server.answers.usage import response_usage
from realtime_nb.server.emitter import Emitter, obfuscation
from realtime_nb.server.items import Conversation, Item, Part
from realtime_nb.server.mcp.items import McpCall

if TYPE_CHECKING:
    from realtime_nb.server.audio_format import WireFormat

Json = dict[str, Any]

FinalStatus = Literal["completed", "cancelled", "failed", "incomplete"]
_ARGUMENTS_PIECE = 24  # characters of a call's arguments in one delta


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """What a response was asked to be.

    Parameters
    ----------
    id
        ``resp_...``.
    conversation_id
        None for an out-of-band response.
    modality
        ``audio`` or ``text``.
    max_output_tokens
        A number, or ``inf``.
    format, voice, speed
        Of the sound.
    metadata
        Echoed as given.
    """

    id: str
    conversation_id: str | None
    modality: Literal["audio", "text"]
    max_output_tokens: int | Literal["inf"]
    format: WireFormat
    voice: str
    speed: float = 1.0
    metadata: dict[str, str] | None = None


class ResponseEvents:
    """Emits one response.

    Parameters
    ----------
    emit
        Where the events go.
    spec
        What was asked for.
    conversation
        Takes the items made; None for an out-of-band response.
    input_details
        `input_token_details` for the usage; None where tokens are not counted here.
    now_s
        The session's clock, for the items made.
    """

    def __init__(
        self,
        emit: Emitter,
        spec: ResponseSpec,
        *,
        conversation: Conversation | None,
        input_details: Json | None,
        now_s: float = 0.0,
    ) -> None:
        self.spec = spec
        self.status: FinalStatus | Literal["in_progress"] = "in_progress"
        self.output: list[Item] = []
        self._emit = emit
        self._conversation = conversation
        self._input_details = input_details
        self._now_s = now_s
        self._open: Item | None = None
        self._said = ""  # by the open message; a truncation takes it from the item only
        self._audio_ms = 0.0
        self._characters = 0

    @property
    def active(self) -> bool:
        """Whether the response has not ended."""
        return self.status == "in_progress"

    @property
    def audio_ms(self) -> float:
        """How much audio was sent so far."""
        return self._audio_ms

    @property
    def output_tokens(self) -> Tokens:
        """What was put out so far."""
        return Tokens(
            text=-(-self._characters // 4),
            audio=audio_tokens(self._audio_ms, ASSISTANT_AUDIO_TOKEN_MS),
        )

    def room_for(self, *, text: str = "", audio_ms: float = 0.0) -> bool:
        """Return whether `max_output_tokens` allows that much more."""
        limit = self.spec.max_output_tokens
        if limit == "inf":
            return True
        more = text_tokens(text) + audio_tokens(audio_ms, ASSISTANT_AUDIO_TOKEN_MS)
        return self.output_tokens.total + more <= limit

    def created(self) -> None:
        """Emit `response.created`."""
        self._emit("response.created", response=self._to_wire(None, None))

    def text(self, delta: str) -> None:
        """Emit a piece of text: the words of a text answer, or the transcript of sound."""
        if not self.active or not delta:
            return
        part = self._part()
        if part.type == "output_text":
            part.text += delta
            kind = "response.output_text.delta"
        else:
            # None: the client has truncated the item already, its transcript is gone.
            part.transcript = None if part.transcript is None else part.transcript + delta
            kind = "response.output_audio_transcript.delta"
        self._said += delta
        self._characters += len(delta)
        self._emit(kind, **self._ids(), delta=delta, obfuscation=obfuscation())

    def audio(self, data: bytes) -> None:
        """Emit a piece of sound in the response's format."""
        if not self.active or not data:
            return
        part = self._part()
        if part.transcript is not None:
            part.audio += data
        self._audio_ms += self.spec.format.ms(len(data))
        delta = base64.b64encode(data).decode("ascii")
        self._emit("response.output_audio.delta", **self._ids(), delta=delta)

    def open_message(self) -> None:
        """Begin a message item, unless one is open."""
        if self.active:
            self._part()

    def close_message(self) -> None:
        """Complete the open message, if any."""
        if self.active and self._open is not None:
            self._close_open("completed")

    def function_call(self, name: str, arguments: str) -> None:
        """Emit a whole function call."""
        if not self.active:
            return
        self.close_message()
        item = Item(
            id=new_id("item"),
            type="function_call",
            status="in_progress",
            name=name,
            call_id=new_id("call"),
            made_s=self._now_s,
        )
        self._add(item)
        ids = {**self._item_ids(item), "call_id": item.call_id}
        self._arguments("response.function_call_arguments.delta", ids, item, arguments)
        item.status = "completed"
        self._emit("response.function_call_arguments.done", **ids, name=name, arguments=arguments)
        self._done(item)

    def mcp_call(self, server_label: str, name: str, arguments: str) -> McpCall | None:
        """Emit a call of an MCP server's tool up to its arguments.

        Returns
        -------
        McpCall
            The call, which stays open until `settled`; None when the response has ended.
        """
        if not self.active:
            return None
        self.close_message()
        item = McpCall(
            id=new_id("item"),
            type="mcp_call",
            status="in_progress",
            name=name,
            server_label=server_label,
            made_s=self._now_s,
        )
        self._add(item)
        ids = self._item_ids(item)
        self._arguments("response.mcp_call_arguments.delta", ids, item, arguments)
        self._emit("response.mcp_call_arguments.done", **ids, arguments=arguments)
        return item

    def mcp_progress(
        self, item: McpCall, state: Literal["in_progress", "completed", "failed"]
    ) -> None:
        """Emit how a call fares, be the response over or not."""
        index = self.output.index(item)
        self._emit(f"response.mcp_call.{state}", item_id=item.id, output_index=index)

    def settled(self, item: McpCall) -> None:
        """Emit that a call is over, be the response over or not."""
        self._done(item)

    def whole(self, item: Item) -> None:
        """Emit an item that comes as a whole."""
        if self.active:
            self._add(item)
            self._done(item)

    def finish(self, status: FinalStatus, details: Json | None = None) -> Json | None:
        """End the response: close what is open, emit `response.done`.

        Parameters
        ----------
        status
            How it ended; anything but ``completed`` leaves an open item incomplete.
        details
            The rest of `status_details`, such as ``{"reason": "turn_detected"}``.

        Returns
        -------
        Json
            The `usage` object; None where tokens are not counted here.
        """
        if self._open is not None:
            self._close_open("completed" if status == "completed" else "incomplete")
        self.status = status
        usage = None
        if self._input_details is not None:
            usage = response_usage(self._input_details, self.output_tokens)
        status_details = None if status == "completed" else {"type": status, **(details or {})}
        self._emit("response.done", response=self._to_wire(status_details, usage))
        return usage

    def _arguments(self, kind: str, ids: Json, item: Item, arguments: str) -> None:
        for first in range(0, len(arguments), _ARGUMENTS_PIECE):
            delta = arguments[first : first + _ARGUMENTS_PIECE]
            self._emit(kind, **ids, delta=delta, obfuscation=obfuscation())
        item.arguments = arguments
        self._characters += len(item.name) + len(arguments)

    def _part(self) -> Part:
        """Return the open message's part; open one when there is none."""
        if self._open is not None:
            return self._open.parts[0]
        item = Item(
            id=new_id("item"),
            type="message",
            status="in_progress",
            role="assistant",
            made_s=self._now_s,
        )
        self._add(item)
        self._open = item
        if self.spec.modality == "text":
            part, shown = Part("output_text"), {"type": "text", "text": ""}
        else:
            part = Part("output_audio", transcript="", format=self.spec.format)
            shown = {"type": "audio", "transcript": ""}
        item.parts.append(part)
        self._emit("response.content_part.added", **self._ids(), part=shown)
        return part

    def _add(self, item: Item) -> None:
        index = len(self.output)
        self.output.append(item)
        self._emit(
            "response.output_item.added",
            response_id=self.spec.id,
            output_index=index,
            item=item.to_wire(),
        )
        if self._conversation is not None:
            previous = self._conversation.add(item)
            self._emit("conversation.item.added", previous_item_id=previous, item=item.to_wire())

    def _close_open(self, status: Literal["completed", "incomplete"]) -> None:
        item = self._open
        if item is None:
            return
        part = item.parts[0]
        ids = self._ids()
        said, self._said = self._said, ""
        if part.type == "output_text":
            self._emit("response.output_text.done", **ids, text=said)
            shown = {"type": "text", "text": said}
        else:
            self._emit("response.output_audio.done", **ids)
            self._emit("response.output_audio_transcript.done", **ids, transcript=said)
            shown = {"type": "audio", "transcript": said}
        self._emit("response.content_part.done", **ids, part=shown)
        item.status = status
        self._open = None
        self._done(item)

    def _done(self, item: Item) -> None:
        if self._conversation is not None:
            # Null on the wire for what a response made; only `.added` names the predecessor.
            self._emit("conversation.item.done", previous_item_id=None, item=item.to_wire())
        self._emit(
            "response.output_item.done",
            response_id=self.spec.id,
            output_index=self.output.index(item),
            item=item.to_wire(),
        )

    def _item_ids(self, item: Item) -> Json:
        return {
            "response_id": self.spec.id,
            "item_id": item.id,
            "output_index": self.output.index(item),
        }

    def _ids(self) -> Json:
        item = self._open or self.output[-1]
        return {**self._item_ids(item), "content_index": 0}

    def _to_wire(self, status_details: Json | None, usage: Json | None) -> Json:
        spec = self.spec
        return {
            "object": "realtime.response",
            "id": spec.id,
            "status": self.status,
            "status_details": status_details,
            "output": [item.to_wire() for item in self.output],
            "conversation_id": spec.conversation_id,
            "output_modalities": [spec.modality],
            "max_output_tokens": spec.max_output_tokens,
            "audio": {"output": {"format": spec.format.to_wire(), "voice": spec.voice}},
            "usage": usage,
            "metadata": spec.metadata,
        }
