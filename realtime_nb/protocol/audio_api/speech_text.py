"""A long text in parts that are read one after the other: cut where a reader would breathe."""

from __future__ import annotations

import re
from typing import Final

# What ends a part, the best first: a paragraph, a sentence, a clause, a word.
_ENDS: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？।؟][」』”’]*\s*|\n"),  # noqa: RUF001 -- wide ones
    re.compile(r"[,;:–—]\s+|[、，；：]"),  # noqa: RUF001 -- wide ones
    re.compile(r"\s+"),
)
_AT_LEAST: Final = 0.4


def split_text(text: str, longest: int) -> list[str]:
    """Return a text in parts of at most `longest` characters.

    All parts together hold every word of the text, in order; a word longer than a part is
    the only one that is cut.
    """
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > longest:
        end = _end(rest, longest)
        parts.append(rest[:end].strip())
        rest = rest[end:].strip()
    if rest:
        parts.append(rest)
    return [part for part in parts if part]


def _end(text: str, longest: int) -> int:
    """Return where the first part ends: at the last good place that fits."""
    # One more: a space may be what does not fit.
    room = text[: longest + 1]
    for number, mark in enumerate(_ENDS):
        ends = [found.end() for found in mark.finditer(room) if found.end() <= len(room)]
        # A part that is nearly empty is no good place, however good the mark.
        least = longest * _AT_LEAST if number < len(_ENDS) - 1 else 1
        fitting = [end for end in ends if least <= len(text[:end].rstrip()) <= longest]
        if fitting:
            return fitting[-1]
    return longest
