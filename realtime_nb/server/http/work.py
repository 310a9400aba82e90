"""Ears and a voice for one request, let go with it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from realtime_nb.server.emitter import Emitter
from realtime_nb.server.workers import Workers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from realtime_nb.server.door.web import Shared


@asynccontextmanager
async def working(shared: Shared) -> AsyncGenerator[Workers]:
    """Hold a turn at the engines and workers of one's own; leaving ends all they do.

    Parameters
    ----------
    shared
        The server's.

    Raises
    ------
    Refusal
        With status 429, when too many wait for a turn already.
    """
    async with shared.turns.turn():
        # A request has no events: what would be one goes nowhere.
        workers = Workers(Emitter(lambda _event: None), shared.engines, shared.settings)
        try:
            yield workers
        finally:
            await workers.close()
