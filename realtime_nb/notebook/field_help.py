"""``%realtime help FIELD``: what a field means, takes, and may become."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.fields import CELL_FIELDS
from realtime_nb.notebook.config_report import flow
from realtime_nb.notebook.prose import prose
from realtime_nb.protocol.config.catalogue import FIELDS, field_names, find_field
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.config.problem import KINDS
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from realtime_nb.protocol.config.field import Field

_WIDTH: Final = 72  # columns that most notebooks show without breaking a line themselves


@dataclass(frozen=True)
class FieldHelp:
    """What is known of a field, and the fields inside it."""

    field: Field
    inside: tuple[Field, ...] = ()

    def _lines(self) -> list[tuple[str, str]]:
        field = self.field
        short = f" (in a cell also `{field.short}`)" if field.short else ""
        lines = [
            ("field", f"{field.path}{short}"),
            ("means", field.meaning),
            ("takes", field.takes),
        ]
        if field.default is not MISSING:
            lines.append(("default", flow(field.default)))
        lines.append(("changes", field.change))
        if field.clear:
            lines.append(("clear with", _clearing(field)))
        lines += [
            ("sessions", ", ".join(kind for kind in KINDS if kind in field.kinds)),
            ("source", field.source),
        ]
        return lines + [
            (inner.path.removeprefix(field.path), f"{inner.takes}. {inner.meaning}")
            for inner in self.inside
        ]

    def __repr__(self) -> str:
        lines = self._lines()
        width = max(len(name) for name, _ in lines)
        return "\n".join(f"{name.ljust(width)}  {text}" for name, text in lines)

    def _repr_html_(self) -> str:
        style = "text-align: left; vertical-align: top"
        rows = "".join(
            f'<tr><th style="{style}">{html.escape(name)}</th>'
            f'<td style="{style}">{prose(text)}</td></tr>'
            for name, text in self._lines()
        )
        return f"<table>{rows}</table>"


def describe_field(name: str) -> FieldHelp:
    """Return the help on a field.

    Parameters
    ----------
    name
        Its place (``audio.output.voice``), its short name, or its last word.

    Raises
    ------
    UsageError
        When there is none of that name, or several; with those that may be meant.
    """
    field = CELL_FIELDS.get(name.strip()) or find_field(name)
    if field is None:
        raise UsageError(_unknown(name))
    inside = tuple(inner for path, inner in FIELDS.items() if _parent(path) == field.path)
    return FieldHelp(field, inside)


def _clearing(field: Field) -> str:
    """Return what a cell says to clear a field."""
    if field.short and field.clear == "null":
        return f"`{field.short}: none`"
    return field.clear


def _parent(path: str) -> str:
    return path.rpartition(".")[0].removesuffix("[]")


def _unknown(name: str) -> str:
    several = [path for path in FIELDS if path.rpartition(".")[2] == name]
    if several:
        return f"{name!r} may be {', '.join(several)}; write one of these."
    inner = [path for path in FIELDS if path.startswith(f"{name}.") and "[" not in path]
    if inner:
        return f"{name!r} holds {', '.join(inner)}; write one of these."
    known = {path.rpartition(".")[2] for path in FIELDS} | set(field_names("realtime"))
    known |= CELL_FIELDS.keys()
    hint = nearest(name, frozenset(known)) or "."
    return f"a session has no field {name!r}{hint} `%realtime help` alone lists them."


def list_fields() -> str:
    """Return the names of all fields, by kind of session."""
    named = {kind: field_names(kind) for kind in KINDS}
    return "\n".join(
        _wrapped(f"{kind}: {', '.join(names)}")
        for kind, names in (*named.items(), ("any, and never sent", tuple(CELL_FIELDS)))
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
