"""Transcription models: what each of them takes, and what becomes of the session object."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.fakes import Stage, virtual

Json = dict[str, Any]

LIVE, WHISPER, GPT, FOUR_O, DIARIZE, OLD = (
    "gpt-live-transcribe",
    "gpt-realtime-whisper",
    "gpt-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize",
    "whisper-1",
)


def asked(model: str, **more: Any) -> Json:
    """Return the `audio` of an update; streaming models want turn detection off."""
    streams = model in {LIVE, WHISPER}
    audio: Json = {"transcription": {"model": model, **more}}
    return {"input": {**audio, "turn_detection": None} if streams else audio}


REFUSED: list[tuple[str, Json, str]] = [
    (LIVE, {"language": "en", "languages": ["en"]}, "language"),
    (LIVE, {"language": "en"}, "language"),
    (GPT, {"language": "en"}, "language"),
    (GPT, {"delay": "low"}, "delay"),
    (WHISPER, {"prompt": "ships"}, "prompt"),
    (WHISPER, {"languages": ["en"]}, "languages"),
    (WHISPER, {"keywords": ["ship"]}, "keywords"),
    (FOUR_O, {"languages": ["en"]}, "languages"),
    (FOUR_O, {"keywords": ["ship"]}, "keywords"),
    (FOUR_O, {"delay": "low"}, "delay"),
    (DIARIZE, {"prompt": "ships"}, "prompt"),
    (OLD, {"keywords": ["ship"]}, "keywords"),
    (LIVE, {"keywords": ["good", "a<b"]}, "keywords[1]"),
    (GPT, {"keywords": ["two\rlines"]}, "keywords[0]"),
    (GPT, {"keywords": ["a\nb"]}, "keywords[0]"),
    ("my-deployment", {"keywords": [">"]}, "keywords[0]"),
]


@pytest.mark.parametrize("kind", ["realtime", "transcription"])
@pytest.mark.parametrize(("model", "more", "field"), REFUSED)
def test_what_a_model_does_not_take_is_refused(kind: str, model: str, more: Json, field: str):
    @virtual
    async def scene():
        async with Stage(kind=kind) as stage:
            (event,) = await stage.update(audio=asked(model, **more))
            assert event["error"]["param"] == f"session.audio.input.transcription.{field}"
            assert event["error"]["code"] == "invalid_value"
            (event,) = await stage.update()
            assert event["session"] == stage.events[0]["session"]

    scene()


TAKEN: list[tuple[str, Json]] = [
    (LIVE, {"languages": ["en", "de"], "keywords": ["ship"], "prompt": "x", "delay": "low"}),
    (WHISPER, {"language": "en", "delay": "xhigh"}),
    (GPT, {"languages": ["en"], "keywords": ["ship"], "prompt": "x"}),
    (FOUR_O, {"language": "en", "prompt": "x"}),
    (DIARIZE, {"language": "en"}),
    (OLD, {"language": "en", "prompt": "ship, sail"}),
    ("my-deployment", {"language": "en", "keywords": ["ship"], "delay": "low"}),
]


@pytest.mark.parametrize(("model", "more"), TAKEN)
def test_what_a_model_takes_is_shown_as_the_service_shows_it(model: str, more: Json):
    @virtual
    async def scene():
        async with Stage(kind="transcription") as stage:
            (event,) = await stage.update(audio=asked(model, **more))
            assert event["type"] == "session.updated", event
            expected = {"model": model, "language": None, "prompt": None, **more}
            expected.pop("delay", None)
            if model == LIVE:
                expected.setdefault("languages", None)
            assert event["session"]["audio"]["input"]["transcription"] == expected

    scene()


@virtual
async def test_another_model_begins_anew_and_the_same_goes_on():
    async with Stage(kind="transcription") as stage:
        await stage.update(audio=asked(LIVE, languages=["en"], prompt="ships"))
        (event,) = await stage.update(audio={"input": {"transcription": {"languages": ["de"]}}})
        heard = event["session"]["audio"]["input"]["transcription"]
        assert (heard["prompt"], heard["languages"]) == ("ships", ["de"])
        (event,) = await stage.update(audio=asked(WHISPER, language="en"))
        heard = event["session"]["audio"]["input"]["transcription"]
        assert heard == {"model": WHISPER, "language": "en", "prompt": None}


@virtual
async def test_a_streaming_model_may_serve_a_realtime_session_that_finds_turns():
    async with Stage() as stage:
        (event,) = await stage.update(audio={"input": {"transcription": {"model": LIVE}}})
        assert event["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"
