"""Responses: limits, failures, overrides, usage, pace, a reader that lags."""

from __future__ import annotations

import asyncio
import base64
import itertools
from typing import Any

import pytest

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.brain.interface import BrainError, FunctionCall
from tests.server.fakes import Stage, TalkBrain, virtual

Json = dict[str, Any]


async def answer(stage: Stage, response: Json | None = None) -> Json:
    """Ask for a response; return it when it is done."""
    before = len(stage.events)
    fields = {} if response is None else {"response": response}
    await stage.send("response.create", **fields)
    return (await stage.until("response.done", since=before))["response"]


@pytest.mark.parametrize("modality", ["audio", "text"])
def test_max_output_tokens_leave_a_response_incomplete(modality: str):
    @virtual
    async def scene():
        async with Stage(TalkBrain("word " * 200)) as stage:
            await stage.say_text("hi")
            done = await answer(stage, {"max_output_tokens": 30, "output_modalities": [modality]})
            assert done["status"] == "incomplete"
            assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
            assert done["output"][0]["status"] == "incomplete"
            assert 20 <= done["usage"]["output_tokens"] <= 30
            assert done["max_output_tokens"] == 30

    scene()


@virtual
async def test_a_drawn_out_word_counts_against_the_limit():
    async with Stage(TalkBrain("Aaah")) as stage:
        stage.speaker.word_ms = 5000
        done = await answer(stage, {"max_output_tokens": 30})
        assert done["status"] == "incomplete"
        # One token of text, 29 of sound at 50 ms each, cut at a whole delta.
        assert done["usage"]["output_token_details"] == {"text_tokens": 1, "audio_tokens": 26}


@virtual
async def test_a_function_call_counts_against_the_limit():
    async with Stage(TalkBrain(FunctionCall("f", '{"x": "' + "y" * 400 + '"}'))) as stage:
        done = await answer(stage, {"max_output_tokens": 50})
        assert done["status"] == "incomplete"
        assert done["output"] == []


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (BrainError("no model there", code="brain_unavailable"), "brain_unavailable",
         "no model there"),
        (ZeroDivisionError("oops"), "server_error", "ZeroDivisionError: oops"),
    ],
)  # fmt: skip
def test_a_failing_brain_fails_the_response_only(error: Exception, code: str, message: str):
    @virtual
    async def scene():
        async with Stage(TalkBrain(["Well, this is. ", error], "Fine again.")) as stage:
            await stage.say_text("hi")
            done = await answer(stage)
            assert done["status"] == "failed"
            assert done["status_details"] == {
                "type": "failed",
                "error": {"type": "server_error", "code": code, "message": message},
            }
            assert done["output"][0]["status"] == "incomplete"
            assert (await answer(stage))["status"] == "completed"

    scene()


@virtual
async def test_a_failing_voice_fails_the_response_only():
    async with Stage(TalkBrain("one two three four")) as stage:
        stage.speaker.fails = True
        done = await answer(stage)
        assert done["status"] == "failed"
        assert "the voice broke" in done["status_details"]["error"]["message"]
        stage.speaker.fails = False
        assert (await answer(stage))["status"] == "completed"
        assert stage.speaker.closed == len(stage.speaker.said)


@virtual
async def test_overrides_hold_for_one_response():
    async with Stage() as stage:
        await stage.say_text("hi")
        done = await answer(
            stage,
            {
                "instructions": "Just now.",
                "output_modalities": ["text"],
                "tools": [{"type": "function", "name": "f"}],
                "tool_choice": {"type": "function", "name": "f"},
                "max_output_tokens": 100,
            },
        )
        assert done["output_modalities"] == ["text"]
        assert done["max_output_tokens"] == 100
        request = stage.brain.requests[0]
        assert (request.instructions, request.tool_choice, request.forced_tool) == (
            "Just now.",
            "function",
            "f",
        )
        done = await answer(stage)
        assert done["output_modalities"] == ["audio"]
        assert stage.brain.requests[1].tool_choice == "auto"


