"""Which of the session's tools an utterance asks for, and with which arguments.

By words only: an utterance asks for a tool when it shares words with the tool's name and
description; arguments are found by the schema's types and names. What is required and not
found is asked for, in words that are recognised again in the next turn. Two wishes joined
by "and" are two calls, when each is complete.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.brain.arguments import find_argument
from realtime_nb.server.brain.interface import BrainRequest, FunctionCall, FunctionTool
from realtime_nb.server.brain.outputs import name_words
from realtime_nb.server.brain.schemas import properties, required
from realtime_nb.server.brain.synonyms import same_words, stem

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_COMMON: Final = frozenset(
    """a an and any are as at be by can could current do does for from get give given has have
    i in is it its me my of on one or our please set tell that the this to us use used user want
    was what when where which who will with would with you your api call fetch find function look
    lookup query return returns run search show tool value make check""".split()  # noqa: SIM905 -- a line of words reads better than one of quotes
)
_ASKED: Final = re.compile(
    r"^For (?P<tool>[\w-]+) I need the (?P<parameter>[\w ]+)\.", re.MULTILINE
)
_AND: Final = re.compile(r"\s*(?:,\s*)?\b(?:and(?: also| then)?|then|also)\b\s+|\s*[;?]\s+")
_MORE: Final = re.compile(r"^(?:in|for|at|of|on|by)\b|^\S+(?:\s+\S+)?$", re.IGNORECASE)
_ENOUGH = 2.0
_LONGEST_TEXT = 2_000  # characters looked at
_MOST_CALLS = 4
_NAME_WEIGHT, _WORD_WEIGHT, _CHOICE_WEIGHT = 2.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class MissingArgument:
    """A tool is meant, but something it needs was not said.

    Parameters
    ----------
    tool, parameter
        Their names.
    """

    tool: str
    parameter: str

    @property
    def question(self) -> str:
        """What to ask; `match_tools` knows it again."""
        return f"For {self.tool} I need the {' '.join(name_words(self.parameter))}. What is it?"


def match_tools(request: BrainRequest) -> list[FunctionCall] | MissingArgument:
    """Return what the last utterance asks of the session's tools; an empty list is nothing.

    A tool that must be called (`tool_choice`) is called in any case, with empty values
    where nothing was found.
    """
    if not request.tools or request.tool_choice == "none":
        return []
    text = request.last_user.text[:_LONGEST_TEXT] if request.last_user else ""
    pending = _pending(request)
    if pending is not None:
        tool, parameter, text = pending
        return _listed(_call(tool, text, must=False, answered=parameter))
    tools = _eligible(request)
    if not tools:
        return []
    best, score = _best(tools, text)
    if request.tool_choice in {"function", "required"}:
        return _listed(_call(best, text, must=True))
    return _parallel(tools, text) or (
        _listed(_call(best, text, must=False)) if score >= _ENOUGH else []
    )


def _eligible(request: BrainRequest) -> tuple[FunctionTool, ...]:
    """Return the tools that may be called; of a forced one that is not there, none."""
    if request.tool_choice != "function":
        return request.tools
    return tuple(
        tool
        for tool in request.tools
        if tool.server == request.forced_server and request.forced_tool in {"", tool.name}
    )


def _best(tools: tuple[FunctionTool, ...], text: str) -> tuple[FunctionTool, float]:
    scores = [_score(tool, text) for tool in tools]
    best = max(range(len(tools)), key=scores.__getitem__)
    return tools[best], scores[best]


def _parallel(tools: tuple[FunctionTool, ...], text: str) -> list[FunctionCall]:
    """Return the calls of wishes joined by "and"; empty unless there are two, all complete."""
    wishes = [wish for wish in _AND.split(text) if wish.strip()][:_MOST_CALLS]
    calls: list[FunctionCall] = []
    last: FunctionTool | None = None
    for wish in wishes if len(wishes) > 1 else ():
        tool, score = _best(tools, wish)
        if score >= _ENOUGH:
            call = _call(tool, wish, must=False)
            if isinstance(call, MissingArgument):
                # "The weather and the time in Rome": what one lacks stands with the other.
                call = _call(tool, text, must=False)
        elif last is not None and (more := _once_more(last, wish)) is not None:
            tool, call = last, more
        else:
            continue
        if isinstance(call, MissingArgument):
            return []
        if tool is last and _takes_several(tool):
            return []  # "the mean of price and rating" is one wish
        last = tool
        if call not in calls:
            calls.append(call)
    return calls if len(calls) > 1 else []


def _takes_several(tool: FunctionTool) -> bool:
    return any(rule.get("type") == "array" for rule in properties(tool.parameters).values())


def _once_more(tool: FunctionTool, wish: str) -> FunctionCall | None:
    """Return the same tool's call for "... and in Rome", None when that was not meant."""
    rules, needed = properties(tool.parameters), required(tool.parameters)
    if len(needed) != 1 or not _MORE.search(wish.strip(" .?!")):
        return None
    rule = rules.get(needed[0], {})
    value = find_argument(needed[0], rule, wish, alone=True, whole=True)
    if value is None:
        return None
    return _made(tool, {needed[0]: value})


