"""What a conversation's events have told so far: the items, and what is under way.

The handlers of events (`conversation_items`, `conversation_words`, `succession`) change it;
`Conversation` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from realtime_nb.protocol.bounded import BoundedSet
from realtime_nb.protocol.conversation.asides import Asides
from realtime_nb.protocol.conversation.call_playback import CallPlayback
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.conversation.open_responses import OpenResponses
from realtime_nb.protocol.conversation.order import Order
from realtime_nb.protocol.conversation.unfinished import Unfinished
from realtime_nb.protocol.restored.input_clock import InputClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.protocol.events import Event

MAX_ITEMS: Final = 10_000
"""Items that are kept; past them the first one goes. A service's hour holds far fewer."""

GONE_KEPT: Final = 512
"""Ids of items that were deleted which are remembered."""


def _gone() -> BoundedSet[str]:
    return BoundedSet(GONE_KEPT)


@dataclass(slots=True)
class State:
    """The items and what is under way.

    Attributes
    ----------
    items
        By id.
    order
        Their ids in the order of the conversation.
    gone
        Ids of items that were deleted, which stay away.
    unfinished
        The turn that is begun and no item yet.
    asides, open
        Which responses are out of band, and which are in progress.
    playback
        What was heard on a call.
    clock
        Where in the log's input sound the session in force is.
    session
        The session object in force.
    copies
        Ids of items that the session in force was told as copies.
    untold
        Those of them that it has not told back.
    renamed
        Ids that it gave to some of them.
    retold
        Those copies that the client takes out and tells again, as they were cut.
    succeeding
        Whether a session has gone, and its successor is not ready.
    partial
        Ids of items whose words had begun to come when their session went.
    changed
        Ids of items that changed beside the one that an event is about.
    """

    items: dict[str, Item] = field(default_factory=dict[str, Item])
    order: Order = field(default_factory=Order)
    gone: BoundedSet[str] = field(default_factory=_gone)
    unfinished: Unfinished = field(default_factory=Unfinished)
    asides: Asides = field(default_factory=Asides)
    open: OpenResponses = field(init=False)
    playback: CallPlayback = field(default_factory=CallPlayback)
    clock: InputClock = field(default_factory=InputClock)
    session: dict[str, Any] | None = None
    copies: frozenset[str] = frozenset()
    untold: list[str] = field(default_factory=list[str])
    renamed: set[str] = field(default_factory=set[str])
    retold: set[str] = field(default_factory=set[str])
    succeeding: bool = False
    partial: set[str] = field(default_factory=set[str])
    changed: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.open = OpenResponses(self.asides)

    def item(self, item_id: Any) -> Item | None:
        """Return an item by its id, None when there is none."""
        return self.items.get(item_id) if isinstance(item_id, str) else None

    def is_open(self, event: Event) -> bool:
        """Return whether an event is of a response in progress."""
        response_id = event.get("response_id")
        return isinstance(response_id, str) and response_id in self.open.ids

    def ensure(self, item_id: Any, t_ms: float) -> Item | None:
        """Return an item by its id, made at the end where it is new; None where it cannot be."""
        if not isinstance(item_id, str) or not item_id or item_id in self.gone:
            return None
        if item_id not in self.items:
            self.items[item_id] = Item(item_id, started_ms=t_ms)
            self.order.add(item_id)
            if item_id in self.unfinished:
                self.order.place(item_id, self.unfinished.come_back(item_id))
            if len(self.items) > MAX_ITEMS:
                self.forget(self.order.ids[0])
        return self.items.get(item_id)

    def answering(self, event: Event, t_ms: float) -> Item | None:
        """Return the item of an answer that an event is about, made where it is new."""
        item_id = event.get("item_id")
        if self.item(item_id) is None and not self.is_open(event):
            return None
        item = self.ensure(item_id, t_ms)
        if item is not None:
            item.response_id = event.get("response_id") or item.response_id
            item.role = item.role or "assistant"
        return item

    def read_item(self, event: Event, t_ms: float) -> Item | None:
        """Return the item that an event tells, with what it tells taken over."""
        wire = event.get("item")
        if not isinstance(wire, dict):
            return None
        item = self.ensure(event.get("item.id"), t_ms)
        if item is not None:
            self.unfinished.finished(item.id)
            item.read(cast("dict[str, Any]", wire))
        return item

    def is_copy(self, event: Event) -> bool:
        """Return whether an event tells an item that is here, and was told to the service."""
        item = self.item(event.get("item.id"))
        return item is not None and item.id in self.copies

    def is_renamed(self, event: Event) -> bool:
        """Return whether an event tells a copy to which the service gave an id of its own.

        A session that takes over has nothing yet but what it was told, in that order.
        """
        item_id = event.get("item.id")
        if not self.succeeding or not isinstance(item_id, str) or item_id in self.items:
            return False
        if item_id in self.renamed:
            return True
        shape = (event.get("item.type"), event.get("item.role"))
        for copy_id in self.untold:
            copy = self.item(copy_id)
            if copy is not None and (copy.type, copy.role) == shape:
                self.untold.remove(copy_id)
                self.renamed.add(item_id)
                self.gone.add(item_id)
                return True
        return False

    def forget(self, item_id: str) -> None:
        """Let an item go, for good."""
        del self.items[item_id]
        self.order.remove(item_id)
        self.unfinished.finished(item_id)
        self.partial.discard(item_id)
        self.copies -= {item_id}
        self.retold.discard(item_id)
        self.gone.add(item_id)

    def give_up_unfinished(self, *, said_again: bool = False) -> None:
        """Let go of the turn that was begun, as it will not be committed.

        Parameters
        ----------
        said_again
            Whether its sound is in the turn that begins now, and so will its words be.
        """
        item = self.item(self.unfinished.begun)
        if item is None:
            return
        self.unfinished.begun = None
        self.changed.add(item.id)
        if item.text and not said_again:
            item.status, item.awaits_transcript = "incomplete", False
            return
        self.unfinished.give_up(item.id, self.order.before(item.id))
        self.partial.discard(item.id)
        del self.items[item.id]
        self.order.remove(item.id)


Handler: TypeAlias = "Callable[[State, Event, float], str | None]"
"""Takes one event and the time it came, in ms; returns the id of the item it changed."""

Handlers: TypeAlias = "Mapping[str, Handler]"
"""Handlers by the types of their events."""


def text_of(event: Event, field_name: str) -> str:
    """Return a field that is a text, else an empty one."""
    value = event.get(field_name)
    return value if isinstance(value, str) else ""


def index_of(event: Event) -> int:
    """Return the place of the content part that an event is of."""
    value = event.get("content_index")
    return value if isinstance(value, int) else 0
