"""Conversation items as the server holds them: their parts, their sound, their wire form."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from realtime_nb.server.audio_format import WireFormat
    from realtime_nb.server.ears.hearing import Understood
    from realtime_nb.server.pictures import Picture

Json = dict[str, Any]

ItemType = Literal[
    "message",
    "function_call",
    "function_call_output",
    "mcp_list_tools",
    "mcp_call",
    "mcp_approval_request",
    "mcp_approval_response",
]
PartType = Literal["input_text", "input_audio", "input_image", "output_text", "output_audio"]
Status = Literal["in_progress", "completed", "incomplete"]

ROOT = "root"


@dataclass(slots=True, eq=False)
class Part:
    """One content part of a message.

    Parameters
    ----------
    type
        As on the wire.
    text
        For text parts.
    transcript
        For audio parts; None while it is unknown or after a truncation.
    audio, format
        The sound in the format it came or went in.
    image_url, detail, picture
        For images, of which only kind and size are known.
    understood
        For user audio: what recognition made of it, as soon as it is known.
    """

    type: PartType
    text: str = ""
    transcript: str | None = None
    audio: bytearray = field(default_factory=bytearray)
    format: WireFormat | None = None
    image_url: str | None = None
    detail: str | None = None
    picture: Picture | None = None
    understood: asyncio.Future[Understood] | None = None

    @property
    def audio_ms(self) -> float:
        """How long the part's sound is."""
        return self.format.ms(len(self.audio)) if self.format is not None else 0.0

    def to_wire(self, *, with_audio: bool) -> Json:
        """Return the part's JSON object; sound only where it is asked for."""
        if self.type in {"input_text", "output_text"}:
            return {"type": self.type, "text": self.text}
        if self.type == "input_image":
            image: Json = {"type": self.type, "image_url": self.image_url}
            return {**image, "detail": self.detail} if self.detail else image
        wire: Json = {"type": self.type}
        if with_audio:
            wire["audio"] = base64.b64encode(self.audio).decode()
        wire["transcript"] = self.transcript
        return wire


@dataclass(slots=True, eq=False)
class Item:
    """One item of a conversation.

    Parameters
    ----------
    id, type, status, role
        As on the wire; `role` only for messages.
    parts
        Content of a message.
    name, arguments, call_id, output
        Of function calls and their outputs.
    made_s
        When it was made, in seconds of the session's clock.
    """

    id: str
    type: ItemType
    status: Status = "completed"
    role: Literal["system", "user", "assistant"] | None = None
    parts: list[Part] = field(default_factory=list)
    name: str = ""
    arguments: str = ""
    call_id: str = ""
    output: str = ""
    made_s: float = 0.0

    def to_wire(self, *, with_audio: bool = False) -> Json:
        """Return the item's JSON object, keys in the wire's order."""
        if self.type == "message":
            content = [part.to_wire(with_audio=with_audio) for part in self.parts]
            return {
                "id": self.id,
                "type": "message",
                "status": self.status,
                "role": self.role,
                "content": content,
            }
        if self.type == "function_call":
            return {
                "id": self.id,
                "type": "function_call",
                "status": self.status,
                "name": self.name,
                "call_id": self.call_id,
                "arguments": self.arguments,
            }
        return {
            "id": self.id,
            "type": "function_call_output",
            "call_id": self.call_id,
            "output": self.output,
        }

    def truncate(self, content_index: int, audio_end_ms: int) -> None:
        """Cut assistant audio and forget its transcript, which was not all heard.

        Raises
        ------
        WireError
            When this is no assistant audio, or it is shorter than that.
        """
        part = self.parts[content_index] if 0 <= content_index < len(self.parts) else None
        if self.role != "assistant" or part is None or part.type != "output_audio":
            raise _not_truncatable()
        if part.format is None or not part.audio:
            raise _not_truncatable()
        size = part.format.size(audio_end_ms)
        if size > len(part.audio):
            raise WireError(
                f"Audio content of {int(part.audio_ms)}ms is already shorter than {audio_end_ms}ms",
                names_event=False,
            )
        del part.audio[size:]
        part.transcript = None


class Conversation:
    """The default conversation: items in order."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._by_id: dict[str, Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._by_id

    def get(self, item_id: str) -> Item | None:
        """Return an item, None when there is none of that id."""
        return self._by_id.get(item_id)

    @property
    def last_id(self) -> str | None:
        """Id of the last item."""
        return self._items[-1].id if self._items else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put an item at the end, or after another; return the id of the one before it.

        Parameters
        ----------
        item
            Its id must be new here.
        after
            None for the end, ``root`` for the front, else an item's id.

        Raises
        ------
        WireError
            For an id already used, or an unknown `after`.
        """
        if item.id in self._by_id:
            raise WireError(
                f"Error adding item: an item with id '{item.id}' already exists.",
                code="item_create_duplicate_item_id",
                names_event=False,
            )
        place = self._place(after)
        self._items.insert(place, item)
        self._by_id[item.id] = item
        return self._items[place - 1].id if place else None

    def remove(self, item_id: str) -> Item | None:
        """Take an item out; return it, None when there is none of that id."""
        item = self._by_id.pop(item_id, None)
        if item is not None:
            self._items.remove(item)
        return item

    @property
    def has_assistant_audio(self) -> bool:
        """Whether the assistant has spoken."""
        return any(
            part.type == "output_audio" and len(part.audio) > 0
            for item in self._items
            if item.role == "assistant"
            for part in item.parts
        )

    def has_call(self, call_id: str) -> bool:
        """Whether a function call of that id stands here."""
        return any(item.type == "function_call" and item.call_id == call_id for item in self._items)

    def _place(self, after: str | None) -> int:
        if after is None:
            return len(self._items)
        if after == ROOT:
            return 0
        for index, item in enumerate(self._items):
            if item.id == after:
                return index + 1
        raise WireError(
            f"Error adding item: the previous item with id '{after}' does not exist.",
            code="item_create_invalid_previous_item_id",
            param="previous_item_id",
        )


def _not_truncatable() -> WireError:
    return WireError("Only model output audio messages can be truncated", names_event=False)
