"""The practice phone's socket: JSON and sound, to a practice server on this computer."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from realtime_nb.client.endpoints.address import websocket_url
from realtime_nb.client.endpoints.keys import is_loopback
from realtime_nb.errors import ConnectionFailed, ConnectionLost, EndpointError
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from websockets.asyncio.client import ClientConnection

    from realtime_nb.client.endpoints.service import Endpoint

_LOGGER: Final = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)  # below it ``websockets`` writes the Authorization header
_OPEN_TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 2.0
_LARGEST: Final = 1 << 20
_REFUSALS: Final = {
    401: "it does not take the token: give the one it printed, in REALTIME_NB_TOKEN",
    403: "it answers requests to this computer only",
    404: "it has no practice phone: is it `realtime-nb serve`, of this version?",
}


class PhoneSocket:
    """An open socket; made by `dial`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message; raises ConnectionLost when the socket is gone."""
        await self._send(orjson.dumps(message).decode())

    async def send_sound(self, pcm: bytes) -> None:
        """Send PCM16 at 24 kHz; raises ConnectionLost when the socket is gone."""
        await self._send(pcm)

    async def receive(self) -> dict[str, Any] | bytes:
        """Return the next message, or PCM16 at 24 kHz.

        Raises
        ------
        ConnectionLost
            When the socket is gone.
        """
        while True:
            try:
                frame = await self._socket.recv()
            except ConnectionClosed:
                raise _lost() from None
            if isinstance(frame, bytes):
                return frame
            with contextlib.suppress(ValueError):
                return as_object(orjson.loads(frame))

    async def _send(self, frame: str | bytes) -> None:
        try:
            await self._socket.send(frame)
        except ConnectionClosed:
            raise _lost() from None


@contextlib.asynccontextmanager
async def dial(endpoint: Endpoint) -> AsyncGenerator[PhoneSocket]:
    """Open the practice phone's socket; it closes with the context.

    Parameters
    ----------
    endpoint
        A practice server.

    Raises
    ------
    EndpointError
        For an endpoint elsewhere: no service has a practice phone.
    ConnectionFailed
        When it cannot be reached or refuses; one line with what to do.
    """
    url = websocket_url(endpoint.base_url, "/practice/phone", {})
    if not is_loopback(urlsplit(url).hostname or ""):
        raise EndpointError(
            f"{endpoint.name} has no practice phone; calls are placed at a practice server of this"
            " computer, and reach the real service through a SIP trunk"
        )
    socket = await _open(url, endpoint)
    try:
        yield PhoneSocket(socket)
    finally:
        await socket.close()


async def _open(url: str, endpoint: Endpoint) -> ClientConnection:
    why = ""
    try:
        return await connect(
            url,
            additional_headers=endpoint.headers(),
            compression=None,
            proxy=None,
            max_size=_LARGEST,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            logger=_LOGGER,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        why = _REFUSALS.get(status, f"it answered {status}")
    except OSError as error:
        # asyncio puts the address where the system's words would be.
        why = os.strerror(error.errno) if error.errno else type(error).__name__
    except (WebSocketException, ValueError) as error:
        why = type(error).__name__
    # Raised here and not above: the frames behind those hold the headers.
    raise ConnectionFailed(
        f"no call can be placed at {endpoint.scrub(endpoint.base_url)}: {endpoint.scrub(why)}"
    )


def _lost() -> ConnectionLost:
    return ConnectionLost("the practice server is gone")
