"""Phrases with slots, and the grammar a recogniser makes of them.

A phrase is words and slots in braces: ``what is {number} plus {number}``. Case and punctuation
do not matter; digits stand for the words they are read as. The slots are those of `SLOTS`:

==============  ===========================================================================
``{number}``    zero to one hundred ("a hundred")
``{digits}``    three or four digits said one by one ("four oh seven")
``{minutes}``   one to ninety nine
``{duration}``  a number of seconds, minutes or hours, an hour, half an hour
``{name}``      a first name out of `NAMES`
``{city}``      a city out of `CITIES`
==============  ===========================================================================

What is heard comes back as the words said: "what is seven plus five". The grammar is JSGF (Java
Speech Grammar Format, W3C note of 2000), which pocketsphinx reads.
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


_SMALL: Final = _any((*_UNITS, *_TEENS, *_TENS))
_COMPOUND: Final = f"{_any(_TENS)} {_any(_UNITS)}"
_DIGIT: Final = _any(("zero", "oh", *_UNITS))

SLOTS: Final[Mapping[str, str]] = {
    # Weighted: the end of "sixty" is else heard as "sixty eight".
    "number": f"( /0.9/ ( zero | {_SMALL} ) | /0.08/ {_COMPOUND} | /0.02/ ( one | a ) hundred )",
    "digits": f"( {_DIGIT} {_DIGIT} {_DIGIT} [ {_DIGIT} ] )",
    "minutes": f"( /0.9/ {_SMALL} | /0.1/ {_COMPOUND} )",
    "duration": "( <number> ( second | seconds | minute | minutes | hour | hours )"
    " | an hour | half an hour )",
    "name": _any(NAMES),
    "city": _any(CITIES),
}
"""Each slot as a JSGF expression; all its words are in pocketsphinx's dictionary."""

_SLOT: Final = re.compile(r"\{(\w+)\}")
_WORD: Final = re.compile(r"[a-z']+")
# Letters of any language: a word with others than a to z is one the dictionary lacks, and
# cutting it into pieces would make words of it that nobody says.
_TOKEN: Final = re.compile(r"\{\w+\}|\d+|(?:[^\W\d_]|')+")
_SENTENCE_END: Final = re.compile(r"[\n.!?;:]+")
_HUNDRED: Final = 100


def normalise(phrase: str) -> str:
    """Return a phrase in lower case, without punctuation, digits in words, slots kept."""
    plain = phrase.lower().replace("\u2019", "'")
    words = (_spelt(word) if word.isdecimal() else word for word in _TOKEN.findall(plain))
    return " ".join(words)


def phrases_of(prompt: str) -> list[str]:
    """Return the sentences of a prompt, which are likely said as they stand.

    Parameters
    ----------
    prompt
        Free text; slots have no meaning in it, and a sentence with braces is left out.
    """
    sentences = (part.strip() for part in _SENTENCE_END.split(prompt))
    return [part for part in sentences if part and "{" not in part]


def _spelt(digits: str) -> str:
    """Return a number below a hundred as it is read, a longer one digit by digit."""
    names = ("zero", *_UNITS, *_TEENS)
    value = int(digits)
    if len(digits) > 1 and (value >= _HUNDRED or digits.startswith("0")):
        return " ".join(names[int(digit)] for digit in digits)
    if value < len(names):
        return names[value]
    tens = _TENS[value // 10 - 2]
    return f"{tens} {names[value % 10]}" if value % 10 else tens


def words_of(phrase: str) -> set[str]:
    """Return the words of a normalised phrase, those its slots may hold included.

    Raises
    ------
    UsageError
        When a slot is not one of `SLOTS`.
    """
    found = set(_SLOT.sub(" ", phrase).split())
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
