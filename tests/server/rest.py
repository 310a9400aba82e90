"""Requests to the practice server's REST API as they go over the wire, and what comes back."""

from __future__ import annotations

import base64
import io
import json
import wave
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from tests.server.fakes import tone
from tests.server.serving import TOKEN, Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

BEARER = {"Authorization": f"Bearer {TOKEN}"}
CHAT = "/chat/completions"
ERROR_KEYS = ["message", "type", "param", "code"]


def user(text: str, *parts: Json) -> Json:
    content: Any = [{"type": "text", "text": text}, *parts] if parts else text
    return {"role": "user", "content": content}


def wav(ms: float = 1000, level: int = 8_000, rate: int = 24_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(tone(ms, level, rate).astype("<i2").tobytes())
    return file.getvalue()


def recording(data: bytes, form: str = "wav") -> Json:
    encoded = base64.b64encode(data).decode()
    return {"type": "input_audio", "input_audio": {"data": encoded, "format": form}}


def spoken(form: str = "wav", voice: str = "alloy") -> Json:
    return {"modalities": ["text", "audio"], "audio": {"voice": voice, "format": form}}


@dataclass
class Rest:
    """A client that sends what it is told, good or bad."""

    served: Served
    http: httpx.AsyncClient

    async def chat(self, *messages: Json, **more: Any) -> httpx.Response:
        body = {"model": "local-demo", "messages": list(messages), **more}
        return await self.http.post(CHAT, json=body)

    async def said(self, *messages: Json, **more: Any) -> Json:
        """Return the reply to a chat that must succeed."""
        answer = await self.chat(*messages, **more)
        assert answer.status_code == 200, answer.text
        return typed(ChatCompletion, answer.json())

    async def refused(self, *messages: Json, status: int = 400, **more: Any) -> Json:
        """Return the error of a chat that must be refused."""
        return refusal(await self.chat(*messages, **more), status)

    async def chunks(self, *messages: Json, **more: Any) -> list[Json]:
        """Return the chunks of a streamed chat; the last line must be as the service's."""
        answer = await self.chat(*messages, stream=True, **more)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.text.split("\n\n")
        assert lines[-2:] == ["data: [DONE]", ""]
        chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
        return [typed(ChatCompletionChunk, chunk) for chunk in chunks]


def typed(kind: type[BaseModel], value: Json) -> Json:
    """Return a value that is strictly of the openai package's type, with no field it lacks."""
    no_extras(kind.model_validate(value, strict=True))
    return value


def no_extras(value: Any) -> None:
    if isinstance(value, list):
        for entry in value:
            no_extras(entry)
    elif isinstance(value, BaseModel):
        assert not value.model_extra, value
        for name in type(value).model_fields:
            no_extras(getattr(value, name))


def refusal(answer: httpx.Response, status: int = 400) -> Json:
    """Return the error of an answer, which must have the service's shape."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ERROR_KEYS
    assert TOKEN not in answer.text
    return body["error"]


@asynccontextmanager
async def resting(brain: Any = None, **more: Any) -> AsyncIterator[Rest]:
    """Serve with fake engines, and a client for it."""
    async with (
        serving(brain, **more) as served,
        httpx.AsyncClient(base_url=served.url, headers=BEARER, timeout=60) as http,
    ):
        yield Rest(served, http)
