"""Sessions whose sound goes straight between a page and the service, by WebRTC."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from realtime_nb.client.endpoints.ephemeral import create_client_secret
from realtime_nb.client.posting import warm_up
from realtime_nb.client.transport.call_control import CALLS, call_session, require_calls
from realtime_nb.client.transport.call_life import begin_call, give_back
from realtime_nb.client.transport.call_wire import AnyWire, CallWire
from realtime_nb.client.transport.relayed_wire import RelayedWire
from realtime_nb.client.transport.rtc import PagePeer, failed_at
from realtime_nb.client.transport.transports import ASKS_AFTER_S, TransportName, sideband
from realtime_nb.errors import ConnectionFailed, ServerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.protocol.config.problem import SessionKind

T = TypeVar("T")


class _PageCall:
    """What the calls of a page have in common."""

    carries_audio: bool = False
    configured: bool = True
    asks_after_s: float | None = ASKS_AFTER_S

    def __init__(self, peer: PagePeer) -> None:
        self._peer = peer
        self.call_id: str | None = None

    async def _with(
        self, config: Mapping[str, Any], ask: Callable[[Mapping[str, Any]], Awaitable[T]]
    ) -> T:
        """Ask with a config; where the service refuses it, without.

        The session asks for it again then, over the call: where it is refused there, the
        session is open with the service's defaults, as it is over a WebSocket.
        """
        bare = {name: config[name] for name in ("type", "model") if name in config}
        try:
            return await ask(config)
        except ServerError:
            if bare == dict(config):
                raise
        self.configured = False
        return await ask(bare)

    async def hang_up(self, endpoint: Endpoint) -> None:
        """End the call, by its id where that is known, and by the page in any case."""
        try:
            # First: a call that its page has left is none any more, and cannot be ended.
            await give_back(endpoint, self.call_id)
        finally:
            self._peer.hang_up()


class WebRTCTransport(_PageCall):
    """A call that a page makes and this session joins: no key goes to the page.

    Parameters
    ----------
    peer
        The page.
    """

    name: TransportName = "webrtc"

    async def dial(
        self, endpoint: Endpoint, kind: SessionKind, config: Mapping[str, Any]
    ) -> AnyWire:
        """Have the page make an offer, begin the call with it, and join it."""
        require_calls(endpoint, kind)
        session = call_session(endpoint, {**config, "type": kind})
        loop = asyncio.get_running_loop()
        wires: list[CallWire] = []
        reasons: list[str] = []

        def stop() -> None:
            for wire in wires:
                for reason in reasons[:1]:
                    wire.stop(reason)

        def closed(reason: str) -> None:
            reasons.append(reason)
            with contextlib.suppress(RuntimeError):  # the loop may be gone as well
                loop.call_soon_threadsafe(stop)

        self._peer.on_closed(closed)
        try:
            wires.append(await self._begin(endpoint, session))
        except BaseException:
            self._peer.hang_up()
            await give_back(endpoint, self.call_id)
            raise
        stop()
        return wires[0]

    async def _begin(self, endpoint: Endpoint, session: Mapping[str, Any]) -> CallWire:
        offer, _ = await asyncio.gather(self._peer.offer(), asyncio.to_thread(warm_up))
        try:
            created = await self._with(session, lambda asked: begin_call(endpoint, offer, asked))
        except ConnectionFailed as error:
            raise failed_at("HTTP", str(error)) from None
        self.call_id = created.call_id
        dial = sideband(endpoint, created.call_id)
        answering = asyncio.ensure_future(self._peer.answer(created.sdp))
        joining = asyncio.ensure_future(_join(dial))
        try:
            # A sideband that is refused need not wait for a page that may never connect.
            await asyncio.wait([answering, joining], return_when=asyncio.FIRST_EXCEPTION)
            if not joining.done() or joining.exception() is None:
                await answering
            inner = await joining
        except BaseException:
            answering.cancel()
            joining.cancel()
            await asyncio.wait([answering, joining])
            if not joining.cancelled() and joining.exception() is None:
                joining.result().abort()
            raise
        return CallWire(inner, dial, on_end=self._peer.hang_up)


class DirectTransport(_PageCall):
    """A call that a page makes by itself with an ephemeral key; its data channel is all we have.

    Parameters
    ----------
    peer
        The page.
    """

    name: TransportName = "webrtc-direct"

    async def dial(
        self, endpoint: Endpoint, kind: SessionKind, config: Mapping[str, Any]
    ) -> AnyWire:
        """Make an ephemeral key, and have the page call with it."""
        require_calls(endpoint, kind)
        try:
            key = await self._with(
                {**config, "type": kind},
                lambda asked: asyncio.to_thread(create_client_secret, endpoint, asked),
            )
        except ConnectionFailed as error:
            raise failed_at("the ephemeral key", str(error)) from None
        wire = RelayedWire(self._peer, endpoint.name, key.value)
        query = f"?{urlencode(endpoint.extra_query)}" if endpoint.extra_query else ""
        url = endpoint.base_url.rstrip("/") + CALLS + query
        try:
            self.call_id = await self._peer.direct(url, key.value)
        except ConnectionFailed as error:
            self._peer.hang_up()
            raise ConnectionFailed(key.value.scrub(str(error))) from None
        except BaseException:
            self._peer.hang_up()
            raise
        return wire


async def _join(dial: Callable[[], Awaitable[AnyWire]]) -> AnyWire:
    try:
        return await dial()
    except ConnectionFailed as error:
        raise failed_at("the sideband", str(error)) from None
