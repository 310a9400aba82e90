"""One item of a conversation, as far as the events so far have told it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

ItemStatus: TypeAlias = Literal["in_progress", "completed", "incomplete", "failed"]

LONGEST_TEXT: Final = 1_000_000
"""Characters of one part, of arguments or of an output that are kept; an hour of speech has 60,000.
The rest is in the log alone, and an ellipsis says so."""

MAX_PARTS: Final = 1_000
"""Content parts of an item that are kept."""

_PCM16_BYTES_PER_MS: Final = 48
_G711_BYTES_PER_MS: Final = 8


@dataclass(slots=True)
class Part:
    """One content part: its text or transcript, and how much sound came with it.

    Attributes
    ----------
    kind
        ``"text"``, ``"audio"`` or ``"image"``.
    text
        The text, or the transcript of the sound, as far as it has arrived.
    audio_ms
        Milliseconds of sound received.
    """

    kind: str = "text"
    text: str = ""
    audio_ms: float = 0.0

    def add(self, text: str) -> None:
        """Put more words at the end."""
        self.text = added(self.text, text)


@dataclass(slots=True)
class Item:
    """A message, function call or other entry of a conversation.

    Attributes
    ----------
    id
        The item's id.
    type
        ``"message"``, ``"function_call"``, ``"function_call_output"``, ``"mcp_call"``, …
    role
        ``"user"``, ``"assistant"`` or ``"system"`` for messages, else None.
    status
        As on the wire; ``"failed"`` also when the transcription of a user's words failed.
    response_id
        The response that made it, for the assistant's items.
    started_ms
        When it was first heard of, in milliseconds since the session's start.
    parts
        Content parts by content index.
    awaits_transcript
        Whether the user's spoken words have not been transcribed to their end yet; what text
        there is may still change.
    transcribed
        Whether the final transcript has come, or word that there will be none.
    truncated_ms
        Where the service cut the item's sound, None when it was not cut.
    ms_per_char
        How long a character of it takes to say, in milliseconds, where its sound was cut on a
        call: how much there was in all is in no event.
    name, call_id, arguments, output
        Of function calls and their outputs, and of a server's (MCP). The answer to a request
        for approval has the request's id as its `call_id`.
    server
        The label of the MCP server that has the tool.
    tools
        The names of an MCP server's tools, once they are listed.
    approve
        How an MCP approval was answered; None while it is not.
    error
        What went wrong, in the service's words.
    lost
        Whether the connection broke while it was made, or before its words came. It stays as
        far as it came.
    """

    id: str
    type: str = "message"
    role: str | None = None
    status: ItemStatus = "in_progress"
    response_id: str | None = None
    started_ms: float = 0.0
    parts: dict[int, Part] = field(default_factory=dict[int, Part])
    awaits_transcript: bool = False
    transcribed: bool = False
    truncated_ms: int | None = None
    ms_per_char: float | None = None
    name: str | None = None
    call_id: str | None = None
    arguments: str = ""
    output: str | None = None
    server: str | None = None
    tools: tuple[str, ...] | None = None
    approve: bool | None = None
    error: str | None = None
    lost: bool = False

    @property
    def text(self) -> str:
        """What was written or said, as far as it is known; parts joined by a space."""
        return " ".join(p.text for _, p in sorted(self.parts.items()) if p.text)

    @property
    def audio_ms(self) -> float:
        """Milliseconds of sound received for all parts."""
        return sum(part.audio_ms for part in self.parts.values())

    @property
    def heard_text(self) -> str:
        """The part of `text` that was spoken before the item was cut; all of it if it was not.

        The protocol gives no times for words: the place is where the same share of the text
        lies as of the sound, drawn back to the end of a word.
        """
        text = self.text
        if self.truncated_ms is None:
            return text
        whole_ms = self.audio_ms
        if self.ms_per_char is not None:
            whole_ms = max(self.ms_per_char * len(text), 1.0)
        if whole_ms <= 0 or self.truncated_ms <= 0:
            return ""
        share = min(1.0, self.truncated_ms / whole_ms)
        if share == 1.0:
            return text
        cut = text[: round(len(text) * share)]
        if len(cut) < len(text) and not text[len(cut)].isspace():
            cut = cut[: cut.rfind(" ") + 1]
        return cut.rstrip()

    def part(self, content_index: int, kind: str | None = None) -> Part:
        """Return the part at `content_index`, making it when it is new."""
        if content_index not in self.parts and len(self.parts) >= MAX_PARTS:
            return Part()
        part = self.parts.setdefault(content_index, Part())
        if kind is not None:
            part.kind = kind
        return part

    def read(self, wire: dict[str, Any]) -> None:
        """Take over what a wire item tells; what it leaves out stays as it was.

        Service items come without sound, and their final form repeats the whole text, so a
        text that is there replaces the deltas; an empty one never erases them.
        """
        self.type = _text(wire, "type", self.type)
        self.role = _text(wire, "role", self.role)
        self.status = _text(wire, "status", self.status)
        self.name = _text(wire, "name", self.name)
        self.call_id = _text(wire, "call_id", self.call_id)
        self.arguments = _text(wire, "arguments", self.arguments)
        self.output = _text(wire, "output", self.output)
        self._read_mcp(wire)
        content = wire.get("content")
        if isinstance(content, list):
            for place, entry in enumerate(content):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- JSON
                if isinstance(entry, dict):
                    self._read_part(place, entry)  # pyright: ignore[reportUnknownArgumentType] -- JSON

    def _read_mcp(self, wire: dict[str, Any]) -> None:
        label, approve = wire.get("server_label"), wire.get("approve")
        if self.type == "mcp_approval_response":
            self.call_id = _text(wire, "approval_request_id", self.call_id)
        self.server = label if isinstance(label, str) and label else self.server
        self.approve = approve if isinstance(approve, bool) else self.approve
        if isinstance(tools := wire.get("tools"), list):
            self.tools = tuple(_names(tools))  # pyright: ignore[reportUnknownArgumentType] -- JSON
        if error := wire.get("error"):
            self.error = _error_text(error)

    def _read_part(self, place: int, entry: dict[str, Any]) -> None:
        kind = str(entry.get("type", ""))
        part = self.part(place, _part_kind(kind))
        text = entry.get("text") or entry.get("transcript")
        if isinstance(text, str) and text:
            part.text = kept(text)


def kept(text: str) -> str:
    """Return as much of a text as is kept."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def added(text: str, more: str) -> str:
    """Return a text that grows, as far as it is kept."""
    cut = len(text) >= LONGEST_TEXT and text.endswith("…")
    return text if cut else kept(text + more)


