"""A prompt taken apart for the rules: lines, headings, sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADING: Final = re.compile(
    r"\s{0,3}(?P<marks>#{1,6})\s+(?P<title>\S.*)|\*\*(?P<bold>[^*]{0,79}[^*.!?])\*\*:?\s*$"
)
_HEADING_SIGNS: Final = frozenset("#*")
_BOLD_DEPTH: Final = 7
_BULLET: Final = re.compile(r"(?P<indent>\s*)(?:[-*•+]|\d{1,3}[.)])\s+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?;])\s+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_CURLY: Final = "\u2019"

# Enough of the text to tell its language, and the commonest words of English prompts.
_SAMPLE_CHARS: Final = 20_000
_COMMON: Final = (
    "a an and are as ask at be by call can do for from give have help how if in is it keep "
    "not of on only or say should speak that the their them they this to use user when with "
    "you your"
)
_ENGLISH: Final = frozenset(_COMMON.split())
_ENGLISH_SHARE: Final = 0.2
_FEW_WORDS: Final = 12


@dataclass(slots=True)
class Line:
    """One line of a prompt.

    Attributes
    ----------
    number
        Counted from 1.
    text
        As written, without the line break.
    heading
        The text of a heading; ``""`` on other lines.
    topics
        The headings it stands under, outermost first, itself on a heading; a bold line counts
        as the innermost.
    """

    number: int
    text: str
    heading: str = ""
    topics: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The line without its bullet or number."""
        return self.text[len(self._marker) :].strip()

    @property
    def indent(self) -> int:
        """How many characters stand before the bullet or the first word."""
        return len(self.text) - len(self.text.lstrip())

    @property
    def is_bullet(self) -> bool:
        """Whether it begins with a bullet or a number."""
        return bool(self._marker)

    @property
    def _marker(self) -> str:
        found = _BULLET.match(self.text)
        return found.group() if found else ""


def fold(text: str) -> str:
    """Return the text in lower case, with ``not`` a word of its own (don't → do not)."""
    return text.lower().replace(_CURLY, "'").replace("n't", " not")


@dataclass(frozen=True)
class Prompt:
    """A prompt and what the rules ask of it.

    Parameters
    ----------
    text
        The prompt.
    """

    text: str
    lines: list[Line] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", list(_lines(self.text)))

    @cached_property
    def lower(self) -> str:
        """The text as the rules that look for words read it; see `fold`."""
        return fold(self.text)

    @cached_property
    def sentences(self) -> list[tuple[Line, str]]:
        """Every sentence as `fold` has it, with its line; headings are none."""
        return [
            (line, sentence)
            for line in self.lines
            if line.text and not line.heading
            for sentence in _SENTENCE_END.split(fold(line.content))
        ]

    @cached_property
    def word_count(self) -> int:
        """How many words it has."""
        return sum(1 for _ in _WORD.finditer(self.text))

    @cached_property
    def is_english(self) -> bool:
        """Whether the rules that look for words can read it; a short text counts as English."""
        words = _WORD.findall(self.text[:_SAMPLE_CHARS].lower())
        if len(words) < _FEW_WORDS:
            return self.text.isascii()
        return sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words)


def _lines(text: str) -> Iterator[Line]:
    open_: list[tuple[int, str]] = []
    topics: tuple[str, ...] = ()
    for number, raw in enumerate(text.split("\n"), start=1):
        written = raw.rstrip("\r")
        # Most lines are none, and the look at a few characters is cheap.
        found = _HEADING.match(written) if written[:4].lstrip()[:1] in _HEADING_SIGNS else None
        title = ""
        if found:
            title = (found["title"] or found["bold"]).strip("#*: \t")
            depth = len(found["marks"] or "") or _BOLD_DEPTH
            open_ = [*((d, t) for d, t in open_ if d < depth), (depth, title)]
            topics = tuple(topic for _, topic in open_)
        yield Line(number, written, title, topics)
