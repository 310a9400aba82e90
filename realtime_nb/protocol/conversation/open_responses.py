"""The responses in progress in the default conversation; the protocol allows one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.asides import Asides
    from realtime_nb.protocol.events import Event

_KEPT: Final = 8


class OpenResponses:
    """Ids of the responses that have begun and not ended.

    Parameters
    ----------
    asides
        Which responses are out of band: those block nothing.

    Attributes
    ----------
    ids
        The ids, the newest last.
    """

    def __init__(self, asides: Asides) -> None:
        self._asides = asides
        self.ids: tuple[str, ...] = ()

    def begun(self, event: Event) -> None:
        """Take a `response.created`."""
        response_id = event.get("response.id")
        if isinstance(response_id, str) and response_id not in self._asides:
            others = (one for one in self.ids if one != response_id)
            self.ids = (*others, response_id)[-_KEPT:]

    def ended(self, event: Event) -> None:
        """Take a `response.done`."""
        response_id = event.get("response.id")
        self.ids = tuple(one for one in self.ids if one != response_id)

    def missed(self) -> None:
        """Take word that events were missed: what was in progress may have ended."""
        self.ids = ()
