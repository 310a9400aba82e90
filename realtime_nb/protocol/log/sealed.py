"""Records that have aged, kept close together: their sound decoded, all else as JSON.

An event just in is a dict with its sound as base64 beside the decoded bytes. An hour of those
is a gigabyte, and every full pass of the garbage collector walks through them. Sealed, a
record is a row in a few arrays: sound once, as raw bytes, and the rest of the event as the
bytes of its JSON. It is read again when somebody looks at it, equal to what it was.
"""

from __future__ import annotations

import sys
from array import array
from typing import Any, Final, cast

import orjson
import pybase64

from realtime_nb.protocol.events import AUDIO_FIELDS, Event, Json
from realtime_nb.protocol.log.columns import Batch

BLOCK: Final = 256
"""Records in one block."""

_LARGE: Final = 16 * 1024


class SealedEvent(Event):
    """An event whose sound is kept decoded; it reads like any other.

    `data` is made anew each time it is asked for where there is sound: what holds many of
    these holds their sound once.
    """

    __slots__ = ("_fields", "_json")

    def __init__(self, kind: str, fields: bytes, sound: bytes | None) -> None:
        self.type = kind
        self._json = fields
        self._fields: Json | None = None
        self._audio = sound

    def _head(self) -> Json:
        if self._fields is None:
            self._fields = cast("Json", orjson.loads(self._json))
        return self._fields

    @property
    def data(self) -> Json:  # pyright: ignore[reportIncompatibleVariableOverride] -- read only here
        """The event as a JSON object."""
        head = self._head()
        if not self._audio:
            return head
        return {**head, AUDIO_FIELDS[self.type]: pybase64.b64encode(self._audio).decode("ascii")}

    def get(self, path: str, default: Any = None) -> Any:
        """Return the value at a dotted path; see `Event.get`."""
        if self._audio and path == AUDIO_FIELDS[self.type]:
            return self.data[path]
        head = self._head()
        return _at(head, path, default) if "." in path else head.get(path, default)

    @property
    def audio(self) -> bytes | None:
        """The sound this event carries; see `Event.audio`."""
        field = AUDIO_FIELDS.get(self.type)
        if self._audio is None and field is not None and self._head().get(field) == "":
            return b""
        return self._audio

    @property
    def audio_size(self) -> int:
        """Bytes of sound it carries."""
        return len(self._audio or b"") or super().audio_size


def _at(value: Any, path: str, default: Any) -> Any:
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return default
        value = cast("Json", value)[key]
    return value


class Block:
    """At most `BLOCK` records in a row.

    One thread adds to it and lets go; others may read what they know to be in it.

    Parameters
    ----------
    start
        How many records came before its first one.
    """

    __slots__ = (
        "_ends",
        "_events",
        "_json",
        "_kinds",
        "_large",
        "_sounds",
        "rests",
        "sent",
        "seqs",
        "sizes",
        "start",
        "times",
    )

    def __init__(self, start: int) -> None:
        self.start = start
        self.seqs = array("q")
        self.times = array("d")
        self.sizes = array("q")
        self.rests = array("q")
        self.sent = bytearray()
        self._kinds: list[str] = []
        self._json = bytearray()
        self._ends = array("q", [0])
        self._sounds: list[bytes | None] = []
        # By place: JSON that is worth letting go by itself, and what JSON cannot give back.
        self._large: dict[int, bytes] = {}
        self._events: dict[int, Event] = {}

    def add(self, seq: int, t_ms: float, size: int, rest: int, event: Event, *, sent: bool) -> None:  # noqa: PLR0913 -- the columns of one row
        """Take in one record; `rest` is its size without sound."""
        place = len(self.seqs)
        sealed = _seal(event)
        fields, sound = sealed or (b"", None)
        if sealed is None:
            self._events[place] = event
        if len(fields) > _LARGE:
            # A copy: orjson's bytes keep the room that their longest form would have needed.
            self._large[place], fields = bytes(memoryview(fields)), b""
        self._json += fields
        self._ends.append(len(self._json))
        self._sounds.append(sound)
        self._kinds.append(sys.intern(event.type))
        self.sent.append(sent)
        self.times.append(t_ms)
        self.sizes.append(size)
        self.rests.append(rest)
        self.seqs.append(seq)

    @property
    def end(self) -> int:
        """How many records came up to its last one, that included."""
        return self.start + len(self.seqs)

    def event(self, place: int) -> Event:
        """Return the event at `place`, from 0."""
        kept = self._events.get(place)
        if kept is not None:
            return kept
        fields = self._large.get(place)
        if fields is None:
            fields = bytes(self._json[self._ends[place] : self._ends[place + 1]])
        return SealedEvent(self._kinds[place], fields, self._sounds[place])

    def batch(self, first: int, count: int) -> Batch:
        """Return `count` records from place `first` on as a table has them."""
        places = slice(first, first + count)
        return Batch(
            self.seqs[places],
            self.times[places],
            ["sent" if sent else "received" for sent in self.sent[places]],
            self.sizes[places],
            self._kinds[places],
            self._heads(first, first + count),
            [
                len(sound) if sound else self._rare_sound(place)
                for place, sound in enumerate(self._sounds[places], first)
            ],
        )

    def _heads(self, first: int, end: int) -> list[Json]:
        json, ends = bytes(self._json), self._ends
        parts = [json[ends[place] : ends[place + 1]] or b"null" for place in range(first, end)]
        heads = cast("list[Json | None]", orjson.loads(b"[" + b",".join(parts) + b"]"))
        return [
            self.event(place).data if head is None else head
            for place, head in enumerate(heads, first)
        ]

    def _rare_sound(self, place: int) -> int:
        kept = self._events.get(place) if self._events else None
        return 0 if kept is None else kept.audio_size

    def silence(self, place: int) -> None:
        """Let the sound at `place` go; its event stays."""
        self._sounds[place] = None
        if place in self._events:
            self._events[place] = silent(self._events[place])

    def forget(self, place: int) -> None:
        """Let go of what the record at `place` holds; only who looks just now may see the rest."""
        self._sounds[place] = None
        if place in self._events:
            self._events[place] = Event({"type": self._kinds[place]})
        if place in self._large:
            self._large[place] = b"{}"


def silent(event: Event) -> Event:
    """Return an event that carries sound without it."""
    return Event({**event.data, AUDIO_FIELDS[event.type]: ""})


def _seal(event: Event) -> tuple[bytes, bytes | None] | None:
    """Return an event as JSON and sound; None when it could not be made again from those."""
    data, sound = event.data, None
    field = AUDIO_FIELDS.get(event.type)
    payload = data.get(field) if field is not None else None
    if field is not None and payload:
        sound = event.audio
        if not sound or not _is_base64_of(payload, sound):
            return None
        data = {**data, field: ""}
    try:
        return orjson.dumps(data), sound
    except TypeError:
        return None


def _is_base64_of(payload: str, sound: bytes) -> bool:
    """Whether encoding `sound`, which was decoded from `payload`, gives just that."""
    size = len(sound)
    if len(payload) != (size + 2) // 3 * 4:
        return False
    # Only the last sign can say the same in more than one way: its spare bits may be set.
    if size % 3 == 1:
        return payload[-3] in "AQgw" and payload.endswith("==")
    return size % 3 == 0 or (payload[-2] in "AEIMQUYcgkosw048" and payload[-1] == "=")
