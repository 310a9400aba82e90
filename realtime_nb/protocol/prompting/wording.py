"""Words and signs that a voice model follows badly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.prompting.finding import Finding
from realtime_nb.protocol.prompting.sections import BLANK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.prompting.text import Prompt

# A sign and a number; the sign is no arrow (->, =>), the number no name (Settings > 2FA).
_COMPARISON: Final = re.compile(
    r"(?<![-=<>~])(?P<sign>[<>]=?|==|!=|≥|≤|≧|≦)\s?(?P<right>[$€£]?\d[\d.,]*+)(?![\w>])"
)
_IN_WORDS: Final = {
    ">": "more than",
    "<": "less than",
    ">=": "at least",
    "≥": "at least",
    "≧": "at least",
    "<=": "at most",
    "≤": "at most",
    "≦": "at most",
    "==": "is",
    "!=": "is not",
}
_PLACEHOLDER: Final = re.compile(
    rf"{re.escape(BLANK)}[^\]\n]{{0,200}}\]?|\[[A-Z]{{2,40}}(?:_[A-Z]{{2,40}}){{1,6}}\]|\bTODO\b|\bTBD\b"
)
_INAUDIBLE: Final = re.compile(r"\binaudible\b", re.IGNORECASE)
_QUOTED: Final = 60


def find_numbers(prompt: Prompt) -> Iterator[Finding]:
    """Yield the lines that compare a number in code style, such as ``IF x > 3``."""
    for line in prompt.lines:
        for found in _COMPARISON.finditer(line.text):
            left = _left_of(found, line.text)
            if left:
                sign, right = found["sign"], found["right"].rstrip(".,")
                yield Finding(
                    line.number,
                    "numbers",
                    f"`{left} {sign} {right}` compares a number as code does",
                    f"write it in words: `{_IN_WORDS[sign]} {right}`",
                )
                break


def _left_of(found: re.Match[str], text: str) -> str:
    """Return the word compared; ``""`` when the sign means something else."""
    sign, start = found["sign"], found.start("sign")
    before = text[max(0, start - _QUOTED) : start]
    words = before.split()
    if not words:
        return ""  # a quotation mark of markdown: > 3 rooms
    if found.group().startswith("<3") and before[-1].isspace():
        return ""  # a heart
    # The end of a tag: a bracket before it that nothing has closed, as in <b>3.
    opened = before.rfind("<")
    if sign == ">" and opened >= 0 and ">" not in before[opened:]:
        return ""
    return words[-1][-_QUOTED:]


def find_blanks(prompt: Prompt) -> Iterator[Finding]:
    """Yield the lines where something is still to be filled in."""
    for line in prompt.lines:
        found = _PLACEHOLDER.search(line.text)
        if found:
            yield Finding(
                line.number,
                "blank",
                f"`{_short(found.group())}` is still to be filled in, and would be read as it is",
                "fill it in, or take the line out",
            )


def find_words(prompt: Prompt) -> Iterator[Finding]:
    """Yield the lines with a word that another one did better than."""
    for line in prompt.lines:
        if _INAUDIBLE.search(line.text) and "unintelligible" not in prompt.lower:
            yield Finding(
                line.number,
                "inaudible",
                "`inaudible` is followed less well than `unintelligible`",
                "write `unintelligible`",
            )


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
