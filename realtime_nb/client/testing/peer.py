"""The scripted service itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.testing.steps import Json, Line, ScriptError, Step, short

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import TracebackType

    from websockets.asyncio.server import Server
    from websockets.datastructures import Headers
    from websockets.http11 import Request
    from websockets.http11 import Response as HttpResponse

PATIENCE_S: Final = 5.0
_IGNORED: Final = ("input_audio_buffer.append",)


@dataclass(frozen=True)
class Handshake:
    """What a client asked for when it connected.

    Attributes
    ----------
    path
        Path of the URL.
    query
        Its query, each name with its values.
    headers
        The headers.
    """

    path: str
    query: dict[str, list[str]]
    headers: Headers


class ScriptedPeer:
    """The scripted service; enter it with ``async with`` or ``with``.

    Parameters
    ----------
    *scripts
        The steps of each connection, in the order the connections come.
    ignore
        Types of client events that no step waits for; `ANYTHING` among them stands for all.
    api_key
        What `endpoint` is given as its key.
    patience
        How long the end of the test waits for the scripts to end, in seconds.

    Attributes
    ----------
    received
        Every client event, the ignored ones too.
    handshakes
        What each connection asked for.
    """

    def __init__(
        self,
        *scripts: Sequence[Step],
        ignore: Collection[str] = _IGNORED,
        api_key: str = "sk-scripted",
        patience: float = PATIENCE_S,
    ) -> None:
        self._waiting = [list(script) for script in scripts]
        self._ignored = ignore
        self._api_key = api_key
        self._patience = patience
        self._problems: list[str] = []
        self._left: list[list[Step]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._loop: BackgroundLoop | None = None
        self._news = asyncio.Event()
        self._heard = asyncio.Event()
        self.received: list[Json] = []
        self.handshakes: list[Handshake] = []

    @property
    def url(self) -> str:
        """Base URL, as the ``openai`` package wants it."""
        if self._server is None:
            raise RuntimeError("the peer listens inside its with block only")
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"http://127.0.0.1:{port}/v1"

    @property
    def endpoint(self) -> Endpoint:
        """An endpoint that leads to the peer."""
        return Endpoint(self.url, "gpt-realtime-2.1", "the peer", api_key=Secret(self._api_key))

    def of_type(self, kind: str) -> list[Json]:
        """Return the client events of one type so far."""
        return [event for event in self.received if event.get("type") == kind]

    async def heard(self, kind: str, count: int = 1) -> list[Json]:
        """Wait until `count` client events of a type have come, and return them."""
        while len(found := self.of_type(kind)) < count:
            self._heard.clear()
            await self._heard.wait()
        return found

    def _note(self, event: Json) -> None:
        self.received.append(event)
        self._heard.set()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            compression=None,
            max_size=None,
            ping_interval=None,
            close_timeout=1,
            process_request=self._shake_hands,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and not self._problems:
            await self._await_scripts()
        for task in tuple(self._busy):
            task.cancel()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        if error is None:
            self.check()

    def __enter__(self) -> Self:
        self._loop = BackgroundLoop()
        return self._loop.call(self.__aenter__()).result(self._patience)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            try:
                self._loop.call(self.__aexit__(kind, error, trace)).result(3 * self._patience)
            finally:
                self._loop.stop()

    def check(self) -> None:
        """Raise `ScriptError` for everything that went otherwise than the scripts say."""
        problems = list(self._problems)
        unfinished = [script for script in (*self._left, *self._waiting) if script]
        problems += [f"never reached: {', '.join(s.name for s in steps)}" for steps in unfinished]
        if problems:
            raise ScriptError("; ".join(problems))

    async def _await_scripts(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while (self._waiting or any(self._left)) and not self._problems:
                    self._news.clear()
                    await self._news.wait()

    def _shake_hands(self, socket: ServerConnection, request: Request) -> HttpResponse | None:
        parts = urlsplit(request.path)
        self.handshakes.append(Handshake(parts.path, parse_qs(parts.query), request.headers))
        script = self._waiting[0] if self._waiting else []
        if not script or script[0].refusal is None:
            return None
        status, message = script[0].refusal
        self._waiting.pop(0)
        body = json.dumps({"error": {"message": message}}) if message else ""
        return socket.respond(status, body)

    async def _serve(self, socket: ServerConnection) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._busy.add(task)
        script = self._waiting.pop(0) if self._waiting else None
        if script is None:
            self._problems.append("a connection that no script is for")
            self._news.set()
            return
        self._left.append(script)
        line = Line(socket, self._ignored)
        reader = asyncio.create_task(line.read(self._note))
        try:
            while script:
                await script[0].run(line)
                script.pop(0)
            self._news.set()
            await reader
            self._note_unexpected(line)
        except ScriptError as problem:
            self._problems.append(str(problem))
            await socket.close(1011, str(problem)[:100])
        except ConnectionClosed as end:
            self._problems.append(f"the client left during {script[0].name}: {end}")
        except asyncio.CancelledError:
            if task is not None:
                task.uncancel()  # or asyncio.timeout of Python 3.11.2 takes itself for cancelled
            self._note_unexpected(line)
        finally:
            self._news.set()
            reader.cancel()
            self._busy.discard(task)  # pyright: ignore[reportArgumentType] -- discarding None is harmless

    def _note_unexpected(self, line: Line) -> None:
        while not line.events.empty():
            self._problems.append(f"not expected: {short(line.events.get_nowait())}")
