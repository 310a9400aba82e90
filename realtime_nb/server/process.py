"""The server as a program: its port, its first two lines, and every way in which it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

import tornado.httpserver
import tornado.netutil

from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.server.admission import is_loopback
from realtime_nb.server.app import make_app
from realtime_nb.server.brain.load import load_brain
from realtime_nb.server.pacing import DEFAULT_PACE, Pace
from realtime_nb.server.web import MAX_FRAME, Shared
from realtime_nb.server.workers import MAX_SESSION_S, Settings
from realtime_nb.speech.engines import load_engines

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_log = logging.getLogger(__name__)

TOKEN_VARIABLE: Final = "REALTIME_NB_TOKEN"  # noqa: S105 -- a variable's name, not a token
_PROGRAM: Final = "realtime-nb serve"
_CANNOT_START: Final = 2


def run(  # noqa: PLR0913 -- as `realtime_nb.server.main`
    *,
    host: str,
    port: int,
    token: str | None,
    brain: str | None,
    pace: float | None,
    max_session_s: float | None,
    exit_with_stdin: bool,
) -> int:
    """Run the server; see `realtime_nb.server.main`."""
    logging.basicConfig(level=logging.WARNING, format=f"{_PROGRAM}: %(message)s")
    settings = Settings(
        Pace(DEFAULT_PACE if pace is None else pace),
        MAX_SESSION_S if max_session_s is None else max_session_s,
    )
    try:
        if not is_loopback(host):
            raise UsageError(f"{host} is not this computer alone; write 127.0.0.1")
        make_brain = load_brain(brain or "card")
        sockets = _listen(host, port)
        shared = Shared(
            token=token or os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24),
            make_brain=make_brain,
            engines=load_engines(),
            settings=settings,
        )
    except RealtimeError as error:
        sys.stderr.write(f"{_PROGRAM}: {error}\n")
        return _CANNOT_START
    asyncio.run(_serve(shared, sockets, exit_with_stdin=exit_with_stdin))
    return 0


def _listen(host: str, port: int) -> list[socket.socket]:
    """Return the listening sockets.

    Raises
    ------
    UsageError
        When the port cannot be had.
    """
    # A name such as localhost has two addresses; port 0 must be one number for both.
    address = "127.0.0.1" if host.lower().rstrip(".").endswith("localhost") else host
    try:
        return tornado.netutil.bind_sockets(port, address, reuse_port=False)
    except OSError as error:
        raise UsageError(
            f"port {port} of {host} cannot be used: {error.strerror}; write --port 0 for a free one"
        ) from None


async def _serve(shared: Shared, sockets: list[socket.socket], *, exit_with_stdin: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    server = tornado.httpserver.HTTPServer(make_app(shared), max_buffer_size=2 * MAX_FRAME)
    server.add_sockets(sockets)
    restore = _end_on_signals(partial(loop.call_soon_threadsafe, ended.set))
    if exit_with_stdin:
        _end_with_stdin(partial(loop.call_soon_threadsafe, ended.set))
    host, port = sockets[0].getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"url: http://{shown}:{port}/v1\ntoken: {shared.token}\n")
    sys.stdout.flush()
    for part in shared.engines.missing:
        _log.warning("%s: %s; %s (%s)", part.name, part.why, part.fallback, part.install)
    try:
        await ended.wait()
    finally:
        restore()
        server.stop()
        leaving = [client.leave() for client in list(shared.connections)]
        await asyncio.gather(*leaving, *shared.endings)
        await asyncio.sleep(0)  # the close frames are on their way
        await server.close_all_connections()


def _end_on_signals(end: Callable[[], object]) -> Callable[[], None]:
    """End on SIGINT and SIGTERM; return what puts the old handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda _number, _frame: end())

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _end_with_stdin(end: Callable[[], object]) -> None:
    """End when standard input closes: however the parent dies, the system closes it."""

    def watch() -> None:
        # Not through sys.stdin: its lock, held by a thread at exit, would abort Python.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            end()

    threading.Thread(target=watch, name="stdin", daemon=True).start()
