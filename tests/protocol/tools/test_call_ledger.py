"""The rules of order, in every interleaving of a service, its user, and functions that take time.

The service here takes client events in their order, has one response at a time, may begin by
itself, and refuses what it cannot take. What either side sends is on its way for as long as
the other one does not look.
"""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.tools.actions import (
    Approve,
    FollowUp,
    HandOver,
    Run,
    Send,
    Stop,
    Wait,
)
from realtime_nb.protocol.tools.call_groups import CANCELLED_OUTPUT, MAX_CALLS
from realtime_nb.protocol.tools.ledger import CallLedger

POLICIES = {"stops": "cancel", "finishes": "finish", "theirs": None}


class Rules:
    """What a ledger asks of the session."""

    def __init__(self, *, interrupts=True, answers=False):
        self._interrupts, self._answers = interrupts, answers

    def on_interrupt(self, name):
        return POLICIES[name]

    def interrupts(self):
        return self._interrupts

    def answers(self):
        return self._answers


class Service:
    """A service that has one response at a time, and a conversation."""

    def __init__(self):
        self.sends = deque()
        self.active = None
        self.conversation = []  # call ids as calls and outputs come in
        self.calls = {}  # response -> completed call ids, in order
        self.seen = set()  # outputs that a response has begun with
        self.begun = 0
        self.made = 0
        self.hosted = []  # calls that the service makes itself, and that go on

    def host(self):
        """Make a call on an MCP server; it may outlive its response."""
        self.made += 1
        item = mcp_call(f"mcp_{self.made}")
        self.hosted.append((self.active, item["id"]))
        place = {"response_id": self.active}
        self.sends += [
            {"type": "response.output_item.added", **place, "item": item},
            {"type": "response.mcp_call_arguments.done", **place, "item_id": item["id"]},
            {"type": "response.mcp_call.in_progress", "item_id": item["id"]},
        ]

    def hosted_ends(self, number):
        response_id, item_id = self.hosted.pop(number % len(self.hosted))
        self.conversation.append(("output", item_id))
        how = "failed" if number == 0 else "completed"
        item = mcp_call(item_id, output="found")
        self.sends += [
            {"type": f"response.mcp_call.{how}", "item_id": item_id},
            {"type": "conversation.item.done", "item": item},
            {"type": "response.output_item.done", "response_id": response_id, "item": item},
        ]

    def begin(self):
        assert self.active is None
        self.begun += 1
        self.active = f"resp_{self.begun}"
        self.calls[self.active] = []
        self.seen |= {call_id for kind, call_id in self.conversation if kind == "output"}
        response = {"id": self.active, "conversation_id": "conv", "status": "in_progress"}
        self.sends.append({"type": "response.created", "response": response})

    def make(self, name, status):
        self.made += 1
        item = function_call(f"call_{self.made}", name, status)
        if status == "completed":
            self.calls[self.active].append(item["call_id"])
            self.conversation.append(("call", item["call_id"]))
        self.sends.append(
            {"type": "response.output_item.done", "response_id": self.active, "item": item}
        )
        return item

    def end(self, status):
        response = {"id": self.active, "conversation_id": "conv", "status": status, "output": []}
        self.active = None
        self.sends.append({"type": "response.done", "response": response})

    def take(self, kind, value, *, accept):
        """Take a client event; what is not an event comes back as a refusal."""
        if kind == "output" and accept:
            self.conversation.append(("output", value))
            item = {"type": "function_call_output", "call_id": value}
            for step in ("added", "done"):
                self.sends.append({"type": f"conversation.item.{step}", "item": item})
        elif kind == "output":
            self.sends.append(("refused", value))
        elif self.active is None:
            self.begin()
        else:
            self.sends.append(("busy", value))


def function_call(call_id, name="stops", status="completed"):
    return {
        "id": f"item_{call_id}",
        "type": "function_call",
        "status": status,
        "name": name,
        "call_id": call_id,
        "arguments": "{}",
    }


def mcp_call(item_id, output=None, **fields):
    item = {"id": item_id, "type": "mcp_call", "server_label": "docs", "name": "s"}
    return {**item, "arguments": "{}", "output": output, "error": None, **fields}


