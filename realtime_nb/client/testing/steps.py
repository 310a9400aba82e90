"""The steps of a script, and the connection they are run on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from websockets.exceptions import ConnectionClosed

from realtime_nb.protocol.ids import new_id

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

Json: TypeAlias = dict[str, Any]
Made: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]


ANYTHING = "*"
"""Among the ignored types: no step waits for any event, and none is unexpected."""


class ScriptError(AssertionError):
    """The client did what the script does not say."""


class Line:
    """One connection of the peer, while its script runs."""

    def __init__(self, socket: ServerConnection, ignored: Collection[str]) -> None:
        self.socket = socket
        self.latest: Json = {}
        self.events: asyncio.Queue[Json] = asyncio.Queue()
        self.ignored = ignored

    async def read(self, note: Callable[[Json], None]) -> None:
        """Put what comes into the queue, but for the ignored types, and `note` all of it."""
        with contextlib.suppress(ConnectionClosed):
            async for frame in self.socket:
                event: Json = json.loads(frame)
                note(event)
                if ANYTHING not in self.ignored and event.get("type") not in self.ignored:
                    self.events.put_nowait(event)

    async def next_event(self) -> Json:
        """Return the client's next event."""
        return await self.events.get()

    async def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Send events, each with an ``event_id`` where it has none."""
        for event in events:
            named = {"type": event.get("type"), "event_id": new_id("event"), **event}
            await self.socket.send(json.dumps(named))


@dataclass(frozen=True)
class Step:
    """One step of a script; made by `expect`, `send`, `answer` and the others here."""

    name: str
    run: Callable[[Line], Any] = field(repr=False)
    refusal: tuple[int, str] | None = None


def expect(kind: str, **fields: Any) -> Step:
    """Wait for the client's next event, which must be of this type.

    Parameters
    ----------
    kind
        The event's type.
    **fields
        What it must hold, nested objects in part: a value, a function that says whether a
        value will do, or ``...`` for any value at all.
    """

    async def run(line: Line) -> None:
        event = await line.next_event()
        problem = mismatch({"type": kind, **fields}, event, "event")
        if problem:
            raise ScriptError(f"expected {kind}, got {short(event)}: {problem}")
        line.latest = event

    return Step(f"expect {kind}", run)


def send(*events: Mapping[str, Any]) -> Step:
    """Send events, each with an ``event_id`` where it has none."""

    async def run(line: Line) -> None:
        await line.send(events)

    return Step(f"send {', '.join(str(event.get('type')) for event in events)}", run)


def answer(make: Callable[[Json], Made]) -> Step:
    """Send what `make` makes of the client event expected last: one event or several."""

    async def run(line: Line) -> None:
        made = make(line.latest)
        await line.send([made] if isinstance(made, Mapping) else made)

    return Step(f"answer {getattr(make, '__name__', 'by function')}", run)


def send_raw(frame: str | bytes | Iterable[str]) -> Step:
    """Send a frame that may hold anything; several pieces go as fragments of one."""
    return Step("send_raw", lambda line: line.socket.send(frame))


def hold(seconds: float) -> Step:
    """Do nothing for a while."""
    return Step(f"hold {seconds:g} s", lambda _line: asyncio.sleep(seconds))


def wait_until(event: asyncio.Event) -> Step:
    """Do nothing until the test sets `event`; only where both share a loop."""
    return Step("wait_until", lambda _line: event.wait())


def close(code: int = 1000, reason: str = "") -> Step:
    """Close the connection as the WebSocket protocol wants it."""
    return Step(f"close {code}", lambda line: line.socket.close(code, reason))


def drop() -> Step:
    """Break the connection off, as when the service is killed."""

    async def run(line: Line) -> None:
        line.socket.transport.abort()

    return Step("drop", run)


def stop_reading() -> Step:
    """Read nothing from the socket any more: a service that cannot keep up."""

    async def run(line: Line) -> None:
        line.socket.transport.pause_reading()

    return Step("stop_reading", run)


def start_reading() -> Step:
    """Read again after `stop_reading`."""

    async def run(line: Line) -> None:
        line.socket.transport.resume_reading()

    return Step("start_reading", run)


def refuse(status: int, message: str = "") -> Step:
    """Refuse the handshake with an HTTP status; the only step of its script."""

    async def run(_line: Line) -> None:
        raise ScriptError("refuse must be the only step of its script")

    return Step(f"refuse {status}", run, (status, message))


def mismatch(wanted: Any, found: Any, path: str) -> str:
    """Return what does not fit, empty when all does; objects need to fit in part only."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return _mismatch_inside(
            cast("Mapping[str, Any]", wanted), cast("Mapping[str, Any]", found), path
        )
    return "" if _fits(wanted, found) else f"{path} is {found!r}"


def _fits(wanted: Any, found: Any) -> bool:
    if callable(wanted):
        return bool(wanted(found))
    return wanted is ... or wanted == found


def _mismatch_inside(wanted: Mapping[str, Any], found: Mapping[str, Any], path: str) -> str:
    for name, value in wanted.items():
        if name not in found:
            return f"{path} has no {name}"
        problem = mismatch(value, found[name], f"{path}.{name}")
        if problem:
            return problem
    return ""


def short(event: Json) -> str:
    """Return an event as JSON, cut to about three lines."""
    text = json.dumps(event)
    return text if len(text) <= 300 else text[:299] + "…"  # noqa: PLR2004 -- as said
