"""How the text lies on the page: sections, bullets, capitals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.prompting.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.prompting.text import Prompt

_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_LABEL: Final = re.compile(r"^\s*(?:<\w[^<>]{0,60}>|[^\W\d_][\w &/'-]{1,60}:)\s*$")
_SPACE: Final = re.compile(r"\s+")

_LONG_PROMPT: Final = 250
"""Words from which a prompt without sections is hard to follow."""
_LONG_PARAGRAPH: Final = 150
"""Words in one paragraph from which bullets would be followed better."""
_SHOUTED_SHARE: Final = 0.4
"""Share of words in capitals from which none stands out."""
_ENOUGH_WORDS: Final = 60


def find_layout(prompt: Prompt) -> Iterator[Finding]:
    """Yield a long text without sections, paragraphs too long, and capitals everywhere."""
    if prompt.word_count > _LONG_PROMPT and not _has_labels(prompt):
        yield Finding(
            0,
            "sections",
            f"{prompt.word_count} words have no headings, so rules are hard to find in them",
            "put each kind under a heading such as `# Role & Objective` or `# Tools`",
        )
    for line in prompt.lines:
        if len(line.text) < _LONG_PARAGRAPH:
            continue
        words = len(_SPACE.findall(line.content)) + 1
        if words > _LONG_PARAGRAPH:
            yield Finding(
                line.number,
                "paragraph",
                f"a paragraph of {words} words",
                "make it short bullets, one rule each; they are followed better",
            )
    yield from _find_shouting(prompt)


def _has_labels(prompt: Prompt) -> bool:
    return any(line.heading or _LABEL.match(line.text) for line in prompt.lines)


def _find_shouting(prompt: Prompt) -> Iterator[Finding]:
    words = _WORD.findall(prompt.text)
    loud = sum(word.isupper() for word in words)
    if len(words) >= _ENOUGH_WORDS and loud > _SHOUTED_SHARE * len(words):
        yield Finding(
            0,
            "capitals",
            f"{loud} of {len(words)} longer words are in capitals, so none stands out",
            "keep capitals for the few rules that must never be missed",
        )
