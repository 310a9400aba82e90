"""Guards: nothing of what they stop is heard, whatever the service does by itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.guards.turns import TRANSCRIPT_S
from realtime_nb.errors import UsageError, Vetoed
from realtime_nb.protocol.tools.guard import TIMEOUT_S, GuardOptions
from tests.bridge.guarded import TRANSCRIPT, Guarded

if TYPE_CHECKING:
    from collections.abc import Iterator


def no_rain(text: str) -> str | None:
    return "no talk of the weather" if "rain" in text else None


@pytest.fixture
def chat() -> Iterator[Guarded]:
    chat = Guarded()
    yield chat
    chat.close()
    assert chat.stage.troubles.said == []
    assert chat.stage.loop.failures == []


@pytest.fixture
def rude() -> Iterator[Guarded]:
    """A service that answers by itself, whatever it is told."""
    chat = Guarded(obeys=False)
    yield chat
    chat.close()
    assert chat.stage.troubles.said == []


# -- the user's words


def test_turn_detection_answers_no_more_while_a_guard_is_over_the_user(chat: Guarded) -> None:
    chat.guards.add("no_rain", no_rain, GuardOptions(on="user"))
    chat.stage.run()
    (update,) = chat.posted("session.update")
    detection = update["session"]["audio"]["input"]["turn_detection"]
    assert detection == {"type": "server_vad", "create_response": False}
    chat.take_updates()
    assert chat.notices == []
    chat.guards.remove("no_rain")
    chat.stage.run()
    (update,) = chat.posted("session.update")
    assert update["session"]["audio"]["input"]["turn_detection"]["create_response"] is True


def test_a_turn_is_answered_once_when_it_has_passed(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.say("user_1")
    chat.judge()
    assert chat.posted("response.create") == []
    chat.transcribe("user_1", "good morning")
    chat.judge()
    (request,) = chat.posted("response.create")
    chat.begin("r1", "Hello.", request)
    assert chat.played_ms("item_r1") == 400
    assert chat.guards._workers["guard"].guard.checked == 1


def test_a_vetoed_turn_is_not_answered_and_says_why(chat: Guarded) -> None:
    chat.guard(no_rain, name="no_rain", on="user")
    chat.say("user_1", "will it rain")
    chat.judge()
    assert chat.posted("response.create") == []
    assert chat.notices == ["Not answered; no_rain: no talk of the weather"]
    assert chat.note_of("user_1") == "not answered; no_rain: no talk of the weather"
    # The next one is.
    chat.say("user_2", "what time is it")
    chat.judge()
    assert len(chat.posted("response.create")) == 1


def test_turns_beside_a_vetoed_one_are_not_answered_either(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.say("user_1")
    chat.say("user_2")
    chat.transcribe("user_2", "will it rain")
    chat.judge()
    chat.transcribe("user_1", "good morning")
    chat.judge()
    assert chat.posted("response.create") == []


def test_who_speaks_on_before_the_verdict_is_heard_out(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.say("user_1")
    speech = {"type": "input_audio_buffer.speech_started", "item_id": "user_2"}
    chat.stage.tell({**speech, "audio_start_ms": 1000})
    chat.transcribe("user_1", "good morning")
    chat.judge()
    assert chat.posted("response.create") == []
    chat.say("user_2", "and what time is it")
    chat.judge()
    assert len(chat.posted("response.create")) == 1


@pytest.mark.parametrize("early", [True, False])
def test_nothing_of_a_vetoed_answer_is_heard_though_the_service_begins_it(
    rude: Guarded, *, early: bool
) -> None:
    rude.guard(no_rain, name="no_rain", on="user")
    assert len(rude.notices) == 1
    assert "goes on answering by itself" in rude.notices[0]
    answer = rude.answer("r1", "It pours.")
    rude.say("user_1")
    rude.stage.tell(*(answer[:7] if early else answer))
    rude.page.read()
    assert rude.audible_ms == 0
    rude.transcribe("user_1", "will it rain")
    rude.judge()
    rude.stage.tell(*(answer[7:] if early else []))
    rude.stage.wait(3.0)
    assert rude.audible_ms == 0
    assert bool(rude.posted("response.cancel")) == early
    assert rude.note_of("item_r1") == "stopped; no_rain: no talk of the weather"


def test_what_the_service_begins_is_heard_whole_once_its_turn_has_passed(rude: Guarded) -> None:
    rude.guard(no_rain, on="user")
    rude.say("user_1")
    answer = rude.answer("r1", "Hello.")
    rude.stage.tell(*answer[:8])
    assert rude.audible_ms == 0
    rude.transcribe("user_1", "good morning")
    rude.judge()
    rude.stage.tell(*answer[8:])
    rude.page.read()
    assert rude.played_ms("item_r1") == 400
    assert rude.posted("response.create") == []  # it is the answer


def test_an_answer_that_nobody_asked_for_is_stopped(rude: Guarded) -> None:
    rude.guard(no_rain, on="user")
    rude.begin("r1", "By the way, it pours.")
    rude.stage.wait(2.0)
    assert rude.audible_ms == 0
    assert "no turn has passed" in rude.notices[-1]


def test_what_the_author_sends_as_it_is_is_the_authors_own(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.stage.session.send({"type": "response.create"})
    chat.stage.run()
    chat.begin("r1", "Hello.")
    assert chat.played_ms("item_r1") == 400


@pytest.mark.parametrize("how", ["never", "failed", "switched off"])
def test_without_a_transcript_nobody_answers(rude: Guarded, how: str) -> None:
    rude.guard(no_rain, on="user")
    if how == "switched off":
        session = {**rude.stage.session.effective}
        session["audio"] = {"input": {**session["audio"]["input"], "transcription": None}}
        rude.stage.tell({"type": "session.updated", "session": session})
    rude.say("user_1")
    rude.begin("r1", "It pours.")
    if how == "failed":
        failed = {"item_id": "user_1", "content_index": 0, "error": {"message": "inaudible"}}
        rude.stage.tell({"type": f"{TRANSCRIPT}.failed", **failed})
    rude.stage.wait(TRANSCRIPT_S + 1)
    assert rude.audible_ms == 0
    assert rude.posted("response.create") == []
    told = {"never": "no transcript", "failed": "inaudible", "switched off": "writes no"}
    assert any(told[how] in notice for notice in rude.notices)


def test_a_guard_over_the_user_needs_transcription() -> None:
    chat = Guarded(session={"audio": {"input": {"transcription": None}}})
    with pytest.raises(UsageError, match="transcription: gpt-4o-mini-transcribe"):
        chat.guard(no_rain, on="user")
    assert len(chat.guards) == 0
    chat.close()


def test_a_turn_ended_by_hand_waits_for_its_verdict() -> None:
    chat = Guarded(session={"audio": {"input": {"turn_detection": None}}})
    chat.guard(no_rain, on="user")
    committed = {"type": "input_audio_buffer.committed", "previous_item_id": None}
    chat.stage.tell({**committed, "item_id": "user_1"})
    asked = chat.stage.session.respond()
    chat.stage.run()
    assert chat.posted("response.create") == []
    chat.transcribe("user_1", "good morning")
    chat.judge()
    assert len(chat.posted("response.create")) == 1
    assert not asked.done()
    chat.close()


@pytest.mark.parametrize("judged_first", [True, False])
def test_a_vetoed_turn_ended_by_hand_is_not_answered(*, judged_first: bool) -> None:
    chat = Guarded(session={"audio": {"input": {"turn_detection": None}}})
    chat.guard(no_rain, on="user")
    committed = {"type": "input_audio_buffer.committed", "previous_item_id": None}
    chat.stage.tell({**committed, "item_id": "user_1"})
    asked = None if judged_first else chat.stage.session.respond()
    chat.transcribe("user_1", "will it rain")
    chat.judge()
    asked = asked or chat.stage.session.respond()
    chat.stage.run()
    assert isinstance(asked.exception(), Vetoed)
    assert chat.posted("response.create") == []
    # What the author has said instead is no answer to it.
    chat.stage.session.respond(instructions="Say that you do not talk of the weather.")
    chat.stage.run()
    assert len(chat.posted("response.create")) == 1
    chat.close()


def test_typed_text_that_is_vetoed_is_not_even_sent(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.page.say("text", text="will it rain")
    chat.judge()
    assert chat.stage.line.posted == []
    assert chat.notices == ["not sent; guard: no talk of the weather"]
    chat.page.say("text", text="good morning")
    chat.judge()
    assert [e["type"] for e in chat.stage.line.posted] == [
        "conversation.item.create",
        "response.create",
    ]


def test_a_guard_that_is_taken_off_lets_go_what_waited_for_it(rude: Guarded) -> None:
    rude.guard(no_rain, on="user")
    rude.say("user_1")
    rude.begin("r1", "Hello.")
    assert rude.audible_ms == 0
    rude.guards.remove("guard")
    rude.stage.run()
    assert rude.played_ms("item_r1") == 400


def test_a_cell_that_switches_answers_on_again_is_told_off(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.stage.session.update({"audio": {"input": {"turn_detection": {"create_response": True}}}})
    chat.stage.run()
    chat.take_updates()
    chat.take_updates()
    detection = chat.stage.session.effective["audio"]["input"]["turn_detection"]
    assert detection["create_response"] is False


def test_a_lost_connection_ends_what_waits(chat: Guarded) -> None:
    chat.guard(no_rain, on="user")
    chat.say("user_1")
    asked = chat.stage.session.respond()
    chat.stage.run()
    chat.stage.lose()
    assert asked.done()
    assert asked.exception() is not None


# -- the assistant's


def test_an_answer_is_stopped_silenced_and_cut_at_what_was_heard(chat: Guarded) -> None:
    chat.guard(no_rain, name="no_rain")
    answer = chat.answer("r1", "Today it will rain.")
    chat.stage.tell(*answer[:4], answer[5], answer[6])
    chat.stage.wait(0.25)
    chat.page.read()
    chat.page.play(150)
    chat.stage.tell(answer[4])  # a service whose words come after the sound
    chat.judge()
    chat.stage.tell(*answer[7:])
    chat.page.read()
    chat.page.play(60_000)
    assert chat.page.heard_ms["item_r1", 0] == 150
    assert len(chat.posted("response.cancel")) == 1
    (cut,) = chat.posted("conversation.item.truncate")
    assert cut["item_id"] == "item_r1"
    assert cut["audio_end_ms"] == 120  # less what was still on its way to the ear
    why = "stopped by no_rain: no talk of the weather"
    assert chat.note_of("item_r1") == why
    assert chat.notices == [f"The answer was {why}"]


def test_with_hold_nothing_is_heard_before_all_of_it_has_passed(chat: Guarded) -> None:
    chat.guard(no_rain, hold=True)
    answer = chat.answer("r1", "Hello there.")
    chat.stage.tell(*answer[:-1])
    chat.judge()
    assert chat.audible_ms == 0
    chat.stage.tell(answer[-1])
    chat.judge()
    assert chat.played_ms("item_r1") == 400


def test_with_hold_nothing_of_a_stopped_answer_is_heard(chat: Guarded) -> None:
    chat.guard(no_rain, hold=True)
    chat.begin("r1", "Today it will rain.")
    chat.judge()
    assert chat.audible_ms == 0
    assert chat.posted("conversation.item.truncate") == []
    assert "no talk of the weather" in (chat.note_of("item_r1") or "")


def test_two_guards_hold_until_both_have_let_go(chat: Guarded) -> None:
    gate = threading.Event()
    chat.guard(no_rain, name="quick", hold=True)
    chat.guard(lambda _text: gate.wait(5) and None, name="slow", hold=True)
    chat.begin("r1", "Hello.")
    assert chat.audible_ms == 0
    gate.set()
    chat.judge()
    assert chat.played_ms("item_r1") == 400


@pytest.mark.parametrize("hold", [True, False])
def test_sound_without_words_cannot_be_judged_and_is_stopped(chat: Guarded, *, hold: bool) -> None:
    chat.guard(no_rain, hold=hold)
    answer = [e for e in chat.answer("r1", "") if "transcript" not in e["type"]]
    for event in answer:
        event.pop("part", None)
    chat.stage.tell(*answer)
    chat.judge()
    if hold:
        assert chat.audible_ms == 0
    assert chat.played_ms("item_r1") == 0
    assert "without its words" in chat.notices[-1]


def test_written_answers_are_guarded_too(chat: Guarded) -> None:
    chat.guard(no_rain)
    ids = {"response_id": "r1", "item_id": "i1", "content_index": 0}
    begin = chat.answer("r1", "")[0]
    chat.stage.tell(begin, {"type": "response.output_text.delta", **ids, "delta": "It will rain"})
    chat.judge()
    assert len(chat.posted("response.cancel")) == 1


def test_barge_in_drops_what_is_held(chat: Guarded) -> None:
    chat.guard(no_rain, hold=True)
    answer = chat.answer("r1", "Hello there.")
    chat.stage.tell(*answer[:8])
    speech = {"type": "input_audio_buffer.speech_started", "item_id": "user_2"}
    done = {**answer[-1], "response": {**answer[-1]["response"], "status": "cancelled"}}
    chat.stage.tell({**speech, "audio_start_ms": 1000}, done)
    chat.judge()
    assert chat.audible_ms == 0
    assert chat.notices == []


def test_a_stopped_answer_is_replaced_once(chat: Guarded) -> None:
    chat.guard(no_rain, on_stop="Say that you may not say.")
    chat.begin("r1", "It will rain.")
    chat.judge()
    (request,) = chat.posted("response.create")
    assert request["response"]["instructions"] == "Say that you may not say."
    chat.stage.line.posted.clear()
    chat.begin("r2", "I may not say that it will rain.", request)
    chat.judge()
    assert chat.posted("response.create") == []
    # A later one is again.
    chat.begin("r3", "It will rain.")
    chat.judge()
    assert len(chat.posted("response.create")) == 1


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (lambda _t: 1 / 0, "ZeroDivisionError"),
        (lambda _t: 42, "returned 42"),
        (lambda _t: "", "returned ''"),
        (lambda _t: {}, r"returned {}"),
        (lambda _t: (_ for _ in ()).throw(SystemExit(3)), "SystemExit: 3"),
    ],
)
def test_a_guard_that_cannot_judge_lets_nothing_pass(chat: Guarded, fails: Any, told: str) -> None:
    chat.guard(fails, hold=True)
    chat.begin("r1", "Hello.")
    chat.judge()
    assert chat.audible_ms == 0
    assert told in chat.notices[-1]


def test_a_guard_that_hangs_lets_nothing_pass_and_is_given_up(chat: Guarded) -> None:
    never = threading.Event()
    begun: list[str] = []

    def hangs(text: str) -> None:
        begun.append(text)
        never.wait(60)

    chat.guard(hangs, hold=True)
    for number in range(5):
        chat.begin(f"r{number}", "Hello.")
        chat.stage.wait(TIMEOUT_S + 1)
    assert chat.audible_ms == 0
    assert len(begun) == 3  # no more threads are left hanging
    assert "no verdict within 5 s" in " ".join(chat.notices)
    assert "before it is mended or removed" in chat.notices[-1]
    never.set()
    chat.judge()


async def awaited(text: str) -> str | None:
    return no_rain(text)


def test_a_guard_may_be_async(chat: Guarded) -> None:
    chat.guard(awaited)
    chat.begin("r1", "It will rain.")
    chat.judge()
    assert "no talk of the weather" in chat.notices[-1]


@pytest.mark.parametrize("name", ["second", "first"])
def test_a_guard_that_comes_late_judges_what_is_held_and_lets_it_go(
    chat: Guarded, name: str
) -> None:
    asked, seen = threading.Event(), []

    def slow(_text: str) -> None:
        asked.wait(TIMEOUT_S)

    chat.guard(slow, name="first", hold=True)
    chat.begin("r1", "Hello.")
    # The answer is whole, and waits for a verdict; a guard of the same name takes its place.
    chat.guards.add(name, seen.append, GuardOptions(hold=True))
    chat.stage.run()
    asked.set()
    chat.judge()
    assert seen[-1:] == ["Hello."]
    assert chat.played_ms("item_r1") == 400
