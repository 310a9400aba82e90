from __future__ import annotations

import base64

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realtime_nb.client.testing import response_created, response_done
from realtime_nb.client.turns.sequencer import MAX_ATTEMPTS, ResponseSequencer
from realtime_nb.client.turns.turn import ACTIVE_CODE, METADATA_KEY
from realtime_nb.errors import CallTimeout, ConnectionLost, ResponseFailed, ServerError, UsageError
from realtime_nb.protocol.events import Event

BUSY = ServerError("Conversation already has an active response", code=ACTIVE_CODE)


class FakeTimer:
    def __init__(self, delay, function):
        self.delay, self.function, self.live = delay, function, True

    def cancel(self):
        self.live = False

    def ring(self):
        assert self.live
        self.live = False
        self.function()


class Stage:
    """A sequencer, with what it sent and what its requests came to."""

    def __init__(self, *, creates_response=True):
        self.sent = []
        self.refusals = {}
        self.timers = []
        self.outcomes = {}
        self.creates_response = creates_response
        self.sequencer = ResponseSequencer(
            self.transmit, self.later, self.strike, lambda: self.creates_response
        )

    def transmit(self, event, *, refuse=None):
        self.sent.append(event)
        if refuse is not None:
            self.refusals[event["event_id"]] = refuse

    def strike(self, event_id):
        self.refusals.pop(event_id, None)

    def later(self, delay, function):
        self.timers.append(FakeTimer(delay, function))
        return self.timers[-1]

    def ask(self, name, **overrides):
        def note(value):
            assert name not in self.outcomes, "a request ends once"
            self.outcomes[name] = value

        return self.sequencer.submit(overrides, note, note)

    def refuse(self, error, event=None):
        event = event or self.requests[-1]
        self.refusals.pop(event["event_id"])(error)

    @property
    def requests(self):
        return [event for event in self.sent if event["type"] == "response.create"]

    @property
    def cancels(self):
        return [event["response_id"] for event in self.sent if event["type"] == "response.cancel"]

    def receive(self, event):
        self.sequencer.received(Event(event))

    def created(self, request, rid):
        self.receive(response_created(request, rid))

    def done(self, request, rid, **fields):
        self.receive(response_done(request, rid, **fields))

    def ids(self):
        return {name: getattr(value, "id", value) for name, value in self.outcomes.items()}


@pytest.fixture
def stage():
    return Stage()


def test_a_request_goes_out_at_once_and_gets_its_response(stage):
    stage.ask("a", instructions="Sing.")
    (request,) = stage.requests
    assert request["response"]["instructions"] == "Sing."
    assert list(request["response"]["metadata"]) == [METADATA_KEY]
    stage.created(request, "resp_1")
    assert stage.sequencer.active == "resp_1"
    stage.done(request, "resp_1")
    assert stage.ids() == {"a": "resp_1"}
    assert not stage.sequencer.busy


def test_requests_wait_for_one_another(stage):
    stage.ask("a")
    stage.ask("b")
    assert len(stage.requests) == 1
    stage.created(stage.requests[0], "resp_1")
    assert len(stage.requests) == 1
    assert stage.sequencer.waiting == 1
    stage.done(stage.requests[0], "resp_1")
    assert len(stage.requests) == 2
    stage.created(stage.requests[1], "resp_2")
    stage.done(stage.requests[1], "resp_2")
    assert stage.ids() == {"a": "resp_1", "b": "resp_2"}


def test_a_request_waits_for_a_response_the_service_made(stage):
    stage.created(None, "resp_vad")
    stage.ask("a")
    assert stage.requests == []
    stage.done(None, "resp_vad")
    assert len(stage.requests) == 1


