"""Arguments of a function call, found in an utterance by the schema's names and types."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from realtime_nb.server.brain.numbers import digits, find_code, find_numbers
from realtime_nb.server.brain.outputs import name_words
from realtime_nb.server.brain.synonyms import same_words

Json = dict[str, Any]

# Behind one of these words stands what a text parameter wants: "the weather in Paris".
_LEADS: Final = r"\b(?:in|for|at|about|to|of|from|named|called)\s+"
_ENDS: Final = (
    r"(?=\s+(?:in|for|at|about|to|from|on|with|by|per|please|today|tomorrow|now|and)\b|[.,?!|]|$)"
)
_ON: Final = frozenset({"on", "yes", "true", "enable", "enabled", "start"})
_OFF: Final = frozenset({"off", "no", "false", "disable", "disabled", "stop"})
_CODE_NAMES: Final = frozenset({"id", "number", "code", "no", "nr", "phone", "zip"})
# What is asked about, and what it is grouped by: "the average price by city".
_MEASURES: Final = frozenset({"column", "col", "field", "variable", "metric", "measure", "y"})
_GROUPS: Final = frozenset({"by", "group", "per", "x"})
_MEASURED: Final = re.compile(
    r"\b(?:average|mean|median|highest|lowest|maximum|minimum|largest|smallest|total|sum|count|"
    r"plot|chart|graph|draw|histogram|describe)"
    r"(?:\s+(?:an?|the|of|bar|line|plot|chart|graph|histogram))*\s+(?P<value>\w+)",
    re.IGNORECASE,
)
_GROUPED: Final = re.compile(
    r"\b(?:by|per|for each|in each|across)\s+(?:the\s+)?(?P<value>\w+)", re.IGNORECASE
)
# Parameters that take somebody's own words.
_WHOLE: Final = frozenset({"question", "query", "text", "message", "request", "prompt", "q"})
_ARTICLES: Final = re.compile(r"^(?:the|a|an|my|order|number)\s+", re.IGNORECASE)


def find_argument(name: str, rule: Json, text: str, *, alone: bool, whole: bool) -> Any:
    """Return a parameter's value, None when the utterance has none.

    Parameters
    ----------
    name, rule
        The parameter's name and its JSON schema, told plainly (see `schemas`).
    text
        What was said; the answer to a question of ours stands behind a bar.
    alone
        Whether no other parameter has this type.
    whole
        Whether the words behind the bar answer just this parameter.
    """
    answer = text.rpartition("|")[2].strip() if whole else text
    if rule.get("enum"):
        return _choice(name, rule["enum"], answer)
    kind = rule.get("type", "string")
    if kind in {"integer", "number"}:
        return _number(name, answer, integer=kind == "integer", alone=alone or whole)
    if kind == "boolean":
        return _switch(answer)
    if kind == "string":
        return _words(name, answer, alone=alone, whole=whole)
    if kind == "array":
        return _several(name, rule.get("items") or {}, answer, alone=alone, whole=whole)
    return None


def _choice(name: str, choices: list[Any], text: str) -> Any:
    """Return the choice that was said: behind "by" for a grouping, else the first one."""
    said = same_words(text)
    found: list[tuple[bool, int, Any]] = []
    groups = bool(_GROUPS & set(name_words(name)))
    for choice in choices:
        place = _place(said, same_words(" ".join(name_words(str(choice))) or str(choice)))
        if place is not None:
            grouped = place > 0 and said[place - 1] in {"by", "each"}
            found.append((grouped != groups, place, choice))
    return min(found, key=lambda one: one[:2])[2] if found else None


def _place(said: list[str], words: list[str]) -> int | None:
    if not words:
        return None
    places = range(len(said) - len(words) + 1)
    return next((at for at in places if said[at : at + len(words)] == words), None)


def _several(name: str, rule: Json, text: str, *, alone: bool, whole: bool) -> list[Any] | None:
    if rule.get("enum"):
        said = same_words(text)
        choices = cast("list[Any]", rule["enum"])
        return [one for one in choices if _place(said, same_words(str(one))) is not None] or None
    if rule.get("type") in {"integer", "number"}:
        numbers = find_numbers(text)
        return [int(n) if rule["type"] == "integer" else n for n in numbers] or None
    words = _words(name, text, alone=alone, whole=whole)
    return re.split(r"\s*,\s*|\s+and\s+", words) if words else None


def _switch(text: str) -> bool | None:
    said = set(re.findall(r"[a-z]+", text.lower()))
    return True if said & _ON else False if said & _OFF else None


def _number(name: str, text: str, *, integer: bool, alone: bool) -> float | int | None:
    counted = digits(text)
    unit = re.escape(name.replace("_", " ").lower().rstrip("s"))
    # Digits said one by one are one number: "four two seven" is 427.
    spelled = r"(?<![\d.])-?\d(?: \d)+(?! ?\d)|" if integer else ""
    number = rf"({spelled}-?\d+(?:\.\d+)?)"
    near = re.search(rf"{number}\s+{unit}|{unit}\w*(?: is| of| number)?\s+{number}", counted)
    found = near or (re.search(number, counted) if alone else None)
    if found is None:
        return None
    value = float(next(group for group in found.groups() if group).replace(" ", ""))
    return int(value) if integer else value


def _words(name: str, text: str, *, alone: bool, whole: bool) -> str | None:
    parts = set(name_words(name))
    if _CODE_NAMES & parts and find_code(text):
        return find_code(text)
    if whole:
        return re.sub(rf"^\s*(?:it is\s+)?{_LEADS}", "", text).strip(" .!?") or None
    label = re.escape(" ".join(name_words(name)))
    named = re.search(rf"\b{label}(?:\s+is)?\s+(?P<value>\S.*?){_ENDS}", text, re.IGNORECASE)
    if named is None and _GROUPS & parts:
        named = _GROUPED.search(text)
    if named is None and _MEASURES & parts:
        named = _MEASURED.search(text)
    if named is None and alone:
        named = re.search(rf"{_LEADS}(?P<value>\S.*?){_ENDS}", text, re.IGNORECASE)
    if named is None:
        return text.strip() or None if _WHOLE & parts and "|" not in text else None
    return _ARTICLES.sub("", named["value"]).strip(" .!?\"'") or None
