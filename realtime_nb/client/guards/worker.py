"""Runs one guard on threads of its own: the newest text first, and never two at a time.

Guards are the author's own code and may do anything. What holds whatever they do:

- the session's loop never waits for one: each text is judged on a daemon thread;
- of one answer only the newest text waits; what came before it was part of it;
- one that raises (anything, `SystemExit` too) or has not judged within its time limit has not
  let the text pass. A thread that hangs is left behind; while `MOST_LEFT` of them hang, nothing
  passes any more and nothing is started.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.tools.guard import GuardOptions, Verdict, failure, read_verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.loop import BackgroundLoop

MOST_LEFT: Final = 3
_WAITING_KEPT: Final = 32


@dataclass(eq=False)
class Guard:
    """A guard, and what it has come to.

    Attributes
    ----------
    name
        What the function is called.
    function
        The author's function: a text in, a verdict out. It may be ``async``.
    options
        How it is applied.
    checked, stopped, failed
        How many texts it was shown, how many it stopped, and how often it failed itself.
    last_reason
        Why it stopped the last one.
    """

    name: str
    function: Callable[[str], Any]
    options: GuardOptions
    checked: int = 0
    stopped: int = 0
    failed: int = 0
    last_reason: str = ""


@dataclass(eq=False, slots=True)
class _Job:
    text: str
    done: Callable[[str, Verdict], None]
    thread: threading.Thread | None = None
    timer: asyncio.TimerHandle | None = None
    over: bool = False


class GuardWorker:
    """Has a guard judge texts; everything here runs on the session's loop.

    Parameters
    ----------
    guard
        The guard.
    loop
        The session's loop.
    """

    def __init__(self, guard: Guard, loop: BackgroundLoop) -> None:
        self.guard = guard
        self._loop = loop
        self._waiting: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._left: list[threading.Thread] = []

    def check(self, key: str, text: str, done: Callable[[str, Verdict], None]) -> None:
        """Have a text judged.

        Parameters
        ----------
        key
            What it is of; a newer text of the same takes the place of one that waits.
        text
            The words so far.
        done
            Called on the loop with the text that was judged, and the verdict.
        """
        self._waiting[key] = _Job(text, done)
        if len(self._waiting) > _WAITING_KEPT:
            oldest = self._waiting.pop(next(iter(self._waiting)))
            self._tell(oldest, failure(f"{self.guard.name}() cannot keep up"))
        self._next()

    def _next(self) -> None:
        while self._running is None and self._waiting:
            job = self._waiting.pop(next(iter(self._waiting)))
            self._left = [thread for thread in self._left if thread.is_alive()]
            if len(self._left) >= MOST_LEFT:
                self._tell(
                    job,
                    failure(
                        f"{self.guard.name}() hangs, {MOST_LEFT} times by now; nothing passes"
                        " before it is mended or removed"
                    ),
                )
                continue
            self._start(job)

    def _start(self, job: _Job) -> None:
        self._running = job
        limit_s = self.guard.options.timeout_s
        job.timer = self._loop.loop.call_later(limit_s, self._late, job)
        job.thread = threading.Thread(
            target=self._work, args=(job,), name=f"guard {self.guard.name}", daemon=True
        )
        job.thread.start()

    def _work(self, job: _Job) -> None:
        verdict = judge(self.guard, job.text)
        self._loop.post(self._finished, job, verdict)

    def _finished(self, job: _Job, verdict: Verdict) -> None:
        if not job.over:
            self._end(job, verdict)

    def _late(self, job: _Job) -> None:
        if job.thread is not None:
            self._left.append(job.thread)
        limit_s = self.guard.options.timeout_s
        self._end(job, failure(f"{self.guard.name}() gave no verdict within {limit_s:g} s"))

    def _end(self, job: _Job, verdict: Verdict) -> None:
        job.over = True
        if job.timer is not None:
            job.timer.cancel()
        self._running = None
        self._tell(job, verdict)
        self._next()

    def _tell(self, job: _Job, verdict: Verdict) -> None:
        guard = self.guard
        guard.checked += 1
        if not verdict.passed:
            guard.stopped += 1
            guard.failed += verdict.failed
            guard.last_reason = verdict.reason
        job.done(job.text, verdict)


def judge(guard: Guard, text: str) -> Verdict:
    """Call a guard and read what it says; never raises."""
    try:
        value = guard.function(text)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        return read_verdict(value, guard.name)
    except BaseException as error:  # noqa: BLE001 -- the author's code may raise anything
        return failure(f"{guard.name}() failed: {type(error).__name__}: {_said(error)}")


async def _awaited(value: Any) -> Any:
    return await value


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 -- an exception without words
        return "?"
