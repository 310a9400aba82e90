"""A chat's tools in a notebook: brought by decorators and cells, called, replaced, taken away."""

from __future__ import annotations

import asyncio
import html
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

import realtime_nb
from realtime_nb.client.testing import (
    DEFAULT_SESSION,
    ScriptedPeer,
    Step,
    answer,
    error,
    expect,
    item_created,
    response_created,
    response_done,
    send,
    session_created,
    session_updated,
    spoken,
)
from realtime_nb.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from realtime_nb.notebook.chats.chat import Chat

CELL = """%%realtime --endpoint {url}
---
{tools}
---
You are a guide."""
WEATHER = '''def get_weather(city: str) -> str:
    """The weather of a city."""
    return "rain in " + city'''


CALL = {
    "id": "item_c",
    "type": "function_call",
    "status": "completed",
    "name": "get_weather",
    "call_id": "call_c",
    "arguments": '{"city": "Paris"}',
}


def replies(event: dict[str, Any], session: dict[str, Any]) -> list[dict[str, Any]]:
    """What a service says that knows one question: it calls `get_weather`, and says the output."""
    if event["type"] == "session.update":
        update = session_updated(event, session)
        session |= update["session"]
        return [update]
    if event["type"] == "conversation.item.create":
        session["answers"] = event["item"]["type"] == "function_call_output"
        return item_created(event)
    if event["type"] != "response.create" or session.get("answers"):
        return [*spoken(event, "Well.")] if event["type"] == "response.create" else []
    done = {"type": "response.output_item.done", "response_id": "resp_c", "output_index": 0}
    return [
        response_created(event, "resp_c"),
        {"type": "conversation.item.added", "previous_item_id": None, "item": CALL},
        {**done, "item": CALL},
        response_done(event, "resp_c", output=[CALL]),
    ]


async def serve(line: Any) -> None:
    """Answer until the client leaves."""
    session: dict[str, Any] = dict(DEFAULT_SESSION)
    await line.send([session_created()])
    left = asyncio.create_task(line.socket.wait_closed())
    while True:
        event = asyncio.create_task(line.next_event())
        await asyncio.wait({event, left}, return_when=asyncio.FIRST_COMPLETED)
        if not event.done():
            event.cancel()
            return
        try:
            await line.send(replies(event.result(), session))
        except ConnectionClosed:
            return


class Notebook:
    """A shell, the text its cells print, and the chat they make."""

    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self.url = ""
        self._capsys = capsys

    def run(self, cell: str) -> str:
        self.shell.run_cell(cell)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    def cell(self, fields: str) -> str:
        return CELL.format(url=self.url, tools=fields)

    @property
    def chat(self) -> Chat:
        return self.shell.user_ns["chat"]

    @property
    def in_force(self) -> dict[str, dict[str, Any]]:
        """The functions the service knows, by name."""
        return {one["name"]: one for one in (self.chat.effective or {}).get("tools", ())}

    def updates(self) -> list[Any]:
        """The updates of the session so far, with those that a cell left under way."""
        session = self.chat.session
        # What follows them on the wire is answered after them.
        session.create_item({"type": "message", "role": "user", "content": []}).result(30)
        return [one for one in session.log if one.event.type == "session.update"]

    def ask(self, status: str = "ok") -> str:
        """Ask the question, and return the output of the call that comes of it."""
        over = threading.Event()
        outputs: list[str] = []

        def note(record: Any) -> None:
            if record.status == status:
                outputs.append(record.output)
                over.set()

        undo = self.chat.toolbox.desk.on_change(note)
        self.chat.say("what is the weather in Paris").result(30)
        assert over.wait(30)
        undo()
        return outputs[0]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("REALTIME_NB_API_KEY", "sk-scripted")


@pytest.fixture
def sessions() -> int:
    """How many sessions a test opens."""
    return 1


