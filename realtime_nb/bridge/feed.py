"""What a page shows of a session's items, gathered before it is sent.

A service streams dozens of deltas a second, and the Jupyter server drops messages above a
rate; changes are gathered for `GATHER_S` and sent as one message. Of what changed, only the
newest state is sent, so the gathering is bounded by the number of items. A caption
that nobody ends grows for an hour and is sent whole each time: what is long is gathered
longer, so that no more than `CHARS_PER_S` go out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.marks import Marks
from realtime_nb.bridge.tools.card import card_kind, show_card

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.view import Message
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.log.event_log import Record

GATHER_S: Final = 0.05
CHARS_PER_S: Final = 200_000

IDLE_NOTE: Final = "nobody spoke: the assistant goes on"

UNHEARD_NOTE: Final = "stopped before it was heard"
ENDED_NOTE: Final = "not written down: the chat ended first"

LOST_NOTE: Final = "the connection broke here"
LOST_WORDS_NOTE: Final = "its words were lost with the connection"

_NOTED: Final = 1_000  # items of which a note is known; older ones lose it


class Feed:
    """Sends changed items to all pages.

    Parameters
    ----------
    conversation
        Where items are looked up.
    send
        Sends a message to every page.
    loop
        The loop this runs on.
    card
        Returns what a page needs to show a tool's item, None for other items.
    pictures
        Returns what a page needs to show an item's pictures.

    Attributes
    ----------
    marks
        Lines between the items.
    """

    def __init__(
        self,
        conversation: Conversation,
        send: Callable[[Message], None],
        loop: asyncio.AbstractEventLoop,
        card: Callable[[Item], Message | None] = show_card,
        pictures: Callable[[Item], list[Message]] = lambda _item: [],
    ) -> None:
        self._pictures = pictures
        self._card = card
        self._conversation = conversation
        self.marks = Marks(conversation)
        self._again: str | None = None
        self._send = send
        self._loop = loop
        self._changed: dict[str, None] = {}
        self._idle: dict[str, None] = {}
        self._unheard: dict[str, None] = {}
        self._remarks: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._gather_s = GATHER_S
        self._ended = False

    def add(self, record: Record, changed: frozenset[str]) -> None:
        """Take one event and the ids of the items it changed."""
        self._changed.update(dict.fromkeys(changed))
        if record.event.type == "input_audio_buffer.timeout_triggered":
            _note(self._idle, str(record.event.get("item_id")))
        if self._changed:
            self._flush_soon()

    def end(self) -> None:
        """Send all there is, as nothing more will come: words are not awaited any more."""
        self._ended = True
        for item in self._conversation.items:
            if item.role == "user" and not item.text:
                self._changed[item.id] = None
        self.flush()  # at once: the loop may end with the chat

    def unheard(self, item_id: str) -> None:
        """Note that an answer was stopped before anything of it was heard."""
        _note(self._unheard, item_id)
        self.touched(item_id)

    def touched(self, item_id: str) -> None:
        """Tell of an item again: what is known of it beside the conversation has changed."""
        self._changed[item_id] = None
        self._flush_soon()

    def remark(self, item_id: str, note: str) -> None:
        """Show a line at an item, in place of its note."""
        self._remarks[item_id] = note
        if len(self._remarks) > _NOTED:
            del self._remarks[next(iter(self._remarks))]
        self._changed[item_id] = None
        self._flush_soon()

    def line(self, text: str, level: str = "info") -> str:
        """Show a line below all that was said so far; return its id."""
        mark = self.marks.add(text, level)
        self.touched(mark.id)
        return mark.id

    def offer(self, shown_id: str | None) -> None:
        """Offer at an item or a line to ask again for what failed there; None takes it back."""
        for changed in (self._again, shown_id):
            if changed is not None and self._again != shown_id:
                self.touched(changed)
        self._again = shown_id

    def page(self) -> list[Message]:
        """Return all that a page shows, in order."""
        items = [self.show(item) for item in self._conversation.items]
        return [self._offered(shown) for shown in self.marks.place(items)]

    def _offered(self, shown: Message) -> Message:
        return {**shown, "again": True} if shown["id"] == self._again else shown

    def show(self, item: Item) -> Message:
        """Return what a page shows of an item."""
        shown = show_item(item, self._conversation)
        shown["after"] = self.marks.behind(shown["after"])
        if (card := self._card(item)) is not None:
            shown["tool"] = card
        if pictures := self._pictures(item):
            shown["pictures"] = pictures
        if item.id in self._idle and not item.text:
            # Nothing was said, so no words are to come.
            shown.update(pending=False, final=True, note=IDLE_NOTE)
        waits = shown["pending"] or shown["status"] == "in_progress"
        if self._ended and item.role == "user" and waits and not item.text:
            shown.update(pending=False, final=True, status="incomplete", note=ENDED_NOTE)
        cut = item.truncated_ms is not None or item.lost
        if item.role == "assistant" and not cut and self._is_unheard(item):
            # There is nothing to cut for the service: it knows the whole of it.
            shown.update(heard_chars=0, note=UNHEARD_NOTE)
        if item.id in self._remarks:
            shown["note"] = self._remarks[item.id]
        return shown

    def _is_unheard(self, item: Item) -> bool:
        spoken = any(part.kind == "audio" for part in item.parts.values())
        never_sounded = item.status == "incomplete" and spoken and item.audio_ms <= 0
        return never_sounded or item.id in self._unheard

    def _flush_soon(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._gather_s, self.flush)

    def flush(self) -> None:
        """Send what has been gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._changed:
            found = {key: self._find(key) for key in self._changed}
            self._changed.clear()
            gone = [key for key, shown in found.items() if shown is None]
            shown = [self._offered(one) for one in found.values() if one is not None]
            size = sum(_size(item) for item in shown)
            self._gather_s = max(GATHER_S, size / CHARS_PER_S)
            self._send({"kind": "items", "items": shown, "gone": gone})

    def _find(self, shown_id: str) -> Message | None:
        mark = self.marks.of(shown_id)
        if mark is not None:
            return self.marks.show(mark)
        item = self._conversation.item(shown_id)
        return None if item is None else self.show(item)


