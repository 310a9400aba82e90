"""The WebSocket of a page, relayed to the kernel's port."""

# jupyter_server and tornado are partly untyped.
# pyright: reportUnknownMemberType=false, reportUntypedBaseClass=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

import asyncio
from typing import Any, Final

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from realtime_nb.relay.meeting import ID_PATTERN, Line, NotMet, call

MOST_PAGES: Final = 256
"""Pages that a server relays at a time; one more gets 503, and stays on the comm."""
GONE: Final = 4404
"""Close code: the kernel's side has hung up."""


def routes(base_url: str) -> list[tuple[str, type[web.RequestHandler]]]:
    """Return the relay's address below a server's base URL, and what answers there."""
    return [(url_path_join(base_url, "realtime-nb", "relay", f"({ID_PATTERN})"), RelayHandler)]


class RelayHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):  # pyright: ignore[reportIncompatibleMethodOverride] -- of Jupyter's mixin
    """Carries packets between one page and one kernel, and looks into none.

    Who may execute code in the server's kernels may talk through it. Each direction reads on
    only when the other end has taken what came before, so that neither end can fill the
    server's memory.
    """

    _under_way = 0
    _counted = False
    _line: Line | None = None
    _down: asyncio.Task[None] | None = None

    def set_default_headers(self) -> None:
        """Set none: what a page's content may do says nothing of a WebSocket."""

    def get_compression_options(self) -> dict[str, Any] | None:
        """Compress nothing: sound does not shrink, and compressing costs more than sending."""
        return None

    @ws_authenticated
    async def get(self, place_id: str) -> None:
        """Open the WebSocket once caller, origin and kernel are known; else 403 or 404."""
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", "kernels")
        )
        if not allowed:
            raise web.HTTPError(403)
        if not self.check_origin(self.get_origin()):
            raise web.HTTPError(403)  # before the kernel hears of it
        cls = RelayHandler
        if cls._under_way >= MOST_PAGES:
            raise web.HTTPError(503, "too many chats are relayed")
        cls._under_way += 1
        try:
            await self._relay(place_id)
        finally:
            if self.ws_connection is None:
                self._end()

    async def _relay(self, place_id: str) -> None:
        self._counted = True
        try:
            self._line = await call(place_id)
        except NotMet as reason:
            raise web.HTTPError(404, str(reason)) from reason
        await super().get(place_id)

    def skip_check_origin(self) -> bool:
        """Look at the Origin of who has the token, too: a chat's own page brings its cookie."""
        return False

    def get_origin(self) -> str | None:
        """Return where the page that calls comes from."""
        headers = self.request.headers
        return headers.get("Origin", headers.get("Sec-Websocket-Origin"))

    async def open(self, *_args: str) -> None:
        """Begin to carry."""
        super().open()
        self.set_nodelay(True)
        if self._line is not None:
            self._down = asyncio.create_task(self._carry_down(self._line))

    async def on_message(self, message: str | bytes) -> None:
        """Carry one packet of the page to the kernel."""
        if self._line is not None and isinstance(message, bytes):
            self._line.send(message)
            await self._line.drain()

    async def _carry_down(self, line: Line) -> None:
        while (packet := await line.receive()) is not None:
            try:
                await self.write_message(packet, binary=True)
            except WebSocketClosedError:
                return
        self.close(GONE, "the chat is gone")

    def on_close(self) -> None:
        """Hang up on the kernel's side, too."""
        self._end()
        super().on_close()

    def _end(self) -> None:
        if self._counted:
            self._counted = False
            RelayHandler._under_way -= 1
        if self._line is not None:
            self._line.close()
        if self._down is not None:
            self._down.cancel()
