"""Tools in the pages: calls as they go, approvals to be given, and what calls displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.bridge.tools.card import Standing, card_kind, of_call, of_mcp, show_card
from realtime_nb.bridge.tools.displays import DisplayShelf
from realtime_nb.errors import UsageError
from realtime_nb.protocol.shown_text import clipped, plain
from realtime_nb.protocol.tools.mcp import McpCall, McpServer
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.tools.displays import Displays
    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.tools.desk import ToolDesk
    from realtime_nb.client.tools.records import CallRecord
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.tools.approval import Approval

ARGUMENTS_CHARS: Final = 100_000
"""Of what an approval is asked for: all that a person may want to read before they answer."""

_REASON_CHARS: Final = 1_000
_LABEL_CHARS: Final = 100
_KNOWN: Final = 2_000
_DECISIONS: Final = ("once", "always", "deny")


class ToolRows:
    """Shows a desk in the pages.

    Parameters
    ----------
    conversation
        Where the items of calls are.
    pages
        Which know whether there is any.
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
        self,
        conversation: Conversation,
        pages: Pages,
        announcer: Announcer,
        loop: BackgroundLoop,
    ) -> None:
        self._conversation = conversation
        self._pages = pages
        self._announcer = announcer
        self.touched: Callable[[str], None] = lambda _item_id: None
        self._loop = loop
        self._desk: ToolDesk | None = None
        self._shelf: DisplayShelf | None = None
        self._known: dict[str, Standing] = {}
        self._failed: dict[str, str] = {}
        self._undo: list[Callable[[], None]] = []

    def attach(self, desk: ToolDesk, displays: Displays | None = None) -> None:
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
        self._known = {record.call_id: of_call(record) for record in desk.calls}
        self._undo = [
            desk.on_change(lambda record: self._loop.post(self._changed, record)),
            desk.mcp.on_change(lambda known: self._loop.post(self._mcp_changed, known)),
            desk.approvals.on_change(lambda: self._loop.post(self._approvals_changed)),
        ]

    def detach(self) -> None:
        """Listen no more; what calls displayed stays to be seen."""
        for undo in self._undo:
            undo()
        self._undo = []

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
            # Where no page is, as in a notebook that is executed, nothing need be made.
            self._shelf.put(call_id, outputs, make=self._pages.present)

    def card(self, item: Item) -> Message | None:
        """Return what a page needs to show a tool's item, None for other items."""
        return show_card(item, self._known.get(item.call_id or item.id))

    def welcome(self, client: str) -> None:
        """Tell a page that has come what its items do not tell."""
        if self._desk is not None:
            self._announcer.to(client, self._approvals())
        if self._shelf is not None:
            for message in self._shelf.messages():
                self._announcer.to(client, message)
            self._loop.loop.run_in_executor(None, self._shelf.make)

    def answer(self, client: str, message: Message, _buffers: Buffers) -> None:
        """Take a page's answer to an approval."""
        decision = message.get("decision")
        approval_id = message.get("id")
        if self._desk is None or not isinstance(approval_id, str) or decision not in _DECISIONS:
            return
        reason = whole_text(str(message.get("reason") or ""))[:_REASON_CHARS]
        try:
            self._desk.approvals.answer(approval_id, decision, reason)
        except UsageError:
            text = "That question had its answer already, or its time was over."
            self._announcer.to(client, {"kind": "notice", "level": "info", "text": text})
            self._announcer.to(client, self._approvals())

    def _changed(self, record: CallRecord) -> None:
        self._keep(record.call_id, of_call(record))

    def _mcp_changed(self, known: McpServer | McpCall) -> None:
        if known.item_id:
            self._keep(known.item_id, of_mcp(known))
        if isinstance(known, McpServer):
            self._tell_failure(known)

    def _tell_failure(self, server: McpServer) -> None:
        """Say that a server's tools could not be listed, where no card says so."""
        failed = server.error if server.state == "failed" else ""
        told, self._failed[server.label] = self._failed.get(server.label, ""), failed
        if failed and failed != told and self._conversation.item(server.item_id) is None:
            label, why = plain(server.label, _LABEL_CHARS), plain(failed, _REASON_CHARS)
            self._announcer.notice("warning", f"No tools of the MCP server {label}: {why}")

    def _keep(self, key: str, standing: Standing) -> None:
        self._known.pop(key, None)
        self._known[key] = standing
        while len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]
        for item in self._conversation.items:
            if card_kind(item) is not None and (item.call_id or item.id) == key:
                self.touched(item.id)

    def _approvals_changed(self) -> None:
        self._announcer.to_all(self._approvals())

    def _approvals(self) -> Message:
        asked = self._desk.approvals.open if self._desk is not None else ()
        return {"kind": "approvals", "open": [_question(approval) for approval in asked]}

    def _announce(self, message: Message) -> None:
        self._loop.post(self._announcer.to_all, message)


def _question(approval: Approval) -> Message:
    return {
        "id": approval.id,
        "kind": approval.kind,
        "name": whole_text(clipped(approval.name, ARGUMENTS_CHARS)),
        "server": whole_text(approval.server or ""),
        "arguments": whole_text(clipped(approval.arguments, ARGUMENTS_CHARS)),
        "left_s": max(0.0, approval.left_s),
    }