@virtual
async def test_voice_speed_and_format_reach_the_speaker():
    async with Stage(TalkBrain("Hi.")) as stage:
        await stage.update(audio={"output": {"voice": "cedar", "speed": 1.25}})
        done = await answer(stage, {"audio": {"output": {"format": {"type": "audio/pcmu"}}}})
        assert stage.speaker.said == [("Hi.", "cedar", 1.25)]
        assert done["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": "cedar"}


BAD: list[tuple[Json, str, str]] = [
    ({"modalities": ["text"]}, "unknown_parameter", "response.modalities"),
    ({"conversation": "mine"}, "invalid_value", "response.conversation"),
    ({"metadata": {"a": 1}}, "invalid_type", "response.metadata.a"),
    ({"metadata": {f"k{i}": "" for i in range(17)}}, "object_above_max_length",
     "response.metadata"),
    ({"metadata": {"a": "x" * 513}}, "string_above_max_length", "response.metadata.a"),
    ({"input": [{"type": "message", "role": "user"}]}, "missing_required_parameter",
     "response.input[0].content"),
    ({"audio": {"input": {}}}, "unknown_parameter", "response.audio.input"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "code", "param"), BAD)
def test_refused_response_fields(asked: Json, code: str, param: str):
    @virtual
    async def scene():
        async with Stage() as stage:
            (event,) = await stage.send("response.create", response=asked)
            assert (event["error"]["code"], event["error"]["param"]) == (code, param)

    scene()


@virtual
async def test_null_instructions_of_a_response_are_the_sessions():
    async with Stage(brain := TalkBrain("Hi.", "Ho.")) as stage:
        await stage.update(instructions="Be brief.")
        assert (await answer(stage, {"instructions": None}))["status"] == "completed"
        assert (await answer(stage, {"instructions": ""}))["status"] == "completed"
        assert [request.instructions for request in brain.requests] == ["Be brief.", ""]


@virtual
async def test_cancelling_nothing_is_an_error():
    async with Stage() as stage:
        (event,) = await stage.send("response.cancel", event_id="e")
        assert event["error"]["code"] == "response_cancel_not_active"
        assert event["error"]["message"] == "Cancellation failed: no active response found"
        (event,) = await stage.send("response.cancel", response_id="resp_x")
        assert event["error"]["code"] == "response_cancel_not_active"


@virtual
async def test_a_response_beside_is_cancelled_by_its_id():
    async with Stage(TalkBrain("word " * 100), pace=Pace(1.0)) as stage:
        await stage.send("response.create", response={"conversation": "none"})
        await stage.send("response.create")
        beside = next(e for e in stage.events if e["type"] == "response.created")["response"]["id"]
        await stage.settle(1)
        events = await stage.send("response.cancel", response_id=beside)
        assert [e["response"]["id"] for e in events if e["type"] == "response.done"] == [beside]
        await stage.settle(1)
        await stage.send("response.cancel")
        assert stage.types[-1] == "rate_limits.updated"


@virtual
async def test_usage_counts_the_whole_context_each_time():
    async with Stage(TalkBrain("one two three four"), texts=["hello"]) as stage:
        await stage.update(instructions="x" * 400)
        await stage.append(1000, loud=True)
        await stage.append(300, loud=False)
        first = (await stage.until("response.done"))["response"]["usage"]
        # 300 ms of padding before nothing: the turn is 1,000 ms and 200 ms of silence.
        assert first["input_token_details"]["audio_tokens"] == 13
        assert first["input_token_details"]["text_tokens"] == 100 + 3
        assert first["input_token_details"]["cached_tokens"] == 0
        # Four words of 250 ms at 50 ms a token, 18 characters at four a token.
        assert first["output_token_details"] == {"text_tokens": 5, "audio_tokens": 20}
        assert first["output_tokens"] == 25
        assert first["total_tokens"] == first["input_tokens"] + 25
        second = (await answer(stage))["usage"]
        assert second["input_token_details"]["audio_tokens"] == 13 + 20
        assert second["input_token_details"]["text_tokens"] == 103 + 3 + 5
        details = second["input_token_details"]
        # 103 text and 13 audio tokens are shared: one block of 64.
        assert details["cached_tokens"] == 64
        assert details["cached_tokens_details"] == {
            "text_tokens": 64,
            "audio_tokens": 0,
            "image_tokens": 0,
        }
        limits = [e for e in stage.events if e["type"] == "rate_limits.updated"]
        left = [event["rate_limits"][0]["remaining"] for event in limits]
        assert left[0] - left[1] == second["total_tokens"]


