"""What a talk knows beside its events, as JSON and back.

Nothing that is read is believed: places on the clock and lengths of sound become memory when
a recording is made of them.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from realtime_nb.bridge.recording.lanes import Clock, Form, Lane, Part, Segment, ms_of
from realtime_nb.bridge.recording.notes import Notes
from realtime_nb.bridge.timing import TurnTiming
from realtime_nb.inspection.archive.values import from_plain, hints_of, to_plain
from realtime_nb.protocol.config.compare import Origin, Row, Verdict
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.conversation.items import Part as ItemPart
from realtime_nb.protocol.conversation.playback import PartKey
from realtime_nb.protocol.conversation.reducer import Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LONGEST_MS: Final = 24 * 3_600_000.0
"""The longest conversation whose sound is laid out; longer is no conversation."""

_FORMS: Final = frozenset({"audio/pcm", "audio/pcmu", "audio/pcma"})
_RATES: Final = range(1_000, 384_001)
_CHANNELS: Final = range(1, 33)
# What the annotations of notes and items name only for the type checker.
_NAMES: Final = {"PartKey": PartKey, "Form": Form}
_TEXTS: Final = (
    *("type", "role", "status", "response_id", "name", "call_id"),
    *("arguments", "output", "error"),
)


# -- notes


def notes_to_plain(notes: Notes) -> dict[str, Any]:
    """Return what a recorder has noted as JSON has it."""
    plain = {part.name: getattr(notes, part.name) for part in fields(notes)}
    return {name: to_plain(_lane(value)) for name, value in plain.items()}


def _lane(value: Any) -> Any:
    if isinstance(value, Lane):
        return {"segments": value.segments, "audio_ms": value.audio_ms}
    return value


def notes_from_plain(plain: Any) -> Notes:
    """Return the notes that a file holds.

    Raises
    ------
    ValueError
        When they are no notes, or tell of more sound than there can be.
    """
    if not isinstance(plain, dict):
        raise ValueError("they are no object")  # noqa: TRY004 -- of a file
    told = cast("dict[str, Any]", plain)
    notes = Notes(from_plain(Clock, told.get("clock", {}), _NAMES, "clock"))
    hints = hints_of(Notes, {**_NAMES, "Clock": Clock, "Lane": Lane, "Part": Part})
    for part in fields(Notes):
        name, kind = part.name, hints[part.name]
        if name not in told or kind is Clock:
            continue
        if kind is Lane:
            _read_lane(getattr(notes, name), told[name], name)
        else:
            setattr(notes, name, from_plain(kind, told[name], _NAMES, name))
    _check(notes)
    return notes


def _read_lane(lane: Lane, plain: Any, where: str) -> None:
    told = from_plain(dict[str, Any], plain, _NAMES, where)
    segments = told.get("segments", [])
    lane.segments = from_plain(list[Segment], segments, _NAMES, f"{where}.segments")
    lane.audio_ms = from_plain(float, told.get("audio_ms", 0.0), _NAMES, f"{where}.audio_ms")


def _check(notes: Notes) -> None:
    for form, size in _sounds(notes):
        kind, rate, channels = form
        if kind not in _FORMS or rate not in _RATES or channels not in _CHANNELS:
            raise ValueError(f"there is no sound of the form {form!r}")
        if not 0 <= ms_of(size, form) <= LONGEST_MS:
            raise ValueError(f"a sound of {size:,} bytes is none")
    for ms in _times(notes):
        if not 0 <= ms <= LONGEST_MS:
            raise ValueError(f"a sound at {ms:,.0f} ms is in no conversation")


def _sounds(notes: Notes) -> Iterator[tuple[Form, int]]:
    for lane in (notes.user, notes.flow):
        yield from ((segment.form, segment.size) for segment in lane.segments)
    yield from ((part.form, part.size) for part in notes.parts.values())


def _times(notes: Notes) -> Iterator[float]:
    for lane in (notes.user, notes.flow):
        for segment in lane.segments:
            yield from (segment.start_ms, segment.ms, segment.end_ms)
    for part in notes.parts.values():
        # A page's report may place its first sample a little before the session's start.
        yield from (max(0.0, part.start_ms), part.ms, max(0.0, part.end_ms), part.missed_ms)
        yield part.recorded_ms or 0.0


# -- timings


def timings_to_plain(timings: Iterable[TurnTiming]) -> list[Any]:
    """Return where the milliseconds of each turn went as JSON has it."""
    return [to_plain(timing) for timing in timings]


def timings_from_plain(plain: Any) -> tuple[TurnTiming, ...]:
    """Return the timings that a file holds; raises ValueError when they are none."""
    return tuple(from_plain(list[TurnTiming], plain, _NAMES, "timings"))


# -- items


def items_to_plain(items: Iterable[Item]) -> list[Any]:
    """Return items as JSON has them, in their order."""
    return [to_plain(item) for item in items]


def items_from_plain(plain: Any) -> list[Item]:
    """Return the items that a file holds; raises ValueError when they are none.

    Their texts are the service's, and what is no text there becomes one.
    """
    names = {**_NAMES, "Part": ItemPart}
    return [_item(entry, names) for entry in from_plain(list[dict[str, Any]], plain, names)]


def _item(plain: dict[str, Any], names: dict[str, Any]) -> Item:
    # `status` has a list of its values; a service may have others.
    told = {name: value for name, value in plain.items() if name not in _TEXTS}
    if not isinstance(told.get("truncated_ms"), int):
        told["truncated_ms"] = None
    item: Item = from_plain(Item, told, names, "item")
    for name in _TEXTS:
        value = plain.get(name)
        if value is not None:
            setattr(item, name, value if isinstance(value, str) else str(value))
    return item


# -- config


def rows_from_plain(plain: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Return the rows of a config's table that a file holds; what is none is left out."""
    rows: list[Row] = []
    for told in plain:
        path, note, origin = told.get("path"), told.get("note"), told.get("origin")
        if told.get("verdict") not in get_args(Verdict) or not isinstance(path, str):
            continue
        values = [told.get(name, MISSING) for name in ("requested", "effective", "was")]
        rows.append(
            Row(
                path,
                *values,
                verdict=cast("Verdict", told.get("verdict")),
                note=note if isinstance(note, str) else "",
                origin=cast("Origin", origin if origin in get_args(Origin) else "service"),
            )
        )
    return tuple(rows)


class SavedConversation(Conversation):
    """A conversation as it stood when it was saved, of which the log may hold only the end.

    Parameters
    ----------
    items
        Its items, in order.
    session
        The session object in force.
    input_audio_ms, sent_audio_ms
        Milliseconds of sound sent: each counted once, and in all.
    """

    def __init__(
        self,
        items: Sequence[Item] = (),
        session: dict[str, Any] | None = None,
        input_audio_ms: float = 0.0,
        sent_audio_ms: float = 0.0,
    ) -> None:
        super().__init__()
        state = self._state
        for item in items:
            if item.id not in state.items:
                state.items[item.id] = item
                state.order.add(item.id)
        state.session = session
        state.clock.sent_ms = input_audio_ms
        state.clock.all_ms = max(input_audio_ms, sent_audio_ms)
