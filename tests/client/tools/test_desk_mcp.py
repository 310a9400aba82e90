"""The desk where the service calls MCP servers: the practice server's, played and real ones."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from realtime_nb.client import RealtimeSession, resolve_endpoint
from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.interface import FunctionCall
from realtime_nb.server.mcp.definition import McpFailure
from tests.server.mcp.real import TOKEN as MCP_TOKEN
from tests.server.mcp.real import mcp_server
from tests.server.mcp.scenes import McpBrain, PlayedReach, server
from tests.server.serving import TOKEN, serving

SEARCH = FunctionCall("search", '{"query": "barge-in"}', "docs")
ADD = FunctionCall("add", '{"a": 1, "b": 2}')


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def until(condition):
    """Wait for what happens on the session's thread."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 -- it is told nowhere
            await asyncio.sleep(0.002)


@asynccontextmanager
async def talk(loop, brain, tool):
    """Open a session whose service calls an MCP server; yield session and desk."""
    registry = ToolRegistry()
    registry.add(add)
    async with serving(brain) as served:
        endpoint = resolve_endpoint(served.url, api_key=TOKEN, model="local-demo")
        config = {"output_modalities": ["text"], "tools": [*registry.definitions(), tool]}
        session = RealtimeSession(endpoint, config, loop=loop)
        desk = ToolDesk(session, registry, PlainStage(), loop)
        desk.start()
        await session.open()
        await until(lambda: any(one.state == "ready" for one in desk.mcp.servers))
        try:
            yield session, desk
        finally:
            desk.stop()
            await session.close()


def answered(session, text):
    """Whether the model has said it, and nothing more is to come."""
    said = any(text in item.text for item in session.conversation.items if item.type == "message")
    return said and not session.responding


async def rests(session, responses):
    """Give what should not be sent its time, then count the requests and the responses."""
    await asyncio.sleep(0.1)
    kinds = [record.event.type for record in session.log]
    assert kinds.count("response.create") == responses
    assert kinds.count("response.done") == responses
    assert "error" not in kinds


@pytest.mark.parametrize("outputs", [("found",), (McpFailure("http_error", "status 503", 503),)])
@pytest.mark.parametrize("takes_s", [0.0, 1.2])  # a response waits a second for its calls
async def test_the_answer_is_asked_for_when_call_and_response_are_over(loop, takes_s, outputs):
    brain = McpBrain([SEARCH], "It says so.", reach=PlayedReach(*outputs, takes_s=takes_s))
    async with talk(loop, brain, server(require_approval="never")) as (session, desk):
        await session.say("search the docs")
        await until(lambda: answered(session, "It says so."))
        await rests(session, 2)
        (call,) = desk.mcp.calls
        assert call.state == ("ok" if outputs == ("found",) else "failed")
        kinds = [record.event.type for record in session.log]
        late = kinds.index("response.done") < kinds.index(f"response.mcp_call.{_ended(call)}")
        assert late == bool(takes_s)
    assert brain.requests[1].items[-1].kind == "function_call_output"


def _ended(call):
    return "completed" if call.state == "ok" else "failed"


async def test_functions_and_servers_calls_of_one_response_have_one_answer(loop):
    brain = McpBrain([SEARCH, ADD, SEARCH], "All there.", reach=PlayedReach(takes_s=0.3))
    async with talk(loop, brain, server(require_approval="never")) as (session, desk):
        await session.say("search the docs and add")
        await until(lambda: answered(session, "All there."))
        await rests(session, 2)
        assert [call.state for call in desk.mcp.calls] == ["ok", "ok"]
        assert [record.status for record in desk.calls] == ["ok"]


@pytest.mark.parametrize("how", ["once", "deny"])
async def test_what_is_approved_is_waited_for_and_what_is_denied_is_told(loop, how):
    brain = McpBrain([SEARCH, ADD], "As you like.", reach=PlayedReach(takes_s=0.2))
    async with talk(loop, brain, server(require_approval="always")) as (session, desk):
        await session.say("search the docs")
        await until(lambda: desk.approvals.open)
        # The function's output does not wait for the user's yes.
        await until(lambda: desk.calls and desk.calls[0].ended)
        await rests(session, 1)
        desk.approvals.answer(desk.approvals.open[0].id, how, "not now" if how == "deny" else "")
        await until(lambda: answered(session, "As you like."))
        await rests(session, 2)
        (call,) = desk.mcp.calls
        assert call.state == ("ok" if how == "once" else "failed")


@pytest.mark.parametrize("approve", [True, False])
async def test_an_approval_sent_by_hand_closes_the_question(loop, approve):
    brain = McpBrain([SEARCH], "As you like.", reach=PlayedReach())
    async with talk(loop, brain, server(require_approval="always")) as (session, desk):
        await session.say("search the docs")
        await until(lambda: desk.approvals.open)
        request = desk.approvals.open[0].id
        item = {"type": "mcp_approval_response", "approval_request_id": request}
        await session.create_item({**item, "approve": approve})
        await until(lambda: not desk.approvals.open)
        await until(lambda: answered(session, "As you like."))
        await rests(session, 2)
        (call,) = desk.mcp.calls
        assert call.state == ("ok" if approve else "failed")
        sent = [one for one in session.log if one.direction == "sent"]
        answers = [one for one in sent if one.event.get("item.type") == "mcp_approval_response"]
        assert len(answers) == 1
        assert desk.calls == ()


async def test_two_approvals_of_one_response_have_one_answer(loop):
    brain = McpBrain([SEARCH, SEARCH], "Twice.", reach=PlayedReach(takes_s=0.1))
    async with talk(loop, brain, server(require_approval="always")) as (session, desk):
        await session.say("search the docs twice")
        await until(lambda: len(desk.approvals.open) == 2)
        first, second = desk.approvals.open
        desk.approvals.answer(first.id, "deny")
        await rests(session, 1)
        desk.approvals.answer(second.id, "once")
        await until(lambda: answered(session, "Twice."))
        await rests(session, 2)
        assert [call.state for call in desk.mcp.calls] == ["failed", "ok"]


async def test_a_talk_with_a_real_mcp_server(loop):
    with mcp_server(MCP_TOKEN) as url:
        tool = {
            "type": "mcp",
            "server_label": "wiki",
            "server_url": url,
            "authorization": MCP_TOKEN,
            "require_approval": {"never": {"read_only": True}},
        }
        async with talk(loop, CardBrain(), tool) as (session, desk):
            await session.say("what is the population of Paris")
            await until(lambda: answered(session, "2100000"))
            await session.say("rename a page, old name home, new name start")
            await until(lambda: desk.approvals.open)
            desk.approvals.answer(desk.approvals.open[0].id, "always")
            await until(lambda: answered(session, "start now"))
            await rests(session, 4)