def _text(wire: dict[str, Any], name: str, known: Any) -> Any:
    """Return a field that is a text and not empty; else what was known before."""
    value = wire.get(name)
    return kept(value) if isinstance(value, str) and value else known


def _names(tools: list[Any]) -> Iterator[str]:
    for tool in tools:
        name = tool.get("name") if isinstance(tool, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- JSON
        if isinstance(name, str):
            yield name


def _error_text(error: Any) -> str:
    """Return what an item's error says: a text, or an object with a message."""
    message = error.get("message") if isinstance(error, dict) else error  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- JSON
    return message if isinstance(message, str) and message else "it failed, with no reason given"


def _part_kind(wire_kind: str) -> str:
    for kind in ("audio", "image"):
        if kind in wire_kind:
            return kind
    return "text"


def audio_ms(payload: int, audio_format: dict[str, Any] | None) -> float:
    """Return how long `payload` bytes of sound last, in milliseconds.

    Parameters
    ----------
    payload
        Bytes of sound, decoded.
    audio_format
        The wire's format object, ``{"type": "audio/pcm", "rate": 24000}`` when None.
        G.711 has 8 bytes a millisecond.
    """
    return payload / bytes_per_ms(audio_format)


def bytes_per_ms(audio_format: dict[str, Any] | None) -> float:
    """Return how many bytes a millisecond of sound in a format has; as `audio_ms`."""
    kind = (audio_format or {}).get("type", "audio/pcm")
    if kind in ("audio/pcmu", "audio/pcma"):
        return _G711_BYTES_PER_MS
    rate = (audio_format or {}).get("rate")
    return rate * 2 / 1000 if isinstance(rate, int) and rate > 0 else _PCM16_BYTES_PER_MS