class Talk:
    """A client's ledger and a service, each going on when it likes.

    Every step takes a number from 0 to 7, of which it makes what it likes.
    """

    def __init__(self, *, interrupts, answers):
        self.interrupts, self.answers = interrupts, answers
        self.ledger = CallLedger(Rules(interrupts=interrupts, answers=answers))
        self.service = Service()
        self.on_the_way = deque()  # from client to service
        self.ran, self.sent, self.handed, self.cancelled = [], [], [], []
        self.running, self.waits = [], []
        self.asked = None  # the follow-up that the sequencer holds
        self.in_flight = False
        self.seen_active = None  # the response that the client knows of
        self.entered, self.refused, self.given = [], set(), {}
        self.cut = set()
        self.no_follow_up, self.upset = set(), set()
        self.settled_calls = set()  # outputs the client knows a response has begun with
        self.speaking = self.on_air = False
        self.known_calls = {}

    def do(self, actions):
        for action in actions:
            match action:
                case Run(call):
                    late = call.name == "stops" and call.response_id in self.cut
                    assert not late, "what the user has cut off is run"
                    self.ran.append(call.call_id)
                    self.running.append(call.call_id)
                    self.known_calls.setdefault(call.response_id, []).append(call.call_id)
                case HandOver(call):
                    self.handed.append(call.call_id)
                    self.running.append(call.call_id)
                    self.known_calls.setdefault(call.response_id, []).append(call.call_id)
                case Stop(call, _why, output):
                    assert output == CANCELLED_OUTPUT
                    self.cancelled.append(call.call_id)
                    self.given[call.call_id] = output
                    if call.call_id not in self.ran:
                        self.known_calls.setdefault(call.response_id, []).append(call.call_id)
                    # A thread cannot be stopped: it stays in `running`, and may end late.
                case Send(call, output):
                    self.sent.append(call.call_id)
                    assert output == self.given[call.call_id]
                    self.on_the_way.append(("output", call.call_id))
                case FollowUp(number):
                    self.check_follow_up()
                    self.asked, self.in_flight = number, True
                    self.on_the_way.append(("response", number))
                case Wait(number):
                    self.waits.append(number)
                case _:
                    raise AssertionError(action)

    def check_follow_up(self):
        assert self.seen_active is None, "a follow-up while a response is active"
        assert not self.speaking, "a follow-up while the user speaks"
        assert self.asked is None or not self.ledger.wants(self.asked), "two follow-ups"
        closed = {*self.entered, *self.refused}
        over = {*self.settled_calls, *self.no_follow_up, *self.cancelled}
        due = [
            calls
            for response, calls in self.known_calls.items()
            if set(calls) <= closed and set(calls) & set(self.entered) - over
        ]
        assert due, "a follow-up with no output to go on with"

    # -- the service and its user

    def service_answers(self, number):
        """Begin a response, or go on with it, by 0 to 3 calls; end it half of the time."""
        if self.service.active is None:
            self.service.begin()
        for place in range(number % 4):
            name = ("stops", "finishes", "stops", "theirs")[(place + number // 2) % 4]
            self.service.make(name, "completed")
        if number >= 4:
            self.service.end("completed")

    def service_calls(self, number):
        """Make one call, which may be told twice, and may have come to nothing."""
        if self.service.active is None:
            return
        item = self.service.make("stops", "incomplete" if number == 0 else "completed")
        if number > 4:
            place = {"response_id": self.service.active, "item": item}
            self.service.sends.append({"type": "response.output_item.done", **place})

    def service_hosts(self, number):
        if self.service.active is not None and number < 4:
            self.service.host()
        elif self.service.hosted:
            self.service.hosted_ends(number % 4)

    def service_ends(self, number):
        if self.service.active is not None:
            statuses = ("completed", "cancelled", "failed", "incomplete")
            self.service.end(statuses[number // 2])

    def beside(self, number):
        response = {"id": f"resp_{-number}", "conversation_id": None, "status": "completed"}
        call = function_call("call_beside")
        self.service.sends += [
            {"type": "response.created", "response": response},
            {"type": "response.output_item.done", "response_id": response["id"], "item": call},
            {"type": "response.done", "response": {**response, "output": [call]}},
        ]

    def user_speaks(self, _number=0):
        self.on_air = not self.on_air
        kind = "started" if self.on_air else "stopped"
        self.service.sends.append({"type": f"input_audio_buffer.speech_{kind}"})
        if self.on_air and self.interrupts and self.service.active is not None:
            self.service.end("cancelled")
        if not self.on_air and self.answers and self.service.active is None:
            self.service.begin()

    def service_takes(self, number):
        for _ in range(min(number + 1, len(self.on_the_way))):
            self.service.take(*self.on_the_way.popleft(), accept=number > 1)

    # -- the client

    def client_takes(self, number):
        for _ in range(min(1 + number * number, len(self.service.sends))):
            self.client_takes_one()

    def client_takes_one(self):
        event = self.service.sends.popleft()
        if isinstance(event, tuple):
            kind, value = event
            if kind == "refused":
                self.refused.add(value)
                self.do(self.ledger.refused(value))
            else:
                # The sequencer asks again after the next end, if it is wanted still.
                self.in_flight = False
            return
        self.note(event)
        self.do(self.ledger.received(Event(event)))
        if event["type"] == "response.done" and self.asked is not None and not self.in_flight:
            self.ask_again()

    def ask_again(self):
        if self.ledger.wants(self.asked):
            self.in_flight = True
            self.on_the_way.append(("response", self.asked))
        else:
            over, self.asked = self.asked, None
            self.do(self.ledger.dropped(over))

    def note(self, event):
        response = event.get("response", {})
        match event["type"]:
            case "response.created" if response["conversation_id"]:
                self.seen_active = response["id"]
                self.settled_calls |= set(self.entered)
                self.asked = None
                self.in_flight = False
            case "response.done" if response["id"] == self.seen_active:
                if response["status"] == "cancelled" and response["id"] not in self.cut:
                    # Somebody else has cut in.
                    self.upset.add(response["id"])
                    self.no_follow_up |= {*self.known_calls.get(response["id"], ())} & {*self.given}
                self.seen_active = None
            case "response.mcp_call_arguments.done":
                self.known_calls.setdefault(event["response_id"], []).append(event["item_id"])
            case "response.mcp_call.completed" | "response.mcp_call.failed":
                self.entered.append(event["item_id"])
                self.given[event["item_id"]] = ""
            case "conversation.item.added":
                self.entered.append(event["item"]["call_id"])
            case "input_audio_buffer.speech_started":
                self.speaking = True
                if self.interrupts:
                    self.upset_all()
            case "input_audio_buffer.speech_stopped":
                self.speaking = False

    def upset_all(self):
        self.asked = None if not self.in_flight else self.asked
        self.upset |= set(self.service.calls)
        self.cut.add(self.seen_active)
        # What was answered by then is not to be followed up.
        self.no_follow_up |= set(self.given)

    def function_ends(self, number):
        if not self.running:
            return
        call_id = self.running.pop(number % len(self.running))
        if number == 6:
            self.running.append(call_id)  # it ends a second time
        follow_up = number != 7
        late = call_id in self.given
        if not late:
            self.given[call_id] = f"output of {call_id}"
            if not follow_up:
                self.no_follow_up.add(call_id)
        actions = self.ledger.finished(call_id, f"output of {call_id}", follow_up=follow_up)
        assert not (late and actions), "a late output was taken"
        self.do(actions)

    def user_stops(self, _number):
        self.upset_all()
        self.do(self.ledger.interrupted())

    def time_passes(self, _number):
        if self.waits:
            self.do(self.ledger.settled(self.waits.pop(0)))

    # -- what holds always

    def each_call_begins_once_and_is_answered_once(self):
        assert len(set(self.ran)) == len(self.ran)
        assert len(set(self.sent)) == len(self.sent)
        assert len(set(self.handed)) == len(self.handed)
        assert "call_beside" not in {*self.ran, *self.sent, *self.handed}

    def outputs_are_in_the_order_of_the_calls(self):
        for response, calls in self.service.calls.items():
            if response not in self.upset:
                of_it = [call_id for call_id in self.sent if call_id in calls]
                assert of_it == calls[: len(of_it)]

    # -- and at the end

    def come_to_rest(self):
        """Let everything come to its end: then every call is answered, and was gone on with."""
        for _ in range(1000):
            if self.service.sends:
                self.client_takes_one()
            elif self.on_the_way:
                kind, value = self.on_the_way.popleft()
                self.service.take(kind, value, accept=True)
            elif self.service.active is not None:
                self.service.end("completed")
            elif self.service.hosted:
                self.service.hosted_ends(0)
            elif self.on_air:
                self.user_speaks()
            elif self.running:
                self.function_ends(0)
            elif self.waits:
                self.do(self.ledger.settled(self.waits.pop(0)))
            else:
                break
        else:
            raise AssertionError("it never comes to rest")
        self.each_call_begins_once_and_is_answered_once()
        made = {call_id for calls in self.service.calls.values() for call_id in calls}
        assert set(self.sent) == made
        assert not self.ledger.unanswered
        answered = {call_id for kind, call_id in self.service.conversation if kind == "output"}
        hosted = {item_id for item_id in answered if item_id.startswith("mcp_")}
        assert answered - hosted == made - self.refused
        owed = answered - self.no_follow_up - set(self.cancelled)
        assert owed <= self.service.seen, "an output that the model never went on with"


STEPS = (
    *[Talk.client_takes] * 6,
    *[Talk.service_takes] * 4,
    *[Talk.function_ends] * 5,
    *[Talk.service_answers] * 3,
    Talk.service_calls,
    *[Talk.service_hosts] * 2,
    Talk.service_ends,
    Talk.time_passes,
    Talk.user_speaks,
    Talk.user_stops,
    Talk.beside,
)


@settings(max_examples=200, deadline=None)
@given(
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), min_size=15, max_size=50),
)
def test_the_rules_hold_in_every_interleaving(interrupts, answers, steps):
    talk = Talk(interrupts=interrupts, answers=answers)
    for step, number in steps:
        step(talk, number)
        talk.each_call_begins_once_and_is_answered_once()
        talk.outputs_are_in_the_order_of_the_calls()
    talk.come_to_rest()


def begun(response_id, **fields):
    response = {"id": response_id, "conversation_id": "conv", **fields}
    return Event({"type": "response.created", "response": response})


def made(response_id, *calls):
    kind = "response.output_item.done"
    return [Event({"type": kind, "response_id": response_id, "item": one}) for one in calls]


def ended(response_id, status="completed"):
    response = {"id": response_id, "conversation_id": "conv", "status": status}
    return Event({"type": "response.done", "response": response})


def told(ledger, *events):
    return [action for event in events for action in ledger.received(event)]


def in_conversation(ledger, call_id, output="x"):
    return [*ledger.finished(call_id, output), *ledger.entered(call_id)]


def test_a_call_that_comes_after_the_interruption_takes_no_follow_up_from_what_finished():
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_1"), *made("resp_1", function_call("call_a", "finishes")))
    ledger.interrupted()
    in_conversation(ledger, "call_a")
    stop, send = told(ledger, *made("resp_1", function_call("call_b", "stops")))
    assert isinstance(stop, Stop)
    assert isinstance(send, Send)
    assert ledger.entered("call_b") == []
    (follow_up,) = told(ledger, ended("resp_1"))
    assert isinstance(follow_up, FollowUp)


def test_after_an_interruption_nothing_waits_for_its_turn():
    ledger = CallLedger(Rules())
    slow, quick = function_call("call_a", "finishes"), function_call("call_b", "stops")
    told(ledger, begun("resp_1"), *made("resp_1", slow, quick), ended("resp_1"))
    stop, send = ledger.interrupted()
    assert isinstance(stop, Stop)
    assert isinstance(send, Send)
    assert stop.call.call_id == send.call.call_id == "call_b"
    assert ledger.entered("call_b") == []
    assert [type(one) for one in in_conversation(ledger, "call_a")] == [Send, FollowUp]


def test_two_responses_that_wait_for_their_outputs_have_one_follow_up():
    ledger = CallLedger(Rules())
    for at in (1, 2):
        call = function_call(f"call_{at}", "finishes")
        told(ledger, begun(f"resp_{at}"), *made(f"resp_{at}", call), ended(f"resp_{at}"))
    assert [type(one) for one in in_conversation(ledger, "call_1")] == [Send, FollowUp]
    assert [type(one) for one in in_conversation(ledger, "call_2")] == [Send]
    told(ledger, begun("resp_3"))
    assert told(ledger, ended("resp_3")) == []


def test_a_follow_up_that_the_user_forestalls_is_not_wanted_any_more():
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_1"), *made("resp_1", function_call("call_a")), ended("resp_1"))
    *_, ask = in_conversation(ledger, "call_a")
    assert ledger.wants(ask.number)
    assert told(ledger, Event({"type": "input_audio_buffer.speech_started"})) == []
    assert not ledger.wants(ask.number)
    assert ledger.dropped(ask.number) == []


def test_after_a_follow_up_that_failed_the_next_one_is_asked_for():
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_1"), *made("resp_1", function_call("call_a")), ended("resp_1"))
    *_, ask = in_conversation(ledger, "call_a")
    assert ledger.dropped(ask.number) == []
    told(ledger, begun("resp_2"), *made("resp_2", function_call("call_b")), ended("resp_2"))
    *_, again = in_conversation(ledger, "call_b")
    assert again.number != ask.number


def test_the_service_that_answers_by_itself_is_given_time():
    ledger = CallLedger(Rules(answers=True))
    told(ledger, begun("resp_1"), *made("resp_1", function_call("call_a", "finishes")))
    told(ledger, ended("resp_1"), Event({"type": "input_audio_buffer.speech_started"}))
    (wait,) = told(ledger, Event({"type": "input_audio_buffer.speech_stopped"}))
    assert [type(one) for one in in_conversation(ledger, "call_a")] == [Send]
    assert ledger.settled(wait.number - 1) == []
    assert [type(one) for one in ledger.settled(wait.number)] == [FollowUp]


GAP = Event({"type": "realtime_nb.gap", "away_ms": 400, "tries": 1})


def test_a_response_whose_end_was_missed_is_followed_up_unless_it_goes_on():
    for goes_on in (False, True):
        ledger = CallLedger(Rules())
        told(ledger, begun("resp_1"), *made("resp_1", function_call("call_a", "finishes")))
        told(ledger, Event({"type": "input_audio_buffer.speech_started"}))
        (wait,) = told(ledger, GAP)
        assert [type(one) for one in in_conversation(ledger, "call_a")] == [Send]
        if goes_on:
            assert told(ledger, ended("resp_1")) == []
        assert [type(one) for one in ledger.settled(wait.number)] == [FollowUp]
    assert told(CallLedger(Rules()), GAP) == []


def test_no_more_unanswered_calls_are_kept_than_anybody_answers():
    ledger = CallLedger(Rules())
    for at in range(MAX_CALLS + 5):
        call = function_call(f"call_{at}", "theirs")
        told(ledger, begun(f"resp_{at}"), *made(f"resp_{at}", call), ended(f"resp_{at}"))
    assert len(ledger.unanswered) == MAX_CALLS
    assert ledger.unanswered[0].call_id == "call_5"
    assert ledger.finished("call_0", "x") == []


@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        {},
        {"type": "message"},
        function_call("call_a", status="incomplete"),
        {**function_call("call_a"), "call_id": None},
        {**function_call("call_a"), "name": ["add"]},
    ],
)
def test_what_is_no_call_is_none(item):
    ledger = CallLedger(Rules())
    assert told(ledger, begun("resp_1"), *made("resp_1", item)) == []