@virtual
async def test_truncation_drops_the_oldest_and_disabled_refuses():
    async with Stage() as stage:
        for index in range(4):
            await stage.say_text(f"{index} " + "x" * 40_000)
        await answer(stage)
        assert [item.text[0] for item in stage.brain.requests[0].items] == ["2", "3"]
        await stage.update(truncation="disabled")
        (event,) = await stage.send("response.create")
        assert event["error"]["code"] == "conversation_too_long"
        ratio = {"type": "retention_ratio", "retention_ratio": 0.5}
        await stage.update(truncation=ratio)
        await answer(stage, {"output_modalities": ["text"]})
        texts = [item.text[:1] for item in stage.brain.requests[1].items]
        assert texts[0] == "3"
        limited = {**ratio, "retention_ratio": 1.0, "token_limits": {"post_instructions": 100}}
        await stage.update(truncation=limited)
        await stage.say_text("newest")
        await answer(stage, {"output_modalities": ["text"]})
        assert stage.brain.requests[2].items[-1].text == "newest"
        assert len(stage.brain.requests[2].items) < 5


def sound_times(stage: Stage) -> list[tuple[float, float]]:
    """Return (ms into the answer, s since its first delta) of each audio delta."""
    sent_ms, out = 0.0, []
    first = None
    for event, at in zip(stage.events, stage.times, strict=True):
        if event["type"] == "response.output_audio.delta":
            first = at if first is None else first
            out.append((sent_ms, at - first))
            sent_ms += len(base64.b64decode(event["delta"])) / 48
    return out


@virtual
async def test_answers_go_out_at_four_times_real_time_after_a_burst():
    async with Stage(TalkBrain("word " * 80), pace=Pace()) as stage:
        await answer(stage)
        times = sound_times(stage)
        assert times[-1][0] > 15_000
        for sent_ms, at_s in times:
            assert at_s == pytest.approx(max(0.0, sent_ms - 400) / 4000, abs=0.02)
        lengths = {round(b[0] - a[0]) for a, b in itertools.pairwise(times)}
        assert lengths == {100, 200}


@virtual
async def test_the_transcript_runs_ahead_of_its_sound_but_not_far():
    async with Stage(TalkBrain("word " * 80), pace=Pace()) as stage:
        await answer(stage)
        sent_ms, words = 0.0, 0
        for event in stage.events:
            if event["type"] == "response.output_audio_transcript.delta":
                words += 1
            elif event["type"] == "response.output_audio.delta":
                sent_ms += len(base64.b64decode(event["delta"])) / 48
                begun = min(80, -(-sent_ms // 250))
                assert begun <= words <= begun + 3


@virtual
async def test_text_answers_have_a_pace_too():
    async with Stage(TalkBrain("word " * 120), pace=Pace()) as stage:
        await stage.update(output_modalities=["text"])
        start = asyncio.get_running_loop().time()
        await answer(stage)
        # 60 words a second.
        assert asyncio.get_running_loop().time() - start == pytest.approx(2.0, abs=0.2)


@virtual
async def test_an_answer_waits_for_a_reader_that_lags():
    gate = asyncio.Event()
    gate.set()

    async def ready() -> None:
        await gate.wait()

    async with Stage(TalkBrain("word " * 40), gate=ready) as stage:
        gate.clear()
        await stage.send("response.create")
        await stage.settle(60)
        assert "response.output_audio.delta" not in stage.types
        gate.set()
        await stage.until("response.done")


@virtual
async def test_closing_in_the_middle_leaves_nothing_behind():
    async with Stage(TalkBrain("word " * 400), pace=Pace(1.0)) as stage:
        await stage.send("response.create")
        await stage.settle(2)
    assert stage.brain.closed == 1
    assert stage.speaker.closed == len(stage.speaker.said)
