"""The calls that the service itself makes, on MCP servers, as a `CallLedger` has to know them.

Nobody here answers them, but the model is to be asked to go on with what they bring: a response
may end before they do, and the service begins no other one by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.bounded import BoundedDict, BoundedSet
from realtime_nb.protocol.told import as_object
from realtime_nb.protocol.tools.actions import ModelCall
from realtime_nb.protocol.tools.call_events import text_at
from realtime_nb.protocol.tools.call_groups import Entry, Group, Groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.protocol.events import Event

_KNOWN: Final = 4000
_BEGUN: Final = frozenset({"response.mcp_call_arguments.done", "response.mcp_call.in_progress"})
_OVER: Final = frozenset({"response.mcp_call.completed", "response.mcp_call.failed"})


class HostedCalls:
    """Enters the service's calls among those of their responses, and notes when they are over.

    A call counts from when its arguments are written: one that is broken off before never runs.
    One that waits for an approval is over, too, when that is denied.

    Parameters
    ----------
    groups
        The calls of the ledger.
    new_group
        Makes the group of a response that has none.
    """

    def __init__(self, groups: Groups, new_group: Callable[[str], Group]) -> None:
        self._groups = groups
        self._new_group = new_group
        self._named: BoundedDict[str, ModelCall] = BoundedDict(_KNOWN)
        self._begun: BoundedSet[str] = BoundedSet(_KNOWN)
        # Of each request for approval its response, and the call that waits for it.
        self._requests: BoundedDict[str, str] = BoundedDict(_KNOWN)
        self._waiting: BoundedDict[str, str] = BoundedDict(_KNOWN)

    def take(self, event: Event) -> None:
        """Take in an event of the default conversation."""
        item = event.get("item")
        if isinstance(item, dict):
            wire = cast("dict[str, Any]", item)
            if event.type.startswith("response."):
                self.item(text_at(event, "response_id"), wire)
            else:
                # Most copy what the response told; a call that was approved may have only this.
                request = wire.get("approval_request_id")
                response_id = self._requests.get(request) if isinstance(request, str) else None
                if response_id is not None:
                    self.item(response_id, wire, begun=True)
            return
        item_id = text_at(event, "item_id")
        if event.type in _OVER:
            self._begin(item_id)
            self._over(item_id)
        elif event.type in _BEGUN:
            self._begin(item_id)

    def item(self, response_id: str, item: Any, *, begun: bool = False) -> None:
        """Take in an item of a response; one with an output or an error is over.

        Parameters
        ----------
        response_id
            The response.
        item
            The item, of whatever type.
        begun
            Whether its arguments are known to be written.
        """
        wire = as_object(item)
        item_id = wire.get("id")
        if wire.get("type") != "mcp_call" or not isinstance(item_id, str) or not item_id:
            return
        server, name = (str(wire.get(key) or "") for key in ("server_label", "name"))
        call = ModelCall(item_id, name, "", response_id, item_id, server or "the server")
        self._named.setdefault(item_id, call)
        over = wire.get("output") is not None or wire.get("error") is not None
        if over or begun:
            self._begin(item_id)
        if over:
            self._over(item_id)

    def asked(self, request: ModelCall) -> None:
        """Note a request for approval; the first such call of its response waits for it."""
        self._requests[request.call_id] = request.response_id
        group = self._groups.of_response(request.response_id)
        taken = {*self._waiting.values()}
        for entry in group.entries if group is not None else ():
            call = entry.call
            same = (call.server, call.name) == (request.server, request.name)
            if same and call.call_id in self._begun and not entry.closed | (call.call_id in taken):
                self._waiting[request.call_id] = call.call_id
                return

    def answered(self, request_id: str, *, runs: bool) -> bool:
        """Note that a request is answered; return whether a call is known that waited for it.

        Parameters
        ----------
        request_id
            The request.
        runs
            Whether the call may run; otherwise it is over.
        """
        item_id = self._waiting.pop(request_id, None)
        if item_id is not None and not runs:
            self._over(item_id)
        return item_id is not None

    def _begin(self, item_id: str) -> None:
        call = self._named.get(item_id)
        if call is None or item_id in self._begun:
            return
        self._begun.add(item_id)
        self._groups.add(Entry(call, "finish"), self._new_group(call.response_id))

    def _over(self, item_id: str) -> None:
        entry = self._groups.entry(item_id)
        if entry is not None and not entry.closed:
            entry.output, entry.sent, entry.closed = "", True, True
