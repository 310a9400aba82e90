"""What was written, as plain JSON values: what YAML and Python know beyond that is told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, cast

from realtime_nb.protocol.config.problem import Problem

_DEEPEST: Final = 64
_MOST: Final = 100_000


class PlainReader:
    """Copies values, and notes what JSON cannot hold.

    A name that is no text becomes one, a date the text of it, and what goes on without end
    (a YAML anchor inside itself, or one that multiplies) is cut: what comes out can always be
    sent.

    Attributes
    ----------
    problems
        What was noted, in the order met.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._count = 0
        self._too_deep = False

    def read(self, value: Any, path: str, depth: int = 0) -> Any:
        """Return a copy of `value` that JSON can hold; `path` is where it was written."""
        self._count += 1
        if depth > _DEEPEST or self._count > _MOST:
            self._cut(path, depth)
            return None
        if isinstance(value, Mapping):
            return self._object(cast("Mapping[Any, Any]", value), path, depth)
        if isinstance(value, list | tuple):
            entries = cast("list[Any]", value)
            return [self.read(v, f"{path}[{n}]", depth + 1) for n, v in enumerate(entries)]
        return self._scalar(value, path)

    def _object(self, value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for name, entry in value.items():
            key = name if isinstance(name, str) else self._name(name, path)
            where = f"{path}.{key}" if path else key
            plain[key] = self.read(entry, where, depth + 1)
            if self._count > _MOST:
                break
        return plain

    def _name(self, name: Any, path: str) -> str:
        word = _as_text(name)
        inside = f"`{path}`" if path else "the config"
        advice = f'put it in quotes: "{word}"'
        if isinstance(name, bool):
            words = "on, yes and true" if name else "off, no and false"
            advice = f"YAML reads {words} so; put the word meant in quotes"
        where = f"{path}.{word}" if path else word
        message = f"{inside} has {name!r} ({type(name).__name__}) as a name, and a name is a text"
        self.problems.append(Problem(where, message, advice))
        return word

    def _scalar(self, value: Any, path: str) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            if path.rpartition(".")[2] == "max_output_tokens" and value == math.inf:
                return "inf"
            message = f"`{path}` is {value!r}, a number JSON does not have"
            self.problems.append(Problem(path, message, "write a finite number"))
            return None
        if value is None or isinstance(value, str | int | float):
            return value
        word = _as_text(value)
        message = f"`{path}` is of type {type(value).__name__}, which JSON does not have"
        self.problems.append(Problem(path, message, f'put it in quotes: "{word}"'))
        return word

    def _cut(self, path: str, depth: int) -> None:
        if depth > _DEEPEST and not self._too_deep:
            self._too_deep = True
            message = f"`{path[:40]}…` is nested more than {_DEEPEST} deep"
            self.problems.append(Problem(path, message, "does an anchor stand inside itself?"))
        elif self._count == _MOST + 1:
            message = f"the config holds more than {_MOST:,} values, and was cut there"
            self.problems.append(Problem(path, message, "do its anchors multiply?"))


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return " ".join(text.split())[:80]
