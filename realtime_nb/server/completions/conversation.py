"""A request's messages as a brain sees them, and what they count as input."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.answers.context import (
    ASSISTANT_AUDIO_TOKEN_MS,
    ITEM_TOKENS,
    USER_AUDIO_TOKEN_MS,
    Tokens,
    audio_tokens,
    head_tokens,
    text_tokens,
)
from realtime_nb.server.brain.interface import BrainRequest, ContextItem
from realtime_nb.server.completions.messages import parts_of
from realtime_nb.server.http.errors import bad_request

if TYPE_CHECKING:
    from realtime_nb.server.completions.listening import RecordingEar
    from realtime_nb.server.completions.remembered import Listened
    from realtime_nb.server.completions.request import ChatRequest
    from realtime_nb.server.completions.spoken import SpokenAnswer, SpokenAnswers

Json = dict[str, Any]

CONTEXT_TOKENS: Final = 128_000


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation to be answered.

    Parameters
    ----------
    request
        What the brain is asked.
    tokens
        What it counts as input.
    """

    request: BrainRequest
    tokens: Tokens


def find_spoken(asked: ChatRequest, answers: SpokenAnswers) -> dict[int, SpokenAnswer]:
    """Return the spoken answers that messages refer to, by the message's index.

    Raises
    ------
    Refusal
        When one is not known, or has expired.
    """
    return {
        index: answers.find(message["audio"]["id"], f"messages[{index}].audio.id")
        for index, message in enumerate(asked.messages)
        if message.get("audio") is not None
    }


async def understand(
    asked: ChatRequest, ear: RecordingEar, spoken: dict[int, SpokenAnswer]
) -> Talk:
    """Hear a request's recordings; return the conversation.

    Parameters
    ----------
    asked
        The request.
    ear
        Hears.
    spoken
        As `find_spoken` found them.

    Raises
    ------
    Refusal
        When a recording cannot be read, or all is too long.
    """
    items: list[ContextItem] = []
    tokens = head_tokens("", asked.tools_wire)
    now_s = asyncio.get_running_loop().time()
    for index, message in enumerate(asked.messages):
        tokens += Tokens(text=ITEM_TOKENS)
        if message["role"] == "user":
            item, more = await _user_item(message, index, ear)
            items.append(item)
            tokens += more
        else:
            made = _other_items(message, spoken.get(index))
            items += made
            for item in made:
                told = item.text + item.name + item.arguments + item.output
                tokens += Tokens(text=text_tokens(told))
            if index in spoken:
                ms = spoken[index].audio_ms
                tokens += Tokens(audio=audio_tokens(ms, ASSISTANT_AUDIO_TOKEN_MS))
    if tokens.total > CONTEXT_TOKENS:
        raise bad_request(
            f"This model's maximum context length is {CONTEXT_TOKENS} tokens. However, your "
            f"messages resulted in {tokens.total} tokens. "
            "Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        )
    return Talk(
        BrainRequest(
            instructions="",
            items=tuple(items),
            tools=asked.tools,
            tool_choice=asked.tool_choice,
            forced_tool=asked.forced_tool,
            now_s=now_s,
        ),
        tokens,
    )


async def _user_item(message: Json, index: int, ear: RecordingEar) -> tuple[ContextItem, Tokens]:
    texts: list[str] = []
    heard: list[Listened] = []
    images = 0
    for number, part in enumerate(parts_of(message)):
        if part["type"] == "text":
            texts.append(part["text"])
        elif part["type"] == "input_audio":
            # The service's own way to write this one path, with points before the brackets.
            path = f"messages.[{index}].content.[{number}].input_audio.data"
            heard.append(await ear.hear(part, path))
        else:
            images += 1
    typed = "\n".join(texts)
    ms = sum(one.recording.duration_s for one in heard) * 1000.0
    words = [typed, *(one.recording.text for one in heard)]
    failures = [one.failure for one in heard if one.failure]
    item = ContextItem(
        "message",
        "user",
        "\n".join(word for word in words if word),
        spoken=bool(heard),
        unheard=failures[0] if failures else "",
        images=images,
        typed=typed if heard else "",
        recordings=tuple(one.recording for one in heard),
    )
    return item, Tokens(text_tokens(typed), audio_tokens(ms, USER_AUDIO_TOKEN_MS))


def _other_items(message: Json, spoken: SpokenAnswer | None) -> list[ContextItem]:
    role = message["role"]
    texts = [part.get("text") or part.get("refusal") or "" for part in parts_of(message)]
    text = "\n".join(text for text in texts if text)
    if role == "tool":
        called = message["tool_call_id"]
        return [ContextItem("function_call_output", call_id=called, output=text)]
    if role in {"system", "developer"}:
        return [ContextItem("message", "system", text)]
    items: list[ContextItem] = []
    text = text or (spoken.transcript if spoken else "") or message.get("refusal") or ""
    if text:
        items.append(ContextItem("message", "assistant", text))
    for call in message.get("tool_calls") or ():
        function: Json = call["function"]
        items.append(
            ContextItem(
                "function_call",
                name=function["name"],
                arguments=function["arguments"],
                call_id=call["id"],
            )
        )
    return items
