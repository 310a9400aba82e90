"""A real MCP server is listed and called; what goes wrong there becomes an error."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from realtime_nb.server.mcp import package
from realtime_nb.server.mcp.credentials import scrubbed
from realtime_nb.server.mcp.definition import McpDefinition, McpFailure
from realtime_nb.server.mcp.package import ANYWHERE_VARIABLE, PackageReach
from tests.server.mcp.real import TOKEN, mcp_server

if TYPE_CHECKING:
    from collections.abc import Iterator

REACH = PackageReach()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mcp_server() as address:
        yield address


async def failure(definition: McpDefinition, name: str = "population", arguments: str = "{}"):
    with pytest.raises(McpFailure) as failed:
        await REACH.call(definition, name, arguments)
    return failed.value.to_wire()


async def test_tools_are_listed_and_called(url: str):
    definition = McpDefinition("docs", url)
    tools = {tool.name: tool for tool in await REACH.list_tools(definition)}
    assert set(tools) == {"population", "rename"}
    assert tools["population"].description == "Population of a city."
    assert tools["population"].input_schema["required"] == ["city"]
    assert tools["population"].read_only
    assert not tools["rename"].read_only
    json.dumps([tool.to_wire() for tool in tools.values()])
    arguments = '{"old": "Home", "new": "Start"}'
    assert await REACH.call(definition, "rename", arguments) == "Home is Start now"
    assert await REACH.call(definition, "population", '{"city": "Paris"}') == "2100000"


async def test_a_tool_that_raises_fails_as_a_tool(url: str):
    error = await failure(McpDefinition("docs", url), arguments='{"city": "Atlantis"}')
    assert error["type"] == "tool_execution_error"
    assert "population" in error["message"]


@pytest.mark.parametrize("arguments", ["[1]", "{", '"x"'])
async def test_arguments_that_are_no_object_are_not_sent(url: str, arguments: str):
    error = await failure(McpDefinition("docs", url), arguments=arguments)
    assert error == {"type": "tool_execution_error", "message": "the arguments are no JSON object"}


async def test_a_server_that_is_not_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(McpDefinition("docs", f"http://127.0.0.1:{port}/mcp"))
    assert error["type"] == "protocol_error"
    assert error["message"]


async def test_a_path_that_is_not_there(url: str):
    error = await failure(McpDefinition("docs", url.replace("/mcp", "/nothing")))
    assert error["code"] in {404, -32601}


async def test_a_server_that_wants_a_token():
    with mcp_server(TOKEN) as guarded:
        error = await failure(McpDefinition("docs", guarded, "wrong-token"))
        assert error == {"type": "http_error", "code": 401, "message": "HTTP status 401"}
        for right in (
            McpDefinition("docs", guarded, TOKEN),
            McpDefinition("docs", guarded, headers=(("Authorization", f"Bearer {TOKEN}"),)),
        ):
            assert len(await REACH.list_tools(right)) == 2


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(package, "CALL_TIMEOUT_S", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = await failure(
            McpDefinition("docs", f"http://127.0.0.1:{silent.getsockname()[1]}/mcp")
        )
    assert error["type"] == "protocol_error"


def test_only_this_computer_is_asked_unless_it_was_allowed(monkeypatch: pytest.MonkeyPatch):
    assert REACH.refusal(McpDefinition("docs", "http://localhost:8000/mcp")) == ""
    assert REACH.refusal(McpDefinition("docs", "http://[::1]:8000/mcp")) == ""
    assert "mcp.example.com" in REACH.refusal(McpDefinition("x", "https://mcp.example.com/mcp"))
    monkeypatch.setenv(ANYWHERE_VARIABLE, "1")
    assert REACH.refusal(McpDefinition("x", "https://mcp.example.com/mcp")) == ""
    both = "http://mcp.example.com\\@127.0.0.1/mcp"
    for wrong in ("mcp", "file:///etc/passwd", "http://[", "http:///mcp", both, "http://a@[::1]/"):
        assert "expected the URL" in REACH.refusal(McpDefinition("x", wrong))


def test_without_the_package_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(package.importlib.util, "find_spec", lambda _name: None)
    assert "realtime-nb[mcp]" in REACH.refusal(McpDefinition("docs", "http://127.0.0.1:1/mcp"))


def test_messages_hold_nothing_secret():
    assert scrubbed("Bearer abc\nfailed for abc", ["abc"]) == "Bearer … failed for …"
    assert len(scrubbed("x" * 9_000, [])) == 500