@pytest.fixture
def notebook(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], sessions: int
) -> Iterator[Notebook]:
    with ScriptedPeer(*[[Step("serve", serve)] for _ in range(sessions)]) as peer:
        made = Notebook(shell, capsys)
        made.url = peer.url
        yield made
        made.chat.close()
    shell.user_ns.pop("chat", None)


@pytest.fixture
def with_weather(notebook: Notebook) -> Notebook:
    notebook.run(WEATHER)
    notebook.run(notebook.cell("tools: [get_weather]"))
    return notebook


# -- from cells


def test_the_functions_a_cell_names_run_when_the_model_calls_them(with_weather: Notebook) -> None:
    assert with_weather.ask() == "rain in Paris"
    (count,) = with_weather.chat.toolbox.desk.counts()
    assert (count.name, count.calls, count.ok) == ("get_weather", 1, 1)


def test_a_function_of_a_later_cell_is_the_one_called_next(with_weather: Notebook) -> None:
    with_weather.run(WEATHER.replace("rain", "sun"))
    assert with_weather.ask() == "sun in Paris"


def test_another_signature_is_told_to_the_service_after_its_cell(with_weather: Notebook) -> None:
    before = len(with_weather.updates())
    with_weather.run(WEATHER.replace("city: str", "city: str, days: int = 1"))
    updates = with_weather.updates()
    assert len(updates) == before + 1
    (tool,) = updates[-1].event.data["session"]["tools"]
    assert set(tool["parameters"]["properties"]) == {"city", "days"}
    assert with_weather.in_force["get_weather"]["parameters"] == tool["parameters"]
    with_weather.run("1 + 1")
    assert len(with_weather.updates()) == before + 1


def test_a_signature_that_cannot_be_described_leaves_the_function_before(
    with_weather: Notebook,
) -> None:
    printed = with_weather.run(WEATHER.replace("city: str", "city: object.__class__.__mro__"))
    assert "get_weather() stays as it was" in printed
    assert "city" in printed
    assert "stays" not in with_weather.run("1 + 1")  # said once
    assert with_weather.chat.call("get_weather", city="Rome").result(10).output == "rain in Rome"


def test_a_cell_that_names_other_tools_lets_the_first_go(with_weather: Notebook) -> None:
    with_weather.run("def add(a: int, b: int) -> int:\n    return a + b")
    with_weather.run(with_weather.cell("tools: [add]"))
    assert list(with_weather.in_force) == ["add"]
    assert list(with_weather.chat.tools) == ["add"]


def test_a_cell_that_is_refused_changes_no_tool(with_weather: Notebook) -> None:
    with_weather.run("def add(a: int, b: int) -> int:\n    return a + b")
    with_weather.run(with_weather.cell("tools: [add]\nturn_detection: {threshold: 7}"))
    assert list(with_weather.in_force) == ["get_weather"]
    assert with_weather.chat.call("get_weather", city="Rome").result(10).status == "ok"


def test_options_may_stand_at_the_function_before_there_is_a_chat(notebook: Notebook) -> None:
    notebook.run("import realtime_nb")
    notebook.run(f"@realtime_nb.tool(name='weather', timeout_s=5)\n{WEATHER}")
    notebook.run(notebook.cell("tools: [get_weather]"))
    assert list(notebook.in_force) == ["weather"]
    assert notebook.chat.tools["weather"].options.timeout_s == 5
    with pytest.raises(UsageError, match="no option aprove; there are name, description"):
        realtime_nb.tool(aprove=True)


# -- from decorators


def test_a_decorated_function_is_known_at_once_and_stays_as_it_is(notebook: Notebook) -> None:
    notebook.run(notebook.cell("voice: marin"))
    printed = notebook.run(f"@chat.tool\n{WEATHER}")
    assert printed == ""
    assert list(notebook.in_force) == ["get_weather"]
    assert notebook.shell.user_ns["get_weather"]("Rome") == "rain in Rome"
    assert notebook.ask() == "rain in Paris"


