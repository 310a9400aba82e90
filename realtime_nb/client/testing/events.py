"""Server events as the live service sends them, for scripts of a `ScriptedPeer`."""

from __future__ import annotations

import base64
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from realtime_nb.protocol.config.paths import merge
from realtime_nb.protocol.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = dict[str, Any]

DEFAULT_SESSION: Final[Mapping[str, Any]] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_scripted",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "instructions": "Be helpful.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 1_800_000_000,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "voice": "alloy",
            "speed": 1.0,
        },
    },
    "include": None,
}
"""The session object the live service begins with."""

CONVERSATION_ID: Final = "conv_scripted"


def session_created(**fields: Any) -> Json:
    """Return `session.created` with the default session, `fields` laid over it."""
    return {"type": "session.created", "session": merge(DEFAULT_SESSION, fields)}


def session_updated(request: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> Json:
    """Return the `session.updated` that accepts a `session.update`.

    Parameters
    ----------
    request
        The `session.update`.
    base
        The session before; the default one when None.
    """
    session = merge(DEFAULT_SESSION if base is None else base, request["session"])
    return {"type": "session.updated", "session": session}


def error(
    message: str,
    code: str | None = None,
    *,
    param: str | None = None,
    event_id: str | None = None,
    kind: str = "invalid_request_error",
) -> Json:
    """Return an `error` event; `event_id` names the client event it answers."""
    fields = {"type": kind, "code": code, "message": message, "param": param}
    return {"type": "error", "error": {**fields, "event_id": event_id}}


def item_created(request: Mapping[str, Any]) -> list[Json]:
    """Return what accepts a `conversation.item.create`: `.added` and `.done`."""
    item = {"id": new_id("item"), "status": "completed", **deepcopy(request["item"])}
    previous = request.get("previous_item_id")
    kinds = ("conversation.item.added", "conversation.item.done")
    return [{"type": kind, "previous_item_id": previous, "item": item} for kind in kinds]


def response_object(
    request: Mapping[str, Any] | None,
    response_id: str,
    *,
    status: str = "in_progress",
    **fields: Any,
) -> Json:
    """Return a `response` object that echoes the request's metadata.

    Parameters
    ----------
    request
        The `response.create` it belongs to; None for one the service made by itself.
    response_id, status
        Its id and status.
    **fields
        Laid over it.
    """
    asked: Json = dict((request or {}).get("response") or {})
    return {
        "object": "realtime.response",
        "id": response_id,
        "status": status,
        "status_details": None,
        "output": [],
        "conversation_id": None if asked.get("conversation") == "none" else CONVERSATION_ID,
        "output_modalities": asked.get("output_modalities", ["audio"]),
        "max_output_tokens": "inf",
        "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"}},
        "usage": None,
        "metadata": asked.get("metadata"),
        **fields,
    }


def response_created(request: Mapping[str, Any] | None, response_id: str) -> Json:
    """Return the `response.created` for a request; None for the service's own."""
    return {"type": "response.created", "response": response_object(request, response_id)}


def response_done(
    request: Mapping[str, Any] | None,
    response_id: str,
    *,
    status: str = "completed",
    **fields: Any,
) -> Json:
    """Return the `response.done` for a request; None for the service's own."""
    response = response_object(request, response_id, status=status, **fields)
    return {"type": "response.done", "response": response}


def spoken(  # noqa: PLR0913 -- a test names what it looks at
    request: Mapping[str, Any] | None,
    text: str,
    *,
    pcm: bytes = b"\0\0" * 2400,
    response_id: str | None = None,
    item_id: str | None = None,
    chunks: int = 2,
) -> list[Json]:
    """Return a whole spoken answer, from `response.created` to `response.done`.

    Parameters
    ----------
    request
        The `response.create`; None for a response the service made by itself.
    text
        The transcript.
    pcm
        The sound, PCM16 at 24 kHz.
    response_id, item_id
        Ids; fresh ones when None.
    chunks
        In how many deltas the sound comes.
    """
    rid, iid = response_id or new_id("resp"), item_id or new_id("item")
    ids = {"response_id": rid, "item_id": iid, "output_index": 0, "content_index": 0}
    empty = _message(iid, "in_progress", [])
    whole = _message(iid, "completed", [{"type": "output_audio", "transcript": text}])
    part = {"type": "audio", "transcript": ""}
    step = -(-len(pcm) // (2 * chunks)) * 2
    deltas = [
        {
            "type": "response.output_audio.delta",
            **ids,
            "delta": base64.b64encode(pcm[at : at + step]).decode(),
        }
        for at in range(0, len(pcm), step)
    ]
    place = {"response_id": rid, "output_index": 0}
    usage = {"total_tokens": 30, "input_tokens": 20, "output_tokens": 10}
    return [
        response_created(request, rid),
        {"type": "response.output_item.added", **place, "item": empty},
        {"type": "conversation.item.added", "previous_item_id": None, "item": empty},
        {"type": "response.content_part.added", **ids, "part": part},
        {"type": "response.output_audio_transcript.delta", **ids, "delta": text},
        *deltas,
        {"type": "response.output_audio.done", **ids},
        {"type": "response.output_audio_transcript.done", **ids, "transcript": text},
        {"type": "response.content_part.done", **ids, "part": {**part, "transcript": text}},
        {"type": "conversation.item.done", "previous_item_id": None, "item": whole},
        {"type": "response.output_item.done", **place, "item": whole},
        response_done(request, rid, output=[whole], usage=usage),
    ]


def _message(item_id: str, status: str, content: list[Json]) -> Json:
    return {
        "id": item_id,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }
