from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from realtime_nb.protocol.config.compare import MATTERS, Row, compare
from realtime_nb.protocol.config.paths import MISSING, get, merge, put
from realtime_nb.protocol.credentials import hide_credentials

PCM = {"type": "audio/pcm", "rate": 24000}
CREATED: dict[str, Any] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "Default text.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 1,
    "audio": {
        "input": {
            "format": PCM,
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
            },
        },
        "output": {"format": PCM, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
}
VAD = "audio.input.turn_detection"


def session(**changes: Any) -> dict[str, Any]:
    changed = deepcopy(CREATED)
    for path, value in changes.items():
        put(changed, path.replace("__", "."), value)
    return changed


def asking(path: str, value: Any) -> dict[str, Any]:
    config: dict[str, Any] = {"type": "realtime"}
    put(config, path, value)
    return config


def row_of(rows: list[Row], path: str) -> Row:
    (row,) = [row for row in rows if row.path == path]
    return row


@pytest.mark.parametrize(
    ("path", "asked", "got", "verdict"),
    [
        ("audio.output.voice", "marin", "marin", "applied"),
        ("audio.output.voice", "marin", "alloy", "changed by the service"),
        ("audio.output.voice", {"id": "voice_1"}, "voice_1", "applied"),
        ("audio.output.speed", 1, 1.0, "applied"),
        ("audio.output.speed", 1.1, 1.100000023841858, "applied"),
        ("parallel_tool_calls", True, 1, "changed by the service"),
        ("parallel_tool_calls", True, MISSING, "not reported"),
        ("instructions", "Hi.\n", "Hi.", "applied"),
        ("instructions", "Hi.", "Default text.", "changed by the service"),
        ("instructions", "", None, "applied"),
        ("tools", [], MISSING, "applied"),
        ("tracing", None, MISSING, "applied"),
        ("audio.input.format", {"type": "audio/pcm"}, PCM, "completed"),
        ("audio.input.format", {"type": "audio/pcmu"}, PCM, "changed by the service"),
        (
            "audio.input.transcription",
            {"model": "whisper-1"},
            {"model": "whisper-1", "language": None, "prompt": None},
            "applied",
        ),
        (
            "audio.input.transcription",
            {"model": "gpt-live-transcribe", "delay": "low"},
            {"model": "gpt-live-transcribe", "language": None},
            "not reported",
        ),
        (VAD, {"type": "semantic_vad"}, {"type": "semantic_vad", "eagerness": "auto"}, "completed"),
        (VAD, {"type": "semantic_vad"}, {"type": "server_vad"}, "changed by the service"),
        (VAD, None, None, "applied"),
        (VAD, None, {"type": "server_vad"}, "changed by the service"),
        ("model", "gpt-realtime", "gpt-realtime-2025-08-28", "completed"),
        ("model", "gpt-realtime", "gpt-realtime-mini", "changed by the service"),
        (
            "tools",
            [{"type": "function", "name": "f"}],
            [{"type": "function", "name": "f", "description": "", "parameters": {}}],
            "completed",
        ),
        (
            "tools",
            [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}],
            [{"type": "function", "name": "g"}, {"type": "function", "name": "f"}],
            "applied",
        ),
        (
            "tools",
            [{"type": "function", "name": "f"}],
            [{"type": "function", "name": "g"}],
            "changed by the service",
        ),
        ("tools", [{"type": "function", "name": "f"}], [], "changed by the service"),
        (
            "tools",
            [{"type": "mcp", "server_label": "a", "server_url": "u", "authorization": "secret"}],
            [{"type": "mcp", "server_label": "a", "server_url": "u", "authorization": None}],
            "applied",
        ),
        ("modalities", ["text"], MISSING, "not reported"),
    ],
)
def test_the_verdict_on_a_field(path: str, asked: Any, got: Any, verdict: str) -> None:
    effective = session()
    put(effective, path, got)
    if got is MISSING:
        holder = get(effective, path.rpartition(".")[0]) if "." in path else effective
        del holder[path.rpartition(".")[2]]
    row = row_of(compare(asking(path, asked), effective), path)
    assert (row.verdict, row.origin) == (verdict, "cell")
    assert row.requested == (hide_credentials(asked) if path == "tools" else asked)
    assert row.was is MISSING


