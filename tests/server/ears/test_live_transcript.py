"""Streaming transcription: words while one speaks, `completed` only after the commit."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.server.ears import phrases
from tests.server.fakes import Stage, virtual

Json = dict[str, Any]

DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"
FAILED = "conversation.item.input_audio_transcription.failed"


async def streaming(stage: Stage, model: str = "gpt-live-transcribe", **more: Any) -> None:
    transcription = {"model": model, **more}
    (event,) = await stage.update(
        audio={"input": {"transcription": transcription, "turn_detection": None}}
    )
    assert event["type"] == "session.updated", event


async def speak(stage: Stage, ms: float = 600, pause_ms: float = 600) -> list[Json]:
    """Say something and pause; return what came meanwhile."""
    before = len(stage.events)
    await stage.append(ms, loud=True)
    await stage.append(pause_ms, loud=False)
    await stage.settle()
    return stage.events[before:]


@virtual
async def test_words_come_before_the_commit_under_the_id_of_the_item():
    async with Stage(kind="transcription", texts=["hello world", "good bye"]) as stage:
        await streaming(stage)
        first = await speak(stage)
        assert [event["type"] for event in first] == [DELTA, DELTA]
        second = await speak(stage)
        told = "".join(event["delta"] for event in first + second)
        assert told == "hello world good bye"
        (item_id,) = {event["item_id"] for event in first + second}

        before = len(stage.events)
        await stage.send("input_audio_buffer.commit")
        done = await stage.until(COMPLETED)
        assert stage.types[before:] == [
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            COMPLETED,
        ]
        assert stage.events[before]["item_id"] == done["item_id"] == item_id
        assert done["transcript"] == told
        assert done["usage"] == {"type": "duration", "seconds": 3}


@virtual
async def test_a_commit_ends_the_phrase_under_way():
    async with Stage(kind="transcription", texts=["hello", "again"]) as stage:
        await streaming(stage, "gpt-realtime-whisper", language="en")
        await stage.append(500, loud=True)
        assert DELTA not in stage.types
        await stage.send("input_audio_buffer.commit")
        done = await stage.until(COMPLETED)
        assert done["transcript"] == "hello"
        # The next words belong to another item.
        (delta,) = await speak(stage)
        assert (delta["delta"], delta["item_id"] == done["item_id"]) == ("again", False)
        retrieved = await stage.send("conversation.item.retrieve", item_id=done["item_id"])
        assert retrieved[0]["item"]["content"][0]["transcript"] == "hello"


@virtual
async def test_committed_silence_has_no_words():
    async with Stage(kind="transcription") as stage:
        await streaming(stage)
        await stage.append(500, loud=False)
        await stage.send("input_audio_buffer.commit")
        assert (await stage.until(COMPLETED))["transcript"] == ""
        assert DELTA not in stage.types


@virtual
async def test_a_clear_forgets_what_was_said():
    async with Stage(kind="transcription", texts=["one", "two", "three"]) as stage:
        await streaming(stage)
        (first,) = await speak(stage)
        await stage.append(300, loud=True)
        await stage.send("input_audio_buffer.clear")
        await stage.send("input_audio_buffer.commit")
        assert stage.events[-1]["error"]["code"] == "input_audio_buffer_commit_empty"
        await stage.append(300, loud=False)
        (delta,) = await speak(stage)
        assert delta["item_id"] != first["item_id"]
        await stage.send("input_audio_buffer.commit")
        assert (await stage.until(COMPLETED))["transcript"] == delta["delta"]


@pytest.mark.parametrize("deaf", [True, False])
def test_what_cannot_be_heard_fails_at_once_and_once(deaf: bool):  # noqa: FBT001 -- a parameter
    @virtual
    async def scene():
        more = {} if deaf else {"languages": ["fr"]}
        async with Stage(kind="transcription", deaf=deaf, texts=["a", "b"]) as stage:
            await streaming(stage, **more)
            (event,) = await speak(stage)
            assert event["type"] == FAILED
            assert await speak(stage) == []
            before = len(stage.events)
            await stage.send("input_audio_buffer.commit")
            await stage.settle()
            assert stage.types[before:] == [
                "input_audio_buffer.committed",
                "conversation.item.added",
                "conversation.item.done",
            ]

    scene()


@virtual
async def test_who_never_pauses_is_heard_all_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(phrases, "LONGEST_MS", 1_000.0)
    async with Stage(kind="transcription", texts=["one", "two", "three"]) as stage:
        await streaming(stage)
        await stage.append(2_500, loud=True)
        await stage.settle()
        assert [event["delta"] for event in stage.events if event["type"] == DELTA] == [
            "one",
            " two",
        ]


@virtual
async def test_another_model_and_another_format_take_over():
    async with Stage(kind="transcription", texts=["hello", "telephone", "turn"]) as stage:
        await streaming(stage)
        await speak(stage)
        audio: Json = {"input": {"format": {"type": "audio/pcm", "rate": 48_000}}}
        stage.complaints.clear()
        await stage.update(audio=audio)
        stage.complaints.clear()  # 24 kHz is all that the openai package knows of PCM
        await stage.append(600, loud=True, rate=48_000)
        await stage.append(600, loud=False, rate=48_000)
        await stage.settle()
        assert stage.events[-1]["delta"] == "telephone"
        vad = {"type": "server_vad"}
        heard = {"model": "gpt-4o-transcribe"}
        await stage.update(audio={"input": {"transcription": heard, "turn_detection": vad}})
        stage.complaints.clear()
        await stage.append(600, loud=True, rate=48_000)
        await stage.append(600, loud=False, rate=48_000)
        await stage.until("input_audio_buffer.speech_stopped")
        assert (await stage.until(COMPLETED))["transcript"] == "turn"


@virtual
async def test_a_session_may_stream_from_its_first_moment():
    audio: Json = {"transcription": {"model": "gpt-live-transcribe"}, "turn_detection": None}
    config = {"type": "transcription", "audio": {"input": audio}}
    async with Stage(kind="transcription", texts=["hello"], config=config) as stage:
        (delta,) = await speak(stage)
        assert delta["delta"] == "hello"


@virtual
async def test_who_never_commits_fills_no_memory_and_all_of_it_counts():
    async with Stage(kind="transcription") as stage:
        await streaming(stage)
        for _ in range(5):
            await stage.append(30_000, loud=False)
        held = stage.session._listening._buffer
        assert 60_000 <= held.duration_ms <= 66_000
        assert held.end_ms == 150_000
        await stage.send("input_audio_buffer.commit")
        done = await stage.until(COMPLETED)
        assert done["usage"] == {"type": "duration", "seconds": 150}
        await stage.append(2_000, loud=False)
        await stage.send("input_audio_buffer.commit")
        await stage.settle()
        assert [e["usage"]["seconds"] for e in stage.events if e["type"] == COMPLETED] == [150, 2]
