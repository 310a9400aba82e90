"""A call of a tool, and what came of it: values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from realtime_nb.protocol.shown_text import visible
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.tools.output import as_json
from realtime_nb.protocol.whole_text import whole_text

Status: TypeAlias = Literal[
    "ok", "failed", "bad_arguments", "timeout", "cancelled", "denied", "unknown"
]

_LONGEST_ERROR: Final = 2000


@dataclass(frozen=True)
class ToolCall:
    """A function that a model, or a hand, wants called.

    Attributes
    ----------
    call_id
        What the service calls it; an id of ours for one by hand.
    name
        What is to be called.
    arguments
        JSON as it was written: untrusted.
    response_id, item_id
        Where it stands; ``""`` for one by hand.
    origin
        Who wants it.
    """

    call_id: str
    name: str
    arguments: str
    response_id: str = ""
    item_id: str = ""
    origin: Literal["model", "hand"] = "model"


@dataclass(repr=False)
class Outcome:
    """What came of a call.

    Attributes
    ----------
    call
        What was called.
    status
        How it ended: ``"ok"``, ``"failed"`` (it raised), ``"bad_arguments"`` (it was not
        called), ``"timeout"``, ``"cancelled"``, ``"denied"`` or ``"unknown"`` (there is none of
        the name).
    output
        What the model gets: text or JSON; of one that is not ok ``{"status": …, "error": …}``.
    value
        What the function returned.
    error
        What went wrong, in one line; ``""`` when it is ok.
    took_ms
        How long it took, in ms.
    started_ms
        When it was asked for, in ms since the epoch.
    """

    call: ToolCall
    status: Status
    output: str
    value: Any = None
    error: str = ""
    took_ms: float = 0.0
    started_ms: float = 0.0

    def __repr__(self) -> str:
        told = visible(shorten(f"{self.call.name}: {self.status}, {self.output}"))
        return f"<Outcome {told}>"


def not_ok(
    call: ToolCall, status: Status, error: str, *, took_ms: float = 0.0, started_ms: float = 0.0
) -> Outcome:
    """Return the outcome of a call that gave nothing, and say to the model why."""
    said = whole_text(" ".join(error.split()))
    if len(said) > _LONGEST_ERROR:
        said = said[:_LONGEST_ERROR] + "…"
    output = as_json({"status": status, "error": said})
    return Outcome(call, status, output, error=said, took_ms=took_ms, started_ms=started_ms)
