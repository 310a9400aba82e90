"""What a session costs, told to its pages; and the microphone let go when all is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.view import Message
    from realtime_nb.client.session import RealtimeSession


class Cost:
    """Tells pages what a session costs.

    Parameters
    ----------
    session
        Which counts it.
    announcer
        The way to the pages.
    let_go
        Has the owner switch its microphone off, for a reason.
    """

    def __init__(
        self, session: RealtimeSession, announcer: Announcer, let_go: Callable[[str], None]
    ) -> None:
        self._session = session
        self._announcer = announcer
        self._let_go = let_go
        self._refusal: str | None = None

    def start(self) -> Callable[[], None]:
        """Begin to tell; call what is returned to end it."""
        return self._session.on_cost(lambda _total: self._changed())

    def message(self) -> Message:
        """Return how the bill stands."""
        total, session = self._session.spent, self._session
        return {
            "kind": "cost",
            "usd": total.known_usd,
            "unknown": total.unknown,
            "charges": total.charges,
            "free": total.free,
            "as_of": total.as_of,
            "budget": session.budget,
            "spent": session.budget_refusal is not None,
        }

    def _changed(self) -> None:
        self._announcer.to_all(self.message())
        refusal, before = self._session.budget_refusal, self._refusal
        self._refusal = refusal
        if refusal is not None and before is None:
            text = f"{refusal[0].upper()}{refusal[1:]}."
            self._announcer.notice("warning", text)
            self._let_go(text)
