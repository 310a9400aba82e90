"""openai-agents: its `RealtimeSession`, as its quickstart uses it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import kit
from agents import function_tool, set_tracing_disabled
from agents.realtime import RealtimeAgent, RealtimeRunner

if TYPE_CHECKING:
    from agents.realtime import RealtimeSession

flows = kit.Flows("openai-agents", "openai-agents")
set_tracing_disabled(disabled=True)  # traces would go to the service


async def session(*tools: Any) -> RealtimeSession:
    agent = RealtimeAgent(name="Assistant", instructions="Be brief.", tools=list(tools))
    return await RealtimeRunner(agent).run(
        model_config={
            "api_key": kit.KEY,
            "url": f"{kit.SOCKET_URL}/realtime?model={kit.MODEL}",
        }
    )


class Ears:
    """What a session tells, read in the background; a complaint of any kind is a failure."""

    def __init__(self, talk: RealtimeSession) -> None:
        self.events: list[Any] = []
        self._talk = talk
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self._talk:
            self.events.append(event)
            self._news.set()

    async def until(self, kind: str, count: int = 1) -> Any:
        """Return the n-th event of a kind."""
        while len(found := [event for event in self.events if event.type == kind]) < count:
            kit.expect(not self._reading.done(), f"the session ended before {kind}")
            self._news.clear()
            await self._news.wait()
            complaints = [event for event in self.events if event.type == "error"]
            kit.expect(not complaints, f"error: {complaints}")
        return found[count - 1]

    async def said(self, word: str) -> None:
        """Wait until the assistant has said a word, in the history as the session keeps it."""
        while word not in self._last_words():
            self._news.clear()
            await self._news.wait()

    def _last_words(self) -> str:
        history = next(
            (event.history for event in reversed(self.events) if event.type == "history_updated"),
            [],
        )
        return " ".join(
            str(getattr(part, "transcript", None) or getattr(part, "text", None) or "")
            for item in history
            if getattr(item, "role", "") == "assistant"
            for part in item.content
        )


async def speak(talk: RealtimeSession, name: str) -> None:
    for chunk in kit.chunks(kit.sound(name) + kit.silence(700)):
        await talk.send_audio(chunk)


@flows.flow("text")
async def text() -> None:
    async with await session() as talk:
        ears = Ears(talk)
        await talk.send_message(kit.SUM)
        await ears.said("12")
        await ears.until("agent_end")


@flows.flow("audio")
async def audio() -> None:
    async with await session() as talk:
        ears = Ears(talk)
        await speak(talk, "time")
        await ears.until("audio_end")
        await ears.said("It is")
        sounds = [event.audio.data for event in ears.events if event.type == "audio"]
        kit.expect(len(b"".join(sounds)) > len(kit.silence(200)), "no sound")


@flows.flow("tool")
async def tool() -> None:
    called = []

    @function_tool
    def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        called.append(city)
        return "The sky is purple."

    async with await session(get_weather) as talk:
        ears = Ears(talk)
        await talk.send_message("What is the weather in Paris?")
        await ears.until("tool_end")
        await ears.said("purple")
        kit.expect(called == ["Paris"], called)


@flows.flow("interruption")
async def interruption() -> None:
    async with await session() as talk:
        ears = Ears(talk)
        await talk.send_message("Tell me a story.")
        await ears.until("audio", 3)
        await speak(talk, "stop")
        await ears.until("audio_interrupted")
        await ears.said("Okay")


@flows.flow("handoff")
async def handoff() -> None:
    clerk = RealtimeAgent(
        name="Clerk", handoff_description="Knows about refunds.", instructions="Your name is Bob."
    )
    desk = RealtimeAgent(name="Desk", instructions="Your name is Ada.", handoffs=[clerk])
    runner = RealtimeRunner(desk)
    config: Any = {"api_key": kit.KEY, "url": f"{kit.SOCKET_URL}/realtime?model={kit.MODEL}"}
    async with await runner.run(model_config=config) as talk:
        ears = Ears(talk)
        await talk.send_message("Please transfer me to the clerk.")
        event = await ears.until("handoff")
        kit.expect(event.to_agent.name == "Clerk", event)
        await ears.until("agent_end", 2)
        await talk.send_message("What is your name?")
        await ears.said("Bob")


if __name__ == "__main__":
    flows.run()
