"""What a new session is told of the talk: its items, under the ids they had."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from realtime_nb.protocol.conversation.carry import carry_on, pictures_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from realtime_nb.client.restoring.held_sound import HeldSound
    from realtime_nb.protocol.conversation.carry import Carried
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.log.event_log import EventLog


def history_of(
    conversation: Conversation, log: EventLog, held: HeldSound, open_calls: Collection[str] | None
) -> Carried:
    """Return what a new session is to be told; see `carry_on`.

    Parameters
    ----------
    conversation, log
        The talk.
    held
        Its sound, as far as it is held: a turn without words goes over as that.
    open_calls
        The function calls that will be answered; None where nobody can tell, and all may be.
    """
    items = [one for one in conversation.items if one.id != conversation.begun_id]
    with_pictures = any(part.kind == "image" for one in items for part in one.parts.values())
    if open_calls is None:
        open_calls = {
            one.call_id
            for one in items
            if one.type == "function_call" and one.status == "completed" and one.call_id
        }
    return carry_on(
        items,
        pictures_in(log) if with_pictures else None,
        open_calls=open_calls,
        sounds=_sounds(items, held),
    )


def _sounds(items: Iterable[Item], held: HeldSound) -> dict[str, str]:
    """Return the sound of what the user said and nobody has written down, as base64."""
    found: dict[str, str] = {}
    for item in items:
        spoken = item.role == "user" and any(part.kind == "audio" for part in item.parts.values())
        if spoken and (item.awaits_transcript or not item.text):
            sound = held.of_item(item.id)
            if sound is not None:
                found[item.id] = base64.b64encode(sound).decode("ascii")
    return found
