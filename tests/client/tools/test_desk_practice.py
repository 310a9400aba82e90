"""The desk with the practice server, through the process that `LocalServer` starts."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client import LocalServer, RealtimeSession, resolve_endpoint
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage


@pytest.fixture(autouse=True)
def _no_server_left():
    yield
    LocalServer.stop_shared()


async def test_a_typed_question_is_answered_by_a_function(loop):
    asked = []

    def get_weather(city: str) -> dict[str, str]:
        """Get the weather in a city."""
        asked.append(city)
        return {"city": city, "weather": "sunny"}

    registry = ToolRegistry()
    registry.add(get_weather)
    config = {"output_modalities": ["text"], "tools": registry.definitions()}
    session = RealtimeSession(resolve_endpoint("local"), config, loop=loop)
    desk = ToolDesk(session, registry, PlainStage(), loop)
    desk.start()
    await session.open()
    await session.say("What is the weather in Paris?")
    async with asyncio.timeout(10):
        while not any("sunny" in item.text for item in session.conversation.items):  # noqa: ASYNC110 -- it is told nowhere
            await asyncio.sleep(0.01)
    (record,) = desk.calls
    assert (record.tool, record.status) == ("get_weather", "ok")
    assert [city.lower() for city in asked] == ["paris"]
    kinds = [item.type for item in session.conversation.items]
    assert kinds == ["message", "function_call", "function_call_output", "message"]
    sent = [record.event.type for record in session.log if record.direction == "sent"]
    assert sent.count("response.create") == 2
    desk.stop()
    await session.close()
