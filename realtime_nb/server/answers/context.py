"""What one response may look at: items as a brain sees them, counted and cut to size.

Token counts follow what the service bills: one for each 100 ms of the user's audio, one
for each 50 ms of the assistant's, about one for four characters of text, and a small
constant for each item. What the service counts for a picture is not known: here it is what
GPT-4o counts for one, by its tiles.
"""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from realtime_nb.server.brain.interface import ContextItem
from realtime_nb.server.mcp.items import McpCall
from realtime_nb.server.wire_errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.items import Item, Part

Json = dict[str, Any]

USER_AUDIO_TOKEN_MS = 100.0
ASSISTANT_AUDIO_TOKEN_MS = 50.0
CHARACTERS_PER_TOKEN = 4
ITEM_TOKENS = 3
# What a 32k model leaves for input when it keeps 4,096 tokens for its answer.
INPUT_LIMIT = 28_224


@dataclass(frozen=True, slots=True)
class Tokens:
    """A number of tokens by kind."""

    text: int = 0
    audio: int = 0
    image: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio, self.image + other.image)

    @property
    def total(self) -> int:
        """All of them."""
        return self.text + self.audio + self.image


def text_tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def audio_tokens(ms: float, token_ms: float) -> int:
    """Return the tokens of `ms` of audio at one token for each `token_ms`."""
    return math.ceil(ms / token_ms - 1e-6)


def item_tokens(item: Item) -> Tokens:
    """Return what an item counts as input."""
    text = item.arguments + item.name + item.output
    counted = Tokens(text=ITEM_TOKENS + text_tokens(text))
    for part in item.parts:
        counted += _part_tokens(part)
    return counted


def head_tokens(instructions: str, tools: Sequence[Json]) -> Tokens:
    """Return what instructions and tools count as input."""
    described = json.dumps(list(tools)) if tools else ""
    return Tokens(text=text_tokens(instructions) + text_tokens(described))


def _part_tokens(part: Part) -> Tokens:
    if part.type == "input_audio":
        return Tokens(audio=audio_tokens(part.audio_ms, USER_AUDIO_TOKEN_MS))
    if part.type == "output_audio":
        return Tokens(
            text=text_tokens(part.transcript or ""),
            audio=audio_tokens(part.audio_ms, ASSISTANT_AUDIO_TOKEN_MS),
        )
    if part.picture is not None:
        return Tokens(image=part.picture.tokens(part.detail))
    return Tokens(text=text_tokens(part.text))


def fit(items: Sequence[Item], head: Tokens, truncation: Any) -> list[Item]:
    """Return the items that fit the context, the oldest dropped first.

    Parameters
    ----------
    items
        Oldest first.
    head
        What instructions and tools take already.
    truncation
        The session's `truncation`, as on the wire.

    Raises
    ------
    WireError
        ``conversation_too_long`` when they do not fit and truncation is disabled.
    """
    counts = [item_tokens(item).total for item in items]
    room = INPUT_LIMIT - head.total
    ratio = 1.0
    if isinstance(truncation, dict):
        rule = cast("Json", truncation)
        limits: Json = rule.get("token_limits") or {}
        room = min(room, int(limits.get("post_instructions", room)))
        ratio = float(rule["retention_ratio"])
    excess = sum(counts)
    if excess <= room:
        return list(items)
    if truncation == "disabled":
        raise WireError(
            "Conversation is too long to create a Response.", code="conversation_too_long"
        )
    keep_at_most = room * ratio
    first = 0
    # The newest item is what the response is about: it always stays.
    while first < len(counts) - 1 and excess > keep_at_most:
        excess -= counts[first]
        first += 1
    return list(items[first:])


async def as_context(items: Sequence[Item]) -> tuple[ContextItem, ...]:
    """Return items as a brain sees them; waits until spoken words are recognised."""
    seen: list[ContextItem] = []
    for item in items:
        if isinstance(item, McpCall):
            seen += _mcp_call(item)
        elif item.type in {"message", "function_call", "function_call_output"}:
            seen.append(await _context_item(item))
    return tuple(seen)


def _mcp_call(item: McpCall) -> list[ContextItem]:
    """Return a call as a function's call, and what it brought as the function's output."""
    call = ContextItem(
        "function_call",
        name=item.name,
        arguments=item.arguments,
        call_id=item.id,
        made_s=item.made_s,
        server=item.server_label,
    )
    if not item.settled:
        return [call]
    output = item.output
    if item.error is not None:
        output = json.dumps({"error": item.error["message"]}, ensure_ascii=False)
    return [call, ContextItem("function_call_output", call_id=item.id, output=output)]


async def _context_item(item: Item) -> ContextItem:
    words: list[str] = []
    unheard = ""
    spoken = False
    for part in item.parts:
        if part.type == "input_audio":
            spoken = True
            text, failure = await _spoken_words(part)
            words.append(text)
            unheard = unheard or failure
        elif part.type == "output_audio":
            words.append(part.transcript or "")
        else:
            words.append(part.text)
    return ContextItem(
        kind=cast("Literal['message', 'function_call', 'function_call_output']", item.type),
        role=item.role,
        text=" ".join(word for word in words if word),
        spoken=spoken,
        unheard=unheard,
        images=sum(part.type == "input_image" for part in item.parts),
        pictures=tuple(part.picture for part in item.parts if part.picture is not None),
        image_urls=tuple(part.image_url for part in item.parts if part.image_url),
        name=item.name,
        arguments=item.arguments,
        call_id=item.call_id,
        output=item.output,
        made_s=item.made_s,
    )


async def _spoken_words(part: Part) -> tuple[str, str]:
    if part.understood is not None:
        # Shielded: a cancelled response must not cancel the recognition others wait for.
        understood = await asyncio.shield(part.understood)
        if understood.text or not part.transcript:
            return understood.text, understood.failure
    return part.transcript or "", ""
