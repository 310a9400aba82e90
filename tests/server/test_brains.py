"""Echo, script and chat service; and how the command line names them."""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import tornado.httpserver
import tornado.netutil
import tornado.web

from realtime_nb.errors import UsageError
from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.chat import ChatBrain, ChatEndpoint, read_chat_url
from realtime_nb.server.brain.chat_messages import as_messages, chat_tools, made_call
from realtime_nb.server.brain.echo import EchoBrain
from realtime_nb.server.brain.interface import (
    BrainError,
    BrainRequest,
    ContextItem,
    FunctionCall,
    FunctionTool,
    Piece,
)
from realtime_nb.server.brain.load import load_brain
from realtime_nb.server.brain.scripted import ScriptedBrain, read_script
from tests.server.fakes import Stage, virtual

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TOOL = FunctionTool("get_weather", "Weather.", {"type": "object", "properties": {}})


def user(text: str) -> ContextItem:
    return ContextItem("message", "user", text)


async def pieces(brain: Any, *items: ContextItem, **more: Any) -> list[Piece]:
    return [piece async for piece in brain.respond(BrainRequest("Rule.", items, **more))]


# ---------------------------------------------------------------------------- echo


async def test_echo_says_back_words_and_outputs():
    assert await pieces(EchoBrain(), user("hello")) == ["hello"]
    output = ContextItem("function_call_output", output="7")
    assert await pieces(EchoBrain(), user("hello"), output) == ["7"]
    assert await pieces(EchoBrain()) == []


# -------------------------------------------------------------------------- script


def write(folder: Path, script: Any) -> Path:
    path = folder / "script.json"
    path.write_text(script if isinstance(script, str) else json.dumps(script))
    return path


@virtual
async def test_a_script_is_followed_with_its_delays(tmp_path: Path):
    turns = [
        [{"say": "One."}, {"wait_ms": 700}, {"say": " Two."}],
        [{"call": {"name": "f", "arguments": {"x": 1}}}],
        {"when": "weather", "steps": [{"say": "Sunny."}]},
        [{"fail": "broken on purpose"}],
    ]
    script = read_script(write(tmp_path, {"turns": turns, "about": "A test."}))
    async with Stage(ScriptedBrain(script)) as stage:
        for text, expected in (
            ("hi", "completed"),
            ("the WEATHER please", "completed"),
            ("go on", "completed"),
            ("go on", "failed"),
            ("go on", "failed"),
        ):
            before = len(stage.events)
            await stage.say_text(text)
            start = stage.times[-1]
            await stage.send("response.create")
            done = await stage.until("response.done", since=before)
            assert done["response"]["status"] == expected
            if text == "hi":
                sounds = [
                    at - start
                    for event, at in zip(stage.events, stage.times, strict=True)
                    if event["type"] == "response.output_audio.delta"
                ]
                # What stands before a wait is said before it.
                assert sounds[0] < 0.01
                assert sounds[-1] == pytest.approx(0.7, abs=0.01)
        outputs = [e["response"] for e in stage.events if e["type"] == "response.done"]
        assert outputs[0]["output"][0]["content"][0]["transcript"] == "One. Two."
        assert outputs[1]["output"][0]["content"][0]["transcript"] == "Sunny."
        assert outputs[2]["output"][0]["arguments"] == '{"x": 1}'
        assert outputs[3]["status_details"]["error"]["message"] == "broken on purpose"
        assert outputs[4]["status_details"]["error"]["code"] == "script_ended"


@virtual
async def test_a_script_plays_mcp_servers(tmp_path: Path):
    search = {"server": "docs", "name": "search", "arguments": {"q": "barge-in"}}
    error = {"type": "http_error", "code": 503, "message": "HTTP status 503"}
    script = {
        "mcp": {
            "docs": {"tools": [{"name": "search", "description": "Search."}], "wait_ms": 300},
            "gone": {"fail": "nobody there"},
        },
        "turns": [
            [{"say": "Let me look."}, {"mcp": {**search, "output": "two pages", "wait_ms": 200}}],
            [{"mcp": {**search, "error": error}}],
            [{"mcp": search}],
        ],
    }
    async with Stage(ScriptedBrain(read_script(write(tmp_path, script)))) as stage:
        far = {"server_url": "https://docs.example.com/mcp", "require_approval": "never"}
        logging.disable()
        await stage.update(
            output_modalities=["text"],
            tools=[{"type": "mcp", "server_label": label, **far} for label in ("docs", "gone")],
        )
        await stage.until("mcp_list_tools.completed")
        logging.disable(logging.NOTSET)
        assert "mcp_list_tools.failed" in stage.types
        outputs: list[Any] = []
        for _ in range(3):
            before = len(stage.events)
            await stage.send("response.create")
            await stage.until("rate_limits.updated", since=before)
            outputs += [
                event["response"]["output"]
                for event in stage.events[before:]
                if event["type"] == "response.done"
            ]
    assert [item["type"] for item in outputs[0]] == ["message", "mcp_call"]
    assert outputs[0][1]["output"] == "two pages"
    assert outputs[1][0]["error"] == error
    assert outputs[2][0]["error"]["message"] == "the script says nothing of this call"


