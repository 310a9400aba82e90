"""Tools a prompt names that the session has not, and the other way round."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.prompting.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from realtime_nb.protocol.prompting.text import Line, Prompt

# A name as code writes it: get_weather, getWeather. The first hump has two letters or more,
# so that iPhone and eBay are none.
_CODE: Final = (
    r"[a-z][a-z0-9]{0,63}+(?:_[a-z0-9]{1,63}+){1,16}+|"
    r"[a-z]{2}[a-z0-9]{0,63}+(?:[A-Z][a-z0-9]{1,63}+){1,16}+"
)
_PLAIN: Final = r"[A-Za-z_][\w-]{0,63}"
_EDGE: Final = r"(?<![\w{.@/-])"
# As in `check_outage(address)`.
_CALLED: Final = rf"{_EDGE}(?P<name>{_CODE})\("
# As in "call check_outage" or "invoking `outage`".
_ORDERED: Final = (
    r"\b(?:[Cc]all|CALL|[Ii]nvoke|INVOKE|[Cc]alling|[Ii]nvoking)\s+(?:the\s+)?"
    r"(?:(?:tool|function)\s*:?\s*)?"
    rf"(?:`(?P<quoted>{_PLAIN})(?:\([^`]{{0,80}}\))?`|(?P<name>{_CODE})(?![\w-]))"
)
# As in "the check_outage tool" or "the `outage` function".
_BEFORE: Final = rf"(?:`(?P<quoted>{_PLAIN})`|{_EDGE}(?P<name>{_CODE}))\s+(?:tool|function)\b"
# As in "the tool check_outage".
_AFTER: Final = rf"\b(?:tool|function)\s*:?\s+(?:`(?P<quoted>{_PLAIN})`|(?P<name>{_CODE})(?![\w-]))"
_NAMED: Final = tuple(re.compile(pattern) for pattern in (_CALLED, _ORDERED, _BEFORE, _AFTER))
# What every such name has; most lines have none of it.
_MAY_NAME: Final = re.compile(r"[a-z0-9][_A-Z]|`")
_DASHES: Final = "\u2014|\u2013"
_TOOLS_SECTION: Final = re.compile(r"\b(?:tools?|functions?)\b", re.IGNORECASE)
# Below a heading about tools: `- give_nir: …`, `## verify-identity`, `## answer(question)`.
_ENTRY: Final = re.compile(rf"`?(?P<name>{_CODE})`?\s*(?:\(|:|{_DASHES}|-\s|$)")
_QUOTED_ENTRY: Final = re.compile(
    rf"`(?P<name>{_PLAIN})(?:\([^`]{{0,80}}\))?`\s*(?::|{_DASHES}|-\s|$)"
)
_HEADING_ENTRY: Final = re.compile(
    rf"`?(?P<name>{_CODE})`?(?![\w-])|"
    rf"`?(?P<dashed>[a-z][a-z0-9]*(?:-[a-z0-9]+)+)`?\s*(?:[(/:]|{_DASHES}|$)|"
    rf"`?(?P<call>{_PLAIN})\("
)
_PLURAL: Final = re.compile(r"\((?:e?s|optional)\)")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+")


def find_tools(
    prompt: Prompt, tools: Collection[str], *, more_tools: bool = False
) -> Iterator[Finding]:
    """Yield tools named in the prompt and not registered, and registered and not named.

    Only what looks like code counts as the name of a tool (``get_weather``, ``getWeather``, a
    name in backquotes), and only where the text calls it or lists it under the tools.
    """
    named: dict[str, int] = {}
    for line in prompt.lines:
        for name in _names_in(line):
            named.setdefault(name, line.number)
    have = frozenset(name for name in tools if name.strip())
    for name, number in named.items():
        if name not in have and not more_tools:
            yield Finding(number, "unknown-tool", _unknown(name, have), _advice(name, have))
    for name in sorted(have - named.keys()):
        if not _mentions(prompt, name):
            yield Finding(
                0,
                "unnamed-tool",
                f"the tool `{name}` is registered and the prompt never names it",
                f"say when to call `{name}` and when not, or take the tool out",
            )


def _unknown(name: str, have: frozenset[str]) -> str:
    return f"`{name}` is named as a tool and " + (
        "is not registered" if have else "no tool is registered"
    )


def _advice(name: str, have: frozenset[str]) -> str:
    near = difflib.get_close_matches(_plain(name), [_plain(one) for one in have], n=1, cutoff=0.7)
    for one in sorted(have):
        if near and _plain(one) == near[0]:
            return f"write `{one}`, or register `{name}`"
    return "register it, or take it out: naming a tool that is not there makes answers worse"


def _names_in(line: Line) -> Iterator[str]:
    if _MAY_NAME.search(line.text):
        for pattern in _NAMED:
            for found in pattern.finditer(line.text):
                name = found["name"] or found.groupdict().get("quoted")
                if name:
                    yield name
    if line.topics and _lists_tools(line):
        yield from _entries(line)


def _lists_tools(line: Line) -> bool:
    """Whether tools are listed here: right below a heading about tools, or as its headings."""
    above = line.topics[:-1] if line.heading else line.topics
    return bool(above) and _is_about_tools(above[-1])


@lru_cache(maxsize=1024)
def _is_about_tools(topic: str) -> bool:
    return bool(_TOOLS_SECTION.search(topic))


def _entries(line: Line) -> Iterator[str]:
    if line.heading:
        found = None if _PLURAL.search(line.heading) else _HEADING_ENTRY.match(line.heading)
        if found:
            yield found["name"] or found["dashed"] or found["call"]
    elif line.is_bullet and not line.indent:
        found = _QUOTED_ENTRY.match(line.content) or _ENTRY.match(line.content)
        if found:
            yield found["name"]


def _mentions(prompt: Prompt, name: str) -> bool:
    """Whether the text has the name as a word of its own, or its words one after another."""
    return any(_stands_in(prompt.lower, form) for form in (name.lower(), _plain(name)))


def _stands_in(text: str, word: str) -> bool:
    at = text.find(word) if word else -1
    while at >= 0:
        end = at + len(word)
        before, after = text[at - 1 : at], text[end : end + 1]
        if not (_is_word(before) or _is_word(after)):
            return True
        at = text.find(word, end)
    return False


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _plain(name: str) -> str:
    """Return the words of a name in lower case: ``get weather`` for getWeather."""
    return " ".join(_HUMP.split(name)).lower().strip()
