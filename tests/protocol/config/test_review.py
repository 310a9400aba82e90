from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.config.review import review_event

if TYPE_CHECKING:
    from realtime_nb.protocol.config.problem import Problem

TODAY = dt.date(2026, 11, 21)
USER_TEXT = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Hi."}],
}
TRANSLATE = "gpt-realtime-translate"


def review(event: dict[str, Any], model: str = "") -> list[Problem]:
    return review_event(event, today=TODAY, model=model)


def item(**fields: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": fields}


def message(role: str, *content: Any) -> dict[str, Any]:
    return item(type="message", role=role, content=list(content))


def response(**fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": fields}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.update", "session": {"type": "realtime", "instructions": "Hi."}},
        {
            "type": "session.update",
            "event_id": "event_1",
            "session": {
                "type": "realtime",
                "output_modalities": ["audio"],
                "audio": {"output": {"voice": "marin"}},
            },
        },
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "input_audio_buffer.commit"},
        {"type": "input_audio_buffer.clear"},
        {"type": "conversation.item.create", "previous_item_id": "root", "item": USER_TEXT},
        {"type": "conversation.item.create", "previous_item_id": None, "item": USER_TEXT},
        item(type="message", role="user", id="item_1", object="realtime.item", content=[]),
        message("assistant", {"type": "output_text", "text": "Hello."}),
        message("system", {"type": "input_text", "text": "Be kind."}),
        message("user", {"type": "input_audio", "audio": "AAAA"}),
        message("user", {"type": "input_image", "image_url": "data:image/png;base64,AA"}),
        item(type="function_call_output", call_id="call_1", output="{}"),
        item(type="function_call", call_id="call_1", name="f", arguments="{}"),
        item(type="mcp_approval_response", id="i", approval_request_id="mcpr_1", approve=True),
        {"type": "conversation.item.retrieve", "item_id": "item_1"},
        {"type": "conversation.item.delete", "item_id": "item_1"},
        {
            "type": "conversation.item.truncate",
            "item_id": "item_1",
            "content_index": 0,
            "audio_end_ms": 1500,
        },
        {"type": "response.create"},
        {"type": "response.create", "response": None},
        response(
            instructions="Say hello.",
            output_modalities=["text"],
            conversation="none",
            metadata={"topic": "a"},
            input=[{"type": "item_reference", "id": "item_1"}, USER_TEXT],
            tool_choice={"type": "function", "name": "of_the_session"},
            audio={"output": {"voice": "ash"}},
            max_output_tokens=100,
        ),
        {"type": "response.cancel", "response_id": "resp_1"},
    ],
)
def test_a_good_event_passes(event: dict) -> None:
    assert review(event) == []


