"""What a page shows of a call: its name, arguments, state, output; and of what MCP brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.protocol.shown_text import clipped
from realtime_nb.protocol.tools.mcp import McpCall, McpServer
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.tools.records import CallRecord
    from realtime_nb.protocol.conversation.items import Item

CardKind: TypeAlias = Literal["call", "output", "mcp_list", "mcp_call", "mcp_approval"]

ARGUMENTS_CHARS: Final = 20_000
OUTPUT_CHARS: Final = 20_000
ERROR_CHARS: Final = 2_000
NAME_CHARS: Final = 200

_UNANSWERED: Final[Mapping[str, str]] = {"in_progress": "writing", "incomplete": "cancelled"}

_KINDS: Final[Mapping[str, CardKind]] = {
    "function_call": "call",
    "function_call_output": "output",
    "mcp_list_tools": "mcp_list",
    "mcp_call": "mcp_call",
    "mcp_tool_call": "mcp_call",
    "mcp_approval_request": "mcp_approval",
    "mcp_approval_response": "mcp_approval",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands.

    Attributes
    ----------
    state
        ``writing`` (the model writes the arguments), ``open`` (nobody answers it here),
        ``yours`` (the user may), ``waiting`` (for leave), ``queued``, ``running``, or how it
        ended: ``ok``, ``failed``, ``bad_arguments``, ``timeout``, ``cancelled``, ``denied``,
        ``unknown``.
    ms
        Milliseconds it took, or has taken so far; None where nothing is known of that.
    output
        What the model gets.
    error
        What went wrong, for people.
    """

    state: str
    ms: float | None = None
    output: str = ""
    error: str = ""


_MCP: Final[Mapping[str, str]] = {"arguments": "writing", "listing": "running", "ready": "ok"}


def of_call(record: CallRecord) -> Standing:
    """Return how a call of a function stands."""
    return Standing(record.status, record.ms, record.output, record.error)


def of_mcp(known: McpServer | McpCall) -> Standing:
    """Return how a call that the service makes stands, or the list of a server's tools."""
    state = _MCP.get(known.state, known.state)
    if isinstance(known, McpServer):
        return Standing(state, None, ", ".join(known.tools), known.error)
    took = known.took_ms or None
    return Standing(state, took, known.output, known.error)


def card_kind(item: Item) -> CardKind | None:
    """Return which card shows an item, None for one that is none of a tool's."""
    return _KINDS.get(item.type)


def show_card(item: Item, known: Standing | None = None) -> dict[str, Any] | None:
    """Return what a page needs for an item's card, None for one that is none of a tool's.

    Parameters
    ----------
    item
        The item. All it says is the model's or a server's own: a page sets it as text.
    known
        How it stands, as who runs it knows; else by what the item tells.

    Returns
    -------
    dict
        ``kind``, ``call_id``, ``name``, ``server``, ``arguments`` (JSON as the model wrote
        it), ``state``, ``ms`` (of a call that runs: so far), ``output``, ``error``. Texts
        past what anybody reads are cut, and say so.
    """
    kind = card_kind(item)
    if kind is None:
        return None
    stands = known or _standing(item, kind)
    return {
        "kind": kind,
        "call_id": item.call_id or item.id,
        "name": _short(item.name or "", NAME_CHARS),
        "server": _short(item.server or "", NAME_CHARS),
        "arguments": _short(item.arguments, ARGUMENTS_CHARS),
        "state": stands.state,
        "ms": stands.ms,
        "output": _short(stands.output or item.output or "", OUTPUT_CHARS),
        "error": _short(stands.error or item.error or "", ERROR_CHARS),
    }


def _standing(item: Item, kind: CardKind) -> Standing:
    """Return how an item stands by what the service told of it."""
    if item.error is not None or item.status == "failed":
        return Standing("failed")
    if kind == "mcp_approval":
        return Standing("denied" if item.approve is False else "ok" if item.approve else "waiting")
    if kind == "mcp_list":
        tools = item.tools
        return Standing("running") if tools is None else Standing("ok", output=", ".join(tools))
    if item.output is not None or kind == "output":
        return Standing("ok")
    return Standing(_UNANSWERED.get(item.status, "running" if kind == "mcp_call" else "open"))


def _short(text: str, longest: int) -> str:
    return whole_text(clipped(text, longest))
