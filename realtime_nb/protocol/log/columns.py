"""What a table has of many records, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.summary import shorten, summarise

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
TEXTS: Final = ("type", "event_id", "item_id", "response_id", "summary")
"""Those of them that hold what others wrote."""


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
        table["item_id"] += [head.get("item_id") or _id_in(head, "item") for head in batch.heads]
        table["response_id"] += [
            head.get("response_id") or _id_in(head, "response") for head in batch.heads
        ]
        table["summary"] += map(_summary, batch.kinds, batch.heads, batch.sounds)
    times = table["t_ms"]
    table["since_ms"] = [
        t_ms - before for t_ms, before in zip(times, [*times[:1], *times[:-1]], strict=True)
    ]
    return table


def _id_in(head: Json, name: str) -> Any:
    inside = head.get(name)
    return cast("Json", inside).get("id") if isinstance(inside, dict) else None


def _summary(kind: str, head: Json, sound: int) -> str:
    if kind in AUDIO_FIELDS:
        return f"{sound:,} bytes of sound"
    # Most of a log are deltas, which say what they hold.
    if kind.endswith(".delta"):
        delta = head.get("delta")
        if isinstance(delta, str):
            return shorten(delta)
    return summarise(Event(head))