def test_notes_tell_what_differs_and_what_was_added() -> None:
    asked = {"type": "server_vad", "threshold": 0.7}
    changed = row_of(compare(asking(VAD, asked), session()), VAD)
    assert changed.note == "`threshold`: 0.7 was asked for, 0.5 is in force"
    completed = row_of(compare(asking(VAD, {"type": "server_vad"}), session()), VAD)
    assert "silence_duration_ms 200" in completed.note
    assert "idle_timeout_ms" not in completed.note


def test_what_matters_is_told_though_nobody_asked() -> None:
    rows = compare({"type": "realtime", "audio": {"output": {"voice": "alloy"}}}, session())
    assert {row.path for row in rows} == set(MATTERS) - {"audio.output.language"}
    instructions = row_of(rows, "instructions")
    assert (instructions.verdict, instructions.origin) == ("set by the service", "service")
    assert instructions.effective == "Default text."
    assert row_of(rows, VAD).note == "200 ms of silence end a turn"
    assert not [row for row in rows if row.path in ("id", "expires_at", "object")]


def test_a_default_of_the_notebook_is_not_the_authors() -> None:
    defaults = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
    path = "audio.input.transcription"
    effective = session(audio__input__transcription={"model": "gpt-transcribe", "language": "fr"})
    row = row_of(compare({"type": "realtime", **defaults}, effective, defaults=defaults), path)
    assert row.origin == "default"
    asked = merge(defaults, {"audio": {"input": {"transcription": {"language": "fr"}}}})
    assert row_of(compare(asked, effective, defaults=defaults), path).origin == "cell"


def test_a_second_run_tells_what_changed() -> None:
    before = session(instructions="Old.", audio__output__voice="ash")
    after = session(instructions="New.", audio__output__voice="ash", truncation="disabled")
    asked = {"type": "realtime", "instructions": "New.", "audio": {"output": {"voice": "ash"}}}
    rows = compare(asked, after, before=before)
    changed = [row.path for row in rows if row.was != row.effective]
    assert changed == ["instructions", "truncation"]
    assert row_of(rows, "instructions").was == "Old."
    assert row_of(rows, "instructions").verdict == "applied"
    assert row_of(rows, "audio.output.voice").verdict == "unchanged"
    assert row_of(rows, "truncation").verdict == "set by the service"
    assert row_of(rows, "output_modalities").verdict == "unchanged"


def test_what_is_left_out_stays_in_force() -> None:
    effective = session(instructions="Be brief.", audio__output__voice="ash")
    asked = {"type": "realtime", "audio": {"output": {"voice": "ash"}}}
    dropped = ("instructions", f"{VAD}.threshold", "audio.output.voice", "tracing")
    rows = compare(asked, effective, before=effective, dropped=dropped)
    row = row_of(rows, "instructions")
    assert (row.verdict, row.requested) == ("still in force", MISSING)
    assert 'write `instructions: ""`' in row.note
    assert row_of(rows, f"{VAD}.threshold").effective == 0.5
    assert row_of(rows, "audio.output.voice").verdict == "unchanged"
    assert [row.path for row in rows if row.path in (VAD, "tracing")] == []


def test_a_refusal_is_told_at_the_field_it_names_and_nothing_passes_for_applied() -> None:
    asked = {
        "type": "realtime",
        "instructions": "New.",
        "audio": {"output": {"voice": "marin", "speed": 1}},
    }
    said = "session.audio.output.voice: Cannot update a conversation's voice."
    rows = compare(asked, session(), before=session(), refused=said)
    voice = row_of(rows, "audio.output.voice")
    assert (voice.verdict, voice.effective, voice.note) == ("refused", "alloy", said)
    instructions = row_of(rows, "instructions")
    assert (instructions.verdict, instructions.effective) == ("refused", "Default text.")
    assert "whole update" in instructions.note
    assert row_of(rows, "audio.output.speed").verdict == "unchanged"
    assert "applied" not in {row.verdict for row in rows}


