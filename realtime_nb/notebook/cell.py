"""A `%%realtime` cell: front matter between lines of ``---``, and the instructions below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, cast

import yaml

from realtime_nb.errors import ConfigError

_FENCE: Final = "---"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says.

    Attributes
    ----------
    settings
        The front matter as written, before names are read.
    instructions
        The text below, without blank lines around it; ``""`` when there is none.
    """

    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    instructions: str = ""


def read_cell(body: str) -> Cell:
    """Read the body of a cell.

    Front matter is there when the first line that is not blank is ``---``; it ends at the
    next such line. Braces and dollar signs in the text are left as they are.

    Raises
    ------
    ConfigError
        When the front matter does not end, is not YAML, or is no set of names and values;
        with the line of the cell.
    """
    lines = body.splitlines()
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None or lines[start].rstrip() != _FENCE:
        return Cell(instructions=body.strip())
    end = next(
        (place for place in range(start + 1, len(lines)) if lines[place].rstrip() == _FENCE), None
    )
    if end is None:
        raise ConfigError(
            f"line {_shown(start)}: the front matter has no end; close it with a line of ---."
        )
    settings = _read_yaml("\n".join(lines[start + 1 : end]), start + 1)
    return Cell(settings, "\n".join(lines[end + 1 :]).strip())


def _shown(line: int) -> int:
    """Return the number a person sees: from 1, with the magic's own line counted."""
    return line + 2


def _read_yaml(text: str, first_line: int) -> dict[str, Any]:
    try:
        read = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        place = first_line + (error.problem_mark.line if error.problem_mark else 0)
        raise ConfigError(
            f"line {_shown(place)}: the front matter is not YAML: {error.problem}."
            " Write one `name: value` a line."
        ) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"the front matter is not YAML: {reason}") from None
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise ConfigError(
            f"line {_shown(first_line)}: the front matter is {_kind(read)};"
            " write one `name: value` a line."
        )
    fields = cast("dict[Any, Any]", read)
    for name in fields:
        if not isinstance(name, str):
            raise ConfigError(f"the front matter has the name {name!r}; a name is a word.")
    return cast("dict[str, Any]", fields)


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"only {value!r}"
