"""Whoever answers calls: a webhook of one's own, checked by the openai package."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import openai
import tornado.httpserver
import tornado.netutil
import tornado.web

from realtime_nb.server.phone.webhook import Webhook
from tests.server.serving import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.server.serving import Served

SECRET = "whsec_cHJhY3RpY2UgbWFrZXMgcGVyZmVjdA=="  # noqa: S105 -- planted


class Answering:
    """A webhook receiver on a free port.

    Attributes
    ----------
    events
        Those that were believed.
    deliveries
        Headers and body of each POST.
    statuses
        What the next POSTs are answered with; 200 when there is none left.
    """

    not_found = openai.NotFoundError
    refused = openai.BadRequestError

    def __init__(self, served: Served) -> None:
        self.served = served
        self.client = openai.AsyncOpenAI(
            base_url=served.url, api_key=TOKEN, webhook_secret=SECRET, max_retries=0
        )
        self.events: asyncio.Queue[Any] = asyncio.Queue()
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.on_call: Callable[[str], Awaitable[None]] | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.url = ""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.deliveries.append((headers, body))
        if self.statuses:
            return self.statuses.pop(0)
        event = self.client.webhooks.unwrap(body, headers)
        self.events.put_nowait(event)
        if self.on_call is not None:
            answering = asyncio.ensure_future(self.on_call(event.data.call_id))
            self.tasks.append(answering)  # type: ignore[arg-type]
        return 200

    async def accept(self, call_id: str, **session: Any) -> None:
        calls = self.client.realtime.calls
        await calls.accept(call_id, type="realtime", model="gpt-realtime", **session)


class _Hook(tornado.web.RequestHandler):
    def initialize(self, answering: Answering) -> None:
        self._answering = answering

    def post(self) -> None:
        self.set_status(self._answering.take(dict(self.request.headers), self.request.body))


@asynccontextmanager
async def answering(served: Served, *, default: bool = False) -> AsyncIterator[Answering]:
    """Receive webhooks; with `default` the server rings it for calls that name no line."""
    receiver = Answering(served)
    app = tornado.web.Application(
        [("/hook", _Hook, {"answering": receiver})], log_function=lambda _: None
    )
    server = tornado.httpserver.HTTPServer(app)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    receiver.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/hook"
    if default:
        served.shared.phone.lines.publish(Webhook.of(receiver.url, SECRET))
    try:
        yield receiver
        for task in receiver.tasks:
            await task
    finally:
        for task in receiver.tasks:
            task.cancel()
        await asyncio.gather(*receiver.tasks, return_exceptions=True)
        await served.shared.phone.close()
        await served.shared.calls.close()
        await receiver.client.close()
        server.stop()
        await server.close_all_connections()
