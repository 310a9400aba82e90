"""What becomes of a conversation when its session is lost and another takes its place.

- What was under way ends with the session: an answer stays as far as it came. A turn of the
  user that was begun stays as well, until its sound, sent again, has become another item.
- What the new session is told is here already: the copies that come back change nothing.
- What it was not told stays where it stood. It follows an item that is unknown to the service,
  so what the service puts behind the item before goes behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.restored.restored import (
    LOST,
    RESTORED,
    SUCCESSOR,
    read_restored,
    read_successor,
)

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.conversation.state import Handlers, State
    from realtime_nb.protocol.events import Event

_MADE: Final = ("function_call", "mcp_call", "mcp_list_tools", "mcp_approval_request")


def _on_lost(state: State, _event: Event, _: float) -> None:
    state.succeeding = True
    state.open.missed()
    for item in state.items.values():
        if item.id != state.unfinished.begun and _end(item):
            state.changed.add(item.id)
            if item.role == "user" and item.text:
                state.partial.add(item.id)


def _end(item: Item) -> bool:
    """End what was under way in an item; return whether anything was."""
    if item.awaits_transcript:
        # Its words came from the session that is gone.
        item.awaits_transcript, item.lost = False, True
        item.status = "completed" if not item.text else "incomplete"
        return True
    if item.status != "in_progress":
        return False
    if item.role == "assistant" or item.type in _MADE:
        item.status, item.lost = "incomplete", True
        return True
    return False


def _on_successor(state: State, event: Event, t_ms: float) -> None:
    told = read_successor(event)
    if told is None:
        return
    # A session that goes before it is ready is not told of as lost.
    _on_lost(state, event, t_ms)
    state.clock.succeed(told)
    state.copies = frozenset(told.items)
    state.untold = [one for one in told.items if one in state.items]
    state.renamed, state.retold = set(), set()
    state.order.absent = {one for one in state.items if one not in state.copies}
    begun = state.item(state.unfinished.begun)
    if begun is None:
        return
    # It stands at the end, whatever the service will put there.
    state.order.absent.discard(begun.id)
    if not state.unfinished.resent(told.audio_ms, told.audio_ms + told.resent_ms):
        state.unfinished.begun = None
        begun.awaits_transcript, begun.lost, begun.status = False, True, "incomplete"
        state.order.absent.add(begun.id)
        state.changed.add(begun.id)


def replace_list(state: State, item: Item) -> None:
    """Let go of a server's list of tools that a session made which is gone: here is another."""
    if item.type != "mcp_list_tools" or item.server is None:
        return
    for old_id in [*state.order.absent]:
        old = state.item(old_id)
        if old is not None and (old.type, old.server) == (item.type, item.server):
            state.forget(old.id)
            state.changed.add(old.id)


def _on_restored(state: State, event: Event, _: float) -> None:
    state.succeeding = False
    told = read_restored(event)
    if told is not None:
        refused = state.copies.intersection(told.refused)
        state.copies -= refused
        state.order.absent |= refused
        _hear_again(state)


def _hear_again(state: State) -> None:
    """Note that what the user said without words was told as its sound: nothing of it is lost."""
    for item_id in state.copies:
        item = state.item(item_id)
        if item is not None and item.lost and item.role == "user" and not item.text:
            item.lost = False
            state.changed.add(item_id)


SUCCESSION_HANDLERS: Final[Handlers] = {
    LOST: _on_lost,
    SUCCESSOR: _on_successor,
    RESTORED: _on_restored,
}
"""What tells that a session was lost and restored."""
