"""Items and turns as frames, with their columns and units stated.

`ITEM_COLUMNS` and `TURN_COLUMNS` say of each column what it is and in which unit; a frame
carries the same in ``df.attrs["columns"]``. Times are milliseconds on the session's clock,
that of ``chat.events``. What is unknown is missing, never 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import UsageError
from realtime_nb.inspection.timeline.notes import notes_of
from realtime_nb.inspection.turn_rows import turn_rows
from realtime_nb.protocol.whole_text import whole_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    import polars as pl

    from realtime_nb.inspection.talk import Talk
    from realtime_nb.protocol.conversation.items import Item

ITEM_COLUMNS: Final[Mapping[str, str]] = {
    "place": "place in the conversation, from 0",
    "item_id": "the service's id",
    "type": "message, function_call, function_call_output, …",
    "role": "user, assistant or system; missing for calls",
    "status": "in_progress, completed, incomplete or failed",
    "text": "what was written or said",
    "heard": "the part of it that was said before it was cut; all of it where it was not",
    "started_ms": "when it was first heard of, ms on the session's clock",
    "audio_ms": "its sound, ms: as received, of the user the speech; missing where none is known",
    "truncated_ms": "where its sound was cut, ms of the item; missing where it was not",
    "response_id": "the response that made it",
    "name": "function called",
    "call_id": "call that it makes or answers",
    "arguments": "of the call, as JSON",
    "output": "of the call, as text",
    "error": "what went wrong, in the service's words",
}
"""What stands in each column of `items`."""

TURN_COLUMNS: Final[Mapping[str, str]] = {
    "turn": "number, from 1; 0 for what was said before the user's first turn",
    "item_id": "the user's item; missing for turn 0",
    "said": "what the user wrote or said",
    "spoken": "whether the user spoke it",
    "speech_start_ms": "where the speech begins, ms of the sound sent",
    "speech_end_ms": "where it ends, ms of the sound sent; the silence waited for included",
    "started_ms": "when the turn was first heard of, ms on the session's clock",
    "stopped_ms": "when the service said that the speech had stopped, ms on the session's clock",
    "responses": "how many responses there were",
    "response_id": "the last of them",
    "status": "how that ended: completed, cancelled, failed, incomplete, in_progress",
    "created_ms": "when the first response was created, ms on the session's clock",
    "first_delta_ms": "when the first of its words or sound came, ms on the session's clock",
    "done_ms": "when the last response was done, ms on the session's clock",
    "answer": "what was answered",
    "heard": "the part of it that was said before it was cut; all of it where it was not",
    "answer_ms": "sound of the answer received, ms; missing where none came",
    "interrupted": "whether the answer was cut, its response cancelled, or its connection lost",
    "calls": "functions that were called, by name, with a comma between",
}
"""What stands in each column of `turns`."""

# Numbers also where none is known yet, or where a service said something else.
_NUMBERS: Final = ("_ms", "usd", "seconds")
_DIGITS: Final = 3  # of a millisecond; clocks and sums have more, which mean nothing


def items(talk: Talk) -> pd.DataFrame:
    """Return a row for each item of the conversation, in order; see `ITEM_COLUMNS`."""
    return items_frame(talk.conversation.items, spoken_ms(talk))


def items_frame(found: Iterable[Item], spoken: Mapping[str, float]) -> pd.DataFrame:
    """Return a row for each of some items; see `ITEM_COLUMNS`.

    Parameters
    ----------
    found
        The items.
    spoken
        How long the user's items are, as far as it is known; see `spoken_ms`.
    """
    rows = [_item_row(place, item, spoken) for place, item in enumerate(found)]
    return frame(rows, ITEM_COLUMNS)


def spoken_ms(talk: Talk) -> dict[str, float]:
    """Return how long each turn that the user spoke is, in ms by item; of ended ones."""
    turns = notes_of(talk).turns.items()
    return {item_id: end - start for item_id, (start, end) in turns if end is not None}


def turns(talk: Talk) -> pd.DataFrame:
    """Return a row for each turn of the user with its answer; see `TURN_COLUMNS`."""
    return frame(turn_rows(talk.log, talk.conversation), TURN_COLUMNS)


def frame(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame whose ``attrs["columns"]`` says what its columns are."""
    # Imported here: pandas takes most of a second to load and a session does not need it.
    import pandas as pd  # noqa: PLC0415

    held = {name: whole_texts(row.get(name) for row in rows) for name in columns}
    numbers = [name for name in columns if name.endswith(_NUMBERS)]
    for name in numbers:
        held[name] = [_number(value) for value in held[name]]
        if name.endswith("_ms"):
            held[name] = [round(value, _DIGITS) for value in held[name]]
    table = pd.DataFrame(held, columns=list(columns))
    table = table.astype(dict.fromkeys(numbers, "float64"))  # pyright: ignore[reportUnknownMemberType] -- pandas
    table.attrs["columns"] = dict(columns)
    return table


def to_polars(table: pd.DataFrame) -> pl.DataFrame:
    """Return a frame as one of polars; missing values are null.

    Raises
    ------
    UsageError
        When polars is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415 -- few have it
    except ImportError:
        raise UsageError(
            "to_polars needs polars: pip install 'realtime-nb[polars]'; .df is the same in pandas."
        ) from None
    held = cast("dict[str, list[Any]]", table.to_dict("list"))  # pyright: ignore[reportUnknownMemberType] -- pandas
    known = {name: [_known(value) for value in values] for name, values in held.items()}
    # A column of nothing has a type all the same, so that frames of two talks go together.
    empty = [name for name, values in known.items() if all(value is None for value in values)]
    return pl.DataFrame(
        known,
        schema_overrides={
            name: pl.Float64 if name.endswith(_NUMBERS) else pl.String for name in empty
        },
        infer_schema_length=None,
        strict=False,
    )


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _number(value: Any) -> float:
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


def _item_row(place: int, item: Item, spoken: Mapping[str, float]) -> dict[str, Any]:
    audio_ms = item.audio_ms
    if item.role == "user" and any(part.kind == "audio" for part in item.parts.values()):
        audio_ms = audio_ms or spoken.get(item.id, 0.0)
    return {
        "place": place,
        "item_id": item.id,
        "type": item.type,
        "role": item.role,
        "status": "failed" if item.error is not None else item.status,
        "text": item.text,
        "heard": item.heard_text,
        "started_ms": item.started_ms,
        "audio_ms": audio_ms if audio_ms > 0 else None,
        "truncated_ms": item.truncated_ms,
        "response_id": item.response_id,
        "name": item.name,
        "call_id": item.call_id,
        "arguments": item.arguments or None,
        "output": item.output,
        "error": item.error,
    }
