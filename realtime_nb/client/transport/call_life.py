"""Calls begun and ended from a session's loop: none that was begun is left behind."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.transport.call_control import Created, create_call, hang_up_call
from realtime_nb.client.transport.refusals import CallOver
from realtime_nb.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint

_HANG_UP_S: Final = 5.0
_GIVING: Final = set["asyncio.Future[None]"]()  # a task that nobody holds may be collected


async def begin_call(endpoint: Endpoint, offer: str, session: Mapping[str, Any]) -> Created:
    """Begin a call; see `create_call`. When cancelled, the call is ended that was asked for."""
    creating = asyncio.ensure_future(asyncio.to_thread(create_call, endpoint, offer, session))
    try:
        return await asyncio.shield(creating)
    except asyncio.CancelledError:
        # The request is under way and cannot be taken back: what it begins is ended.
        creating.add_done_callback(partial(_unwanted, endpoint))
        raise


async def end_call(endpoint: Endpoint, call_id: str) -> None:
    """End a call, for all who are in it; one that is over has ended."""
    with contextlib.suppress(CallOver):
        await asyncio.to_thread(hang_up_call, endpoint, call_id, timeout_s=_HANG_UP_S)


async def give_back(endpoint: Endpoint, call_id: str | None) -> None:
    """End a call that its page is about to leave: what fails here, that does."""
    if call_id is not None:
        with contextlib.suppress(RealtimeError):
            await end_call(endpoint, call_id)


def _unwanted(endpoint: Endpoint, creating: asyncio.Future[Created]) -> None:
    if not creating.cancelled() and creating.exception() is None:
        giving = asyncio.ensure_future(give_back(endpoint, creating.result().call_id))
        _GIVING.add(giving)
        giving.add_done_callback(_GIVING.discard)
