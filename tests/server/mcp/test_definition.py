"""What may be said of an MCP server, and which tools it then allows and asks about."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.server.config.config import SessionConfig
from realtime_nb.server.config.session_fields import TOOLS
from realtime_nb.server.mcp.definition import McpDefinition, settle
from realtime_nb.server.wire_errors import WireError
from tests.server.mcp.scenes import SEARCH, SECRET, URL, WRITE, server


def defined(**fields: Any) -> McpDefinition:
    checked = TOOLS.check([server(**fields)], "session.tools")
    return settle(checked, {}, "session.tools")[1]["docs"]


@pytest.mark.parametrize(
    ("tools", "code", "param"),
    [
        ([{"type": "mcp"}], "missing_required_parameter", "[0].server_label"),
        ([{"type": "mcp", "server_label": "x"}], "missing_required_parameter", "[0].server_url"),
        ([server(), server()], "invalid_value", "[1].server_label"),
        ([server(connector_id="connector_gmail")], "invalid_value", "[0].connector_id"),
        ([server(authorization="a", headers={"authorization": "b"})], "invalid_value",
         "[0].headers"),
        ([server(require_approval="sometimes")], "invalid_value", "[0].require_approval"),
        ([server(require_approval={"maybe": {}})], "unknown_parameter",
         "[0].require_approval.maybe"),
        ([server(allowed_tools="search")], "invalid_type", "[0].allowed_tools"),
        ([server(server_label="no spaces")], "invalid_value", "[0].server_label"),
        ([server(password="x")], "unknown_parameter", "[0].password"),
    ],
)  # fmt: skip
def test_refused_definitions(tools: Any, code: str, param: str):
    config = SessionConfig("sess_x", 0)
    with pytest.raises(WireError) as refused:
        config.update({"type": "realtime", "tools": tools})
    assert (refused.value.code, refused.value.param) == (code, f"session.tools{param}")
    assert config.tools == []
    assert not config.mcp


def test_a_server_out_of_reach_is_refused_with_the_reason():
    config = SessionConfig("sess_x", 0)
    with pytest.raises(WireError, match=r"tools\[0\]\.server_url.*too far") as refused:
        config.update(
            {"type": "realtime", "tools": [server()]}, refuse_mcp=lambda _definition: "too far."
        )
    assert refused.value.param == "session.tools[0].server_url"


def test_secrets_stay_out_of_the_session_object():
    config = SessionConfig("sess_x", 0)
    config.update({"type": "realtime", "tools": [server(authorization=SECRET)]})
    assert SECRET not in repr(config.to_wire())
    assert SECRET not in repr(config.mcp)
    assert config.mcp["docs"].request_headers == {"Authorization": f"Bearer {SECRET}"}


def test_the_label_alone_keeps_what_was_said_and_takes_what_is_new():
    config = SessionConfig("sess_x", 0)
    config.update({"type": "realtime", "tools": [server(authorization=SECRET)]})
    config.update({"type": "realtime", "tools": []})
    again = {"type": "mcp", "server_label": "docs", "require_approval": "never"}
    config.update({"type": "realtime", "tools": [again]})
    assert config.mcp["docs"] == McpDefinition("docs", URL, SECRET, approval="never")
    # A server_url is a new definition.
    config.update({"type": "realtime", "tools": [server()]})
    assert config.mcp["docs"] == McpDefinition("docs", URL)


@pytest.mark.parametrize(
    ("allowed", "search", "write"),
    [
        (None, True, True),
        (["write"], False, True),
        ([], False, False),
        ({"tool_names": ["search"]}, True, False),
        ({"read_only": True}, True, False),
        ({"read_only": False, "tool_names": ["search", "write"]}, False, True),
    ],
)
def test_allowed_tools(allowed: Any, search: bool, write: bool):  # noqa: FBT001 -- a table's columns
    definition = defined(allowed_tools=allowed)
    assert (definition.allows(SEARCH), definition.allows(WRITE)) == (search, write)


@pytest.mark.parametrize(
    ("approval", "search", "write"),
    [
        (None, True, True),
        ("always", True, True),
        ("never", False, False),
        ({"never": {"tool_names": ["search"]}}, False, True),
        ({"never": {"read_only": True}}, False, True),
        ({"always": {"tool_names": ["write"]}}, True, True),
        ({"always": {"read_only": False}, "never": {"read_only": True}}, False, True),
        ({"always": {"tool_names": ["search"]}, "never": {"tool_names": ["search"]}}, True, True),
    ],
)
def test_require_approval(approval: Any, search: bool, write: bool):  # noqa: FBT001 -- as above
    definition = defined(require_approval=approval)
    assert (definition.asks(SEARCH), definition.asks(WRITE)) == (search, write)
