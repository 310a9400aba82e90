"""What a docstring says of each parameter: in the styles of Google, numpy and Sphinx."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_GOOGLE: Final = re.compile(r"(?:Args|Arguments|Parameters|Params|Keyword Args)\s*:\s*")
_NUMPY: Final = re.compile(r"(?:Other )?Parameters\s*")
_RULE: Final = re.compile(r"-{3,}\s*")
# `name: text`, `name (type): text`, `*names: text`
_GOOGLE_ENTRY: Final = re.compile(r"\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?\s*:(?P<text>.*)")
# `name`, `name : type`, `one, two : type`
_NUMPY_ENTRY: Final = re.compile(r"(?P<name>\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?")
# `:param name: text`, `:param type name: text`
_SPHINX: Final = re.compile(
    r"[:@](?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?\*{0,2}(?P<name>\w+)\s*:"
    r"(?P<text>.*)"
)
_SPHINX_TYPE: Final = re.compile(r"[:@](?:type|rtype)(?:\s+\*{0,2}\w+)?\s*:.*")


@dataclass(frozen=True, slots=True)
class Told:
    """A docstring, read.

    Attributes
    ----------
    text
        What it says of the function: all of it but what it says of the parameters.
    parameters
        What it says of each parameter that has a text, by name.
    """

    text: str
    parameters: dict[str, str]


@dataclass(slots=True)
class _Entry:
    names: list[str]
    lines: list[str]


def read_docstring(doc: str, names: Collection[str]) -> Told:
    """Read a docstring.

    Parameters
    ----------
    doc
        Without its common indent, as `inspect.getdoc` gives it.
    names
        The parameters there are. A section that speaks of others stays in the text, too: what
        is written there is not lost.
    """
    lines = doc.splitlines()
    kept: list[str] = []
    told: dict[str, str] = {}
    at = 0
    while at < len(lines):
        end, entries = _section(lines, at)
        for entry in entries:
            text = " ".join(" ".join(entry.lines).split())
            told |= {name: text for name in entry.names if name in names and text}
        known = entries and all(name in names for entry in entries for name in entry.names)
        if not known:
            kept += lines[at:end]
        at = end
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return Told(text, told)


def _section(lines: list[str], at: int) -> tuple[int, list[_Entry]]:
    """Return where what begins at a line ends, and the parameters it speaks of, if any."""
    line = lines[at]
    if _SPHINX_TYPE.fullmatch(line.strip()):
        return _block_end(lines, at + 1, _indent(line)), [_Entry([], [])]
    if found := _SPHINX.fullmatch(line.strip()):
        end = _block_end(lines, at + 1, _indent(line))
        return end, [_Entry([found["name"]], [found["text"], *lines[at + 1 : end]])]
    if _GOOGLE.fullmatch(line):
        end = _block_end(lines, at + 1, _indent(line))
        return end, list(_entries(lines[at + 1 : end], _GOOGLE_ENTRY))
    if _NUMPY.fullmatch(line) and at + 1 < len(lines) and _RULE.fullmatch(lines[at + 1]):
        end = next(
            (
                place - 1
                for place in range(at + 3, len(lines))
                if _RULE.fullmatch(lines[place]) and lines[place - 1].strip()
            ),
            len(lines),
        )
        return end, list(_entries(lines[at + 2 : end], _NUMPY_ENTRY))
    return at + 1, []


def _entries(lines: list[str], pattern: re.Pattern[str]) -> Iterator[_Entry]:
    """Yield the entries of a section: each begins at the section's own indent."""
    indent = min((_indent(line) for line in lines if line.strip()), default=0)
    entry: _Entry | None = None
    for line in lines:
        found = pattern.fullmatch(line.strip()) if _indent(line) == indent else None
        if found and line.strip():
            if entry:
                yield entry
            names = [name.strip().lstrip("*") for name in found["name"].split(",")]
            entry = _Entry(names, [found.groupdict().get("text") or ""])
        elif entry:
            entry.lines.append(line)
    if entry:
        yield entry


def _block_end(lines: list[str], at: int, indent: int) -> int:
    """Return where the lines end that are further in than `indent`."""
    end = at
    for place in range(at, len(lines)):
        if lines[place].strip():
            if _indent(lines[place]) <= indent:
                break
            end = place + 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
