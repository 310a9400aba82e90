"""What ends the server, and that it ends then: signals, its standard input, its parent's death."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["GIVE_UP_S", "LOOK_S", "Ending"]

GIVE_UP_S: Final = 10.0
"""How long a polite end may take, in seconds; after that the process is gone without one."""
LOOK_S: Final = 1.0
"""How long after its parent's death the server may notice it, in seconds, where no closed pipe
tells."""
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # the last one where there are terminals
_FAILED: Final = 1


class Ending:
    """Calls `end` once something asks for the end, and sees to it that there is one.

    Parameters
    ----------
    end
        Asks for a polite end; from any thread, once or more often. None while nothing has begun
        that could be ended: then whatever asks for the end is it, with exit code 0.
    give_up_s
        How long a polite end may take, in seconds.
    """

    def __init__(
        self, end: Callable[[], object] | None = None, *, give_up_s: float = GIVE_UP_S
    ) -> None:
        self._end = end
        self._give_up_s = give_up_s
        self._before: dict[int, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = False

    def on_signals(self) -> None:
        """End on SIGINT, SIGTERM and SIGHUP; what whoever started us had ignored, stays so."""
        for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
            before = signal.getsignal(number)
            if before != signal.SIG_IGN:
                self._before[number] = before or signal.SIG_DFL
                signal.signal(number, self._on_signal)

    def begin(self, end: Callable[[], object], loop: asyncio.AbstractEventLoop) -> None:
        """Have signals ask for a polite end from now on, and wake the loop that runs.

        A handler of `signal.signal` alone would wait with a loop that began to wait in the very
        moment between the signal and the handler, until something else wakes it.
        """
        self._end, self._loop = end, loop
        for number in self._before:
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, self.ask)

    def restore(self) -> None:
        """Have signals do what they did before: the next one ends at once."""
        for number, handler in self._before.items():
            if self._loop is not None:
                with contextlib.suppress(NotImplementedError):
                    self._loop.remove_signal_handler(number)
            signal.signal(number, handler)
        self._before.clear()

    def with_parent(self) -> None:
        """End when standard input closes or the parent dies, however it dies.

        The system closes the input with the parent, unless a copy of the parent lives on and
        holds the other end: a child that was forked off, of a pool of workers say.
        """
        for watch in (self._watch_input, self._watch_parent):
            threading.Thread(target=watch, name="realtime_nb parent", daemon=True).start()

    def ask(self) -> None:
        """Ask for the end, and take no longer for it than it may."""
        if self._end is None:
            raise SystemExit(0)
        if not self._asked:
            self._asked = True
            timer = threading.Timer(self._give_up_s, self._give_up)
            timer.daemon = True
            timer.start()
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._end()

    def _on_signal(self, _number: int, _frame: Any) -> None:
        self.ask()

    def _watch_input(self) -> None:
        # Not through sys.stdin: its lock, held by a thread at exit, would abort Python.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        self.ask()

    def _watch_parent(self) -> None:
        parent = os.getppid()
        while os.getppid() == parent:  # of an orphan it is another's
            time.sleep(LOOK_S)
        self.ask()

    def _give_up(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"realtime-nb serve: not ended after {self._give_up_s:g} s; cut off\n")
            sys.stderr.flush()
        os._exit(_FAILED)
