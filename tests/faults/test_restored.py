"""Stories of talks over a bad network that were told wrongly once."""

from __future__ import annotations

import pytest

from tests.faults import checks
from tests.faults.talk import Talk


@pytest.fixture
def talk():
    talk = Talk()
    talk.open()
    yield talk
    talk.end()
    checks.check_nothing_raised(talk)


def look_back(talk):
    """Have everything come to its end, and check what must hold of any talk."""
    talk.settle()
    talk.hush(2_000)
    talk.settle()
    checks.check_end(talk)
    checks.check_outcomes(talk)
    checks.check_log(talk.session, talk.proxy)
    checks.check_conversation(talk.session)
    checks.check_said(talk)
    checks.check_heard(talk)
    checks.check_roll(talk)


def users(talk):
    return [item.text for item in talk.session.conversation.items if item.role == "user"]


def test_what_is_said_into_a_connection_that_nobody_answers_is_heard_later(talk):
    talk.speak()
    talk.proxy.half_open()
    talk.speak()
    talk.hush(5_000)
    talk.speak(silence_ms=10_000)
    look_back(talk)
    assert users(talk)[:3] == ["clip 1", "clip 2", "clip 3"]


def test_what_goes_out_again_is_kept_until_a_service_has_answered(talk):
    talk.proxy.half_open()
    talk.speak(silence_ms=0)
    talk.wait(14.0)
    assert talk.session.state == "open"
    talk.wait(1.5)
    assert talk.session.state == "open"
    talk.proxy.half_open()
    look_back(talk)
    assert users(talk)[:1] == ["clip 1"]


def test_a_turn_that_was_heard_is_not_heard_twice(talk):
    talk.speak(silence_ms=800)
    talk.proxy.drop()
    look_back(talk)
    assert users(talk)[:1] == ["clip 1"]


def test_a_server_that_has_missed_a_pong_has_not_ended_the_talk(talk):
    talk.say()
    talk.proxy.farewell(1000, "ping timed out")
    talk.wait(2.0)
    assert talk.session.state == "open"
    look_back(talk)


def test_a_polite_farewell_ends_the_talk(talk):
    talk.proxy.farewell(1000, "good night")
    talk.wait(2.0)
    assert talk.session.state == "closed"


def test_a_service_that_says_goodbye_and_never_hangs_up_is_left(talk):
    talk.say("long")
    talk.proxy.farewell(1012, hangs_up=False)
    talk.wait(7.0)
    assert talk.states.count("restoring") > 0
    assert talk.session.state == "open"
    look_back(talk)


def test_a_session_is_renewed_before_its_hour_is_up_and_no_word_is_lost(talk):
    talk.speak()
    talk.wait(54 * 60)
    talk.speak(silence_ms=3_000)
    talk.wait(2 * 60)
    talk.speak(silence_ms=3_000)
    restored = [r.event for r in talk.session.log if r.event.type == "realtime_nb.restored"]
    assert [event.get("reason") for event in restored] == ["renewal"]
    assert restored[0].get("away_ms") < 1_000
    look_back(talk)
    assert users(talk)[:3] == ["clip 1", "clip 2", "clip 3"]
