"""The responses in progress in the default conversation; the protocol allows one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event

_KEPT: Final = 8


class OpenResponses:
    """Ids of the responses that have begun and not ended.

    Attributes
    ----------
    ids
        The ids, the newest last.
    """

    def __init__(self) -> None:
        self.ids: tuple[str, ...] = ()

    def begun(self, event: Event) -> None:
        """Take a `response.created`."""
        # An out-of-band response has no conversation and blocks nothing. Where the service
        # says nothing of the conversation, it is the default one.
        response, response_id = event.get("response"), event.get("response.id")
        if isinstance(response, dict) and isinstance(response_id, str):
            fields = cast("dict[str, Any]", response)
            if fields.get("conversation_id", "default") is not None:
                others = (one for one in self.ids if one != response_id)
                self.ids = (*others, response_id)[-_KEPT:]

    def ended(self, event: Event) -> None:
        """Take a `response.done`."""
        response_id = event.get("response.id")
        self.ids = tuple(one for one in self.ids if one != response_id)
