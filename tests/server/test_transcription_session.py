"""Sessions that only listen: turns and transcripts, no answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.door.test_app import open_socket, receive
from tests.server.fakes import Stage, virtual
from tests.server.serving import serving


def listening(**more: Any) -> Stage:
    return Stage(kind="transcription", **more)


@virtual
async def test_the_defaults_are_those_of_the_wire():
    async with listening() as stage:
        session = stage.events[0]["session"]
        assert list(session)[:2] == ["type", "object"]
        assert session["object"] == "realtime.transcription_session"
        assert session["audio"] == {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                },
            }
        }
        assert session["include"] is None


@virtual
async def test_a_turn_is_transcribed_and_not_answered():
    async with listening(texts=["hello world"]) as stage:
        (event,) = await stage.update(
            audio={"input": {"transcription": {"model": "gpt-4o-transcribe"}}}
        )
        assert event["session"]["audio"]["input"]["transcription"] == {
            "model": "gpt-4o-transcribe",
            "language": None,
            "prompt": None,
        }
        before = len(stage.events)
        await stage.append(800, loud=True)
        await stage.append(400, loud=False)
        await stage.settle(2)
        deltas = ["conversation.item.input_audio_transcription.delta"] * 2
        assert stage.types[before:] == [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            *deltas,
            "conversation.item.input_audio_transcription.completed",
        ]


@virtual
async def test_the_kind_of_a_session_is_fixed():
    async with listening() as stage:
        (event,) = await stage.send("session.update", session={"type": "realtime"})
        assert "realtime session update to a transcription session" in event["error"]["message"]
        for kind in ("response.create", "response.cancel"):
            (event,) = await stage.send(kind)
            assert (event["error"]["code"], event["error"]["param"]) == ("invalid_value", "type")
        (event,) = await stage.update(instructions="x")
        assert event["error"]["code"] == "unknown_parameter"


@virtual
async def test_vad_fields_and_a_change_of_format():
    async with listening() as stage:
        rules = {"type": "server_vad", "silence_duration_ms": 700}
        fmt = {"type": "audio/pcmu"}
        (event,) = await stage.update(audio={"input": {"turn_detection": rules, "format": fmt}})
        audio_input = event["session"]["audio"]["input"]
        assert audio_input["turn_detection"] == {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 700,
        }
        assert audio_input["format"] == fmt


@pytest.mark.parametrize("model", ["gpt-live-transcribe", "gpt-realtime-whisper"])
def test_models_that_stream_find_no_turns(model: str):
    @virtual
    async def scene():
        async with listening(texts=["hello"]) as stage:
            transcription = {"model": model}
            (event,) = await stage.update(audio={"input": {"transcription": transcription}})
            assert event["error"]["param"] == "session.audio.input.turn_detection"
            assert event["error"]["message"] == (
                "Turn detection is not supported for this transcription model."
            )
            await stage.update(
                audio={"input": {"transcription": transcription, "turn_detection": None}}
            )
            await stage.append(500, loud=True)
            await stage.send("input_audio_buffer.commit")
            done = await stage.until("conversation.item.input_audio_transcription.completed")
            assert done["transcript"] == "hello"

    scene()


async def test_it_opens_by_intent_and_without_a_model():
    async with serving() as served, open_socket(served, "?intent=transcription") as socket:
        event = await receive(socket)
        assert event["session"]["type"] == "transcription"
