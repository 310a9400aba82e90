"""Which of the session's tools an utterance asks for, and with which arguments.

By words only: an utterance asks for a tool when it shares words with the tool's name and
description; arguments are found by the schema's types and names. What is required and not
found is asked for, in words that are recognised again in the next turn.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.server.brain.arguments import find_argument
from realtime_nb.server.brain.interface import BrainRequest, FunctionCall, FunctionTool

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_COMMON: Final = frozenset(
    """a an and any are as at be by can could current do does for from get give given has have
    i in is it its me my of on one or our please set tell that the this to us use used user want
    was what when where which who will with would you your api call fetch find function look
    lookup query return returns run search show tool value make check""".split()  # noqa: SIM905 -- a line of words reads better than one of quotes
)
_ASKED: Final = re.compile(
    r"^For (?P<tool>[\w-]+) I need the (?P<parameter>[\w ]+)\.", re.MULTILINE
)
_ENOUGH = 2.0
_LONGEST_TEXT = 2_000  # characters looked at
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
        """What to ask; `match_tool` knows it again."""
        return f"For {self.tool} I need the {' '.join(_words(self.parameter))}. What is it?"


def match_tool(request: BrainRequest) -> FunctionCall | MissingArgument | None:
    """Return what the last utterance asks of the session's tools, None when nothing.

    A tool that must be called (`tool_choice`) is called in any case, with empty values
    where nothing was found.
    """
    if not request.tools or request.tool_choice == "none":
        return None
    text = request.last_user.text[:_LONGEST_TEXT] if request.last_user else ""
    pending = _pending(request)
    if pending is not None:
        tool, parameter, text = pending
        return _call(tool, text, must=False, answered=parameter)
    scores = {tool.name: _score(tool, text) for tool in request.tools}
    best = max(request.tools, key=lambda tool: scores[tool.name])
    if request.tool_choice == "function":
        forced = [tool for tool in request.tools if tool.name == request.forced_tool]
        return _call(forced[0], text, must=True) if forced else None
    if request.tool_choice == "required":
        return _call(best, text, must=True)
    return _call(best, text, must=False) if scores[best.name] >= _ENOUGH else None


def say_output(output: str) -> str:
    """Return a tool's output as something to say."""
    try:
        value = json.loads(output)
    except ValueError:
        value = output
    spoken = _spoken(value)
    return f"{spoken[:1].upper()}{spoken[1:]}." if spoken and spoken[-1] not in ".!?" else spoken


def _call(
    tool: FunctionTool, text: str, *, must: bool, answered: str = ""
) -> FunctionCall | MissingArgument:
    schema = tool.parameters
    properties = cast("Mapping[str, Json]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    arguments: Json = {}
    for name, rule in properties.items():
        alone = sum(map(partial(_alike, rule), properties.values())) == 1
        value = find_argument(name, rule, text, alone=alone, whole=name == answered)
        if value is not None:
            arguments[name] = value
        elif name in required:
            if not must:
                return MissingArgument(tool.name, name)
            arguments[name] = _empty(rule)
    return FunctionCall(tool.name, json.dumps(arguments, ensure_ascii=False))


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
        for name in cast("Mapping[str, Json]", tool.parameters.get("properties") or {}):
            if tool.name == asked["tool"] and " ".join(_words(name)) == asked["parameter"]:
                return tool, name, f"{before[-1] if before else ''} | {messages[-1].text}"
    return None


def _score(tool: FunctionTool, text: str) -> float:
    said = _stems(text)
    name = _stems(" ".join(_words(tool.name)))
    description = _stems(tool.description) - name
    score = _NAME_WEIGHT * len(name & said) + _WORD_WEIGHT * len(description & said)
    for rule in cast("Mapping[str, Json]", tool.parameters.get("properties") or {}).values():
        choices = [str(choice).lower() for choice in rule.get("enum", [])]
        score += _CHOICE_WEIGHT * any(choice in text.lower().split() for choice in choices)
    return score


def _words(name: str) -> list[str]:
    """Return the words of an identifier, snake or camel."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z]+", text.lower())
    return {re.sub(r"(?:ing|s)$", "", word) for word in words if word not in _COMMON}


def _empty(rule: Json) -> Any:
    if rule.get("enum"):
        return rule["enum"][0]
    empty: Json = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    return empty.get(str(rule.get("type")), "")


def _spoken(value: Any) -> str:
    if isinstance(value, dict):
        pairs = cast("Json", value).items()
        return ", ".join(f"{' '.join(_words(key)) or key} is {_spoken(v)}" for key, v in pairs)
    if isinstance(value, list):
        return ", ".join(_spoken(entry) for entry in cast("list[Any]", value)) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None or value == "" else str(value)
