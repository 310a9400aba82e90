"""Which calls of the model are answered when, and when the model is to go on.

A pure state machine: events in, actions out. The rules it keeps, whatever comes in which order:

- A call begins once, with the `response.output_item.done` of the default conversation that
  completes it (or, where a service leaves that out, with `response.done`), and is answered
  once: what comes later for it is dropped.
- Outputs of one response go in in the order of its calls. After an interruption the order is
  given up: then each goes in as soon as it is there.
- One follow-up is asked for, when the response has ended, every output of it is in the
  conversation or refused, and the calls that the service makes itself are over; never while a
  response is active, while the user speaks, or while the service is about to begin by itself.
  A response that began with the outputs in the conversation makes it needless, whoever asked
  for that one.
- An interruption answers what may be cancelled at once, and asks for nothing: the user goes
  on. What is to finish finishes, and has its follow-up.
- A connection that is lost takes the responses with it, and the calls that the service makes;
  what runs here goes on, and its outputs go to the session that follows.
- What was missed while a call's sideband was away is not waited for: a response that was under
  way may have ended, and where it has not the follow-up is asked for again after it.
- Who answers a call by hand asks for the response by hand, too.
- Past a thousand unanswered calls the oldest is given up.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol, cast

from realtime_nb.protocol.restored.gap import GAP
from realtime_nb.protocol.restored.restored import LOST
from realtime_nb.protocol.tools.actions import (
    Action,
    Approve,
    FollowUp,
    HandOver,
    ModelCall,
    Run,
    Stop,
    Wait,
)
from realtime_nb.protocol.tools.call_events import out_of_band, read_call, text_at
from realtime_nb.protocol.tools.call_groups import Entry, Group, Groups
from realtime_nb.protocol.tools.hosted import HostedCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.protocol.events import Event

_KNOWN: Final = 4000

ELSEWHERE: Final = "answered elsewhere"
_NO: Final = frozenset({"deny", "late", "gone"})


class Policy(Protocol):
    """What a ledger has to know of the session and its tools."""

    def on_interrupt(self, name: str) -> Literal["cancel", "finish"] | None:
        """Return what an interruption does to a function; None for one that is not ours."""
        ...

    def interrupts(self) -> bool:
        """Whether the user's voice interrupts the model."""
        ...

    def answers(self) -> bool:
        """Whether the service answers the user's voice by itself."""
        ...


