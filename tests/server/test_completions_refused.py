"""What no chat completion may hold: each is one error of the service's shape, naming its place."""

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest
from hypothesis import given, settings, strategies

from realtime_nb.server.completions import listening
from realtime_nb.server.completions.fields import REQUEST
from realtime_nb.server.completions.request import read_request
from realtime_nb.server.http.errors import Refusal
from realtime_nb.server.wire_errors import WireError
from tests.server.fakes import TalkBrain
from tests.server.rest import CHAT, Json, recording, refusal, resting, spoken, user, wav

TOOL = {"type": "function", "function": {"name": "look"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0")
    magic = b"\x89PNG\r\n\x1a\n"
    return magic + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


REFUSED: list[tuple[Json, str | None, str | None]] = [
    ({"foo": 1}, "unknown_parameter", "foo"),
    ({"messages": "hello"}, "invalid_type", "messages"),
    ({"messages": []}, "empty_array", "messages"),
    ({"messages": None}, "invalid_type", "messages"),
    ({"messages": ["hello"]}, "invalid_type", "messages[0]"),
    ({"messages": [{"content": "x"}]}, "missing_required_parameter", "messages[0].role"),
    ({"messages": [{"role": "king", "content": "x"}]}, "invalid_value", "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "missing_required_parameter", "messages[0].content"),
    ({"messages": [{"role": "user", "content": 1}]}, "invalid_type", "messages[0].content"),
    ({"messages": [{"role": "user", "content": None}]}, "invalid_type", "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "invalid_value",
     "messages[0].content[0].type"),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]},
     "missing_required_parameter", "messages[0].content[0].text"),
    ({"messages": [{"role": "user", "content": "x", "mood": "good"}]}, "unknown_parameter",
     "messages[0].mood"),
    ({"messages": [{"role": "system", "content": [recording(wav())]}]}, "invalid_value",
     "messages[0].content[0].type"),
    ({"messages": [{"role": "assistant"}]}, None, "messages.[0].content"),
    ({"messages": [{"role": "assistant", "audio": {}}]}, "missing_required_parameter",
     "messages[0].audio.id"),
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "call_1"}]}, None,
     "messages.[0].role"),
    ({"messages": [user("x"), {"role": "assistant", "tool_calls": [CALL]}, user("y")]}, None,
     "messages.[2].role"),
    ({"messages": [user("x"), {"role": "assistant", "tool_calls": [CALL]}]}, None,
     "messages.[2].role"),
    ({"modalities": ["audio"]}, "invalid_value", "modalities"),
    ({"modalities": ["text", "smell"]}, "invalid_value", "modalities[1]"),
    ({"modalities": ["text", "audio"]}, "missing_required_parameter", "audio"),
    ({**spoken(), "audio": {"voice": "alloy"}}, "missing_required_parameter", "audio.format"),
    ({**spoken(), "audio": {"format": "wav"}}, "missing_required_parameter", "audio.voice"),
    (spoken("ogg"), "invalid_value", "audio.format"),
    (spoken(voice="hal"), "invalid_value", "audio.voice"),
    ({**spoken(), "audio": {"voice": {"id": "v"}, "format": "wav"}}, "invalid_value",
     "audio.voice"),
    ({"n": 0}, "integer_below_min_value", "n"),
    ({"n": 1000}, "integer_above_max_value", "n"),
    ({"n": "2"}, "invalid_type", "n"),
    ({"n": True}, "invalid_type", "n"),
    ({"temperature": 3}, "decimal_above_max_value", "temperature"),
    ({"max_tokens": 0}, "integer_below_min_value", "max_tokens"),
    ({"max_tokens": 1.5}, "invalid_type", "max_tokens"),
    ({"max_tokens": 16_385}, "invalid_value", "max_tokens"),
    ({"max_completion_tokens": 99_999}, "invalid_value", "max_completion_tokens"),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "invalid_parameter_combination", None),
    ({"seed": 1.0}, "invalid_type", "seed"),
    ({"stop": ["a"] * 5}, "array_above_max_length", "stop"),
    ({"stop": 7}, "invalid_type", "stop"),
    ({"stream": "yes"}, "invalid_type", "stream"),
    ({"stream_options": {"include_usage": True}}, None, "stream_options"),
    ({"stream": True, "stream_options": {"fast": True}}, "unknown_parameter",
     "stream_options.fast"),
    ({"tools": []}, "empty_array", "tools"),
    ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].function"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "invalid_value",
     "tools[0].function.name"),
    ({"tool_choice": "auto"}, None, "tool_choice"),
    ({"tool_choice": {"type": "function", "function": {"name": "x"}}}, None, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}},
     "invalid_value", "tool_choice"),
    ({"tools": [TOOL], "tool_choice": "must"}, "invalid_value", "tool_choice"),
    ({"functions": [{"name": "look"}]}, "invalid_value", "functions"),
    ({"response_format": {"type": "json_object"}}, "invalid_value", "response_format"),
    ({"logprobs": True}, "invalid_value", "logprobs"),
    ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
    ({"model": 7}, "invalid_type", "model"),
    ({"model": None}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "code", "param"), REFUSED)
