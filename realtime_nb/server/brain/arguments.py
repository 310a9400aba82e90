"""Arguments of a function call, found in an utterance by the schema's names and types."""

from __future__ import annotations

import re
from typing import Any, Final

from realtime_nb.server.brain.numbers import digits, find_code

Json = dict[str, Any]

# Behind one of these words stands what a text parameter wants: "the weather in Paris".
_LEADS: Final = r"\b(?:in|for|at|about|to|of|from|named|called)\s+"
_ENDS: Final = (
    r"(?=\s+(?:in|for|at|about|to|from|on|with|please|today|tomorrow|now|and)\b|[.,?!|]|$)"
)
_ON: Final = frozenset({"on", "yes", "true", "enable", "enabled", "start"})
_OFF: Final = frozenset({"off", "no", "false", "disable", "disabled", "stop"})
_CODE_NAMES: Final = frozenset({"id", "number", "code", "no", "nr", "phone", "zip"})
_ARTICLES: Final = re.compile(r"^(?:the|a|an|my|order|number)\s+", re.IGNORECASE)


def find_argument(name: str, rule: Json, text: str, *, alone: bool, whole: bool) -> Any:
    """Return a parameter's value, None when the utterance has none.

    Parameters
    ----------
    name, rule
        The parameter's name and its JSON schema.
    text
        What was said; the answer to a question of ours stands behind a bar.
    alone
        Whether no other parameter has this type.
    whole
        Whether the words behind the bar answer just this parameter.
    """
    answer = text.rpartition("|")[2].strip() if whole else text
    if rule.get("enum"):
        return _choice(rule["enum"], answer)
    kind = rule.get("type", "string")
    if kind in {"integer", "number"}:
        return _number(name, answer, integer=kind == "integer", alone=alone or whole)
    if kind == "boolean":
        return _switch(answer)
    if kind == "string":
        return _words(name, answer, alone=alone, whole=whole)
    return None


def _choice(choices: list[Any], text: str) -> Any:
    said = f" {re.sub(r'[^a-z0-9]+', ' ', text.lower())} "
    for choice in choices:
        if f" {re.sub(r'[^a-z0-9]+', ' ', str(choice).lower()).strip()} " in said:
            return choice
    return None


def _switch(text: str) -> bool | None:
    said = set(re.findall(r"[a-z]+", text.lower()))
    return True if said & _ON else False if said & _OFF else None


def _number(name: str, text: str, *, integer: bool, alone: bool) -> float | int | None:
    counted = digits(text)
    unit = re.escape(name.replace("_", " ").lower().rstrip("s"))
    number = r"(-?\d+(?:\.\d+)?)"
    near = re.search(rf"{number}\s+{unit}|{unit}\w*(?: is| of| number)?\s+{number}", counted)
    found = near or (re.search(number, counted) if alone else None)
    if found is None:
        return None
    value = float(next(group for group in found.groups() if group))
    return int(value) if integer else value


def _words(name: str, text: str, *, alone: bool, whole: bool) -> str | None:
    parts = re.findall(r"[a-z]+", name.lower())
    if _CODE_NAMES & set(parts) and find_code(text):
        return find_code(text)
    if whole:
        return re.sub(rf"^\s*(?:it is\s+)?{_LEADS}", "", text).strip(" .!?") or None
    label = re.escape(" ".join(parts))
    named = re.search(rf"\b{label}(?:\s+is)?\s+(?P<value>\S.*?){_ENDS}", text, re.IGNORECASE)
    if named is None and alone:
        named = re.search(rf"{_LEADS}(?P<value>\S.*?){_ENDS}", text, re.IGNORECASE)
    if named is None:
        return None
    return _ARTICLES.sub("", named["value"]).strip(" .!?\"'") or None
