"""The openai package's client, the practice card, and a real MCP server: one talk."""

from __future__ import annotations

from typing import Any

import openai

from realtime_nb.server.brain.card import CardBrain
from tests.server.mcp.real import TOKEN, mcp_server
from tests.server.serving import TOKEN as KEY
from tests.server.serving import serving

Json = dict[str, Any]


class Talk:
    """Sends, and reads until something came."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []

    async def until(self, *kinds: str) -> list[Any]:
        """Read until one event of each kind came, in whatever order."""
        missing, came = list(kinds), []
        while missing:
            event = await self.connection.recv()
            came.append(event)
            assert event.type != "error", event.error.message
            if event.type in missing:
                missing.remove(event.type)
        self.events += came
        return came

    async def say(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.connection.conversation.item.create(item=item)
        await self.connection.response.create()

    async def answer(self) -> str:
        await self.connection.response.create()
        came = await self.until("response.output_text.done", "rate_limits.updated")
        return next(event.text for event in came if event.type == "response.output_text.done")


async def test_a_talk_with_a_real_mcp_server():
    with mcp_server(TOKEN) as url:
        tool: Json = {
            "type": "mcp",
            "server_label": "wiki",
            "server_url": url,
            "authorization": TOKEN,
            "require_approval": {"never": {"read_only": True}},
        }
        async with serving(CardBrain()) as served:
            client = openai.AsyncOpenAI(base_url=served.url, api_key=KEY)
            async with client.realtime.connect(model="gpt-realtime") as connection:
                talk = Talk(connection)
                session = {"type": "realtime", "output_modalities": ["text"], "tools": [tool]}
                await connection.session.update(session=session)
                await talk.until("mcp_list_tools.completed")
                await talk.say("what is the population of Paris")
                await talk.until("response.mcp_call.completed", "rate_limits.updated")
                await talk.until(*_late(talk, "response.output_item.done"))
                assert await talk.answer() == "2100000."
                await talk.say("rename a page, old name home, new name start")
                await talk.until("rate_limits.updated")
                request = _item(talk, "mcp_approval_request")
                assert (request.name, request.server_label) == ("rename", "wiki")
                answer = {"type": "mcp_approval_response", "approval_request_id": request.id}
                await connection.conversation.item.create(item={**answer, "approve": True})
                await talk.until("response.mcp_call.completed", "response.output_item.done")
                call = _item(talk, "mcp_call")
                assert call.approval_request_id == request.id
                assert call.output.endswith("now")
                assert (await talk.answer()).endswith("now.")
        assert TOKEN not in repr(talk.events)


def _late(talk: Talk, kind: str) -> tuple[str, ...]:
    """Return the kind unless it came already."""
    return () if any(event.type == kind for event in talk.events) else (kind,)


def _item(talk: Talk, kind: str) -> Any:
    items = [e.item for e in talk.events if e.type == "conversation.item.done"]
    return [item for item in items if item.type == kind][-1]