async def test_each_mistake_is_told_with_its_place(
    wrong: Json, code: str | None, param: str | None
):
    async with resting() as rest:
        body = {"model": "local-demo", "messages": [user("x")], **wrong}
        error = refusal(await rest.http.post(CHAT, json=body))
        assert error["type"] == "invalid_request_error"
        assert (error["code"], error["param"]) == (code, param)
        assert error["message"]
        assert "\n" not in error["message"]


async def test_a_stream_takes_pcm16_only_in_the_services_own_words():
    async with resting() as rest:
        for form in ("wav", "mp3", "flac", "opus", "aac"):
            error = await rest.refused(user("x"), stream=True, **spoken(form))
            assert error["message"] == (
                f"'audio.format' does not support '{form}' when stream=true. "
                "Supported values are: 'pcm16'."
            )
            assert error["param"] == "audio.format"


JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(max_size=8)
    | strategies.sampled_from(["user", "assistant", "tool", "text", "input_audio", "function"]),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(
            strategies.sampled_from(
                ["role", "content", "type", "text", "input_audio", "data", "format", "audio", "id",
                 "tool_calls", "tool_call_id", "function", "name", "arguments", "voice", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


def outcome(body: Json) -> str:
    """Return what is told of a body; anything but a refusal is raised."""
    try:
        read_request(body)
    except (Refusal, WireError) as error:
        return error.message
    return "read"


@settings(deadline=None)
@given(strategies.dictionaries(strategies.sampled_from(sorted(REQUEST.fields)), JSON, max_size=5))
def test_no_json_breaks_the_reading_of_a_request(body: Json):
    assert outcome(body)
    assert outcome({"model": "local-demo", "messages": [user("x")], **body})


@settings(deadline=None)
@given(strategies.lists(JSON, max_size=4))
def test_no_json_breaks_the_reading_of_messages(messages: list[Json]):
    assert outcome({"model": "local-demo", "messages": messages})


# ------------------------------------------------------------------ models


@pytest.mark.parametrize(
    "model",
    ["local-demo", "gpt-audio-1.5", "gpt-audio-mini-2025-12-15", "gpt-4o-audio-preview",
     "gpt-4o-mini-audio-preview-2024-12-17", "gpt-4o", "gpt-4.1-mini", "gpt-5.2", "o3-mini",
     "chatgpt-4o-latest"],
)  # fmt: skip
async def test_names_of_chat_models_are_let_in_and_never_passed_off(model: str):
    async with resting() as rest:
        reply = await rest.said(user("x"), model=model, **spoken())
        assert reply["model"] == "local-demo"
        assert (await rest.chunks(user("x"), model=model, **spoken("pcm16")))[0]["model"] == (
            "local-demo"
        )


@pytest.mark.parametrize("model", ["nope", "gpt-6-nope", "LOCAL-DEMO", "a" * 5_000, "gpt-4o\0"])
async def test_unknown_models_are_not_found(model: str):
    async with resting() as rest:
        error = await rest.refused(user("x"), model=model, status=404)
        assert error["code"] == "model_not_found"
        assert len(error["message"]) < 300


@pytest.mark.parametrize("model", ["gpt-realtime-2.1", "whisper-1", "gpt-4o-transcribe", "tts-1"])
async def test_models_for_something_else_are_no_chat_models(model: str):
    async with resting() as rest:
        error = await rest.refused(user("x"), model=model, status=404)
        assert "chat" in error["message"] or error["code"] == "model_not_found"


@pytest.mark.parametrize("model", ["gpt-audio-1.5", "gpt-4o-audio-preview"])
async def test_a_sound_model_wants_sound_as_the_services_does(model: str):
    async with resting(texts=["x"] * 3) as rest:
        error = await rest.refused(user("x"), model=model)
        assert error["message"] == (
            "This model requires that either input content or output modality contain audio."
        )
        assert (error["code"], error["param"]) == ("invalid_value", "model")
        await rest.said(user("x", recording(wav())), model=model)
        await rest.said(user("x"), model="local-demo")


# ------------------------------------------------------------------ sound that is none

AUDIO_PATH = "messages.[0].content.[1].input_audio.data"
NO_SOUND: list[tuple[str, bytes, str]] = [
    ("mp3", png(), "is not of valid mp3 format"),
    ("wav", png(), "is not of valid wav format"),
    ("mp3", wav(), "is not of valid mp3 format"),
    ("wav", b"", "is not of valid wav format"),
    ("wav", wav()[:20], "is not of valid wav format"),
    ("mp3", b"ID3" + bytes(1000), "is not of valid mp3 format"),
    ("mp3", b"\xff\xfb" + b"\x90" * 1000, "is not of valid mp3 format"),
    ("wav", wav(0), "no sound"),
]


@pytest.mark.parametrize(("form", "data", "told"), NO_SOUND)
async def test_a_recording_that_is_none_is_refused(form: str, data: bytes, told: str):
    async with resting() as rest:
        error = await rest.refused(user("What?", recording(data, form)))
        assert told in error["message"]
        assert (error["code"], error["param"]) == ("invalid_value", AUDIO_PATH)


@pytest.mark.parametrize(
    "data", ["%%%", "abc", "data:audio/wav;base64,UklGRg==", "UklG\nRg==", "\0"]
)
async def test_bad_base64_is_refused(data: str):
    async with resting() as rest:
        part = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
        error = await rest.refused(user("What?", part))
        assert "base64" in error["message"]
        assert error["param"] == AUDIO_PATH
        assert data not in error["message"] or data == "\0"


async def test_a_recording_that_is_too_long_is_refused_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(listening, "LONGEST_S", 1.0)
    async with resting() as rest:
        error = await rest.refused(user("What?", recording(wav(2_000))))
        assert "more than 1 s of sound" in error["message"]


async def test_a_wav_of_any_shape_is_heard():
    brain = TalkBrain()
    async with resting(brain, texts=["good morning"] * 3) as rest:
        streamed = bytearray(wav())
        streamed[40:44] = b"\xff\xff\xff\xff"
        for data in (bytes(streamed), wav()[:-1_000], wav(rate=8_000)):
            await rest.said(user("What?", recording(data)))
            assert brain.requests[-1].items[0].recordings[0].text == "good morning"


async def test_a_conversation_over_the_context_is_refused():
    async with resting() as rest:
        error = await rest.refused(user("x" * 600_000))
        assert error["code"] == "context_length_exceeded"
        assert error["param"] == "messages"


async def test_a_hundred_messages_are_a_conversation():
    brain = TalkBrain()
    async with resting(brain) as rest:
        pairs = [(user(f"{i}"), {"role": "assistant", "content": f"a{i}"}) for i in range(50)]
        history = [message for pair in pairs for message in pair]
        await rest.said({"role": "developer", "content": "Be brief."}, *history, user("And now?"))
        assert len(brain.requests[-1].items) == 102
        assert brain.requests[-1].items[0].role == "system"


# ------------------------------------------------------------------ bodies

NESTED = b'{"messages":' * 200 + b"1" + b"}" * 200
BAD_BODIES: list[tuple[bytes, str]] = [
    (b"", "JSON"),
    (b"{", "JSON"),
    (b'{"model": "local-demo", "messages": [', "JSON"),
    (b"[]", "JSON object"),
    (b'"text"', "JSON object"),
    (b"null", "JSON object"),
    (b"\xff\xfe{}", "JSON"),
    (b'{"model": "\xed\xa0\x80"}', "JSON"),
    (b'{"model": "\\ud800"}', "JSON"),
    (b'{"model": NaN}', "JSON"),
    (NESTED, "deep"),
    (b"[" * 100_000, "JSON"),
    (b"\0", "JSON"),
]


@pytest.mark.parametrize(("body", "told"), BAD_BODIES)
async def test_bodies_that_are_no_request(body: bytes, told: str):
    async with resting() as rest:
        answer = await rest.http.post(
            CHAT, content=body, headers={"Content-Type": "application/json"}
        )
        assert told in refusal(answer)["message"]


async def test_huge_numbers_nuls_and_strange_text():
    brain = TalkBrain("Well \0 \u202e \U0001f600.")
    async with resting(brain) as rest:
        digits = "9" * 400
        for field in ("max_tokens", "n", "seed", "temperature"):
            body = json.dumps({"model": "local-demo", "messages": [user("x")]})[:-1]
            raw = f'{body}, "{field}": {digits}}}'.encode()
            answer = await rest.http.post(
                CHAT, content=raw, headers={"Content-Type": "application/json"}
            )
            assert refusal(answer)["type"] == "invalid_request_error"
        said = "a\0b \u202e \U0001f600 \ufffe"
        reply = await rest.said(user(said), user="\0", **spoken())
        assert brain.requests[-1].items[0].text == said
        transcript = reply["choices"][0]["message"]["audio"]["transcript"]
        assert transcript == "Well \0 \u202e \U0001f600."


async def test_a_reply_may_be_sent_back_as_it_came():
    async with resting() as rest:
        reply = await rest.said(user("x"), **spoken())
        message = reply["choices"][0]["message"]
        await rest.said(user("x"), message, user("y"))
        assert base64.b64decode(message["audio"]["data"])[:4] == b"RIFF"