def _listed(call: FunctionCall | MissingArgument) -> list[FunctionCall] | MissingArgument:
    return call if isinstance(call, MissingArgument) else [call]


def _made(tool: FunctionTool, arguments: Json) -> FunctionCall:
    return FunctionCall(tool.name, json.dumps(arguments, ensure_ascii=False), tool.server)


def _call(
    tool: FunctionTool, text: str, *, must: bool, answered: str = ""
) -> FunctionCall | MissingArgument:
    found = _arguments(tool.parameters, text, must=must, answered=answered)
    return MissingArgument(tool.name, found) if isinstance(found, str) else _made(tool, found)


def _arguments(
    schema: Mapping[str, Any], text: str, *, must: bool, answered: str = ""
) -> Json | str:
    """Return the arguments found, or the name of the parameter that is missing."""
    rules, needed = properties(schema), required(schema)
    arguments: Json = {}
    for name, rule in rules.items():
        alone = sum(map(partial(_alike, rule), rules.values())) == 1
        if rule.get("type") == "object" and rule.get("properties"):
            value: Any = _arguments(rule, text, must=True) or None
        else:
            value = find_argument(name, rule, text, alone=alone, whole=name == answered)
        if value is not None:
            arguments[name] = value
        elif name in needed:
            if not must and rule.get("type") != "object":
                return name
            arguments[name] = _empty(rule)
    return arguments


def _alike(rule: Json, other: Json) -> bool:
    """Whether two parameters could take the same words."""
    return other.get("type") == rule.get("type") and not other.get("enum")


def _pending(request: BrainRequest) -> tuple[FunctionTool, str, str] | None:
    """Return tool, parameter and words when the last utterance answers a question of ours."""
    messages = [item for item in request.items if item.kind == "message"]
    if len(messages) < 2 or messages[-1].role != "user":  # noqa: PLR2004 -- question and answer
        return None
    asked = _ASKED.search(messages[-2].text) if messages[-2].role == "assistant" else None
    if asked is None:
        return None
    before = [item.text for item in messages[:-2] if item.role == "user"]
    for tool in request.tools:
        for name in properties(tool.parameters):
            if tool.name == asked["tool"] and " ".join(name_words(name)) == asked["parameter"]:
                return tool, name, f"{before[-1] if before else ''} | {messages[-1].text}"
    return None


def _score(tool: FunctionTool, text: str) -> float:
    said = _stems(text)
    name = _stems(" ".join(name_words(tool.name)))
    description = _stems(tool.description) - name
    score = _NAME_WEIGHT * len(name & said) + _WORD_WEIGHT * len(description & said)
    spoken = set(same_words(text))
    choices: list[Any] = []
    for rule in properties(tool.parameters).values():
        choices += rule.get("enum") or rule.get("items", {}).get("enum") or []
    chosen = any(spoken >= set(same_words(str(one)) or [""]) for one in choices)
    return score + _CHOICE_WEIGHT * chosen


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z]+", re.sub(r"\bhow many\b", "count", text.lower()))
    return {stem(word) for word in words if word not in _COMMON}


def _empty(rule: Json) -> Any:
    if rule.get("enum"):
        return rule["enum"][0]
    empty: Json = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    return empty.get(str(rule.get("type")), "")
