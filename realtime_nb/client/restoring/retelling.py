"""An answer that a new session was told in words is cut by telling it again, as far as heard.

Only sound that a service made itself can be cut; what a restored session knows of an earlier
answer is a text. So that its memory agrees with what was heard, the item is deleted and created
anew under its id and in its place, with the words that were heard.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from realtime_nb.client.core import SessionCore

_NO_WORD: Final = "…"
"""What is told of an answer that was begun, and cut before its first word."""


async def ask_to_cut(core: SessionCore, cut: dict[str, Any]) -> None:
    """Cut an answer, one that was told in words as well.

    Parameters
    ----------
    core
        The session.
    cut
        The ``conversation.item.truncate``. It is sent in any case: the log tells by it what was
        heard.

    Raises
    ------
    ServerError
        When the service refuses it, or to forget the words that were not heard.
    """
    item_id = cut["item_id"]
    retold = _retold(core, item_id, cut["audio_end_ms"])
    if not retold:
        await core.ask(cut)
        return
    # One behind the other, whatever comes of the first: it may be answered before they are in.
    asked = [asyncio.ensure_future(core.ask(event)) for event in (cut, *retold)]
    _, *again = await asyncio.gather(*asked, return_exceptions=True)
    # It has come to what was asked for, whether the service takes cuts of words or not.
    for answer in again:
        if isinstance(answer, BaseException):
            raise answer


def _retold(core: SessionCore, item_id: str, end_ms: float) -> list[dict[str, Any]]:
    """Return what has the service forget what was not heard; nothing where it can cut itself."""
    talk = core.conversation
    item = talk.item(item_id)
    if item is None or item.role != "assistant" or not talk.is_copy(item_id):
        return []
    if item.truncated_ms is not None:
        end_ms = min(end_ms, item.truncated_ms)
    heard = replace(item, truncated_ms=round(end_ms)).heard_text
    if heard == item.heard_text:
        return []
    return [
        {"type": "conversation.item.delete", "item_id": item_id},
        {
            "type": "conversation.item.create",
            "previous_item_id": talk.known_before(item_id),
            "item": {
                "id": item_id,
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": heard or _NO_WORD}],
            },
        },
    ]
