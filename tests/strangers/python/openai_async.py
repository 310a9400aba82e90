"""The openai package, asynchronous."""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import kit
from openai import AsyncOpenAI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

flows = kit.Flows("openai (async)", "openai")


@asynccontextmanager
async def talking(key: str = kit.KEY, **connect: Any) -> AsyncIterator[Any]:
    async with (
        AsyncOpenAI(base_url=kit.URL, api_key=key) as client,
        client.realtime.connect(**(connect or {"model": kit.MODEL})) as connection,
    ):
        yield connection


async def until(connection: Any, kind: str) -> Any:
    """Return the next event of a kind; an error on the way is a failure."""
    async for event in connection:
        kit.expect(event.type != "error" or kind == "error", f"error: {event}")
        if event.type == kind:
            return event
    raise AssertionError(f"closed before {kind}")


async def write(connection: Any, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": content}
    )
    await connection.response.create()


async def speak(connection: Any, name: str) -> None:
    for chunk in kit.chunks(kit.sound(name) + kit.silence(700)):
        await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())


@flows.flow("text")
async def text() -> None:
    async with talking() as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await until(connection, "session.updated")
        await write(connection, kit.SUM)
        answer = await until(connection, "response.output_text.done")
        kit.expect("12" in answer.text, answer.text)
        done = await until(connection, "response.done")
        kit.expect(done.response.usage.total_tokens > 0, "no usage")


@flows.flow("audio")
async def audio() -> None:
    async with talking() as connection:
        heard = {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}
        await connection.session.update(session={"type": "realtime", "audio": heard})
        await until(connection, "session.updated")
        await speak(connection, "time")
        await until(connection, "input_audio_buffer.committed")
        first = await until(connection, "response.output_audio.delta")
        kit.expect(len(base64.b64decode(first.delta)) > 0, "an empty delta")
        answer = await until(connection, "response.output_audio_transcript.done")
        kit.expect("It is" in answer.transcript, answer.transcript)
        done = await until(connection, "response.done")
        kit.expect(done.response.status == "completed", done.response.status)


@flows.flow("tool")
async def tool() -> None:
    async with talking() as connection:
        await connection.session.update(session={"type": "realtime", "tools": [kit.WEATHER]})
        await write(connection, "What is the weather in Paris?")
        called = await until(connection, "response.function_call_arguments.done")
        kit.expect(json.loads(called.arguments) == {"city": "Paris"}, called.arguments)
        await until(connection, "response.done")
        await connection.conversation.item.create(
            item={
                "type": "function_call_output",
                "call_id": called.call_id,
                "output": '{"sky": "purple"}',
            }
        )
        await connection.response.create()
        answer = await until(connection, "response.output_audio_transcript.done")
        kit.expect("purple" in answer.transcript, answer.transcript)


@flows.flow("interruption")
async def interruption() -> None:
    async with talking() as connection:
        await write(connection, "Tell me a story.")
        delta = await until(connection, "response.output_audio.delta")
        await speak(connection, "stop")
        done = await until(connection, "response.done")
        kit.expect(done.response.status_details.reason == "turn_detected", done)
        await connection.conversation.item.truncate(
            item_id=delta.item_id, content_index=0, audio_end_ms=40
        )
        cut = await until(connection, "conversation.item.truncated")
        kit.expect(cut.audio_end_ms == 40, cut)


@flows.flow("mistake")
async def mistake() -> None:
    async with talking() as connection:
        await connection.send({"type": "session.update", "session": {"instructions": "Be brief."}})
        event = await until(connection, "error")
        kit.expect(event.error.code == "missing_required_parameter", event.error)
        kit.expect(event.error.param == "session.type", event.error)


@flows.flow("transcription session")
async def transcription_session() -> None:
    async with talking(extra_query={"intent": "transcription"}) as connection:
        heard = {"input": {"transcription": {"model": "gpt-4o-transcribe", "language": "en"}}}
        await connection.session.update(session={"type": "transcription", "audio": heard})
        await until(connection, "session.updated")
        await speak(connection, "time")
        done = await until(connection, "conversation.item.input_audio_transcription.completed")
        kit.expect("time" in done.transcript.lower(), done.transcript)


@flows.flow("client_secrets")
async def client_secrets() -> None:
    async with AsyncOpenAI(base_url=kit.URL, api_key=kit.KEY) as client:
        secret = await client.realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 60},
            session={"type": "realtime", "model": kit.MODEL, "instructions": "Your name is Ada."},
        )
    kit.expect(secret.value.startswith("ek_"), "no ephemeral key")
    async with talking(secret.value, model=kit.MODEL) as connection:
        created = await until(connection, "session.created")
        kit.expect(created.session.instructions == "Your name is Ada.", created.session)
        await write(connection, "What is your name?")
        answer = await until(connection, "response.output_audio_transcript.done")
        kit.expect("Ada" in answer.transcript, answer.transcript)


@flows.flow("chat audio")
async def chat_audio() -> None:
    async with AsyncOpenAI(base_url=kit.URL, api_key=kit.KEY) as client:
        stream = await client.chat.completions.create(
            model="gpt-audio-1.5",
            modalities=["text", "audio"],
            audio={"voice": "marin", "format": "pcm16"},
            messages=[{"role": "user", "content": kit.SUM}],
            stream=True,
        )
        said, pcm = "", b""
        async for chunk in stream:
            for choice in chunk.choices:
                piece: Any = getattr(choice.delta, "audio", None)
                said += getattr(piece, "transcript", None) or ""
                pcm += base64.b64decode(getattr(piece, "data", None) or "")
    kit.expect("12" in said, said)
    kit.expect(len(pcm) > len(kit.silence(200)), "no sound")


@flows.flow("speech")
async def speech() -> None:
    async with (
        AsyncOpenAI(base_url=kit.URL, api_key=kit.KEY) as client,
        client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="marin", input="Hello there.", response_format="pcm"
        ) as spoken,
    ):
        pcm = b"".join([piece async for piece in spoken.iter_bytes()])
    kit.expect(len(pcm) > len(kit.silence(200)), "no sound")


@flows.flow("transcription")
async def transcription() -> None:
    async with AsyncOpenAI(base_url=kit.URL, api_key=kit.KEY) as client:
        stream = await client.audio.transcriptions.create(
            model="gpt-4o-transcribe",
            file=("time.wav", kit.wav("time")),
            prompt=kit.TIME,
            stream=True,
        )
        events = [event async for event in stream]
    kit.expect(events[-1].type == "transcript.text.done", events[-1])
    kit.expect("time" in events[-1].text.lower(), events[-1].text)


if __name__ == "__main__":
    flows.run()
