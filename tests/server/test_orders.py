"""The orders of events, written down from captures of the service, flow by flow."""

from __future__ import annotations

import base64
import itertools
from typing import Any

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.brain.interface import FunctionCall
from tests.server.fakes import Stage, TalkBrain, virtual

LONG = " ".join(["word"] * 60) + "."
CREATED = ["conversation.item.added", "conversation.item.done"]
OPENED = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
CLOSED = ["response.content_part.done", "conversation.item.done", "response.output_item.done"]
TEXT_TAIL = ["response.output_text.done", *CLOSED]
AUDIO_TAIL = ["response.output_audio.done", "response.output_audio_transcript.done", *CLOSED]
ENDED = ["response.done", "rate_limits.updated"]
TEXT_DELTA = "response.output_text.delta"
AUDIO_DELTAS = {"response.output_audio.delta", "response.output_audio_transcript.delta"}


def folded(types: list[str]) -> list[str]:
    """Fold runs of deltas, audio and its transcript as one kind."""
    kinds = ["audio deltas" if kind in AUDIO_DELTAS else kind for kind in types]
    return [kind for kind, _ in itertools.groupby(kinds)]


def of(stage: Stage, kind: str) -> list[dict[str, Any]]:
    return [event for event in stage.events if event["type"] == kind]


@virtual
async def test_connecting_brings_session_created_and_nothing_else():
    async with Stage() as stage:
        await stage.settle(70)
        assert stage.types == ["session.created"]


@virtual
async def test_a_text_turn():
    async with Stage(TalkBrain("Hello there.")) as stage:
        await stage.update(output_modalities=["text"])
        before = len(stage.events)
        user_id = await stage.say_text("hi")
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        assert folded(stage.types[before:]) == [
            *CREATED,
            "response.created",
            *OPENED,
            TEXT_DELTA,
            *TEXT_TAIL,
            *ENDED,
        ]
        added, done = of(stage, "conversation.item.added"), of(stage, "conversation.item.done")
        assert added[0]["item"]["status"] == "completed"
        assert added[0]["previous_item_id"] is None
        # The assistant's `.added` names its predecessor, its `.done` does not.
        assert added[1]["previous_item_id"] == user_id
        assert added[1]["item"]["status"] == "in_progress"
        assert added[1]["item"]["content"] == []
        assert done[1]["previous_item_id"] is None
        assert done[1]["item"]["content"] == [{"type": "output_text", "text": "Hello there."}]
        part = of(stage, "response.content_part.added")[0]["part"]
        assert part == {"type": "text", "text": ""}
        assert of(stage, "response.content_part.done")[0]["part"]["text"] == "Hello there."
        deltas = "".join(event["delta"] for event in of(stage, TEXT_DELTA))
        assert deltas == of(stage, "response.output_text.done")[0]["text"] == "Hello there."


@virtual
async def test_a_spoken_answer():
    async with Stage(TalkBrain("Hello there. How are you today?")) as stage:
        await stage.say_text("hi")
        before = len(stage.events)
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        types = stage.types[before:]
        assert folded(types) == ["response.created", *OPENED, "audio deltas", *AUDIO_TAIL, *ENDED]
        assert of(stage, "response.content_part.added")[0]["part"] == {
            "type": "audio",
            "transcript": "",
        }
        # The transcript runs ahead of the sound, and is all there when the sound ends.
        assert types[4] == "response.output_audio_transcript.delta"
        words = [e["delta"] for e in of(stage, "response.output_audio_transcript.delta")]
        assert "".join(words) == "Hello there. How are you today?"
        assert len(words) == 6
        sound = b"".join(
            base64.b64decode(event["delta"]) for event in of(stage, "response.output_audio.delta")
        )
        # Six words of 250 ms at 24 kHz.
        assert abs(len(sound) / 48 - 1500) < 5
        item = of(stage, "conversation.item.done")[-1]["item"]
        assert item["content"] == [
            {"type": "output_audio", "transcript": "Hello there. How are you today?"}
        ]


@virtual
async def test_every_event_of_a_part_names_its_place():
    async with Stage() as stage:
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        places = {
            tuple(event[key] for key in ("response_id", "item_id", "output_index", "content_index"))
            for event in stage.events
            if "content_index" in event
        }
        response = of(stage, "response.done")[0]["response"]
        assert places == {(response["id"], response["output"][0]["id"], 0, 0)}


