"""What a notebook provides around a call: what it shows is caught, and goes below the chat."""

from __future__ import annotations

import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.notebook.tools.capture import format_captured, run_captured
from realtime_nb.notebook.tools.captured import Captured

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import TypeVar

    from realtime_nb.client.tools.stage import ToolCall
    from realtime_nb.notebook.tools.place import Place

    T = TypeVar("T")

_KEPT: Final = 40  # calls at once whose displays are held


@dataclass(slots=True)
class Performance:
    """One call on the stage.

    Attributes
    ----------
    captured
        What it showed.
    figures
        The figures that it left open, until they are drawn.
    took_ms
        How long the function took; 0 while it runs.
    """

    captured: Captured = field(default_factory=Captured)
    figures: tuple[Any, ...] = ()
    took_ms: float = 0.0


class NotebookStage:
    """The stage of one chat's calls, as `realtime_nb.client.tools.stage.Stage`.

    Parameters
    ----------
    place
        The notebook.
    show
        Called with a call and what it showed, on the call's thread, once that is drawn.
    wait
        Called with a call that has been waiting for the main thread for a while.
    """

    def __init__(
        self,
        place: Place,
        *,
        show: Callable[[ToolCall, Performance], object],
        wait: Callable[[ToolCall], object],
    ) -> None:
        self._place = place
        self._show = show
        self._wait = wait
        self._lock = threading.Lock()
        self._performed: OrderedDict[str, Performance] = OrderedDict()

    def run(self, call: ToolCall, work: Callable[[], T]) -> T:
        """Return what `work` gives, and catch what it prints and displays, plots and warns of."""
        performance = Performance()
        with self._lock:
            self._performed[call.call_id] = performance
            while len(self._performed) > _KEPT:
                self._performed.popitem(last=False)
        began = time.monotonic()
        try:
            value, performance.figures = run_captured(self._place.shell, performance.captured, work)
        finally:
            performance.took_ms = 1000 * (time.monotonic() - began)
        return value

    def on_main(self, call: ToolCall, work: Callable[[], T]) -> Future[T]:
        """Have `work` run on the kernel's main thread between cells; see `MainThread.run`."""
        return self._place.main.run(
            work, by_hand=call.origin == "hand", on_wait=lambda: self._wait(call)
        )

    def show(self, call: ToolCall, value: Any, captured: Any) -> None:
        """Draw a result, with the notebook's own formatters, and hand it on."""
        del captured
        performance = self.performed(call.call_id)
        figures, performance.figures = performance.figures, ()
        format_captured(self._place.shell, performance.captured, value, figures)
        self._show(call, performance)

    def pump(self) -> None:
        """Run the calls made by hand that wait for the main thread; on it, within a cell."""
        self._place.main.pump()

    def replay(self, call_id: str) -> None:
        """Show in the cell that runs what a call showed, and hold it no more."""
        publisher = self._place.shell.display_pub
        for output in self.performed(call_id).captured.outputs:
            if output["output_type"] == "stream":
                stream = sys.stdout if output["name"] == "stdout" else sys.stderr
                stream.write(output["text"])
            else:
                publisher.publish(output["data"], output["metadata"])
        self.forget(call_id)

    def performed(self, call_id: str) -> Performance:
        """Return what a call showed so far; nothing for one that never ran."""
        with self._lock:
            return self._performed.get(call_id) or Performance()

    def forget(self, call_id: str) -> None:
        """Hold no more what a call showed."""
        with self._lock:
            self._performed.pop(call_id, None)
