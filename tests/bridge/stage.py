"""A real session and a real bridge with no socket, no thread and no clock.

Time stands still unless a test lets it pass, and everything happens on one loop that runs
only while `Stage.run` does. So a test chooses every interleaving itself, and the same choices
give the same run.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from realtime_nb.bridge import Bridge
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.session import RealtimeSession
from realtime_nb.client.switching import switch_interval
from realtime_nb.errors import ConnectionLost
from realtime_nb.protocol.events import Event
from tests.bridge.fakes import FakeView

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.outgoing import Prepared

STEPS = 200


class StillLoop(BackgroundLoop):
    """The background loop, run by hand on the test's own thread, its time passed by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self._loop = asyncio.new_event_loop()
        self._loop.time = lambda: self.now_s  # type: ignore[method-assign]  # time by hand
        self._loop.set_exception_handler(self._failed)
        self.failures: list[BaseException] = []
        self._stopping = False
        self._owner_pid = os.getpid()
        self._lock = threading.Lock()
        self._tasks = set()
        self._thread = threading.current_thread()

    def _failed(self, _loop: Any, context: dict[str, Any]) -> None:
        # A callback that raised, an outcome that nobody looked at.
        self.failures.append(context.get("exception") or AssertionError(context["message"]))

    def run(self) -> None:
        """Do what is due now."""
        for _ in range(STEPS):
            self._loop.call_soon(self._loop.stop)
            self._loop.run_forever()
            if not self._loop._ready:
                return
        raise AssertionError("the loop does not come to rest")

    def close(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self.run()
        self._loop.close()


class Paper:
    """A connection: what is sent lies in `posted` until somebody takes it."""

    writable = True
    heard_s = 0.0

    def __init__(self, log: Any, now_ms: Callable[[], float]) -> None:
        self._log = log
        self._now_ms = now_ms
        self.posted: list[dict[str, Any]] = []
        self.on_post: Callable[[dict[str, Any]], None] = lambda _event: None

    def post(self, ready: Prepared) -> Any:
        self.posted.append(ready.event.data)
        self.on_post(ready.event.data)
        return self._log.append("sent", ready.event, t_ms=self._now_ms(), size=len(ready.frame))

    def post_audio(self, pcm: bytes) -> Any:
        event = Event({"type": "input_audio_buffer.append", "audio": ""})
        self.posted.append({"type": event.type, "bytes": len(pcm)})
        return self._log.append("sent", event, t_ms=self._now_ms(), size=len(pcm))

    def call_when_writable(self, callback: Any) -> None:
        pass

    def abort(self) -> None:
        pass


class Troubles(logging.Handler):
    """Keeps what the package logs as warnings and worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        failure = record.exc_info[1] if record.exc_info else None
        self.said.append(f"{record.getMessage()} {failure!r}" if failure else record.getMessage())


class Stage:
    """An open session, its bridge, and a view that remembers.

    Attributes
    ----------
    line
        Where the session's events go.
    troubles
        What the package logged.
    heard
        The items of which any page has played a sample.
    """

    def __init__(self) -> None:
        self.troubles = Troubles()
        self.heard: set[tuple[str, int]] = set()
        logging.getLogger("realtime_nb").addHandler(self.troubles)
        self.loop = StillLoop()
        endpoint = Endpoint("http://127.0.0.1:9/v1", "m", "a service", api_key=Secret("sk-no"))
        self.session = RealtimeSession(endpoint, loop=self.loop, restore=False)
        core = self.core = self.session._core
        core.now_ms = lambda: (self.loop.now_s - 1000) * 1000
        self.line = Paper(core.log, core.now_ms)
        core._connection = self.line  # type: ignore[assignment]  # a stand-in
        core.state = "open"
        switch_interval.hold()
        self.view = FakeView()
        self.bridge = Bridge(self.session, self.view, loop=self.loop)
        self.bridge.start()

    def tell(self, *events: dict[str, Any]) -> None:
        """Have the session receive events, and do what follows."""
        for data in events:
            self.loop.post(self._take, data)
        self.run()

    def _take(self, data: dict[str, Any]) -> None:
        self.core._take(
            self.core.log.append("received", Event(data), t_ms=self.core.now_ms(), size=100)
        )

    def run(self) -> None:
        self.loop.run()

    def wait(self, seconds: float) -> None:
        """Let time pass, in steps in which every timer rings about when it is due."""
        end = self.loop.now_s + seconds
        while self.loop.now_s < end:
            self.loop.now_s = min(end, self.loop.now_s + 0.25)
            self.run()

    def lose(self) -> None:
        """End the connection as a service that vanishes does."""
        self.loop.post(self.core._lost, ConnectionLost("it vanished", code=1006))
        self.run()

    def close(self) -> None:
        if not self.core.ended:
            self.lose()
        self.bridge.stop()
        self.run()
        self.loop.close()
        logging.getLogger("realtime_nb").removeHandler(self.troubles)
