"""``POST /v1/audio/speech``, by the openai package and by hand."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx2
import numpy as np
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError

from realtime_nb.audio.codec import decode, encoders
from realtime_nb.server.audio_api import speech_request as request_module
from realtime_nb.server.audio_api.models import ALL_VOICES, SPEECH_MODELS
from realtime_nb.server.audio_api.speech_request import FORMATS, LONGEST, speech_request
from realtime_nb.server.http.errors import Refusal
from realtime_nb.server.wire_errors import WireError
from tests.server.fakes import WORD_MS, ToneSpeaker
from tests.server.serving import TOKEN, Served, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

TEXT = "One two three. Four five, six seven eight. Nine ten!"
WORDS = 10
BREATHS_MS = 2 * 400
TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
GOOD: Json = {"model": "gpt-4o-mini-tts", "input": "Hello there.", "voice": "alloy"}


def client(served: Served) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=served.url, api_key=TOKEN, max_retries=0)


async def post(served: Served, body: Any, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as http:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
        return await http.post(f"{served.url}/audio/speech", content=content, headers=given)


@pytest.mark.parametrize("format_", FORMATS)
async def test_every_format_holds_the_whole_speech(format_: Any) -> None:
    async with serving() as served, client(served) as api:
        spoken = await api.audio.speech.create(
            model="gpt-4o-mini-tts", voice="marin", input=TEXT, response_format=format_
        )
    headers = spoken.response.headers
    assert headers["content-type"] == TYPES[format_]
    assert headers["transfer-encoding"] == "chunked"
    assert headers["openai-model"] == "local-demo"
    if format_ == "pcm":
        seconds = len(spoken.content) / 2 / 24_000
    else:
        samples, rate = decode(spoken.content)
        seconds = len(samples) / rate
        assert np.abs(samples).max() == pytest.approx(1000 / 32768, rel=0.5)
    # An encoder may add a frame before and behind.
    assert seconds == pytest.approx((WORDS * WORD_MS + BREATHS_MS) / 1000, abs=0.15)


async def test_what_is_said_is_what_was_asked_for() -> None:
    async with serving() as served, client(served) as api:
        await api.audio.speech.create(
            model="tts-1", voice="nova", input=TEXT, speed=1.5, response_format="wav"
        )
        speaker: Any = served.shared.engines.speaker
        assert [(voice, speed) for _, voice, speed in speaker.said] == [("nova", 1.5)] * 3
        assert " ".join(text for text, _, _ in speaker.said) == TEXT


async def test_instructions_are_accepted_and_change_nothing() -> None:
    async with serving() as served, client(served) as api:
        plain = await api.audio.speech.create(**GOOD, response_format="wav")
        asked = await api.audio.speech.create(
            **GOOD, response_format="wav", instructions="Like a pirate."
        )
        assert plain.content == asked.content


async def test_events_carry_the_same_sound() -> None:
    async with serving() as served:
        plain = await post(served, {**GOOD, "response_format": "pcm"})
        streamed = await post(served, {**GOOD, "response_format": "pcm", "stream_format": "sse"})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in streamed.text.splitlines() if line]
    *deltas, done = events
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == plain.content
    assert done["type"] == "speech.audio.done"
    usage = done["usage"]
    assert usage == {"input_tokens": 3, "output_tokens": 10, "total_tokens": 13}


class GatedSpeaker(ToneSpeaker):
    """Speaks a clause for each time it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Semaphore(1)

    def say(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> Iterator[Any]:
        assert self.let.acquire(timeout=30)
        yield from super().say(text, voice=voice, speed=speed)


@pytest.mark.parametrize("format_", ["mp3", "opus", "wav", "pcm"])
async def test_sound_comes_before_the_text_is_spoken(format_: Any) -> None:
    speaker = GatedSpeaker()
    sentence = "One two three four five six seven eight nine ten eleven twelve. "
    async with serving() as served, client(served) as api:
        object.__setattr__(served.shared.engines, "speaker", speaker)
        async with api.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=sentence * 3, response_format=format_
        ) as spoken:
            pieces = spoken.iter_bytes()
            first = await anext(pieces)
            assert first
            assert len(speaker.said) == 1
            speaker.let.release(2)
            rest = b"".join([piece async for piece in pieces])
    assert len(speaker.said) == 3
    assert len(first + rest) > len(first)


async def test_who_leaves_is_not_spoken_to() -> None:
    speaker = GatedSpeaker()
    async with serving() as served, client(served) as api:
        object.__setattr__(served.shared.engines, "speaker", speaker)
        async with api.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input="One two three four. " * 100, response_format="pcm"
        ) as spoken:
            await anext(spoken.iter_bytes())
        for _ in range(500):
            if not served.shared.turns.working:
                break
            speaker.let.release()
            await asyncio.sleep(0.01)
        assert served.shared.turns.working == 0
        assert len(speaker.said) < 100


async def test_a_voice_that_breaks_is_an_error() -> None:
    async with serving() as served:
        speaker: Any = served.shared.engines.speaker
        speaker.word_ms = 10  # two words come to less than the encoder gives out
        speaker.fails = True
        answer = await post(served, {**GOOD, "input": "One two three four."})
        assert answer.status_code == 500
        assert answer.json()["error"]["type"] == "server_error"
        assert served.shared.turns.working == 0


