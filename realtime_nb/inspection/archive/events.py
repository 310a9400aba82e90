"""The events of a log as lines of JSON, their sound apart; and lines as events again."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import orjson

from realtime_nb.errors import MalformedEvent
from realtime_nb.inspection.archive.secrets import blot_keys, without_secrets
from realtime_nb.inspection.archive.sound import Place, SoundWriter, with_sound
from realtime_nb.protocol.depth import is_too_deep
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.lines import HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from realtime_nb.protocol.log.event_log import EventLog, Record

LONGEST_LINE: Final = 64 * 2**20
"""Bytes of a line that is read; a longer one is no event."""

_MOST: Final = 2**62
_LARGE_NUMBER: Final = re.compile(rb"\d{19}")
_DIRECTIONS: Final = ("sent", "received")

Sounds: TypeAlias = "Callable[[Place], bytes | None]"
"""Gives the sound at a place, None where it is not there."""


def event_lines(records: Iterable[Record], sound: SoundWriter) -> Iterator[bytes]:
    """Yield a line for each record, after one that says so; the sound goes to `sound`."""
    yield dumps(HEADER) + b"\n"
    for record in records:
        data, place = sound.take(record)
        line: dict[str, Any] = {
            "seq": record.seq,
            "t_ms": record.t_ms,
            "direction": record.direction,
            "size": record.size,
            "event": without_secrets(data),
        }
        if place is not None:
            line["sound"] = place
        yield blot_keys(dumps(line)) + b"\n"


def read_lines(file: IO[bytes], log: EventLog, sounds: Sounds) -> Iterator[str]:
    """Append the events of a file to a log, and yield what was wrong with its lines.

    Raises
    ------
    OSError
        Where the file ends too early, or cannot be read on.
    """
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            yield f"line {number} is longer than {LONGEST_LINE >> 20} MiB"
            while (rest := file.readline(2**20)) and not rest.endswith(b"\n"):
                pass
            continue
        if line.isspace():
            continue
        try:
            told = loads(line)
            if number == 1 and isinstance(told, dict) and "format" in told:
                continue
            _append(log, told, sounds)
        except (ValueError, MalformedEvent) as error:
            yield f"line {number}: {error}"


def dumps(value: Any) -> bytes:
    """Return a value as JSON on one line; also one that is not all UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # A surrogate without its other half, a number of many digits: JSON can say both.
        return json.dumps(value, default=str, separators=(",", ":")).encode("ascii")


def loads(line: bytes) -> Any:
    """Read what `dumps` wrote.

    Raises
    ------
    ValueError
        For what is no JSON, or nested too deep.
    """
    value = _loaded(line)
    if is_too_deep(line, value):
        raise ValueError("its JSON is too deep")
    return value


def _loaded(line: bytes) -> Any:
    if not _LARGE_NUMBER.search(line):
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            pass
    try:
        return json.loads(line)
    except RecursionError:
        raise ValueError("its JSON is too deep") from None
    except ValueError as error:  # also of Unicode
        raise ValueError(f"no JSON: {str(error).partition(':')[0]}") from None


def _append(log: EventLog, line: Any, sounds: Sounds) -> None:
    if not isinstance(line, dict):
        raise ValueError("no object")  # noqa: TRY004 -- of a file
    told = cast("dict[str, Any]", line)
    data, direction = told.get("event"), told.get("direction")
    if not isinstance(data, dict) or direction not in _DIRECTIONS:
        raise ValueError("no event with its direction")
    event = cast("dict[str, Any]", data)
    place = told.get("sound")
    lost = False
    if isinstance(place, dict):
        sound = sounds(cast("Place", place))
        lost = sound is None
        event = event if sound is None else with_sound(event, sound)
    log.append(
        direction,
        Event(event),
        t_ms=_time(told.get("t_ms")),
        size=_count(told.get("size"), "size"),
        seq=_count(told.get("seq"), "seq"),
    )
    log.dropped_audio += lost


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("its `t_ms` is no time")
    return float(value)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST:
        raise ValueError(f"its `{name}` is no number of that kind")
    return value
