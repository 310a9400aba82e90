"""Tools in the pages: calls as they go, approvals to be given, and what calls displayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from realtime_nb.bridge.tools_card import CallState, card_kind, show_card
from realtime_nb.bridge.tools_displays import Displays, DisplayShelf
from realtime_nb.protocol.shown_text import clipped
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from realtime_nb.bridge.announcer import Announcer
    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.protocol.conversation import Conversation
    from realtime_nb.protocol.items import Item

Undo: TypeAlias = Callable[[], None]

ARGUMENTS_CHARS: Final = 100_000
"""Of what an approval is asked for: all that a person may want to read before they answer."""

_REASON_CHARS: Final = 1_000
_DECISIONS: Final = ("once", "always", "deny")


class OpenApproval(Protocol):
    """A question that waits for its answer; see `realtime_nb.client.tools.approvals`."""

    @property
    def id(self) -> str:
        """What it is answered by."""
        ...

    @property
    def kind(self) -> str:
        """``function`` or ``mcp``."""
        ...

    @property
    def name(self) -> str:
        """The tool's."""
        ...

    @property
    def server(self) -> str:
        """The MCP server's label; ``""`` for a function."""
        ...

    @property
    def arguments(self) -> str:
        """JSON, as the model wrote it."""
        ...

    @property
    def left_s(self) -> float:
        """Seconds until no answer is a no."""
        ...


class Approvals(Protocol):
    """Who asks; see `realtime_nb.client.tools.approvals.Approvals`."""

    @property
    def open(self) -> Sequence[OpenApproval]:
        """What waits for an answer, the oldest first."""
        ...

    def answer(self, approval_id: str, decision: Any, reason: str = "") -> object:
        """Take an answer: ``once``, ``always`` or ``deny``."""
        ...

    def on_change(self, listener: Callable[[], object]) -> Undo:
        """Call `listener` whenever `open` changes."""
        ...


class CallRecord(CallState, Protocol):
    """One call of a desk."""

    @property
    def call_id(self) -> str:
        """What the service calls it by."""
        ...


class Desk(Protocol):
    """Who runs the calls; see `realtime_nb.client.tools.desk.ToolDesk`."""

    @property
    def calls(self) -> Sequence[CallRecord]:
        """The calls so far, the oldest first."""
        ...

    @property
    def approvals(self) -> Approvals:
        """What is asked of people."""
        ...

    def on_change(self, listener: Callable[[CallRecord], object]) -> Undo:
        """Call `listener` with a call whenever it changes."""
        ...


class ToolRows:
    """Shows a desk in the pages.

    Parameters
    ----------
    conversation
        Where the items of calls are.
    announcer
        The way to the pages.
    loop
        The loop all of it runs on.

    Attributes
    ----------
    touched
        Has an item, by its id, told to the pages again.
    """

    def __init__(
        self, conversation: Conversation, announcer: Announcer, loop: BackgroundLoop
    ) -> None:
        self._conversation = conversation
        self._announcer = announcer
        self.touched: Callable[[str], None] = lambda _item_id: None
        self._loop = loop
        self._desk: Desk | None = None
        self._shelf: DisplayShelf | None = None
        self._states: dict[str, CallRecord] = {}
        self._undo: list[Undo] = []

    def attach(self, desk: Desk, displays: Displays | None = None) -> None:
        """Show a desk's calls from now on, and answer its approvals; from any thread.

        Parameters
        ----------
        desk
            Who runs the calls.
        displays
            What makes displays that a page can show; None shows their text alone.
        """
        self.detach()
        self._desk = desk
        self._shelf = DisplayShelf(displays, self._announce)
        self._states = {record.call_id: record for record in desk.calls}
        self._undo = [
            desk.on_change(lambda record: self._loop.post(self._changed, record)),
            desk.approvals.on_change(lambda: self._loop.post(self._approvals_changed)),
        ]

    def detach(self) -> None:
        """Listen no more, and take the displays off the pages' hands."""
        for undo in self._undo:
            undo()
        self._undo = []
        if self._shelf is not None:
            self._shelf.close()

    def show(self, call_id: str, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Show under a call what it displayed, in place of what was there; from any thread.

        Parameters
        ----------
        call_id
            Of the call.
        outputs
            As a notebook holds a cell's outputs: ``{"output_type": "stream", "name",
            "text"}``, or ``{"output_type": "display_data", "data": {mime: …}, "metadata"}``.
            They come from the user's own functions, and are shown as a cell's would be.
        """
        if self._shelf is not None:
            self._shelf.put(call_id, outputs)

    def card(self, item: Item) -> Message | None:
        """Return what a page needs to show a tool's item, None for other items."""
        return show_card(item, self._states.get(item.call_id or item.id))

    def welcome(self, client: str) -> None:
        """Tell a page that has come what its items do not tell."""
        if self._desk is not None:
            self._announcer.to(client, self._approvals())
        if self._shelf is not None:
            for message in self._shelf.messages():
                self._announcer.to(client, message)

    def answer(self, _client: str, message: Message, _buffers: Buffers) -> None:
        """Take a page's answer to an approval."""
        decision = message.get("decision")
        approval_id = message.get("id")
        if self._desk is None or not isinstance(approval_id, str) or decision not in _DECISIONS:
            return
        reason = str(message.get("reason") or "").strip()[:_REASON_CHARS]
        self._desk.approvals.answer(approval_id, decision, whole_text(reason))

    def _changed(self, record: CallRecord) -> None:
        self._states[record.call_id] = record
        for item in self._conversation.items:
            if card_kind(item) is not None and (item.call_id or item.id) == record.call_id:
                self.touched(item.id)

    def _approvals_changed(self) -> None:
        self._announcer.to_all(self._approvals())

    def _approvals(self) -> Message:
        asked = self._desk.approvals.open if self._desk is not None else ()
        return {"kind": "approvals", "open": [_question(approval) for approval in asked]}

    def _announce(self, message: Message) -> None:
        self._loop.post(self._announcer.to_all, message)


def _question(approval: OpenApproval) -> Message:
    return {
        "id": approval.id,
        "kind": approval.kind,
        "name": whole_text(clipped(approval.name, ARGUMENTS_CHARS)),
        "server": whole_text(approval.server or ""),
        "arguments": whole_text(clipped(approval.arguments, ARGUMENTS_CHARS)),
        "left_s": max(0.0, approval.left_s),
    }