@virtual
async def test_created_and_done_show_the_response():
    async with Stage() as stage:
        await stage.say_text("hi")
        await stage.send("response.create", response={"metadata": {"topic": "greeting"}})
        await stage.until("rate_limits.updated")
        created = of(stage, "response.created")[0]["response"]
        done = of(stage, "response.done")[0]["response"]
        assert created["status"] == "in_progress"
        assert created["usage"] is None
        assert created["output"] == []
        assert created["metadata"] == done["metadata"] == {"topic": "greeting"}
        assert created["id"] == done["id"]
        assert done["status"] == "completed"
        assert done["status_details"] is None
        assert [item["status"] for item in done["output"]] == ["completed"]
        assert done["conversation_id"] == created["conversation_id"]
        limits = of(stage, "rate_limits.updated")[0]["rate_limits"]
        assert [limit["name"] for limit in limits] == ["tokens"]


@virtual
async def test_a_manual_audio_turn():
    async with Stage(texts=["what time is it"]) as stage:
        transcription = {"model": "gpt-4o-mini-transcribe"}
        await stage.update(
            audio={"input": {"turn_detection": None, "transcription": transcription}}
        )
        before = len(stage.events)
        assert await stage.append(500, loud=True) == []
        await stage.send("input_audio_buffer.commit")
        assert stage.types[before:] == ["input_audio_buffer.committed", *CREATED]
        committed = stage.events[before]
        item = stage.events[before + 2]["item"]
        assert committed["item_id"] == item["id"]
        assert committed["previous_item_id"] is None
        assert item["content"] == [{"type": "input_audio", "transcript": None}]
        await stage.until("conversation.item.input_audio_transcription.completed")
        heard = stage.events[before + 3 :]
        assert {event["type"].rpartition(".")[2] for event in heard} == {"delta", "completed"}
        assert "".join(event.get("delta", "") for event in heard) == "what time is it"
        assert heard[-1]["transcript"] == "what time is it"
        assert heard[-1]["item_id"] == item["id"]
        # No response by itself.
        await stage.settle(5)
        assert "response.created" not in stage.types


@virtual
async def test_a_turn_found_by_the_server():
    async with Stage(texts=["hello"]) as stage:
        await stage.append(400, loud=False)
        await stage.append(1000, loud=True)
        await stage.append(400, loud=False)
        await stage.until("rate_limits.updated")
        assert folded(stage.types) == [
            "session.created",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            *CREATED,
            "response.created",
            *OPENED,
            "audio deltas",
            *AUDIO_TAIL,
            *ENDED,
        ]
        started, stopped, committed, added = stage.events[1:5]
        assert started["item_id"] == stopped["item_id"] == committed["item_id"]
        assert added["item"]["id"] == started["item_id"]
        # 300 ms of padding before the onset at 400 ms; 200 ms of silence behind the end.
        assert abs(started["audio_start_ms"] - 100) <= 32
        assert abs(stopped["audio_end_ms"] - 1600) <= 64
        assert stage.brain.requests[0].items[0].text == "hello"
        assert stage.brain.requests[0].items[0].spoken


@virtual
async def test_transcription_does_not_hold_up_the_response_of_a_turn():
    async with Stage(texts=["hello"]) as stage:
        await stage.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
        await stage.append(800, loud=True)
        await stage.append(300, loud=False)
        done = await stage.until("conversation.item.input_audio_transcription.completed")
        assert done["transcript"] == "hello"
        assert done["usage"] == {"type": "duration", "seconds": 2}
        await stage.until("rate_limits.updated")


@virtual
async def test_barge_in_ends_the_answer_at_once():
    async with Stage(TalkBrain(LONG), pace=Pace(4.0), texts=["hello", "stop"]) as stage:
        await stage.append(800, loud=True)
        await stage.append(300, loud=False)
        await stage.until("response.output_audio.delta")
        await stage.settle(1.0)
        before = len(stage.events)
        await stage.append(200, loud=True)
        types = stage.types[before:]
        assert types == ["input_audio_buffer.speech_started", *AUDIO_TAIL, *ENDED]
        response = of(stage, "response.done")[0]["response"]
        assert response["status"] == "cancelled"
        assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert response["output"][0]["status"] == "incomplete"
        assert response["usage"]["output_token_details"]["audio_tokens"] > 0
        item_id = response["output"][0]["id"]
        # Nothing of the old answer comes after its tail.
        quiet = len(stage.events)
        await stage.settle(3)
        assert stage.types[quiet:] == []
        await stage.send(
            "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=700
        )
        assert stage.types[-1] == "conversation.item.truncated"
        await stage.append(300, loud=False)
        rest = stage.types[quiet + 1 :]
        assert rest[:2] == ["input_audio_buffer.speech_stopped", "input_audio_buffer.committed"]
        await stage.until("response.created", since=quiet)


