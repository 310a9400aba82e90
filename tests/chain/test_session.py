"""A chain against a scripted service: order, failures, barge-in, and what is told of it."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.errors import ConnectionFailed, RealtimeError, ResponseFailed, ServerError
from realtime_nb.inspection.chain_legs import legs
from realtime_nb.inspection.check import check
from realtime_nb.inspection.cost.usage_table import bill
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.svg import stages_of
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.protocol.chain import LEG_DONE, read_leg
from realtime_nb.protocol.summary import summarise
from realtime_nb.speech.voices import say_as_user
from tests.chain.rest_peer import KEY, USAGE, Request, RestPeer, tone

if TYPE_CHECKING:
    from realtime_nb.chain import ChainServer
    from realtime_nb.client.session import RealtimeSession

WAIT_S = 30
PNG = (  # one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA"
    "6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)


def talk_of(session: RealtimeSession) -> Talk:
    return Talk(log=session.log, conversation=session.conversation, model=session.endpoint.model)


def wait_for(truth: Any, what: str = "it") -> None:
    until = time.monotonic() + WAIT_S
    while not truth():
        assert time.monotonic() < until, f"{what} has not come"
        time.sleep(0.01)


def legs_told(session: RealtimeSession, count: int) -> list[Any]:
    def found() -> list[Any]:
        return [read_leg(record.event) for record in session.log if record.event.type == LEG_DONE]

    wait_for(lambda: len(found()) >= count, f"{count} legs")
    return found()


def loud(ms: float) -> AudioClip:
    """Return what the voice activity takes for speech: a vowel-like buzz that wavers."""
    ticks = np.arange(round(24 * ms)) / 24_000
    wave = sum(np.sin(2 * np.pi * 130 * k * ticks) / k for k in range(1, 20))
    return AudioClip((0.2 * wave * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * ticks))).astype("f4"), 24000)


def commit(session: RealtimeSession, clip: AudioClip) -> None:
    """Say something without turn detection, and have it answered."""
    sound = base64.b64encode((clip.samples * 32767).astype("<i2").tobytes()).decode()
    session.update({"type": "realtime", "audio": {"input": {"turn_detection": None}}}).result(10)
    session.send({"type": "input_audio_buffer.append", "audio": sound}).result(10)
    session.send({"type": "input_audio_buffer.commit"}).result(10)


def test_it_says_what_it_is(session: RealtimeSession, chain: ChainServer) -> None:
    told = session.effective or {}
    assert told["model"] == "chain: scribe > thinker > reader"
    assert told["audio"]["input"]["transcription"]["model"] == "scribe"
    assert chain.endpoint.name == f"chain by {chain.endpoint.name.removeprefix('chain by ')}"
    assert not chain.endpoint.practice


def test_words_and_sound_come_back(session: RealtimeSession, peer: RestPeer) -> None:
    response = session.say("what is seven plus five").result(WAIT_S)
    assert response.text == "Seven plus five is twelve. Ask me more."
    assert response.audio is not None
    spoken_ms = sum(20 * len(request.json["input"]) for request in peer.of("/speech"))
    assert response.audio.duration_ms == pytest.approx(spoken_ms, abs=2)
    assert [request.json["input"] for request in peer.of("/speech")] == [
        "Seven plus five is twelve.",
        "Ask me more.",
    ]
    asked = peer.of("/completions")[0].json
    assert asked["model"] == "thinker"
    assert asked["messages"][-1] == {"role": "user", "content": "what is seven plus five"}
    report = check(session.log)
    assert not report.df.shape[0], report


def test_a_leg_that_tells_its_key_brings_it_into_no_log(
    session: RealtimeSession, peer: RestPeer
) -> None:
    async def chat(request: Request) -> None:
        await request.chat(f"It is {KEY} here.", usage=USAGE)

    async def transcribe(request: Request) -> None:
        await request.send(200, "application/json", json.dumps({"text": f"I say {KEY}."}).encode())

    peer.chat, peer.transcribe = chat, transcribe
    commit(session, loud(600))
    assert "[key]" in session.respond().result(WAIT_S).text
    told = str([record.event.data for record in session.log])
    assert "I say [key]." in told
    assert KEY not in told


def test_a_clause_is_spoken_before_the_text_is_whole(
    session: RealtimeSession, peer: RestPeer
) -> None:
    asked = threading.Event()

    async def chat(request: Request) -> None:
        await request.chat("The first sentence. ", "And", end=False)
        # The second one does not come before the first is being spoken.
        assert await asyncio.to_thread(asked.wait, WAIT_S)
        await request.chunk({"content": " the second."})
        await request.chat_end(USAGE)

    async def speak(request: Request) -> None:
        asked.set()
        await request.send(200, "audio/pcm", tone(300))

    peer.chat, peer.speak = chat, speak
    response = session.say("go").result(WAIT_S)
    assert response.text == "The first sentence. And the second."


def test_the_next_clause_is_asked_for_while_one_is_being_made(
    session: RealtimeSession, peer: RestPeer
) -> None:
    second = threading.Event()

    async def chat(request: Request) -> None:
        await request.chat("The first sentence. ", "The second sentence.", usage=USAGE)

    async def speak(request: Request) -> None:
        if "second" in request.json["input"]:
            second.set()
        else:
            assert await asyncio.to_thread(second.wait, WAIT_S)
        await request.send(200, "audio/pcm", tone(300))

    peer.chat, peer.speak = chat, speak
    assert session.say("go").result(WAIT_S).status == "completed"


def test_a_cancel_closes_every_stream_at_once(session: RealtimeSession, peer: RestPeer) -> None:
    open_streams: list[Request] = []

    async def chat(request: Request) -> None:
        open_streams.append(request)
        await request.chat("The first sentence. ", "And then", end=False)
        await request.hang()

    async def speak(request: Request) -> None:
        open_streams.append(request)
        await request.begin(200, "audio/pcm")
        await request.write(tone(500))
        await request.hang()

    peer.chat, peer.speak = chat, speak
    call = session.say("go on")
    wait_for(lambda: any(r.event.type == "response.output_audio.delta" for r in session.log))
    session.send({"type": "response.cancel"}).result(10)
    assert call.result(WAIT_S).status == "cancelled"
    assert len(open_streams) == 2
    for request in open_streams:
        assert request.closed.wait(WAIT_S), f"{request.path} is still open"
    told = legs_told(session, 2)
    assert {leg.status for leg in told} == {"cancelled"}
    peer.chat, peer.speak = peer._chat, peer._speak
    assert session.say("again").result(WAIT_S).status == "completed"
    assert not check(session.log).df.shape[0]


def test_a_spoken_turn_is_transcribed_as_it_ends(session: RealtimeSession, peer: RestPeer) -> None:
    commit(session, loud(800))
    response = session.respond().result(WAIT_S)
    assert response.text.startswith("Seven")
    (request,) = peer.of("/transcriptions")
    assert b"RIFF" in request.body
    assert b'name="model"\r\n\r\nscribe' in request.body
    done = next(r.event for r in session.log if r.event.type.endswith("transcription.completed"))
    assert done.get("transcript") == "what is seven plus five"
    table = legs(talk_of(session))
    (turn,) = table.turns
    assert turn["turn"] == 1
    assert 0 < turn["transcript_ms"] <= turn["first_token_ms"] <= turn["decision_to_sound_ms"]
    assert turn["decision_to_sound_ms"] <= turn["whole_ms"]
    line = timeline(talk_of(session))
    ways = {words: end - start for words, start, end, _ in stages_of(line.turns[0])}
    assert list(ways)[-3:] == ["→ transcript", "→ first word", "→ first sound"]
    assert ways["→ transcript"] == pytest.approx(turn["transcript_ms"], abs=0.1)
    waited_ms = turn["first_token_ms"] - turn["transcript_ms"]
    assert ways["→ first word"] == pytest.approx(waited_ms, abs=0.1)
    assert "→ transcript" in line.svg()
    assert "→ committed" not in line.svg()
    leg = next(r.event for r in session.log if r.event.type == LEG_DONE)
    assert re.fullmatch(r"transcribe · scribe · [\d,]+ ms", summarise(leg))
    assert not check(session.log).df.shape[0]


def test_words_of_a_transcript_that_streams_are_told_as_they_come(
    session: RealtimeSession, peer: RestPeer
) -> None:
    async def transcribe(request: Request) -> None:
        await request.begin(200, "text/event-stream")
        for piece in ("what", " is it"):
            await request.event({"type": "transcript.text.delta", "delta": piece})
        usage = {"type": "tokens", "input_tokens": 8, "output_tokens": 3, "total_tokens": 11,
                 "input_token_details": {"text_tokens": 0, "audio_tokens": 8}}  # fmt: skip
        await request.event({"type": "transcript.text.done", "text": "what is it", "usage": usage})

    peer.transcribe = transcribe
    commit(session, loud(800))
    session.respond().result(WAIT_S)
    deltas = [r.event.get("delta") for r in session.log
              if r.event.type.endswith("input_audio_transcription.delta")]  # fmt: skip
    assert deltas == ["what", " is it"]
    done = next(r.event for r in session.log if r.event.type.endswith("transcription.completed"))
    assert done.get("usage.total_tokens") == 11


@pytest.mark.parametrize(
    ("leg", "status", "said"),
    [("transcribe", 401, "check"), ("chat", 404, "model"), ("speak", 401, "check")],
)
def test_a_leg_that_fails_fails_the_response_and_the_session_lives(
    session: RealtimeSession, peer: RestPeer, leg: str, status: int, said: str
) -> None:
    async def refuse(request: Request) -> None:
        body = {"error": {"message": f"no entry with {KEY}", "type": "x", "code": "no_entry"}}
        await request.send(status, "application/json", json.dumps(body).encode())

    before = getattr(peer, leg)
    setattr(peer, leg, refuse)
    commit(session, loud(800))
    with pytest.raises(ResponseFailed) as failed:
        session.respond().result(WAIT_S)
    line = str(failed.value)
    assert f"the chain's {leg} leg" in line
    assert said in line
    assert "\n" not in line
    setattr(peer, leg, before)
    assert session.say("again").result(WAIT_S).status == "completed"
    everything = json.dumps([record.event.data for record in session.log]) + repr(session)
    assert KEY not in everything
    assert next(turn for turn in legs(talk_of(session)).turns)["failed"] == leg
    told = [summarise(r.event) for r in session.log if r.event.type == LEG_DONE]
    assert any(f"ms · failed · the chain's {leg} leg" in line for line in told)
    assert not check(session.log).df.shape[0]


def test_a_failed_transcript_is_told_once_with_its_reason(
    session: RealtimeSession, peer: RestPeer
) -> None:
    async def broken(request: Request) -> None:
        await request.begin(200, "text/event-stream")
        await request.event({"type": "transcript.text.delta", "delta": "what"})

    peer.transcribe = broken
    commit(session, loud(800))
    with pytest.raises(ResponseFailed, match="transcribe leg"):
        session.respond().result(WAIT_S)
    (failed,) = [r.event for r in session.log if r.event.type.endswith("transcription.failed")]
    assert "broke off" in failed.get("error.message")


def test_an_answer_that_breaks_off_keeps_what_came(
    session: RealtimeSession, peer: RestPeer
) -> None:
    async def chat(request: Request) -> None:
        await request.chat("The first sentence. ", "And", end=False)

    peer.chat = chat
    with pytest.raises(ResponseFailed, match="chat leg"):
        session.say("go").result(WAIT_S)
    item = session.conversation.items[-1]
    assert item.status == "incomplete"
    assert item.text.startswith("The first sentence.")


def test_a_busy_service_is_asked_again(session: RealtimeSession, peer: RestPeer) -> None:
    tries: list[int] = []

    async def chat(request: Request) -> None:
        tries.append(1)
        if len(tries) == 1:
            await request.send(429, "application/json", b"{}", retry_after="0.01")
        else:
            await request.chat("Here.", usage=USAGE)

    peer.chat = chat
    assert session.say("go").result(WAIT_S).text == "Here."
    assert len(tries) == 2


def test_languages_and_prompt_go_to_the_transcriber(
    session: RealtimeSession, peer: RestPeer
) -> None:
    heard = {"languages": ["de", "en"], "prompt": "Guten Tag."}
    audio = {"input": {"transcription": heard}}
    session.update({"type": "realtime", "audio": audio}).result(10)
    commit(session, loud(800))
    session.respond().result(WAIT_S)
    body = peer.of("/transcriptions")[0].body
    assert body.count(b'name="languages[]"') == 2
    assert b"Guten Tag." in body


def test_sound_of_another_kind_is_refused_with_a_line(
    session: RealtimeSession, peer: RestPeer
) -> None:
    async def speak(request: Request) -> None:
        await request.send(200, "audio/mpeg", b"ID3 something")

    peer.speak = speak
    with pytest.raises(ResponseFailed, match="audio/mpeg where PCM was asked for"):
        session.say("go").result(WAIT_S)


def test_functions_are_called_and_answered(session: RealtimeSession, peer: RestPeer) -> None:
    tool = {"type": "function", "name": "weather", "description": "", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}}}  # fmt: skip
    session.update({"type": "realtime", "tools": [tool]}).result(10)

    async def call(request: Request) -> None:
        await request.begin(200, "text/event-stream")
        for name, arguments in (("weather", '{"ci'), (None, 'ty": "Paris"}')):
            function = {"arguments": arguments, **({"name": name} if name else {})}
            await request.chunk({"tool_calls": [{"index": 0, "function": function}]})
        await request.chat_end(USAGE, "tool_calls")

    peer.chat = call
    session.say("weather in paris?").result(WAIT_S)
    assert peer.of("/completions")[0].json["tools"][0]["function"]["name"] == "weather"
    item = session.conversation.items[-1]
    assert (item.type, item.name, item.arguments) == (
        "function_call",
        "weather",
        '{"city": "Paris"}',
    )
    peer.chat = peer._chat
    output = {"type": "function_call_output", "call_id": item.call_id, "output": "sunny"}
    session.send({"type": "conversation.item.create", "item": output}).result(10)
    session.respond().result(WAIT_S)
    *_, asked, answered = peer.of("/completions")[-1].json["messages"]
    assert asked["tool_calls"][0]["id"] == answered["tool_call_id"] == item.call_id
    assert answered["content"] == "sunny"


def test_pictures_go_along(session: RealtimeSession, peer: RestPeer) -> None:
    content = [{"type": "input_text", "text": "what is it"},
               {"type": "input_image", "image_url": PNG}]  # fmt: skip
    item = {"type": "message", "role": "user", "content": content}
    session.send({"type": "conversation.item.create", "item": item}).result(10)
    session.respond().result(WAIT_S)
    sent = peer.of("/completions")[0].json["messages"][-1]["content"]
    assert sent[1] == {"type": "image_url", "image_url": {"url": PNG}}


def test_each_leg_is_billed_by_its_own_model(peer: RestPeer) -> None:
    from realtime_nb.chain import ChainServer, resolve_legs  # noqa: PLC0415 -- named models
    from realtime_nb.client.session import RealtimeSession  # noqa: PLC0415

    async def speak(request: Request) -> None:
        assert request.json["stream_format"] == "sse"
        await request.begin(200, "text/event-stream")
        sound = base64.b64encode(tone(200)).decode()
        await request.event({"type": "speech.audio.delta", "audio": sound})
        usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
        await request.event({"type": "speech.audio.done", "usage": usage})

    peer.speak = speak
    found = resolve_legs("whisper-1", "thinker", "gpt-4o-mini-tts", endpoint=peer.endpoint)
    server = ChainServer(found)
    session = RealtimeSession(server.endpoint, {})
    try:
        session.open().result(10)
        commit(session, loud(800))
        session.respond().result(WAIT_S)
        table = legs(talk_of(session)).df.set_index("leg")
        # whisper-1: 2 s at 0.006 a minute; the voice: 10 at 0.60 and 100 at 12 a million.
        assert table.loc["transcribe", "usd"] == pytest.approx(0.0002)
        assert table.loc[["speak"], "usd"].tolist() == pytest.approx([0.001206] * 2)
        assert np.isnan(table.loc["chat", "usd"])
        assert table.loc["chat", "tokens_in"] == 30
        assert "no price is known of thinker" in table.loc["chat", "note"]
        told = bill(talk_of(session))
        assert told.usd is None
        assert told.known_usd == pytest.approx(0.0002 + 2 * 0.001206)
        assert {line.model for line in told.lines} == {"whisper-1", "thinker", "gpt-4o-mini-tts"}
    finally:
        session.close().result(10)
        server.close()


def test_the_transcriber_is_the_chain_s(session: RealtimeSession) -> None:
    audio = {"input": {"transcription": {"model": "another"}}}
    with pytest.raises(ServerError, match="make another chain"):
        session.update({"type": "realtime", "audio": audio}).result(10)


def test_strangers_are_turned_away(chain: ChainServer) -> None:
    from realtime_nb.client.endpoints.secret import Secret  # noqa: PLC0415 -- here only
    from realtime_nb.client.session import RealtimeSession  # noqa: PLC0415

    stranger = RealtimeSession(chain.endpoint.with_key(Secret("wrong"), "a guess"), {})
    with pytest.raises(RealtimeError):
        stranger.open().result(10)


def test_a_closed_chain_leaves_nothing_behind(peer: RestPeer) -> None:
    from realtime_nb.chain import ChainServer, resolve_legs  # noqa: PLC0415 -- its own
    from realtime_nb.client.session import RealtimeSession  # noqa: PLC0415

    before = threading.active_count()
    server = ChainServer(resolve_legs("a", "b", "c", endpoint=peer.endpoint))
    assert threading.active_count() > before
    server.close()
    server.close()
    wait_for(lambda: threading.active_count() <= before, "the end of its thread")
    late = RealtimeSession(server.endpoint, {})
    with pytest.raises(ConnectionFailed):
        late.open().result(10)


async def _html(request: Request) -> None:
    await request.send(200, "text/html", b"<html>hello</html>")


async def _array(request: Request) -> None:
    await request.send(200, "application/json", b"[1, 2]")


async def _mute(request: Request) -> None:
    await request.send(200, "audio/pcm", b"")


async def _half(request: Request) -> None:
    await request.chat("Seven plus ", end=False)


@pytest.mark.parametrize(
    ("leg", "behave", "said"),
    [
        ("transcribe", _array, "it answered without a transcript; choose another for transcribe"),
        ("chat", _html, "it answered with no stream of chat completions; check the URL"),
        ("chat", _half, "its stream broke off before the end of the answer; try again"),
        ("speak", _html, "it answered with text/html where PCM was asked for"),
        ("speak", _mute, "it answered without sound; choose another for speak"),
    ],
)
def test_what_is_no_answer_is_said_of_its_leg_and_its_host(
    peer: RestPeer, session: RealtimeSession, leg: str, behave: Any, said: str
) -> None:
    setattr(peer, leg, behave)
    with pytest.raises(ResponseFailed) as failed:
        session.listen(say_as_user("hello"), realtime=False).result(WAIT_S)
    text = str(failed.value)
    assert f"the chain's {leg} leg (" in text
    assert f"127.0.0.1:{peer.port}: {said}" in text
    assert "not reached" not in text


def test_a_clause_without_letters_may_have_no_sound(
    peer: RestPeer, session: RealtimeSession
) -> None:
    peer.chat = lambda request: request.chat("Well. ", "… ", usage=None)

    async def speak(request: Request) -> None:
        letters = any(letter.isalpha() for letter in request.json["input"])
        await request.send(200, "audio/pcm", tone(200) if letters else b"")

    peer.speak = speak
    assert session.say("hello").result(WAIT_S).status == "completed"