def _size(shown: Message) -> int:
    texts: Message = {"text": shown["text"], **shown.get("tool", {})}
    return sum(len(text) for text in texts.values() if isinstance(text, str))


def _note(items: dict[str, None], item_id: str) -> None:
    items[item_id] = None
    while len(items) > _NOTED:
        del items[next(iter(items))]


def show_item(item: Item, conversation: Conversation) -> dict[str, Any]:
    """Return what a page shows of an item.

    Text is the model's or the user's own and unescaped: a page sets it as text, never as
    markup.
    """
    role, text, note = _role_and_text(item)
    cut = item.truncated_ms is not None
    return {
        "id": item.id,
        "role": role,
        "text": text,
        "status": "failed" if item.error is not None else item.status,
        "after": conversation.previous_id(item.id),
        "heard_chars": len(item.heard_text) if cut else None,
        "pending": item.awaits_transcript and not item.text,
        "final": not item.awaits_transcript,
        "note": note,
        "audio_ms": round(item.audio_ms),
    }


def _role_and_text(item: Item) -> tuple[str, str, str | None]:
    if item.type == "function_call":
        return "tool", f"{item.name or '…'}({item.arguments})", None
    if item.type == "function_call_output":
        return "tool", f"→ {item.output or ''}", None
    if card_kind(item) is not None:
        return "tool", f"{item.server or 'MCP'}: {item.name or item.type}", None
    note = item.error
    if item.role == "user" and note is not None:
        note = f"not transcribed: {note}"
    elif item.truncated_ms is not None:
        stopped = f"stopped after {item.truncated_ms / 1000:.1f} s"
        # It would have ended there anyhow, whoever went on talking while it played on.
        note = f"{LOST_NOTE}; {stopped}" if item.lost else stopped
    elif item.lost:
        note = LOST_WORDS_NOTE if item.role == "user" and not item.text else LOST_NOTE
    return item.role or "system", item.text, note
