"""Where a chat is: its service and its way there, which a live session cannot change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.errors import UsageError
from realtime_nb.notebook.transports.choice import SHOWN, WEBSOCKET

if TYPE_CHECKING:
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.notebook.chats.chat import Chat
    from realtime_nb.notebook.transports.choice import Name


def where(chat: Chat) -> str:
    """Return in one line where a chat is, and what is to be known of that."""
    endpoint = chat.endpoint
    parts = [endpoint.name, endpoint.model]
    if chat.transport != WEBSOCKET:
        parts.append(SHOWN[chat.transport])
    if chat.kind != "realtime":
        parts.append(f"{chat.kind} session")
    if endpoint.practice:
        parts.append("not a model")
    elif endpoint.costs:
        parts.append("what is said here is billed by the service")
    return " · ".join(part for part in parts if part)


def model_of(chat: Chat) -> str:
    """Return the model that answers, as the service tells it, else as it was asked for."""
    told = (chat.effective or {}).get("model")
    return told if isinstance(told, str) and told else chat.endpoint.model or ""


def stays_by(chat: Chat, transport: Name | None) -> None:
    """Raise `UsageError` where a live chat is asked to go by another transport."""
    if transport is not None and transport != chat.transport:
        raise UsageError(
            f"{chat.name!r} goes by {chat.transport}, and a live session cannot move to"
            f" {transport}; --restart begins anew by it (--keep carries over what was said)."
        )


def stays_at(chat: Chat, wanted: Endpoint) -> None:
    """Raise `UsageError` where a live chat is asked to go to another service."""
    if wanted.base_url != chat.endpoint.base_url:
        raise UsageError(
            f"{chat.name!r} is connected to {chat.endpoint.name}, and a live session cannot"
            f" move to {wanted.name}; --restart begins anew there (--keep carries over what"
            " was said)."
        )
