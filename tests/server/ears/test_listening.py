"""The input side: buffer, turns, formats, transcription."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime_nb.audio.g711 import alaw_encode, ulaw_encode
from realtime_nb.server.ears.input_buffer import MAX_APPEND_BYTES
from tests.server.fakes import Stage, tone, virtual

MANUAL: dict[str, Any] = {"audio": {"input": {"turn_detection": None}}}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@virtual
async def test_commit_needs_100_ms():
    async with Stage() as stage:
        await stage.update(**MANUAL)
        (event,) = await stage.send("input_audio_buffer.commit", event_id="e")
        assert event["error"] == {
            "type": "invalid_request_error",
            "code": "input_audio_buffer_commit_empty",
            "message": (
                "Error committing input audio buffer: buffer too small. Expected at least 100ms "
                "of audio, but buffer only has 0.00ms of audio."
            ),
            "param": None,
            "event_id": "e",
        }
        await stage.append(80, loud=True)
        (event,) = await stage.send("input_audio_buffer.commit")
        assert "only has 80.00ms of audio" in event["error"]["message"]
        await stage.append(20, loud=True)
        events = await stage.send("input_audio_buffer.commit")
        assert events[0]["type"] == "input_audio_buffer.committed"
        # Since the last commit: the next one starts from nothing.
        (event,) = await stage.send("input_audio_buffer.commit")
        assert "0.00ms" in event["error"]["message"]


@virtual
async def test_clear_empties_the_buffer():
    async with Stage() as stage:
        await stage.update(**MANUAL)
        await stage.append(300, loud=True)
        (event,) = await stage.send("input_audio_buffer.clear")
        assert event["type"] == "input_audio_buffer.cleared"
        (event,) = await stage.send("input_audio_buffer.commit")
        assert event["error"]["code"] == "input_audio_buffer_commit_empty"


@virtual
async def test_clear_forgets_an_open_turn():
    async with Stage() as stage:
        await stage.append(300, loud=True)
        assert stage.types[-1] == "input_audio_buffer.speech_started"
        await stage.send("input_audio_buffer.clear")
        before = len(stage.events)
        await stage.append(600, loud=False)
        assert stage.types[before:] == []
        # The clock of all audio ever appended goes on.
        await stage.append(300, loud=True)
        assert abs(stage.events[-1]["audio_start_ms"] - 600) <= 32


@virtual
async def test_a_commit_inside_a_turn_keeps_the_turns_item():
    async with Stage(texts=["hel", "lo"]) as stage:
        await stage.append(300, loud=True)
        item_id = stage.events[-1]["item_id"]
        before = len(stage.events)
        await stage.send("input_audio_buffer.commit")
        assert stage.events[before]["item_id"] == item_id
        await stage.append(300, loud=False)
        assert "input_audio_buffer.speech_stopped" not in stage.types


@pytest.mark.parametrize(
    ("audio", "why"),
    [
        ("not base64!", "base64"),
        ("AAA", "base64"),
        ("é", "base64"),
        (b64(b"abc"), "whole 16-bit samples"),
        (b64(bytes(MAX_APPEND_BYTES + 2)), "at most 15728640 bytes"),
    ],
    ids=["signs", "padding", "not ascii", "half a sample", "too big"],
)
def test_refused_appends(audio: str, why: str):
    @virtual
    async def scene():
        async with Stage() as stage:
            await stage.update(**MANUAL)
            (event,) = await stage.send("input_audio_buffer.append", audio=audio, event_id="e")
            error = event["error"]
            assert (error["code"], error["param"]) == ("invalid_value", "audio")
            assert why in error["message"]

    scene()


@virtual
async def test_an_append_of_15_mib_is_taken():
    async with Stage() as stage:
        await stage.update(**MANUAL)
        assert (
            await stage.send("input_audio_buffer.append", audio=b64(bytes(MAX_APPEND_BYTES))) == []
        )
        await stage.send("input_audio_buffer.commit")
        assert stage.types[-3] == "input_audio_buffer.committed"


@pytest.mark.parametrize(
    ("kind", "encode"), [("audio/pcmu", ulaw_encode), ("audio/pcma", alaw_encode)]
)
def test_telephone_audio_both_ways(kind: str, encode: Any):
    @virtual
    async def scene():
        async with Stage(texts=["hello"]) as stage:
            fmt = {"format": {"type": kind}}
            await stage.update(audio={"input": fmt, "output": fmt})
            spoken = encode(tone(1000, rate=8_000)) + encode(tone(300, 0, rate=8_000))
            for first in range(0, len(spoken), 160):
                await stage.send(
                    "input_audio_buffer.append", audio=b64(spoken[first : first + 160])
                )
            done = await stage.until("response.done")
            assert done["response"]["audio"]["output"]["format"] == {"type": kind}
            started = await stage.until("input_audio_buffer.speech_started")
            stopped = await stage.until("input_audio_buffer.speech_stopped")
            assert started["audio_start_ms"] == 0
            assert abs(stopped["audio_end_ms"] - 1200) <= 64
            assert abs(stage.recogniser.heard_samples[0] / 16 - 1200) <= 64
            sound = b"".join(
                base64.b64decode(event["delta"])
                for event in stage.events
                if event["type"] == "response.output_audio.delta"
            )
            # Four words of 250 ms, one byte a sample.
            assert len(sound) == 8_000
            (event,) = await stage.send("conversation.item.retrieve", item_id=started["item_id"])
            kept = base64.b64decode(event["item"]["content"][0]["audio"])
            assert spoken.startswith(kept)

    scene()


@virtual
async def test_48_khz_input_is_accepted():
    async with Stage(texts=["hello"]) as stage:
        fmt = {"type": "audio/pcm", "rate": 48_000}
        (event,) = await stage.update(audio={"input": {"format": fmt}})
        assert event["session"]["audio"]["input"]["format"] == fmt
        # The openai package's types know 24 kHz only.
        assert "rate" in str(stage.complaints.pop())
        await stage.append(600, loud=True, rate=48_000)
        await stage.append(300, loud=False, rate=48_000)
        stopped = await stage.until("input_audio_buffer.speech_stopped")
        assert abs(stopped["audio_end_ms"] - 800) <= 64


@virtual
async def test_a_pending_buffer_follows_a_change_of_format():
    async with Stage() as stage:
        await stage.update(**MANUAL)
        await stage.append(200, loud=True)
        await stage.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
        await stage.send("input_audio_buffer.append", audio=b64(ulaw_encode(tone(100, rate=8_000))))
        committed = (await stage.send("input_audio_buffer.commit"))[0]
        (event,) = await stage.send("conversation.item.retrieve", item_id=committed["item_id"])
        assert len(base64.b64decode(event["item"]["content"][0]["audio"])) == 2_400


@virtual
async def test_silence_and_padding_are_obeyed():
    async with Stage(texts=["a"]) as stage:
        rules = {"type": "server_vad", "silence_duration_ms": 800, "prefix_padding_ms": 100}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.append(1000, loud=False)
        await stage.append(500, loud=True)
        await stage.append(700, loud=False)
        assert stage.types[-1] == "input_audio_buffer.speech_started"
        assert abs(stage.events[-1]["audio_start_ms"] - 900) <= 32
        await stage.append(200, loud=False)
        stopped = await stage.until("input_audio_buffer.speech_stopped")
        assert abs(stopped["audio_end_ms"] - 2300) <= 64


@virtual
async def test_the_threshold_is_obeyed():
    async with Stage() as stage:
        rules = {"type": "server_vad", "threshold": 0.99}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.append(1000, loud=True)
        assert stage.types[-1] == "session.updated"


@pytest.mark.parametrize(
    ("eagerness", "partial", "waits_ms"),
    [
        ("high", "what time is it", 200),
        ("auto", "what time is it", 350),
        ("medium", "what time is it", 350),
        ("low", "what time is it", 700),
        ("high", "what is seven plus", 2000),
        ("medium", "tell me a story and", 4000),
        ("low", "my name is", 8000),
        ("medium", "", 900),
    ],
)
def test_semantic_turns_wait_for_the_rest_of_the_sentence(
    eagerness: str, partial: str, waits_ms: float
):
    @virtual
    async def scene():
        async with Stage(texts=[partial]) as stage:
            stage.recogniser.partial = partial
            rules = {"type": "semantic_vad", "eagerness": eagerness}
            await stage.update(audio={"input": {"turn_detection": rules}})
            await stage.append(1000, loud=True)
            await stage.append(waits_ms - 64, loud=False)
            assert stage.types[-1] == "input_audio_buffer.speech_started"
            await stage.append(192, loud=False)
            stopped = await stage.until("input_audio_buffer.speech_stopped")
            assert abs(stopped["audio_end_ms"] - 1000 - waits_ms) <= 64

    scene()


@virtual
async def test_a_change_of_patience_holds_at_once_and_keeps_the_turn():
    async with Stage(texts=["a"]) as stage:
        await stage.append(500, loud=True)
        rules = {"type": "server_vad", "silence_duration_ms": 1000}
        await stage.update(audio={"input": {"turn_detection": rules}})
        await stage.append(900, loud=False)
        assert "input_audio_buffer.speech_stopped" not in stage.types
        await stage.append(200, loud=False)
        assert "input_audio_buffer.speech_stopped" in stage.types


@virtual
async def test_the_recogniser_hears_the_turn_with_its_padding():
    async with Stage(texts=["a"]) as stage:
        await stage.append(1000, loud=False)
        await stage.append(500, loud=True)
        await stage.append(300, loud=False)
        heard_ms = stage.recogniser.heard_samples[0] / 16
        assert abs(heard_ms - (300 + 500 + 200)) <= 96
        assert stage.recogniser.prompts == [(("hello",), "")]


@virtual
async def test_a_turn_soon_after_another_hears_only_itself():
    async with Stage(texts=["a", "b"]) as stage:
        await stage.append(500, loud=False)
        for _ in range(2):
            await stage.append(500, loud=True)
            await stage.append(256, loud=False)
        await stage.until("rate_limits.updated")
        # The second one's padding reaches back to the first one's end, not into it.
        assert abs(stage.recogniser.heard_samples[1] / 16 - 750) <= 64


@virtual
async def test_the_prompt_reaches_the_recogniser():
    async with Stage(texts=["a"]) as stage:
        transcription = {"model": "whisper-1", "prompt": "Zürich, Aarau"}
        await stage.update(audio={"input": {"transcription": transcription}})
        await stage.append(500, loud=True)
        assert stage.recogniser.prompts == [(("hello",), "Zürich, Aarau")]


@virtual
async def test_no_transcription_is_told_unless_it_is_wanted():
    async with Stage(texts=["hello"]) as stage:
        await stage.append(500, loud=True)
        await stage.append(300, loud=False)
        await stage.until("response.done")
        assert not [kind for kind in stage.types if "transcription" in kind]


@virtual
async def test_committed_silence_has_an_empty_transcript():
    async with Stage() as stage:
        transcription = {"model": "gpt-4o-mini-transcribe"}
        await stage.update(
            audio={"input": {"turn_detection": None, "transcription": transcription}}
        )
        await stage.append(500, loud=False)
        await stage.send("input_audio_buffer.commit")
        done = await stage.until("conversation.item.input_audio_transcription.completed")
        assert done["transcript"] == ""
        assert done["usage"] == {
            "type": "tokens",
            "total_tokens": 5,
            "input_tokens": 5,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 5},
            "output_tokens": 0,
        }


@pytest.mark.parametrize(
    ("setup", "language", "why"),
    [
        ({"deaf": True}, None, "no recogniser is installed"),
        ({"texts": [RuntimeError("no memory")]}, None, "the recogniser failed: no memory"),
        ({"texts": ["hello"]}, "de", "hears English only, not 'de'"),
    ],
    ids=["no recogniser", "it fails", "another language"],
)
def test_a_failed_transcription_says_why_and_the_turn_goes_on(
    setup: dict[str, Any], language: str | None, why: str
):
    @virtual
    async def scene():
        async with Stage(**setup) as stage:
            transcription = {"model": "gpt-4o-transcribe", "language": language}
            await stage.update(audio={"input": {"transcription": transcription}})
            await stage.append(500, loud=True)
            await stage.append(300, loud=False)
            failed = await stage.until("conversation.item.input_audio_transcription.failed")
            assert why in failed["error"]["message"]
            done = await stage.until("response.done")
            assert done["response"]["status"] == "completed"

    scene()


@virtual
async def test_what_is_being_heard_at_the_end_is_given_back():
    async with Stage(texts=["a"]) as stage:
        await stage.append(500, loud=True)
        assert stage.recogniser.heard_samples == []
    assert len(stage.recogniser.heard_samples) == 1


@virtual
async def test_english_is_english():
    async with Stage(texts=["hello"]) as stage:
        transcription = {"model": "gpt-4o-transcribe", "language": "en-GB"}
        await stage.update(audio={"input": {"transcription": transcription}})
        await stage.append(500, loud=True)
        await stage.append(300, loud=False)
        await stage.until("conversation.item.input_audio_transcription.completed")