def test_a_request_for_an_approval_is_asked_once_and_followed_up_unless_the_service_goes_on():
    request = {"id": "mcpr_1", "type": "mcp_approval_request", "server_label": "docs", "name": "s"}
    ledger = CallLedger(Rules())
    (ask,) = told(ledger, begun("resp_1"), *made("resp_1", {**request, "arguments": "{}"}))
    assert isinstance(ask, Approve)
    assert told(ledger, Event({"type": "conversation.item.done", "item": request})) == []
    told(ledger, ended("resp_1"))
    send, wait = in_conversation(ledger, "mcpr_1")
    assert isinstance(send, Send)
    assert isinstance(wait, Wait)
    assert [type(one) for one in ledger.settled(wait.number)] == [FollowUp]


def hosted(response_id, item_id, *steps):
    """Events of a call that the service makes: its item added or done, or how it goes on."""
    item = mcp_call(item_id, output="found" if "done" in steps else None)
    place = {"response_id": response_id, "item": item}
    return [
        Event({"type": f"response.output_item.{step}", **place})
        if step in ("added", "done")
        else Event({"type": f"response.mcp_call.{step}", "item_id": item_id})
        for step in steps
    ]


def test_what_the_service_calls_itself_is_followed_up_when_it_is_over_and_the_response_too():
    ledger = CallLedger(Rules())
    early = [*hosted("resp_1", "m", "added", "in_progress", "completed", "done")]
    assert told(ledger, begun("resp_1"), *early) == []
    assert [type(one) for one in told(ledger, ended("resp_1"))] == [FollowUp]
    late = hosted("resp_2", "n", "added", "in_progress")
    assert told(ledger, begun("resp_2"), *late, ended("resp_2")) == []
    actions = told(ledger, *hosted("resp_2", "n", "failed", "done"))
    assert [type(one) for one in actions] == [FollowUp]