@virtual
async def test_after_generation_speech_cancels_nothing():
    async with Stage(texts=["hello", "stop"]) as stage:
        await stage.append(800, loud=True)
        await stage.append(300, loud=False)
        await stage.until("rate_limits.updated")
        before = len(stage.events)
        await stage.append(200, loud=True)
        assert stage.types[before:] == ["input_audio_buffer.speech_started"]


@virtual
async def test_response_cancel_brings_the_same_tail():
    async with Stage(TalkBrain(LONG), pace=Pace(4.0)) as stage:
        await stage.say_text("story")
        await stage.send("response.create")
        await stage.settle(1.0)
        events = await stage.send("response.cancel")
        assert [event["type"] for event in events] == [*AUDIO_TAIL, *ENDED]
        details = events[-2]["response"]["status_details"]
        assert details == {"type": "cancelled", "reason": "client_cancelled"}
        transcript = events[1]["transcript"]
        assert LONG.startswith(transcript)
        assert 0 < len(transcript) < len(LONG)
        await stage.settle(3)
        assert stage.types[-1] == "rate_limits.updated"
        assert stage.brain.closed == 1


@virtual
async def test_cancel_before_the_first_word_ends_an_empty_response():
    async with Stage(TalkBrain([30.0, "late"])) as stage:
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.settle(1.0)
        events = await stage.send("response.cancel")
        assert [event["type"] for event in events] == ENDED
        assert events[0]["response"]["output"] == []


@virtual
async def test_a_cancelled_brain_stops_thinking():
    async with Stage(TalkBrain(["Well. And ", 100.0, "late"])) as stage:
        await stage.send("response.create")
        await stage.until("response.output_audio.delta")
        await stage.send("response.cancel")
        await stage.settle(0.1)
        assert stage.brain.closed == 1


@virtual
async def test_a_function_call():
    call = FunctionCall("get_weather", '{"city": "Paris", "unit": "celsius"}')
    async with Stage(TalkBrain(call, "Sunny.")) as stage:
        await stage.update(tools=[{"type": "function", "name": "get_weather", "parameters": {}}])
        await stage.say_text("weather in Paris")
        before = len(stage.events)
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        assert folded(stage.types[before:]) == [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "conversation.item.done",
            "response.output_item.done",
            *ENDED,
        ]
        added = of(stage, "response.output_item.added")[0]["item"]
        assert added["status"] == "in_progress"
        assert added["arguments"] == ""
        done = of(stage, "response.function_call_arguments.done")[0]
        deltas = of(stage, "response.function_call_arguments.delta")
        assert len(deltas) > 1
        assert "".join(event["delta"] for event in deltas) == done["arguments"] == call.arguments
        assert done["name"] == "get_weather"
        assert done["call_id"] == added["call_id"]
        before = len(stage.events)
        output = {"type": "function_call_output", "call_id": done["call_id"], "output": "sunny"}
        await stage.send("conversation.item.create", item=output)
        await stage.send("response.create")
        await stage.until("rate_limits.updated", since=before)
        assert folded(stage.types[before:])[:3] == [*CREATED, "response.created"]
        assert stage.brain.requests[1].items[-1].output == "sunny"


@virtual
async def test_a_message_and_then_calls_in_one_response():
    calls = [FunctionCall("a", "{}"), FunctionCall("b", "{}")]
    async with Stage(TalkBrain(["One moment. ", *calls])) as stage:
        await stage.say_text("do it")
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        output = of(stage, "response.done")[0]["response"]["output"]
        assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
        indices = [event["output_index"] for event in of(stage, "response.output_item.added")]
        assert indices == [0, 1, 2]
        ends = [event["item"]["id"] for event in of(stage, "response.output_item.done")]
        assert ends == [item["id"] for item in output]


