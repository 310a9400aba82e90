"""Lines of a log's file: a record as JSON, and back, also from other tools' files.

One line a record::

    {"seq": 7, "t_ms": 812.5, "direction": "received", "size": 214, "event": {"type": …}}

before them a line that says what the file is, `HEADER`. Others write other shapes; what is
read is whatever holds an event somewhere: the event itself, or an object with the event (or
its text) and words for direction and time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from realtime_nb.protocol.beta import CLIENT_BETA_TYPES
from realtime_nb.protocol.depth import DEEPEST, is_too_deep
from realtime_nb.protocol.events import CLIENT_EVENT_TYPES, Event, Json

if TYPE_CHECKING:
    from realtime_nb.protocol.log.event_log import Direction, Record

FORMAT: Final = "realtime_nb.events"
VERSION: Final = 1
HEADER: Final[Json] = {"format": FORMAT, "version": VERSION}

_CLIENT_TYPES: Final = frozenset(
    {
        *CLIENT_EVENT_TYPES,
        *CLIENT_BETA_TYPES,
        "session.close",
        "session.input_audio_buffer.append",
    }
)
_WORDS: Final[dict[str, Direction]] = {
    **dict.fromkeys(
        ("sent", "send", "out", "outgoing", "outbound", "client", "client_event", "tx", "up"),
        "sent",
    ),
    **dict.fromkeys(
        (
            *("received", "receive", "recv", "in", "incoming", "inbound", "server"),
            *("server_event", "raw_server_event", "rx", "down"),
        ),
        "received",
    ),
}
_SIDES: Final = ("direction", "dir", "source", "origin", "side", "from", "kind", "type", "event")
_HOLDERS: Final = ("event", "message", "data", "payload", "body", "raw", "msg", "frame", "content")
_TIMES: Final = ("t_ms", "timestamp", "time", "ts", "t", "at", "created_at", "received_at")
# Above these a number is of microseconds or milliseconds since 1970, below it is of seconds.
_MICROS: Final = 1e14
_MILLIS: Final = 1e11
_NO_TIME: Final = 1e20
_DEEPEST: Final = 3


class Unreadable(Exception):
    """A line that holds no event; its text says why, as a clause."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line tells.

    Attributes
    ----------
    event
        The event.
    direction
        As told, else by the event's type.
    t_ms
        Milliseconds on some clock; None where none is told.
    seq, size
        As told by a file of our own, else None.
    note
        What was lost in reading it, ``""`` if nothing was.
    """

    event: Event
    direction: Direction
    t_ms: float | None
    seq: int | None = None
    size: int | None = None
    note: str = ""


def to_line(record: Record) -> bytes:
    """Return a record as one line of JSON, without the line's end."""
    return dump(
        {
            "seq": record.seq,
            "t_ms": record.t_ms,
            "direction": record.direction,
            "size": record.size,
            "event": record.event.data,
        }
    )


def dump(value: Json) -> bytes:
    """Return an object as JSON in one line, whatever strings it holds."""
    try:
        return orjson.dumps(value)
    except TypeError:  # half a character, or a number of more than 64 bits
        return json.dumps(value, default=str, separators=(",", ":")).encode("ascii")


def parse(line: bytes) -> tuple[Any, str]:
    """Return a line's JSON, and what was lost in reading it.

    Raises
    ------
    Unreadable
        When it is no JSON, or nested too deep.
    """
    value, note = _parsed(line)
    if is_too_deep(line, value):
        raise Unreadable(f"it is nested more than {DEEPEST} levels deep")
    return value, note


def _parsed(line: bytes) -> tuple[Any, str]:
    try:
        return orjson.loads(line), ""
    except orjson.JSONDecodeError as error:
        first = error
    text = line.decode("utf-8", errors="replace")
    try:
        # It reads what that one refuses: half characters, NaN.
        value = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise Unreadable(f"it is not JSON ({first.msg}, column {first.colno})") from None
    lost = "\ufffd" in text and "\ufffd".encode() not in line
    return value, "it is not UTF-8; what could not be read is \ufffd" if lost else ""


def read_line(line: bytes) -> Line | None:
    """Return what a line of a log tells; None for an empty one.

    Raises
    ------
    Unreadable
        When it holds no event.
    """
    if not line.strip():
        return None
    value, note = parse(line)
    return read_value(value, note)


def read_value(value: Any, note: str = "") -> Line:
    """Return what an object of a log tells; see `read_line`."""
    if not isinstance(value, dict):
        raise Unreadable(f"it holds {_named(value)}, not an object")
    fields = cast("Json", value)
    event, direction = _find(fields, _DEEPEST)
    if event is None:
        raise Unreadable("it holds no event: there is no `type` of one")
    told = None if event.data is fields else fields
    if direction is None:
        direction = "sent" if event.type in _CLIENT_TYPES else "received"
    return Line(
        event,
        direction,
        _time(fields),
        _whole((told or {}).get("seq")),
        _whole((told or {}).get("size")),
        note,
    )


def _find(fields: Json, depth: int) -> tuple[Event | None, Direction | None]:
    """Return the event in an object, and its direction where that is told."""
    direction = _side(fields)
    for name in _HOLDERS if depth else ():
        inner = _object(fields.get(name))
        if inner is None or _is_event_field(fields, name):
            continue
        event, side = _find(inner, depth - 1)
        if event is not None:
            return event, direction or side
    kind = fields.get("type")
    if isinstance(kind, str) and ("." in kind or kind == "error"):
        return Event(fields), direction if "direction" in fields else None
    # A type that nobody has heard of is an event all the same, where nothing else is.
    if isinstance(kind, str) and kind.lower() not in _WORDS and depth == _DEEPEST:
        return Event(fields), None
    return None, direction


def _is_event_field(fields: Json, name: str) -> bool:
    """Whether `name` is a field of the event that `fields` is, and no event in an envelope."""
    kind = fields.get("type")
    return isinstance(kind, str) and "." in kind and name != "event"


def _object(value: Any) -> Json | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = parse(value.encode("utf-8", errors="surrogatepass"))[0]
        except Unreadable:
            return None
    return cast("Json", value) if isinstance(value, dict) else None


def _side(fields: Json) -> Direction | None:
    for name in _SIDES:
        word = fields.get(name)
        if isinstance(word, str) and word.lower() in _WORDS:
            return _WORDS[word.lower()]
    return None


def _time(fields: Json) -> float | None:
    for name in _TIMES:
        value = fields.get(name)
        if isinstance(value, str):
            value = _of_text(value)
            return value if value is None else value * 1000
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not -_NO_TIME < value < _NO_TIME:
                return None
            return float(value) if name == "t_ms" else _in_ms(float(value))
    return None


def _in_ms(value: float) -> float:
    if value > _MICROS:
        return value / 1000
    if value > _MILLIS:
        return value
    return value * 1000


def _of_text(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _whole(value: Any) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
    return value if good else None


def _named(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number"
