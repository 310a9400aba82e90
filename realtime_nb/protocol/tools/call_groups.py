"""The calls that a `CallLedger` keeps, response by response."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, Literal

from realtime_nb.protocol.tools.actions import Action, ModelCall, Send, Stop

MAX_CALLS: Final = 1000
"""Calls without an answer that are kept."""

GONE: Final = "the connection was lost, and the service's call with it"
INTERRUPTED: Final = "the user interrupted"
CANCELLED_OUTPUT: Final = json.dumps({"status": "cancelled", "reason": INTERRUPTED})
"""What the model is told of a call that was cancelled."""


@dataclass(slots=True, eq=False)
class Entry:
    """One call, until it is answered and the model has gone on.

    Attributes
    ----------
    call
        The call.
    on_interrupt
        What an interruption does to it.
    owes
        Whether the model has still to be asked to go on with its output.
    output
        What the model is told; None while it is not known.
    sent
        Whether that was sent.
    closed
        Whether it is in the conversation, or was refused.
    """

    call: ModelCall
    on_interrupt: Literal["cancel", "finish"]
    owes: bool = True
    output: str | None = None
    sent: bool = False
    closed: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """The calls of one response, in their order.

    Attributes
    ----------
    entries
        The calls.
    ended
        Whether the response has ended.
    interrupted
        Whether the user has cut in since it began.
    """

    entries: list[Entry] = field(default_factory=list[Entry])
    ended: bool = False
    interrupted: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.ended and all(entry.closed for entry in self.entries)

    @property
    def owes(self) -> bool:
        """Whether the model has still to be asked to go on."""
        return any(entry.owes for entry in self.entries)

    def flush(self) -> list[Action]:
        """Return the sending of each output whose turn has come.

        Outputs keep the order of the calls, unless the user has cut in. None waits for a
        server's call, which is not answered here and may take a minute to be approved.
        """
        actions: list[Action] = []
        for entry in self.entries:
            if entry.output is None:
                if self.interrupted or entry.call.server:
                    continue
                break
            if not entry.sent:
                entry.sent = True
                actions.append(Send(entry.call, entry.output))
        return actions

    def interrupt(self) -> list[Action]:
        """Answer what may be cancelled, and owe nothing for what was answered by now."""
        self.interrupted = True
        actions: list[Action] = []
        for entry in self.entries:
            if entry.output is not None:
                entry.owes = False
            elif entry.on_interrupt == "cancel":
                actions.append(_cancel(entry))
        return [*actions, *self.flush()]

    def cancel(self, entry: Entry) -> list[Action]:
        """Answer a call that came after the user had cut in; the others stay as they are."""
        return [_cancel(entry), *self.flush()]


def _cancel(entry: Entry) -> Stop:
    entry.output, entry.owes = CANCELLED_OUTPUT, False
    return Stop(entry.call, INTERRUPTED, CANCELLED_OUTPUT)


class Groups:
    """The calls that are not over, by id and by response; at most `MAX_CALLS`."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def all(self) -> list[Group]:
        """The groups, the oldest first."""
        return list(self._groups.values())

    @property
    def unanswered(self) -> tuple[ModelCall, ...]:
        """The calls that have no output yet; may be asked for from any thread."""
        return tuple(one.call for one in self._entries.copy().values() if one.output is None)

    @property
    def open_ids(self) -> tuple[str, ...]:
        """Ids of the calls whose output is to be in the conversation and is not yet."""
        entries = self._entries.copy().values()
        return tuple(one.call.call_id for one in entries if not one.closed and not one.call.server)

    @property
    def owing(self) -> bool:
        """Whether the model has to be asked to go on with something."""
        return any(group.settled and group.owes for group in self._groups.values())

    def entry(self, call_id: str) -> Entry | None:
        """Return a call that is not over."""
        return self._entries.get(call_id)

    def of_response(self, response_id: str) -> Group | None:
        """Return the calls of a response."""
        return self._groups.get(response_id)

    def add(self, entry: Entry, new: Group) -> Group:
        """Enter a call; return its group, which is `new` for the first of its response."""
        group = self._groups.setdefault(entry.call.response_id, new)
        group.entries.append(entry)
        self._entries[entry.call.call_id] = entry
        if len(self._entries) > MAX_CALLS:
            self._give_up(next(iter(self._entries.values())))
        return group

    def forgive(self) -> None:
        """Note that a response has begun: it goes on with all that is in the conversation."""
        for entry in self._entries.values():
            if entry.closed:
                entry.owes = False
        self.prune()

    def lost(self) -> list[Action]:
        """End what a service that is gone had under way; return what is to stop.

        The calls that are answered here go on: their outputs are for its successor.
        """
        actions: list[Action] = []
        for group in self._groups.values():
            group.ended = True
            for entry in group.entries:
                if entry.call.server and not entry.closed:
                    entry.output, entry.sent, entry.closed, entry.owes = "", True, True, False
                    actions.append(Stop(entry.call, GONE))
        self.prune()
        return actions

    def prune(self) -> None:
        """Forget what is over."""
        over = [key for key, group in self._groups.items() if group.settled and not group.owes]
        for key in over:
            for entry in self._groups.pop(key).entries:
                self._entries.pop(entry.call.call_id, None)

    def _give_up(self, entry: Entry) -> None:
        del self._entries[entry.call.call_id]
        group = self._groups[entry.call.response_id]
        group.entries.remove(entry)
        if not group.entries:
            del self._groups[entry.call.response_id]
