"""Items as the service tells them: added, done, cut, deleted, played on a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.conversation.state import text_of
from realtime_nb.protocol.restored.succession import replace_list
from realtime_nb.protocol.session_sound import transcribes
from realtime_nb.protocol.summary import item_texts
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.state import Handlers, State
    from realtime_nb.protocol.events import Event


def _on_added(state: State, event: Event, t_ms: float) -> str | None:
    item_id = event.get("item.id")
    if state.is_copy(event):
        if item_id in state.untold:
            state.untold.remove(str(item_id))
        state.retold.discard(str(item_id))
        return None
    if state.is_renamed(event):
        return None
    if isinstance(item_id, str):
        state.gone.discard(item_id)
    item = state.read_item(event, t_ms)
    if item is None:
        return None
    state.order.place(item.id, event.get("previous_item_id"))
    replace_list(state, item)
    spoken = item.role == "user" and any(p.kind == "audio" for p in item.parts.values())
    # Words of a streaming transcriber come before their item; only a text in the item ends it.
    told = bool(item_texts(cast("dict[str, Any]", event.get("item"))))
    item.awaits_transcript = (
        spoken and not told and not item.transcribed and transcribes(state.session)
    )
    return item.id


def _on_done(state: State, event: Event, t_ms: float) -> str | None:
    if state.is_copy(event):
        return None
    item = state.read_item(event, t_ms)
    return None if item is None else item.id


def _on_output_item(state: State, event: Event, t_ms: float) -> str | None:
    # Out-of-band responses have items that never join the conversation.
    if not state.is_open(event) and state.item(event.get("item.id")) is None:
        return None
    item = state.read_item(event, t_ms)
    if item is None:
        return None
    item.response_id = event.get("response_id") or item.response_id
    return item.id


def _on_deleted(state: State, event: Event, _: float) -> str | None:
    item = state.item(event.get("item_id"))
    if item is None:
        return None
    if item.id in state.retold:
        # It comes back at once, as far as it was heard.
        state.retold.discard(item.id)
        return None
    state.forget(item.id)
    return item.id


def _on_truncated(state: State, event: Event, _: float) -> str | None:
    item = state.item(event.get("item_id"))
    if item is None:
        return None
    end = told_ms(event, "audio_end_ms")
    item.truncated_ms = None if end is None else round(end)
    if state.playback.used:
        state.playback.cut(item)
    return item.id


def cut_copy(state: State, event: Event) -> str | None:
    """Cut what the session in force has as a copy: it has only words, and refuses to cut them.

    Parameters
    ----------
    state
        The conversation.
    event
        The `conversation.item.truncate` that was sent.
    """
    item = state.item(event.get("item_id"))
    if item is None or item.id not in state.copies or item.audio_ms <= 0:
        return None
    end_ms = told_ms(event, "audio_end_ms")
    if end_ms is None or (item.truncated_ms is not None and end_ms >= item.truncated_ms):
        return None  # what was cut off before is not heard any more
    return _on_truncated(state, event, 0.0)


def tell_again(state: State, event: Event) -> None:
    """Note that a copy is told again in words, as it was cut; see `cut_copy`.

    Parameters
    ----------
    state
        The conversation.
    event
        The `conversation.item.create` that was sent, behind the deletion of what it replaces.
    """
    item = state.item(event.get("item.id"))
    if item is not None and item.id in state.copies and not state.succeeding:
        state.retold.add(item.id)


def _on_playing(state: State, event: Event, t_ms: float) -> None:
    state.playback.started(text_of(event, "response_id"), t_ms)


def _on_played(state: State, event: Event, t_ms: float) -> str | None:
    response_id = text_of(event, "response_id")
    items = [one for one in state.items.values() if response_id and one.response_id == response_id]
    items.sort(key=lambda one: state.order.ids.index(one.id))
    whole = event.type == "output_audio_buffer.stopped"
    item = state.playback.ended(response_id, items, t_ms, whole=whole)
    return None if item is None else item.id


ITEM_HANDLERS: Final[Handlers] = {
    "conversation.item.added": _on_added,
    "conversation.item.created": _on_added,
    "conversation.item.done": _on_done,
    "conversation.item.retrieved": _on_done,
    "conversation.item.deleted": _on_deleted,
    "conversation.item.truncated": _on_truncated,
    "output_audio_buffer.started": _on_playing,
    "output_audio_buffer.stopped": _on_played,
    "output_audio_buffer.cleared": _on_played,
    "response.output_item.added": _on_output_item,
    "response.output_item.done": _on_output_item,
}
"""What tells items."""
