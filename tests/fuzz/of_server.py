"""What clients send the practice server: frames, forms and JSON bodies."""

# ruff: noqa: E501 -- inputs stand as they are written

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from tornado.httputil import HTTPHeaders

from realtime_nb.server.audio_api.speech_request import speech_request
from realtime_nb.server.audio_api.transcription_request import (
    transcription_request,
    translation_request,
)
from realtime_nb.server.completions.request import read_request
from realtime_nb.server.config.asked_session import settle_realtime
from realtime_nb.server.frames import parse_frame, parse_object
from realtime_nb.server.http.errors import Refusal
from realtime_nb.server.http.multipart import read_form
from realtime_nb.server.pictures import BadPicture, read_picture
from realtime_nb.server.wire_errors import WireError
from tests.fuzz.of_events import CORPUS
from tests.fuzz.running import Target
from tests.server.fakes import Stage, VirtualLoop
from tests.server.test_fuzz import _VALID

Json = dict[str, Any]


def _sent() -> list[bytes]:
    lines = (CORPUS / "talk.jsonl").read_bytes().splitlines()
    sent = [one["event"] for one in map(json.loads, lines) if one["direction"] == "sent"]
    return [json.dumps(event).encode() for event in sent]


_FRAMES = [json.dumps(event).encode() for event in _VALID] + _sent()


def take_frame(data: bytes) -> None:
    """Be a client: what is wrong is refused in the wire's words, and the session goes on."""

    async def scene() -> None:
        async with Stage() as stage:
            for line in data.split(b"\n")[:20]:
                before = len(stage.events)
                await stage.session.handle(line.decode("utf-8", "replace"))
                errors = [e["error"] for e in stage.events[before:] if e["type"] == "error"]
                assert {error["type"] for error in errors} <= {"invalid_request_error"}, errors
            await stage.settle(20)
            # What was accepted may hold words that the openai package's types do not know.
            stage.complaints.clear()
            before = len(stage.events)
            if stage.farewell is None:
                await stage.say_text("still there?")
                assert "conversation.item.done" in stage.types[before:], stage.events[before:]

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scene())


def take_parse(data: bytes) -> None:
    """Read a text frame."""
    parse_frame(data.decode("utf-8", "replace"))


def take_form(data: bytes) -> None:
    """Read an upload, whose first line is its content type."""
    kind, _, body = data.partition(b"\n")
    headers = HTTPHeaders()
    headers["Content-Type"] = "".join(c for c in kind.decode("latin-1") if c.isprintable())
    form = read_form(headers, body)
    for asked in (transcription_request, translation_request):
        try:
            asked(form)
        except (Refusal, WireError) as refusal:
            _told(refusal)


def take_body(data: bytes) -> None:
    """Read the JSON bodies of the REST routes."""
    body = parse_object(data, "JSON body", "Expected a JSON object.")
    for read in (read_request, speech_request, settle_realtime):
        try:
            read(json.loads(json.dumps(body)))
        except (Refusal, WireError) as refusal:
            _told(refusal)


def _told(refusal: Exception) -> None:
    """A refusal is one line that can be sent."""
    text = str(refusal)
    assert len(text) < 5_000, len(text)
    text.encode()


def take_picture(data: bytes) -> None:
    """Read a picture of a message."""
    head, _, payload = data.partition(b",")
    read_picture(head.decode("latin-1") + "," + base64.b64encode(payload).decode())


def _form(*parts: tuple[str, bytes]) -> bytes:
    made = b"multipart/form-data; boundary=b7\n"
    for head, value in parts:
        made += (
            b"--b7\r\nContent-Disposition: form-data; "
            + head.encode()
            + b"\r\n\r\n"
            + value
            + b"\r\n"
        )
    return made + b"--b7--\r\n"


_FORMS = [
    _form(
        ('name="file"; filename="a.wav"\r\nContent-Type: audio/wav', b"RIFF1234"),
        ('name="model"', b"gpt-transcribe"),
        ('name="language"', b"en"),
        ('name="response_format"', b"json"),
        ('name="include[]"', b"logprobs"),
        ('name="chunking_strategy"', b'{"type":"server_vad","threshold":0.5}'),
        ('name="timestamp_granularities[]"', b"word"),
        ('name="stream"', b"true"),
        ('name="temperature"', b"0.2"),
    ),
    _form(("name=\"file\"; filename*=utf-8''a%C3%A9.wav", b"x"), ('name="model"', b"whisper-1")),
    _form(('name="chunking_strategy[type]"', b"auto"), ('name="known_speaker_names[]"', b"A")),
]
_TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
_BODIES: list[Json] = [
    {
        "model": "gpt-audio",
        "modalities": ["text", "audio"],
        "audio": {"voice": "ash", "format": "wav"},
        "messages": [
            {"role": "system", "content": "x"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {
                "role": "user",
                "content": [
                    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "audio": {"id": "a"},
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "c", "content": "1"},
        ],
        "tools": [_TOOL],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 9,
        "temperature": 1,
        "stop": ["x"],
        "metadata": {"a": "b"},
    },
    {
        "model": "gpt-4o-mini-tts",
        "input": "hello",
        "voice": "ash",
        "response_format": "mp3",
        "speed": 1.0,
        "instructions": "x",
        "stream_format": "sse",
    },
    {
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "session": _VALID[0]["session"],
    },
]
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "10" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009ffda0008010100003f0037ffd9"
)
PICTURES = [b"data:image/png;base64," + _PNG, b"data:image/jpeg;base64," + _JPEG]

TARGETS = (
    Target("server", take_frame, [*_FRAMES, b"\n".join(_FRAMES[:6])], "lines", share=4),
    Target("parse", take_parse, _FRAMES, "json", (WireError,), share=80),
    Target("form", take_form, _FORMS, "text", (Refusal, WireError), share=40),
    Target(
        "body",
        take_body,
        [json.dumps(b).encode() for b in _BODIES],
        "json",
        (WireError, Refusal),
        share=60,
    ),
    Target("picture", take_picture, PICTURES, "bytes", (BadPicture,), share=60),
)
