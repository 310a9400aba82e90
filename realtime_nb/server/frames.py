"""From a frame to a client event, and every way in which a frame can be none."""

from __future__ import annotations

from typing import Any, cast

import orjson

from realtime_nb.server.wire_errors import WireError, invalid_type, missing_parameter, too_long

Json = dict[str, Any]

LONGEST_EVENT_ID = 512
# What we echo must be writable again: the encoder stops at 254 levels.
_DEEPEST = 128


def parse_frame(frame: str | bytes) -> Json:
    """Return the client event that a frame holds.

    Parameters
    ----------
    frame
        `str` from a text frame, `bytes` from a binary one.

    Raises
    ------
    WireError
        When the frame is binary, not JSON, no object, or has no usable `type`.
    """
    if isinstance(frame, bytes):
        raise WireError(
            "Expected a text WebSocket message; binary frames are not supported.",
            code="invalid_event",
        )
    return parse_object(frame, "frame", "Expected a JSON object with a 'type'.")


def parse_object(text: str | bytes, noun: str, expected: str) -> Json:
    """Return the JSON object that a text holds.

    Parameters
    ----------
    text
        What came.
    noun
        What the message calls it.
    expected
        What the message says of JSON that is no object.

    Raises
    ------
    WireError
        When it is not JSON, no object, or nested too deep.
    """
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise WireError(f"The {noun} is not valid JSON: {error}", code="invalid_json") from None
    if not isinstance(value, dict):
        raise WireError(expected, code="invalid_event")
    parsed = cast("Json", value)
    if not _shallow(parsed):
        raise WireError(
            f"The {noun} is nested more than {_DEEPEST} levels deep.", code="invalid_event"
        )
    return parsed


def event_id_of(event: Json) -> str | None:
    """Return the client's id of an event, None when there is no usable one."""
    event_id = event.get("event_id")
    usable = isinstance(event_id, str) and len(event_id) <= LONGEST_EVENT_ID
    return event_id if usable else None


def event_type(event: Json) -> str:
    """Return an event's type; checks its `event_id` on the way.

    Raises
    ------
    WireError
        When either is not what it must be.
    """
    if "type" not in event:
        raise missing_parameter("type")
    kind = event["type"]
    if not isinstance(kind, str):
        raise invalid_type("type", "a string", kind)
    event_id = event.get("event_id")
    if event_id is not None and not isinstance(event_id, str):
        raise invalid_type("event_id", "a string", event_id)
    if event_id is not None and len(event_id) > LONGEST_EVENT_ID:
        raise too_long("event_id", "string", len(event_id), LONGEST_EVENT_ID)
    return kind


def _shallow(event: Json) -> bool:
    """Return whether the event is nested no deeper than `_DEEPEST`."""
    level: list[Any] = [event]
    for _ in range(_DEEPEST):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                deeper += [v for v in cast("Json", value).values() if isinstance(v, dict | list)]
            else:
                deeper += [v for v in cast("list[Any]", value) if isinstance(v, dict | list)]
        if not deeper:
            return True
        level = deeper
    return False
