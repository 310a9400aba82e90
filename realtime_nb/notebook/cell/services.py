"""Which service a cell talks to: found by its line, and by the settings where that names none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.notebook.cell.line import Settings
    from realtime_nb.notebook.cell.request import Request
    from realtime_nb.protocol.config.problem import SessionKind

_NO_KEY: Final = "none-is-needed"


class Services:
    """Finds the endpoints of cells.

    Parameters
    ----------
    settings
        The defaults of the options.
    ask
        Asks for a key without showing it; None where nobody can be asked.
    """

    def __init__(self, settings: Settings, ask: Callable[[str], str | None] | None) -> None:
        self._settings = settings
        self._ask = ask

    def of_request(self, endpoint: str | None, request: Request) -> Endpoint:
        """Return the endpoint a request goes to."""
        return self._resolved(endpoint, self._model(request), request.kind)

    def place(self, endpoint: str, request: Request) -> Endpoint:
        """Return the same without its key, for which nobody is asked: only where it is counts."""
        return self._resolved(endpoint, self._model(request), request.kind, api_key=_NO_KEY)

    def of_chat_model(self, endpoint: str, model: str) -> Endpoint:
        """Return the endpoint of a chat model."""
        return self._resolved(endpoint, model, "realtime")

    def _model(self, request: Request) -> str | None:
        model = request.model
        if model is not None and not isinstance(model, str):
            raise UsageError(f"the model {model!r} is no name; write one such as gpt-realtime-2.1.")
        if model is None and request.kind == "realtime":
            return self._settings.model or None
        return model

    def _resolved(
        self,
        endpoint: str | None,
        model: str | None,
        kind: SessionKind,
        *,
        api_key: str | None = None,
    ) -> Endpoint:
        file = self._settings.endpoints_file
        return resolve_endpoint(
            endpoint or self._settings.endpoint or None,
            model,
            kind=kind,
            file=Path(file).expanduser() if file else None,
            ask=self._ask,
            api_key=api_key,
        )
