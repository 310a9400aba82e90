"""Calls, questions and displays, as pages are told of them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.feed import GATHER_S
from realtime_nb.bridge.tools import displays as tools_displays
from realtime_nb.bridge.tools.displays import KEPT, TEXT_CHARS
from realtime_nb.client.listeners import Listeners
from realtime_nb.client.tools.outcome import ToolCall
from realtime_nb.client.tools.records import CallRecord
from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.approval import Approval
from realtime_nb.protocol.tools.mcp import McpCall, McpServer
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TABLE = {
    "output_type": "display_data",
    "data": {"text/plain": "a\n1", "text/html": "<table></table>"},
    "metadata": {},
}
PRINT = {"output_type": "stream", "name": "stdout", "text": "looking\n"}


class FakeApprovals:
    def __init__(self) -> None:
        self.open: tuple[Approval, ...] = ()
        self.answers: list[tuple[str, str, str]] = []
        self._changed: Listeners[()] = Listeners()
        self.on_change = self._changed.add

    def ask(self, *approvals: Approval) -> None:
        self.open = approvals
        self._changed.tell()

    def answer(self, approval_id: str, answer: str, reason: str = "") -> None:
        if approval_id not in [approval.id for approval in self.open]:
            raise UsageError("it is not open")
        self.answers.append((approval_id, answer, reason))
        self.ask(*(approval for approval in self.open if approval.id != approval_id))


class FakeDesk:
    def __init__(self) -> None:
        self.calls: tuple[CallRecord, ...] = ()
        self.approvals = FakeApprovals()
        self.changed: Listeners[Any] = Listeners()
        self.on_change = self.changed.add
        self.mcp_changed: Listeners[Any] = Listeners()
        self.mcp = SimpleNamespace(on_change=self.mcp_changed.add)


class FakeDisplays:
    def __init__(self) -> None:
        self.made: list[Any] = []
        self.forgotten: list[str] = []

    def show(self, outputs: Any) -> str:
        self.made.append(outputs)
        return f"model-{len(self.made)}"

    def forget(self, model_id: str) -> None:
        self.forgotten.append(model_id)


class Room:
    def __init__(self) -> None:
        self.session, self.view = FakeSession(), FakeView()
        self.desk, self.displays = FakeDesk(), FakeDisplays()
        self.bridge = Bridge(self.session, self.view, loop=FakeLoop())
        self.bridge.start()
        self.bridge.tools.attach(self.desk, self.displays)  # type: ignore[arg-type]  # fakes

    async def say(self, kind: str, **fields: Any) -> None:
        self.view.page_says(kind, **fields)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)

    def item(self, item_id: str, kind: str, **fields: Any) -> None:
        item = {"id": item_id, "type": kind, "status": "completed", **fields}
        self.session.receive(
            {"type": "conversation.item.added", "previous_item_id": None, "item": item}
        )

    def change(self, call_id: str, status: Any, **fields: Any) -> None:
        call = ToolCall(call_id, "add", "{}")
        self.desk.changed.tell(CallRecord(call, status, 0.0, **fields))

    async def card(self, item_id: str) -> dict[str, Any]:
        """Return the card that pages were told of last."""
        await asyncio.sleep(2 * GATHER_S)
        told = [item for message in self.view.of_kind("items") for item in message["items"]]
        return [item["tool"] for item in told if item["id"] == item_id][-1]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    await room.bridge.stop()


def question(name: str = "pay", left_s: float = 60.0, **fields: Any) -> Approval:
    return Approval("c1", "function", name, "", '{"to": "Ada"}', 0.0, left_s=left_s, **fields)


async def test_a_call_is_told_of_anew_whenever_it_changes(room: Room) -> None:
    room.item("i1", "function_call", name="add", call_id="c1", arguments='{"a": 1}')
    card = await room.card("i1")
    assert (card["kind"], card["call_id"], card["name"]) == ("call", "c1", "add")
    assert (card["arguments"], card["state"], card["ms"]) == ('{"a": 1}', "open", None)
    room.change("c1", "running", ms=0.0)
    assert (await room.card("i1"))["state"] == "running"
    room.change("c1", "failed", ms=12.5, output='{"error": "x"}', error="ValueError: x")
    card = await room.card("i1")
    assert (card["state"], card["ms"], card["error"]) == ("failed", 12.5, "ValueError: x")
    assert card["output"] == '{"error": "x"}'


async def test_a_page_that_comes_later_is_told_all_of_it(room: Room) -> None:
    room.item("i1", "function_call", name="pay", call_id="c1", arguments="{}")
    room.change("c1", "waiting")
    room.desk.approvals.ask(question(left_s=42.0))
    room.bridge.tools.show("c0", [TABLE])
    await room.say("hello", client="a", version=1)
    welcome = room.view.of_kind("welcome")[0]
    assert [item["tool"]["state"] for item in welcome["items"]] == ["waiting"]
    asked = room.view.of_kind("approvals")[-1]
    assert asked["to"] == "a"
    assert asked["open"] == [
        {
            "id": "c1",
            "kind": "function",
            "name": "pay",
            "server": "",
            "arguments": '{"to": "Ada"}',
            "left_s": 42.0,
        }
    ]
    assert room.view.of_kind("call_output")[-1]["call_id"] == "c0"


@pytest.mark.parametrize("decision", ["once", "always", "deny"])
async def test_an_answer_of_a_page_is_passed_on(room: Room, decision: str) -> None:
    room.desk.approvals.ask(question())
    await room.say("approve", id="c1", decision=decision, reason="  too much \ud83d")
    assert room.desk.approvals.answers == [("c1", decision, "  too much �")]
    assert room.view.of_kind("approvals")[-1]["open"] == []


async def test_an_answer_that_comes_too_late_is_said_to_be_so(room: Room) -> None:
    await room.say("hello", client="a", version=1)
    await room.say("approve", client="a", id="gone", decision="once")
    notice = room.view.of_kind("notice")[-1]
    assert notice["to"] == "a"
    assert "had its answer" in notice["text"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"id": 5, "decision": "once"}, {"id": "c1", "decision": "maybe"}, {"id": "c1"}],
)
async def test_what_is_no_answer_answers_nothing(room: Room, fields: dict[str, Any]) -> None:
    room.desk.approvals.ask(question())
    await room.say("approve", **fields)
    assert room.desk.approvals.answers == []


async def test_a_display_is_made_once_there_is_a_page(room: Room) -> None:
    room.bridge.tools.show("c1", [PRINT, TABLE])
    await room.settle()
    assert room.displays.made == []
    await room.say("hello", client="a", version=1)
    for _ in range(500):  # it is made on another thread
        if room.view.of_kind("call_output")[-1]["model"] is not None:
            break
        await asyncio.sleep(0.01)
    told = room.view.of_kind("call_output")[-1]
    assert (told["call_id"], told["model"], told["text"]) == ("c1", "model-1", "looking\na\n1")
    room.bridge.tools.show("c1", [PRINT])
    await room.settle()
    assert room.view.of_kind("call_output")[-1]["model"] == "model-2"
    assert room.displays.forgotten == ["model-1"]


async def test_of_old_displays_their_text_is_left(room: Room) -> None:
    await room.say("hello", client="a", version=1)
    for number in range(KEPT + 2):
        room.bridge.tools.show(f"c{number}", [TABLE])
    await room.settle()
    assert room.displays.forgotten == ["model-1", "model-2"]
    await room.say("hello", client="b", version=1)
    last = {message["call_id"]: message for message in room.view.of_kind("call_output")}
    assert (last["c0"]["model"], last["c0"]["text"]) == (None, "a\n1")
    assert last["c2"]["model"] == "model-3"


async def test_of_old_displays_their_text_is_left_when_all_are_too_large(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools_displays, "KEPT_CHARS", 100)
    await room.say("hello", client="a", version=1)
    for number, length in enumerate((40, 40, 30, 500)):
        room.bridge.tools.show(f"c{number}", [{**PRINT, "text": "x" * length}])
        await room.settle()
        if number == 2:
            assert room.displays.forgotten == ["model-1"]
    # What is newest is shown however large it is.
    assert room.displays.forgotten == ["model-1", "model-2", "model-3"]
    told = {message["call_id"]: message for message in room.view.of_kind("call_output")}
    assert (told["c0"]["model"], told["c0"]["text"]) == (None, "x" * 40)
    assert told["c3"]["model"] == "model-4"


async def test_a_long_text_is_cut_and_says_so(room: Room) -> None:
    room.bridge.tools.show("c1", [{**PRINT, "text": "x\u202e" * TEXT_CHARS}])
    await room.settle()
    text = room.view.of_kind("call_output")[-1]["text"]
    assert "⟨U+202E⟩" in text
    assert text.endswith(f"({2 * TEXT_CHARS:,} characters)")


async def test_a_server_s_tools_and_calls_are_cards(room: Room) -> None:
    room.item("l1", "mcp_list_tools", server_label="docs", tools=[{"name": "a"}, {"name": "b"}])
    room.desk.mcp_changed.tell(McpServer("docs", "ready", ("a", "b"), item_id="l1"))
    card = await room.card("l1")
    assert (card["kind"], card["server"]) == ("mcp_list", "docs")
    assert (card["state"], card["output"]) == ("ok", "a, b")
    room.item("m1", "mcp_call", server_label="docs", name="a", arguments="{}")
    room.desk.mcp_changed.tell(McpCall("m1", "docs", "a", state="failed", error="full", took_ms=7))
    card = await room.card("m1")
    assert (card["kind"], card["state"], card["error"], card["ms"]) == (
        "mcp_call",
        "failed",
        "full",
        7,
    )


async def test_a_listing_that_fails_without_an_item_is_a_notice_once(room: Room) -> None:
    await room.say("hello", client="a", version=1)
    for _ in range(2):
        room.desk.mcp_changed.tell(McpServer("docs", "failed", error="refused"))
    await room.settle()
    texts = [message["text"] for message in room.view.of_kind("notice")]
    assert texts == ["No tools of the MCP server docs: refused"]


async def test_a_request_for_approval_and_its_answer(room: Room) -> None:
    room.item("q1", "mcp_approval_request", server_label="docs", name="a", arguments="{}")
    assert (await room.card("q1"))["state"] == "waiting"
    room.item("q2", "mcp_approval_response", approval_request_id="q1", approve=False)
    card = await room.card("q2")
    assert (card["call_id"], card["state"]) == ("q1", "denied")


async def test_without_a_desk_an_output_says_that_a_call_was_answered() -> None:
    session, view = FakeSession(), FakeView()
    bridge = Bridge(session, view, loop=FakeLoop())
    bridge.start()
    view.page_says("approve", id="c1", decision="once")
    bridge.tools.show("c1", [TABLE])
    item = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "x" * 30_000}
    session.receive({"type": "conversation.item.added", "item": item})
    await asyncio.sleep(2 * GATHER_S)
    card = view.of_kind("items")[-1]["items"][0]["tool"]
    assert (card["kind"], card["state"]) == ("output", "ok")
    assert card["output"].endswith("(30,000 characters)")
    await bridge.stop()
