"""Listing, calls and approvals: their events in order, each checked against the wire."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from realtime_nb.server.brain.interface import FunctionCall
from realtime_nb.server.mcp.definition import McpFailure, McpTool
from tests.server.fakes import Stage, virtual
from tests.server.mcp.scenes import SECRET, McpBrain, PlayedReach, server

Json = dict[str, Any]

CALL = FunctionCall("search", '{"query": "how to interrupt an answer"}', "docs")
LISTED = [
    "session.updated",
    "mcp_list_tools.in_progress",
    "conversation.item.added",
    "conversation.item.done",
    "mcp_list_tools.completed",
]
ASKED = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
]
ENDED = ["response.done", "rate_limits.updated"]


async def listed(stage: Stage, **fields: Any) -> None:
    fields = {"require_approval": "never", **fields}
    await stage.update(tools=[server(**fields)], output_modalities=["text"])
    await stage.until("mcp_list_tools.completed")


def of(stage: Stage, kind: str) -> list[Json]:
    return [event for event in stage.events if event["type"] == kind]


def items(stage: Stage, kind: str, event: str = "conversation.item.done") -> list[Json]:
    return [e["item"] for e in of(stage, event) if e["item"]["type"] == kind]


@virtual
async def test_tools_are_listed_after_an_update():
    async with Stage(McpBrain()) as stage:
        await listed(stage, authorization=SECRET, headers={"X-Team": "team-secret"})
        assert stage.types == ["session.created", *LISTED]
        item = items(stage, "mcp_list_tools")[0]
        assert item["server_label"] == "docs"
        assert [tool["name"] for tool in item["tools"]] == ["search", "write"]
        assert item["tools"][0]["annotations"] == {"readOnlyHint": True}
        ids = {e["item_id"] for e in stage.events if e["type"].startswith("mcp_list_tools")}
        assert ids == {item["id"]}
        # What is secret reaches the server and is shown to nobody.
        assert stage.brain.mcp.seen[0].request_headers == {
            "Authorization": f"Bearer {SECRET}", "X-Team": "team-secret",
        }  # fmt: skip
        assert SECRET not in repr(stage.brain.mcp.seen) + json.dumps(stage.events)
        assert "team-secret" not in repr(stage.brain.mcp.seen) + json.dumps(stage.events)


@virtual
async def test_the_item_can_be_retrieved_as_soon_as_it_is_named():
    async with Stage(McpBrain()) as stage:
        await stage.update(tools=[server()])
        named = of(stage, "mcp_list_tools.in_progress")[0]["item_id"]
        await stage.send("conversation.item.retrieve", item_id=named)
        assert of(stage, "conversation.item.retrieved")[0]["item"]["tools"] == []


@virtual
async def test_listing_fails_and_is_tried_again_by_the_next_update():
    brain = McpBrain()
    brain.mcp.listing = McpFailure("http_error", "HTTP status 401", 401)
    async with Stage(brain) as stage:
        logging.disable()
        await stage.update(tools=[server(authorization=SECRET)])
        await stage.until("mcp_list_tools.failed")
        logging.disable(logging.NOTSET)
        assert items(stage, "mcp_list_tools")[0]["tools"] == []
        brain.mcp.listing = ""
        # The label stands for what was defined before.
        await stage.update(tools=[{"type": "mcp", "server_label": "docs"}])
        await stage.until("mcp_list_tools.completed")
        assert brain.mcp.seen[0] == brain.mcp.seen[1]
        before = len(stage.events)
        await stage.update(tools=[{"type": "mcp", "server_label": "docs"}])
        await stage.settle(1)
        assert stage.types[before:] == ["session.updated"]
        shown = stage.events[-1]["session"]["tools"]
        assert shown == [
            {
                "type": "mcp",
                "server_label": "docs",
                "server_url": brain.mcp.seen[0].url,
                "require_approval": "always",
            }
        ]


@virtual
async def test_a_changed_definition_is_listed_anew_and_the_old_listing_is_over():
    async with Stage(McpBrain()) as stage:
        await stage.update(tools=[server()])
        await stage.update(tools=[server(allowed_tools=["write"])])
        await stage.until("mcp_list_tools.completed")
        await stage.settle(1)
        first, second = (e["item_id"] for e in of(stage, "mcp_list_tools.in_progress"))
        assert [e["item_id"] for e in of(stage, "mcp_list_tools.failed")] == [first]
        assert [e["item_id"] for e in of(stage, "mcp_list_tools.completed")] == [second]
        names = [
            [tool["name"] for tool in item["tools"]] for item in items(stage, "mcp_list_tools")
        ]
        assert names == [[], ["write"]]


@virtual
async def test_a_name_that_the_server_has_not_fails_the_listing():
    async with Stage(McpBrain()) as stage:
        logging.disable()
        await stage.update(tools=[server(allowed_tools=["search", "no_such"])])
        await stage.until("mcp_list_tools.failed")
        logging.disable(logging.NOTSET)


@virtual
async def test_a_call_ends_its_response_and_the_client_asks_for_the_answer():
    brain = McpBrain([CALL], "It says so.")
    async with Stage(brain) as stage:
        await listed(stage)
        await stage.say_text("search the docs")
        before = len(stage.events)
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        assert stage.types[before:] == [
            *ASKED,
            "response.mcp_call.in_progress",
            "response.mcp_call.completed",
            "conversation.item.done",
            "response.output_item.done",
            *ENDED,
        ]
        assert brain.requests[0].tools[0].server == "docs"
        assert brain.mcp.asked[-1] == ("call", "docs", "search", CALL.arguments)
        added = items(stage, "mcp_call", "response.output_item.added")[0]
        assert (added["output"], added["error"], added["arguments"]) == (None, None, "")
        done = items(stage, "mcp_call", "response.output_item.done")[0]
        assert (done["output"], done["error"]) == ("found", None)
        assert done["arguments"] == CALL.arguments
        assert of(stage, "response.done")[0]["response"]["output"] == [done]
        await stage.settle(10)
        assert len(of(stage, "response.created")) == 1, "the service makes no follow-up by itself"
        await stage.send("response.create")
        await stage.until("response.output_text.done")
        call, output = brain.requests[1].items[-2:]
        assert (call.name, call.server, output.output) == ("search", "docs", "found")


@virtual
async def test_a_response_does_not_wait_long_for_its_calls():
    brain = McpBrain([CALL], "Soon.", reach=PlayedReach("late", takes_s=5))
    async with Stage(brain) as stage:
        await listed(stage)
        before = len(stage.events)
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        assert stage.types[before:] == [*ASKED, "response.mcp_call.in_progress", *ENDED]
        assert of(stage, "response.done")[0]["response"]["output"][0]["output"] is None
        await stage.send("response.create")
        await stage.until("response.output_text.done")
        # Asked too early, the brain sees a call and nothing that it brought.
        assert brain.requests[1].items[-1].kind == "function_call"
        await stage.until("response.mcp_call.completed")
        assert items(stage, "mcp_call")[-1]["output"] == "late"
        late = [
            e for e in of(stage, "response.output_item.done") if e["item"]["type"] == "mcp_call"
        ]
        assert late[0]["response_id"] == of(stage, "response.done")[0]["response"]["id"]


@virtual
async def test_a_call_outlives_the_response_that_is_talked_over():
    brain = McpBrain([CALL], reach=PlayedReach("late", takes_s=0.5))
    async with Stage(brain) as stage:
        await listed(stage)
        await stage.send("response.create")
        await stage.until("response.mcp_call.in_progress")
        await stage.send("response.cancel")
        assert of(stage, "response.done")[0]["response"]["status"] == "cancelled"
        await stage.until("response.mcp_call.completed")
        assert items(stage, "mcp_call")[-1]["output"] == "late"


@pytest.mark.parametrize(
    "failure",
    [
        McpFailure("tool_execution_error", "no such page"),
        McpFailure("protocol_error", "Invalid params", -32602),
        McpFailure("http_error", "HTTP status 503", 503),
    ],
)
def test_a_call_fails_with_its_error(failure: McpFailure):
    async def scene() -> None:
        brain = McpBrain([CALL], "Sorry.", reach=PlayedReach(failure))
        async with Stage(brain) as stage:
            await listed(stage)
            await stage.send("response.create")
            await stage.until("rate_limits.updated")
            assert "response.mcp_call.failed" in stage.types
            done = items(stage, "mcp_call", "response.output_item.done")[0]
            assert (done["output"], done["error"]) == (None, failure.to_wire())
            assert of(stage, "response.done")[0]["response"]["status"] == "completed"
            await stage.send("response.create")
            await stage.until("response.output_text.done")
            assert failure.message in brain.requests[1].items[-1].output

    virtual(scene)()


@virtual
async def test_an_approval_lets_the_call_run():
    brain = McpBrain([CALL], "It says so.")
    async with Stage(brain) as stage:
        await listed(stage, require_approval="always")
        before = len(stage.events)
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        assert stage.types[before:] == [
            *ASKED,
            "response.output_item.added",
            "conversation.item.added",
            "conversation.item.done",
            "response.output_item.done",
            *ENDED,
        ]
        request = items(stage, "mcp_approval_request")[0]
        assert (request["name"], request["arguments"]) == ("search", CALL.arguments)
        assert [item["type"] for item in of(stage, "response.done")[0]["response"]["output"]] == [
            "mcp_call",
            "mcp_approval_request",
        ]
        await stage.settle(60)
        assert ("call", "docs", "search", CALL.arguments) not in brain.mcp.asked
        before = len(stage.events)
        answer = {"type": "mcp_approval_response", "approval_request_id": request["id"]}
        await stage.send("conversation.item.create", item={**answer, "approve": True})
        await stage.until("response.output_item.done", since=before)
        assert stage.types[before:] == [
            "conversation.item.added",
            "conversation.item.done",
            "response.mcp_call.in_progress",
            "response.mcp_call.completed",
            "conversation.item.done",
            "response.output_item.done",
        ]
        done = items(stage, "mcp_call")[-1]
        assert (done["output"], done["approval_request_id"]) == ("found", request["id"])
        # An answer holds once.
        again = await stage.send("conversation.item.create", item={**answer, "approve": True})
        assert again[0]["error"]["param"] == "item.approval_request_id"


@virtual
async def test_a_denial_fails_the_call_without_running_it():
    brain = McpBrain([CALL], "As you wish.")
    async with Stage(brain) as stage:
        await listed(stage, require_approval={"always": {"tool_names": ["search"]}})
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        request = items(stage, "mcp_approval_request")[0]
        before = len(stage.events)
        item = {
            "type": "mcp_approval_response",
            "approval_request_id": request["id"],
            "approve": False,
            "reason": "not now",
        }
        await stage.send("conversation.item.create", item=item)
        assert stage.types[before:] == [
            "conversation.item.added",
            "conversation.item.done",
            "response.mcp_call.failed",
            "conversation.item.done",
            "response.output_item.done",
        ]
        assert items(stage, "mcp_call")[-1]["error"] == {
            "type": "tool_execution_error",
            "message": "The call was not approved: not now",
        }
        assert [asked[0] for asked in brain.mcp.asked] == ["list"]


@virtual
async def test_tools_of_one_response_are_listed_before_it_answers():
    brain = McpBrain([CALL])
    async with Stage(brain) as stage:
        response = {"tools": [server(require_approval="never")], "output_modalities": ["text"]}
        await stage.send("response.create", response=response)
        await stage.until("rate_limits.updated")
        assert [tool.name for tool in brain.requests[0].tools] == ["search", "write"]
        assert "response.mcp_call.completed" in stage.types
        # The next one has not got them, but knows the label.
        await stage.send("response.create", response={"output_modalities": ["text"]})
        await stage.until("rate_limits.updated", since=len(stage.events))
        assert brain.requests[1].tools == ()
        label = {"tools": [{"type": "mcp", "server_label": "docs"}]}
        await stage.send("response.create", response={**label, "output_modalities": ["text"]})
        await stage.until("rate_limits.updated", since=len(stage.events))
        assert len(brain.requests[2].tools) == 2


@virtual
async def test_what_one_response_allows_and_approves_is_not_the_sessions():
    brain = McpBrain("Only this.", [CALL], "All of it.")
    async with Stage(brain) as stage:
        await stage.update(tools=[server(allowed_tools=["search"])], output_modalities=["text"])
        await stage.until("mcp_list_tools.completed")
        own = {"allowed_tools": ["write"], "require_approval": "never"}
        tools = {"tools": [{"type": "mcp", "server_label": "docs", **own}]}
        await stage.send("response.create", response=tools)
        await stage.until("rate_limits.updated")
        for _ in range(2):
            await stage.send("response.create")
            await stage.until("rate_limits.updated", since=len(stage.events))
        asked = [[tool.name for tool in request.tools] for request in brain.requests]
        assert asked == [["write"], ["search"], ["search"]]
        # Nor is the server asked again, and its tool waits for an approval as before.
        assert [one[0] for one in brain.mcp.asked] == ["list"]
        assert [one["name"] for one in items(stage, "mcp_approval_request")] == ["search"]


@virtual
async def test_a_tool_that_the_response_does_not_allow_cannot_be_called():
    brain = McpBrain([CALL])
    async with Stage(brain) as stage:
        await listed(stage)
        own = {"allowed_tools": ["write"], "require_approval": "never"}
        tools = {"tools": [{"type": "mcp", "server_label": "docs", **own}]}
        await stage.send("response.create", response=tools)
        await stage.until("response.mcp_call.failed")
        assert "has no tool 'search'" in items(stage, "mcp_call")[-1]["error"]["message"]
        assert [one[0] for one in brain.mcp.asked] == ["list"]


@virtual
async def test_tools_that_are_still_being_listed_cannot_be_called_yet():
    brain = McpBrain("No tools.")
    async with Stage(brain) as stage:
        await stage.update(tools=[server()], output_modalities=["text"])
        await stage.send("response.create")
        await stage.until("rate_limits.updated")
        assert brain.requests[0].tools == ()
        await stage.until("mcp_list_tools.completed")


@virtual
async def test_a_call_beside_the_talk_stays_beside_it():
    async with Stage(McpBrain([CALL])) as stage:
        await listed(stage)
        before = len(stage.events)
        await stage.send("response.create", response={"conversation": "none"})
        await stage.until("rate_limits.updated")
        assert [kind for kind in stage.types[before:] if kind.startswith("conversation")] == []
        assert "response.output_item.done" in stage.types


@virtual
async def test_closing_in_the_middle_of_everything_leaves_nothing_behind():
    async with Stage(McpBrain([CALL], reach=PlayedReach(takes_s=60))) as stage:
        await listed(stage)
        await stage.send("response.create")
        await stage.until("response.mcp_call.in_progress")
        await stage.update(tools=[server("other")])


@virtual
async def test_a_response_that_is_cancelled_while_it_waits_leaves_the_listing_alone():
    async with Stage(McpBrain("later")) as stage:
        await stage.update(output_modalities=["text"])
        await stage.send("response.create", response={"tools": [server()]})
        await stage.until("mcp_list_tools.in_progress")
        await stage.send("response.cancel")
        await stage.until("mcp_list_tools.completed")
        assert of(stage, "response.done")[0]["response"]["status"] == "cancelled"


@virtual
@pytest.mark.parametrize("broken", [OSError("sk-planted"), RuntimeError("sk-planted")])
async def test_whatever_breaks_a_listing_ends_it(broken: Exception):
    brain = McpBrain()

    async def list_tools(_definition: Any) -> Any:
        raise broken

    brain.mcp.list_tools = list_tools
    async with Stage(brain) as stage:
        logging.disable()
        await stage.update(tools=[server()])
        await stage.until("mcp_list_tools.failed")
        logging.disable(logging.NOTSET)
        assert "sk-planted" not in json.dumps(stage.events)


@virtual
async def test_tools_that_no_event_can_hold_fail_the_listing():
    brain = McpBrain()

    async def list_tools(_definition: Any) -> Any:
        return [McpTool("big", input_schema={"maximum": 10**30})]

    brain.mcp.list_tools = list_tools
    async with Stage(brain) as stage:
        logging.disable()
        await stage.update(tools=[server()])
        await stage.until("mcp_list_tools.failed")
        logging.disable(logging.NOTSET)
        assert items(stage, "mcp_list_tools")[0]["tools"] == []


@virtual
@pytest.mark.parametrize(
    "wrong", ["sk-planted\u20ac", "sk-planted\x00", " sk-planted", "sk\nplanted"]
)
async def test_what_can_be_no_header_is_refused_without_being_shown(wrong: str):
    async with Stage(McpBrain()) as stage:
        for fields in ({"authorization": wrong}, {"headers": {"X-Key": wrong}}):
            await stage.update(tools=[server(**fields)])
        params = [event["error"]["param"] for event in of(stage, "error")]
        assert params == [
            "session.tools[0].authorization",
            "session.tools[0].headers.X-Key",
        ]
        assert "planted" not in json.dumps(stage.events)
