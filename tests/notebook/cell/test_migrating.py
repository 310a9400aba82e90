from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.migrating import rewrite_cell
from realtime_nb.notebook.cell.request import Options, read_request

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

BETA = """---
modalities: [text, audio]
voice: marin
input_audio_format: g711_ulaw
input_audio_transcription: {model: whisper-1}
turn_detection: {type: server_vad, threshold: 0.4}
temperature: 0.8
max_response_output_tokens: 200
---
Be {brief}, {{name}}."""


def test_a_beta_cell_becomes_one_that_reads_as_meant() -> None:
    rewritten = rewrite_cell("guide --migrate --endpoint local", BETA)
    head, _, body = rewritten.cell.partition("\n")
    assert head == "%%realtime guide --endpoint local"
    request = read_request(Options(), body)
    assert request.problems == ()
    assert request.config == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "max_output_tokens": 200,
        "instructions": "Be {brief}, {{name}}.",
        "audio": {
            "output": {"voice": "marin"},
            "input": {
                "format": {"type": "audio/pcmu"},
                "transcription": {"model": "whisper-1"},
                "turn_detection": {"type": "server_vad", "threshold": 0.4},
            },
        },
    }
    told = repr(rewritten)
    for name in ("modalities", "input_audio_format", "temperature", "max_response_output_tokens"):
        assert name in told
        assert name in rewritten._repr_html_()


def test_a_pasted_update_and_instructions_in_it() -> None:
    event = {"type": "session.update", "session": {"modalities": ["text"], "instructions": "Hi"}}
    rewritten = rewrite_cell("--migrate", json.dumps(event))
    request = read_request(Options(), rewritten.cell.partition("\n")[2])
    assert request.config == {
        "type": "realtime",
        "output_modalities": ["text"],
        "instructions": "Hi",
    }


def test_an_event_is_shown_as_an_event() -> None:
    item = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "<b>"}]}
    rewritten = rewrite_cell("", json.dumps({"type": "conversation.item.create", "item": item}))
    assert rewritten.cell == ""
    assert '"output_text"' in repr(rewritten)
    assert "<b>" not in rewritten._repr_html_()


def test_what_is_ga_already_stays() -> None:
    rewritten = rewrite_cell("", "---\nvoice: marin\n---\nHi")
    assert "Nothing to migrate" in repr(rewritten)
    assert "Nothing to migrate" in rewritten._repr_html_()


def test_expressions_stay_as_they_stand_and_read_as_meant() -> None:
    front = "modalities: [audio]\ntools: {{my_tools}}\nprompt: {id: p, version: '{{tok}}'}"
    body = f"---\n{front}\n---\nHi"
    values = {"tok": "a-secret", "my_tools": [{"type": "function", "name": "f"}]}
    rewritten = rewrite_cell("--migrate", body)
    assert "a-secret" not in rewritten.cell
    request = read_request(
        Options(), rewritten.cell.partition("\n")[2], evaluate=values.__getitem__
    )
    assert request.config["tools"] == values["my_tools"]
    assert request.config["prompt"] == {"id": "p", "version": "a-secret"}


def test_without_front_matter_there_is_nothing_to_do() -> None:
    with pytest.raises(UsageError, match="no front matter"):
        rewrite_cell("", "Hi")


def test_the_magic_proposes_the_new_cell_and_sends_nothing(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proposed: list[str] = []
    monkeypatch.setattr(shell, "set_next_input", lambda text, **_: proposed.append(text))
    shell.run_cell(f"%%realtime --migrate\n{BETA}")
    assert "temperature" in capsys.readouterr().out
    assert proposed[0].startswith("%%realtime\n---\n")
    assert "chat" not in shell.user_ns
