"""The openai package, synchronous."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import kit
from openai import OpenAI

flows = kit.Flows("openai (sync)", "openai")


def until(connection: Any, kind: str) -> Any:
    """Return the next event of a kind; an error on the way is a failure."""
    for event in connection:
        kit.expect(event.type != "error" or kind == "error", f"error: {event}")
        if event.type == kind:
            return event
    raise AssertionError(f"closed before {kind}")


@flows.flow("text")
def text() -> None:
    client = OpenAI(base_url=kit.URL, api_key=kit.KEY)
    with client.realtime.connect(model=kit.MODEL) as connection:
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": kit.SUM}],
            }
        )
        connection.response.create()
        kit.expect("12" in (said := until(connection, "response.output_text.done").text), said)
        # websockets' synchronous client closes at once only when it has read what came.
        until(connection, "rate_limits.updated")


@flows.flow("audio")
def audio() -> None:
    client = OpenAI(base_url=kit.URL, api_key=kit.KEY)
    with client.realtime.connect(model=kit.MODEL) as connection:
        manual = {"input": {"turn_detection": None}}
        connection.session.update(session={"type": "realtime", "audio": manual})
        until(connection, "session.updated")
        for chunk in kit.chunks(kit.sound("time")):
            connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
        connection.input_audio_buffer.commit()
        connection.response.create()
        until(connection, "response.output_audio.delta")
        said = until(connection, "response.output_audio_transcript.done").transcript
        kit.expect("It is" in said, said)


@flows.flow("client_secrets")
def client_secrets() -> None:
    client = OpenAI(base_url=kit.URL, api_key=kit.KEY)
    secret = client.realtime.client_secrets.create(
        session={"type": "transcription", "audio": {"input": {"turn_detection": None}}}
    )
    page = OpenAI(base_url=kit.URL, api_key=secret.value)
    with page.realtime.connect() as connection:
        created = until(connection, "session.created")
        kit.expect(created.session.type == "transcription", created.session)


@flows.flow("chat audio")
def chat_audio() -> None:
    client = OpenAI(base_url=kit.URL, api_key=kit.KEY)
    messages: list[Any] = [
        {
            "role": "user",
            "content": [
                {
                    "type": "input_audio",
                    "input_audio": {
                        "data": base64.b64encode(kit.wav("time")).decode(),
                        "format": "wav",
                    },
                }
            ],
        }
    ]
    for asked in (None, "Say that again, please."):
        if asked:
            messages.append({"role": "user", "content": asked})
        message = (
            client.chat.completions.create(
                model="gpt-audio-1.5",
                modalities=["text", "audio"],
                audio={"voice": "marin", "format": "wav"},
                messages=messages,
            )
            .choices[0]
            .message
        )
        kit.expect(message.audio is not None, "no sound")
        spoken: Any = message.audio
        kit.expect(base64.b64decode(spoken.data)[:4] == b"RIFF", "no WAV")
        kit.expect("It is" in spoken.transcript, spoken.transcript)
        messages.append({"role": "assistant", "audio": {"id": spoken.id}})


@flows.flow("speech")
def speech() -> None:
    client = OpenAI(base_url=kit.URL, api_key=kit.KEY)
    with (
        tempfile.TemporaryDirectory() as folder,
        client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input="Hello there."
        ) as spoken,
    ):
        spoken.stream_to_file(path := Path(folder) / "hello.mp3")
        kit.expect(path.stat().st_size > 1000, "no MP3")


@flows.flow("transcription")
def transcription() -> None:
    client = OpenAI(base_url=kit.URL, api_key=kit.KEY)
    heard = client.audio.transcriptions.create(
        model="whisper-1",
        file=("time.wav", kit.wav("time")),
        prompt=kit.TIME,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    kit.expect("time" in heard.text.lower(), heard.text)
    kit.expect(heard.words and heard.words[-1].end > heard.words[0].start, heard.words)


if __name__ == "__main__":
    flows.run()
