"""A `%%realtime` cell: front matter between lines of ``---``, and the instructions below."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import ConfigError
from realtime_nb.notebook.expressions import Expressions
from realtime_nb.notebook.front_matter import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

_FENCE: Final = "---"
# The first line that a person sees is the magic's own.
_MAGIC_LINES: Final = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says.

    Attributes
    ----------
    settings
        The front matter as written, before names are read, with lines as a person counts
        them: the magic's own is 1.
    instructions
        The text below, without blank lines around it; ``""`` when there is none.
    text_line
        The line the instructions begin at.
    """

    settings: Settings = field(default_factory=Settings)
    instructions: str = ""
    text_line: int = _MAGIC_LINES + 1


def read_cell(body: str, evaluate: Callable[[str], Any] | None = None) -> Cell:
    """Read the body of a cell.

    Front matter is there when the first line that is not blank is ``---``; it ends at the
    next such line. A body that is one JSON object is front matter too, without its fences.

    Parameters
    ----------
    body
        The cell without the magic's line.
    evaluate
        Gives the value of the expression in ``{{expression}}``; None leaves those as they
        are. Other braces and dollar signs are always left.

    Raises
    ------
    ConfigError
        When the front matter does not end, is not YAML, or is no set of names and values,
        or an expression cannot be evaluated; with the line of the cell.
    """
    lines = body.splitlines()
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return Cell()
    if lines[start].rstrip() != _FENCE:
        if _is_json(body):
            return Cell(_settings(body, 0, evaluate))
        return _with_text(Settings(), lines, start, evaluate)
    end = next(
        (place for place in range(start + 1, len(lines)) if lines[place].rstrip() == _FENCE), None
    )
    if end is None:
        raise ConfigError(
            f"line {_shown(start)}: the front matter has no end; close it with a line of ---."
        )
    settings = _settings("\n".join(lines[start + 1 : end]), start + 1, evaluate)
    return _with_text(settings, lines, end + 1, evaluate)


def _shown(line: int) -> int:
    """Return the number a person sees: from 1, with the magic's own line counted."""
    return line + 1 + _MAGIC_LINES


def _settings(text: str, first: int, evaluate: Callable[[str], Any] | None) -> Settings:
    if evaluate is None:
        return read_settings(text, _shown(first))
    expressions = Expressions(evaluate)
    found = read_settings(expressions.hide(text, _shown(first)), _shown(first))
    return Settings(expressions.fill(found.fields), found.lines)


def _with_text(
    settings: Settings, lines: list[str], first: int, evaluate: Callable[[str], Any] | None
) -> Cell:
    while first < len(lines) and not lines[first].strip():
        first += 1
    text = "\n".join(lines[first:]).strip()
    if evaluate is not None:
        text = Expressions(evaluate).expand(text, _shown(first))
    return Cell(settings, text, _shown(first))


def _is_json(body: str) -> bool:
    """Whether the body is one JSON object, as it is pasted from documentation."""
    if not body.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
