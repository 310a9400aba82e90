"""What a page shows of a call: its name, arguments, state, output; and of what MCP brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from realtime_nb.protocol.shown_text import clipped
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.items import Item

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


class CallState(Protocol):
    """How a call stands, as a desk tells it; see `realtime_nb.client.tools.desk.CallRecord`."""

    @property
    def status(self) -> str:
        """``waiting`` (for an approval), ``queued``, ``running``, or how it ended."""
        ...

    @property
    def ms(self) -> float | None:
        """Milliseconds it took, or has taken so far."""
        ...

    @property
    def output(self) -> str:
        """What the model gets."""
        ...

    @property
    def error(self) -> str:
        """What went wrong, for people."""
        ...


def card_kind(item: Item) -> CardKind | None:
    """Return which card shows an item, None for one that is none of a tool's."""
    return _KINDS.get(item.type)


def show_card(item: Item, state: CallState | None = None) -> dict[str, Any] | None:
    """Return what a page needs for an item's card, None for one that is none of a tool's.

    Parameters
    ----------
    item
        The item. All it says is the model's or a server's own: a page sets it as text.
    state
        How its call stands here, where it is run here.

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
    own = state.output if state is not None else ""
    error = (state.error if state is not None else "") or item.error or ""
    output = own or item.output or ""
    return {
        "kind": kind,
        "call_id": item.call_id or item.id,
        "name": _short(item.name or "", NAME_CHARS),
        "server": _short(item.server or "", NAME_CHARS),
        "arguments": _short(item.arguments, ARGUMENTS_CHARS),
        "state": state.status if state is not None else _standing(item, kind),
        "ms": state.ms if state is not None else None,
        "output": _short(output, OUTPUT_CHARS),
        "error": _short(error, ERROR_CHARS),
    }


def _standing(item: Item, kind: CardKind) -> str:
    """Return how an item stands by what the service told of it."""
    if item.error is not None or item.status == "failed":
        return "failed"
    if kind == "mcp_approval":
        return "denied" if item.approve is False else "ok" if item.approve else "waiting"
    if kind == "mcp_list":
        return "running" if item.tools is None else "ok"
    if item.output is not None or kind == "output":
        return "ok"
    return _UNANSWERED.get(item.status, "running" if kind == "mcp_call" else "open")


def _short(text: str, longest: int) -> str:
    return whole_text(clipped(text, longest))
