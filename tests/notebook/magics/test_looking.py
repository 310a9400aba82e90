"""``%realtime events`` and ``check``, of a chat and of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.inspection import RealtimeLog
from realtime_nb.inspection.check import CheckReport
from realtime_nb.protocol.events import Event

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def value(shell: InteractiveShell) -> Any:
    def value(line: str) -> Any:
        return shell.run_cell(line).result

    return value


def test_a_chat_and_a_file_are_looked_into(value: Any, tmp_path: Path) -> None:
    value("%%realtime --endpoint local\nAnswer kindly.")
    assert value("%realtime events") is value("chat").events
    assert value("%realtime check chat").clean
    path = tmp_path / "a talk.jsonl"
    value("chat").events.to_jsonl(path)
    log = value(f'%realtime events "{path}"')
    assert isinstance(log, RealtimeLog)
    assert len(log) > 1
    assert value(f'%realtime check "{path}"').clean
    saved = value("chat").save(tmp_path / "talk.rtnb")
    assert [r.event for r in value(f'%realtime events "{saved}"')] == [
        r.event for r in value("chat").events
    ]
    log.source.append("received", Event({"type": "novel.event"}), t_ms=1e6, size=1)
    log.to_jsonl(path)
    report = value(f'%realtime check "{path}"')
    assert isinstance(report, CheckReport)
    assert [breach.rule for breach in report] == ["unknown-type"]


def test_a_timeline_of_a_chat_and_of_a_log_s_file(value: Any, tmp_path: Path) -> None:
    value("%%realtime --endpoint local\nAnswer kindly.")
    value("chat.say('hello').result(20)")
    line = value("%realtime timeline")
    kinds = list(line.df["kind"])
    assert kinds[:2] == ["typed", "response_created"]
    assert value("chat").latency.df["to_delta_ms"].iloc[0] > 0
    path = tmp_path / "talk.jsonl"
    value("chat").events.to_jsonl(path)
    again = value(f'%realtime timeline "{path}"')
    assert list(again.df["kind"]) == kinds
    assert again.svg().startswith("<svg")


def test_what_is_neither_is_one_line(
    value: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for line, told in (
        ("events nobody", "there is no chat 'nobody'"),
        ("check", "there is no chat 'chat'"),
        (f"events {tmp_path}/nothing.jsonl", "there is no file"),
        ("check a b", "unrecognized arguments"),
    ):
        assert value(f"%realtime {line}") is None
        out = "".join(capsys.readouterr())
        assert told in out
        assert "Traceback" not in out
