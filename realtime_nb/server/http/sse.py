"""Server-sent events: written as fast as they are read, and no longer than somebody reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson
from tornado.iostream import StreamClosedError

if TYPE_CHECKING:
    from tornado.web import RequestHandler

Json = dict[str, Any]

STALLED_S: Final = 20.0
"""Seconds that a piece of an answer waits for its reader, who holds a turn that others wait for.

The system takes some megabytes ahead of a reader, so one who hears at the pace of speech is none
of those.
"""
_DONE: Final = b"data: [DONE]\n\n"


class ClientGone(Exception):
    """Nobody reads any more; whatever works for the client shall end."""


class EventStream:
    """The answer of one request, as a stream of events.

    Parameters
    ----------
    handler
        Of the request; nothing was answered yet.
    """

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        handler.set_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.set_header("Cache-Control", "no-cache")
        handler.set_header("X-Accel-Buffering", "no")

    async def send(self, value: Json) -> None:
        """Write an event and wait until the reader has room for the next.

        Raises
        ------
        ClientGone
            When there is no reader any more, or it does not read.
        """
        await self._write(b"data: " + orjson.dumps(value) + b"\n\n")

    async def done(self) -> None:
        """Write the last line, ``data: [DONE]``.

        Raises
        ------
        ClientGone
            As `send`.
        """
        await self._write(_DONE)

    async def _write(self, line: bytes) -> None:
        self._handler.write(line)  # pyright: ignore[reportUnknownMemberType] -- tornado's dict
        await send_off(self._handler)


async def send_off(handler: RequestHandler) -> None:
    """Send what was written of an answer; return when the reader has room for more.

    Raises
    ------
    ClientGone
        When there is no reader any more, or it does not read.
    """
    try:
        async with asyncio.timeout(STALLED_S):
            await handler.flush()
    except (StreamClosedError, TimeoutError):
        raise ClientGone from None
