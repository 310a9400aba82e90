"""Phrases with slots, and the grammar a recogniser makes of them.

A phrase is lower-case words and slots in braces: ``what is {number} plus {number}``. The
slots are those of `SLOTS`. The grammar is JSGF (Java Speech Grammar Format, W3C note of 2000),
which pocketsphinx reads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_UNITS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

NAMES: Final = (
    "ada", "adam", "alan", "alice", "anna", "ben", "bob", "carol", "daniel", "david", "emma",
    "frank", "george", "grace", "helen", "jack", "james", "jane", "john", "julia", "kate",
    "kevin", "laura", "linda", "lisa", "lucy", "maria", "mark", "mary", "michael", "nancy",
    "oliver", "paul", "peter", "robert", "sarah", "simon", "sophia", "susan", "thomas", "tom",
    "william",
)  # fmt: skip
CITIES: Final = (
    "amsterdam", "athens", "berlin", "boston", "chicago", "delhi", "dublin", "london", "madrid",
    "moscow", "new york", "oslo", "paris", "rome", "san francisco", "seattle", "sydney", "tokyo",
    "toronto", "vienna",
)  # fmt: skip


def _any(words: Iterable[str]) -> str:
    return "( " + " | ".join(words) + " )"


_SMALL: Final = _any(("zero", *_UNITS, *_TEENS, *_TENS))
_COMPOUND: Final = f"{_any(_TENS)} {_any(_UNITS)}"
_DIGIT: Final = _any(("zero", "oh", *_UNITS))

SLOTS: Final[Mapping[str, str]] = {
    # Weighted: a trailing breath would else be heard as the units of a compound.
    "number": f"( /0.9/ {_SMALL} | /0.08/ {_COMPOUND} | /0.02/ ( one | a ) hundred )",
    "digits": f"( {_DIGIT} {_DIGIT} {_DIGIT} [ {_DIGIT} ] )",
    "duration": "( <number> ( second | seconds | minute | minutes | hour | hours )"
    " | an hour | half an hour )",
    "name": _any(NAMES),
    "city": _any(CITIES),
}
"""Each slot as a JSGF expression: numbers from zero to a hundred, three or four digits, a
time, a first name, a city."""

_SLOT: Final = re.compile(r"\{(\w+)\}")
_WORD: Final = re.compile(r"[a-z']+")


def normalise(phrase: str) -> str:
    """Return a phrase in lower case, without punctuation, slots kept."""
    return " ".join(re.findall(r"\{\w+\}|[a-z']+", phrase.lower()))


def words_of(phrase: str) -> set[str]:
    """Return the words of a normalised phrase, those its slots may hold included.

    Raises
    ------
    UsageError
        When a slot is not one of `SLOTS`.
    """
    found = set(_WORD.findall(_SLOT.sub(" ", phrase)))
    for slot in _SLOT.findall(phrase):
        expression = _slot(slot)
        if "<number>" in expression:
            found |= set(_WORD.findall(SLOTS["number"]))
        found |= set(_WORD.findall(expression.replace("<number>", " ")))
    return found


def usable(phrases: Iterable[str], knows: Callable[[str], bool]) -> list[str]:
    """Return the phrases, normalised and each once, whose every word is known.

    Parameters
    ----------
    phrases
        In the notation of this module.
    knows
        Whether the dictionary has a word.
    """
    kept: dict[str, None] = {}
    for phrase in phrases:
        plain = normalise(phrase)
        if plain and all(knows(word) for word in words_of(plain)):
            kept[plain] = None
    return list(kept)


def to_jsgf(phrases: Iterable[str]) -> str:
    """Return the grammar of exactly these phrases, as JSGF.

    Raises
    ------
    UsageError
        When a slot is not one of `SLOTS`, or there is no phrase.
    """
    rules = [_SLOT.sub(lambda m: f"<{m[1]}>", normalise(phrase)) for phrase in phrases]
    if not rules:
        raise UsageError("a grammar needs at least one phrase")
    for phrase in rules:
        for slot in re.findall(r"<(\w+)>", phrase):
            _slot(slot)
    slots = "\n".join(f"<{name}> = {expression} ;" for name, expression in SLOTS.items())
    spoken = " | ".join(f"( {rule} )" for rule in rules)
    return f"#JSGF V1.0;\ngrammar phrases;\n{slots}\npublic <phrase> = {spoken} ;\n"


def _slot(name: str) -> str:
    try:
        return SLOTS[name]
    except KeyError:
        known = ", ".join(f"{{{slot}}}" for slot in SLOTS)
        raise UsageError(f"a phrase has no slot {{{name}}}; there are: {known}") from None