def test_a_function_and_a_servers_call_of_one_response_have_one_follow_up_and_no_turns():
    ledger = CallLedger(Rules())
    calls = [*hosted("resp_1", "m", "added", "in_progress"), *made("resp_1", function_call("a"))]
    told(ledger, begun("resp_1"), *calls, ended("resp_1"))
    (sent,) = in_conversation(ledger, "a")
    assert isinstance(sent, Send)
    (follow_up,) = told(ledger, *hosted("resp_1", "m", "completed"))
    assert isinstance(follow_up, FollowUp)
    assert told(ledger, *hosted("resp_1", "m", "done"), begun("resp_2"), ended("resp_2")) == []


def test_a_servers_call_that_was_broken_off_or_is_beside_the_talk_holds_nothing_up():
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_1"), *made("resp_1", function_call("a", "finishes")))
    told(ledger, *hosted("resp_1", "m", "added"), ended("resp_1", "incomplete"))
    assert [type(one) for one in in_conversation(ledger, "a")] == [Send, FollowUp]
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_b", conversation_id=None))
    beside = hosted("resp_b", "m", "added", "in_progress", "completed", "done")
    assert told(ledger, *beside, ended("resp_b")) == []
    # One of an earlier talk, put in by hand.
    put = {"type": "conversation.item.added", "item": mcp_call("old", output="x")}
    assert told(ledger, Event(put)) == []


