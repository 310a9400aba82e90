"""What functions gave, as something to say: shortly, because it is heard and not read."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from realtime_nb.server.brain.interface import ContextItem

Json = dict[str, Any]

_MOST_ROWS: Final = 3
_MOST_FIELDS: Final = 6
_MOST_CHARACTERS: Final = 300
_FAILED: Final = frozenset({"failed", "bad_arguments", "timeout", "unknown", "error"})


def say_outputs(items: tuple[ContextItem, ...]) -> str:
    """Return what the outputs at a conversation's end say, in the order of their calls.

    Empty where the conversation does not end with an output.
    """
    newest: list[ContextItem] = []
    for item in reversed(items):
        if item.kind == "message":
            break
        newest.insert(0, item)
    if not newest or newest[-1].kind != "function_call_output":
        return ""
    outputs = {item.call_id: item.output for item in newest if item.kind == "function_call_output"}
    called = [item.call_id for item in newest if item.kind == "function_call"]
    order = [call_id for call_id in called if call_id in outputs]
    order += [call_id for call_id in outputs if call_id not in called]
    return " ".join(say_output(outputs[call_id]) for call_id in order)


def say_output(output: str) -> str:
    """Return a function's output as something to say."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        value = output
    said = _failure(value) or _spoken(value) or "nothing"
    if len(said) > _MOST_CHARACTERS:
        said = f"{said[:_MOST_CHARACTERS].rsplit(None, 1)[0]}, and so on"
    said = f"{said[:1].upper()}{said[1:]}"
    return said if said[-1] in ".!?" else f"{said}."


def name_words(name: str) -> list[str]:
    """Return the words of an identifier, snake or camel."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def _failure(value: Any) -> str:
    """Return that a call failed and why, empty when it did not."""
    if not isinstance(value, dict):
        return ""
    told = cast("Json", value)
    why = str(told.get("error") or told.get("reason") or "")
    status = told.get("status")
    if status in {"cancelled", "denied"}:
        return f"the call was {status}{': ' if why else ''}{why}"
    if status in _FAILED or set(told) == {"error"}:
        return f"that did not work{': ' if why else ''}{why}"
    return ""


def _spoken(value: Any) -> str:
    if isinstance(value, dict):
        return _object(cast("Json", value))
    if isinstance(value, list):
        return _listed(cast("list[Any]", value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    return "nothing" if value is None or value == "" else str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "not a number"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.01 else f"{value:.2g}"  # noqa: PLR2004 -- below that two decimals say nothing


def _object(value: Json) -> str:
    if "result" in value and set(value) <= {"result", "notes"}:
        return _spoken(value["result"])
    pairs = list(value.items())
    said = [f"{' '.join(name_words(key)) or key} is {_spoken(v)}" for key, v in pairs]
    return _some(said, _MOST_FIELDS, ", ")


def _listed(values: list[Any]) -> str:
    if not values:
        return "nothing"
    said = [_spoken(value) for value in values]
    if all(isinstance(value, dict) for value in values) and len(values) > 1:
        return f"{len(values)} rows: {_some(said, _MOST_ROWS, '; ')}"
    return _some(said, _MOST_FIELDS, ", ")


def _some(said: list[str], most: int, between: str) -> str:
    shown = between.join(said[:most])
    return f"{shown}{between}and {len(said) - most} more" if len(said) > most else shown
