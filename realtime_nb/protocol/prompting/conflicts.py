"""Rules of one prompt that contradict each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.prompting.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.prompting.text import Line, Prompt

_NUMBERS: Final = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_NUMBER: Final = r"\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten"
_COUNT: Final = re.compile(
    rf"\b(?:(?P<bound>at most|at least|no more than|no fewer than|more than|up to|under|"
    rf"fewer than|less than|maximum(?: of)?|minimum(?: of)?|max\.?)\s+)?"
    rf"(?P<low>{_NUMBER})(?:\s*(?:-|\u2013|\u2014|to|or)\s*(?P<high>{_NUMBER}))?[\s-]+"
    rf"(?:\w+\s+)?sentences?\b(?P<after>\s+(?:or (?:less|fewer|more)|max(?:imum)?|at most|tops))?"
)
_UP_TO: Final = ("at most", "no more than", "up to", "max", "under", "fewer", "less", "tops")
_FROM: Final = ("at least", "no fewer than", "more", "min")
_ANSWER: Final = re.compile(r"\b(?:answer|respon[ds]|repl(?:y|ies)|turn|output|speak|talk)")
_ABOUT_LENGTH: Final = re.compile(
    r"sentence|brief|concise|terse|succinct|short|detail|elaborat|comprehensive|exhaustive|"
    r"length|long|depth|thorough"
)
_SHORT: Final = re.compile(
    r"\b(?:brief(?:ly)?|concise(?:ly)?|terse(?:ly)?|succinct(?:ly)?|short)\b"
)
_LONG: Final = re.compile(
    r"\bbe\s+(?:(?:very|as|more|always)\s+)?(?:detailed|elaborate|comprehensive|exhaustive|lengthy)\b"
    r"|\b(?:give|provide|offer|deliver|write|make|use|keep)\s+(?:\w+\s+){0,3}"
    r"(?:detailed|elaborate|comprehensive|exhaustive|lengthy|long)\b"
    r"|\b(?:answer|respond|reply|explain)\w*\s+(?:\w+\s+){0,2}"
    r"(?:at length|in detail|in depth|thoroughly|comprehensively|exhaustively)\b"
    r"|\b(?:detailed|elaborate|comprehensive|exhaustive|lengthy|long)\s+"
    r"(?:answers|responses|replies|explanations)\b"
    r"|\belaborate on (?:everything|every|each|all)\b|\bas much detail as\b"
)
_NEGATED: Final = re.compile(
    r"\b(?:not|never|avoid|no|without|rather than|instead of|nor|neither|too|overly|how long|"
    r"as long as|so long)\b"
)
# A rule for some occasion is none for every answer.
_OCCASION: Final = re.compile(
    r"\b(?:when|if|unless|until|except|only|asked|asks|for|during|after|before|while|where|once|"
    r"but|first|greetings?|opening|closing|then|whenever|case|cases|story|stories|tool)\b"
)
# Headings under which a rule is one for every answer.
_GENERAL: Final = re.compile(
    r"\b(?:length|tone|personality|style|voice|rules?|instructions?|general|format|brevity|"
    r"verbosity|responses?|guidelines|speaking|delivery|behaviou?r|pacing)\b",
    re.IGNORECASE,
)
_SPECIAL: Final = re.compile(
    r"\b(?:tools?|flow|greeting|escalation|safety|context|examples?|samples?|stories|selection|"
    r"phrases)\b",
    re.IGNORECASE,
)
_FAR: Final = 1_000
_LONG_SENTENCES: Final = 4
"""Sentences in an answer from which it is long, for a rule that wants it short."""

_ORDER: Final = re.compile(
    r"(?P<word>always|never|do not ever|do not|must not)\s+(?P<rest>\w[^.!?;:]{3,200})",
)
_SAID: Final = re.compile(r"[^\w\s'-]")
_FILLERS: Final = frozenset({"the", "a", "an", "your", "to", "any", "this", "that", "please"})


@dataclass(frozen=True, slots=True)
class _Length:
    line: int
    low: int
    high: int
    words: str


def find_length_conflicts(prompt: Prompt) -> Iterator[Finding]:
    """Yield the first rule for the length of every answer that cannot be kept with another."""
    rules = [
        rule
        for line, sentence in prompt.sentences
        if _is_general(line.topics)
        for rule in _lengths(line, sentence)
    ]
    if not rules:
        return
    shortest = longest = rules[0]
    for rule in rules[1:]:
        against = shortest if rule.low > shortest.high else longest
        if rule.low > shortest.high or rule.high < longest.low:
            yield Finding(
                rule.line,
                "length",
                f"`{rule.words}` contradicts `{against.words}`",
                "keep one, or say when each of them holds",
                against.line,
            )
            return
        shortest = min(shortest, rule, key=lambda one: one.high)
        longest = max(longest, rule, key=lambda one: one.low)


@lru_cache(maxsize=1024)
def _is_general(topics: tuple[str, ...]) -> bool:
    """Whether what stands under these headings holds for every answer."""
    if any(_SPECIAL.search(topic) for topic in topics):
        return False
    return not topics or any(_GENERAL.search(topic) for topic in topics)


def _lengths(line: Line, sentence: str) -> Iterator[_Length]:
    if len(sentence) > _FAR or not _ABOUT_LENGTH.search(sentence):
        return
    if _OCCASION.search(_without_heads(sentence)):
        return
    count = _COUNT.search(sentence)
    if count:
        if _ANSWER.search(sentence) or any("length" in topic.lower() for topic in line.topics):
            low, high = _range(count, negated=_is_negated(sentence[: count.start()]))
            yield _Length(line.number, low, high, count.group().strip())
    elif not _is_negated(sentence):
        yield from _manners(line, sentence)


def _without_heads(sentence: str) -> str:
    """Return the sentence without a label before a colon: ``Length: two sentences``."""
    return sentence.rpartition(":")[2]


def _manners(line: Line, sentence: str) -> Iterator[_Length]:
    short, long = _SHORT.search(sentence), _LONG.search(sentence)
    if short and not long:
        yield _Length(line.number, 0, _LONG_SENTENCES - 1, short.group())
    elif long and not short:
        yield _Length(line.number, _LONG_SENTENCES, _FAR, long.group())


def _is_negated(text: str) -> bool:
    return bool(_NEGATED.search(text))


def _range(count: re.Match[str], *, negated: bool) -> tuple[int, int]:
    low = _number(count["low"])
    high = _number(count["high"]) if count["high"] else low
    words = f"{count['bound'] or ''} {count['after'] or ''}"
    if negated:  # never more than two
        return (0, high) if "more" in words else (0, _FAR)
    if any(word in words for word in ("no more", "at most", "or less", "or fewer")):
        return 0, high
    if any(word in words for word in _FROM):
        return low, _FAR
    if any(word in words for word in _UP_TO):
        return 0, high
    return low, high


def _number(word: str) -> int:
    return _NUMBERS.get(word) or int(word)


def find_opposites(prompt: Prompt) -> Iterator[Finding]:
    """Yield an `always` and a `never` that order the same thing, both without a condition."""
    seen: dict[str, tuple[bool, int, str]] = {}
    for line, sentence in prompt.sentences:
        order = _ORDER.match(sentence.lstrip("*_ "))
        if not order or _OCCASION.search(order["rest"]):
            continue
        does, said = order["word"] == "always", order.group().strip()
        key = _key(order["rest"])
        earlier = seen.setdefault(key, (does, line.number, said)) if key else None
        if earlier and earlier[0] is not does:
            yield Finding(
                line.number,
                "conflict",
                f"`{said}` contradicts `{earlier[2]}`",
                "keep one, or say when each of them holds",
                earlier[1],
            )


def _key(rest: str) -> str:
    words = [word for word in _SAID.sub(" ", rest).split() if word not in _FILLERS]
    return " ".join(words)
