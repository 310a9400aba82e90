"""What stands on the card: patterns for the recogniser, and an example of each for people.

The patterns are in the notation of `realtime_nb.speech.grammar`: words, and slots in
braces that the grammar knows (`{number}`, `{digits}`, `{duration}`, `{name}`, `{city}`).
"""

from __future__ import annotations

import re
from typing import Final

PATTERNS: Final = (
    "hello",
    "good morning",
    "how are you",
    "who are you",
    "what is your name",
    "are you a model",
    "what can you do",
    "help",
    "how do i interrupt you",
    "what did you ignore",
    "what time is it",
    "what is the date today",
    "what day is it",
    "my name is {name}",
    "what is my name",
    "what is {number} plus {number}",
    "what is {number} minus {number}",
    "what is {number} times {number}",
    "what is {number} divided by {number}",
    "set a timer for {duration}",
    "how much time is left",
    "cancel the timer",
    "where is my order",
    "where is my order {digits}",
    "look up order number {digits}",
    "what is the weather",
    "what is the weather in {city}",
    "turn on the light",
    "turn off the light",
    "tell me a story",
    "tell me a joke",
    "tell me a fact",
    "count to {number}",
    "spell the word banana",
    "spell the word python",
    "repeat that",
    "what did i say",
    "thank you",
    "stop",
    "never mind",
    "goodbye",
)

_EXAMPLES: Final = {
    "number": ("seven", "five"),
    "digits": ("four two seven",),
    "duration": ("two minutes",),
    "name": ("ada",),
    "city": ("paris",),
}


def _example(pattern: str) -> str:
    """Return a pattern with something in each slot."""
    used: dict[str, int] = {}

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        used[name] = used.get(name, 0) + 1
        return _EXAMPLES[name][(used[name] - 1) % len(_EXAMPLES[name])]

    return re.sub(r"\{(\w+)\}", fill, pattern)


CARD: Final = tuple(_example(pattern) for pattern in PATTERNS)
