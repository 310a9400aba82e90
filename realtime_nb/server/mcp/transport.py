"""HTTP to one MCP server and to no other place, bounded in bytes.

Imported only where the `mcp` package is, which brings the HTTP client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MOST_BYTES: Final = 4 << 20  # of all answers to one question
_GOODBYE_S: Final = 1.0  # to say that a session is over, which nobody waits for


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Sends requests to one origin; gives up on a server that answers too much.

    Parameters
    ----------
    url
        Of the MCP server.
    give_up
        Called once with the reason, in words.
    inner
        Does the work; by default HTTP.
    """

    def __init__(
        self,
        url: str,
        give_up: Callable[[str], None],
        inner: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._origin = _origin(httpx2.URL(url))
        self._give_up = give_up
        self._inner = inner or httpx2.AsyncHTTPTransport(trust_env=False)
        self._left = MOST_BYTES

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its answer counts as it is read."""
        if _origin(request.url) != self._origin:
            # The package keeps redirects at home; nothing is sent abroad if it should not.
            raise httpx2.UnsupportedProtocol("the MCP server sends to another place")
        if request.method == "DELETE":
            request.extensions["timeout"] = httpx2.Timeout(_GOODBYE_S).as_dict()
        # What unpacks itself cannot be counted before it is there.
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            await response.aclose()
            raise self._refuse("the MCP server compresses its answers unasked")
        stream: Any = response.stream
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Counted(stream, self._count),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self._refuse(f"the MCP server answers more than {MOST_BYTES >> 20} MiB")

    def _refuse(self, why: str) -> httpx2.ReadError:
        self._give_up(why)
        return httpx2.ReadError(why)


class _Counted(httpx2.AsyncByteStream):
    """An answer's bytes, counted while they come."""

    def __init__(self, inner: httpx2.AsyncByteStream, count: Callable[[int], None]) -> None:
        self._inner = inner
        self._count = count

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._count(len(piece))
            yield piece

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
