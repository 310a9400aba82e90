"""What each field of a session means, takes and may become: one table, and ways into it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.config.catalogue_audio import INPUT, OUTPUT
from realtime_nb.protocol.config.catalogue_session import GENERAL, TOOLS
from realtime_nb.protocol.config.field import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.config.problem import SessionKind

__all__ = ["FIELDS", "Field", "field_names", "field_values", "find_field", "general"]

FIELDS: Final[Mapping[str, Field]] = {
    field.path: field for field in (*GENERAL, *TOOLS, *INPUT, *OUTPUT)
}
"""Every field by its GA path."""


def find_field(name: str, kind: SessionKind | None = None) -> Field | None:
    """Return the field that `name` means, None when there is none or several are meant.

    Parameters
    ----------
    name
        A GA path (``audio.output.voice``, ``tools[0].name``; ``session.`` before it is
        ignored), a flat short name (``voice``), or a last word that only one field has
        (``threshold``).
    kind
        Of the session, where a short name means something else in another kind.
    """
    path = general(name.strip().removeprefix("session."))
    fields = [f for f in FIELDS.values() if kind is None or kind in f.kinds]
    exact = FIELDS.get(path)
    if exact is not None and exact in fields:
        return exact
    short = [field for field in fields if path and path == _short(field, kind)]
    if short:
        return short[0]
    last = [field for field in fields if field.path.rpartition(".")[2] == path]
    return last[0] if len(last) == 1 else None


def general(path: str) -> str:
    """Return a path with the places in lists taken out: ``tools[0].name`` → ``tools[].name``."""
    return re.sub(r"\[\d+\]", "[]", path)


@cache
def field_names(kind: SessionKind) -> tuple[str, ...]:
    """Return what may stand at the start of a line: GA names of the top level, short names."""
    fields = [field for field in FIELDS.values() if kind in field.kinds]
    top = {field.path.split(".")[0].split("[")[0] for field in fields}
    return tuple(sorted(top | {field.short_name(kind) for field in fields} - {""}))


def field_values(path: str) -> tuple[str, ...]:
    """Return the words that may be written for a field, none where it is open.

    Parameters
    ----------
    path
        As in `find_field`.
    """
    field = find_field(path)
    if field is None:
        return ()
    words = tuple(_word(choice) for choice in field.choices)
    if words and field.nullable:
        words += ("none" if field.short else "null",)
    return words


def _short(field: Field, kind: SessionKind | None) -> str:
    return field.short if kind is None else field.short_name(kind)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"  # pyright: ignore[reportUnknownArgumentType] -- a tuple of strings
    return str(value)
