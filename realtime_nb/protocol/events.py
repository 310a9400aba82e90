"""One event of the Realtime protocol, held as the wire holds it.

Nothing is validated and nothing is dropped: a service may be newer than this package, and
an inspector that hides what it does not know would be useless. Fields are read as
attributes, as with the objects of the ``openai`` package; `Event.model` makes the typed
object when somebody wants it.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import orjson
import pybase64

from realtime_nb.errors import MalformedEvent, one_line
from realtime_nb.protocol.depth import DEEPEST, is_too_deep

Json: TypeAlias = dict[str, Any]

CLIENT_EVENT_TYPES: Final = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
)

SERVER_EVENT_TYPES: Final = (
    "conversation.created",
    "conversation.item.added",
    "conversation.item.created",
    "conversation.item.deleted",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.failed",
    "conversation.item.input_audio_transcription.segment",
    "conversation.item.retrieved",
    "conversation.item.truncated",
    "error",
    "input_audio_buffer.cleared",
    "input_audio_buffer.committed",
    "input_audio_buffer.dtmf_event_received",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.timeout_triggered",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "mcp_list_tools.in_progress",
    "output_audio_buffer.cleared",
    "output_audio_buffer.started",
    "output_audio_buffer.stopped",
    "rate_limits.updated",
    "response.content_part.added",
    "response.content_part.done",
    "response.created",
    "response.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.mcp_call.completed",
    "response.mcp_call.failed",
    "response.mcp_call.in_progress",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.done",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.output_text.done",
    "session.created",
    "session.updated",
)

# Where an event carries sound as base64.
AUDIO_FIELDS: Final[Mapping[str, str]] = {
    "input_audio_buffer.append": "audio",
    "response.output_audio.delta": "delta",
    "session.input_audio_buffer.append": "audio",
    "session.output_audio.delta": "delta",
}

_UNDECODED: Final = object()


class Fields(Mapping[str, Any]):
    """A JSON object whose keys are also attributes; missing ones are `AttributeError`.

    Parameters
    ----------
    data
        The object as parsed. It is looked at, never copied or changed.
    """

    __slots__ = ("data",)

    def __init__(self, data: Json) -> None:
        self.data = data

    def __getattr__(self, name: str) -> Any:
        try:
            return _view(self.data[name])
        except KeyError:
            known = ", ".join(self.data) or "nothing"
            raise AttributeError(f"no field {name!r} here; there are: {known}") from None

    def __getitem__(self, key: str) -> Any:
        return _view(self.data[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __reduce__(self) -> tuple[Any, ...]:
        # Copying asks for attributes before there is any data to look in.
        return Fields, (self.data,)

    def __repr__(self) -> str:
        return f"Fields({self.data!r})"


class Event:
    """One event, from either side.

    Parameters
    ----------
    data
        The event as a JSON object with a `type`; it is kept, not copied.

    Raises
    ------
    MalformedEvent
        When `data` has no `type` that is a string.
    """

    __slots__ = ("_audio", "data", "type")

    def __init__(self, data: Json) -> None:
        kind = data.get("type")
        if not isinstance(kind, str):
            raise MalformedEvent("an event needs a `type` that is a string")
        self.data = data
        self.type = kind
        self._audio: Any = _UNDECODED

    @classmethod
    def parse(cls, frame: str | bytes) -> Event:
        """Read a frame of the wire.

        Raises
        ------
        MalformedEvent
            When the frame is not JSON, not an object, nested too deep, or has no `type`.
        """
        try:
            data = orjson.loads(frame)
        except orjson.JSONDecodeError as error:
            raise MalformedEvent(f"the frame is not JSON: {error}") from None
        if not isinstance(data, dict):
            raise MalformedEvent(f"the frame holds {type(data).__name__}, not an object")
        if is_too_deep(frame, data):
            raise MalformedEvent(f"the frame is nested more than {DEEPEST} levels deep")
        return cls(cast("Json", data))

    def __getattr__(self, name: str) -> Any:
        try:
            return _view(self.data[name])
        except KeyError:
            known = ", ".join(self.data)
            raise AttributeError(f"{self.type} has no field {name!r}; it has: {known}") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and other.data == self.data

    def __hash__(self) -> int:
        return hash((self.type, self.data.get("event_id")))

    def __reduce__(self) -> tuple[Any, ...]:
        return Event, (self.data,)

    def __repr__(self) -> str:
        return one_line(f"<Event {self.type}{_short_refs(self.data)}>")

    def get(self, path: str, default: Any = None) -> Any:
        """Return the value at a dotted path such as ``response.status``, else `default`.

        A step that is missing, or leads into something that is no object, gives `default`.
        """
        value: Any = self.data
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                return default
            value = cast("Json", value)[key]
        return value

    @property
    def event_id(self) -> str | None:
        """The event's own id; the client's events need not have one."""
        return self.get("event_id")

    @property
    def audio(self) -> bytes | None:
        """The sound this event carries, decoded once; None where it carries none.

        Raw bytes in the session's format (by default PCM16, little endian, mono, 24 kHz).
        Base64 that cannot be read counts as no sound.
        """
        if self._audio is _UNDECODED:
            self._audio = self._decode_audio()
        return self._audio

    @property
    def audio_size(self) -> int:
        """Bytes of sound this event carries, told without decoding them."""
        field = AUDIO_FIELDS.get(self.type)
        payload = self.data.get(field) if field else None
        if not isinstance(payload, str):
            return 0
        return len(payload) * 3 // 4 - payload[-2:].count("=")

    def _decode_audio(self) -> bytes | None:
        field = AUDIO_FIELDS.get(self.type)
        if field is None:
            return None
        payload = self.data.get(field)
        if not isinstance(payload, str):
            return None
        try:
            return pybase64.b64decode(payload)
        except (binascii.Error, ValueError):
            return None

    def to_json(self) -> str:
        """Return the event as one line of JSON."""
        return orjson.dumps(self.data).decode()

    def model(self) -> Any:
        """Return the event as the typed object of the ``openai`` package.

        Raises
        ------
        pydantic.ValidationError
            When the event is not what the package's types say.
        LookupError
            When the package knows no event of this type.
        """
        # Imported here: the types take most of a second to load and few callers want them.
        from realtime_nb.protocol import typed  # noqa: PLC0415

        return typed.typed_event(self)


def _view(value: Any) -> Any:
    if isinstance(value, dict):
        return Fields(cast("Json", value))
    if isinstance(value, list):
        return [_view(entry) for entry in cast("list[Any]", value)]
    return value


def _short_refs(data: Json) -> str:
    shown = [f" {key}={data[key]}" for key in ("item_id", "response_id") if key in data]
    return "".join(shown)
