"""The conversation as a reducer: events in, items in their places out.

The rules it keeps:

- An item stands where the service put it: after its `previous_item_id` when that is known,
  else at the end. An item told before its predecessor goes behind that when it comes, with
  what already stands behind it. Transcripts never move an item, however late they come.
- `speech_started` names the item that the user's words will become, so the turn has its
  place from the moment it begins. A transcript or delta of an unknown item makes the item.
- Deltas append; a final text replaces them; nothing erases text that has arrived.
- What was begun and never committed goes again: when somebody begins to speak anew, when the
  buffer is cleared, when turns are found in another way. A service that commits it all the
  same brings it back, to where it stood.
- A translation has no items on the wire: its words become paragraphs, see `captions`.
- The assistant's `conversation.item.done` carries a null `previous_item_id` (seen live), so
  only `.added` and `.created` move an item.
- A deleted item stays away: what still comes for it changes nothing.
- Past `MAX_ITEMS` the first item goes, so that a service that never ends costs no more.
- A session that was lost and restored goes on in the same conversation, see `succession`.
- Every change comes from an event. The same events give the same conversation, whether they
  come from the socket or from a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.conversation.captions import CAPTION_TYPES, Captions
from realtime_nb.protocol.conversation.items import audio_ms
from realtime_nb.protocol.conversation.order import ROOT
from realtime_nb.protocol.conversation.state import MAX_ITEMS, Handlers, State
from realtime_nb.protocol.conversation.told_items import ITEM_HANDLERS, cut_copy, tell_again
from realtime_nb.protocol.conversation.words import WORD_HANDLERS
from realtime_nb.protocol.restored.gap import GAP
from realtime_nb.protocol.restored.restored import SUCCESSOR
from realtime_nb.protocol.restored.succession import SUCCESSION_HANDLERS
from realtime_nb.protocol.session_sound import audio_format, hearing
from realtime_nb.protocol.summary import payload_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.conversation.asides import Asides
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Direction, Record
    from realtime_nb.protocol.restored.input_clock import InputClock

__all__ = ["MAX_ITEMS", "Conversation"]

_NOTHING: Final[frozenset[str]] = frozenset()
_APPENDS: Final = ("input_audio_buffer.append", "session.input_audio_buffer.append")


class Conversation:
    """What the events so far say of session, items and the active response."""

    def __init__(self) -> None:
        self._state = State()
        self._captions = Captions(self._state.items, self._state.order.ids, MAX_ITEMS)

    @classmethod
    def replay(cls, records: Iterable[Record]) -> Conversation:
        """Return the conversation that a log tells."""
        conversation = cls()
        for record in records:
            conversation.apply(record.direction, record.event, record.t_ms)
        return conversation

    @property
    def session(self) -> dict[str, Any] | None:
        """The session object in force, from the last `session.created` or `session.updated`."""
        return self._state.session

    @property
    def asides(self) -> Asides:
        """Which responses are out of band."""
        return self._state.asides

    @property
    def clock(self) -> InputClock:
        """Where in the log's input sound the session in force is; see `InputClock.place`."""
        return self._state.clock

    @property
    def input_audio_ms(self) -> float:
        """Milliseconds of sound sent so far, each counted once.

        The service counts its offsets in them, from where its session began: see `clock`.
        """
        return self._state.clock.sent_ms

    @property
    def sent_audio_ms(self) -> float:
        """Milliseconds of sound sent in all, also what was sent again to a new session."""
        return self._state.clock.all_ms

    @property
    def active_response_id(self) -> str | None:
        """The response in progress in the default conversation, else None."""
        ids = self._state.open.ids
        return ids[-1] if ids else None

    @property
    def open_response_ids(self) -> tuple[str, ...]:
        """All that are: a service may make several at once, which the protocol forbids."""
        return self._state.open.ids

    @property
    def begun_id(self) -> str | None:
        """The item of the turn that the user has begun and not ended, None without one."""
        return self._state.unfinished.begun

    @property
    def items(self) -> list[Item]:
        """The items in the order of the conversation."""
        # The session's thread may forget one while a cell looks.
        found = [self._state.items.get(item_id) for item_id in tuple(self._state.order.ids)]
        return [item for item in found if item is not None]

    def item(self, item_id: Any) -> Item | None:
        """Return an item by its id, None when there is none."""
        return self._state.item(item_id)

    def dropped(self, item_id: str) -> bool:
        """Return whether a turn of the user was begun, and given up before it was committed."""
        return item_id in self._state.unfinished

    def previous_id(self, item_id: str) -> str | None:
        """Return the id of the item before `item_id`, None for the first or an unknown one."""
        if item_id not in self._state.items:
            return None
        return self._state.order.before(item_id)

    def is_copy(self, item_id: str) -> bool:
        """Return whether the session in force was told an item, under this id, in words."""
        state = self._state
        return item_id in state.copies and not state.renamed and not state.succeeding

    def known_before(self, item_id: str) -> str:
        """Return the last item before `item_id` that the service knows; ``"root"`` for none."""
        order = self._state.order
        before = order.ids[: order.ids.index(item_id)] if item_id in self._state.items else []
        return next((one for one in reversed(before) if one not in order.absent), ROOT)

    def last_assistant_audio(self) -> tuple[str, int] | None:
        """Return item id and content index of the last sound of the assistant, else None."""
        for item in reversed(self.items):
            if item.role == "assistant":
                for index, part in sorted(item.parts.items(), reverse=True):
                    if part.audio_ms > 0:
                        return item.id, index
        return None

    def apply(self, direction: Direction, event: Event, t_ms: float) -> frozenset[str]:
        """Take in one event; return the ids of the items it changed.

        Parameters
        ----------
        direction
            ``"sent"`` or ``"received"``, seen from the client.
        event
            The event. Types that are unknown, or say nothing of the conversation, change
            nothing.
        t_ms
            Milliseconds since the session's start.
        """
        state = self._state
        state.asides.take(direction, event)
        if direction == "sent":
            cut = _on_sent(state, event)
            return _NOTHING if cut is None else frozenset((cut,))
        if event.type in CAPTION_TYPES:
            return self._captions.add(event, t_ms)
        handler = _HANDLERS.get(event.type)
        if handler is None:
            return _NOTHING
        changed = handler(state, event, t_ms)
        if event.type == SUCCESSOR:
            state.changed |= self._captions.succeed(state.clock.origin_ms)
        if not state.changed:
            return _NOTHING if changed is None else frozenset((changed,))
        also, state.changed = state.changed, set()
        return frozenset(also if changed is None else also | {changed})


def _on_sent(state: State, event: Event) -> str | None:
    if event.type in _APPENDS:
        form = audio_format(state.session, "input")
        state.clock.append(audio_ms(payload_bytes(event), form))
    elif event.type == "conversation.item.create":
        tell_again(state, event)
        if event.get("item.id") not in state.retold:
            state.order.asked(event.get("item.id"), event.get("previous_item_id"))
    elif event.type == "conversation.item.truncate":
        return cut_copy(state, event)
    return None


def _on_session(state: State, event: Event, _: float) -> None:
    session = event.get("session")
    if isinstance(session, dict):
        before = hearing(state.session)
        state.session = cast("dict[str, Any]", session)
        # A new session begins with its defaults, and takes over the turn that was begun.
        if hearing(state.session) != before and not state.succeeding:
            state.give_up_unfinished()


_HANDLERS: Final[Handlers] = {
    "session.created": _on_session,
    "session.updated": _on_session,
    "response.created": lambda state, event, _: state.open.begun(event),
    "response.done": lambda state, event, _: state.open.ended(event),
    GAP: lambda state, _event, _: state.open.missed(),
    **ITEM_HANDLERS,
    **WORD_HANDLERS,
    **SUCCESSION_HANDLERS,
}
