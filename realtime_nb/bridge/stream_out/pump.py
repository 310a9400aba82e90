"""One thread for all sound that goes to pages: who feeds it never waits for a page or a socket."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

REST_S: Final = 0.06
"""Between two rounds: what comes in between goes as one message (the comm likes few)."""
_IDLE_S: Final = 5.0

_log = logging.getLogger(__name__)


class Pump:
    """Does work soon, on a thread of its own that ends when there is none for a while."""

    def __init__(self) -> None:
        self._due: dict[Callable[[], None], None] = {}
        self._changed = threading.Condition()
        self._runs = False

    def wake(self, work: Callable[[], None]) -> None:
        """Have `work` done soon, once however often this is called before; never waits."""
        with self._changed:
            self._due[work] = None
            self._changed.notify()
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="realtime-nb-pump", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._due, _IDLE_S):
                    self._runs = False
                    return
                due, self._due = self._due, {}
            for work in due:
                try:
                    work()
                except Exception:  # noqa: BLE001 -- the others go on
                    _log.exception("sound could not be sent to its page")
            time.sleep(REST_S)
