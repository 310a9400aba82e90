"""A conversation as sound: each turn's clip, and both sides on one clock.

Made when it is asked for, from the log's sound and a recorder's notes.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pybase64

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.pcm import int16_to_float, pcm16_to_int16
from realtime_nb.audio.stereo import StereoClip
from realtime_nb.bridge.codec import Decoder
from realtime_nb.bridge.recording.lanes import ms_of
from realtime_nb.bridge.recording.notes import Notes, part_key
from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.log.event_log import Record
from realtime_nb.protocol.recorded_sound import RecordedPiece
from realtime_nb.protocol.restored.sent_sound import SentSound
from realtime_nb.protocol.shown_text import plural
from realtime_nb.protocol.summary import payload_bytes, shorten

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from realtime_nb.bridge.recording.lanes import Form, Lane, Part
    from realtime_nb.protocol.conversation.playback import PartKey
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.log.event_log import EventLog
    from realtime_nb.protocol.recorded_sound import RecordedSound

Sound: TypeAlias = Record | RecordedPiece
"""What holds a piece of sound: an event of the log, or a piece that a page has recorded."""

RATE: Final = 24_000
_FLOW: Final = "session.output_audio.delta"
_ANSWER: Final = "response.output_audio.delta"


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """What one side said in one turn.

    Attributes
    ----------
    item_id
        The item's id.
    role
        ``"user"`` or ``"assistant"``.
    start_ms
        Where it begins on the conversation's clock, in milliseconds.
    audio
        Its sound: the user's as it was sent, an answer as far as it was heard.
    text
        What was said, as far as it is known; of an answer that was cut, what was heard.
    """

    item_id: str
    role: str
    start_ms: float
    audio: AudioClip
    text: str

    def __repr__(self) -> str:
        length = f"{self.audio.duration_ms / 1000:.2f} s"
        at = f"{self.start_ms / 1000:.2f} s"
        return f"<{self.role} at {at}, {length}: {shorten(self.text)!r}>"


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """Both sides of a conversation, as far as they have come when it was asked for.

    Attributes
    ----------
    stereo
        The user to the left, the assistant to the right, at 24 kHz, from the beginning of the
        session. An answer lies where the page played it and ends where it was cut; where no
        page plays, it lies where it came.
    turns
        Each turn's sound, in the order in which they begin.
    lost_ms
        Milliseconds of sound that the log has let go: silence stands in their place.
    """

    stereo: StereoClip
    turns: tuple[RecordedTurn, ...]
    lost_ms: float

    @property
    def user(self) -> list[AudioClip]:
        """What the user said, turn by turn."""
        return [turn.audio for turn in self.turns if turn.role == "user"]

    @property
    def assistant(self) -> list[AudioClip]:
        """What was heard of the assistant, turn by turn."""
        return [turn.audio for turn in self.turns if turn.role == "assistant"]

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds."""
        return self.stereo.duration_ms

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write both sides as a stereo WAV file; see `StereoClip.save`."""
        return self.stereo.save(path)

    def __repr__(self) -> str:
        lost = f", {self.lost_ms / 1000:.1f} s of sound lost" if self.lost_ms else ""
        turns = plural(len(self.turns), "turn")
        return f"<Recording: {self.duration_ms / 1000:.2f} s, {turns}{lost}>"

    def _repr_html_(self) -> str:
        return (
            self.stereo._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
            + f"<small>{html.escape(repr(self))}</small>"
        )


def make_recording(notes: Notes, log: EventLog, conversation: Conversation) -> Recording:
    """Return a conversation's recording.

    Parameters
    ----------
    notes
        Where everything lies.
    log
        The sound.
    conversation
        The words.
    """
    return _Rendering(notes, log, log.recorded).finish(conversation)


def recorded_turns(
    notes: Notes,
    records: Iterable[Record],
    conversation: Conversation,
    recorded: RecordedSound | None = None,
) -> list[RecordedTurn]:
    """Return the turns of `notes` alone, in the order in which they begin.

    Parameters
    ----------
    notes
        Where everything lies; of turns and answers only those that are wanted.
    records
        The log, at least from where the first of them begins.
    conversation
        The words.
    recorded
        The sound of a call, which is in no record.
    """
    return _Rendering(notes, records, recorded).turns(conversation)


class _Rendering:
    """Lays sound into two channels."""

    def __init__(
        self, notes: Notes, records: Iterable[Record], recorded: RecordedSound | None
    ) -> None:
        self._notes = notes
        self._lost_ms = 0.0
        ends = [s.end_ms for lane in (notes.user, notes.flow) for s in lane.segments]
        ends += [part.end_ms for part in notes.parts.values() if part.pieces()]
        length = _samples(max(ends, default=0.0))
        # Pages of zeros that nobody writes to take no memory.
        self._samples = np.zeros((length, 2), np.int16)
        self._channels = self._samples[:, 0], self._samples[:, 1]
        sent, flowed, answered = sort_sound(records, notes, recorded)
        self._lay_lane(self._channels[0], notes.user, sent)
        self._lay_lane(self._channels[1], notes.flow, flowed)
        for key, part in notes.parts.items():
            self._lay_part(part, answered.get(key, ()))

    def finish(self, conversation: Conversation) -> Recording:
        turns = self.turns(conversation)
        stereo = StereoClip(self._samples, RATE, caption="left the user, right the assistant")
        return Recording(stereo, tuple(turns), self._lost_ms)

    def turns(self, conversation: Conversation) -> list[RecordedTurn]:
        return sorted(self._turns(conversation), key=lambda turn: turn.start_ms)

    # -- into the channels

    def _lay_lane(self, channel: NDArray[np.int16], lane: Lane, records: list[Sound]) -> None:
        end = len(records)
        for segment in reversed(lane.segments):
            begin = end
            while begin > 0 and records[begin - 1].seq >= segment.first_seq:
                begin -= 1
            kept, end = records[begin:end], begin
            missing = segment.size - sum(size_of(record) for record in kept)
            self._lost(missing, segment.form)
            at = _samples(segment.start_ms + ms_of(missing, segment.form))
            for pcm in decoded(kept, segment.form):
                at = _put(channel, at, pcm)

    def _lay_part(self, part: Part, records: Iterable[Sound]) -> None:
        kept = list(records)
        missing = part.size - sum(size_of(record) for record in kept)
        self._lost(missing, part.form)
        offset = _samples(ms_of(missing, part.form))
        sound = np.concatenate([np.zeros(offset, np.int16), *decoded(kept, part.form)])
        for start, first, last in part.pieces():
            _put(self._channels[1], _samples(start), sound[_samples(first) : _samples(last)])

    def _lost(self, size: int, form: Form) -> None:
        self._lost_ms += ms_of(size, form)

    # -- turns

    def _turns(self, conversation: Conversation) -> Iterator[RecordedTurn]:
        lane = self._notes.user
        # On a call that nobody recorded, turns are known and their sound is not.
        known = self._notes.turns if any(one.size for one in lane.segments) else {}
        for item_id, (first, last) in known.items():
            places = lane.pieces(first, lane.audio_ms if last is None else last)
            if places:
                yield self._turn(item_id, "user", places, _words(conversation, item_id))
        heard: dict[str, list[tuple[float, float]]] = {}
        for (item_id, _), part in self._notes.parts.items():
            if not part.size:
                continue
            places = [(start, start + last - first) for start, first, last in part.pieces()]
            heard.setdefault(item_id, []).extend(places)
        for item_id, places in heard.items():
            if places:
                yield self._turn(item_id, "assistant", places, _words(conversation, item_id))

    def _turn(
        self, item_id: str, role: str, places: list[tuple[float, float]], text: str
    ) -> RecordedTurn:
        channel = self._channels[1 if role == "assistant" else 0]
        pieces = [channel[_samples(start) : _samples(end)] for start, end in places]
        clip = AudioClip(int16_to_float(np.concatenate(pieces)), RATE, caption=shorten(text))
        # The longest piece: a service counts a moment before the speech in, which may lie
        # before a pause.
        start_ms = max(places, key=lambda place: place[1] - place[0])[0]
        return RecordedTurn(item_id, role, start_ms, clip, text)


def sort_sound(
    log: Iterable[Record], notes: Notes, recorded: RecordedSound | None
) -> tuple[list[Sound], list[Sound], dict[PartKey, list[Sound]]]:
    """Return what holds the sound of `notes`: sent, of a translation, and of each answer.

    Parameters
    ----------
    log
        The events.
    notes
        Where it lies.
    recorded
        What a page has recorded of a call; None, or empty, where the sound is in the events.
    """
    if recorded:
        return _sort_recorded(notes, recorded)
    sent: list[Sound] = []
    flowed: list[Sound] = []
    answered: dict[PartKey, list[Sound]] = {}
    sound = SentSound()
    for record in log:
        kind, fresh = record.event.type, sound.take(record)
        # What has come since the notes were copied has no place in them.
        if record.seq > notes.last_seq or kind not in AUDIO_FIELDS or not size_of(record):
            continue
        if record.direction == "sent":
            if fresh:
                sent.append(_end_of(record, fresh))
        elif kind == _FLOW:
            flowed.append(record)
        elif kind == _ANSWER:
            key = part_key(record.event)
            if key is not None:
                answered.setdefault(key, []).append(record)
    return sent, flowed, answered


def _end_of(record: Record, size: int) -> Record:
    """Return a record with no more than the last bytes of its sound."""
    event = record.event
    if size >= event.audio_size:
        return record
    tail = pybase64.b64encode((event.audio or bytes(size))[-size:]).decode()
    return replace(record, event=Event({**event.data, AUDIO_FIELDS[event.type]: tail}))


def _sort_recorded(
    notes: Notes, recorded: RecordedSound
) -> tuple[list[Sound], list[Sound], dict[PartKey, list[Sound]]]:
    answered: dict[PartKey, list[Sound]] = {}
    for key, part in notes.parts.items():
        if part.recorded_ms is not None:
            pcm = recorded.between("output", part.recorded_ms, part.ms)
            answered[key] = [RecordedPiece(0, pcm[: part.size])]
    return list(recorded.pieces("input", notes.user.audio_ms)), [], answered


def decoded(records: Iterable[Sound], form: Form) -> Iterator[NDArray[np.int16]]:
    """Yield the sound at 24 kHz, one channel; what cannot be read is silence."""
    kind, rate, channels = form
    decode = Decoder({"type": kind, "rate": rate}, channels=channels)
    for record in records:
        if isinstance(record, RecordedPiece):
            yield pcm16_to_int16(record.pcm)
            continue
        # Not `Event.audio`: it would keep the bytes beside their base64.
        payload = record.event.data.get(AUDIO_FIELDS[record.event.type])
        try:
            sound = pybase64.b64decode(payload or "")
        except ValueError:
            sound = bytes(size_of(record))
        yield pcm16_to_int16(decode(sound))


def _put(channel: NDArray[np.int16], at: int, pcm: NDArray[np.int16]) -> int:
    """Write samples at their place, as far as there is one; return where they end."""
    begin, end = max(0, at), min(len(channel), at + len(pcm))
    if begin < end:
        channel[begin:end] = pcm[begin - at : end - at]
    return at + len(pcm)


def size_of(sound: Sound) -> int:
    """Return how many bytes of sound it is, as the wire or the page had it."""
    if isinstance(sound, RecordedPiece):
        return len(sound.pcm)
    return payload_bytes(sound.event)


def _samples(ms: float) -> int:
    return max(0, round(ms * RATE / 1000))


def _words(conversation: Conversation, item_id: str) -> str:
    item = conversation.item(item_id)
    if item is None:
        return ""
    return item.heard_text if item.truncated_ms is not None else item.text
