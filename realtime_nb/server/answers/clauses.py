"""Cutting a stream of text into what is spoken in one breath."""

from __future__ import annotations

import re
from typing import Final

# A sentence's end, with closing quotes, and the blank after it: `3.5` is no end.
_SENTENCE_END: Final = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+|\n+")
_PAUSE: Final = re.compile(r"[,;:\u2013\u2014]\s+")
_BLANK: Final = re.compile(r"\s+")
_PAUSE_FROM = 60  # characters: a shorter piece cut at a comma sounds chopped
_LONGEST = 240


class ClauseSplitter:
    """Gives back clauses as soon as they are whole; joined they are the text fed."""

    def __init__(self) -> None:
        self._waiting = ""

    def feed(self, text: str) -> list[str]:
        """Take more text; return the clauses it completes, blanks included."""
        self._waiting += text
        clauses: list[str] = []
        while (cut := _cut(self._waiting)) is not None:
            clauses.append(self._waiting[:cut])
            self._waiting = self._waiting[cut:]
        return clauses

    def flush(self) -> str:
        """Return what is left, possibly nothing."""
        rest, self._waiting = self._waiting, ""
        return rest


def _cut(text: str) -> int | None:
    """Return where the first clause of `text` ends, None when that cannot be told yet."""
    ends = [match.end() for match in (_SENTENCE_END.search(text),) if match]
    pause = _PAUSE.search(text, _PAUSE_FROM)
    if pause is not None:
        ends.append(pause.end())
    if ends and min(ends) <= _LONGEST:
        return min(ends)
    if len(text) <= _LONGEST:
        return None
    blanks = [match.end() for match in _BLANK.finditer(text, 0, _LONGEST)]
    return blanks[-1] if blanks else _LONGEST
