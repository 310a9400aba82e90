"""``POST /v1/audio/transcriptions``, by the openai package and by hand."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import httpx2
import numpy as np
import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, NotFoundError

from realtime_nb.audio.codec import encode
from realtime_nb.audio.codec_stream import StreamEncoder
from realtime_nb.server.audio_api import sound_file
from realtime_nb.server.audio_api.listening import Cutting, Listener
from tests.server.fakes import LoudnessActivity, ScriptedRecogniser, ScriptedRecognition, tone
from tests.server.serving import TOKEN, Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from numpy.typing import NDArray

Json = dict[str, Any]

RATE = 24_000
# Two phrases: at 0.3 to 1.3 s and at 2.3 to 3.1 s of 3.6 s.
PLAN = ((300, 0), (1000, 1), (1000, 0), (800, 1), (500, 0))
TEXTS = ("good morning", "how are you")
WHOLE = "good morning how are you"
KEYS = {"Authorization": f"Bearer {TOKEN}"}


def sound(plan: Sequence[tuple[int, int]] = PLAN) -> NDArray[np.float32]:
    pieces = [tone(ms, 8000 if loud else 0, RATE) for ms, loud in plan]
    return (np.concatenate(pieces) / 32768).astype(np.float32)


def file(format_: str = "wav", plan: Sequence[tuple[int, int]] = PLAN) -> bytes:
    return encode(sound(plan), RATE, format_)


def client(served: Served) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=served.url, api_key=TOKEN, max_retries=0)


async def post(
    served: Served,
    fields: Any,
    data: bytes | None = None,
    *,
    name: str = "a.wav",
    path: str = "transcriptions",
) -> httpx2.Response:
    files = {"file": (name, file() if data is None else data)}
    async with httpx2.AsyncClient(timeout=30) as http:
        return await http.post(f"{served.url}/audio/{path}", data=fields, files=files, headers=KEYS)


async def transcribe(served: Served, **fields: Any) -> Any:
    given: Json = {"model": "whisper-1", "file": ("a.wav", file()), **fields}
    async with client(served) as api:
        return await api.audio.transcriptions.create(**given)


async def transcribe_streaming(served: Served, **fields: Any) -> AsyncGenerator[Any]:
    given: Json = {"model": "gpt-transcribe", "file": ("a.wav", file()), **fields}
    async with client(served) as api:
        async for event in await api.audio.transcriptions.create(stream=True, **given):
            yield event


async def test_json_is_the_text_and_what_it_counts() -> None:
    async with serving(texts=TEXTS * 2) as served:
        by_tokens = await transcribe(served, model="gpt-4o-transcribe", prompt="Ada is here.")
        by_time = await transcribe(served, model="gpt-transcribe")
    assert by_tokens.text == by_time.text == WHOLE
    assert by_tokens.usage.to_dict() == {
        "type": "tokens",
        "total_tokens": 45,
        "input_tokens": 39,
        "input_token_details": {"text_tokens": 3, "audio_tokens": 36},
        "output_tokens": 6,
    }
    assert by_time.usage.to_dict() == {"type": "duration", "seconds": 4}
    assert [language.code for language in by_time.languages] == ["en"]
    assert by_tokens.languages is None
    assert by_tokens.model == "local-demo"


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ("text", WHOLE + "\n"),
        (
            "srt",
            (
                "1\n00:00:00,288 --> 00:00:01,336\ngood morning\n\n"
                "2\n00:00:02,252 --> 00:00:03,128\nhow are you\n\n"
            ),
        ),
        (
            "vtt",
            (
                "WEBVTT\n\n00:00:00.288 --> 00:00:01.336\ngood morning\n\n"
                "00:00:02.252 --> 00:00:03.128\nhow are you\n\n"
            ),
        ),
    ],
)
async def test_texts(format_: str, expected: str) -> None:
    async with serving(texts=TEXTS) as served:
        answer = await post(served, {"model": "whisper-1", "response_format": format_})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["openai-model"] == "local-demo"
    assert answer.text == expected


async def test_verbose_json_has_segments_and_words_where_they_lie() -> None:
    async with serving(texts=TEXTS * 3) as served:
        plain = await transcribe(served, response_format="verbose_json")
        words = await transcribe(
            served, response_format="verbose_json", timestamp_granularities=["word"]
        )
        both = await transcribe(
            served, response_format="verbose_json", timestamp_granularities=["segment", "word"]
        )
    assert (plain.text, plain.language, plain.duration) == (WHOLE, "english", 3.6)
    assert plain.usage.to_dict() == {"type": "duration", "seconds": 4.0}
    assert plain.words is None
    assert words.segments is None
    assert both.segments == plain.segments
    assert both.words == words.words
    assert [(one.id, one.text) for one in plain.segments] == list(enumerate(TEXTS))
    spans = [edge for one in plain.segments for edge in (one.start, one.end)]
    assert spans == pytest.approx([0.3, 1.3, 2.3, 3.1], abs=0.05)
    assert all(one.no_speech_prob < 0.5 for one in plain.segments)
    # The fake hears a word in each 100 ms, and begins 300 ms before the voice.
    assert [word.word for word in both.words] == WHOLE.split()
    starts = [word.start for word in both.words]
    assert starts == pytest.approx([0.3, 0.4, 2.25, 2.35, 2.45], abs=0.05)
    assert all(word.end == pytest.approx(word.start + 0.1) for word in both.words)


async def test_everybody_is_speaker_a() -> None:
    async with serving(texts=TEXTS) as served:
        diarized = await transcribe(
            served,
            model="gpt-4o-transcribe-diarize",
            response_format="diarized_json",
            chunking_strategy="auto",
        )
    assert diarized.task == "transcribe"
    assert diarized.text == WHOLE
    assert [(one.speaker, one.text) for one in diarized.segments] == [("A", t) for t in TEXTS]
    assert len({one.id for one in diarized.segments}) == 2


async def test_a_stream_is_deltas_and_a_done() -> None:
    async with serving(texts=TEXTS) as served:
        events = transcribe_streaming(served, model="gpt-4o-mini-transcribe")
        *deltas, done = [event async for event in events]
    assert {event.type for event in deltas} == {"transcript.text.delta"}
    assert "".join(event.delta for event in deltas) == done.text == WHOLE
    assert len(deltas) == 5
    assert done.type == "transcript.text.done"
    assert done.usage.total_tokens == 42


async def test_a_diarized_stream_tells_its_segments() -> None:
    async with serving(texts=TEXTS) as served:
        stream = transcribe_streaming(
            served,
            model="gpt-4o-transcribe-diarize",
            response_format="diarized_json",
            chunking_strategy={"type": "server_vad", "silence_duration_ms": 300},
        )
        events = [event async for event in stream]
    segments = [event for event in events if event.type == "transcript.text.segment"]
    assert [segment.text for segment in segments] == list(TEXTS)
    ids = [event.segment_id for event in events if event.type == "transcript.text.delta"]
    assert ids == [segments[0].id] * 2 + [segments[1].id] * 3


async def test_whisper_does_not_stream() -> None:
    async with serving(texts=TEXTS) as served:
        answer = await post(served, {"model": "whisper-1", "stream": "true"})
    assert answer.json()["text"] == WHOLE


async def test_words_come_while_the_rest_is_still_to_be_heard() -> None:
    class Slow(ScriptedRecognition):
        def finish(self) -> Any:
            if len(self.recogniser.heard_samples) == 1:
                assert first_read.wait(30)
            return super().finish()

    first_read = threading.Event()
    async with serving(texts=TEXTS) as served:
        recogniser: Any = served.shared.engines.recogniser
        recogniser.start = lambda _phrases, **_: Slow(recogniser)
        stream = transcribe_streaming(served)
        event = await anext(stream)
        assert event.delta == "good "
        first_read.set()
        assert [event async for event in stream][-1].text == WHOLE


@pytest.mark.parametrize("stream", [False, True])
async def test_silence_has_no_text(*, stream: bool) -> None:
    async with serving() as served:
        data = file(plan=((2000, 0),))
        if stream:
            stream_ = transcribe_streaming(served, file=("a.wav", data))
            events = [event async for event in stream_]
            assert [event.type for event in events] == ["transcript.text.done"]
            assert (events[0].text, events[0].languages) == ("", [])
        else:
            heard = await transcribe(served, file=("a.wav", data), response_format="verbose_json")
            assert (heard.text, heard.segments, heard.duration) == ("", [], 2.0)
            srt = await transcribe(served, file=("a.wav", data), response_format="srt")
            assert srt == ""


@pytest.mark.parametrize("format_", ["wav", "mp3", "flac", "opus", "m4a"])
async def test_every_format_is_heard(format_: str) -> None:
    async with serving(texts=TEXTS) as served:
        # Called what it is not: the content counts.
        heard = await transcribe(
            served, file=("a.xyz", file(format_)), response_format="verbose_json"
        )
    assert heard.text == WHOLE
    assert heard.duration == pytest.approx(3.6, abs=0.11)
    spans = [edge for one in heard.segments for edge in (one.start, one.end)]
    assert spans == pytest.approx([0.3, 1.3, 2.3, 3.1], abs=0.15)


async def test_the_prompt_is_what_is_expected() -> None:
    async with serving(texts=TEXTS) as served:
        await transcribe(served, prompt="Good morning, all. How are you? Fine!")
        recogniser: Any = served.shared.engines.recogniser
        phrases, prompt = recogniser.prompts[0]
    assert prompt == ""
    assert phrases[:3] == ("Good morning, all", "How are you", "Fine")
    assert "How are you Fine" in phrases
    assert phrases[-2:] == ("Good morning", "all")


async def test_where_speech_is_cut_is_the_clients_choice() -> None:
    plan = ((300, 0), (600, 1), (500, 0), (600, 1), (500, 0))
    async with serving(texts=("a b", "c d", "e f")) as served:
        chunked = {"type": "server_vad", "silence_duration_ms": 800}
        await transcribe(served, file=("a.wav", file(plan=plan)), chunking_strategy=chunked)
        recogniser: Any = served.shared.engines.recogniser
        assert len(recogniser.heard_samples) == 1
        await transcribe(served, file=("a.wav", file(plan=plan)))
        assert len(recogniser.heard_samples) == 3


async def test_who_never_pauses_is_cut_all_the_same() -> None:
    async with serving(texts=("a", "b", "c")) as served:
        data = file(plan=((300, 0), (45_000, 1), (500, 0)))
        heard = await transcribe(served, file=("a.wav", data), response_format="verbose_json")
        recogniser: Any = served.shared.engines.recogniser
    spans = [edge for one in heard.segments for edge in (one.start, one.end)]
    assert spans == pytest.approx([0.3, 20.3, 20.3, 40.3, 40.3, 45.3], abs=0.1)
    # Nothing is left out between them, or heard twice.
    assert sum(recogniser.heard_samples) / 16_000 == pytest.approx(45.5, abs=0.15)


REFUSED: list[tuple[Json, str | None, str | None]] = [
    ({"model": ""}, None, None),
    ({"response_format": "docx"}, "invalid_value", "response_format"),
    ({"response_format": "diarized_json"}, "unsupported_value", "response_format"),
    ({"model": "gpt-4o-transcribe", "response_format": "srt"}, "unsupported_value",
     "response_format"),
    ({"model": "gpt-4o-transcribe", "response_format": "verbose_json"}, "unsupported_value",
     "response_format"),
    ({"model": "gpt-4o-transcribe-diarize", "prompt": "Hi."}, "invalid_value", "prompt"),
    ({"languages[]": "en"}, "invalid_value", "languages"),
    ({"keywords[]": "Ada"}, "invalid_value", "keywords"),
    ({"model": "gpt-transcribe", "timestamp_granularities[]": "word"}, "invalid_value",
     "timestamp_granularities"),
    ({"timestamp_granularities[]": "word"}, "invalid_value", "timestamp_granularities"),
    ({"timestamp_granularities[]": "letter"}, "invalid_value", "timestamp_granularities[0]"),
    ({"model": "gpt-4o-transcribe", "include[]": "logprobs"}, "invalid_value", "include"),
    ({"include[]": "everything"}, "invalid_value", "include[0]"),
    ({"language": "de"}, "unsupported_language", "language"),
    ({"model": "gpt-transcribe", "languages[]": ["fr", "de"]}, "unsupported_language",
     "languages"),
    ({"temperature": "warm"}, "invalid_type", "temperature"),
    ({"temperature": "nan"}, "decimal_above_max_value", "temperature"),
    ({"temperature": "2"}, "decimal_above_max_value", "temperature"),
    ({"stream": "maybe"}, "invalid_value", "stream"),
    ({"model": "local-demo", "stream": "true", "response_format": "vtt"}, "invalid_value",
     "stream"),
    ({"chunking_strategy": "manual"}, "invalid_value", "chunking_strategy"),
    ({"chunking_strategy": "{"}, "invalid_value", "chunking_strategy"),
    ({"chunking_strategy": "{}"}, "missing_required_parameter", "chunking_strategy.type"),
    ({"chunking_strategy": "[" * 50_000}, "invalid_value", "chunking_strategy"),
    ({"chunking_strategy": '{"a":' * 50_000}, "invalid_value", "chunking_strategy"),
    ({"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": "high"},
     "invalid_type", "chunking_strategy[threshold]"),
    ({"chunking_strategy[type]": "server_vad", "chunking_strategy": "auto"}, "invalid_value",
     "chunking_strategy"),
    ({"chunking_strategy": "auto", "chunking_strategy[type]": "server_vad"}, "invalid_value",
     "chunking_strategy"),
    ({"chunking_strategy[type]": "server_vad", "chunking_strategy[pause]": "1"},
     "unknown_parameter", "chunking_strategy.pause"),
    ({"known_speaker_names[]": "Ada", "model": "local-demo"}, "invalid_value",
     "known_speaker_names"),
    ({"prompt": ["one", "two"]}, "invalid_value", "prompt"),
    ({"prompt": "a" * 20_000_000}, "string_above_max_length", "prompt"),
    ({"voice": "alloy"}, "unknown_parameter", "voice"),
    ({"model": "tts-1"}, "invalid_value", "model"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "param"), REFUSED)
async def test_what_is_refused(change: Json, code: str | None, param: str | None) -> None:
    async with serving() as served:
        answer = await post(served, {"model": "whisper-1", **change})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert "\n" not in error["message"]
    assert len(error["message"]) < 500


async def test_a_model_that_cannot_do_a_format_says_which_it_can() -> None:
    async with serving() as served:
        with pytest.raises(BadRequestError) as refused:
            await transcribe(served, model="gpt-4o-transcribe", response_format="verbose_json")
        assert refused.value.body == {
            "message": "response_format 'verbose_json' is not compatible with model "
            "'gpt-4o-transcribe'. Use 'json' or 'text' instead.",
            "type": "invalid_request_error",
            "param": "response_format",
            "code": "unsupported_value",
        }
        with pytest.raises(NotFoundError):
            await transcribe(served, model="gpt-9-transcribe")


async def test_long_sound_needs_a_chunking_strategy_to_be_diarized() -> None:
    data = file(plan=((31_000, 0),))
    async with serving() as served:
        with pytest.raises(BadRequestError, match="chunking_strategy is required"):
            await transcribe(served, model="gpt-4o-transcribe-diarize", file=("a.wav", data))


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
NO_SOUND: list[tuple[bytes, str, str | None]] = [
    (b"", "too short", "audio_too_short"),
    (PNG, "Invalid file format. Supported formats: ['flac', 'm4a'", None),
    (b"hello, I am a text", "Invalid file format", None),
    (b"RIFF\0\0\0\0WAVE", "might be corrupted", "invalid_value"),
    (b"RIFF\xff\xff\xff\xffWAVEfmt " + b"\xff" * 100, "might be corrupted", "invalid_value"),
    (b"ID3\x04\0\0\0\0\0\0" + bytes(1000), "might be corrupted", "invalid_value"),
    (b"fLaC" + bytes(1000), "might be corrupted", "invalid_value"),
    (b"OggS" + bytes(1000), "might be corrupted", "invalid_value"),
    (b"\0\0\0\x20ftypM4A " + bytes(1000), "might be corrupted", "invalid_value"),
    (b"\x1aE\xdf\xa3" + bytes(1000), "might be corrupted", "invalid_value"),
    (file()[:24] + bytes(4) + file()[28:], "might be corrupted", "invalid_value"),
    (file()[:24] + b"\1\0\0\0" + file()[28:], "might be corrupted", "invalid_value"),
    (file()[:24] + b"\xff" * 4 + file()[28:], "might be corrupted", "invalid_value"),
    (file(plan=((50, 1),)), "too short. Minimum audio length is 0.1", "audio_too_short"),
]


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "../../etc/passwd", "\u202egpj.wav", "x" * 999])
@pytest.mark.parametrize(("data", "message", "code"), NO_SOUND)
async def test_what_is_no_sound(data: bytes, message: str, code: str | None, name: str) -> None:
    async with serving() as served:
        answer = await post(served, {"model": "whisper-1"}, data, name=name)
        assert served.shared.turns.working == 0
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert message in error["message"]
    assert (error["type"], error["code"]) == ("invalid_request_error", code)


@pytest.mark.parametrize("format_", ["wav", "mp3", "flac", "opus"])
async def test_half_a_file_is_heard_as_far_as_it_goes(format_: str) -> None:
    data = file(format_)
    async with serving(texts=TEXTS) as served:
        heard = await transcribe(
            served, file=("a", data[: len(data) // 2]), response_format="verbose_json"
        )
    assert heard.text.startswith("good morning")
    assert 0.9 < heard.duration < 3.0


async def test_too_large_a_file_is_refused_in_the_services_words() -> None:
    async with serving() as served:
        answer = await post(served, {"model": "whisper-1"}, bytes(26 << 20))
    assert answer.status_code == 413
    error = answer.json()["error"]
    assert error["type"] == "server_error"
    assert error["message"].startswith("Maximum content size limit (26214400) exceeded (2726")


async def test_a_form_without_a_file_or_with_two() -> None:
    async with serving() as served, httpx2.AsyncClient() as http:
        url = f"{served.url}/audio/transcriptions"
        good = ("model", (None, "whisper-1"))
        none = await http.post(url, files=[good, ("prompt", (None, "a"))], headers=KEYS)
        text = await http.post(url, files=[good, ("file", (None, "a"))], headers=KEYS)
        one = ("file", ("a.wav", file()))
        two = await http.post(url, files=[good, one, one], headers=KEYS)
        other = await http.post(url, files=[good, one, ("prompt", ("p.txt", b"a"))], headers=KEYS)
        twice = await http.post(url, files=[good, good, one], headers=KEYS)
    errors = [answer.json()["error"] for answer in (none, text, two, other, twice)]
    assert [(error["code"], error["param"]) for error in errors] == [
        ("missing_required_parameter", "file"),
        ("invalid_type", "file"),
        ("invalid_value", "file"),
        ("invalid_type", "prompt"),
        ("invalid_value", "model"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--\r\n",
        b"--b\r\n\r\n",
        b"\xff" * 1000,
        b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n\xff\xfe\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\na\r\n--b--\r\n',
        b"--b\r\n" * 100_000 + b"--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na\r\n' * 5_000 + b"--b--\r\n",
        b"--b\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\na\r\n--b--\r\n",
    ],
)
async def test_a_broken_form_is_refused_at_once(body: bytes) -> None:
    headers = {**KEYS, "Content-Type": "multipart/form-data; boundary=b"}
    async with serving() as served, httpx2.AsyncClient() as http:
        before = time.perf_counter()
        answer = await http.post(
            f"{served.url}/audio/transcriptions", content=body, headers=headers
        )
        assert time.perf_counter() - before < 10
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_a_file_without_a_name_is_told_apart_from_a_broken_form() -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n'
    headers = {**KEYS, "Content-Type": "multipart/form-data; boundary=b"}
    async with serving() as served, httpx2.AsyncClient() as http:
        answer = await http.post(
            f"{served.url}/audio/transcriptions",
            content=head + b"RIFF\xff\xff\r\n--b--\r\n",
            headers=headers,
        )
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "file")
    assert "filename" in error["message"]


class Counting(ScriptedRecognition):
    """Takes its time, as the real one does."""

    def feed(self, pcm: NDArray[np.int16]) -> str | None:
        time.sleep(0.002)
        return super().feed(pcm)


async def slowly(served: Served) -> Any:
    recogniser: Any = served.shared.engines.recogniser
    recogniser.texts = [f"phrase {number}" for number in range(1000)]
    recogniser.started = 0

    def start(_phrases: Any, **_: Any) -> Counting:
        recogniser.started += 1
        return Counting(recogniser)

    recogniser.start = start
    return recogniser


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


LONG = ((300, 0), *(((1000, 1), (600, 0)) * 150))  # four minutes


@pytest.mark.parametrize("streams", ["false", "true"])
async def test_who_leaves_stops_the_work(streams: str) -> None:
    async with serving() as served:
        recogniser = await slowly(served)
        fields = {"model": "gpt-transcribe", "stream": streams}
        asking = asyncio.ensure_future(post(served, fields, file("flac", LONG)))
        await until(lambda: bool(recogniser.heard_samples))
        asking.cancel()
        # Each phrase is a recognition of its own: none may be under way when they are counted.
        await until(
            lambda: not served.shared.turns.working and 0 < recogniser.started == recogniser.closed
        )
        heard = len(recogniser.heard_samples)
        assert heard < 140
        await asyncio.sleep(0.2)
        assert len(recogniser.heard_samples) == heard


async def test_others_are_served_while_a_long_file_is_heard() -> None:
    async with serving() as served, httpx2.AsyncClient() as http:
        recogniser = await slowly(served)
        asking = asyncio.ensure_future(
            post(served, {"model": "gpt-transcribe"}, file("flac", LONG))
        )
        await until(lambda: bool(recogniser.heard_samples))
        waits: list[float] = []
        for _ in range(20):
            before = time.perf_counter()
            answer = await http.get(f"{served.url.removesuffix('/v1')}/health", headers=KEYS)
            assert answer.status_code == 200
            waits.append(time.perf_counter() - before)
        assert not asking.done()
        asking.cancel()
    assert sorted(waits)[10] < 1.0


async def test_two_files_are_heard_side_by_side() -> None:
    async with serving() as served:
        await slowly(served)
        plan = LONG[:11]
        both = await asyncio.gather(
            *(post(served, {"model": "gpt-transcribe"}, file(plan=plan)) for _ in range(2))
        )
    assert [len(answer.json()["text"].split()) for answer in both] == [10, 10]


async def test_a_recogniser_that_fails_is_an_error() -> None:
    async with serving(texts=[RuntimeError("no ears")]) as served:
        with pytest.raises(APIStatusError) as refused:
            await transcribe(served)
        assert refused.value.status_code == 500
        assert served.shared.turns.working == 0


async def test_a_recogniser_that_fails_in_a_stream_tells_it() -> None:
    async with serving(texts=["good morning", RuntimeError("no ears")]) as served:
        answer = await post(served, {"model": "gpt-transcribe", "stream": "true"})
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
    assert [event.get("type") for event in events[:-1]] == ["transcript.text.delta"] * 2
    assert events[-1]["error"]["type"] == "server_error"


async def test_a_server_without_ears_says_what_to_install() -> None:
    async with serving() as served:
        object.__setattr__(served.shared.engines, "recogniser", None)
        with pytest.raises(BadRequestError, match="cannot hear"):
            await transcribe(served)


async def test_a_file_object_is_as_good_as_bytes() -> None:
    async with serving(texts=TEXTS) as served:
        upload = io.BytesIO(file())
        upload.name = "a.wav"
        assert (await transcribe(served, file=upload)).text == WHOLE


async def test_what_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_file, "LONGEST_S", 3.0)
    async with serving(texts=TEXTS) as served:
        # The first says how long it is; the second does not, and is found out while it is read.
        encoder = StreamEncoder("wav", RATE)
        for data in (file(), encoder.feed(sound()) + encoder.finish()):
            answer = await post(served, {"model": "whisper-1"}, data)
            assert answer.status_code == 400
            assert "seconds is longer than 3 seconds" in answer.json()["error"]["message"]


async def test_what_speech_streams_is_heard() -> None:
    """A WAV and a FLAC that were sent while they grew do not know how long they are."""
    async with serving(texts=TEXTS * 5) as served:
        for format_ in ("wav", "flac", "mp3", "opus", "aac"):
            encoder = StreamEncoder(format_, RATE)
            data = encoder.feed(sound()) + encoder.finish()
            if format_ == "aac":  # no format of the service's list
                with pytest.raises(BadRequestError, match="Invalid file format"):
                    await transcribe(served, file=("a.aac", data))
                continue
            heard = await transcribe(served, file=("a", data), response_format="verbose_json")
            assert heard.text == WHOLE
            assert heard.duration == pytest.approx(3.6, abs=0.11)


def test_memory_does_not_grow_with_the_sound() -> None:
    """Two minutes are 12 MB as floats."""
    data = file("flac", ((300, 0), *(((4000, 1), (1000, 0)) * 24)))
    recogniser = ScriptedRecogniser([f"phrase {number}" for number in range(1000)])
    listener = Listener(recogniser, LoudnessActivity(), "", Cutting())
    tracemalloc.start()
    try:
        with sound_file.opened(data) as blocks:
            count = sum(1 for _ in listener.phrases(blocks.blocks, blocks.rate))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 24
    assert listener.heard_s == pytest.approx(120.3, abs=0.1)
    assert peak < 4e6
