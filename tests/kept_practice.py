"""One practice server for all tests of a process, where they would each start one.

A start costs more than most tests do, and tests end with `LocalServer.stop_shared`, as unloading
the extension does. Here that lays the server aside, and the next who asks for the shared one gets
it again, if the same command would be started in the same surroundings. A test of starting and
stopping itself asks for the fixture ``own_practice_server``.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from realtime_nb.client import local
from realtime_nb.client.local import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_THREADS = "realtime_nb server output"  # those that read what the kept server writes


class KeptPractice:
    """What stands in for `LocalServer.shared` and `stop_shared`."""

    def __init__(self) -> None:
        self._ours = (LocalServer.shared, LocalServer.stop_shared)
        self._kept: LocalServer | None = None
        self._start: object = None

    def shared(self) -> LocalServer:
        """Return the shared server: the kept one, where another start would bring its like."""
        before, start = LocalServer._shared, _start()
        if before is None and self._kept is not None and start == self._start:
            LocalServer._shared = self._kept
        server = self._ours[0]()
        if before is None and server is not self._kept:
            self.end()
            self._kept, self._start = server, start
        return server

    def stop_shared(self) -> None:
        """Lay the kept server aside; stop another, which a test has put in its place."""
        if LocalServer._shared is self._kept:
            LocalServer._shared = None
        else:
            self._ours[1]()

    def end(self) -> None:
        """Stop the kept server."""
        server, self._kept = self._kept, None
        if server is not None:
            server.stop()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand in until the end."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(LocalServer, "shared", self.shared)
            patch.setattr(LocalServer, "stop_shared", self.stop_shared)
            yield
        self.end()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let a test start and stop servers itself."""
        self.end()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(LocalServer, "shared", self._ours[0])
            patch.setattr(LocalServer, "stop_shared", self._ours[1])
            yield
            LocalServer.stop_shared()


def _start() -> tuple[list[str], dict[str, str]]:
    return local._command(), local._surroundings(os.environ)
