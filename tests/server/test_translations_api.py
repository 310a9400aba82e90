"""``POST /v1/audio/translations``: what is heard comes back marked, since nothing translates."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError

from realtime_nb.server.ears.interpreter import MARK
from tests.server.serving import TOKEN, Served, serving
from tests.server.test_transcriptions_api import TEXTS, WHOLE, file, post

# The service will drop its only model for this, and the package says so at each call.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


async def translate(served: Served, **fields: Any) -> Any:
    given: dict[str, Any] = {"model": "whisper-1", "file": ("a.wav", file()), **fields}
    async with AsyncOpenAI(base_url=served.url, api_key=TOKEN, max_retries=0) as api:
        return await api.audio.translations.create(**given)


async def test_the_text_is_marked() -> None:
    async with serving(texts=TEXTS * 2) as served:
        plain = await translate(served, prompt="Good morning.", temperature=0.2)
        text = await translate(served, response_format="text")
    assert plain.to_dict() == {"text": MARK + WHOLE, "model": "local-demo"}
    assert text == MARK + WHOLE + "\n"


async def test_every_segment_and_subtitle_is_marked() -> None:
    async with serving(texts=TEXTS * 3) as served:
        verbose = await translate(served, response_format="verbose_json")
        srt = await translate(served, response_format="srt")
        vtt = await translate(served, response_format="vtt")
    assert (verbose.text, verbose.language, verbose.duration) == (MARK + WHOLE, "english", 3.6)
    assert [one.text for one in verbose.segments] == [MARK + text for text in TEXTS]
    assert srt.count(MARK) == vtt.count(MARK) == 2


async def test_silence_needs_no_mark() -> None:
    async with serving() as served:
        silent = ("a.wav", file(plan=((2000, 0),)))
        assert (await translate(served, file=silent)).text == ""
        assert await translate(served, file=silent, response_format="srt") == ""


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"model": "gpt-4o-transcribe"}, "invalid_value", "model"),
        ({"model": "tts-1"}, "invalid_value", "model"),
        ({"response_format": "diarized_json"}, "invalid_value", "response_format"),
        ({"language": "de"}, "unknown_parameter", "language"),
        ({"stream": "true"}, "unknown_parameter", "stream"),
        ({"temperature": "hot"}, "invalid_type", "temperature"),
    ],
)
async def test_what_is_refused(change: dict[str, str], code: str, param: str) -> None:
    async with serving() as served:
        answer = await post(served, {"model": "whisper-1", **change}, path="translations")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


async def test_what_is_no_sound() -> None:
    async with serving() as served:
        with pytest.raises(BadRequestError, match="Invalid file format"):
            await translate(served, file=("a.wav", b"no sound at all"))
