"""Usage of a response, and the rate limits told after it.

Every response bills the whole context again. What the last response's context and this
one's have in common from the front counts as cached, in multiples of 64 for each kind.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from realtime_nb.server.answers.context import Tokens, head_tokens, item_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.items import Item

Json = dict[str, Any]

CACHE_BLOCK = 64
# There is no limit here; the numbers only give the event its true shape.
RATE_LIMIT_TOKENS = 1_000_000
_MINUTE_S = 60.0


class UsageMeter:
    """Counts one session's responses."""

    def __init__(self) -> None:
        self._last: tuple[str, list[tuple[str, Tokens]]] = ("", [])
        self._spent: deque[tuple[float, int]] = deque()

    def input_details(
        self, instructions: str, tools: Sequence[Json], items: Sequence[Item]
    ) -> Json:
        """Return `input_token_details` of a response over this context.

        Also remembers the context, so that the next response may find it cached.
        """
        head = (instructions + repr(list(tools)), head_tokens(instructions, tools))
        entries = [(item.id, item_tokens(item)) for item in items]
        total = sum((tokens for _, tokens in entries), head[1])
        shared = Tokens()
        if self._last[0] == head[0]:
            shared = head[1]
            for mine, earlier in zip(entries, self._last[1], strict=False):
                if mine != earlier:
                    break
                shared += mine[1]
        self._last = (head[0], entries)
        cached = Tokens(_blocks(shared.text), _blocks(shared.audio), _blocks(shared.image))
        return {
            "text_tokens": total.text,
            "audio_tokens": total.audio,
            "image_tokens": total.image,
            "cached_tokens": cached.total,
            "cached_tokens_details": {
                "text_tokens": cached.text,
                "audio_tokens": cached.audio,
                "image_tokens": cached.image,
            },
        }

    def rate_limits(self, tokens: int, now_s: float) -> list[Json]:
        """Return `rate_limits` after a response of `tokens`, at the session's clock `now_s`."""
        self._spent.append((now_s, tokens))
        while self._spent and self._spent[0][0] < now_s - _MINUTE_S:
            self._spent.popleft()
        spent = sum(count for _, count in self._spent)
        return [
            {
                "name": "tokens",
                "limit": RATE_LIMIT_TOKENS,
                "remaining": max(0, RATE_LIMIT_TOKENS - spent),
                "reset_seconds": round(spent * _MINUTE_S / RATE_LIMIT_TOKENS, 3),
            }
        ]


def response_usage(input_details: Json, output: Tokens) -> Json:
    """Return the `usage` object of a response."""
    kinds = ("text_tokens", "audio_tokens", "image_tokens")
    taken = sum(input_details[kind] for kind in kinds)
    return {
        "total_tokens": taken + output.total,
        "input_tokens": taken,
        "output_tokens": output.total,
        "input_token_details": input_details,
        "output_token_details": {"text_tokens": output.text, "audio_tokens": output.audio},
    }


def _blocks(tokens: int) -> int:
    return tokens // CACHE_BLOCK * CACHE_BLOCK