def test_a_refused_type_is_told() -> None:
    rows = compare({"type": "realtim"}, session(), refused="session.type: Invalid value: 'realtim'")
    assert row_of(rows, "type").verdict == "refused"
    assert row_of(rows, "type").effective == "realtime"


def test_what_an_object_keeps_is_not_added_by_the_service() -> None:
    after = session()
    after["audio"]["input"]["turn_detection"]["threshold"] = 0.7
    after["audio"]["input"]["turn_detection"]["eager"] = 1
    rows = compare(asking(VAD, {"threshold": 0.7}), after, before=session())
    note = row_of(rows, VAD).note
    assert note.startswith("the service added eager 1; kept from before type")
    assert "silence_duration_ms 200" in note


def test_instructions_of_an_earlier_run_are_not_the_services_own() -> None:
    effective = session(instructions="Written two runs ago.")
    row = row_of(compare({"type": "realtime"}, effective, before=effective), "instructions")
    assert (row.verdict, row.note) == ("unchanged", "")


def test_a_refusal_names_a_part_of_a_field() -> None:
    said = "Invalid value: 'x'. param 'session.audio.input.turn_detection.type'"
    row = row_of(compare(asking(VAD, {"type": "x"}), session(), refused=said), VAD)
    assert row.note == said
    other = row_of(compare(asking("tool", 1), session(), refused="session.tool_choice: no"), "tool")
    assert other.note != "session.tool_choice: no"


def test_a_service_that_never_told_its_session() -> None:
    (row,) = compare(asking("instructions", "Hi."), None)
    assert (row.verdict, row.effective) == ("not confirmed", MISSING)


def test_what_came_from_a_stored_prompt() -> None:
    asked = {
        "type": "realtime",
        "prompt": {"id": "pmpt_1"},
        "audio": {"output": {"voice": "ash"}},
    }
    effective = session(
        prompt={"id": "pmpt_1", "version": "2"},
        instructions="You are a guide.",
        audio__output__voice="ash",
        tool_choice="none",
    )
    rows = compare(asked, effective, created=session())
    for path in ("instructions", "tool_choice"):
        row = row_of(rows, path)
        assert (row.verdict, row.origin, row.note) == ("from the prompt", "prompt", "")
    assert row_of(rows, "audio.output.voice").note == "wins over the prompt's"
    assert row_of(rows, "prompt").verdict == "completed"
    assert row_of(rows, "truncation").origin == "service"
    again = compare(asked, effective, before=effective)
    assert row_of(again, "instructions").verdict == "unchanged"


def test_another_kind_of_session_than_asked_for() -> None:
    rows = compare({"type": "realtime"}, {"type": "transcription", "object": "x", "id": "y"})
    assert [row.path for row in rows] == ["type"]
    assert rows[0].verdict == "changed by the service"


def test_a_translation_tells_its_language() -> None:
    effective = {
        "type": "translation",
        "model": "gpt-realtime-translate",
        "audio": {"input": {"transcription": None}, "output": {"language": "fr"}},
    }
    rows = compare({"type": "translation", "audio": {"output": {"language": "fr"}}}, effective)
    assert row_of(rows, "audio.output.language").verdict == "applied"
    assert row_of(rows, "audio.input.transcription").note == "what is heard is not written down"


def test_a_row_does_not_hold_the_credentials_of_a_tool() -> None:
    tool = {"type": "mcp", "server_label": "d", "authorization": "planted", "headers": {"X": "p"}}
    (row,) = [
        row
        for row in compare({"tools": [tool]}, {"tools": [{**tool, "authorization": None}]})
        if row.path == "tools"
    ]
    assert "planted" not in repr(row)
    assert row.requested[0]["authorization"] == row.requested[0]["headers"] == "[not shown]"
    assert row.verdict == "applied"
    assert tool["authorization"] == "planted"


def test_what_was_cleared_and_is_left_out_now_is_not_to_be_cleared_again() -> None:
    now = {"instructions": "", "tools": [], "prompt": None}
    rows = compare({}, now, before=now, dropped=("instructions", "tools", "prompt"))
    assert "still in force" not in {row.verdict for row in rows}