async def test_each_session_follows_the_script_from_its_beginning(tmp_path: Path):
    make = load_brain(f"scripted:{write(tmp_path, {'turns': [[{'say': 'One.'}]]})}")
    for _ in range(2):
        assert await pieces(make(), user("hi")) == ["One."]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("{", "is not JSON"),
        ([], "has no turns"),
        ({"turns": [7]}, "turns[0] is no list of steps"),
        ({"turns": [[{"say": 7}]]}, "turns[0][0] is no step"),
        ({"turns": [[{"say": "a", "wait_ms": 1}]]}, "turns[0][0] is no step"),
        ({"turns": [{"when": "(", "steps": []}]}, "is no regular expression"),
        ({"turns": [[{"wait_ms": -1}]]}, "is no step"),
        ({"turns": [[{"call": {"arguments": {}}}]]}, "is no step"),
        ({"turns": [[{"mcp": {"name": "search"}}]]}, "is no step"),
        (
            {"turns": [[{"mcp": {"server": "a", "name": "b", "error": {"type": "odd"}}}]]},
            "is no step",
        ),
        ({"turns": [], "mcp": []}, "mcp is no object"),
        ({"turns": [], "mcp": {"docs": {"tools": [{}]}}}, "mcp.docs.tools holds something"),
        ({"turns": [], "mcp": {"docs": 7}}, "mcp.docs is no server"),
    ],
)
def test_a_spoilt_script_is_refused_in_one_line(tmp_path: Path, script: Any, why: str):
    with pytest.raises(UsageError) as refused:
        read_script(write(tmp_path, script))
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


# ---------------------------------------------------------------------------- chat


class _Completions(tornado.web.RequestHandler):
    """Streams what the test wants; keeps what was asked."""

    def initialize(self, chunks: list[dict[str, Any]], asked: list[Any]) -> None:
        self.chunks, self.asked = chunks, asked

    async def post(self) -> None:
        body = json.loads(self.request.body)
        self.asked.append({**body, "key": self.request.headers["Authorization"]})
        self.set_header("Content-Type", "text/event-stream")
        for delta in self.chunks:
            if "status" in delta:
                self.set_status(delta["status"])
                self.set_header("Content-Type", "application/json")
                self.finish(json.dumps({"error": {"message": "no such model"}}))
                return
            chunk = {
                "id": "c",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "m",
                "choices": [{"index": 0, "delta": delta, "finish_reason": None}] if delta else [],
            }
            self.write(f"data: {json.dumps(chunk)}\n\n")
            await self.flush()
        self.finish("data: [DONE]\n\n")


class _Models(tornado.web.RequestHandler):
    def get(self) -> None:
        model = {"id": "llama-7", "object": "model", "created": 0, "owned_by": "x"}
        self.finish(json.dumps({"object": "list", "data": [model]}))


@asynccontextmanager
async def chat_service(*chunks: dict[str, Any]) -> AsyncIterator[tuple[str, list[Any]]]:
    asked: list[Any] = []
    given = {"chunks": list(chunks), "asked": asked}
    app = tornado.web.Application(
        [("/v1/chat/completions", _Completions, given), ("/v1/models", _Models)],
        log_function=lambda _handler: None,
    )
    server = tornado.httpserver.HTTPServer(app)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}/v1", asked
    finally:
        server.stop()
        await server.close_all_connections()


async def test_a_chat_services_words_are_passed_on_as_they_come():
    async with chat_service({"content": "Hel"}, {"content": "lo."}, {}) as (url, asked):
        brain = ChatBrain(ChatEndpoint(url), key="k")
        assert await pieces(brain, user("hi")) == ["Hel", "lo."]
        assert asked[0]["model"] == "llama-7"
        assert asked[0]["key"] == "Bearer k"
        assert asked[0]["messages"] == [
            {"role": "system", "content": "Rule."},
            {"role": "user", "content": "hi"},
        ]
        assert "tools" not in asked[0]


