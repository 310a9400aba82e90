"""A `%%realtime` cell: front matter between lines of ``---``, and the instructions below."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import ConfigError
from realtime_nb.notebook.cell.expressions import Expressions
from realtime_nb.notebook.cell.fields import CELL_FIELDS
from realtime_nb.notebook.cell.front_matter import Settings, read_settings
from realtime_nb.protocol.config.read import SHORT_FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

_FENCE: Final = "---"
_JSON: Final = re.compile(r'\ufeff?\s*\{\s*(?:"([^"\n]*)"\s*:|\}\s*$)')
# What the first name in a config, or in an event around one, may be.
_FIRST_NAMES: Final = (
    frozenset(
        {
            "type",
            "event_id",
            "session",
            "model",
            "audio",
            "instructions",
            "output_modalities",
            "modalities",
        }
    )
    | frozenset(SHORT_FORMS)
    | frozenset(CELL_FIELDS)
)
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
    lines = lines_of(body)
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return Cell()
    if lines[start].rstrip() != _FENCE:
        if _is_json(body):
            return Cell(_settings("\n".join(lines), 0, evaluate))
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


def lines_of(body: str) -> list[str]:
    """Return the lines of a cell, however it was pasted: other line ends, a byte order mark."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return text.removesuffix("\n").split("\n")


def _shown(line: int) -> int:
    """Return the number a person sees: from 1, with the magic's own line counted."""
    return line + 1 + _MAGIC_LINES


def _settings(text: str, first: int, evaluate: Callable[[str], Any] | None) -> Settings:
    if evaluate is None:
        return read_settings(text, _shown(first))
    expressions = Expressions(evaluate)
    hidden = expressions.hide(text, _shown(first))
    fields = expressions.whole(hidden)
    if isinstance(fields, Mapping):
        # The whole front matter is a config of the notebook's.
        return Settings(dict(cast("Mapping[str, Any]", fields)))
    found = read_settings(hidden, _shown(first))
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
    """Whether the body is meant as one JSON object, as it is pasted from documentation.

    With a comma too many, a brace too few or an expression in it, it is still no prompt.
    """
    found = _JSON.match(body)
    if found is None:
        return False
    return body.rstrip().endswith("}") or found[1] in _FIRST_NAMES
