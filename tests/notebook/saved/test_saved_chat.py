"""A chat saved, opened elsewhere, and gone on with; the local server says what it was told."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import realtime_nb
from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import ConfigError, EndpointError, ServerError, UsageError
from realtime_nb.inspection import RealtimeLog
from realtime_nb.inspection.archive.saving import save
from realtime_nb.inspection.talk import Talk
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.saved.resuming import config_of, service_name
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from realtime_nb.notebook.saved.saved_chat import SavedChat

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PNG = (  # one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA"
    "6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)


@pytest.fixture
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


def a_chat(**config: Any) -> Chat:
    chat = Chat(resolve_endpoint("local"), {"instructions": "Be kind.", **config}, name="kind")
    chat.open()
    return chat


def wait_for(call: Any) -> Any:
    return call.result(30)


@pytest.fixture
def talked(_practice: None, tmp_path: Path) -> tuple[Chat, SavedChat]:
    chat = a_chat(audio={"output": {"voice": "ash"}})
    for words in ("My name is Ada.", "Tell me a joke.", "What did I say?"):
        wait_for(chat.say(words))
    tone = 0.1 * np.sin(np.arange(24_000) / 9)
    wait_for(chat.listen((tone.astype(np.float32), 24_000), realtime=False, then="commit"))
    path = chat.save(tmp_path / "talk")
    chat.close()
    return chat, realtime_nb.open(path)


def test_a_file_has_the_tables_and_the_sound_of_its_chat(talked: tuple[Chat, SavedChat]) -> None:
    chat, saved = talked
    assert saved.problems == ()
    assert list(saved.events) == list(chat.events)[: len(saved.events)]
    assert saved.items == chat.items
    assert saved.events.df.equals(chat.events.df[: len(saved.events)])
    assert saved.items.df.equals(chat.items.df)
    assert saved.turns.df.equals(chat.turns.df)
    assert saved.transcript == chat.transcript
    assert "user: My name is Ada." in saved.transcript
    assert (saved.name, saved.kind, saved.service) == ("kind", "realtime", "local")
    assert saved.effective == chat.effective
    assert np.array_equal(saved.audio.stereo.samples, chat.audio.stereo.samples)
    assert [turn.text for turn in saved.audio.turns] == [turn.text for turn in chat.audio.turns]
    assert saved.audio.lost_ms == 0
    assert [len(side) for side in (saved.audio.user, saved.audio.assistant)] == [1, 4]
    assert saved.usage.df.equals(chat.usage.df)
    assert saved.cost.usd == chat.cost.usd
    assert saved.latency.df.equals(chat.latency.df)
    assert saved.timeline().svg() == chat.timeline().svg()
    assert saved.check().df.equals(chat.check().df)
    assert saved.saved_at is not None
    assert "8 items" in repr(saved)
    shown = saved._repr_html_()
    assert "My name is Ada." in shown
    assert shown.count("<audio") == 5


def test_saved_again_it_is_the_same(talked: tuple[Chat, SavedChat], tmp_path: Path) -> None:
    _, saved = talked
    again = realtime_nb.open(saved.save(tmp_path / "again"))
    assert list(again.events) == list(saved.events)
    assert again.items == saved.items
    assert (again.name, again.service) == (saved.name, saved.service)


def test_resumed_the_service_knows_what_was_said(talked: tuple[Chat, SavedChat]) -> None:
    _, saved = talked
    chat = saved.resume()
    assert chat.transcript == saved.transcript
    assert chat.effective is not None
    assert chat.effective["instructions"] == "Be kind."
    assert chat.effective["audio"]["output"]["voice"] == "ash"
    assert wait_for(chat.say("What is my name?")).text == "Your name is Ada."
    assert chat.config is not None
    (note,) = chat.config.notes
    assert note == (
        "7 items of the conversation before were carried over as text; left out: 1 message whose"
        " words are not known."
    )
    chat.close()


@pytest.mark.usefixtures("_practice")
def test_of_an_answer_that_was_cut_goes_over_what_was_heard(tmp_path: Path) -> None:
    chat = a_chat()
    wait_for(chat.say("Tell me a fact."))
    answer = chat.items[-1]
    wait_for(chat.session.truncate(answer.id, 0, 1500))
    saved = realtime_nb.open(chat.save(tmp_path / "talk.rtnb"))
    chat.close()
    heard = saved.items[-1].heard_text
    assert 0 < len(heard) < len(answer.text) / 2
    resumed = saved.resume()
    assert resumed.items[-1].text == heard
    assert wait_for(resumed.say("Repeat that.")).text.rstrip(".").endswith(heard.rstrip("."))
    resumed.close()


@pytest.mark.usefixtures("_practice")
def test_calls_and_pictures_go_over_and_what_cannot_is_told(tmp_path: Path) -> None:
    chat = a_chat(tools=[WEATHER])
    look: dict[str, Any] = {"type": "input_image", "image_url": PNG}
    text = {"type": "input_text", "text": "What is this?"}
    call = {"type": "function_call", "name": "get_weather", "arguments": '{"city": "Rome"}'}
    for item in (
        {"type": "message", "role": "user", "content": [look, text]},
        {**call, "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
        {**call, "call_id": "call_2"},
    ):
        wait_for(chat.session.create_item(item))
    saved = realtime_nb.open(chat.save(tmp_path / "talk.rtnb"))
    chat.close()
    resumed = saved.resume()
    told = [
        record.event.get("item")
        for record in resumed.events
        if record.event.type == "conversation.item.create"
    ]
    assert told[0]["content"] == [look, text]
    assert [item["type"] for item in told[1:]] == ["function_call", "function_call_output"]
    assert told[2]["output"] == "sunny"
    assert resumed.effective is not None
    assert resumed.effective["tools"][0]["name"] == "get_weather"
    assert resumed.config is not None
    assert "left out: 1 function call whose output is missing" in resumed.config.notes[0]
    resumed.close()


def test_config_of_ones_own_goes_over_the_old(talked: tuple[Chat, SavedChat]) -> None:
    _, saved = talked
    chat = saved.resume(config={"voice": "marin", "instructions": "Be brief."}, name="other")
    assert chat.name == "other"
    assert chat.effective is not None
    assert chat.effective["instructions"] == "Be brief."
    assert chat.effective["audio"]["output"]["voice"] == "marin"
    chat.close()
    with pytest.raises(ConfigError):
        saved.resume(config={"vioce": "ash"})


def test_a_budget_is_given_anew_as_in_a_cell(talked: tuple[Chat, SavedChat]) -> None:
    _, saved = talked
    assert saved.resume().budget is None
    chat = saved.resume(config={"budget": 0.5, "instructions": "Be brief."})
    assert (chat.budget, chat.effective and chat.effective["instructions"]) == (0.5, "Be brief.")
    assert chat.config is not None
    assert chat.config.notes[-1].startswith("Budget: $0.50")
    for junk, error in (({"budget": -1}, ConfigError), ("voice: ash", UsageError)):
        with pytest.raises(error):
            saved.resume(config=junk)  # pyright: ignore[reportArgumentType] -- people write such


def test_a_refused_config_leaves_no_session(talked: tuple[Chat, SavedChat]) -> None:
    _, saved = talked
    assert saved.effective is not None
    saved.effective["audio"]["output"]["voice"] = "of-another-service"
    with pytest.raises(ServerError, match=r"resume\(config="):
        saved.resume()
    chat = saved.resume(config={"voice": "ash"})
    assert chat.transcript == saved.transcript
    chat.close()


def test_nobody_there_is_said_in_a_line(
    talked: tuple[Chat, SavedChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, saved = talked
    with pytest.raises(EndpointError, match="OPENAI_API_KEY"):
        saved.resume("openai")
    with pytest.raises(EndpointError):
        saved.resume("no-such-name")
    monkeypatch.setattr(type(saved), "service", "../../elsewhere")
    with pytest.raises(EndpointError):
        saved.resume()


def test_another_service_is_asked_for_what_every_one_knows() -> None:
    session = {
        "type": "realtime",
        "instructions": "Be kind.",
        "model": "local-demo",
        "tools": [WEATHER],
        "audio": {"output": {"voice": "ash", "speed": 1.0}},
    }
    conversation = Conversation()
    conversation._state.session = session
    rows = [
        {"path": "audio.output.speed", "requested": 1.5, "verdict": "applied"},
        {"path": "audio.input.turn_detection", "effective": {}, "verdict": "applied"},
    ]
    talk = Talk(log=EventLog(), conversation=conversation, config_rows=rows)
    config, notes = config_of(talk, elsewhere=True)
    assert config == {
        "type": "realtime",
        "instructions": "Be kind.",
        "tools": [WEATHER],
        "audio": {"output": {"speed": 1.5}},
    }
    assert notes == []
    config, _ = config_of(talk, elsewhere=False)
    assert config["audio"]["output"] == {"voice": "ash", "speed": 1.0}
    assert "model" not in config


def test_credentials_and_variables_are_asked_for_and_not_sent(tmp_path: Path) -> None:
    tools = [{"type": "mcp", "server_label": "wiki", "authorization": "canary-1"}]
    session = {
        "type": "realtime",
        "tools": tools,
        "prompt": {"id": "pmpt_1", "variables": {"code": "canary-2"}},
    }
    conversation = Conversation()
    conversation._state.session = session
    path = save(Talk(log=EventLog(), conversation=conversation), tmp_path / "talk.rtnb")
    config, notes = config_of(realtime_nb.open(path).talk(), elsewhere=False)
    assert config["tools"] == [{"type": "mcp", "server_label": "wiki"}]
    assert config["prompt"] == {"id": "pmpt_1"}
    assert [note.split(" are ")[0].split(" is ")[0] for note in notes] == [
        "Whatever the MCP server 'wiki' was authorised with",
        "The prompt's variables",
    ]


@pytest.mark.usefixtures("_practice")
def test_no_planted_secret_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-env-000000000000")
    here = resolve_endpoint("local")
    token = here.api_key.reveal()
    endpoint = here.with_extras({"X-Team-Token": "canary-header"}, {})
    tool = {
        "type": "mcp",
        "server_label": "wiki",
        "server_url": "https://mcp.example/",
        "authorization": "canary-mcp",
        "headers": {"X-Key": "canary-mcp-header"},
    }
    chat = Chat(endpoint, {"instructions": "Be kind.", "tools": [tool]}, name="kind")
    chat.open()
    wait_for(chat.say("Hello"))
    path = chat.save(tmp_path / "talk")
    chat.close()
    with zipfile.ZipFile(path) as members:
        text = b"".join(members.read(name) for name in members.namelist())
    assert b"mcp.example" in text, "or the tool was never there"
    assert b"canary" not in text
    assert token.encode() not in text
    assert here.base_url.encode() not in text


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("https://gateway.example/v1", ""),
        ("https://gateway/v1", ""),
        ("https://api.openai.com/v1", "openai"),
        ("my-gateway", "my-gateway"),
        ("azure", "azure"),
    ],
)
def test_a_service_is_saved_by_name_and_never_by_address(
    given: str, name: str, tmp_path: Path
) -> None:
    file = tmp_path / "endpoints.toml"
    file.write_text('[endpoints.my-gateway]\nurl = "https://host.example/v1"\n')
    environ = {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com"}
    endpoint = resolve_endpoint(given, "m", api_key="k" * 20, file=file, environ=environ)
    assert service_name(endpoint) == name


@pytest.mark.usefixtures("_practice")
@pytest.mark.parametrize("kind", ["transcription", "translation"])
def test_other_kinds_of_session_begin_anew_and_say_so(kind: str, tmp_path: Path) -> None:
    here = resolve_endpoint("local", kind=kind)  # pyright: ignore[reportArgumentType] -- drawn
    chat = Chat(here, {"type": kind}, name=kind)
    chat.open()
    saved = realtime_nb.open(chat.save(tmp_path / "talk"))
    chat.close()
    assert saved.kind == kind
    resumed = saved.resume()
    assert resumed.kind == kind
    assert resumed.config is not None
    assert "no conversation to carry" in resumed.config.notes[0]
    resumed.close()


def test_what_a_file_says_is_shown_as_text(tmp_path: Path) -> None:
    log = EventLog()
    path = save(Talk(log=log, conversation=Conversation(), name="<script>x"), tmp_path / "t.rtnb")
    evil = tmp_path / "<img src=x>.rtnb"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(evil, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<b>broken\n" if name == "events.jsonl" else old.read(name))
    saved = realtime_nb.open(evil)
    assert saved.problems
    shown = saved._repr_html_()
    assert "<script>" not in shown
    assert "<img src=x>" not in shown
    assert "<b>broken" not in shown
    assert "line 1" in shown


def test_nobodys_own_open_is_replaced() -> None:
    assert "open" in dir(realtime_nb)
    assert "open" not in realtime_nb.__all__


# -- from a line


@pytest.mark.usefixtures("_practice")
def test_lines_save_and_open(shell: Any, tmp_path: Path, capsys: Any) -> None:
    shell.run_cell_magic("realtime", "--endpoint local", "Be kind.")
    wait_for(shell.user_ns["chat"].say("My name is Ada."))
    place = tmp_path / "a talk.rtnb"
    shell.run_line_magic("realtime", f'save "{place}"')
    assert f"Saved as {place}." in capsys.readouterr().out
    saved = shell.run_line_magic("realtime", f'open "{place}"')
    assert saved.items[0].text == "My name is Ada."
    shell.run_line_magic("realtime", f"save chat {tmp_path / 'other.rtnb'}")
    assert json.loads(zipfile.ZipFile(tmp_path / "other.rtnb").read("manifest.json"))["name"] == (
        "chat"
    )
    with pytest.raises(UsageError, match="no chat 'nobody'"):
        shell.run_line_magic("realtime", "save nobody")


def test_a_transcript_turns_nothing_around_it(tmp_path: Path) -> None:
    log = EventLog()
    part = {"type": "input_text", "text": "I\u202eam\x1b[2J \ud800here"}
    item = {"id": "i", "type": "message", "role": "user", "content": [part]}
    log.append("received", Event({"type": "conversation.item.added", "item": item}), t_ms=0, size=9)
    conversation = RealtimeLog(log).conversation()
    saved = realtime_nb.open(save(Talk(log, conversation), tmp_path / "talk"))
    assert saved.transcript == "user: I⟨U+202E⟩am␛[2J ⟨U+D800⟩here"


def test_what_a_file_says_of_its_config_is_shown_as_signs(tmp_path: Path) -> None:
    odd = "be\u202e\x1b[31m\ud800<b>"
    rows = [{"path": "instructions", "requested": odd, "effective": odd, "verdict": "applied"}]
    talk = Talk(EventLog(), Conversation(), config_rows=rows, name=odd, model=odd)
    config = realtime_nb.open(save(talk, tmp_path / "talk")).config
    for shown in (repr(config), config._repr_html_()):
        assert shown.count("⟨U+202E⟩␛[31m⟨U+D800⟩") >= 3
        assert not {"\u202e", "\x1b", "\ud800"} & set(shown)
    assert "⟨U+D800⟩<b>" not in config._repr_html_()
