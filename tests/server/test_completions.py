"""Chat completions as they go over the wire: their keys, their order, what they count."""

from __future__ import annotations

import asyncio
import base64
import io
import time
import wave
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.audio.codec import decode, encoders
from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.chat_messages import as_messages
from realtime_nb.server.brain.echo import EchoBrain
from realtime_nb.server.brain.interface import BrainError, FunctionCall
from realtime_nb.server.completions import replies, request
from realtime_nb.server.completions import spoken as spoken_answers
from realtime_nb.server.completions.fields import AUDIO_OUT
from realtime_nb.server.completions.limits import OutputMeter, StopFilter
from tests.server.fakes import TalkBrain
from tests.server.rest import Json, Rest, recording, refusal, resting, spoken, user, wav

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPLETION_KEYS = {
    "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint",
}  # fmt: skip
USAGE_KEYS = {
    "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details",
    "completion_tokens_details",
}  # fmt: skip
PROMPT_KEYS = {"cached_tokens", "audio_tokens", "text_tokens", "image_tokens"}
COMPLETED_KEYS = {
    "reasoning_tokens", "audio_tokens", "text_tokens", "accepted_prediction_tokens",
    "rejected_prediction_tokens",
}  # fmt: skip
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def check_usage(usage: Json) -> None:
    """Its keys are the service's, and it adds up."""
    assert set(usage) == USAGE_KEYS
    prompt, completed = usage["prompt_tokens_details"], usage["completion_tokens_details"]
    assert set(prompt) == PROMPT_KEYS
    assert set(completed) == COMPLETED_KEYS
    assert prompt["audio_tokens"] + prompt["text_tokens"] == usage["prompt_tokens"]
    assert completed["audio_tokens"] + completed["text_tokens"] == usage["completion_tokens"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_a_written_answer_has_the_services_keys():
    async with resting(TalkBrain("Hello there, my friend.")) as rest:
        reply = await rest.said(user("Hello."))
        assert set(reply) == COMPLETION_KEYS
        assert reply["object"] == "chat.completion"
        assert reply["model"] == "local-demo"
        assert reply["id"].startswith("chatcmpl-")
        (choice,) = reply["choices"]
        assert choice == {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello there, my friend.",
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
        check_usage(reply["usage"])


async def test_a_spoken_answer_has_sound_a_transcript_and_no_content():
    async with resting(TalkBrain("Hello there, my friend.")) as rest:
        reply = await rest.said(user("Hello."), **spoken())
        message = reply["choices"][0]["message"]
        assert set(message) == {"role", "content", "refusal", "annotations", "audio"}
        assert message["content"] is None
        audio = message["audio"]
        assert set(audio) == {"id", "data", "expires_at", "transcript"}
        assert audio["transcript"] == "Hello there, my friend."
        assert audio["expires_at"] == pytest.approx(reply["created"] + 3600, abs=30)
        with wave.open(io.BytesIO(base64.b64decode(audio["data"]))) as file:
            assert (file.getnchannels(), file.getframerate()) == (1, 24_000)
            # Four words of 250 ms: one token for each 50 ms.
            assert file.getnframes() == pytest.approx(24_000, abs=480)
        check_usage(reply["usage"])
        counted = reply["usage"]["completion_tokens_details"]
        assert counted["audio_tokens"] == pytest.approx(20, abs=1)


@pytest.mark.parametrize("form", AUDIO_OUT)
async def test_sound_comes_in_every_format_of_this_computer(form: str):
    async with resting(TalkBrain("Hello there, my friend.")) as rest:
        if form not in encoders():
            error = await rest.refused(user("Hello."), **spoken(form))
            assert (error["code"], error["param"]) == ("invalid_value", "audio.format")
            assert "no encoder" in error["message"]
            return
        reply = await rest.said(user("Hello."), **spoken(form))
        data = base64.b64decode(reply["choices"][0]["message"]["audio"]["data"])
        if form == "pcm16":
            assert len(data) == pytest.approx(48_000, abs=960)
            return
        samples, rate = decode(data)
        assert len(samples) / rate == pytest.approx(1.0, abs=0.15)
        assert np.abs(samples).max() > 0.01


async def test_an_answer_that_cannot_be_said_can_still_be_played_and_named():
    async with resting(TalkBrain("…")) as rest:
        rest.served.shared.engines.speaker.word_ms = 0  # type: ignore[attr-defined]
        audio = (await rest.said(user("Hm?"), **spoken("pcm16")))["choices"][0]["message"]["audio"]
        assert audio["transcript"] == "…"
        assert base64.b64decode(audio["data"]) == bytes(4_800)
        await rest.said(user("Hm?"), {"role": "assistant", "audio": audio}, user("What?"))
        chunks = await rest.chunks(user("Hm?"), **spoken("pcm16"))
        assert "expires_at" in chunks[-2]["choices"][0]["delta"]["audio"]


async def test_a_streamed_spoken_answer_comes_in_the_services_order():
    async with resting(TalkBrain("Hello there, my friend. And more of it.")) as rest:
        chunks = await rest.chunks(
            user("Hello."), **spoken("pcm16"), stream_options={"include_usage": True}
        )
    assert len({(c["id"], c["created"], c["model"]) for c in chunks}) == 1
    assert all(c["object"] == "chat.completion.chunk" for c in chunks)
    *said, counted = chunks
    assert counted["choices"] == []
    check_usage(counted["usage"])
    assert all(c["usage"] is None for c in said)
    first, second, *_ = deltas(said)
    assert first == {"role": "assistant", "content": None, "refusal": None}
    assert set(second["audio"]) == {"id", "transcript"}
    audios = [delta["audio"] for delta in deltas(said) if "audio" in delta]
    assert sum("id" in audio for audio in audios) == 1
    assert "".join(a.get("transcript", "") for a in audios) == (
        "Hello there, my friend. And more of it."
    )
    # Each piece decodes alone, to whole samples.
    pieces = [base64.b64decode(a["data"], validate=True) for a in audios if "data" in a]
    assert len(pieces) > 3
    assert all(piece and len(piece) % 2 == 0 for piece in pieces)
    assert sum(map(len, pieces)) == pytest.approx(8 * 12_000, abs=1_000)
    *_, expires, finish = said
    assert set(expires["choices"][0]["delta"]["audio"]) == {"expires_at"}
    assert "finish_reason" not in expires["choices"][0]
    assert finish["choices"][0]["delta"] == {}
    assert finish["choices"][0]["finish_reason"] == "stop"


async def test_a_streamed_written_answer_comes_word_by_word():
    async with resting(TalkBrain("Hello there, my friend.")) as rest:
        chunks = await rest.chunks(user("Hello."), stream_options={"include_obfuscation": False})
    assert "usage" not in chunks[0]
    assert "obfuscation" not in chunks[0]
    texts = [delta["content"] for delta in deltas(chunks) if delta.get("content")]
    assert texts == ["Hello ", "there, ", "my ", "friend."]
    assert [c["choices"][0]["finish_reason"] for c in chunks] == [None] * 5 + ["stop"]


def deltas(chunks: list[Json]) -> list[Json]:
    return [chunk["choices"][0]["delta"] for chunk in chunks]


# ------------------------------------------------------------------ conversations


async def test_a_spoken_answer_is_named_in_the_next_turn():
    brain = TalkBrain("I like dogs.")
    async with resting(brain) as rest:
        reply = await rest.said(user("Dogs?"), **spoken())
        audio_id = reply["choices"][0]["message"]["audio"]["id"]
        earlier = {"role": "assistant", "audio": {"id": audio_id}}
        reply = await rest.said(user("Dogs?"), earlier, user("Why?"), **spoken())
        assert [item.text for item in brain.requests[-1].items] == ["Dogs?", "I like dogs.", "Why?"]
        details = reply["usage"]["prompt_tokens_details"]
        assert details["audio_tokens"] == 15  # three words of 250 ms
        check_usage(reply["usage"])


async def test_a_streamed_answer_is_named_in_the_next_turn_too():
    brain = TalkBrain("I like dogs.")
    async with resting(brain) as rest:
        chunks = await rest.chunks(user("Dogs?"), **spoken("pcm16"))
        ids = [d["audio"]["id"] for d in deltas(chunks) if "id" in d.get("audio", {})]
        earlier = {"role": "assistant", "audio": {"id": ids[0]}}
        await rest.said(user("Dogs?"), earlier, user("Why?"))
        assert brain.requests[-1].items[1].text == "I like dogs."


async def test_an_audio_id_that_is_unknown_or_expired_is_refused_truthfully():
    async with resting() as rest:
        now = [1000.0]
        answers = spoken_answers.SpokenAnswers(lambda: now[0])
        rest.served.shared.spoken_answers = answers
        expires_at = answers.keep("audio_1", "I like dogs.", 750.0)
        now[0] = expires_at - 1.0
        history = [user("Dogs?"), {"role": "assistant", "audio": {"id": "audio_1"}}, user("Why?")]
        await rest.said(*history)
        now[0] = float(expires_at)
        error = await rest.refused(*history)
        assert error["code"] == "audio_expired"
        assert error["param"] == "messages[1].audio.id"
        assert "has expired" in error["message"]
        history[1] = {"role": "assistant", "audio": {"id": "audio_2"}}
        error = await rest.refused(*history)
        assert error["code"] == "audio_not_found"
        assert "'audio_2' not found" in error["message"]


def test_spoken_answers_are_bounded():
    answers = spoken_answers.SpokenAnswers(lambda: 0.0)
    for number in range(spoken_answers.MOST + 5):
        answers.keep(f"audio_{number}", "x", 1.0)
    assert answers.find("audio_5", "").transcript == "x"
    with pytest.raises(Exception, match="not found"):
        answers.find("audio_4", "")
    answers.keep("long", "x" * spoken_answers.MOST_CHARACTERS, 1.0)
    with pytest.raises(Exception, match="not found"):
        answers.find("audio_900", "")


async def test_a_card_brain_calls_functions_and_tells_what_they_return():
    async with resting(CardBrain()) as rest:
        asked = user("What is the weather in Paris?")
        reply = await rest.said(asked, tools=[WEATHER])
        (choice,) = reply["choices"]
        assert choice["finish_reason"] == "tool_calls"
        message = choice["message"]
        assert message["content"] is None
        (call,) = message["tool_calls"]
        assert set(call) == {"id", "type", "function"}
        assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Paris"}'}
        output = {"role": "tool", "tool_call_id": call["id"], "content": '{"sky": "clear"}'}
        reply = await rest.said(asked, message, output, tools=[WEATHER])
        assert reply["choices"][0]["message"]["content"] == "Sky is clear."


async def test_a_call_is_streamed_name_first():
    brain = TalkBrain(["Let me see. ", FunctionCall("get_weather", '{"city": "Oslo"}')])
    async with resting(brain) as rest:
        chunks = await rest.chunks(user("Weather?"), tools=[WEATHER], **spoken("pcm16"))
    calls = [delta["tool_calls"][0] for delta in deltas(chunks) if "tool_calls" in delta]
    head, more = calls
    assert head["function"] == {"name": "get_weather", "arguments": ""}
    assert (head["index"], head["type"]) == (0, "function")
    assert more == {"index": 0, "function": {"arguments": '{"city": "Oslo"}'}}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("choice", "calls", "reason"),
    [
        ("none", 0, "stop"),
        ("auto", 0, "stop"),
        ("required", 1, "tool_calls"),
        ({"type": "function", "function": {"name": "get_weather"}}, 1, "stop"),
    ],
)
async def test_tool_choice(choice: Any, calls: int, reason: str):
    async with resting(CardBrain()) as rest:
        reply = await rest.said(user("Hello"), tools=[WEATHER], tool_choice=choice)
        made = reply["choices"][0]
        assert len(made["message"].get("tool_calls", [])) == calls
        assert made["finish_reason"] == reason


async def test_a_script_goes_on_where_the_conversation_is(tmp_path):
    from realtime_nb.server.brain.load import load_brain  # noqa: PLC0415 -- one test's

    script = tmp_path / "script.json"
    script.write_text(
        '{"turns": [[{"say": "One."}], [{"say": "Two."}],'
        ' {"when": "now", "steps": [{"say": "Now."}]}]}'
    )
    async with resting() as rest:
        rest.served.shared.make_brain = load_brain(f"scripted:{script}")
        first = await rest.said(user("a"))
        again = await rest.said(user("a"), n=2)
        assert texts(first) + texts(again) == ["One.", "One.", "One."]
        assistant = {"role": "assistant", "content": "One."}
        assert texts(await rest.said(user("a"), assistant, user("b"))) == ["Two."]
        # A turn that was asked for by its words does not count.
        history = [user("now"), {"role": "assistant", "content": "Now."}, user("a")]
        assert texts(await rest.said(*history)) == ["One."]
        error = refusal(
            await rest.chat(*[user("a"), assistant] * 2, user("c")),
            status=500,
        )
        assert error["type"] == "server_error"
        assert error["code"] == "script_ended"


def texts(reply: Json) -> list[str]:
    return [choice["message"]["content"] for choice in reply["choices"]]


# ------------------------------------------------------------------ recordings


async def test_a_recording_is_told_by_its_words_length_and_loudness():
    async with resting(CardBrain(), texts=["good morning"]) as rest:
        asked = user("What is in this recording?", recording(wav(2_000)))
        reply = await rest.said(asked)
        (text,) = texts(reply)
        assert "good morning" in text
        assert "2.0 seconds" in text
        assert "-12 decibels" in text  # a square wave of a quarter of full scale
        assert "not a model" in text
        details = reply["usage"]["prompt_tokens_details"]
        assert details["audio_tokens"] == 20
        check_usage(reply["usage"])


async def test_silence_is_told_as_silence_and_never_given_to_the_recogniser():
    async with resting(CardBrain(), texts=["words from nowhere"]) as rest:
        asked = user("What is in this recording?", recording(wav(1_500, level=0)))
        (text,) = texts(await rest.said(asked))
        assert "1.5 seconds long and silent: nothing was understood" in text
        alone = {"role": "user", "content": [recording(wav(1_000, level=0))]}
        assert texts(await rest.said(alone)) == ["I did not catch that."]
        assert rest.served.shared.engines.recogniser.heard_samples == []  # type: ignore[union-attr]


async def test_spoken_words_are_answered_as_in_a_session():
    async with resting(EchoBrain(), texts=["what time is it"]) as rest:
        alone = {"role": "user", "content": [recording(wav(1_000))]}
        assert texts(await rest.said(alone)) == ["what time is it"]


async def test_two_recordings_are_kept_apart_and_can_be_asked_about_later():
    async with resting(CardBrain(), texts=["one", "two"] * 2) as rest:
        asked = user("What is in these recordings?", recording(wav(500)), recording(wav(700)))
        (text,) = texts(await rest.said(asked))
        assert text.index("Recording 1 is 0.5") < text.index("one")
        assert text.index("one") < text.index("Recording 2 is 0.7") < text.index("two")
        later = [asked, {"role": "assistant", "content": text}, user("How loud is the recording?")]
        assert "Recording 2 is 0.7" in texts(await rest.said(*later))[0]


async def test_a_server_without_ears_says_so():
    async with resting(CardBrain()) as rest:
        rest.served.shared.engines.recogniser = None  # type: ignore[misc]
        alone = {"role": "user", "content": [recording(wav(1_000))]}
        (text,) = texts(await rest.said(alone))
        assert "no recogniser is installed" in text


# ------------------------------------------------------------------ where answers end


@pytest.mark.parametrize("stop", ["my", ["friend", "my"], ["re, m"]])
@pytest.mark.parametrize("form", ["", "pcm16"])
async def test_stop_sequences_end_an_answer_and_are_left_out(stop: Any, form: str):
    pieces: list[Any] = list("Hello there, my friend.")
    async with resting(TalkBrain(pieces)) as rest:
        more = spoken(form) if form else {}
        reply = await rest.said(user("Hello."), stop=stop, **more)
        message = reply["choices"][0]["message"]
        text = message["audio"]["transcript"] if form else message["content"]
        assert text in {"Hello there, ", "Hello the"}
        assert reply["choices"][0]["finish_reason"] == "stop"


def streams() -> Iterator[tuple[str, list[str], str]]:
    yield "", ["x"], ""
    yield "abcd", [], "abcd"
    yield "abcab", ["abd"], "abcab"
    yield "ababac", ["abac"], "ab"
    yield "aaab", ["aab"], "a"
    yield "one two", ["two", "one"], ""


@pytest.mark.parametrize(("text", "stops", "passed"), list(streams()))
def test_a_stop_is_found_however_the_text_is_cut(text: str, stops: list[str], passed: str):
    for size in range(1, max(2, len(text))):
        found = StopFilter(stops)
        out = "".join(found.feed(text[i : i + size]) for i in range(0, len(text), size))
        assert out + found.flush() == passed
        assert found.stopped == (passed != text)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_an_answer_ends_at_its_limit(name: str):
    async with resting(TalkBrain("Hello there, my friend. And so on for ever.")) as rest:
        reply = await rest.said(user("Hello."), **{name: 4})
        assert texts(reply) == ["Hello there, my "]
        assert reply["choices"][0]["finish_reason"] == "length"
        assert reply["usage"]["completion_tokens"] <= 4
        reply = await rest.said(user("Hello."), **{name: 12}, **spoken("pcm16"))
        assert reply["choices"][0]["finish_reason"] == "length"
        assert reply["usage"]["completion_tokens"] <= 12
        check_usage(reply["usage"])
        sound = base64.b64decode(reply["choices"][0]["message"]["audio"]["data"])
        assert 0 < len(sound) <= 12 * 50 * 48
        chunks = await rest.chunks(user("Hello."), **{name: 12}, **spoken("pcm16"))
        assert chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_the_meter_never_counts_beyond_its_limit():
    meter = OutputMeter(3)
    assert meter.take_text("four")
    assert meter.take_audio(100.0)
    assert not meter.take_audio(1.0)
    assert not meter.take_text("x")
    assert meter.tokens.total == 3


async def test_answers_that_never_end_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(request, "MOST_TOKENS", 100)
    monkeypatch.setattr(replies, "MOST_SOUND_MS", 10_000.0)
    async with resting(_EndlessBrain()) as rest:
        reply = await rest.said(user("Go on."))
        assert reply["choices"][0]["finish_reason"] == "length"
        assert reply["usage"]["completion_tokens"] == 100
        chunks = await rest.chunks(user("Go on."), **spoken("pcm16"))
        assert chunks[-1]["choices"][0]["finish_reason"] == "length"
        error = await rest.refused(user("Go on."), n=9, **spoken())
        assert error["param"] == "n"


async def test_several_choices_are_counted_together():
    brain = TalkBrain("Hello there.")
    async with resting(brain) as rest:
        reply = await rest.said(user("Hello."), n=3, **spoken())
        assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
        audios = [choice["message"]["audio"] for choice in reply["choices"]]
        assert len({audio["id"] for audio in audios}) == 3
        assert reply["usage"]["completion_tokens_details"]["audio_tokens"] == 30
        check_usage(reply["usage"])
        chunks = await rest.chunks(user("Hello."), n=2)
        ends = [c["choices"][0] for c in chunks if c["choices"][0]["finish_reason"]]
        assert [end["index"] for end in ends] == [0, 1]


# ------------------------------------------------------------------ faults and cancelling


async def test_a_brain_that_fails_is_an_error_before_and_in_a_stream():
    brain = TalkBrain(["Well. ", BrainError("it is down", code="brain_unavailable")])
    async with resting(brain) as rest:
        error = refusal(await rest.chat(user("Hello.")), status=503)
        assert (error["message"], error["type"]) == ("it is down", "server_error")
        answer = await rest.chat(user("Hello."), stream=True)
        assert answer.status_code == 200
        assert '"content":"Well. "' in answer.text
        assert '"message":"it is down"' in answer.text
        assert "[DONE]" not in answer.text
    async with resting(TalkBrain(BrainError("no"))) as rest:
        refusal(await rest.chat(user("Hello."), stream=True), status=500)


async def test_a_voice_that_breaks_is_an_error(caplog: pytest.LogCaptureFixture):
    async with resting(TalkBrain("One two three four.")) as rest:
        rest.served.shared.engines.speaker.fails = True  # type: ignore[attr-defined]
        error = refusal(await rest.chat(user("Hello."), **spoken()), status=500)
        assert error["type"] == "server_error"
        assert "broke" in caplog.text


class _EndlessBrain(TalkBrain):
    """Counts what was asked of it, and never comes to an end."""

    said = 0

    async def respond(self, request: Any) -> Any:
        self.requests.append(request)
        try:
            while True:
                self.said += 1
                yield "And another thing. "
                await asyncio.sleep(0.001)
        finally:
            self.closed += 1


@pytest.mark.parametrize("more", [{}, spoken("pcm16")])
async def test_the_work_stops_when_the_reader_leaves(more: Json):
    brain = _EndlessBrain()
    async with resting(brain) as rest:
        await leave_in_the_middle(rest, more)
        await settled(rest, brain, closed=1)
        said = brain.said
        speaker: Any = rest.served.shared.engines.speaker
        begun = len(speaker.said)
        await asyncio.sleep(0.1)
        assert brain.said == said
        assert len(speaker.said) == begun
        assert speaker.closed == begun


async def leave_in_the_middle(rest: Rest, more: Json) -> None:
    body = {"model": "local-demo", "messages": [user("Go on.")], "stream": True, **more}
    async with rest.http.stream("POST", "/chat/completions", json=body) as answer:
        async for _ in answer.aiter_lines():
            break


async def settled(rest: Rest, brain: TalkBrain, *, closed: int) -> None:
    """Wait until the request's work is over; a server that goes on never gets there."""
    turns = rest.served.shared.turns
    await until(lambda: brain.closed >= closed and not turns.working)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def test_the_work_stops_when_a_whole_answer_is_given_up():
    brain = _EndlessBrain()
    async with resting(brain) as rest:
        task = asyncio.create_task(rest.chat(user("Go on.")))
        await until(lambda: brain.said > 0)
        task.cancel()
        await settled(rest, brain, closed=1)
        said = brain.said
        await asyncio.sleep(0.1)
        assert brain.said == said


class _SlowRecogniser:
    """Counts the samples it was fed; each piece takes a while, as those of a long recording."""

    rate = 16_000
    name = "slow"
    fed = 0
    started = 0
    closed = 0

    def start(self, _phrases: Any = (), **_more: Any) -> Any:
        self.started += 1
        return self

    def feed(self, pcm: Any) -> None:
        self.fed += len(pcm)
        time.sleep(0.005)

    def finish(self) -> Any:
        return SimpleNamespace(text="too late", source="grammar")

    def close(self) -> None:
        self.closed += 1


async def test_listening_stops_when_the_reader_leaves():
    brain = TalkBrain()
    async with resting(brain) as rest:
        ears = _SlowRecogniser()
        rest.served.shared.engines.recogniser = ears  # type: ignore[misc]
        minutes = recording(wav(120_000))
        task = asyncio.create_task(rest.chat(user("What?", minutes)))
        await until(lambda: ears.fed > 0)
        task.cancel()
        # Each phrase is a recognition of its own: none may be under way when the last is counted.
        await until(
            lambda: 0 < ears.started == ears.closed and not rest.served.shared.turns.working
        )
        fed = ears.fed
        assert fed < 60 * 16_000
        await asyncio.sleep(0.1)
        assert ears.fed == fed
        assert brain.requests == []


async def test_a_brain_that_cannot_hear_is_told_what_comes_from_a_recording():
    brain = TalkBrain()
    async with resting(brain, texts=["good morning", "hello"]) as rest:
        await rest.said(user("What is this?", recording(wav(2_000))))
        asked, *_ = as_messages(brain.requests[-1])
        assert asked["content"] == (
            'What is this?\n[a recording of 2.0 s, -12 dBFS; recognised as: "good morning"]'
        )
        await rest.said({"role": "user", "content": [recording(wav(1_000))]})
        assert as_messages(brain.requests[-1]) == [{"role": "user", "content": "hello"}]
        await rest.said({"role": "user", "content": [recording(wav(1_000, level=0))]})
        (asked,) = as_messages(brain.requests[-1])
        assert asked["content"] == "[a recording of 1.0 s, silent; no words were understood]"


async def test_requests_wait_for_a_turn_and_too_many_are_sent_away():
    brain = TalkBrain(["Wait. ", 0.2, "Done."])
    async with resting(brain) as rest:
        turns = rest.served.shared.turns
        turns._most_waiting = 2
        answers = await asyncio.gather(*[rest.chat(user("Hello.")) for _ in range(9)])
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [200] * 6 + [429] * 3
        busy = next(answer for answer in answers if answer.status_code == 429)
        assert refusal(busy, 429)["code"] == "rate_limit_exceeded"
        assert int(busy.headers["retry-after"]) > 0
        assert turns.working == turns.waiting == 0
