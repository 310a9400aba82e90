"""A webhook route in the Jupyter Server, for a phone line of a kernel.

Anybody who reaches the server may post to it: what counts is the webhook's signature, which
the kernel checks; it alone knows the secret. The line is found as the fast path finds a chat,
by an id whose file the kernel wrote. What is passed on is bounded: the body, its size, and
the headers that a signature needs.
"""

# jupyter_server and tornado are partly untyped.
# pyright: reportUnknownMemberType=false, reportUntypedBaseClass=false
# pyright: reportUntypedFunctionDecorator=false, reportUntypedClassDecorator=false

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from realtime_nb.relay.meeting import ID_PATTERN, NotMet, call

LARGEST_BODY: Final = 256 * 1024
"""Bytes of the largest webhook that is passed on."""
PATIENCE_S: Final = 10.0
MOST_AT_ONCE: Final = 32
"""Webhooks that are passed on at once; past that 503 says to come again."""

_MOST_DROPPED: Final = 32 << 20
_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
_LONGEST_HEADER: Final = 4096
_LONGEST_TEXT: Final = 300
_STATUSES: Final = (200, 400, 413, 503)


def webhook_routes(base_url: str) -> list[tuple[str, type[web.RequestHandler]]]:
    """Return the route's address below a server's base URL, and what answers there."""
    return [(url_path_join(base_url, "realtime-nb", "phone", f"({ID_PATTERN})"), WebhookHandler)]


@web.stream_request_body
class WebhookHandler(JupyterHandler):
    """Passes one webhook to a kernel and its answer back."""

    _under_way = 0

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nothing."""
        super().initialize(*args, **kwargs)
        self._body = bytearray()
        self._too_large = False

    async def prepare(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- Jupyter's signs users in
        """Let in who is no user of the server, and no more bytes than can be dropped."""
        connection: Any = self.request.connection
        connection.set_max_body_size(_MOST_DROPPED)
        connection.set_body_timeout(PATIENCE_S)

    def check_xsrf_cookie(self) -> None:
        """Check none: no browser's cookie says anything here."""

    def set_default_headers(self) -> None:
        """Set none of Jupyter's: there is no page."""

    def data_received(self, chunk: bytes) -> None:
        """Gather the body, up to the limit."""
        self._too_large = self._too_large or len(self._body) + len(chunk) > LARGEST_BODY
        if self._too_large:
            self._body.clear()
        else:
            self._body += chunk

    @allow_unauthenticated
    async def post(self, place_id: str) -> None:
        """Pass a webhook on."""
        if self._too_large:
            self._tell(413, f"the webhook is larger than {LARGEST_BODY // 1024} KiB")
            return
        cls = type(self)
        if cls._under_way >= MOST_AT_ONCE:
            self._tell(503, "too many webhooks at once; deliver it again")
            return
        cls._under_way += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._tell(*await self._pass_on(place_id))
        except NotMet:
            self._tell(404, "no phone line of this id is open")
        except (TimeoutError, ValueError, KeyError, TypeError):
            self._tell(503, "the line did not answer; deliver the webhook again")
        finally:
            cls._under_way -= 1

    async def _pass_on(self, place_id: str) -> tuple[int, str]:
        given = self.request.headers
        picked = {name: given[name][:_LONGEST_HEADER] for name in _HEADERS if name in given}
        line = await call(place_id)
        try:
            line.send(json.dumps(picked).encode())
            line.send(bytes(self._body))
            await line.drain()
            answer: dict[str, Any] = json.loads(await line.receive() or b"null")
        finally:
            line.close()
        status = int(answer["status"])
        return (status if status in _STATUSES else 503), str(answer["text"])[:_LONGEST_TEXT]

    def _tell(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(f"{text}\n")

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Say in one line what is wrong, without a page of Jupyter's."""
        self._tell(status_code, f"{status_code}: a webhook is posted here")
