"""Agents of a chat: defined by cells and calls, handed over to, with the talk kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    error,
    expect,
    send,
    session_created,
    session_updated,
)
from realtime_nb.errors import RealtimeError, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from realtime_nb.notebook.chats.chat import Chat

CELL = """%%realtime --endpoint {url}
---
output_modalities: [text]
tools: [transfer_to_billing, escalate_to_human]
---
You are the reception."""
BILLING = """%%realtime --agent billing
---
tools: [find_invoice]
---
You are the billing desk."""
TOOLS = '''
import realtime_nb

def transfer_to_billing(reason: str = ""):
    """Transfer the caller to billing."""
    chat.handoff("billing").result(5)
    return "billing has the call"

@realtime_nb.tool(follow_up=False)
def escalate_to_human(summary: str = ""):
    """Escalate the call to a human."""
    escalated.append(summary)
    return "a human takes over"

def find_invoice(number: int) -> dict:
    """Find an invoice by its number."""
    return {"invoice": number, "amount": 12.5}

escalated = []
'''


class Notebook:
    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self._capsys = capsys

    def run(self, cell: str) -> str:
        self.shell.run_cell(cell)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    @property
    def chat(self) -> Chat:
        return self.shell.user_ns["chat"]

    def say(self, text: str) -> None:
        """Say something, and wait until nothing comes of it any more."""
        self.chat.say(text).result(10)
        # A follow-up is asked for when the output is in the conversation.
        until(lambda: all(call.ended for call in self.chat.toolbox.desk.calls))
        until(lambda: not self.chat.session.responding)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end, "it has not come to that"
        time.sleep(0.01)


@pytest.fixture
def notebook(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Notebook]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("REALTIME_NB_API_KEY", "sk-scripted")
    yield Notebook(shell, capsys)
    shell.user_ns.pop("chat", None)


def test_a_tool_hands_the_call_over_and_the_talk_goes_on(notebook: Notebook) -> None:
    notebook.run(TOOLS)
    told = notebook.run(BILLING)
    assert "Agent billing is defined with find_invoice" in told
    assert "chat" not in notebook.shell.user_ns  # nothing was started
    notebook.run(CELL.format(url="local"))
    chat = notebook.chat
    assert chat.current_agent == ""
    notebook.say("transfer me to billing")
    until(lambda: chat.current_agent == "billing")
    until(lambda: "Billing has the call" in chat.transcript)
    assert chat.effective["instructions"] == "You are the billing desk."
    assert [tool["name"] for tool in chat.effective["tools"]] == ["find_invoice"]
    notebook.say("find invoice number 42")
    until(lambda: "12.5" in chat.transcript)
    assert chat.transcript.startswith("user: transfer me to billing")
    sent = [r.event.data for r in chat.events if r.event.type == "session.update"]
    assert sent[-1]["event_id"].startswith("handoff_billing_")
    assert "→ billing find_invoice" in repr(chat.agents)
    # The cell brings back what it says.
    notebook.run(CELL.format(url="local"))
    assert chat.current_agent == ""
    assert chat.effective["instructions"] == "You are the reception."


@pytest.mark.parametrize(
    ("options", "wait"),
    [("", ""), ("", ".result(5)"), ("(follow_up=False)", ""), ("(follow_up=False)", ".result(5)")],
)
def test_what_an_agent_says_first_comes_once_the_tools_output_is_in(
    notebook: Notebook, wait: str, options: str
) -> None:
    notebook.run(TOOLS)
    notebook.run(
        f"@realtime_nb.tool{options}\ndef transfer_to_billing():\n"
        f"    '''Transfer the caller to billing.'''\n"
        f"    chat.handoff('billing', say='Greet the caller.'){wait}\n"
        "    return 'billing has the call'"
    )
    notebook.run(BILLING)
    notebook.run(CELL.format(url="local"))
    kinds = ("response.create", "conversation.item.create", "session.update")

    def sent() -> list[dict[str, Any]]:
        events = [r.event for r in notebook.chat.events if r.direction == "sent"]
        return [event.data for event in events if event.type in kinds]

    notebook.chat.say("transfer me to billing").result(10)
    until(lambda: sent()[-1]["type"] == "response.create" and len(sent()) > 4)
    until(lambda: not notebook.chat.session.responding)
    notebook.chat.ask("thank you", input=[]).result(10)  # by now another would have been asked for
    update, output, answer, _ = sent()[-4:]
    assert update["event_id"].startswith("handoff_billing")
    assert output["item"]["type"] == "function_call_output"
    told = "You are the billing desk.\n\nGreet the caller."
    assert answer["response"]["instructions"] == told
    # It leads that answer, and no other.
    notebook.chat.say("thank you").result(10)
    assert "instructions" not in sent()[-1].get("response", {})


def test_escalation_stops_the_model_and_leaves_the_chat_to_a_person(notebook: Notebook) -> None:
    notebook.run(TOOLS)
    notebook.run(CELL.format(url="local"))
    chat = notebook.chat
    notebook.say("escalate this to a human")
    until(lambda: notebook.shell.user_ns["escalated"] != [])
    until(lambda: any(item.type == "function_call_output" for item in chat.items))
    chat.ask("thank you", input=[]).result(10)  # by now a follow-up would have been asked for
    assert not chat.session.responding
    assert [item.role for item in chat.items if item.type == "message"] == ["user"]


def test_guards_and_agents_go_along_to_the_next_session(notebook: Notebook) -> None:
    notebook.run(TOOLS)
    notebook.run(CELL.format(url="local"))
    notebook.run("chat.agent('sales', 'You sell.', tools=[find_invoice])")
    notebook.run("@chat.guard\ndef polite(text):\n    return 'rude' if 'fool' in text else None")
    before = notebook.chat
    notebook.run(CELL.format(url="local").replace("%%realtime", "%%realtime --restart"))
    assert notebook.chat is not before
    assert list(notebook.chat.agents) == ["sales"]
    assert list(notebook.chat.guards) == ["polite"]
    notebook.run("del chat.guards['polite']")
    assert list(notebook.chat.guards) == []
    assert "no guard is called 'polite'" in notebook.run("del chat.guards['polite']")
    assert "there is sales" in notebook.run("chat.handoff('nobody')")


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("%%realtime --agent 9x\nHello.", "letters, digits"),
        ("%%realtime --agent billing\n---\nturn_detection: none\n---\nHi.", "line 3: `turn_det"),
        ("%%realtime --agent billing\n---\nvoice: nobody\n---\nHi.", "line 3:"),
        ("%%realtime --agent billing\n---\ntype: transcription\n---\n", "leads a conversation"),
        ("%%realtime --agent billing\n---\n---\n", "no instructions"),
        ("%%realtime --agent billing\n---\ntools: [nothing_of_it]\n---\nHi.", "nothing_of_it"),
    ],
)
def test_what_is_no_agent_is_told_in_one_line(notebook: Notebook, cell: str, told: str) -> None:
    printed = notebook.run(cell)
    assert told in printed
    assert len(printed.strip().splitlines()) == 1


def test_a_refused_hand_over_leaves_the_agent_before(notebook: Notebook) -> None:
    script = [
        send(session_created()),
        expect("session.update"),
        answer(session_updated),
        expect("session.update", session={"instructions": "You sell."}),
        answer(lambda event: error("Not now.", "nope", event_id=event["event_id"])),
    ]
    with ScriptedPeer(script) as peer:
        notebook.run(f"%%realtime --endpoint {peer.url}\nHello.")
        chat = notebook.chat
        asked = dict(chat.asked)
        chat.agent("sales", "You sell.", tools=[sell])
        call = chat.handoff("sales")
        with pytest.raises(ServerError, match="Not now"):
            call.result(5)
        until(lambda: chat.asked == asked)
        assert chat.current_agent == ""
        assert "sell" not in chat.toolbox.registry
        chat.close()


def sell(what: str) -> str:
    """Sell something."""
    return what


def test_a_conversation_that_has_spoken_keeps_its_voice(notebook: Notebook) -> None:
    notebook.run("%%realtime --endpoint local\nHello.")
    chat = notebook.chat
    chat.agent("early", "You are early.", voice="cedar")
    chat.agent("late", "You are late.", voice="marin")
    chat.handoff("early").result(5)
    assert chat.effective["audio"]["output"]["voice"] == "cedar"
    chat.say("thank you").result(20)
    assert chat.handoff("late", say="Greet.").result(5)["instructions"] == "You are late."
    assert chat.effective["audio"]["output"]["voice"] == "cedar"


@pytest.mark.parametrize(
    "call",
    [
        "chat.agent('x y', 'Hi.')",
        "chat.agent('x', '')",
        "chat.agent('x', 'Hi.', tools=['by_name'])",
        "chat.agent('x', 'Hi.', voice='nobody')",
        "chat.agent('x', 'Hi.', tool_choice='maybe')",
        "chat.ask('')",
        "chat.ask('Hi', modality='smell')",
        "chat.ask('Hi', input='text')",
        "chat.respond(turn_detection='none')",
        "chat.respond(voce='marin')",
        "chat.guard(on='nobody')",
        "chat.guard(on='user', hold=True)",
        "chat.guard(timeout_s=0)",
        "chat.guard(3)",
    ],
)
def test_slips_are_one_line(talking: Chat, call: str) -> None:
    with pytest.raises(RealtimeError) as caught:
        eval(call, {"chat": talking})  # noqa: S307 -- the test's own words
    assert "\n" not in str(caught.value)
    assert 20 < len(str(caught.value)) < 400


@pytest.fixture(scope="module")
def talking() -> Iterator[Any]:
    from realtime_nb.client.endpoints.endpoint import resolve_endpoint  # noqa: PLC0415
    from realtime_nb.notebook.chats.chat import Chat  # noqa: PLC0415

    chat = Chat(resolve_endpoint("local"), {"type": "realtime", "output_modalities": ["text"]})
    chat.open()
    yield chat
    chat.close()


def test_questions_beside_the_talk_leave_no_trace_in_it(talking: Chat, tmp_path: Any) -> None:
    talk = talking.say("tell me a story")
    asked = [talking.ask(f"what is {n} plus 3", input=[]) for n in (1, 2, 4)]
    tool = talking.ask("please sell a boat", input=[], tools=[sell], tool_choice="required")
    written = talking.respond(instructions="Be brief.", modality="text")
    assert [call.result(20).text for call in asked] == [
        f"{n} plus 3 is {n + 3}." for n in (1, 2, 4)
    ]
    (made,) = tool.result(20).calls
    assert made.name == "sell"
    talk.result(20)
    written.result(20)
    roles = [item.role for item in talking.items]
    assert roles == ["user", "assistant", "assistant"]
    assert "plus" not in talking.transcript
    assert talking.turns.df["responses"].tolist() == [2]
    assert len(talking.usage.df) == 6  # all are billed
    saved = talking.save(tmp_path / "talk.rtnb")
    from realtime_nb.notebook.saved.saved_chat import open_saved  # noqa: PLC0415

    again = open_saved(saved)
    assert [item.role for item in again.items] == roles
    assert again.transcript == talking.transcript


def test_an_agent_does_not_take_the_approval_off_a_tool_of_the_chat(notebook: Notebook) -> None:
    notebook.run(TOOLS)
    notebook.run(CELL.format(url="local"))
    notebook.run("@chat.tool(approve=True)\ndef refund(order: str) -> str:\n    return 'done'")
    notebook.run("chat.agent('billing', 'You settle bills.', tools=[refund])")
    notebook.run("chat.agent('sales', 'You sell.', tools=[find_invoice])")
    for agent in ("billing", "sales", "billing"):  # also on the way back to it
        notebook.chat.handoff(agent).result(10)
    tool = notebook.chat.toolbox.registry.get("refund")
    assert tool is not None
    assert tool.options.approve


def test_an_agent_does_not_take_the_approval_off_a_method_or_a_later_definition(
    notebook: Notebook,
) -> None:
    notebook.run(TOOLS)
    notebook.run(CELL.format(url="local"))
    notebook.run(
        "class Till:\n    def refund(self, order: str) -> str:\n        return 'done'\n"
        "till = Till()\nchat.tool(approve=True)(till.refund)\n"
        "@chat.tool(approve=True)\ndef drop(table: str) -> str:\n    return 'done'"
    )
    notebook.run("def drop(table: str) -> str:\n    return 'dropped'")
    notebook.run("chat.agent('billing', 'You settle bills.', tools=[till.refund, drop])")
    notebook.chat.handoff("billing").result(10)
    options = {tool.name: tool.options for tool in notebook.chat.toolbox.registry.tools}
    assert options["refund"].approve
    assert options["drop"].approve
