"""A tool called by hand, and what came of it, as a cell's value."""

# IPython's display has no types.
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import html
import threading
import time
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, Final

from IPython.display import display

from realtime_nb.client.loop import Call
from realtime_nb.errors import CallTimeout
from realtime_nb.notebook.tools.stage import NotebookStage
from realtime_nb.protocol.shown_text import inert, visible

if TYPE_CHECKING:
    from realtime_nb.client.tools.running import Outcome
    from realtime_nb.client.tools.stage import PlainStage

_TURN_S: Final = 0.05


class CallByHand(Call["Outcome"]):
    """A call that a cell makes; shown as its value it waits, and shows what came of it.

    A tool with ``main=True`` runs while the cell waits: the cell asked for it.

    Parameters
    ----------
    call
        The call under way.
    stage
        Where it runs.
    """

    def __init__(self, call: Call[Outcome], stage: NotebookStage | PlainStage) -> None:
        super().__init__(call._future, call._name, call._thread)  # noqa: SLF001 -- of its own kind
        self._stage = stage if isinstance(stage, NotebookStage) else None

    def result(self, timeout: float | None = None) -> Outcome:
        """Wait for the outcome and return it; see `Call.result`."""
        stage = self._stage
        if stage is None or threading.current_thread() is not threading.main_thread():
            return super().result(timeout)
        until = None if timeout is None else time.monotonic() + timeout
        while not self.done():
            stage.pump()
            _wait(self._future, _TURN_S)
            if until is not None and time.monotonic() >= until and not self.done():
                raise CallTimeout(f"{self._name} has not ended after {timeout:g} s")
        return super().result(timeout)

    def _ipython_display_(self) -> None:
        outcome = self.result()
        if self._stage is not None:
            self._stage.replay(outcome.call.call_id, drawn=outcome.status == "ok")
        display(_Told(outcome))


class _Told:
    """What the model would be given."""

    def __init__(self, outcome: Outcome) -> None:
        self._title = f"{outcome.call.name}: {outcome.status.replace('_', ' ')}"
        self._took = f"{outcome.took_ms:,.0f} ms"
        self._output = visible(outcome.output)

    def __repr__(self) -> str:
        return f"{self._title}, {self._took}; the model would be given:\n{self._output}"

    def _repr_html_(self) -> str:
        head = inert(visible(f"{self._title} · {self._took} · the model would be given"))
        return f"<small>{head}</small><pre>{html.escape(self._output)}</pre>"


def _wait(future: Future[Any], seconds: float) -> None:
    wait([future], seconds)
