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
- Every change comes from an event. The same events give the same conversation, whether they
  come from the socket or from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, cast

from realtime_nb.protocol.asides import Asides
from realtime_nb.protocol.captions import CAPTION_TYPES, Captions
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.items import Item, audio_ms
from realtime_nb.protocol.open_responses import OpenResponses
from realtime_nb.protocol.order import Order
from realtime_nb.protocol.session_sound import audio_format, hearing, transcribes
from realtime_nb.protocol.summary import item_texts, payload_bytes
from realtime_nb.protocol.told import told_ms
from realtime_nb.protocol.unfinished import Unfinished

if TYPE_CHECKING:
    from realtime_nb.protocol.log import Direction, Record

_NOTHING: Final[frozenset[str]] = frozenset()
MAX_ITEMS: Final = 10_000
"""Items that are kept; past them the first one goes. A service's hour holds far fewer."""
_GONE_KEPT: Final = 512
_APPENDS: Final = ("input_audio_buffer.append", "session.input_audio_buffer.append")

Handler: TypeAlias = Callable[["Conversation", Event, float], str | None]


class Conversation:
    """What the events so far say of session, items and the active response.

    Attributes
    ----------
    session
        The session object in force, from the last `session.created` or `session.updated`.
    input_audio_ms
        Milliseconds of sound sent so far; the service counts its offsets in them.
    asides
        Which responses are out of band.
    """

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._order = Order()
        self._captions = Captions(self._items, self._order.ids, MAX_ITEMS)
        self._gone: dict[str, None] = {}
        self._unfinished = Unfinished()
        self._also_changed: str | None = None
        self.asides = Asides()
        self._open = OpenResponses(self.asides)
        self.session: dict[str, Any] | None = None
        self.input_audio_ms = 0.0

    @classmethod
    def replay(cls, records: Iterable[Record]) -> Conversation:
        """Return the conversation that a log tells."""
        conversation = cls()
        for record in records:
            conversation.apply(record.direction, record.event, record.t_ms)
        return conversation

    @property
    def active_response_id(self) -> str | None:
        """The response in progress in the default conversation, else None."""
        return self._open.ids[-1] if self._open.ids else None

    @property
    def open_response_ids(self) -> tuple[str, ...]:
        """All that are: a service may make several at once, which the protocol forbids."""
        return self._open.ids

    @property
    def items(self) -> list[Item]:
        """The items in the order of the conversation."""
        # The session's thread may forget one while a cell looks.
        found = [self._items.get(item_id) for item_id in tuple(self._order.ids)]
        return [item for item in found if item is not None]

    def item(self, item_id: Any) -> Item | None:
        """Return an item by its id, None when there is none."""
        return self._items.get(item_id) if isinstance(item_id, str) else None

    def dropped(self, item_id: str) -> bool:
        """Return whether a turn of the user was begun, and given up before it was committed."""
        return item_id in self._unfinished

    def previous_id(self, item_id: str) -> str | None:
        """Return the id of the item before `item_id`, None for the first or an unknown one."""
        if item_id not in self._items:
            return None
        return self._order.before(item_id)

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
        self.asides.take(direction, event)
        if direction == "sent":
            if event.type in _APPENDS:
                form = audio_format(self.session, "input")
                self.input_audio_ms += audio_ms(payload_bytes(event), form)
            elif event.type == "conversation.item.create":
                self._order.asked(event.get("item.id"), event.get("previous_item_id"))
            return _NOTHING
        if event.type in CAPTION_TYPES:
            return self._captions.add(event, t_ms)
        handler = self._HANDLERS.get(event.type)
        if handler is None:
            return _NOTHING
        changed = handler(self, event, t_ms)
        also, self._also_changed = self._also_changed, None
        return frozenset(one for one in (changed, also) if one is not None)

    # -- session

    def _on_session(self, event: Event, _: float) -> None:
        session = event.get("session")
        if isinstance(session, dict):
            before = hearing(self.session)
            self.session = cast("dict[str, Any]", session)
            if hearing(self.session) != before:
                self._give_up_unfinished()

    # -- items

    def _on_added(self, event: Event, t_ms: float) -> str | None:
        item_id = event.get("item.id")
        if isinstance(item_id, str):
            self._gone.pop(item_id, None)
        item = self._read_item(event, t_ms)
        if item is None:
            return None
        self._order.place(item.id, event.get("previous_item_id"))
        spoken = item.role == "user" and any(p.kind == "audio" for p in item.parts.values())
        # Words of a streaming transcriber come before their item; only a text in the item ends it.
        told = bool(item_texts(cast("dict[str, Any]", event.get("item"))))
        item.awaits_transcript = (
            spoken and not told and not item.transcribed and transcribes(self.session)
        )
        return item.id

    def _on_item_done(self, event: Event, t_ms: float) -> str | None:
        item = self._read_item(event, t_ms)
        return None if item is None else item.id

    def _on_output_item(self, event: Event, t_ms: float) -> str | None:
        # Out-of-band responses have items that never join the conversation.
        if not self._is_open(event) and self.item(event.get("item.id")) is None:
            return None
        item = self._read_item(event, t_ms)
        if item is None:
            return None
        item.response_id = event.get("response_id") or item.response_id
        return item.id

    def _on_deleted(self, event: Event, _: float) -> str | None:
        item = self.item(event.get("item_id"))
        if item is None:
            return None
        self._forget(item.id)
        return item.id

    def _on_truncated(self, event: Event, _: float) -> str | None:
        item = self.item(event.get("item_id"))
        if item is None:
            return None
        end = told_ms(event, "audio_end_ms")
        item.truncated_ms = None if end is None else round(end)
        return item.id

    # -- the user's words

    def _on_speech_started(self, event: Event, t_ms: float) -> str | None:
        known = self.item(event.get("item_id"))
        changed = self._spoken(event, t_ms)
        if changed is not None and changed != self._unfinished.begun:
            self._give_up_unfinished()
            self._unfinished.begun = changed if known is None else None
        return changed

    def _spoken(self, event: Event, t_ms: float) -> str | None:
        item = self._ensure(event.get("item_id"), t_ms)
        if item is None:
            return None
        item.role = "user"
        item.part(0, "audio")
        item.awaits_transcript = transcribes(self.session) and not item.transcribed
        return item.id

    def _on_committed(self, event: Event, t_ms: float) -> str | None:
        changed = self._spoken(event, t_ms)
        self._unfinished.finished(changed)
        if changed is not None and event.get("previous_item_id") is not None:
            self._order.place(changed, event.get("previous_item_id"))
        return changed

    def _on_transcript_delta(self, event: Event, t_ms: float) -> str | None:
        item = self._ensure(event.get("item_id"), t_ms)
        if item is None:
            return None
        item.role = item.role or "user"
        item.part(_index(event), "audio").text += _text(event, "delta")
        item.awaits_transcript = not item.transcribed
        return item.id

    def _on_transcript_done(self, event: Event, t_ms: float) -> str | None:
        item = self._ensure(event.get("item_id"), t_ms)
        if item is None:
            return None
        item.role = item.role or "user"
        item.part(_index(event), "audio").text = _text(event, "transcript")
        item.awaits_transcript, item.error = False, None
        item.transcribed = True
        self._unfinished.finished(item.id)
        return item.id

    def _on_transcript_failed(self, event: Event, t_ms: float) -> str | None:
        item = self._ensure(event.get("item_id"), t_ms)
        if item is None:
            return None
        item.awaits_transcript = False
        item.role = item.role or "user"
        item.transcribed = True
        item.error = event.get("error.message") or "the words could not be transcribed"
        self._unfinished.finished(item.id)
        return item.id

    # -- the assistant's words

    def _on_text_delta(self, event: Event, t_ms: float) -> str | None:
        item = self._answering(event, t_ms)
        if item is None:
            return None
        kind = "audio" if "audio" in event.type else "text"
        item.part(_index(event), kind).text += _text(event, "delta")
        return item.id

    def _on_text_done(self, event: Event, t_ms: float) -> str | None:
        item = self._answering(event, t_ms)
        if item is None:
            return None
        kind = "audio" if "audio" in event.type else "text"
        text = _text(event, "transcript") or _text(event, "text")
        if text:
            item.part(_index(event), kind).text = text
        return item.id

    def _on_audio_delta(self, event: Event, t_ms: float) -> str | None:
        item = self._answering(event, t_ms)
        if item is None:
            return None
        part = item.part(_index(event), "audio")
        part.audio_ms += audio_ms(payload_bytes(event), audio_format(self.session, "output"))
        return item.id

    def _on_arguments_delta(self, event: Event, t_ms: float) -> str | None:
        item = self._answering(event, t_ms)
        if item is None:
            return None
        item.arguments += _text(event, "delta")
        return item.id

    def _on_arguments_done(self, event: Event, t_ms: float) -> str | None:
        item = self._answering(event, t_ms)
        if item is None:
            return None
        item.arguments = _text(event, "arguments") or item.arguments
        item.name = event.get("name") or item.name
        return item.id

    # -- helpers

    def _answering(self, event: Event, t_ms: float) -> Item | None:
        item_id = event.get("item_id")
        if self.item(item_id) is None and not self._is_open(event):
            return None
        item = self._ensure(item_id, t_ms)
        if item is not None:
            item.response_id = event.get("response_id") or item.response_id
            item.role = item.role or "assistant"
        return item

    def _read_item(self, event: Event, t_ms: float) -> Item | None:
        wire = event.get("item")
        if not isinstance(wire, dict):
            return None
        item = self._ensure(event.get("item.id"), t_ms)
        if item is not None:
            self._unfinished.finished(item.id)
            item.read(cast("dict[str, Any]", wire))
        return item

    def _ensure(self, item_id: Any, t_ms: float) -> Item | None:
        if not isinstance(item_id, str) or not item_id or item_id in self._gone:
            return None
        if item_id not in self._items:
            self._items[item_id] = Item(item_id, started_ms=t_ms)
            self._order.add(item_id)
            if item_id in self._unfinished:
                self._order.place(item_id, self._unfinished.come_back(item_id))
            if len(self._items) > MAX_ITEMS:
                self._forget(self._order.ids[0])
        return self._items.get(item_id)

    def _give_up_unfinished(self) -> None:
        item = self.item(self._unfinished.begun)
        if item is None:
            return
        self._unfinished.begun = None
        self._also_changed = item.id
        if item.text:
            item.status, item.awaits_transcript = "incomplete", False
            return
        self._unfinished.give_up(item.id, self._order.before(item.id))
        del self._items[item.id]
        self._order.remove(item.id)

    def _forget(self, item_id: str) -> None:
        del self._items[item_id]
        self._order.remove(item_id)
        self._unfinished.finished(item_id)
        self._gone[item_id] = None
        while len(self._gone) > _GONE_KEPT:
            del self._gone[next(iter(self._gone))]

    def _is_open(self, event: Event) -> bool:
        response_id = event.get("response_id")
        return isinstance(response_id, str) and response_id in self._open.ids

    _HANDLERS: ClassVar[dict[str, Handler]] = {
        "session.created": _on_session,
        "session.updated": _on_session,
        "response.created": lambda self, event, _: self._open.begun(event),
        "response.done": lambda self, event, _: self._open.ended(event),
        "conversation.item.added": _on_added,
        "conversation.item.created": _on_added,
        "conversation.item.done": _on_item_done,
        "conversation.item.retrieved": _on_item_done,
        "conversation.item.deleted": _on_deleted,
        "conversation.item.truncated": _on_truncated,
        "response.output_item.added": _on_output_item,
        "response.output_item.done": _on_output_item,
        "input_audio_buffer.speech_started": _on_speech_started,
        "input_audio_buffer.committed": _on_committed,
        "input_audio_buffer.cleared": lambda self, _event, _: self._give_up_unfinished(),
        "conversation.item.input_audio_transcription.delta": _on_transcript_delta,
        "conversation.item.input_audio_transcription.completed": _on_transcript_done,
        "conversation.item.input_audio_transcription.failed": _on_transcript_failed,
        "response.output_text.delta": _on_text_delta,
        "response.output_audio_transcript.delta": _on_text_delta,
        "response.output_text.done": _on_text_done,
        "response.output_audio_transcript.done": _on_text_done,
        "response.output_audio.delta": _on_audio_delta,
        "response.function_call_arguments.delta": _on_arguments_delta,
        "response.function_call_arguments.done": _on_arguments_done,
    }


def _text(event: Event, field: str) -> str:
    value = event.get(field)
    return value if isinstance(value, str) else ""


def _index(event: Event) -> int:
    value = event.get("content_index")
    return value if isinstance(value, int) else 0
