"""One event as somebody looks at it: as JSON without its sound, and as the call that sends it."""

from __future__ import annotations

import json
import pprint
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.credentials import hide_fields
from realtime_nb.protocol.events import AUDIO_FIELDS

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event, Json
    from realtime_nb.protocol.log.event_log import EventLog, Record

LONGEST_TEXT: Final = 2_000
"""Characters of one text that are shown; who copies the event gets all of them."""

LONGEST_JSON: Final = 200_000

_SOUND_NAMES: Final = frozenset({"audio", "delta", "data"})
_SOUND_PARTS: Final = frozenset({"input_audio", "output_audio", "audio"})
_LOOKED_AT: Final = 20_000  # events looked through for the one that an error is about
_DEEPEST: Final = 60
_LONGEST_PRETTY: Final = 20_000
_WIDTH: Final = 92


@dataclass(frozen=True, slots=True)
class _Sound:
    """Stands for what an expression gives; Python's printer writes it as it is."""

    expression: str

    def __repr__(self) -> str:
        return self.expression


def event_json(event: Event, *, whole: bool = False) -> tuple[str, bool]:
    """Return an event as indented JSON, and whether something was cut.

    Sound and pictures are told by their size and credentials are hidden, always.

    Parameters
    ----------
    event
        The event.
    whole
        Cut no text.
    """
    cutter = _Cutter(None if whole else LONGEST_TEXT)
    shown = cutter.show(_head(event, f"<{_bytes(event.audio_size)} of sound>"))
    text = json.dumps(shown, ensure_ascii=False, indent=2, default=str)
    if not whole and len(text) > LONGEST_JSON:
        return sendable(f"{text[:LONGEST_JSON]}\n…"), True
    return sendable(text), cutter.cut


def event_python(record: Record, name: str) -> str:
    """Return Python that sends an event again; for a received one, the event as a dict.

    Parameters
    ----------
    record
        The event.
    name
        What the chat is called.
    """
    event = record.event
    owner = name if name.isidentifier() else "chat"
    sound = _Sound(f"{owner}.events.source.find({record.seq}).event.data[{_field(event)!r}]")
    shown = _Cutter(None).show(_head(event, sound))
    literal = repr(shown)
    if len(literal) <= _LONGEST_PRETTY:  # the printer writes each level anew
        literal = pprint.pformat(shown, sort_dicts=False, width=_WIDTH)
    if record.direction == "sent":
        return sendable(f"await {owner}.session.send({literal})")
    return sendable(f"event = {literal}")


def sendable(text: str) -> str:
    """Return text without halves of characters, which no message could carry."""
    return text.encode("utf-8", "replace").decode()


def _field(event: Event) -> str:
    return AUDIO_FIELDS.get(event.type, "")


def _head(event: Event, sound: Any) -> Json:
    if not event.audio_size:
        return hide_fields(event.data)
    return {**event.data, _field(event): sound}


class _Cutter:
    """Shows values of JSON with what is too long cut."""

    def __init__(self, longest: int | None) -> None:
        self._longest = longest
        self.cut = False

    def show(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if depth > _DEEPEST:
            self.cut = True
            return "…"
        if isinstance(value, list):
            return [self.show(entry, depth + 1) for entry in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        fields = cast("Json", value)
        kind = fields.get("type")
        sounds = isinstance(kind, str) and kind in _SOUND_PARTS
        return {key: self._field(key, entry, depth, sounds=sounds) for key, entry in fields.items()}

    def _field(self, key: str, value: Any, depth: int, *, sounds: bool) -> Any:
        if isinstance(value, str) and sounds and key in _SOUND_NAMES:
            return f"<{_bytes(len(value) * 3 // 4)} of sound>"
        return self.show(value, depth + 1)

    def _text(self, text: str) -> str:
        if text.startswith("data:") and ";base64," in text[:100]:
            kind, _, payload = text.partition(",")
            return f"{kind},<{_bytes(len(payload) * 3 // 4)}>"
        if self._longest is None or len(text) <= self._longest:
            return text
        self.cut = True
        return f"{text[: self._longest]}… ({len(text):,} characters)"


def _bytes(count: int) -> str:
    return f"{count:,} bytes"


def answered_event(log: EventLog, record: Record) -> int | None:
    """Return the seq of the client's event that an error answers, None when nobody can tell."""
    wanted = record.event.get("error.event_id")
    if not isinstance(wanted, str) or not wanted:
        return None
    for place in _before(log, record.seq):
        other = log[place]
        if other.direction == "sent" and other.event.event_id == wanted:
            return other.seq
    return None


def answering_errors(log: EventLog, record: Record) -> list[int]:
    """Return the seqs of the errors that answer a client's event."""
    wanted = record.event.event_id
    if record.direction != "sent" or wanted is None:
        return []
    return [
        other.seq
        for other in log[_after(log, record.seq)]
        if other.event.type == "error" and other.event.get("error.event_id") == wanted
    ]


def _before(log: EventLog, seq: int) -> range:
    place = _place(log, seq)
    return range(place - 1, max(-1, place - 1 - _LOOKED_AT), -1)


def _after(log: EventLog, seq: int) -> slice:
    place = _place(log, seq)
    return slice(place + 1, place + 1 + _LOOKED_AT)


def _place(log: EventLog, seq: int) -> int:
    low, high = 0, len(log)
    while low < high:
        middle = (low + high) // 2
        if log[middle].seq < seq:
            low = middle + 1
        else:
            high = middle
    return low
