"""A chained agent against the real local server: heard, answered, spoken, cut, counted, closed."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import realtime_nb
from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.bridge.pages.announcer import Announcer
from realtime_nb.client import LocalServer
from realtime_nb.client.endpoints.endpoint import url_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import UsageError
from realtime_nb.speech.engines import load_engines
from realtime_nb.speech.voices import say_as_user
from tests.chain.rest_peer import KEY, RestPeer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from realtime_nb import AudioClip
    from realtime_nb.notebook.chained import ChainedAgent
    from tests.chain.rest_peer import Request

WAIT_S = 90
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


@pytest.fixture
def agent(_practice: None) -> Iterator[ChainedAgent]:
    agent = realtime_nb.ChainedAgent(endpoint="local")
    yield agent
    agent.close()


def recognised(clip: AudioClip, phrases: list[str]) -> str:
    recogniser = load_engines().recogniser
    assert recogniser is not None
    recognition = recogniser.start(phrases)
    samples = float_to_int16(clip.resample(16_000).samples)
    for start in range(0, len(samples), 512):
        recognition.feed(samples[start : start + 512])
    return recognition.finish().text


def test_a_phrase_of_the_card_is_heard_answered_and_spoken(agent: ChainedAgent) -> None:
    heard = agent.listen(say_as_user("what is seven plus five"), realtime=False).result(WAIT_S)
    assert heard.text == "what is seven plus five"
    assert heard.answer == "7 plus 5 is 12."
    assert heard.response is not None
    assert heard.response.audio is not None
    numbers = ("ten", "eleven", "twelve", "thirteen", "two")
    said = recognised(heard.response.audio, [f"seven plus five is {n}" for n in numbers])
    assert said == "seven plus five is twelve"
    (turn,) = agent.legs.turns
    assert turn["transcript_ms"] <= turn["first_token_ms"] <= turn["decision_to_sound_ms"]
    assert turn["failed"] == ""
    assert not agent.check().df.shape[0], agent.check()
    assert agent.bridge.phrases, "the card is shown"


def test_all_local_it_is_free_and_no_model(agent: ChainedAgent) -> None:
    agent.say("hello").result(WAIT_S)
    assert agent.endpoint.practice
    assert agent.endpoint.name == "chain by local practice server, not a model"
    assert agent.talk().model == "chain: local-demo > local-demo > local-demo"
    assert agent.cost.usd == 0
    assert agent.legs.df["usd"].tolist() == [0.0] * len(agent.legs)
    assert "not a model" in agent.legs._repr_html_()
    assert repr(agent).startswith("<chat 'agent': open, chain by local practice server")


def test_who_is_spoken_over_is_cut(agent: ChainedAgent) -> None:
    call = agent.say("tell me a story")
    deltas = "response.output_audio.delta"
    until = time.monotonic() + WAIT_S
    while not any(record.event.type == deltas for record in agent.session.log):
        assert time.monotonic() < until
        time.sleep(0.01)
    agent.interrupt()
    assert call.result(WAIT_S).status == "cancelled"
    heard = agent.listen(say_as_user("what is seven plus five"), realtime=False).result(WAIT_S)
    assert heard.answer == "7 plus 5 is 12."
    assert not agent.check().df.shape[0], agent.check()


def test_what_is_said_while_it_speaks_cuts_its_answer(agent: ChainedAgent) -> None:
    story = agent.say("tell me a story")
    agent.listen(say_as_user("what time is it"), realtime=True).result(WAIT_S)
    cut = story.result(WAIT_S)
    assert cut.status == "cancelled"
    assert cut.status_details is not None
    assert cut.status_details["reason"] == "turn_detected"
    assert agent.items[-1].text.startswith("It is")
    assert not agent.check().df.shape[0], agent.check()


@pytest.mark.usefixtures("_practice")
def test_functions_are_called_and_their_outputs_answered() -> None:
    def look_up_order(order_number: int) -> str:
        """Look up an order by its number."""
        return str(order_number)

    agent = realtime_nb.ChainedAgent(endpoint="local", tools=[look_up_order], name="shop")
    try:
        said = agent.say("look up order number 427").result(WAIT_S)
        call = next(item for item in agent.items if item.type == "function_call")
        assert call.name == "look_up_order"
        assert "427" in call.arguments
        assert "427" in said.text
        assert [record.status for record in agent.toolbox.desk.calls] == ["ok"]
    finally:
        agent.close()


def test_it_is_saved_and_reopened_with_its_legs(agent: ChainedAgent, tmp_path: Path) -> None:
    agent.say("hello").result(WAIT_S)
    saved = realtime_nb.open(agent.save(tmp_path / "talk.rtnb"))
    assert [leg.done.leg for leg in saved.legs.legs] == [leg.done.leg for leg in agent.legs.legs]
    assert saved.cost.usd == 0


@pytest.mark.usefixtures("_practice")
def test_a_saved_chain_goes_on_as_a_realtime_chat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    peer = RestPeer()
    for endpoint in (peer.endpoint, "local"):
        agent = realtime_nb.ChainedAgent(endpoint=endpoint)
        agent.say("hello").result(WAIT_S)
        agent.close()
        chat = realtime_nb.open(agent.save(tmp_path / "talk.rtnb")).resume()
        assert chat.endpoint.model == "local-demo"
        assert [item.text for item in chat.items] == [item.text for item in agent.items]
        assert chat.say("hello").result(WAIT_S).text == "Hello!"
        chat.close()
    peer.close()


@pytest.mark.usefixtures("_practice")
def test_legs_at_different_places_say_so_and_cost() -> None:
    peer = RestPeer()
    agent = realtime_nb.ChainedAgent(
        (None, "local"), ("thinker", peer.endpoint), (None, "local"), name="mixed"
    )
    try:
        assert agent.talk().model == "chain: local-demo > thinker > local-demo"
        assert agent.endpoint.name.count("local practice server, not a model") == 2
        assert not agent.endpoint.practice
        assert agent.say("hello").result(WAIT_S).text.startswith("Seven")
        assert agent.cost.usd is None
        assert "no price is known of thinker" in repr(agent.cost)
        assert KEY not in repr(agent) + str(agent.events.df.to_dict()) + repr(vars(agent.endpoint))
    finally:
        agent.close()
        peer.close()


def test_a_request_that_is_made_again_is_said() -> None:
    peer = RestPeer()
    agent = realtime_nb.ChainedAgent("a", "b", "c", endpoint=peer.endpoint)
    said: list[str] = []
    agent.bridge.notice = lambda _level, text: said.append(text)
    tries: list[int] = []

    async def chat(request: Request) -> None:
        tries.append(1)
        if len(tries) == 1:
            await request.send(429, "application/json", b"{}", retry_after="0.01")
        else:
            await request.chat("Here.")

    peer.chat = chat
    assert agent.say("go").result(WAIT_S).text == "Here."
    assert said[0].startswith("chat: 429: rate limited, or out of quota; trying again")
    agent.close()
    peer.close()


@pytest.mark.usefixtures("_practice")
def test_a_transcriber_without_a_prompt_is_given_none() -> None:
    agent = realtime_nb.ChainedAgent(("gpt-4o-transcribe-diarize", "local"), endpoint="local")
    assert agent.effective is not None
    assert agent.effective["audio"]["input"]["transcription"]["prompt"] is None
    agent.close()


@pytest.mark.parametrize("wrong", ["", 7, ("a",), ("a", 7)])
def test_what_is_no_leg_is_refused_in_a_line(wrong: object) -> None:
    with pytest.raises(UsageError, match="chat is no leg") as refused:
        realtime_nb.ChainedAgent(chat=wrong, endpoint="local")  # pyright: ignore[reportArgumentType]
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"transcribe": "gpt-realtime-whisper"}, "gpt-transcribe"),
        ({"transcribe": "gpt-4o-mini-tts"}, "gpt-transcribe"),
        ({"chat": "gpt-realtime-2.1"}, "gpt-4.1-mini"),
        ({"chat": "gpt-audio-1.5"}, "a chat model of words"),
        ({"speak": "whisper-1"}, "gpt-4o-mini-tts"),
        ({"voice": ""}, "voice"),
        ({"voice": 5}, "voice"),
        ({"instructions": 5}, "instructions"),
        ({"name": ""}, "name"),
        ({"tools": [5]}, "5 is no tool"),
        ({"budget": -1}, "budget"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_opened(given: Any, said: str) -> None:
    before = threading.active_count()
    endpoint = url_endpoint("http://127.0.0.1:9/v1", "", api_key=KEY)
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        realtime_nb.ChainedAgent(**{"endpoint": endpoint, **given})
    assert "\n" not in str(refused.value)
    assert threading.active_count() <= before


def test_a_budget_that_cannot_hold_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Announcer, "notice", lambda _self, _level, text: said.append(text))
    peer = RestPeer()
    for budget in (None, 1.0):
        agent = realtime_nb.ChainedAgent(
            "whisper-1", "b", "c", endpoint=peer.endpoint, budget=budget
        )
        agent.close()
    (warning,) = [text for text in said if "budget" in text]
    assert warning.startswith("No price is known of b and c: ")
    peer.close()


@pytest.mark.usefixtures("_practice")
def test_what_the_session_refuses_leaves_no_thread() -> None:
    realtime_nb.ChainedAgent(endpoint="local").close()  # what is shared is there now
    before = threading.active_count()
    tool = {"type": "function", "name": "no spaces allowed", "parameters": {}}
    with pytest.raises(realtime_nb.errors.RealtimeError):
        realtime_nb.ChainedAgent(endpoint="local", tools=[tool])
    until = time.monotonic() + 20
    while threading.active_count() > before:
        assert time.monotonic() < until, threading.enumerate()
        time.sleep(0.05)


def test_silence_is_no_turn(agent: ChainedAgent) -> None:
    silence = (np.zeros(24_000, np.float32), 24_000)
    heard = agent.listen(silence, realtime=False).result(WAIT_S)
    assert heard.items == ()
    assert len(agent.legs) == 0
