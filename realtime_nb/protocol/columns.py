"""What a table has of many records, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_nb.protocol.events import Json

COLUMNS: Final = (
    "seq",
    "t_ms",
    "since_ms",
    "direction",
    "type",
    "event_id",
    "item_id",
    "response_id",
    "size",
    "audio_bytes",
    "summary",
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records in a row, each field a column.

    Attributes
    ----------
    seqs, times, directions, sizes, kinds
        As in `Record`; times in ms, sizes in bytes.
    heads
        The events; where an event carries sound it may be left out.
    sounds
        Bytes of sound each carries.
    """

    seqs: Sequence[int]
    times: Sequence[float]
    directions: Sequence[str]
    sizes: Sequence[int]
    kinds: Sequence[str]
    heads: Sequence[Json]
    sounds: Sequence[int]


def columns(batches: Iterable[Batch]) -> dict[str, list[Any]]:
    """Return the columns of a table, by the names of `COLUMNS`."""
    table: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for batch in batches:
        table["seq"] += batch.seqs
        table["t_ms"] += batch.times
        table["direction"] += batch.directions
        table["size"] += batch.sizes
        table["type"] += batch.kinds
        table["audio_bytes"] += batch.sounds
        table["event_id"] += [head.get("event_id") for head in batch.heads]
        table["item_id"] += [_id(head, "item_id", "item") for head in batch.heads]
        table["response_id"] += [_id(head, "response_id", "response") for head in batch.heads]
        table["summary"] += [
            f"{sound:,} bytes of sound" if kind in AUDIO_FIELDS else summarise(Event(head))
            for kind, head, sound in zip(batch.kinds, batch.heads, batch.sounds, strict=True)
        ]
    times = table["t_ms"]
    table["since_ms"] = [
        t_ms - before for t_ms, before in zip(times, [*times[:1], *times[:-1]], strict=True)
    ]
    return table


def _id(head: Json, name: str, whole: str) -> Any:
    found = head.get(name)
    if found:
        return found
    inside = head.get(whole)
    return cast("Json", inside).get("id") if isinstance(inside, dict) else None