def test_a_response_of_the_service_is_not_mistaken_for_ours(stage):
    stage.ask("a")
    stage.receive({"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 1})
    stage.created(None, "resp_vad")
    stage.refuse(BUSY)
    assert len(stage.requests) == 1
    stage.done(None, "resp_vad")
    assert stage.outcomes == {}
    stage.created(stage.requests[1], "resp_ours")
    stage.done(stage.requests[1], "resp_ours")
    assert stage.ids() == {"a": "resp_ours"}


def test_without_automatic_responses_the_end_of_speech_means_nothing():
    stage = Stage(creates_response=False)
    stage.ask("a")
    stage.receive({"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 1})
    stage.created(None, "resp_1")
    stage.done(None, "resp_1")
    assert stage.ids() == {"a": "resp_1"}


def test_once_metadata_is_echoed_order_is_no_match(stage):
    stage.ask("a")
    stage.created(stage.requests[0], "resp_1")
    stage.done(stage.requests[0], "resp_1")
    stage.ask("b")
    stage.created(None, "resp_foreign")
    stage.done(None, "resp_foreign")
    assert "b" not in stage.outcomes
    stage.created(stage.requests[1], "resp_2")
    stage.done(stage.requests[1], "resp_2")
    assert stage.ids() == {"a": "resp_1", "b": "resp_2"}


def test_a_service_that_echoes_no_metadata_is_matched_by_order(stage):
    stage.ask("a")
    stage.created(None, "resp_1")
    stage.done(None, "resp_1")
    assert stage.ids() == {"a": "resp_1"}


def test_a_wrong_match_by_order_is_put_right_by_a_refusal(stage):
    stage.ask("a")
    stage.created(None, "resp_raw")
    stage.refuse(BUSY)
    stage.done(None, "resp_raw")
    assert stage.outcomes == {}
    stage.created(stage.requests[1], "resp_ours")
    stage.done(stage.requests[1], "resp_ours")
    assert stage.ids() == {"a": "resp_ours"}


def test_a_wrong_match_by_order_is_put_right_by_the_key(stage):
    stage.ask("a")
    stage.created(None, "resp_raw")
    stage.created(stage.requests[0], "resp_ours")
    stage.done(None, "resp_raw")
    assert stage.outcomes == {}
    stage.done(stage.requests[0], "resp_ours")
    assert stage.ids() == {"a": "resp_ours"}


def test_a_service_that_says_nothing_of_conversations(stage):
    stage.receive({"type": "response.created", "response": {"id": "resp_1"}})
    assert stage.sequencer.active == "resp_1"
    stage.receive({"type": "response.done", "response": {"id": "resp_1", "status": "completed"}})
    assert stage.sequencer.active is None


def test_a_refused_request_is_sent_again_a_bounded_number_of_times(stage):
    stage.ask("a")
    for number in range(MAX_ATTEMPTS - 1):
        assert len(stage.requests) == number + 1
        stage.created(None, f"resp_vad{number}")
        stage.refuse(BUSY)
        stage.done(None, f"resp_vad{number}")
    stage.refuse(BUSY)
    assert len(stage.requests) == MAX_ATTEMPTS
    assert stage.outcomes == {"a": BUSY}


def test_each_attempt_has_an_id_of_its_own(stage):
    stage.ask("a")
    stage.created(None, "resp_vad")
    stage.refuse(BUSY)
    stage.done(None, "resp_vad")
    assert len({request["event_id"] for request in stage.requests}) == 2


def test_refused_for_a_response_we_do_not_know_it_waits_a_little(stage):
    stage.ask("a")
    stage.refuse(BUSY)
    assert len(stage.requests) == 1
    timer = stage.timers[-1]
    assert 0 < timer.delay < 1
    stage.ask("b")
    assert len(stage.requests) == 1
    timer.ring()
    assert len(stage.requests) == 2
    stage.created(stage.requests[1], "resp_1")
    stage.done(stage.requests[1], "resp_1")
    assert stage.ids() == {"a": "resp_1"}


def test_the_end_of_the_unknown_response_ends_the_wait(stage):
    stage.ask("a")
    stage.refuse(BUSY)
    timer = stage.timers[-1]
    stage.done(None, "resp_never_seen")
    assert len(stage.requests) == 2
    assert not timer.live


def test_another_refusal_fails_the_request_and_the_next_goes(stage):
    problem = ServerError("Invalid modalities", code="invalid_value", param="response.x")
    stage.ask("a")
    stage.ask("b")
    stage.refuse(problem)
    assert stage.outcomes == {"a": problem}
    assert len(stage.requests) == 2


def test_a_failed_response_is_an_error_and_a_cancelled_one_is_not(stage):
    stage.ask("a")
    stage.ask("b")
    stage.created(stage.requests[0], "resp_1")
    details = {"type": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down."}}
    stage.done(stage.requests[0], "resp_1", status="failed", status_details=details)
    failed = stage.outcomes["a"]
    assert isinstance(failed, ResponseFailed)
    assert (failed.code, failed.response_id) == ("rate_limit_exceeded", "resp_1")
    assert str(failed) == "the response failed: Slow down."
    stage.created(stage.requests[1], "resp_2")
    details = {"type": "cancelled", "reason": "turn_detected"}
    stage.done(stage.requests[1], "resp_2", status="cancelled", status_details=details)
    assert stage.outcomes["b"].status == "cancelled"
    assert stage.outcomes["b"].status_details["reason"] == "turn_detected"


def test_out_of_band_neither_waits_nor_blocks(stage):
    stage.ask("a")
    stage.ask("oob 1", conversation="none")
    stage.ask("oob 2", conversation="none")
    a, one, two = stage.requests
    stage.created(two, "resp_o2")
    stage.created(a, "resp_a")
    stage.created(one, "resp_o1")
    assert stage.sequencer.active == "resp_a"
    for request, rid in ((one, "resp_o1"), (a, "resp_a"), (two, "resp_o2")):
        stage.done(request, rid)
    assert stage.ids() == {"a": "resp_a", "oob 1": "resp_o1", "oob 2": "resp_o2"}


def test_out_of_band_without_echo_goes_by_order(stage):
    stage.ask("oob", conversation="none")
    response = {"id": "resp_o", "conversation_id": None, "metadata": None, "status": "completed"}
    stage.receive({"type": "response.created", "response": response})
    assert stage.sequencer.active is None
    stage.receive({"type": "response.done", "response": response})
    assert stage.ids() == {"oob": "resp_o"}


def test_metadata_of_the_user_stays_and_sixteen_pairs_leave_no_room(stage):
    mine = {"topic": "tides"}
    stage.ask("a", metadata=mine)
    assert stage.requests[0]["response"]["metadata"]["topic"] == "tides"
    assert mine == {"topic": "tides"}
    stage.created(stage.requests[0], "resp_1")
    stage.done(stage.requests[0], "resp_1")
    full = {f"key{n}": str(n) for n in range(16)}
    stage.ask("b", metadata=full)
    assert stage.requests[1]["response"]["metadata"] == full
    stage.created(None, "resp_vad")
    stage.done(None, "resp_vad")
    stage.created(stage.requests[1], "resp_2")
    stage.done(stage.requests[1], "resp_2")
    assert stage.ids() == {"a": "resp_1", "b": "resp_2"}


def test_deltas_of_a_response_come_with_it(stage):
    stage.ask("a")
    stage.created(stage.requests[0], "resp_1")
    for rid, pcm in (("resp_1", b"\1\0"), ("resp_other", b"\2\0"), ("resp_1", b"\3\0")):
        delta = base64.b64encode(pcm).decode()
        stage.receive({"type": "response.output_audio.delta", "response_id": rid, "delta": delta})
    stage.done(stage.requests[0], "resp_1")
    assert stage.outcomes["a"].audio.pcm16() == b"\1\0\3\0"


def test_a_service_that_never_begins_is_given_up(stage):
    stage.ask("a")
    stage.ask("b")
    stage.timers[0].ring()
    assert isinstance(stage.outcomes["a"], CallTimeout)
    assert len(stage.requests) == 2
    stage.created(stage.requests[1], "resp_2")
    assert not stage.timers[1].live


def test_a_request_taken_back_is_never_sent(stage):
    stage.ask("a")
    turn = stage.ask("b")
    stage.ask("c")
    stage.sequencer.withdraw(turn)
    for rid in ("resp_1", "resp_2"):
        request = stage.requests[-1]
        stage.created(request, rid)
        stage.done(request, rid)
    assert stage.ids() == {"a": "resp_1", "c": "resp_2"}
    assert stage.cancels == []


def test_a_request_nobody_waits_for_when_its_time_comes_is_not_sent(stage):
    stage.ask("a")
    stage.sequencer.submit({}, stage.sent.append, stage.sent.append, lambda: False)
    stage.ask("c")
    stage.created(stage.requests[0], "resp_1")
    stage.done(stage.requests[0], "resp_1")
    stage.created(stage.requests[1], "resp_2")
    stage.done(stage.requests[1], "resp_2")
    assert stage.ids() == {"a": "resp_1", "c": "resp_2"}
    assert len(stage.requests) == 2


@pytest.mark.parametrize("begun", [True, False])
def test_a_request_taken_back_on_the_way_is_cancelled_when_wanted(stage, begun):
    turn = stage.ask("a")
    if begun:
        stage.created(stage.requests[0], "resp_1")
    stage.sequencer.withdraw(turn, cancel=True)
    if not begun:
        stage.created(stage.requests[0], "resp_1")
    assert stage.cancels == ["resp_1"]
    stage.done(stage.requests[0], "resp_1", status="cancelled")
    assert stage.outcomes == {}
    assert not stage.sequencer.busy


def test_a_request_taken_back_and_refused_makes_room(stage):
    turn = stage.ask("a")
    stage.ask("b")
    stage.sequencer.withdraw(turn)
    stage.refuse(BUSY, stage.requests[0])
    assert len(stage.requests) == 2
    assert stage.requests[1]["response"]["metadata"] != stage.requests[0]["response"]["metadata"]


def test_a_request_that_cannot_be_sent_fails_and_the_next_goes(stage):
    stage.created(None, "resp_vad")
    for name in "abc":
        stage.ask(name, instructions=name)
    transmit = stage.sequencer._transmit

    def fails_once(event, **options):
        if event["response"]["instructions"] == "a":
            raise UsageError("not JSON")
        transmit(event, **options)

    stage.sequencer._transmit = fails_once
    stage.done(None, "resp_vad")
    assert list(stage.outcomes) == ["a"]
    assert [request["response"]["instructions"] for request in stage.requests] == ["b"]


def test_watchers_hear_of_the_end_they_wait_for(stage):
    seen = []
    stage.sequencer.when_done("resp_1", lambda: seen.append("one"))
    stage.sequencer.when_done(None, lambda: seen.append("any"))
    stage.sequencer.when_done("resp_2", lambda: seen.append("two"))
    stage.done(None, "resp_1")
    assert seen == ["one", "any"]
    stage.sequencer.fail_all(lambda: ConnectionLost("gone"))
    assert seen == ["one", "any", "two"]


def test_the_end_of_the_connection_rejects_all(stage):
    for name in "abc":
        stage.ask(name)
    stage.created(stage.requests[0], "resp_1")
    stage.ask("oob", conversation="none")
    stage.sequencer.fail_all(lambda: ConnectionLost("gone"))
    assert sorted(stage.outcomes) == ["a", "b", "c", "oob"]
    assert all(isinstance(error, ConnectionLost) for error in stage.outcomes.values())
    assert len({id(error) for error in stage.outcomes.values()}) == 4
    assert not any(timer.live for timer in stage.timers)
    assert len(stage.requests) == 2


class Service(RuleBasedStateMachine):
    """A service as strict as the live one, with voice activity detection that cuts in.

    Whatever the order, it never sees two active responses of ours, and every request ends
    with the response that was made for it.
    """

    def __init__(self):
        super().__init__()
        self.stage = Stage()
        self.names = 0
        self.seen = 0
        self.active = None
        self.made = {}
        self.wanted = {}

    def new_requests(self):
        fresh, self.seen = self.stage.requests[self.seen :], len(self.stage.requests)
        return fresh

    @rule(tags=st.dictionaries(st.text("ab", max_size=1), st.just("v"), max_size=2))
    def ask(self, tags):
        self.names += 1
        turn = self.stage.ask(self.names, metadata=tags)
        self.wanted[turn.key] = self.names

    @rule()
    def service_takes_what_arrived(self):
        for request in self.new_requests():
            if self.active is not None:
                self.stage.refuse(BUSY, request)
            else:
                self.begin(request)

    @precondition(lambda self: self.active is None)
    @rule()
    def voice_activity_makes_a_response(self):
        self.stage.receive({"type": "input_audio_buffer.speech_stopped", "item_id": "i"})
        self.begin(None)

    def begin(self, request):
        rid = f"resp_{len(self.made)}"
        self.active = (request, rid)
        self.made[rid] = request
        self.stage.created(request, rid)

    @precondition(lambda self: self.active is not None)
    @rule(status=st.sampled_from(["completed", "cancelled", "incomplete"]))
    def response_ends(self, status):
        (request, rid), self.active = self.active, None
        self.stage.done(request, rid, status=status)

    @invariant()
    def each_outcome_is_the_response_made_for_it(self):
        for name, outcome in self.stage.outcomes.items():
            if isinstance(outcome, ServerError):
                assert outcome is BUSY
            else:
                request = self.made[outcome.id]
                key = request["response"]["metadata"][METADATA_KEY]
                assert self.wanted[key] == name

    def teardown(self):
        """Everything asked for ends when the service goes on."""
        for _ in range(3 * self.names + 10):
            self.service_takes_what_arrived()
            if self.active is not None:
                self.response_ends("completed")
            for timer in [timer for timer in self.stage.timers if timer.live and timer.delay < 30]:
                timer.ring()
        assert sorted(self.stage.outcomes) == list(range(1, self.names + 1))
        assert not self.stage.sequencer.busy
        assert self.stage.sequencer.waiting == 0


TestService = Service.TestCase
TestService.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
