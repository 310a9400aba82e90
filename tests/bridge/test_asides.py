"""Out-of-band responses: nobody hears them, and they are no part of the talk."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge.recording.recorder import Recorder
from realtime_nb.client.testing import session_created, spoken
from realtime_nb.client.turns.asking import ask_fields
from realtime_nb.inspection.timeline.turns import read_story
from tests.bridge.page import Page, sound
from tests.bridge.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


class Talk:
    """A chat that speaks while questions are asked beside it."""

    def __init__(self) -> None:
        self.stage = Stage()
        stage = self.stage
        self.recorder = Recorder(
            stage.session, stage.bridge.playback, stage.bridge.uplink, lambda: True
        )
        self.recorder.start()
        stage.tell(session_created())
        self.page = Page(stage, "page")
        self.page.say("hello")

    def ask(self, question: str, **settings: Any) -> tuple[Any, dict[str, Any]]:
        """Ask beside the talk; return the call and the request that was sent."""
        fields = ask_fields(self.stage.session.conversation, question, **settings)
        call = self.stage.session.respond(**fields)
        self.stage.run()
        return call, self.stage.line.posted.pop()

    def answer(self, request: Any, words: str, rid: str, **kind: bool) -> list[dict[str, Any]]:
        """Return a spoken answer as a service sends it, or one that tells less of it."""
        events = spoken(
            request, words, pcm=sound(0, 200), response_id=rid, item_id=f"item_{rid}", chunks=2
        )
        if request is not None:
            events = [e for e in events if not e["type"].startswith("conversation.item")]
        for event in events:
            if "response" in event and kind.get("mute"):
                del event["response"]["conversation_id"]
        return events


@pytest.fixture
def talk() -> Iterator[Talk]:
    talk = Talk()
    yield talk
    talk.stage.close()
    assert talk.stage.troubles.said == []


@pytest.mark.parametrize("mute", [False, True])
def test_asks_run_while_the_chat_speaks_and_never_enter_it(talk: Talk, *, mute: bool) -> None:
    first, one = talk.ask("Summarise the talk")
    second, two = talk.ask("Is anybody angry?", metadata={"topic": "mood"})
    assert two["response"]["metadata"]["topic"] == "mood"
    streams = (
        talk.answer(None, "Good morning.", "talk"),
        talk.answer(one, "They greet.", "one", mute=mute),
        talk.answer(two, "No.", "two", mute=mute),
    )
    for events in itertools.zip_longest(*streams):
        talk.stage.tell(*(event for event in events if event is not None))
    talk.stage.wait(1.0)
    assert first.result(0).text == "They greet."
    assert second.result(0).text == "No."
    assert first.result(0).audio.duration_ms == 200
    conversation = talk.stage.session.conversation
    assert [item.id for item in conversation.items] == ["item_talk"]
    assert conversation.items[0].text == "Good morning."
    talk.page.read()
    talk.page.play(60_000)
    assert talk.page.heard_ms == {("item_talk", 0): 200}
    shown = [i["id"] for m in talk.stage.view.of_kind("items") for i in m["items"]]
    assert set(shown) == {"item_talk"}
    assert set(talk.recorder.notes().parts) == {("item_talk", 0)}
    story = read_story(talk.stage.session.log, talk.recorder.notes())
    assert {mark.response_id for mark in story.marks} - {""} == {"talk"}


def test_an_ask_that_fails_is_told_to_who_asked_and_not_in_the_page(talk: Talk) -> None:
    call, request = talk.ask("Summarise the talk")
    *events, done = talk.answer(request, "They", "one")
    details = {"error": {"message": "out of breath", "code": "server_error"}}
    done["response"].update(status="failed", status_details=details)
    talk.stage.tell(*events, done)
    assert "out of breath" in str(call.exception())
    assert talk.stage.view.of_kind("notice") == []


def test_barge_in_and_stop_leave_asks_alone(talk: Talk) -> None:
    call, request = talk.ask("Summarise the talk")
    begun = talk.answer(request, "They greet.", "one")
    talk.stage.tell(begun[0])
    talk.page.say("stop")
    speech = {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
    talk.stage.tell(speech)
    assert [e for e in talk.stage.line.posted if e["type"] == "response.cancel"] == []
    talk.stage.tell(*begun[1:])
    assert call.result(0).text == "They greet."
