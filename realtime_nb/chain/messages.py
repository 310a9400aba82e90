"""A conversation as chat messages: words, pictures, calls and their outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.brain.chat_messages import as_messages, chat_tools

if TYPE_CHECKING:
    from realtime_nb.server.brain.interface import BrainRequest, ContextItem

Json = dict[str, Any]

NO_WORDS: Final = "(The user said something of which no words could be made out.)"
_SILENT: Final = "(The user has said nothing for a while: ask whether they are still there.)"


def chat_body(request: BrainRequest) -> Json:
    """Return the fields of a chat request: its messages, and the session's functions."""
    messages = as_messages(request, content=_content, silent=_SILENT)
    return {"messages": messages, **chat_tools(request)}


def _content(item: ContextItem) -> str | list[Json]:
    text = item.text or (NO_WORDS if item.spoken else "")
    if not item.image_urls:
        return text
    words: list[Json] = [{"type": "text", "text": text}] if text else []
    return words + [{"type": "image_url", "image_url": {"url": url}} for url in item.image_urls]
