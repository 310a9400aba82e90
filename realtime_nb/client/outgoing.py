"""What can be sent, and the frame it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import orjson

from realtime_nb.client.kinds import APPENDS
from realtime_nb.client.service_limits import check_limits
from realtime_nb.errors import MalformedEvent, UsageError
from realtime_nb.protocol.events import Event


@runtime_checkable
class _Model(Protocol):
    """A typed event of the ``openai`` package."""

    def to_dict(self, *, mode: str = ..., exclude_unset: bool = ...) -> dict[str, Any]: ...


AnyEvent: TypeAlias = Mapping[str, Any] | Event | _Model
"""What can be sent: a mapping, an `Event`, or a typed event of the ``openai`` package."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event and the frame it makes."""

    event: Event
    frame: bytes


def prepare(event: AnyEvent) -> Prepared:
    """Return the event as it will go out.

    Raises
    ------
    UsageError
        When it has no `type`, holds what JSON cannot, is nested too deep, or is larger than
        the service says that it takes.
    """
    data = as_dict(event)
    check_limits(data)
    try:
        # A copy: what orjson returns keeps a buffer up to eight times as long, and may wait here.
        frame = bytes(memoryview(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)))
    except TypeError as error:
        raise UsageError(f"{data['type']} cannot be sent as JSON: {error}") from None
    # Read back: what the caller does to its dict later is not the wire's. Sound is flat.
    try:
        return Prepared(Event(data) if data["type"] in APPENDS else Event.parse(frame), frame)
    except MalformedEvent as error:
        raise UsageError(f"{data['type']} cannot be sent: {error}") from None


def as_dict(event: AnyEvent) -> dict[str, Any]:
    """Return the event as a plain dict, not shared with the caller's outermost one.

    Raises
    ------
    UsageError
        When it is none of the three, or has no `type` that is a string.
    """
    if isinstance(event, Event):
        return dict(event.data)
    if isinstance(event, Mapping):
        data = dict(event)
    elif isinstance(event, _Model):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        data = event.to_dict(mode="json", exclude_unset=True)
    else:
        raise UsageError(f"{type(event).__name__} is no event; give a dict with a type")
    if not isinstance(data.get("type"), str):
        raise UsageError("an event needs a type, e.g. {'type': 'response.create'}")
    return data
