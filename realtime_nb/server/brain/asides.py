"""What the card brain answers beside the talk: a summary by rule, a check of words by a list.

It quotes and counts; what a model would make of the talk it cannot say, and does not pretend.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from realtime_nb.server.brain.interface import BrainRequest, ContextItem

Json = dict[str, Any]

_SUMMARY: Final = re.compile(r"\b(?:summar\w*|notes?|minutes|recap|what was said)\b", re.IGNORECASE)
_CHECK: Final = re.compile(
    r"\b(?:moderat\w*|flag\w*|classif\w*|appropriate|unsafe|safe|allowed)\b", re.IGNORECASE
)
_JSON: Final = re.compile(r"\bjson\b", re.IGNORECASE)
# A list, so that a check has something to find; nobody should rely on it.
_RUDE: Final = frozenset({"damn", "hell", "idiot", "stupid", "shut", "hate", "kill"})
_LONGEST: Final = 200  # characters quoted of one message


def say_aside(request: BrainRequest) -> str | None:
    """Return the answer to a wish beside the talk, None when there is none that is known here.

    Parameters
    ----------
    request
        Of an out-of-band response: its wish stands in its instructions, or in its last
        message.
    """
    if not request.beside:
        return None
    told = [item for item in request.items if item.kind == "message" and item.text]
    wish = request.instructions
    if told and told[-1].role != "assistant" and _known(told[-1].text):
        wish, told = told[-1].text, told[:-1]
    if _CHECK.search(wish):
        return _check(told, as_json=bool(_JSON.search(wish)))
    if _SUMMARY.search(wish):
        return _summary(told, as_json=bool(_JSON.search(wish)))
    return None


def _known(text: str) -> bool:
    return bool(_CHECK.search(text) or _SUMMARY.search(text))


def _summary(told: list[ContextItem], *, as_json: bool) -> str:
    said: dict[str, list[str]] = {"user": [], "assistant": []}
    for item in told:
        if item.role in said:
            said[item.role].append(_quoted(item.text))
    if as_json:
        return json.dumps({"messages": sum(map(len, said.values())), **said}, ensure_ascii=False)
    parts = [
        f"{who} said: {' / '.join(said[role])}"
        for role, who in (("user", "You"), ("assistant", "I"))
        if said[role]
    ]
    return " ".join(f"{part.rstrip('.?!')}." for part in parts) or "Nothing was said yet."


def _check(told: list[ContextItem], *, as_json: bool) -> str:
    words = re.findall(r"[a-z]+", told[-1].text.lower()) if told else []
    found = sorted(_RUDE & set(words))
    if as_json:
        return json.dumps({"flagged": bool(found), "words": found})
    return f"Flagged for {', '.join(found)}." if found else "Nothing was flagged."


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(None, 1)[0]}…"
