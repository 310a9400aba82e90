"""What was said in one session, told to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.errors import RealtimeError, ServerError
from realtime_nb.protocol.conversation.carry import carry_over, pictures_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_nb.notebook.chats.chat import Chat
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.log.event_log import Record

# A session keeps only so many events in mind that wait for their answer.
_AT_ONCE: Final = 100


def said_in(chat: Chat) -> list[Item]:
    """Return what was said in a chat, and before it in one that ended by itself."""
    return [*chat.earlier, *chat.items]


def carried(chat: Chat, items: Sequence[Item], log: Iterable[Record]) -> str:
    """Tell a chat what was said before, and return what its author should know of that.

    What the service refuses is left out; the rest is told in its order.

    Parameters
    ----------
    chat
        Who is told.
    items
        What was said.
    log
        Where it was said: pictures are found there.
    """
    if chat.kind != "realtime":
        return f"A {chat.kind} session has no conversation to carry anything over to."
    carry = carry_over(items, pictures_in(log))
    refusals = list[ServerError]()
    told = 0
    parts = list[str]()
    try:
        for start in range(0, len(carry.items), _AT_ONCE):
            some = carry.items[start : start + _AT_ONCE]
            for call in [chat.session.create_item(item) for item in some]:
                try:
                    call.result()
                    told += 1
                except ServerError as error:
                    refusals.append(error)
    except RealtimeError as error:
        parts.append(f"the others could not be: {error}")
    parts += [f"left out: {', '.join(carry.lost)}"] if carry.lost else []
    if refusals:
        parts.append(f"the service refused {len(refusals)}: {refusals[0]}")
    whole = [f"{told} items of the conversation before were carried over as text", *parts]
    return f"{'; '.join(whole).rstrip('.')}."


def not_carried(chat: Chat) -> str:
    """Tell that what was said stays behind, where a session ended by itself."""
    failure = chat.session.failure
    why = f" ({failure})" if failure is not None else ""
    return (
        f"The session before had ended{why}: this is a new one, and knows nothing of what was"
        " said. --restart --keep begins one that does."
    )
