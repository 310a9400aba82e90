"""The players of a saved notebook: each turn's sound, small, encoded once, the newest kept.

MP3 at 24 kHz takes about 4 kB a second of speech, a twelfth of PCM, so that 2 MB of a notebook
hold some six minutes, and it plays in every browser (Opus in Ogg, which is no smaller here,
does in Safari only since 2025). Where there is no libsndfile, mu-law WAV at 8 kHz takes its
place: 8 kB a second, as on the telephone.
"""

from __future__ import annotations

import base64
import io
import math
import struct
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.g711 import ulaw_encode
from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.bridge.recording.lanes import ms_of
from realtime_nb.bridge.recording.recording import recorded_turns
from realtime_nb.protocol.events import AUDIO_FIELDS
from realtime_nb.protocol.summary import payload_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.bridge.recording.notes import Notes
    from realtime_nb.bridge.recording.recording import RecordedTurn
    from realtime_nb.inspection.talk import Talk
    from realtime_nb.protocol.log.event_log import Record

LIMIT_BYTES: Final = 2_000_000
"""Bytes of sound, as base64, that a notebook holds by default."""

_MP3_RATE: Final = 24_000
_MP3_LEVEL: Final = 0.95  # of libsndfile's 0 to 1: LAME's V9.5, some 32 kbit a second of speech
_ULAW_RATE: Final = 8_000
_ULAW: Final = 7  # its number in a WAV file
# Turns are laid out together up to this much, so that an hour takes no more memory than this.
_BATCH_MS: Final = 120_000.0

Print = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Player:
    """One turn's sound as a notebook holds it.

    Attributes
    ----------
    uri
        A ``data:`` URI.
    duration_ms
        Its length.
    order
        When it was made and where it begins: of several chats, which is older.
    """

    uri: str
    duration_ms: float
    order: tuple[float, float]

    @property
    def size(self) -> int:
        """Bytes it takes in a notebook."""
        return len(self.uri)


def encode(clip: AudioClip) -> tuple[str, bytes]:
    """Return a clip's media type and file, as small as it may be to play everywhere."""
    library = _soundfile()
    if library is None:
        return "audio/wav", _ulaw_wav(clip)
    file = io.BytesIO()
    samples = clip.resample(_MP3_RATE).samples
    library.write(
        file,
        samples,
        _MP3_RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=_MP3_LEVEL,
        bitrate_mode="VARIABLE",
    )
    return "audio/mpeg", file.getvalue()


@cache
def _soundfile() -> Any:
    """Return the library that writes MP3, None where it does not work."""
    try:
        import soundfile  # noqa: PLC0415 -- loads a C library: only when there is sound to keep
    except (ImportError, OSError):  # OSError: its C library is not there
        return None
    return soundfile if "MP3" in soundfile.available_formats() else None