@virtual
async def test_out_of_band_responses_leave_the_conversation_alone():
    async with Stage(TalkBrain(LONG), pace=Pace(4.0)) as stage:
        await stage.say_text("story")
        await stage.send("response.create")
        asked = {
            "conversation": "none",
            "output_modalities": ["text"],
            "metadata": {"n": "1"},
            "input": [],
        }
        before = len(stage.events)
        for _ in range(2):
            await stage.send("response.create", response=asked)
        await stage.settle(10)
        await stage.until("rate_limits.updated")
        created = [
            event["response"]
            for event in of(stage, "response.created")
            if event["response"]["metadata"]
        ]
        assert [response["conversation_id"] for response in created] == [None, None]
        for response in created:
            mine = [
                event
                for event in stage.events[before:]
                if event.get("response_id", event.get("response", {}).get("id")) == response["id"]
            ]
            assert folded([event["type"] for event in mine]) == [
                "response.created",
                "response.output_item.added",
                "response.content_part.added",
                TEXT_DELTA,
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.done",
            ]
        assert stage.brain.requests[-1].items == ()
        # Of the mirrors only the default conversation's own exist.
        assert len(of(stage, "conversation.item.added")) == 2


@virtual
async def test_only_one_response_at_a_time():
    async with Stage(TalkBrain(LONG), pace=Pace(4.0)) as stage:
        await stage.say_text("story")
        await stage.send("response.create")
        active = of(stage, "response.created")[0]["response"]["id"]
        error = (await stage.send("response.create", event_id="mine"))[0]["error"]
        assert error["code"] == "conversation_already_has_active_response"
        assert error["message"] == (
            f"Conversation already has an active response in progress: {active}. "
            "Wait until the response is finished before creating a new one."
        )
        assert error["event_id"] == "mine"


@virtual
async def test_without_interrupt_the_answer_goes_on_and_the_next_turn_finds_it_active():
    async with Stage(TalkBrain(LONG), pace=Pace(1.0), texts=["a", "b"]) as stage:
        rules = {"type": "server_vad", "interrupt_response": False}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.append(600, loud=True)
        await stage.append(300, loud=False)
        await stage.until("response.output_audio.delta")
        before = len(stage.events)
        await stage.append(600, loud=True)
        await stage.append(300, loud=False)
        types = [kind for kind in stage.types[before:] if kind not in AUDIO_DELTAS]
        assert types == [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            *CREATED,
            "error",
        ]
        assert stage.events[-1]["error"]["code"] == "conversation_already_has_active_response"


@virtual
async def test_without_create_response_a_turn_is_committed_and_not_answered():
    async with Stage(texts=["a"]) as stage:
        rules = {"type": "server_vad", "create_response": False}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.append(600, loud=True)
        await stage.append(300, loud=False)
        await stage.settle(2)
        assert stage.types[-2:] == CREATED


@virtual
async def test_idle_timeout_speaks_up_after_the_answer_was_heard():
    async with Stage(TalkBrain("Four words, one second.")) as stage:
        rules = {"type": "server_vad", "idle_timeout_ms": 5000}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        before, start = len(stage.events), stage.times[-1]
        await stage.append(300, loud=False)
        await stage.until("input_audio_buffer.timeout_triggered", since=before)
        await stage.until("rate_limits.updated", since=before)
        assert folded(stage.types[before:])[:5] == [
            "input_audio_buffer.timeout_triggered",
            "input_audio_buffer.committed",
            *CREATED,
            "response.created",
        ]
        # One second of sound, then five of silence.
        assert abs(stage.times[before] - start - 6.0) < 0.1
        assert stage.events[before]["audio_end_ms"] == 300
        assert stage.brain.requests[-1].idle


@virtual
async def test_idle_timeout_waits_for_nobody_who_speaks():
    async with Stage(TalkBrain("Hi."), texts=["a"]) as stage:
        rules = {"type": "server_vad", "idle_timeout_ms": 5000}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.say_text("hi")
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        await stage.append(300, loud=True)
        await stage.settle(20)
        assert "input_audio_buffer.timeout_triggered" not in stage.types


@virtual
async def test_a_session_expires():
    async with Stage(max_session_s=3600.0) as stage:
        await stage.settle(3599)
        assert stage.types == ["session.created"]
        await stage.settle(2)
        assert stage.expired
        assert stage.events[-1]["error"] == {
            "type": "invalid_request_error",
            "code": "session_expired",
            "message": "Your session hit the maximum duration of 60 minutes.",
            "param": None,
            "event_id": None,
        }
        before = len(stage.events)
        await stage.send("response.create")
        assert len(stage.events) == before
