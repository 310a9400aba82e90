"""Where webhooks come in: a port of our own, or a route of the Jupyter Server that runs us."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from jupyter_core.paths import jupyter_runtime_dir

from realtime_nb.bridge.carrier.listener import Listener
from realtime_nb.client.phone.route import Route
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from realtime_nb.client.phone.desk import Answered, WebhookDesk
    from realtime_nb.relay.meeting import Line

WAYS: Final = ("port", "jupyter")


class Mount(Protocol):
    """Somewhere to post webhooks to."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    async def close(self) -> None:
        """Take no more."""
        ...


async def on_port(desk: WebhookDesk, port: int) -> Mount:
    """Listen on a port of 127.0.0.1; 0 takes a free one."""
    route = Route(desk)
    route.start(port)
    return route


class JupyterMount:
    """The kernel's end of the Jupyter Server's route; make and `close` it on `loop`.

    Parameters
    ----------
    desk
        Takes the webhooks.
    loop
        The loop this runs on.
    base_url
        Of the Jupyter Server, with the slash at its end.
    """

    def __init__(self, desk: WebhookDesk, loop: asyncio.AbstractEventLoop, base_url: str) -> None:
        self._desk = desk
        self._listener = Listener(loop, self._serve)
        self._url = f"{base_url}realtime-nb/phone/{self._listener.place.id}"

    @property
    def url(self) -> str:
        """Where webhooks are posted."""
        return self._url

    async def close(self) -> None:
        """Let the server's relay in no more."""
        self._listener.close()

    async def _serve(self, line: Line) -> None:
        """Answer one webhook: its headers as JSON, its body, and an answer as JSON."""
        headers, body = await line.receive(), await line.receive()
        if headers is None:
            return
        answer = self._desk.too_large() if body is None else self._take(headers, body)
        line.send(orjson.dumps({"status": answer.status, "text": answer.text}))
        await line.drain()
        await line.receive()  # until the relay has read it and hangs up

    def _take(self, headers: bytes, body: bytes) -> Answered:
        given: Mapping[str, str] = orjson.loads(headers)
        return self._desk.take(body, given)


def jupyter_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the Jupyter Server that started this kernel, with a slash at its end.

    Raises
    ------
    UsageError
        When there is none that can be found.
    """
    parent = environ.get("JPY_PARENT_PID", "")
    path = Path(jupyter_runtime_dir()) / f"jpserver-{parent}.json"
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        url = str(told["url"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            'mount="jupyter" finds no Jupyter Server that runs this kernel; write mount="port".'
        ) from None
    return url if url.endswith("/") else f"{url}/"
