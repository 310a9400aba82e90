"""Where in a cell's front matter the cursor stands: at a name or at a value, and of which field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FENCE: Final = "---"
_ENTRY: Final = re.compile(r"(?P<indent>\s*(?:-\s+)*)(?P<name>[\w.]+)\s*:(?:\s+(?P<value>.*)|$)")
_STARTED: Final = re.compile(r"(?P<indent>\s*(?:-\s+)*)(?P<name>[\w.]*)$")
_KIND: Final = re.compile(r"type\s*:\s*[\"']?(\w+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor stands.

    Attributes
    ----------
    path
        Of the object whose name is being written, or of the field whose value is: as written,
        dotted, ``[]`` for any entry of a list; ``""`` for the top.
    fragment
        What stands there already, up to the cursor.
    is_value
        Whether a value is being written.
    """

    path: str
    fragment: str
    is_value: bool


def front_matter_before(lines: Sequence[str]) -> list[str] | None:
    """Return the lines of the front matter up to the last one given, None outside of it.

    Parameters
    ----------
    lines
        The body of a cell up to the cursor, the last line cut there.
    """
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None or lines[start].rstrip() != _FENCE or start == len(lines) - 1:
        return None
    inside = list(lines[start + 1 :])
    return None if any(line.rstrip() == _FENCE for line in inside[:-1]) else inside


def kind_of(lines: Sequence[str]) -> str:
    """Return what the front matter says after `type:`, ``""`` when it does not."""
    found = next((found for line in lines if (found := _KIND.match(line))), None)
    return found[1] if found else ""


def names_given(lines: Sequence[str]) -> frozenset[str]:
    """Return the names that stand at the beginning of a line already."""
    return frozenset(found["name"] for line in lines if (found := _ENTRY.match(line)))


def place_in(lines: Sequence[str]) -> Place | None:
    """Return where the end of the last line is; None where nothing can be said.

    Parameters
    ----------
    lines
        The front matter up to the cursor.
    """
    *above, line = lines
    started = _STARTED.match(line)
    if started:
        return Place(_parents(above, started["indent"]), started["name"], is_value=False)
    entry = _ENTRY.match(line)
    if not entry or entry["value"] is None or entry["value"].startswith(("#", "|", ">")):
        return None
    parents = _parents(above, entry["indent"])
    return _place_in_flow(_joined(parents, entry["name"]), entry["value"])


def _parents(above: Sequence[str], indent: str) -> str:
    """Return the path of the object that a name with this indent belongs to."""
    path: list[str] = []
    limit, in_list, pending = _limits(indent)
    for line in reversed(above):
        entry = _ENTRY.match(line)
        if not entry:
            continue
        column, dash = len(entry["indent"]), entry["indent"].find("-")
        if column == limit and dash >= 0 and not in_list:
            # The first line of the very entry of the list.
            limit, in_list, pending = dash, True, "[]"
        elif column < limit or (in_list and column == limit and dash < 0):
            path.insert(0, entry["name"] + pending)
            limit, in_list, pending = _limits(entry["indent"])
    return ".".join(path)


def _limits(indent: str) -> tuple[int, bool, str]:
    """Return the column that parents stand before, whether at a dash, and the path's ending."""
    dash = indent.find("-")
    return (dash, True, "[]") if dash >= 0 else (len(indent), False, "")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _place_in_flow(path: str, value: str) -> Place:
    """Return the place at the end of a value, which may be ``{type: x, …`` or ``[a, …``."""
    within: list[str] = []
    here, fragment, named = path, "", True
    quote = ""
    for sign in value:
        if quote:
            quote = "" if sign == quote else quote
            fragment = fragment + sign if quote else fragment
        elif sign in "\"'" and not fragment.strip():
            quote, fragment = sign, ""
        elif sign in "{[":
            within.append(here)
            here, fragment, named = (here, "", False) if sign == "{" else (f"{here}[]", "", True)
        elif sign in "}]" and within:
            here, fragment, named = within.pop(), "", True
        elif sign == "," and within:
            opened = within[-1]
            in_list = here == f"{opened}[]"
            here, fragment, named = (here, "", True) if in_list else (opened, "", False)
        elif sign == ":" and within and not named:
            here, fragment, named = _joined(here, fragment.strip()), "", True
        else:
            fragment += sign
    return Place(here, fragment.lstrip(), is_value=named)
