"""What is known of MCP servers and their calls, from the events alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.tools.mcp import MAX_MCP_CALLS, McpBook


def configured(*labels):
    tools = [{"type": "mcp", "server_label": label} for label in labels]
    return {"type": "session.updated", "session": {"tools": [*tools, {"type": "function"}]}}


def listed(label="docs", item_id="mcpl_1", **fields):
    item = {"id": item_id, "type": "mcp_list_tools", "server_label": label, **fields}
    return {"type": "conversation.item.done", "item": item}


def listing(step, item_id="mcpl_1", **fields):
    return {"type": f"mcp_list_tools.{step}", "item_id": item_id, **fields}


def mcp_call(kind="response.output_item.added", **fields):
    item = {"id": "mcp_1", "type": "mcp_call", "server_label": "docs", "name": "search", **fields}
    return {"type": kind, "item": item}


def after(*events, step_ms=10.0):
    book = McpBook()
    for at, event in enumerate(events):
        book.received(Event(event), at * step_ms)
    return book


def test_a_list_that_comes():
    asked = after(configured("docs"), listing("in_progress"))
    assert asked.servers["docs"].state == "listing"
    book = after(
        configured("docs"),
        listing("in_progress"),
        listed(tools=[{"name": "search"}, {"name": "fetch"}, {"no": "name"}, 7]),
        listing("completed"),
    )
    assert (book.servers["docs"].state, book.servers["docs"].tools) == (
        "ready",
        ("search", "fetch"),
    )


def test_a_list_that_fails_says_why_where_the_service_does():
    error = {"type": "http_error", "code": 401, "message": "Unauthorized"}
    book = after(configured("docs", "b"), listed(error=error), listing("failed"))
    assert book.servers["docs"].state == "failed"
    assert book.servers["docs"].error == "Unauthorized (401)"
    assert book.servers["b"].state == "listing"


def test_a_list_that_fails_without_a_name_is_that_of_the_only_server_that_is_asked():
    book = after(configured("docs"), listing("in_progress"), listing("failed"))
    assert book.servers["docs"].state == "failed"
    assert book.servers["docs"].error == "the service gave no reason"
    nobody = after(configured("a", "b"), listing("failed"))
    assert {one.state for one in nobody.servers.values()} == {"listing"}


def test_a_server_is_asked_again_when_it_was_not_there():
    book = after(configured("docs"), listed(error="down"), listing("failed"), listing("completed"))
    assert (book.servers["docs"].state, book.servers["docs"].error) == ("ready", "")


def test_a_call_from_its_arguments_to_its_output():
    steps = [
        mcp_call(arguments=""),
        {"type": "response.mcp_call_arguments.delta", "item_id": "mcp_1", "delta": '{"q":'},
        {
            "type": "response.mcp_call_arguments.done",
            "item_id": "mcp_1",
            "arguments": '{"q": "x"}',
        },
        {"type": "response.mcp_call.in_progress", "item_id": "mcp_1"},
    ]
    running = after(*steps).calls["mcp_1"]
    assert (running.server, running.name, running.state) == ("docs", "search", "running")
    assert running.arguments == '{"q": "x"}'
    end = {"type": "response.mcp_call.completed", "item_id": "mcp_1"}
    done = mcp_call("response.output_item.done", output="found", approval_request_id="mcpr_1")
    call = after(*steps, end, done).calls["mcp_1"]
    assert (call.state, call.output, call.approval_id) == ("ok", "found", "mcpr_1")
    assert call.took_ms == 40.0


def test_a_call_that_fails():
    error = {"type": "tool_execution_error", "message": "no such page"}
    failed = {"type": "response.mcp_call.failed", "item_id": "mcp_1"}
    told = mcp_call("response.output_item.done", error=error)
    for events in ([mcp_call(), failed, told], [mcp_call(), told, failed]):
        call = after(*events).calls["mcp_1"]
        assert (call.state, call.error) == ("failed", "no such page")
    assert after(mcp_call(), failed).calls["mcp_1"].error == "the service gave no reason"


def test_no_more_calls_are_kept_than_anybody_reads():
    book = after(*(mcp_call(id=f"mcp_{at}") for at in range(MAX_MCP_CALLS + 3)))
    assert len(book.calls) == MAX_MCP_CALLS
    assert "mcp_0" not in book.calls


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "docs", "mcp_call"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "server_label", "tools", "error", "message", "code"]),
            inner,
        )
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        "session.updated",
        "mcp_list_tools.failed",
        "mcp_list_tools.in_progress",
        "response.mcp_call.failed",
        "response.mcp_call_arguments.delta",
        "response.output_item.done",
        "conversation.item.added",
    ]
)


@given(st.lists(st.tuples(KINDS, JSON, JSON, JSON, JSON), max_size=4))
def test_whatever_a_service_sends_is_taken(events):
    after(
        *(
            {"type": kind, "item_id": item_id, "item": item, "delta": delta, "session": session}
            for kind, item_id, item, delta, session in events
        )
    )