async def test_a_voice_that_breaks_in_the_middle_breaks_the_stream() -> None:
    async with serving() as served:
        speaker: Any = served.shared.engines.speaker
        speaker.word_ms = 600
        speaker.fails = True
        with pytest.raises(httpx2.RemoteProtocolError):
            await post(served, {**GOOD, "input": "One two three four.", "response_format": "pcm"})


@pytest.mark.parametrize("text", ["…", "😀", " \n\t ", "\0", "ünï ça 漢字"])
async def test_odd_text_is_a_file_all_the_same(text: str) -> None:
    async with serving() as served:
        answer = await post(served, {**GOOD, "input": text, "response_format": "wav"})
    samples, rate = decode(answer.content)
    assert len(samples) >= rate // 10


async def test_the_longest_text_is_spoken_and_one_character_more_is_not() -> None:
    async with serving() as served:
        speaker: Any = served.shared.engines.speaker
        speaker.word_ms = 1
        good = await post(served, {**GOOD, "input": "a " * (LONGEST // 2)})
        bad = await post(served, {**GOOD, "input": "a" * (LONGEST + 1)})
    assert good.status_code == 200
    assert bad.status_code == 400
    assert bad.json()["error"] == {
        "message": "Invalid 'input': string too long. Expected a string with maximum length 4096, "
        "but got a string with length 4097 instead.",
        "type": "invalid_request_error",
        "param": "input",
        "code": "string_above_max_length",
    }


REFUSED: list[tuple[Json, str | None, str | None]] = [
    ({"input": None}, "missing_required_parameter", "input"),
    ({"input": ""}, "empty_string", "input"),
    ({"input": 5}, "invalid_type", "input"),
    ({"input": ["a"]}, "invalid_type", "input"),
    ({"voice": None}, "missing_required_parameter", "voice"),
    ({"voice": "siri"}, "invalid_value", "voice"),
    ({"voice": {"id": "voice_1"}}, "invalid_value", "voice"),
    ({"voice": 7}, "invalid_value", "voice"),
    ({"model": "tts-1", "voice": "marin"}, "invalid_value", "voice"),
    ({"model": "tts-1-hd", "stream_format": "sse"}, "invalid_value", "stream_format"),
    ({"model": "whisper-1"}, "invalid_value", "model"),
    ({"model": None}, None, None),
    ({"model": 5}, "invalid_type", "model"),
    ({"speed": 0.2}, "decimal_below_min_value", "speed"),
    ({"speed": 4.1}, "decimal_above_max_value", "speed"),
    ({"speed": "fast"}, "invalid_type", "speed"),
    ({"speed": True}, "invalid_type", "speed"),
    ({"response_format": "ogg"}, "invalid_value", "response_format"),
    ({"response_format": ["mp3"]}, "invalid_type", "response_format"),
    ({"stream_format": "chunks"}, "invalid_value", "stream_format"),
    ({"instructions": "a" * (LONGEST + 1)}, "string_above_max_length", "instructions"),
    ({"stream": True}, "unknown_parameter", "stream"),
]


@pytest.mark.parametrize(("change", "code", "param"), REFUSED)
async def test_what_is_refused(change: Json, code: str | None, param: str | None) -> None:
    async with serving() as served:
        answer = await post(served, {**GOOD, **change})
        assert served.shared.turns.working == 0
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert "\n" not in error["message"]


async def test_a_model_that_is_not_here() -> None:
    async with serving() as served, client(served) as api:
        with pytest.raises(NotFoundError) as refused:
            await api.audio.speech.create(model="gpt-9-tts", voice="alloy", input="Hello.")
        assert refused.value.code == "model_not_found"
        with pytest.raises(BadRequestError, match="serves /v1/audio/transcriptions"):
            await api.audio.speech.create(model="gpt-transcribe", voice="alloy", input="Hello.")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
async def test_no_body_is_a_fault(body: bytes) -> None:
    async with serving() as served:
        answer = await post(served, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_the_key_comes_first() -> None:
    async with serving() as served:
        answer = await post(served, GOOD, Authorization="Bearer wrong")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


def test_a_format_without_an_encoder_names_those_there_are() -> None:
    with pytest.raises(WireError) as refused:
        speech_request({**GOOD, "response_format": "aac"}, can_make={"mp3", "wav", "pcm", "m4a"})
    assert refused.value.param == "response_format"
    assert refused.value.message.endswith("Supported values here are: 'mp3', 'wav', and 'pcm'.")


def test_the_formats_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert speech_request(GOOD).format == "mp3"
    monkeypatch.setattr(request_module, "encoders", lambda: encoders() - {"mp3"})
    with pytest.raises(WireError, match="no encoder"):
        speech_request(GOOD)


def test_null_is_as_good_as_nothing() -> None:
    nothing = dict.fromkeys(("instructions", "response_format", "speed", "stream_format"))
    assert speech_request({**GOOD, **nothing}) == speech_request(GOOD)


@pytest.mark.parametrize("model", SPEECH_MODELS)
def test_each_model_has_its_voices(model: str) -> None:
    def takes(voice: str) -> bool:
        try:
            speech_request({**GOOD, "model": model, "voice": voice})
        except (Refusal, WireError):
            return False
        return True

    not_taken = {voice for voice in ALL_VOICES if not takes(voice)}
    assert not_taken == ({"ballad", "verse", "marin", "cedar"} if "tts-1" in model else set())
