"""The openai package drives the server as it would drive the service."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI
from websockets.exceptions import ConnectionClosedError

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.brain.interface import FunctionCall
from tests.server.fakes import TalkBrain, tone
from tests.server.serving import TOKEN, serving
from tests.server.wire import check_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai.resources.realtime.realtime import AsyncRealtimeConnection


class Talker:
    """A connection of the package; every event it reads is checked."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list[dict[str, Any]] = []
        self._taken: Counter[str] = Counter()

    async def read(self) -> dict[str, Any]:
        event = self.connection.parse_event(data := await self.connection.recv_bytes())
        raw = json.loads(data)
        check_event(raw)
        assert event.type == raw["type"]
        self.events.append(raw)
        return raw

    async def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind; it may have passed while another was waited for.

        Transcription runs beside the answer: which of their events comes first is open.
        """
        async with asyncio.timeout(20):
            while len(found := [e for e in self.events if e["type"] == kind]) <= self._taken[kind]:
                event = await self.read()
                assert kind == "error" or event["type"] != "error", event
        self._taken[kind] += 1
        return found[self._taken[kind] - 1]

    async def speak(self, ms: float, *, loud: bool = True) -> None:
        pcm = tone(ms, 8_000 if loud else 0).tobytes()
        for first in range(0, len(pcm), 960):
            chunk = base64.b64encode(pcm[first : first + 960]).decode()
            await self.connection.input_audio_buffer.append(audio=chunk)

    async def write(self, text: str) -> None:
        await self.connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": text}],
            }
        )
        await self.connection.response.create()


@asynccontextmanager
async def talking(served: Any) -> AsyncIterator[Talker]:
    async with (
        AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        talker = Talker(connection)
        assert (await talker.read())["type"] == "session.created"
        yield talker


async def test_a_text_turn():
    async with serving(TalkBrain("Hello there.")) as served, talking(served) as talker:
        await talker.connection.session.update(
            session={"type": "realtime", "output_modalities": ["text"]}
        )
        assert (await talker.until("session.updated"))["session"]["output_modalities"] == ["text"]
        await talker.write("hi")
        done = await talker.until("response.output_text.done")
        assert done["text"] == "Hello there."
        await talker.until("rate_limits.updated")


async def test_a_manual_audio_turn():
    async with (
        serving(TalkBrain("Noon."), texts=["what time is it"]) as served,
        talking(served) as talker,
    ):
        await talker.connection.session.update(
            session={
                "type": "realtime",
                "audio": {
                    "input": {
                        "turn_detection": None,
                        "transcription": {"model": "gpt-4o-mini-transcribe"},
                    }
                },
            }
        )
        await talker.until("session.updated")
        await talker.speak(500)
        await talker.connection.input_audio_buffer.commit()
        heard = await talker.until("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "what time is it"
        await talker.connection.response.create()
        done = await talker.until("response.done")
        assert done["response"]["output"][0]["content"][0]["transcript"] == "Noon."


async def test_a_turn_found_by_the_server():
    async with serving(TalkBrain("Hi."), texts=["hello"]) as served, talking(served) as talker:
        await talker.speak(800)
        await talker.speak(400, loud=False)
        done = await talker.until("response.done")
        assert done["response"]["status"] == "completed"
        kinds = [event["type"] for event in talker.events]
        assert kinds[1:5] == [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
        ]


async def test_cancel():
    async with serving(TalkBrain("word " * 100)) as served:
        served.shared.settings = type(served.shared.settings)(Pace(1.0))
        async with talking(served) as talker:
            await talker.write("story")
            await talker.until("response.output_audio.delta")
            await talker.connection.response.cancel()
            done = await talker.until("response.done")
            assert done["response"]["status_details"]["reason"] == "client_cancelled"
            await talker.until("rate_limits.updated")


async def test_barge_in_and_truncate():
    brain = TalkBrain("word " * 100, "Okay.")
    async with serving(brain, texts=["tell me a story", "stop"]) as served:
        served.shared.settings = type(served.shared.settings)(Pace(2.0))
        async with talking(served) as talker:
            await talker.speak(600)
            await talker.speak(300, loud=False)
            delta = await talker.until("response.output_audio.delta")
            await talker.speak(200)
            done = await talker.until("response.done")
            assert done["response"]["status_details"]["reason"] == "turn_detected"
            await talker.connection.conversation.item.truncate(
                item_id=delta["item_id"], content_index=0, audio_end_ms=50
            )
            cut = await talker.until("conversation.item.truncated")
            assert cut["audio_end_ms"] == 50
            await talker.speak(300, loud=False)
            done = await talker.until("response.done")
            assert done["response"]["status"] == "completed"
            assert [item.text for item in brain.requests[1].items] == [
                "tell me a story",
                "",
                "stop",
            ]


async def test_a_function_call():
    call = FunctionCall("get_weather", '{"city": "Paris"}')
    async with serving(TalkBrain(call, "Sunny.")) as served, talking(served) as talker:
        await talker.write("weather?")
        done = await talker.until("response.function_call_arguments.done")
        assert done["arguments"] == '{"city": "Paris"}'
        await talker.until("response.done")
        await talker.until("rate_limits.updated")
        await talker.connection.conversation.item.create(
            item={
                "type": "function_call_output",
                "call_id": done["call_id"],
                "output": "sunny",
            }
        )
        await talker.connection.response.create()
        done = await talker.until("response.done")
        assert done["response"]["output"][0]["content"][0]["transcript"] == "Sunny."


@pytest.mark.parametrize(
    ("key", "model", "code"), [("bad", "gpt-realtime", 3000), (TOKEN, "x", 4000)]
)
async def test_refusals_reach_the_package_as_it_knows_them(key: str, model: str, code: int):
    async with (
        serving() as served,
        AsyncOpenAI(base_url=served.url, api_key=key) as client,
        client.realtime.connect(model=model) as connection,
    ):
        event = await connection.recv()
        assert event.type == "error"
        with pytest.raises(ConnectionClosedError) as closed:
            await connection.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


async def test_the_list_of_models():
    async with serving() as served, AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client:
        assert [model.id for model in (await client.models.list()).data] == ["local-demo"]