@pytest.mark.parametrize("how", ["once", "deny"])
@pytest.mark.parametrize("known", [True, False])
def test_a_call_that_is_approved_is_waited_for_and_one_that_is_denied_is_not(how, known):
    request = {"id": "r", "type": "mcp_approval_request", "server_label": "docs", "name": "s"}
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_1"), *(hosted("resp_1", "m", "added", "in_progress") if known else []))
    told(ledger, *made("resp_1", {**request, "arguments": "{}"}), ended("resp_1"))
    actions = in_conversation(ledger, "r", how)
    if known and how == "deny":
        assert [type(one) for one in actions] == [Send, FollowUp]
        return
    if not known:
        assert [type(one) for one in actions] == [Send, Wait]
        item = mcp_call("m", approval_request_id="r")
        if how == "once":
            told(ledger, Event({"type": "conversation.item.added", "item": item}))
        due = ledger.settled(actions[1].number)
        assert [type(one) for one in due] == ([FollowUp] if how == "deny" else [])
        if how == "deny":
            return
    actions = told(ledger, *hosted("resp_1", "m", "completed"))
    assert [type(one) for one in actions] == [FollowUp]


def test_an_output_that_waits_for_its_turn_is_not_replaced_by_a_later_one():
    ledger = CallLedger(Rules())
    told(ledger, begun("resp_1"), *made("resp_1", function_call("a"), function_call("b")))
    assert ledger.finished("b", "first") == []
    assert ledger.finished("b", "second") == []
    sent = ledger.finished("a", "x")
    assert [(one.call.call_id, one.output) for one in sent] == [("a", "x"), ("b", "first")]