@pytest.mark.parametrize("sessions", [2])
def test_decorated_functions_outlive_a_cell_that_runs_again_and_a_restart(
    with_weather: Notebook,
) -> None:
    with_weather.run("@chat.tool\ndef add(a: int, b: int) -> int:\n    return a + b")
    cell = with_weather.cell("tools: [get_weather]")
    with_weather.run(cell.replace("guide", "friend"))
    assert list(with_weather.in_force) == ["get_weather", "add"]
    first = with_weather.chat
    with_weather.run(cell.replace("%%realtime", "%%realtime --restart"))
    assert with_weather.chat is not first
    assert list(with_weather.in_force) == ["get_weather", "add"]
    assert with_weather.chat.call("add", a=1, b=2).result(10).output == "3"


def test_of_two_tools_with_one_name_the_later_is_taken_and_that_is_said(
    with_weather: Notebook,
) -> None:
    printed = with_weather.run(
        "@chat.tool(name='get_weather')\ndef other(city: str) -> str:\n    return 'snow'"
    )
    assert "another tool was called get_weather; this one takes its place" in printed
    assert with_weather.chat.call("get_weather", city="Rome").result(10).output == "snow"
    again = with_weather.run(
        "@chat.tool(name='get_weather')\ndef other(city: str) -> str:\n    return 'hail'"
    )
    assert again == ""  # its own next version