async def test_a_chat_services_calls_are_put_together():
    def call(index: int, **function: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": index, "id": f"t{index}", "function": function}]}

    chunks = (
        {"content": "Wait. "},
        call(0, name="get_weather", arguments='{"city":'),
        call(1, name="get_weather", arguments=""),
        call(0, arguments='"Paris"}'),
    )
    async with chat_service(*chunks) as (url, asked):
        brain = ChatBrain(ChatEndpoint(url, "m"))
        made = await pieces(brain, user("hi"), tools=(TOOL,), tool_choice="required")
        assert made == [
            "Wait. ",
            FunctionCall("get_weather", '{"city":"Paris"}'),
            FunctionCall("get_weather", "{}"),
        ]
        assert asked[0]["tool_choice"] == "required"
        assert asked[0]["tools"][0]["function"]["name"] == "get_weather"
        await pieces(brain, tools=(TOOL,), tool_choice="function", forced_tool="get_weather")
        assert asked[1]["tool_choice"]["function"] == {"name": "get_weather"}


def test_a_chat_service_knows_mcp_tools_by_their_servers_too():
    tools = (
        FunctionTool("search", "Ours."),
        FunctionTool("search", "Docs.", {}, "docs"),
        FunctionTool("list all", "", {}, "shop"),
    )
    call = ContextItem("function_call", name="search", arguments="{}", call_id="a", server="docs")
    output = ContextItem("function_call_output", call_id="a", output="found")
    request = BrainRequest("", (call, output), tools=tools)
    names = [tool["function"]["name"] for tool in chat_tools(request)["tools"]]
    assert names == ["search", "docs__search", "shop__list_all"]
    assert as_messages(request)[0]["tool_calls"][0]["function"]["name"] == "docs__search"
    assert [made_call(request, name, "{}").server for name in names] == ["", "docs", "shop"]
    assert made_call(request, "shop__list_all", "{}").name == "list all"
    one = replace(request, tool_choice="function", forced_server="docs", forced_tool="search")
    assert chat_tools(one)["tool_choice"]["function"]["name"] == "docs__search"
    some = chat_tools(replace(request, tool_choice="function", forced_server="docs"))
    assert (some["tool_choice"], len(some["tools"])) == ("required", 1)


async def test_a_chat_services_refusal_fails_the_response():
    async with chat_service({"status": 404}) as (url, _asked):
        with pytest.raises(BrainError, match="no such model"):
            await pieces(ChatBrain(ChatEndpoint(url, "m")), user("hi"))
    with pytest.raises(BrainError, match="does not answer"):
        await pieces(ChatBrain(ChatEndpoint(url, "m")), user("hi"))


async def test_leaving_a_chat_stream_early_closes_it():
    async with chat_service(*[{"content": "word "}] * 50) as (url, _asked):
        stream = ChatBrain(ChatEndpoint(url, "m")).respond(BrainRequest("", (user("hi"),)))
        assert await anext(stream) == "word "
        await stream.aclose()  # type: ignore[attr-defined]


def test_a_conversation_becomes_messages():
    def call(call_id: str) -> ContextItem:
        return ContextItem("function_call", name="f", arguments="{}", call_id=call_id)

    items = (
        user("hi"),
        ContextItem("message", "assistant", ""),  # cut off: its words are gone
        call("a"),
        call("b"),
        ContextItem("function_call_output", call_id="a", output="1"),
        ContextItem("function_call_output", call_id="b", output="2"),
        call("never answered"),
        ContextItem("function_call_output", call_id="unknown", output="3"),
    )
    messages = as_messages(BrainRequest("", items, idle=True))
    assert [message["role"] for message in messages] == [
        "user", "assistant", "tool", "tool", "system",
    ]  # fmt: skip
    assert [made["id"] for made in messages[1]["tool_calls"]] == ["a", "b"]


# ---------------------------------------------------------------------------- names


def test_brains_by_name():
    assert isinstance(load_brain("card")(), CardBrain)
    assert isinstance(load_brain("echo")(), EchoBrain)
    assert isinstance(load_brain("http://127.0.0.1:1/v1")(), ChatBrain)
    assert read_chat_url("http://h:1/v1?model=a/b:7") == ChatEndpoint("http://h:1/v1", "a/b:7")


def test_a_password_in_a_brains_url_is_refused_and_not_repeated():
    for url in ("http://me:sk-planted@h/v1", "http://h\\@sk-planted/v1"):
        with pytest.raises(UsageError, match="REALTIME_NB_BRAIN_KEY") as refused:
            read_chat_url(url)
        assert "sk-planted" not in str(refused.value)


@pytest.mark.parametrize(
    "spec",
    ["parrot", "", "scripted:", "scripted:/nowhere.json", "ftp://x/y", "http://", "http://[x"],
)
def test_unknown_brains_are_refused_in_one_line(spec: str):
    with pytest.raises(UsageError) as refused:
        load_brain(spec)
    assert "\n" not in str(refused.value)
