"""`attach`: a chat of a call that runs elsewhere, joined by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.transport.transports import SidebandTransport
from realtime_nb.errors import UsageError
from realtime_nb.notebook.agents import forget, remember
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.config_report import ConfigReport
from realtime_nb.notebook.tools.binding import bind_tools
from realtime_nb.notebook.transports.choice import SHOWN
from realtime_nb.protocol.told import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.client.transport.transports import Transport

_JOIN_S = 30.0


class AttachedChat(Chat):
    """A chat of a call whose sound runs elsewhere; see `attach`.

    Parameters
    ----------
    endpoint
        The service.
    transport
        The way into the call.
    name
        What it is called.
    """

    def __init__(self, endpoint: Endpoint, transport: Transport, *, name: str) -> None:
        super().__init__(endpoint, {}, name=name, transport=transport)
        try:
            outcome = self.open()
        except BaseException:
            super().close()
            self.widget.close()
            raise
        where = (self.endpoint.name, SHOWN[self.transport], self.call_id or "")
        self.config = ConfigReport(self.name, " · ".join(where), outcome.rows)
        remember(self)

    def close(self) -> None:
        """Leave the call, which goes on; closing twice is fine."""
        forget(self)
        super().close()


def attach(
    call_id: str,
    *,
    endpoint: str | Endpoint | None = None,
    tools: Sequence[Any] | None = None,
    name: str = "call",
) -> Chat:
    """Join a call that runs elsewhere; blocks until it is joined.

    The chat shows what is said, in words, from now on; it answers calls of its tools, may be
    typed to, updated and guarded, and has no microphone: the sound of the call runs where it
    was made, as in another notebook's `%%realtime --transport webrtc`, a page of your own, or
    on the telephone.

    Parameters
    ----------
    call_id
        The call's id (``rtc_…``): `Chat.call_id`, or the end of the ``Location`` that the
        service answered the call's offer with.
    endpoint
        The service that has the call; as with `realtime_nb.resolve_endpoint`.
    tools
        Functions that the model may call from now on, and that run here. They are put beside
        those that the session has, in place of what has the same name there; who else is in
        the call answers those.
    name
        What the chat is called, as in ``%realtime events call``.

    Returns
    -------
    Chat
        The call. ``close()`` leaves it, and it goes on; ``hang_up()`` ends it.

    Raises
    ------
    UsageError
        For what is no id of a call.
    EndpointError
        When there is no such endpoint.
    ConnectionFailed
        When the service has no such call, or lets nobody join.
    ServerError
        When it refuses the tools: then the call was left again.
    """
    if not isinstance(call_id, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- a person's
        raise UsageError(f"call_id={call_id!r:.60} is no id of a call, such as rtc_…")
    transport = SidebandTransport(call_id)
    place = endpoint if isinstance(endpoint, Endpoint) else resolve_endpoint(endpoint)
    chat = AttachedChat(place, transport, name=name)
    if tools:
        try:
            chat.update(tools=_beside(chat, list(tools))).result(_JOIN_S)
        except BaseException:
            chat.close()
            chat.widget.close()
            raise
    return chat


def _beside(chat: Chat, tools: list[Any]) -> list[Any]:
    """Return the tools of the session in force that ours leave, and ours."""
    _, functions = bind_tools(tools, {})
    ours = functions.keys() | {as_text(as_object(one).get("name")) for one in tools}
    told = (chat.session.effective or {}).get("tools")
    theirs = as_list(told)
    return [*(one for one in theirs if as_object(one).get("name") not in ours), *tools]
