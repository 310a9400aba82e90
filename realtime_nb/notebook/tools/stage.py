"""What a notebook provides around a call: what it shows is caught, and goes below the chat."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.notebook.tools.capture import Capture
from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import TypeVar

    from realtime_nb.client.tools.stage import ToolCall
    from realtime_nb.notebook.tools.captured import Output
    from realtime_nb.notebook.tools.place import Place

    T = TypeVar("T")

_KEPT: Final = 40  # calls whose displays are held until they are shown
_DRAWN_S: Final = 30.0


class Performance:
    """One call on the stage.

    Parameters
    ----------
    capture
        Catches what it shows.
    """

    def __init__(self, capture: Capture) -> None:
        self._began = time.monotonic()
        self._took_ms: float | None = None
        self.capture = capture
        self.drawn = threading.Event()

    @property
    def outputs(self) -> list[Output]:
        """What it showed so far."""
        return self.capture.captured.outputs

    @property
    def took_ms(self) -> float:
        """How long the function took, or takes so far."""
        if self._took_ms is not None:
            return self._took_ms
        return 1000 * (time.monotonic() - self._began)

    def ended(self) -> None:
        """Note that the function has ended, if it was not noted before."""
        self._took_ms = self.took_ms


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
        self._performed: BoundedDict[str, Performance] = BoundedDict(_KEPT)

    def run(self, call: ToolCall, work: Callable[[], T]) -> T:
        """Return what `work` gives, and catch what it prints and displays, plots and warns of."""
        performance = Performance(Capture(self._place.shell, self._place.routes))
        with self._lock:
            self._performed[call.call_id] = performance
        return performance.capture.run(work)

    def on_main(self, call: ToolCall, work: Callable[[], T]) -> Future[T]:
        """Have `work` run on the kernel's main thread between cells; see `MainThread.run`."""
        return self._place.main.run(
            work, by_hand=call.origin == "hand", on_wait=lambda: self._wait(call)
        )

    def show(self, call: ToolCall, value: Any, captured: Any) -> None:
        """Draw a result, with the notebook's own formatters, and hand it on."""
        del captured
        performance = self.performed(call.call_id)
        if performance is None:
            return
        performance.ended()
        try:
            performance.capture.draw(value)
            self._show(call, performance)
        finally:
            performance.drawn.set()

    def performed(self, call_id: str) -> Performance | None:
        """Return what a call showed so far; None of one that never ran, or was forgotten."""
        with self._lock:
            return self._performed.get(call_id)

    def forget(self, call_id: str) -> None:
        """Hold no more what a call showed."""
        with self._lock:
            self._performed.pop(call_id, None)

    def pump(self) -> None:
        """Run the calls made by hand that wait for the main thread; on it, within a cell."""
        self._place.main.pump()

    def replay(self, call_id: str, *, drawn: bool) -> None:
        """Show in the cell that runs what a call showed, and hold it no more.

        Parameters
        ----------
        call_id
            Of the call.
        drawn
            Whether to wait until its result is drawn: that comes after its output.
        """
        performance = self.performed(call_id)
        if performance is None:
            return
        if drawn:
            performance.drawn.wait(_DRAWN_S)
        for output in performance.outputs:
            if output["output_type"] == "stream":
                stream = sys.stdout if output["name"] == "stdout" else sys.stderr
                stream.write(output["text"])
            else:
                self._place.shell.display_pub.publish(output["data"], output["metadata"])
        self.forget(call_id)