def _ulaw_wav(clip: AudioClip) -> bytes:
    data = ulaw_encode(float_to_int16(clip.resample(_ULAW_RATE).samples))
    form = struct.pack("<HHIIHHH", _ULAW, 1, _ULAW_RATE, _ULAW_RATE, 1, 8, 0)
    chunks = (
        _chunk(b"fmt ", form)
        + _chunk(b"fact", struct.pack("<I", len(data)))
        + _chunk(b"data", data)
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


class Players:
    """The players of one conversation, made as it goes on.

    Parameters
    ----------
    limit_bytes
        What they take in a notebook together; past that the oldest go. 0 keeps none.

    Attributes
    ----------
    by_item
        What there is, by the id of the item.
    left_out
        Ids of the items whose sound went, or was never taken, for the limit's sake.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.by_item: dict[str, Player] = {}
        self.left_out: set[str] = set()
        self._prints: dict[str, Print] = {}
        self._limit_then = limit_bytes
        self._closed = False

    @property
    def size(self) -> int:
        """Bytes that all players take in a notebook."""
        return sum(player.size for player in self.by_item.values())

    @property
    def oldest(self) -> tuple[float, float] | None:
        """The `order` of the one that goes first, None when there is none."""
        return min((player.order for player in self.by_item.values()), default=None)

    def gather(self, talk: Talk, *, now: float = 0.0) -> None:
        """Make players of the turns that are new, or whose sound is another than before.

        Parameters
        ----------
        talk
            The conversation.
        now
            A clock's time in seconds, for `Player.order`.
        """
        notes = talk.notes
        if notes is None or self._closed:
            return
        if self.limit_bytes > self._limit_then:
            for item_id in tuple(self.left_out):  # there may be room for them now
                self._forget(item_id)
        self._limit_then = self.limit_bytes
        items = talk.conversation
        found = _prints(notes)
        prints = {one: mark for one, mark in found.items() if items.item(one) is not None}
        for item_id in self._prints.keys() - prints.keys():  # forgotten, or deleted
            self._forget(item_id)
        fresh = {one: mark for one, mark in prints.items() if self._prints.get(one) != mark}
        # The newest first: what is past the limit is not even looked at.
        order = sorted(fresh, key=lambda one: _start_ms(fresh[one]), reverse=True)
        room = self.limit_bytes
        for batch in _batches(order, fresh):
            if room <= 0:
                self._leave_out(batch, fresh)
                continue
            for turn in _turns(talk, notes, batch):
                room -= self._add(turn, now)
            self._prints.update({one: fresh[one] for one in batch})
        self.fit(self.limit_bytes)

    def fit(self, size: int) -> None:
        """Let the oldest go until the rest takes no more than `size` bytes."""
        left = self.size
        for item_id in sorted(self.by_item, key=lambda one: self.by_item[one].order):
            if left <= size:
                return
            left -= self.by_item.pop(item_id).size
            self.left_out.add(item_id)

    def drop_oldest(self) -> None:
        """Let the oldest go, for the sake of another chat's."""
        if self.by_item:
            item_id = min(self.by_item, key=lambda one: self.by_item[one].order)
            del self.by_item[item_id]
            self.left_out.add(item_id)

    def close(self) -> None:
        """Let all go, and take no more."""
        self.fit(0)
        self._closed = True

    def _add(self, turn: RecordedTurn, now: float) -> int:
        self._forget(turn.item_id)
        if not turn.audio.samples.any():
            return 0  # the log has let it go
        kind, data = encode(turn.audio)
        uri = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        player = Player(uri, turn.audio.duration_ms, (now, turn.start_ms))
        self.by_item[turn.item_id] = player
        return player.size

    def _leave_out(self, batch: list[str], prints: dict[str, Print]) -> None:
        for item_id in batch:
            self._forget(item_id)
            self._prints[item_id] = prints[item_id]
            self.left_out.add(item_id)

    def _forget(self, item_id: str) -> None:
        self.by_item.pop(item_id, None)
        self.left_out.discard(item_id)
        self._prints.pop(item_id, None)


def _prints(notes: Notes) -> dict[str, Print]:
    """Return where each finished turn's sound lies: one that has moved or was cut is another."""
    found: dict[str, Print] = {}
    for item_id, (first, last) in notes.turns.items():
        if last is not None:
            places = notes.user.pieces(first, last)
            if places:
                found[item_id] = tuple(places)
    for (item_id, _), part in notes.parts.items():
        pieces = [(start, start + last - first) for start, first, last in part.pieces()]
        if pieces:
            found[item_id] = (*found.get(item_id, ()), *pieces)
    return found


def _start_ms(mark: Print) -> float:
    return min(start for start, _ in mark)


def _length_ms(mark: Print) -> float:
    return sum(end - start for start, end in mark)


def _batches(order: list[str], prints: dict[str, Print]) -> Iterable[list[str]]:
    batch: list[str] = []
    length = 0.0
    for item_id in order:
        if batch and length + _length_ms(prints[item_id]) > _BATCH_MS:
            yield batch
            batch, length = [], 0.0
        batch.append(item_id)
        length += _length_ms(prints[item_id])
    if batch:
        yield batch


def _turns(talk: Talk, notes: Notes, wanted: Iterable[str]) -> list[RecordedTurn]:
    """Return the sound of some turns; what the log has from before them is not looked at."""
    ids = set(wanted)
    some = replace(notes)  # its lanes are new ones
    some.user.take_over(notes.user)
    some.turns = {one: place for one, place in notes.turns.items() if one in ids}
    some.parts = {key: part for key, part in notes.parts.items() if key[0] in ids}
    recorded = talk.log.recorded
    records = () if recorded else _records_of(talk, some)
    return recorded_turns(some, records, talk.conversation, recorded)


def _records_of(talk: Talk, notes: Notes) -> list[Record]:
    """Return the log from where the sound of the first turn or answer of `notes` begins."""
    answers = [talk.conversation.item(item_id) for item_id, _ in notes.parts]
    since_ms = min((item.started_ms for item in answers if item is not None), default=math.inf)
    first_ms = min((first for first, _ in notes.turns.values()), default=math.inf)
    # Walking back, how much of the user's sound lies before a record.
    before_ms = notes.user.audio_ms
    segments = list(notes.user.segments)
    found: list[Record] = []
    for record in reversed(talk.log):
        if before_ms <= first_ms and record.t_ms < since_ms:
            break
        found.append(record)
        if record.direction == "sent" and record.seq <= notes.last_seq:
            while len(segments) > 1 and segments[-1].first_seq > record.seq:
                segments.pop()
            if record.event.type in AUDIO_FIELDS and segments:
                before_ms -= ms_of(payload_bytes(record.event), segments[-1].form)
    found.reverse()
    return found
