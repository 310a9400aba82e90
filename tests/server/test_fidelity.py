"""The service's errors, one row each: code, parameter, words, whose event, and what still works.

The rows are what was recorded of the service and what others report of it; a column that nobody
knows is not looked at (`ANY`). Those that end a connection are told with their close frames.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.server.fakes import Stage, TalkBrain, virtual
from tests.server.serving import TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]
ANY: Any = object()
MINE = "mine"


@dataclass(frozen=True)
class Row:
    """One event that is refused.

    Parameters
    ----------
    event
        What is sent; ``{item}`` and the like in it are filled in with what `before` returned.
    code, param, message
        What the error says; `message` is a regular expression of all of it.
    names_event
        Whether the error names the client's event.
    before
        Brings the session there.
    """

    event: Json | str | bytes
    code: str | None
    param: Any
    message: str
    names_event: bool = True
    before: Callable[[Stage], Awaitable[Json]] | None = None
    kind: str = "realtime"
    setup: Json = field(default_factory=dict)


def update(**session: Any) -> Json:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def message(role: str, part: Json, **fields: Any) -> Json:
    return {"type": "message", "role": role, "content": [part], **fields}


def create(item: Json, **fields: Any) -> Json:
    return {"type": "conversation.item.create", "item": item, **fields}


def truncate(item_id: str, ms: int) -> Json:
    return {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0,
            "audio_end_ms": ms}  # fmt: skip


TYPED = {"type": "input_text", "text": "hi"}


async def typed(stage: Stage) -> Json:
    return {"item": await stage.say_text("hi")}


async def answered(stage: Stage) -> Json:
    """One word of 250 ms was said."""
    await stage.say_text("hi")
    await stage.send("response.create")
    done = await stage.until("rate_limits.updated")
    assert done
    item = next(e["item"] for e in stage.events if e["type"] == "response.output_item.done")
    return {"item": item["id"]}


async def answering(stage: Stage) -> Json:
    await stage.say_text("hi")
    await stage.send("response.create")
    return {"response": (await stage.until("response.created"))["response"]["id"]}


async def filled(stage: Stage) -> Json:
    await stage.update(truncation="disabled")
    for _ in range(2):
        await stage.say_text("word " * 400_000)
    return {}


ROWS: dict[str, Row] = {
    "unknown event type": Row({"type": "x"}, "invalid_value", "type",
        r"Invalid value: 'x'\. Supported values are: '.*', and '.*'\."),
    "unknown field": Row(update(x=1), "unknown_parameter", "session.x",
        r"Unknown parameter: 'session\.x'\."),
    "the beta's fields": Row(update(voice="ash"), "unknown_parameter", "session.voice",
        r"Unknown parameter: 'session\.voice'\."),
    "no session.type": Row({"type": "session.update", "session": {"instructions": "x"}},
        "missing_required_parameter", "session.type",
        r"Missing required parameter: 'session\.type'\."),
    "no session": Row({"type": "session.update"}, "missing_required_parameter", "session",
        r"Missing required parameter: 'session'\."),
    "bad choice": Row(update(tool_choice="always"), "invalid_value", "session.tool_choice",
        r"Invalid value: 'always'\. Supported values are: .*"),
    "rate below 24000": Row(
        update(audio={"input": {"format": {"type": "audio/pcm", "rate": 8000}}}),
        "integer_below_min_value", "session.audio.input.format.rate",
        (r"Invalid 'session\.audio\.input\.format\.rate': integer below minimum value\. "
        r"Expected a value >= 24000, but got 8000 instead\.")),
    "no JSON": Row("{", "invalid_json", None, r".+", names_event=False),
    "binary": Row(b"\x00", "invalid_event", None,
        r"Expected a text WebSocket message; binary frames are not supported\.",
        names_event=False),
    "commit of nothing": Row({"type": "input_audio_buffer.commit"},
        "input_audio_buffer_commit_empty", None,
        (r"Error committing input audio buffer: buffer too small\. Expected at least 100ms of "
        r"audio, but buffer only has 0\.00ms of audio\.")),
    "a second response": Row({"type": "response.create"},
        "conversation_already_has_active_response", None,
        (r"Conversation already has an active response in progress: {response}\. Wait until the "
        r"response is finished before creating a new one\."), before=answering),
    "nothing to cancel": Row({"type": "response.cancel"}, "response_cancel_not_active", None,
        r"Cancellation failed: no active response found"),
    "another response to cancel": Row({"type": "response.cancel", "response_id": "resp_none"},
        "response_cancel_not_active", None, r"Cancellation failed: .*", before=answering),
    "voice after sound": Row(update(audio={"output": {"voice": "ash"}}), "cannot_update_voice",
        ANY, r"Cannot update a conversation's voice if assistant audio is present\.",
        before=answered),
    "id twice": Row(create(message("user", TYPED, id="{item}")), "item_create_duplicate_item_id",
        None, r"Error adding item: an item with id '{item}' already exists\.",
        names_event=False, before=typed),
    "no predecessor": Row(create(message("user", TYPED), previous_item_id="item_none"),
        "item_create_invalid_previous_item_id", ANY,
        r"Error adding item: the previous item with id 'item_none' does not exist\."),
    "delete nothing": Row({"type": "conversation.item.delete", "item_id": "item_none"},
        "item_delete_invalid_item_id", ANY,
        r"Error deleting item: the item with id 'item_none' does not exist\."),
    "retrieve nothing": Row({"type": "conversation.item.retrieve", "item_id": "item_none"},
        "item_retrieve_invalid_item_id", ANY,
        r"Error retrieving item: the item with id 'item_none' does not exist\."),
    "truncate nothing": Row(truncate("item_none", 0), "item_truncate_invalid_item_id", ANY,
        r"Error truncating item: the item with id 'item_none' does not exist\.",
        names_event=False),
    "truncate what was typed": Row(truncate("{item}", 0), None, ANY,
        r"Only model output audio messages can be truncated", names_event=False, before=typed),
    "truncate past the end": Row(truncate("{item}", 3760), None, ANY,
        r"Audio content of 250ms is already shorter than 3760ms", names_event=False,
        before=answered),
    "output of no call": Row(
        create({"type": "function_call_output", "call_id": "call_none", "output": ""}),
        "invalid_tool_call_id", ANY, r"Tool call ID 'call_none' not found in conversation\."),
    "over the context": Row({"type": "response.create"}, "conversation_too_long", ANY,
        r"Conversation is too long to create a Response\.", before=filled),
    "a transcription's update": Row(
        {"type": "session.update", "session": {"type": "transcription"}}, ANY, ANY,
        r"Passing a transcription session update (event )?to a realtime session is not allowed\."),
    "turn detection with a streaming transcriber": Row(
        {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {
            "transcription": {"model": "gpt-live-transcribe"},
            "turn_detection": {"type": "server_vad"}}}}},
        "invalid_value", "session.audio.input.turn_detection",
        r"Turn detection is not supported for this transcription model\.", kind="transcription"),
    "a streaming transcriber without a word of turn detection": Row(
        {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {
            "transcription": {"model": "gpt-realtime-whisper"}}}}},
        "invalid_value", "session.audio.input.turn_detection",
        r"Turn detection is not supported for this transcription model\.", kind="transcription"),
    "the beta's transcription update": Row({"type": "transcription_session.update"},
        "invalid_value", "type", r"Invalid value: 'transcription_session\.update'\. .*"),
    "a call's event": Row({"type": "output_audio_buffer.clear"}, "invalid_value", "type",
        r"Invalid value: 'output_audio_buffer\.clear'\. .*"),
    "spoken words of the assistant": Row(
        create(message("assistant", {"type": "output_audio", "transcript": "x"})),
        ANY, ANY, r".+"),
    "idle timeout too short": Row(
        update(audio={"input": {"turn_detection":
            {"type": "server_vad", "idle_timeout_ms": 4999}}}),
        "integer_below_min_value", "session.audio.input.turn_detection.idle_timeout_ms",
        r"Invalid '.*': integer below minimum value\. .* >= 5000, but got 4999 instead\."),
    "idle timeout too long": Row(
        update(audio={"input": {"turn_detection":
            {"type": "server_vad", "idle_timeout_ms": 30001}}}),
        "integer_above_max_value", "session.audio.input.turn_detection.idle_timeout_ms",
        r"Invalid '.*': integer above maximum value\. .* <= 30000, but got 30001 instead\."),
    "idle timeout of semantic_vad": Row(
        update(audio={"input": {"turn_detection":
            {"type": "semantic_vad", "idle_timeout_ms": 6000}}}),
        "unknown_parameter", "session.audio.input.turn_detection.idle_timeout_ms",
        r"Unknown parameter: '.*'\."),
    "eagerness": Row(
        update(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "x"}}}),
        "invalid_value", "session.audio.input.turn_detection.eagerness",
        r"Invalid value: 'x'\. Supported values are: 'low', 'medium', 'high', and 'auto'\."),
    "noise reduction": Row(
        update(audio={"input": {"noise_reduction": {"type": "loud"}}}),
        "invalid_value", "session.audio.input.noise_reduction.type",
        r"Invalid value: 'loud'\. Supported values are: 'near_field' and 'far_field'\."),
    "threshold": Row(
        update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 1.5}}}),
        "decimal_above_max_value", "session.audio.input.turn_detection.threshold",
        r"Invalid '.*': decimal above maximum value\. Expected a value <= 1\.0, .*"),
    "retention": Row(
        update(truncation={"type": "retention_ratio", "retention_ratio": -0.1}),
        "decimal_below_min_value", "session.truncation.retention_ratio",
        r"Invalid '.*': decimal below minimum value\. Expected a value >= 0\.0, .*"),
    "truncation": Row(update(truncation="sometimes"), "invalid_value", "session.truncation",
        r"Invalid value: 'sometimes'\. Supported values are: 'auto' and 'disabled'\."),
    "17 metadata": Row(
        {"type": "response.create", "response": {"metadata": {str(n): "" for n in range(17)}}},
        ANY, "response.metadata", r".*\b16\b.*"),
    "sound that is no base64": Row({"type": "input_audio_buffer.append", "audio": "%"},
        ANY, "audio", r".+"),
    "a picture that is none": Row(
        create(message("user", {"type": "input_image", "image_url": "data:image/png;base64,AA"})),
        ANY, ANY, r".+"),
}  # fmt: skip


def filled_in(text: str, values: Json) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize("cause", ROWS)
def test_an_error_says_what_the_service_says_and_leaves_the_session_as_it_was(cause: str):
    row = ROWS[cause]

    @virtual
    async def scene():
        async with Stage(TalkBrain("Yes."), kind=row.kind) as stage:
            values = await row.before(stage) if row.before else {}
            config = (await stage.update())[0]["session"] if row.kind == "realtime" else None
            before = len(stage.events)
            if isinstance(row.event, dict):
                raw = filled_in(json.dumps({"event_id": MINE, **row.event}), values)
                await stage.session.handle(raw)
            else:
                await stage.session.handle(row.event)
            (event,) = (each for each in stage.events[before:] if each["type"] == "error")
            assert list(event) == ["type", "event_id", "error"]
            error = event["error"]
            assert list(error) == ["type", "code", "message", "param", "event_id"]
            assert error["type"] == "invalid_request_error"
            assert row.code is ANY or error["code"] == row.code
            assert row.param is ANY or error["param"] == row.param
            assert re.fullmatch(filled_in(row.message, values), error["message"]), error["message"]
            assert error["event_id"] == (MINE if row.names_event else None)
            if config is not None:
                assert (await stage.update())[-1]["session"] == config

    scene()


BEARER = {"Authorization": f"Bearer {TOKEN}"}
FATAL: dict[str, tuple[str, dict[str, str], str | None, int, str]] = {
    "bad key": ("?model=gpt-realtime", {"Authorization": "Bearer sk-wrong"}, "invalid_api_key",
        3000, r"Incorrect API key provided: .*"),
    "no key": ("?model=gpt-realtime", {}, None, 3000, r".+"),
    "bad model": ("?model=gpt-5", BEARER, "invalid_model", 4000,
        r'Model "gpt-5" is not supported in realtime mode.*'),
    "no model": ("", BEARER, "missing_model", 4000, r".*model.*"),
    "intent and model": ("?intent=transcription&model=gpt-4o-transcribe", BEARER, "invalid_model",
        4000, r"You must not provide a model parameter for transcription sessions\."),
    "beta header": ("?model=gpt-realtime", {**BEARER, "OpenAI-Beta": "realtime=v1"},
        "beta_api_shape_disabled", 4000, r".+"),
}  # fmt: skip


@pytest.mark.parametrize("cause", FATAL)
async def test_a_fatal_error_comes_after_the_upgrade_with_its_close_frame(cause: str):
    query, headers, code, close_code, words = FATAL[cause]
    async with (
        serving() as served,
        connect(served.socket_url(query), additional_headers=headers) as socket,
    ):
        event = json.loads(await socket.recv())
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    error = event["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert re.fullmatch(words, error["message"])
    assert closed.value.rcvd is not None
    reason = "invalid_request_error" if code is None else f"invalid_request_error.{code}"
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (close_code, reason)


@virtual
async def test_ids_and_the_order_of_keys():
    async with Stage(TalkBrain("Yes."), texts=["hello"]) as stage:
        await stage.append(500, loud=True)
        await stage.append(400, loud=False)
        await stage.until("rate_limits.updated")
        forms = {
            "event_id": r"event_\w{21}",
            "item_id": r"item_\w{21}",
            "response_id": r"resp_\w{21}",
            "conversation_id": r"conv_\w{21}",
        }
        seen: set[str] = set()
        for event in stage.events:
            assert list(event)[:2] == ["type", "event_id"]
            for key, value in pairs(event):
                if value is not None and key in forms:
                    assert re.fullmatch(forms[key], value), (key, value)
                    seen.add(key)
        assert seen == set(forms)
        ids = [event["event_id"] for event in stage.events]
        assert len(set(ids)) == len(ids)


def pairs(value: Any) -> list[tuple[str, Any]]:
    """Return every key of a tree with its value."""
    if isinstance(value, list):
        return [pair for each in value for pair in pairs(each)]
    if not isinstance(value, dict):
        return []
    return [*value.items(), *(pair for each in value.values() for pair in pairs(each))]


@virtual
async def test_text_that_streams_is_padded_and_the_limits_come_last():
    async with Stage(TalkBrain("Yes, of course."), texts=["hello"]) as stage:
        await stage.update(audio={"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}})
        await stage.append(500, loud=True)
        await stage.append(400, loud=False)
        limits = await stage.until("rate_limits.updated")
        await stage.until("conversation.item.input_audio_transcription.completed")
        (entry,) = limits["rate_limits"]
        assert list(entry) == ["name", "limit", "remaining", "reset_seconds"]
        assert entry["name"] == "tokens"
        assert stage.types.index("response.done") + 1 == stage.types.index("rate_limits.updated")
        texts = [e for e in stage.events if e["type"].endswith("transcript.delta")]
        assert texts
        assert all(11 <= len(event["obfuscation"]) <= 14 for event in texts)
        sounds = [e for e in stage.events if e["type"] == "response.output_audio.delta"]
        assert all(base64.b64decode(event["delta"], validate=True) for event in sounds)


@pytest.mark.parametrize("eagerness", ["low", "medium", "high", "auto"])
def test_semantic_vad_waits_as_long_as_it_was_told(eagerness: str):
    longest_s = {"low": 8, "medium": 4, "high": 2, "auto": 4}[eagerness]

    @virtual
    async def scene():
        async with Stage(TalkBrain("Yes."), texts=["tell me and"]) as stage:
            rules = {"type": "semantic_vad", "eagerness": eagerness}
            (event,) = await stage.update(
                audio={"input": {"turn_detection": rules, "noise_reduction": {"type": "far_field"}}}
            )
            told = event["session"]["audio"]["input"]
            assert told["turn_detection"]["eagerness"] == eagerness
            assert told["noise_reduction"]["type"] == "far_field"
            await stage.append(500, loud=True)
            await stage.append(longest_s * 1000 + 500, loud=False)
            stopped = await stage.until("input_audio_buffer.speech_stopped")
            assert stopped["audio_end_ms"] <= longest_s * 1000 + 600

    scene()
