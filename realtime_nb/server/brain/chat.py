"""A brain behind any OpenAI-compatible chat-completions URL: Ollama, llama.cpp, vLLM.

The conversation goes out as messages, the answer comes back as a stream; text is passed
on as it comes, so that it is spoken clause by clause while the rest is being made.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from realtime_nb.errors import UsageError
from realtime_nb.server.brain.chat_messages import as_messages, chat_tools, made_call
from realtime_nb.server.brain.interface import BrainError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

    from realtime_nb.server.brain.interface import BrainRequest, Piece

Json = dict[str, Any]

KEY_VARIABLE: Final = "REALTIME_NB_BRAIN_KEY"
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """A chat service.

    Parameters
    ----------
    base_url
        Such as ``http://127.0.0.1:11434/v1``.
    model
        Its model; empty for the first one that the service lists.
    """

    base_url: str
    model: str = ""


def read_chat_url(url: str) -> ChatEndpoint:
    """Return the endpoint of ``http://HOST:PORT/v1?model=NAME``.

    Raises
    ------
    UsageError
        When it is no such URL.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError(f"{url!r} is no chat service; write http://127.0.0.1:11434/v1?model=NAME")
    if "@" in parts.netloc or "\\" in url:
        # Not repeated: it may hold a password.
        raise UsageError(
            f"the chat service's URL carries a user or password; put the key into {KEY_VARIABLE}"
        )
    models = parse_qs(parts.query).get("model", [""])
    return ChatEndpoint(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), models[-1])


@dataclass(slots=True)
class _Call:
    """A function call whose pieces are still coming."""

    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class ChatBrain:
    """Lets a chat service answer.

    Parameters
    ----------
    endpoint
        Which one.
    key
        API key; by default ``REALTIME_NB_BRAIN_KEY``, else none is needed.
    """

    name = "chat"
    card: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    def __init__(self, endpoint: ChatEndpoint, key: str | None = None) -> None:
        self._endpoint = endpoint
        self._key = key or os.environ.get(KEY_VARIABLE) or "none"
        self._model = endpoint.model
        host = urlsplit(endpoint.base_url).netloc
        self.about = f"Answers come from the chat service at {host}, heard and spoken locally."

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Stream the service's answer; see `interface.Brain.respond`."""
        from openai import AsyncOpenAI, OpenAIError  # noqa: PLC0415 -- a second to import

        client = AsyncOpenAI(
            base_url=self._endpoint.base_url, api_key=self._key, timeout=_TIMEOUT_S, max_retries=1
        )
        try:
            # Closed by hand: a cancelled answer must end the service's work at once.
            async with client, aclosing(self._stream(client, request)) as pieces:
                async for piece in pieces:
                    yield piece
        except OpenAIError as error:
            raise BrainError(
                f"the chat service at {self._endpoint.base_url} does not answer: {error}",
                code="brain_unavailable",
            ) from error

    async def _stream(self, client: AsyncOpenAI, request: BrainRequest) -> AsyncGenerator[Piece]:
        calls: dict[int, _Call] = {}
        body: Json = {
            "model": await self._model_name(client),
            "messages": as_messages(request),
            "stream": True,
            **chat_tools(request),
        }
        create: Any = client.chat.completions.create  # its overloads cannot read `**body`
        stream: AsyncStream[ChatCompletionChunk] = await create(**body)
        async with stream:
            async for chunk in stream:
                if not chunk.choices:
                    continue
                delta = chunk.choices[0].delta
                if delta.content:
                    yield delta.content
                for piece in delta.tool_calls or ():
                    call = calls.setdefault(piece.index, _Call())
                    if piece.function is not None:
                        call.name += piece.function.name or ""
                        call.arguments.append(piece.function.arguments or "")
        for _, call in sorted(calls.items()):
            yield made_call(request, call.name, "".join(call.arguments) or "{}")

    async def _model_name(self, client: AsyncOpenAI) -> str:
        if not self._model:
            models = await client.models.list()
            if not models.data:
                raise BrainError(
                    f"the chat service at {self._endpoint.base_url} lists no model; "
                    "name one with ?model=NAME",
                    code="brain_unavailable",
                )
            self._model = models.data[0].id
        return self._model