@pytest.mark.parametrize(
    ("event", "path", "said"),
    [
        # The event itself.
        ({}, "type", "the event has no `type`"),
        ({"type": 3}, "type", "`type` is 3"),
        ({"type": "session.updat"}, "type", "did you mean 'session.update'"),
        ({"type": "session.created"}, "type", "an event that the service sends"),
        ({"type": "response.text.delta"}, "type", "an event that the service sends"),
        (
            {"type": "transcription_session.update", "session": {}},
            "type",
            "send `session.update` with `type: transcription`",
        ),
        ({"type": "response.create", "event_id": 3}, "event_id", "`event_id` is 3; it takes text"),
        ({"type": "response.cancel", "event_id": "x" * 513}, "event_id", "longer than 512"),
        ({"type": "response.cancel", "respons_id": "x"}, "respons_id", "mean 'response_id'"),
        # session.update
        ({"type": "session.update"}, "session", "has no `session`"),
        (
            {"type": "session.update", "instructions": "Hi."},
            "instructions",
            "stands beside `session`; write it into `session`",
        ),
        ({"type": "session.update", "session": "x"}, "session", "takes an object"),
        (
            {"type": "session.update", "session": {"instructions": "Hi."}},
            "session.type",
            "`type` is missing: the service refuses the whole update",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "modalities": ["text"]}},
            "session.modalities",
            "output_modalities",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "ash"}},
            "session.voice",
            "beta API",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "temperature": 0.8}},
            "session.temperature",
            "",
        ),
        # What the forum teaches.
        (item(type="user", content="Hi."), "item.type", '"type": "message", "role": "user"'),
        (item(type="assistant", content="Hi."), "item.type", '"role": "assistant"'),
        (
            item(type="function_result", call_id="call_1", result="{}"),
            "item.type",
            '"type": "function_call_output", "call_id"',
        ),
        (item(type="tool_result", content="{}"), "item.type", "function_call_output"),
        # Items
        ({"type": "conversation.item.create"}, "item", "has no `item`"),
        ({"type": "conversation.item.create", "item": "Hi."}, "item", "takes an object"),
        (item(role="user", content=[]), "item.type", '"type": "message", "role": "user"'),
        (item(call_id="c", output="x"), "item.type", "function_call_output"),
        (item(type="massage"), "item.type", "did you mean 'message'"),
        (item(type=["message"]), "item.type", "there are function_call"),
        (item(type="message", content=[]), "item.role", "no `role`; it takes user"),
        (item(type="message", role="usr", content=[]), "item.role", "did you mean 'user'"),
        (item(type="message", role="user"), "item.content", "is missing"),
        (item(type="message", role="user", content="Hi."), "item.content", '"text": "Hi."'),
        (item(type="message", role="user", content=[], nme=1), "item.nme", "no field 'nme'"),
        (item(type="message", role="user", content=[], id=7), "item.id", "it takes text"),
        (message("user", "Hi."), "item.content[0]", "takes an object"),
        (message("user", {"text": "Hi."}), "item.content[0].type", "is missing"),
        (message("user", {"type": "text", "text": "x"}), "item.content[0].type", "input_text"),
        (message("user", {"type": "audio", "audio": ""}), "item.content[0].type", "input_audio"),
        (message("user", {"type": "output_text", "text": ""}), "item.content[0].type", "of user's"),
        (message("assistant", {"type": "text"}), "item.content[0].type", "GA has output_text"),
        (message("assistant", {"type": "audio"}), "item.content[0].type", "GA has output_audio"),
        (message("assistant", {"type": "output_audio"}), "item.content[0].type", "cannot create"),
        (message("assistant", {"type": "input_text"}), "item.content[0].type", "is output_text"),
        (message("user", {"type": ["text"]}), "item.content[0].type", "of user's"),
        (message("system", {"type": "input_image"}), "item.content[0].type", "of system's"),
        (message("user", {"type": "input_text"}), "item.content[0].text", "is missing"),
        (message("user", {"type": "input_text", "text": 3}), "item.content[0].text", "is 3"),
        (
            message("user", {"type": "input_image", "image_url": "https://x/y.png"}),
            "item.content[0].image_url",
            "data:image/png;base64",
        ),
        (item(type="function_call_output", output="x"), "item.call_id", "has no `call_id`"),
        (item(type="function_call_output", call_id="c"), "item.output", "has no `output`"),
        (
            item(type="function_call_output", call_id="c", output={"t": 1}),
            "item.output",
            "json.dumps",
        ),
        (
            item(type="function_call_output", call_id="c", result="x"),
            "item.output",
            "has `result`; the result's name is `output`",
        ),
        (
            item(type="function_call", call_id="c", name="f", arguments={}),
            "item.arguments",
            "it takes text",
        ),
        (item(type="mcp_approval_response", id="i", approve=True), "item.approval_request_id", ""),
        # The other events' own fields
        ({"type": "input_audio_buffer.append"}, "audio", "has no `audio`"),
        ({"type": "input_audio_buffer.append", "audio": b"x"}, "audio", "base64"),
        ({"type": "input_audio_buffer.append", "audio": "A" * (16 << 20)}, "audio", "15 MiB"),
        ({"type": "input_audio_buffer.append", "audio": ""}, "audio", "must have it"),
        ({"type": "conversation.item.retrieve"}, "item_id", "has no `item_id`"),
        ({"type": "conversation.item.delete", "item_id": 1}, "item_id", "it takes text"),
        (
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0},
            "audio_end_ms",
            "has no `audio_end_ms`",
        ),
        (
            {
                "type": "conversation.item.truncate",
                "item_id": "i",
                "content_index": 0,
                "audio_end_ms": 1.5,
            },
            "audio_end_ms",
            "it takes a whole number",
        ),
        # response.create
        (response(modalities=["audio"]), "response.modalities", '["audio"] or ["text"]'),
        (response(voice="ash"), "response.voice", "write `audio.output.voice`"),
        (response(output_audio_format="pcm16"), "response.output_audio_format", "output.format"),
        (response(max_response_output_tokens=9), "response.max_response_output_tokens", "max_out"),
        (response(temperature=1), "response.temperature", "removed"),
        (response(turn_detection=None), "response.turn_detection", "matter of the session"),
        (response(tracing="auto"), "response.tracing", "matter of the session"),
        (response(instruction="x"), "response.instruction", "did you mean 'instructions'"),
        (response(audio={"input": {}}), "response.audio.input", "matter of the session"),
        (response(audio={"output": {"speed": 1}}), "response.audio.output.speed", "of the session"),
        (response(conversation="new"), "response.conversation", "auto or none"),
        (response(metadata={"a": 1}), "response.metadata.a", ""),
        (response(input="Hi."), "response.input", "a list of items"),
        (response(input=[{"type": "item_reference"}]), "response.input[0].id", "no `id`"),
        (response(input=[{"type": "user"}]), "response.input[0].type", '"role": "user"'),
        (response(output_modalities=["text", "audio"]), "response.output_modalities", ""),
        (response(max_output_tokens=5000), "response.max_output_tokens", ""),
        ({"type": "response.create", "response": "x"}, "response", "takes an object"),
        (
            {"type": "response.create", "instructions": "Hi."},
            "instructions",
            "write it into `response`",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write(event: dict, path: str, said: str) -> None:
    problems = review(event)
    assert path in [problem.path for problem in problems]
    told = next(problem for problem in problems if problem.path == path)
    assert said in str(told)
    assert "\n" not in str(told)
    assert told.severity == "error"


def test_each_mistake_is_told_once() -> None:
    event = item(type="message", role="assistant", content=[{"type": "text"}], nme=1)
    assert [problem.path for problem in review(event)] == ["item.content[0].type", "item.nme"]
    assert len(review({"type": "session.update", "voice": "ash"})) == 2
    assert len(review(item(type="function_call_output", call_id="c", result="x"))) == 1


def test_a_translation_session_has_events_of_its_own() -> None:
    update = {"type": "session.update", "session": {"audio": {"output": {"language": "fr"}}}}
    assert review(update, TRANSLATE) == []
    assert review({"type": "session.close"}, TRANSLATE) == []
    assert review({"type": "session.input_audio_buffer.append", "audio": "AA"}, TRANSLATE) == []
    (problem,) = review({"type": "response.create"}, TRANSLATE)
    assert "a translation session has no 'response.create'" in str(problem)
    (problem,) = review({"type": "session.close"}, "gpt-realtime-2.1")
    assert "belongs to a translation session" in str(problem)


def test_what_only_webrtc_takes_is_warned_of() -> None:
    (problem,) = review({"type": "output_audio_buffer.clear"}, "gpt-realtime-2.1")
    assert problem.severity == "warning"


PLAIN = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=2)
WORDS = st.sampled_from(["message", "user", "assistant", "input_text", "text", "function", "none"])
JSON = st.recursive(
    PLAIN | WORDS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["type", "role", "content", "output", "audio", "tools", "input", "voice", "text"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    st.sampled_from(["session.update", "conversation.item.create", "response.create", "x"]),
    st.dictionaries(st.sampled_from(["session", "item", "response", "event_id", "q"]), JSON),
)
def test_any_event_is_looked_at_without_an_error(kind: str, fields: dict) -> None:
    for problem in review({"type": kind, **fields}):
        assert problem.message
        assert "\n" not in str(problem)
