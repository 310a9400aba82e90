"""What every session has in common: frames in, one after the other, and its hour.

No sockets, no threads of its own. A refused event becomes an `error` event and the session
goes on; a fault of ours becomes an `error` of type `server_error`, is logged, and the
session goes on as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.server.config.schema import Check, Nullable, Record, Text
from realtime_nb.server.frames import event_id_of, event_type, parse_frame
from realtime_nb.server.wire_errors import WireError, error_body, unsupported_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.server.emitter import Emitter

Json = dict[str, Any]
Handler: TypeAlias = Callable[[Json], Awaitable[None] | None]

_log = logging.getLogger(__name__)

EXPIRED: Final = "Your session hit the maximum duration of 60 minutes."
GOING_AWAY: Final = 1001


def event_fields(required: dict[str, Check] | None = None, /, **optional: Check) -> Record:
    """Return the checker of a client event; `type` and `event_id` may stand in each."""
    required = required or {}
    envelope: dict[str, Check] = {"type": Text(), "event_id": Nullable(Text())}
    return Record({**envelope, **required, **optional}, tuple(required))


class BaseSession:
    """One session on one event loop.

    Parameters
    ----------
    emit
        Sends its events.
    max_session_s
        After this it expires.
    on_over
        Called after its last event, with the code and reason of the close frame.
    """

    def __init__(
        self,
        emit: Emitter,
        max_session_s: float,
        on_over: Callable[[int, str], None] | None,
    ) -> None:
        self._emit = emit
        self._max_session_s = max_session_s
        self._on_over = on_over
        self._expiry: asyncio.TimerHandle | None = None
        self._over = False
        # Each event's checker and handler; filled by the session of a kind.
        self._events: Mapping[str, Record] = {}
        self._handlers: dict[str, Handler] = {}

    def to_wire(self) -> Json:
        """Return the session object."""
        raise NotImplementedError

    def start(self) -> None:
        """Emit `session.created` and let the session's time begin."""
        self._emit("session.created", session=self.to_wire())
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(self._max_session_s, self._expire)

    async def handle(self, frame: str | bytes) -> None:
        """Take one frame of the client; never raises for what it holds.

        Parameters
        ----------
        frame
            `str` from a text frame, `bytes` from a binary one.
        """
        if self._over:
            return
        event_id: str | None = None
        try:
            event = parse_frame(frame)
            event_id = event_id_of(event)
            await self._dispatch(event)
        except WireError as error:
            self._emit("error", error=error.body(event_id))
        except Exception as error:  # noqa: BLE001 -- logged, and told to the client
            _log.exception("a client event failed")
            body = error_body(
                f"The server had an error while processing the event: {error}",
                event_id=event_id,
                kind="server_error",
            )
            self._emit("error", error=body)

    async def close(self) -> None:
        """End everything the session runs."""
        self._over = True
        if self._expiry is not None:
            self._expiry.cancel()

    def end(self, code: int, reason: str = "") -> None:
        """Take nothing more, and let the socket be closed after what was emitted."""
        self._over = True
        if self._on_over is not None:
            self._on_over(code, reason)

    def refuse_event(self, kind: str) -> None:
        """Raise `WireError` where this session does not take an event that exists.

        Parameters
        ----------
        kind
            The event's type.
        """

    async def _dispatch(self, event: Json) -> None:
        kind = event_type(event)
        handler = self._handlers.get(kind)
        if handler is None:
            raise unsupported_value("type", kind, tuple(self._handlers))
        self._events[kind].check(event, "")
        self.refuse_event(kind)
        waiting = handler(event)
        if waiting is not None:
            await waiting

    def _expire(self) -> None:
        self._emit("error", error=error_body(EXPIRED, code="session_expired"))
        self.end(GOING_AWAY, EXPIRED)
