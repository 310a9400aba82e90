"""LiveKit's OpenAI plugin: its realtime model, without a room."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import kit
from livekit import rtc
from livekit.agents import function_tool, llm
from livekit.plugins.openai.realtime import RealtimeModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

flows = kit.Flows("livekit-plugins-openai", "livekit-plugins-openai")


class Talk:
    """A session, what it has generated, and what it complained of."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.generations: asyncio.Queue[Any] = asyncio.Queue()
        self.complaints: list[Any] = []
        session.on("generation_created", self.generations.put_nowait)
        session.on("error", self.complaints.append)

    async def ask(self, text: str) -> Any:
        """Add a message of the user and have it answered."""
        asked = self.session.chat_ctx.copy()
        asked.add_message(role="user", content=text)
        await self.session.update_chat_ctx(asked)
        return await self.session.generate_reply()

    def speak(self, name: str) -> None:
        for chunk in kit.chunks(kit.sound(name) + kit.silence(700)):
            frame = rtc.AudioFrame(
                data=chunk, sample_rate=24_000, num_channels=1, samples_per_channel=len(chunk) // 2
            )
            self.session.push_audio(frame)


@asynccontextmanager
async def talking() -> AsyncIterator[Talk]:
    model = RealtimeModel(base_url=kit.URL, api_key=kit.KEY, model=kit.MODEL)
    talk = Talk(model.session())
    try:
        await talk.session.update_instructions("Be brief.")
        yield talk
        kit.expect(not talk.complaints, f"error: {talk.complaints}")
    finally:
        await talk.session.aclose()
        await model.aclose()


async def answer(generation: Any) -> tuple[str, float]:
    """Return the words and the seconds of sound of the first message."""
    async for message in generation.message_stream:

        async def words(message: Any = message) -> str:
            return "".join([str(piece) async for piece in message.text_stream])

        async def length(message: Any = message) -> float:
            return sum([frame.duration async for frame in message.audio_stream])

        said, seconds = await asyncio.gather(words(), length())
        return said, seconds
    raise AssertionError("no message")


@flows.flow("text")
async def text() -> None:
    async with talking() as talk:
        said, seconds = await answer(await talk.ask(kit.SUM))
        kit.expect("12" in said, said)
        kit.expect(seconds > 0.2, f"{seconds} s of sound")


@flows.flow("audio")
async def audio() -> None:
    async with talking() as talk:
        heard: asyncio.Queue[Any] = asyncio.Queue()
        talk.session.on("input_audio_transcription_completed", heard.put_nowait)
        talk.speak("time")
        said, _ = await answer(await talk.generations.get())
        kit.expect("It is" in said, said)
        while not (transcript := await heard.get()).is_final:
            pass
        kit.expect("time" in transcript.transcript.lower(), transcript)


@flows.flow("tool")
async def tool() -> None:
    @function_tool
    async def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        return city

    async with talking() as talk:
        await talk.session.update_tools([get_weather])
        generation = await talk.ask("What is the weather in Paris?")
        calls = [call async for call in generation.function_stream]
        kit.expect(json.loads(calls[0].arguments) == {"city": "Paris"}, calls)
        known = talk.session.chat_ctx.copy()
        known.items.append(
            llm.FunctionCallOutput(
                call_id=calls[0].call_id,
                name="get_weather",
                output="The sky is purple.",
                is_error=False,
            )
        )
        await talk.session.update_chat_ctx(known)
        said, _ = await answer(await talk.session.generate_reply())
        kit.expect("purple" in said, said)


@flows.flow("interruption")
async def interruption() -> None:
    async with talking() as talk:
        generation = await talk.ask("Tell me a story.")
        async for message in generation.message_stream:
            await anext(aiter(message.audio_stream))
            talk.session.interrupt()
            talk.session.truncate(
                message_id=message.message_id, modalities=["audio"], audio_end_ms=40
            )
            break
        said, _ = await answer(await talk.ask(kit.SUM))
        kit.expect("12" in said, said)


if __name__ == "__main__":
    flows.run()