def test_what_the_service_refuses_is_one_line_and_no_tool(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = Notebook(shell, capsys)
    refusal = error("Too many tools.", code="invalid_value", param="session.tools")
    with ScriptedPeer(
        [
            send(session_created()),
            expect("session.update"),
            answer(session_updated),
            expect("session.update"),
            answer(lambda request: {**refusal, "error": {**refusal["error"], **by(request)}}),
        ]
    ) as peer:
        notebook.url = peer.url
        notebook.run(notebook.cell("voice: marin"))
        printed = notebook.run(f"@chat.tool\n{WEATHER}")
        assert printed.count("\n") == 1
        assert "the service did not take the tool: " in printed
        assert "Too many tools." in printed
        assert len(notebook.chat.tools) == 0
        assert callable(notebook.shell.user_ns["get_weather"])
        notebook.chat.close()


def by(request: dict[str, Any]) -> dict[str, Any]:
    return {"event_id": request.get("event_id")}


def test_a_schema_that_cannot_be_made_is_told_at_the_definition(notebook: Notebook) -> None:
    notebook.run(notebook.cell("voice: marin"))

    def draw(canvas: threading.Thread) -> None:
        """Draw."""

    with pytest.raises(ConfigError, match=r"draw.*canvas"):
        notebook.chat.tool(draw)
    with pytest.raises(UsageError, match="by name"):
        notebook.chat.tool(5)
    with pytest.raises(UsageError, match="no option mian"):
        notebook.chat.tool(mian=True)
    assert len(notebook.chat.tools) == 0


def test_a_transcription_has_no_tools(notebook: Notebook) -> None:
    notebook.run(notebook.cell("type: transcription").replace("You are a guide.", ""))
    with pytest.raises(UsageError, match="transcription session calls no tools"):
        notebook.chat.tool(print)


# -- taken away, tried, listed


def test_a_tool_is_taken_away(with_weather: Notebook) -> None:
    with_weather.run("@chat.tool\ndef add(a: int, b: int) -> int:\n    return a + b")
    tools = with_weather.chat.tools
    del tools["get_weather"]
    assert list(with_weather.in_force) == ["add"]
    with pytest.raises(KeyError):
        del tools["get_weather"]
    with pytest.raises(UsageError, match="has no function 'get_weather' to call: there are add"):
        with_weather.chat.call("get_weather", city="Rome")


def test_a_tool_is_tried_by_hand_and_shows_what_the_model_would_get(
    with_weather: Notebook,
) -> None:
    printed = with_weather.run("chat.call('get_weather', city='Rome')")
    assert "get_weather: ok" in printed
    assert "rain in Rome" in printed
    wrong = with_weather.run("chat.call('get_weather', town='Rome')")
    assert "bad arguments" in wrong
    assert "town" in wrong
    sent = [one.event.type for one in with_weather.chat.session.log if one.direction == "sent"]
    assert "conversation.item.create" not in sent


def test_one_on_the_main_thread_is_tried_by_hand_in_a_cell(notebook: Notebook) -> None:
    notebook.run(notebook.cell("voice: marin"))
    notebook.run(
        "import threading\n@chat.tool(main=True)\ndef where() -> str:\n"
        "    return threading.current_thread().name"
    )
    assert "MainThread" in notebook.run("chat.call('where')")


def test_a_call_of_a_mere_definition_is_answered_by_hand(notebook: Notebook) -> None:
    notebook.shell.user_ns["lookup"] = {
        "type": "function",
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    notebook.run(notebook.cell("tools: [lookup]"))
    assert notebook.chat.tools.df["runs"].tolist() == ["yours"]
    assert notebook.ask("yours") == ""
    answered = threading.Event()
    undo = notebook.chat.toolbox.desk.on_change(lambda one: one.ended and answered.set())
    notebook.chat.answer_call("call_c", {"sky": "clear"})
    assert answered.wait(30)
    undo()
    (call,) = notebook.chat.toolbox.desk.calls
    assert (call.status, json.loads(call.output)) == ("ok", {"sky": "clear"})
    with pytest.raises(UsageError, match="no call 'call_x' waits"):
        notebook.chat.answer_call("call_x", "")


def test_the_tools_are_listed_with_schema_calls_times_and_failures(with_weather: Notebook) -> None:
    with_weather.run("@chat.tool(approve=True)\ndef boil(water: str) -> None:\n    1 / 0")
    with_weather.chat.call("get_weather", city="Rome").result(10)
    with_weather.chat.call("boil", water="<b>tea</b>").result(10)
    frame = with_weather.chat.tools.df.set_index("name")
    assert frame.loc["get_weather", ["calls", "ok", "failed"]].tolist() == [1, 1, 0]
    assert frame.loc["boil", ["calls", "ok", "failed"]].tolist() == [1, 0, 1]
    assert frame.loc["boil", "approve"]
    assert frame.loc["get_weather", "last_ms"] > 0
    assert "city" in json.dumps(frame.loc["get_weather", "parameters"])
    shown = with_weather.chat.tools._repr_html_()
    assert "&quot;city&quot;" in shown
    assert "The weather of a city." in shown
    assert "get_weather" in with_weather.run("%realtime tools")
    assert frame["last_ms"].tolist() == frame["last_ms"].round(1).tolist()
    one = with_weather.shell.run_cell("%realtime tools get_weather").result
    for told in (repr(one), html.unescape(one._repr_html_())):
        assert "get_weather runs: here; 1 calls, 1 ok, 0 failed" in told
        assert "The weather of a city." in told
        assert '"city"' in told
        assert '{"city": "Rome"}' in told.replace('\\"', '"')
        assert "rain in Rome" in told
    one = with_weather.shell.run_cell("%realtime tools boil").result
    assert "asks before each call" in repr(one)
    assert "ZeroDivisionError" in repr(one)
    assert "<b>" not in one._repr_html_().replace("<p><b>", "")
    told = with_weather.run("%realtime tools nobody")
    assert "no chat 'nobody', and no tool of that name; the tools are: get_weather, boil" in told


def test_tools_given_to_update_run_too(notebook: Notebook) -> None:
    notebook.run(notebook.cell("voice: marin"))

    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    notebook.chat.update(tools=[add]).result(10)
    assert list(notebook.in_force) == ["add"]
    assert notebook.chat.call("add", a=2, b=3).result(10).output == "5"
