"""What a call displayed, as a model that a page shows under the call."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ipywidgets import Output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CallOutput:
    """Makes displays of calls, as `realtime_nb.bridge.tools.displays.Displays`.

    A display is an `ipywidgets.Output`: the notebook renders it with its own renderers, as
    it renders a cell's outputs, HTML and all: it comes from the user's own functions.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[str, Any] = {}

    def show(self, outputs: Sequence[Mapping[str, Any]]) -> str:
        """Make a display; from any thread.

        Parameters
        ----------
        outputs
            As a notebook holds a cell's outputs; JSON values only.

        Returns
        -------
        str
            The model's id.
        """
        model: Any = Output(outputs=tuple(dict(output) for output in outputs))
        with self._lock:
            self._models[model.model_id] = model
        return str(model.model_id)

    def close(self) -> None:
        """Give all displays up."""
        with self._lock:
            known = list(self._models)
        for model_id in known:
            self.forget(model_id)

    def forget(self, model_id: str) -> None:
        """Give a display up: pages show it no more."""
        with self._lock:
            model = self._models.pop(model_id, None)
        if model is not None:
            layout = model.layout
            model.close()
            layout.close()