class CallLedger:
    """The calls of one session.

    Parameters
    ----------
    policy
        What it has to know of session and tools.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._groups = Groups()
        self._hosted = HostedCalls(self._groups, self._new_group)
        # Every call that was ever begun, the oldest forgotten.
        self._known: dict[str, None] = {}
        self._active: dict[str, bool] = {}  # response id -> whether it was interrupted
        self._beside: dict[str, None] = {}
        self._speaking = False
        self._numbers = count(1)
        self._coming: int | None = None
        self._asked: int | None = None

    @property
    def unanswered(self) -> tuple[ModelCall, ...]:
        """The calls that have no output yet."""
        return self._groups.unanswered

    @property
    def open_ids(self) -> tuple[str, ...]:
        """Ids of the calls whose output is to be in the conversation and is not yet."""
        return self._groups.open_ids

    def wants(self, number: int) -> bool:
        """Whether the follow-up of that number is still wanted."""
        return self._asked == number

    def owed(self, response_id: str) -> tuple[Entry, ...]:
        """Return the calls of a response that is still to be followed; none of any other."""
        group = self._groups.of_response(response_id)
        return tuple(group.entries) if group is not None and group.owes else ()

    # -- what the service and the user do

    def received(self, event: Event) -> list[Action]:
        """Take in a server event."""
        handler = self._HANDLERS.get(event.type)
        return [] if handler is None else handler(self, event)

    def sent(self, event: Event) -> list[Action]:
        """Take in a client event: the user may answer or stop by hand."""
        if event.type == "response.cancel":
            named = event.get("response_id")
            return self.interrupted() if named is None or named in self._active else []
        if event.type != "conversation.item.create":
            return []
        if event.get("item.type") == "mcp_approval_response":
            return self._approved_by_hand(event)
        entry = self._groups.entry(text_at(event, "item.call_id"))
        if entry is None or entry.sent or event.get("item.type") != "function_call_output":
            return []
        entry.output, entry.sent, entry.closed, entry.owes = "", True, True, False
        return [Stop(entry.call, ELSEWHERE), *self._moved(entry)]

    def _approved_by_hand(self, event: Event) -> list[Action]:
        """Take back a question that the user has answered: a second answer would be refused."""
        entry = self._groups.entry(text_at(event, "item.approval_request_id"))
        if entry is None or entry.sent:
            return []
        # The model goes on as after an answer of ours, once the service has taken it.
        entry.output = "once" if event.get("item.approve") is True else "deny"
        entry.sent = True
        return [Stop(entry.call, ELSEWHERE)]

    def interrupted(self) -> list[Action]:
        """Cancel what may be cancelled, and ask for nothing: the user has the word."""
        self._asked = None
        self._active = dict.fromkeys(self._active, True)
        return [action for group in self._groups.all for action in self._interrupt(group)]

    # -- what becomes of the actions

    def finished(self, call_id: str, output: str, *, follow_up: bool = True) -> list[Action]:
        """Take in an output; one for a call that has its answer is dropped.

        Parameters
        ----------
        call_id
            The call.
        output
            What the model is told.
        follow_up
            Whether the model is to go on with it.
        """
        entry = self._groups.entry(call_id)
        if entry is None or entry.output is not None:
            return []
        entry.output = output
        entry.owes = entry.owes and follow_up
        return self._moved(entry)

    def entered(self, call_id: str) -> list[Action]:
        """Note that an output is in the conversation."""
        entry = self._groups.entry(call_id)
        if entry is None or not entry.sent or entry.closed:
            return []
        entry.closed = True
        waits: list[Action] = []
        if entry.call.server and not self._hosted.answered(call_id, runs=entry.output not in _NO):
            # Its call may still be to come, or the service goes on by itself.
            waits = self._expect()
        return [*waits, *self._moved(entry)]

    def refused(self, call_id: str) -> list[Action]:
        """Note that the service did not take an output: there is nothing to go on with."""
        entry = self._groups.entry(call_id)
        if entry is None or not entry.sent or entry.closed:
            return []
        entry.closed, entry.owes = True, False
        return self._moved(entry)

    def settled(self, number: int) -> list[Action]:
        """Note that the service has not begun by itself since `Wait`."""
        if self._coming == number:
            self._coming = None
        return self._due()

    def dropped(self, number: int) -> list[Action]:
        """Note that a follow-up never became a response; it is not asked for again."""
        if self._asked != number:
            return []
        self._asked = None
        self._groups.forgive()
        return self._due()

    # -- inside

    def _speech_started(self, _event: Event) -> list[Action]:
        self._speaking = True
        return self.interrupted() if self._policy.interrupts() else []

    def _speech_stopped(self, _event: Event) -> list[Action]:
        self._speaking = False
        waits = self._expect() if self._policy.answers() else []
        return [*waits, *self._due()]

    def _hears_anew(self, _event: Event) -> list[Action]:
        self._speaking = False
        return self._due()

    def _lost(self, _event: Event) -> list[Action]:
        self._speaking, self._coming = False, None
        self._active.clear()
        return [*self._groups.lost(), *self._due()]

    def _missed(self, _event: Event) -> list[Action]:
        self._speaking = False
        self._active.clear()
        for group in self._groups.all:
            group.ended = True
        # What is under way still says so in that time.
        return self._expect()

    def _begun(self, event: Event) -> list[Action]:
        response_id = event.get("response.id")
        if not isinstance(response_id, str):
            return []
        if out_of_band(event):
            _remember(self._beside, response_id)
            return []
        self._active[response_id] = False
        self._asked = self._coming = None
        # It answers all that was in the conversation by now.
        self._groups.forgive()
        return []

    def _item_done(self, event: Event) -> list[Action]:
        response_id = text_at(event, "response_id")
        if response_id in self._beside:
            return []
        return [*self._called(response_id, event.get("item")), *self._hosts(event)]

    def _hosts(self, event: Event) -> list[Action]:
        if text_at(event, "response_id") in self._beside:
            return []
        self._hosted.take(event)
        self._groups.prune()
        return self._due()

    def _ended(self, event: Event) -> list[Action]:
        response_id = text_at(event, "response.id")
        if response_id in self._beside or out_of_band(event):
            return []
        actions: list[Action] = []
        status, output = event.get("response.status"), event.get("response.output")
        if status == "completed" and isinstance(output, list):
            for item in cast("list[Any]", output):
                actions += self._called(response_id, item)
                self._hosted.item(response_id, item, begun=True)
        was_interrupted = self._active.pop(response_id, False)
        group = self._groups.of_response(response_id)
        if group is not None:
            group.ended = True
            if status == "cancelled" and not was_interrupted:
                actions += self._interrupt(group)
        self._groups.prune()
        return [*actions, *self._due()]

    def _item_in(self, event: Event) -> list[Action]:
        match event.get("item.type"):
            case "function_call_output":
                return self.entered(text_at(event, "item.call_id"))
            case "mcp_approval_response":
                return self.entered(text_at(event, "item.approval_request_id"))
            case "mcp_approval_request" if event.type != "conversation.item.added":
                # Where it is part of a response, that one waits for it.
                return self._called(next(reversed(self._active), ""), event.get("item"))
            case "mcp_call":
                return self._hosts(event)
            case _:
                return []

    def _called(self, response_id: str, item: Any) -> list[Action]:
        call = read_call(response_id, item)
        if call is None or call.call_id in self._known:
            return []
        _remember(self._known, call.call_id)
        policy = "finish" if call.server else self._policy.on_interrupt(call.name)
        entry = Entry(call, policy or "finish")
        group = self._groups.add(entry, self._new_group(response_id))
        if group.interrupted and entry.on_interrupt == "cancel":
            return group.cancel(entry)
        if call.server:
            self._hosted.asked(call)
            return [Approve(call)]
        return [HandOver(call) if policy is None else Run(call)]

    def _new_group(self, response_id: str) -> Group:
        ended, cut = response_id not in self._active, self._active.get(response_id, False)
        return Group(ended=ended, interrupted=cut)

    def _interrupt(self, group: Group) -> list[Action]:
        actions = group.interrupt()
        self._groups.prune()
        return actions

    def _moved(self, entry: Entry) -> list[Action]:
        group = self._groups.of_response(entry.call.response_id)
        actions = group.flush() if group is not None else []
        self._groups.prune()
        return [*actions, *self._due()]

    def _due(self) -> list[Action]:
        if self._active or self._speaking or self._coming is not None or self._asked is not None:
            return []
        if not self._groups.owing:
            return []
        self._asked = next(self._numbers)
        return [FollowUp(self._asked)]

    def _expect(self) -> list[Action]:
        if not self._groups:
            return []
        self._coming = next(self._numbers)
        return [Wait(self._coming)]

    _HANDLERS: ClassVar[dict[str, Callable[[CallLedger, Event], list[Action]]]] = {
        "response.created": _begun,
        "response.output_item.added": _hosts,
        "response.output_item.done": _item_done,
        "response.mcp_call_arguments.done": _hosts,
        "response.mcp_call.in_progress": _hosts,
        "response.mcp_call.completed": _hosts,
        "response.mcp_call.failed": _hosts,
        "response.done": _ended,
        "conversation.item.added": _item_in,
        "conversation.item.created": _item_in,
        "conversation.item.done": _item_in,
        "input_audio_buffer.speech_started": _speech_started,
        "input_audio_buffer.speech_stopped": _speech_stopped,
        "input_audio_buffer.cleared": _hears_anew,
        "session.updated": _hears_anew,
        LOST: _lost,
        GAP: _missed,
    }


def _remember(kept: dict[str, None], key: str) -> None:
    kept[key] = None
    if len(kept) > _KNOWN:
        del kept[next(iter(kept))]
