"""A brain that is a service: chat completions, streamed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_nb.chain.messages import chat_body
from realtime_nb.chain.requests import NoAnswer
from realtime_nb.protocol.told import as_object
from realtime_nb.server.brain.interface import BrainError, FunctionCall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_nb.chain.requests import LegRequest, Requests
    from realtime_nb.server.brain.interface import BrainRequest, Piece

Json = dict[str, Any]


@dataclass(slots=True)
class _Call:
    """A function call whose pieces are still coming."""

    name: str = ""
    arguments: list[str] = field(default_factory=list[str])


class ChainBrain:
    """Answers by way of the chat leg; made for one session.

    Parameters
    ----------
    requests
        Of the session.
    """

    name = "chain"
    card: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self.about = f"A {requests.legs.model}."

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Stream the service's answer; see `realtime_nb.server.brain.interface.Brain.respond`."""
        last = request.last
        said = last is not None and last.role == "user"
        # Since the end of the turn, which was before its words were known.
        since_s = last.made_s if last is not None and said else request.now_s
        self._requests.begin(request.response_id, since_s)
        if last is not None and said and last.unheard and not last.text:
            raise BrainError(last.unheard, code="transcribe_failed")
        asked = self._requests.of("chat", since_s, response_id=request.response_id)
        async with asked:
            async for piece in _stream(asked, chat_body(request)):
                yield piece


async def _stream(asked: LegRequest, asking: Json) -> AsyncIterator[Piece]:
    client = await asked.client()
    calls: dict[int, _Call] = {}
    body: Json = {
        "model": asked.model,
        "stream": True,
        "stream_options": {"include_usage": True},
        **asking,
    }
    stream = await client.chat.completions.create(**body)
    begun, ended = False, False
    async with stream:
        async for chunk in stream:
            begun = True
            if chunk.usage is not None:
                asked.usage = as_object(chunk.usage.model_dump(mode="json", exclude_none=True))
            if not chunk.choices:
                continue
            ended |= chunk.choices[0].finish_reason is not None
            delta = chunk.choices[0].delta
            text = delta.content or delta.refusal
            if text:
                asked.first()
                yield asked.without_keys(text)
            for piece in delta.tool_calls or ():
                asked.first()
                call = calls.setdefault(piece.index, _Call())
                if piece.function is not None:
                    call.name += piece.function.name or ""
                    call.arguments.append(piece.function.arguments or "")
    if not ended:
        raise NoAnswer(
            "its stream broke off before the end of the answer; try again"
            if begun
            else "it answered with no stream of chat completions; check the URL, which usually"
            " ends in /v1"
        )
    for _, call in sorted(calls.items()):
        arguments = asked.without_keys("".join(call.arguments))
        yield FunctionCall(asked.without_keys(call.name), arguments or "{}")
