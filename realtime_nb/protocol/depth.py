"""How deep JSON from elsewhere may be nested: whoever walks it later does so by recursion."""

from __future__ import annotations

from typing import Any, Final, cast

DEEPEST: Final = 128
"""Levels; what a service sends, schemas of tools within them, has a tenth of that."""


def is_too_deep(text: str | bytes, value: Any) -> bool:
    """Return whether JSON is nested deeper than `DEEPEST`.

    Parameters
    ----------
    text
        The JSON; what has few brackets is not looked through.
    value
        What it was parsed to.
    """
    brackets = (
        text.count("[") + text.count("{")
        if isinstance(text, str)
        else text.count(b"[") + text.count(b"{")
    )
    return brackets > DEEPEST and _levels(value) > DEEPEST


def _levels(value: Any) -> int:
    level: list[Any] = [value]
    for depth in range(DEEPEST + 1):
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                deeper += cast("dict[str, Any]", one).values()
            elif isinstance(one, list):
                deeper += cast("list[Any]", one)
        level = [one for one in deeper if isinstance(one, dict | list)]
        if not level:
            return depth + 1
    return DEEPEST + 1
