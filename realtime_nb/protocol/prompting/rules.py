"""Rules that find in a prompt what the guide to prompting realtime models warns of.

They are written to be believed: where a rule cannot be sure, it is silent. What needs
judgement (is a term defined, is an instruction vague) is for a model to review.

The rules that look for words read English. In a prompt of another language they are silent;
the rules about tools, numbers and blanks read any.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.prompting.conflicts import find_length_conflicts, find_opposites
from realtime_nb.protocol.prompting.finding import Finding
from realtime_nb.protocol.prompting.layout import find_layout
from realtime_nb.protocol.prompting.missing import find_missing
from realtime_nb.protocol.prompting.text import Prompt
from realtime_nb.protocol.prompting.tools import find_tools
from realtime_nb.protocol.prompting.wording import find_blanks, find_numbers, find_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["Finding", "check_prompt", "reads_words_of"]

# More of one kind help nobody.
_MOST: Final = 50

_ANY_LANGUAGE: Final[tuple[Callable[[Prompt], Iterator[Finding]], ...]] = (
    find_blanks,
    find_numbers,
)
_ENGLISH: Final[tuple[Callable[[Prompt], Iterator[Finding]], ...]] = (
    find_missing,
    find_words,
    find_length_conflicts,
    find_opposites,
    find_layout,
)


def check_prompt(
    text: str, tools: Collection[str] = (), *, more_tools: bool = False
) -> list[Finding]:
    """Return what the rules find in a prompt, by line; what is about the whole comes first.

    Parameters
    ----------
    text
        The instructions of a session.
    tools
        Names of the tools the session has.
    more_tools
        Whether it has others whose names are not known here, such as those of an MCP server;
        then no name is called unregistered.
    """
    prompt = Prompt(text)
    if not text.strip():
        return [
            Finding(
                0,
                "empty",
                "there are no instructions, so the service's own are in force",
                "say at least who is speaking, how, and in which language",
            )
        ]
    rules = [*_ANY_LANGUAGE, *(_ENGLISH if prompt.is_english else ())]
    found = [finding for rule in rules for finding in islice(rule(prompt), _MOST)]
    found += islice(find_tools(prompt, tools, more_tools=more_tools), _MOST)
    return sorted(found, key=lambda finding: finding.line)


def reads_words_of(text: str) -> bool:
    """Whether the rules that look for words can read this prompt: whether it is English."""
    return Prompt(text).is_english
