"""The sound of a log as WAV files: each stream once, as the wire had it.

An event's line says where its sound is: ``"sound": {"in": "audio/user.wav", "at": 44,
"bytes": 4800}``, in bytes from the beginning of that file. What is no plain base64, or of a
form that no WAV has, stays in its event.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import pybase64

from realtime_nb.audio.wav import wav_header
from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.log.sealed import SealedEvent
from realtime_nb.protocol.session_sound import audio_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.log.event_log import Record

Place: TypeAlias = dict[str, Any]
"""Where an event's sound is: ``in`` which file, ``at`` which byte of it, how many ``bytes``."""

FOLDER: Final = "audio/"
MOST_STREAMS: Final = 16
"""Streams that get a file; the sound of further ones stays in its events."""

_RATE: Final = 24_000
_G711_RATE: Final = 8_000
_G711_TAGS: Final = {"audio/pcma": 6, "audio/pcmu": 7}
_RATES: Final = range(1_000, 384_001)
_CHANNELS: Final = range(1, 33)
_FLOW: Final = "session.output_audio.delta"
_MOST: Final = 2**32 - 256  # of a WAV file

_Form: TypeAlias = tuple[str, int, int]


@dataclass(slots=True)
class Stream:
    """One side's sound of one form, in its order.

    Attributes
    ----------
    name
        Of its file.
    form
        Type, rate in Hz, channels.
    pieces
        The sound: references to what the log holds.
    size
        Bytes of it.
    """

    name: str
    form: _Form
    pieces: list[bytes] = field(default_factory=list[bytes])
    size: int = 0

    def header(self) -> bytes:
        """Return what stands before the sound in its file."""
        kind, rate, channels = self.form
        tag = _G711_TAGS.get(kind)
        return wav_header(self.size, rate, channels) if tag is None else _g711(self.size, tag)

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole file."""
        yield self.header()
        yield from self.pieces
        if self.size % 2:
            yield b"\0"


class SoundWriter:
    """Takes the sound out of events, in the order of the log."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, _Form], Stream] = {}
        self._session: dict[str, Any] | None = None

    @property
    def streams(self) -> list[Stream]:
        """The streams so far."""
        return list(self._streams.values())

    def take(self, record: Record) -> tuple[dict[str, Any], Place | None]:
        """Return an event's data without its sound, and where that went.

        None, with the data as they are, where there is none to take.
        """
        event = record.event
        data = event.data
        self._follow(record)
        name = AUDIO_FIELDS.get(event.type)
        payload = data.get(name) if name is not None else None
        if name is None or not payload or not isinstance(payload, str):
            return data, None
        sound = _decoded(event, payload)
        stream = self._stream(event, record.direction) if sound is not None else None
        if sound is None or stream is None or stream.size + len(sound) > _MOST:
            return data, None
        at = len(stream.header()) + stream.size
        stream.pieces.append(sound)
        stream.size += len(sound)
        return {**data, name: ""}, {"in": stream.name, "at": at, "bytes": len(sound)}

    def _follow(self, record: Record) -> None:
        if record.direction == "received" and record.event.type.startswith("session."):
            session = record.event.get("session")
            if isinstance(session, dict):
                self._session = cast("dict[str, Any]", session)

    def _stream(self, event: Event, direction: str) -> Stream | None:
        side = "user" if direction == "sent" else "assistant"
        form = _form(event, self._session, "input" if side == "user" else "output")
        known = self._streams.get((side, form))
        if known is None and len(self._streams) < MOST_STREAMS:
            number = sum(one == side for one, _ in self._streams) + 1
            name = f"{FOLDER}{side}{'' if number == 1 else f'-{number}'}.wav"
            known = self._streams[side, form] = Stream(name, form)
        return known


def with_sound(data: dict[str, Any], sound: bytes) -> dict[str, Any]:
    """Return an event's data with its sound as the wire had it."""
    name = AUDIO_FIELDS.get(str(data.get("type")))
    return data if name is None else {**data, name: pybase64.b64encode(sound).decode("ascii")}


def _decoded(event: Event, payload: str) -> bytes | None:
    """Return the sound of an event; None where encoding it would not give the same text."""
    # An aged event holds its sound decoded: that is not copied.
    try:
        sound = (
            event.audio
            if isinstance(event, SealedEvent)
            else pybase64.b64decode(payload, validate=True)
        )
    except ValueError:
        return None
    if not sound or pybase64.b64encode(sound) != payload.encode("utf-8", "replace"):
        return None
    return sound


def _form(event: Event, session: dict[str, Any] | None, side: str) -> _Form:
    if event.type == _FLOW:
        # The sound of a translation says itself what it is.
        rate, channels = event.data.get("sample_rate"), event.data.get("channels")
    else:
        told = audio_format(session, side)
        wire = told if isinstance(told, dict) else {}
        if wire.get("type") in _G711_TAGS:
            return (str(wire["type"]), _G711_RATE, 1)
        rate, channels = wire.get("rate"), 1
    return (
        "audio/pcm",
        rate if isinstance(rate, int) and rate in _RATES else _RATE,
        channels if isinstance(channels, int) and channels in _CHANNELS else 1,
    )


def _g711(size: int, tag: int) -> bytes:
    return struct.pack(
        "<4sI4s4sIHHIIHHH4sII4sI",
        *(b"RIFF", 50 + size + size % 2, b"WAVE"),
        *(b"fmt ", 18, tag, 1, _G711_RATE, _G711_RATE, 1, 8, 0),
        *(b"fact", 4, size),
        *(b"data", size),
    )
