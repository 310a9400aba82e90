"""Is this event what the wire says? Checked against the openai package and protocol's tables.

Two nets over each other: the package's own types in pydantic's strict mode, fields unknown
to them refused unless the wire is known to send them; and the exact set of fields of each
event, written down from captures of the service, because many fields are optional in the types.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from openai.types.realtime import (
    RealtimeServerEvent,
    RealtimeSessionCreateResponse,
    RealtimeTranscriptionSessionCreateResponse,
    RealtimeTranslationServerEvent,
)
from pydantic import BaseModel

_IDS = {"response_id", "item_id", "output_index"}
_PART = _IDS | {"content_index"}
_HEARD = {"item_id", "content_index"}
FIELDS: dict[str, set[str]] = {
    "session.created": {"session"},
    "session.updated": {"session"},
    "error": {"error"},
    "conversation.item.added": {"item", "previous_item_id"},
    "conversation.item.done": {"item", "previous_item_id"},
    "conversation.item.retrieved": {"item"},
    "conversation.item.truncated": {"item_id", "content_index", "audio_end_ms"},
    "conversation.item.deleted": {"item_id"},
    "conversation.item.input_audio_transcription.delta": (
        _HEARD | {"delta", "logprobs", "obfuscation"}
    ),
    "conversation.item.input_audio_transcription.completed": (
        _HEARD | {"transcript", "usage", "logprobs"}
    ),
    "conversation.item.input_audio_transcription.failed": _HEARD | {"error"},
    "input_audio_buffer.committed": {"item_id", "previous_item_id"},
    "input_audio_buffer.cleared": set(),
    "input_audio_buffer.speech_started": {"item_id", "audio_start_ms"},
    "input_audio_buffer.speech_stopped": {"item_id", "audio_end_ms"},
    "input_audio_buffer.timeout_triggered": {"item_id", "audio_start_ms", "audio_end_ms"},
    "response.created": {"response"},
    "response.done": {"response"},
    "response.output_item.added": {"response_id", "output_index", "item"},
    "response.output_item.done": {"response_id", "output_index", "item"},
    "response.content_part.added": _PART | {"part"},
    "response.content_part.done": _PART | {"part"},
    "response.output_text.delta": _PART | {"delta", "obfuscation"},
    "response.output_text.done": _PART | {"text"},
    "response.output_audio_transcript.delta": _PART | {"delta", "obfuscation"},
    "response.output_audio_transcript.done": _PART | {"transcript"},
    "response.output_audio.delta": _PART | {"delta"},
    "response.output_audio.done": _PART,
    "response.function_call_arguments.delta": _IDS | {"call_id", "delta", "obfuscation"},
    "response.function_call_arguments.done": _IDS | {"call_id", "name", "arguments"},
    "response.mcp_call_arguments.delta": _IDS | {"delta", "obfuscation"},
    "response.mcp_call_arguments.done": _IDS | {"arguments"},
    "response.mcp_call.in_progress": {"item_id", "output_index"},
    "response.mcp_call.completed": {"item_id", "output_index"},
    "response.mcp_call.failed": {"item_id", "output_index"},
    "mcp_list_tools.in_progress": {"item_id"},
    "mcp_list_tools.completed": {"item_id"},
    "mcp_list_tools.failed": {"item_id"},
    "rate_limits.updated": {"rate_limits"},
}
_SESSION = {
    "type", "object", "id", "model", "output_modalities", "instructions", "tools",
    "tool_choice", "max_output_tokens", "tracing", "truncation", "prompt", "expires_at",
    "audio", "include",
}  # fmt: skip
_TRANSCRIPTION_SESSION = {"type", "object", "id", "expires_at", "audio", "include"}
_RESPONSE = {
    "object", "id", "status", "status_details", "output", "conversation_id",
    "output_modalities", "max_output_tokens", "audio", "usage", "metadata",
}  # fmt: skip
_ITEMS = {
    "message": {"id", "type", "status", "role", "content"},
    "function_call": {"id", "type", "status", "name", "call_id", "arguments"},
    "function_call_output": {"id", "type", "call_id", "output"},
    "mcp_list_tools": {"id", "type", "server_label", "tools"},
    "mcp_call": {
        "id", "type", "server_label", "name", "arguments", "approval_request_id", "output", "error",
    },
    "mcp_approval_request": {"id", "type", "server_label", "name", "arguments"},
    "mcp_approval_response": {"id", "type", "approval_request_id", "approve", "reason"},
}  # fmt: skip
_PREFIXES = {
    "event_id": "event_", "response_id": "resp_", "call_id": "call_", "conversation_id": "conv_",
}  # fmt: skip
# Sent by the service, absent from the package's types.
_WIRE_EXTRA = {
    "obfuscation",
    "session.id", "session.object", "session.expires_at",
    "response.status_details.error.message",
}  # fmt: skip


TRANSLATION_FIELDS: dict[str, set[str]] = {
    "session.created": {"session"},
    "session.updated": {"session"},
    "session.closed": set(),
    "session.input_transcript.delta": {"delta", "elapsed_ms"},
    "session.output_transcript.delta": {"delta", "elapsed_ms"},
    "session.output_audio.delta": {
        "delta", "sample_rate", "channels", "format", "elapsed_ms",
    },
    "error": {"error"},
}  # fmt: skip


@cache
def _models(events: Any = RealtimeServerEvent) -> dict[str, type[BaseModel]]:
    union = get_args(events)[0]
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(union)}


CALL_FIELDS: dict[str, set[str]] = {
    "output_audio_buffer.started": {"response_id", "event_id"},
    "output_audio_buffer.stopped": {"response_id", "event_id"},
    "output_audio_buffer.cleared": {"response_id", "event_id"},
    "input_audio_buffer.dtmf_event_received": {"event", "received_at"},  # without an id
}


def check_call_event(event: dict[str, Any]) -> None:
    """Fail unless `event` is exactly what the service could have sent on a call."""
    kind = event["type"]
    assert kind != "response.output_audio.delta", "sound stays on the media leg"
    if kind not in CALL_FIELDS:
        check_event(event)
        return
    assert set(event) == CALL_FIELDS[kind] | {"type"}
    _no_extras(_models()[kind].model_validate(event, strict=True), "")
    _ids(event)


def check_event(event: dict[str, Any]) -> None:
    """Fail unless `event` is exactly what the service could have sent."""
    kind = event["type"]
    assert kind in FIELDS, f"{kind} is not among the events a WebSocket session sends"
    assert list(event)[:2] == ["type", "event_id"], f"{kind} does not begin as the wire does"
    assert set(event) == FIELDS[kind] | {"type", "event_id"}, f"{kind} has {sorted(event)}"
    checked = _models()[kind].model_validate(event, strict=True)
    _no_extras(checked, "")
    _ids(event)
    if kind.startswith("session."):
        session = event["session"]
        if session["type"] == "transcription":
            assert set(session) == _TRANSCRIPTION_SESSION
            RealtimeTranscriptionSessionCreateResponse.model_validate(session, strict=True)
            return
        optional = {"parallel_tool_calls", "reasoning"}
        assert _SESSION <= set(session) <= _SESSION | optional
        RealtimeSessionCreateResponse.model_validate(session, strict=True)
    if "item" in event:
        _item(event["item"])
    if kind in {"response.created", "response.done"}:
        assert set(event["response"]) == _RESPONSE
        for item in event["response"]["output"]:
            _item(item)
    if kind == "error":
        assert list(event["error"]) == ["type", "code", "message", "param", "event_id"]


def check_translation_event(event: dict[str, Any]) -> None:
    """Fail unless `event` is exactly what a translation session could have sent."""
    kind = event["type"]
    assert kind in TRANSLATION_FIELDS, f"{kind} is no event of a translation session"
    assert list(event)[:2] == ["type", "event_id"], f"{kind} does not begin as the wire does"
    assert set(event) == TRANSLATION_FIELDS[kind] | {"type", "event_id"}
    models = _models(RealtimeTranslationServerEvent)
    checked = models[kind].model_validate(event, strict=True)
    _no_extras(checked, "")
    _ids(event)
    if "session" in event:
        assert set(event["session"]) == {"id", "type", "model", "expires_at", "audio"}


def _item(item: dict[str, Any]) -> None:
    assert set(item) == _ITEMS[item["type"]], f"item has {sorted(item)}"


def _ids(event: dict[str, Any]) -> None:
    for key, prefix in _PREFIXES.items():
        value = event.get(key)
        if isinstance(value, str):
            assert value.startswith(prefix), f"{key} is {value}"
            tail = value.removeprefix(prefix)
            assert len(tail) == (16 if key == "call_id" else 21), f"{key} is {value}"
            assert tail.isalnum()


def _no_extras(value: Any, path: str) -> None:
    if isinstance(value, list):
        for entry in value:
            _no_extras(entry, path)
    if not isinstance(value, BaseModel):
        return
    for name in value.model_extra or {}:
        where = f"{path}.{name}".lstrip(".")
        assert where in _WIRE_EXTRA, f"{type(value).__name__} has no field {where}"
    for name in type(value).model_fields:
        _no_extras(getattr(value, name), f"{path}.{name}")
