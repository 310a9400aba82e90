"""What a `CallLedger` wants done, and the calls that it is done to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of the model that has to be answered.

    Attributes
    ----------
    call_id
        What the answer names: the id of a function call, or of a request for approval.
    name, arguments
        What is called, and the model's own words for its arguments: JSON, if all is well.
    response_id, item_id
        Where it came from.
    server
        Label of the MCP server that waits for an approval; empty for a function.
    """

    call_id: str
    name: str
    arguments: str
    response_id: str
    item_id: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Run the function; its outcome goes to `CallLedger.finished`."""

    call: ModelCall


@dataclass(frozen=True, slots=True)
class HandOver:
    """Show a call that nothing here answers; the user may."""

    call: ModelCall


@dataclass(frozen=True, slots=True)
class Approve:
    """Ask whether an MCP server may be called; the answer goes to `CallLedger.finished`."""

    call: ModelCall


@dataclass(frozen=True, slots=True)
class Stop:
    """Run it no more, or not at all: it is answered already.

    Attributes
    ----------
    call
        The call.
    why
        For people.
    output
        What the model is told instead; empty where somebody else has told it.
    """

    call: ModelCall
    why: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Put an output into the conversation; what becomes of it goes to `entered` or `refused`."""

    call: ModelCall
    output: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Ask for a response, as long as `CallLedger.wants` the number."""

    number: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Call `CallLedger.settled` with the number in a while: the service may begin by itself."""

    number: int


Action: TypeAlias = Run | HandOver | Approve | Stop | Send | FollowUp | Wait
