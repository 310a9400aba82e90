"""The server as a program: its port, its first two lines, and every way in which it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import tornado.netutil

from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.server.answers.pacing import DEFAULT_PACE, Pace
from realtime_nb.server.brain.load import load_brain
from realtime_nb.server.door.admission import is_loopback
from realtime_nb.server.door.port import make_server
from realtime_nb.server.door.web import Shared
from realtime_nb.server.ending import Ending
from realtime_nb.server.phone.options import PhoneOptions
from realtime_nb.server.plain_log import log_plainly
from realtime_nb.server.workers import MAX_SESSION_S, Settings
from realtime_nb.speech.engines import load_engines

if TYPE_CHECKING:
    import socket

_log = logging.getLogger(__name__)

TOKEN_VARIABLE: Final = "REALTIME_NB_TOKEN"  # noqa: S105 -- a variable's name, not a token
_LONGEST_TOKEN: Final = 512
_PROGRAM: Final = "realtime-nb serve"
_CANNOT_START: Final = 2
_SIP_HOST: Final = "127.0.0.1"  # whatever the HTTP port is bound to: its descriptions are IPv4


def run(  # noqa: PLR0913 -- as `realtime_nb.server.main`
    *,
    host: str,
    port: int,
    token: str | None,
    brain: str | None,
    pace: float | None,
    max_session_s: float | None,
    exit_with_stdin: bool,
    token_from_stdin: bool = False,
    phone: PhoneOptions | None = None,
) -> int:
    """Run the server; see `realtime_nb.server.main`."""
    log_plainly(_PROGRAM)
    ending = Ending()
    ending.on_signals()
    settings = Settings(
        Pace(DEFAULT_PACE if pace is None else pace),
        MAX_SESSION_S if max_session_s is None else max_session_s,
    )
    phone = phone or PhoneOptions()
    try:
        if not is_loopback(host):
            raise UsageError(f"{host} is not this computer alone; write 127.0.0.1")
        given = _told_token() if token_from_stdin else token
        make_brain = load_brain(brain or "card")
        sockets = _listen(host, port)
        shared = Shared(
            token=given or os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24),
            make_brain=make_brain,
            engines=load_engines(),
            settings=settings,
            phone=phone.exchange(),
        )
    except RealtimeError as error:
        sys.stderr.write(f"{_PROGRAM}: {error}\n")
        return _CANNOT_START
    try:
        asyncio.run(_serve(shared, sockets, phone, ending, exit_with_stdin=exit_with_stdin))
    except UsageError as error:
        sys.stderr.write(f"{_PROGRAM}: {error}\n")
        return _CANNOT_START
    return 0


def _told_token() -> str:
    """Return the first line of standard input; what follows it is nobody's.

    Raises
    ------
    UsageError
        When it can be no token.
    """
    line = bytearray()
    # Byte by byte, and not through sys.stdin: what watches the input later reads the descriptor.
    while len(line) <= _LONGEST_TOKEN and (byte := os.read(0, 1)) not in {b"", b"\n"}:
        line += byte
    token = line.decode("utf-8", "replace").strip()
    if not token or len(line) > _LONGEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise UsageError("standard input begins with no token; write one, and the end of the line")
    return token


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


async def _serve(
    shared: Shared,
    sockets: list[socket.socket],
    phone: PhoneOptions,
    ending: Ending,
    *,
    exit_with_stdin: bool,
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    ending.begin(partial(loop.call_soon_threadsafe, ended.set), loop)
    sip = await phone.open_sip(shared, _SIP_HOST)
    server = make_server(shared)
    server.add_sockets(sockets)
    if exit_with_stdin:
        ending.with_parent()
    host, port = sockets[0].getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"url: http://{shown}:{port}/v1\ntoken: {shared.token}\n")
    if sip is not None:
        sys.stdout.write(f"sip: {sip.address[0]}:{sip.address[1]}\n")
    sys.stdout.flush()
    for part in shared.engines.missing:
        _log.warning("%s: %s; %s (%s)", part.name, part.why, part.fallback, part.install)
    try:
        await ended.wait()
    finally:
        ending.restore()
        server.stop()
        await shared.phone.close()
        await shared.calls.close()
        if sip is not None:
            await sip.close()
        leaving = [client.leave() for client in list(shared.connections)]
        await asyncio.gather(*leaving, *shared.endings)
        await asyncio.sleep(0)  # the close frames are on their way
        await server.close_all_connections()
