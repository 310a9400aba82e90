"""One tool of a chat: what the model is told of it, and its calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.shown_text import escaped, inert, visible
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from realtime_nb.client.tools.records import CallRecord

_LONGEST: Final = 20_000
_MOST: Final = 20


@dataclass(frozen=True, eq=False)
class OneTool:
    """One tool, shown with its schema and its latest calls.

    Attributes
    ----------
    row
        As in the table of them all; see `ToolTable.rows`.
    calls
        Its calls, the oldest first.
    """

    row: dict[str, Any]
    calls: tuple[CallRecord, ...]

    def _head(self) -> str:
        row, asks = self.row, ", asks before each call" if self.row["approve"] else ""
        return (
            f"{row['name']} runs: {row['runs']}{asks}; {row['calls']} calls, {row['ok']} ok,"
            f" {row['failed']} failed"
        )

    def _schema(self) -> str:
        return json.dumps(self.row["parameters"], indent=1, ensure_ascii=False, default=str)

    def _lines(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                one.status,
                "" if one.ms is None else f"{one.ms:,.0f} ms",
                shorten(one.call.arguments),
                shorten(one.error or one.output),
            )
            for one in self.calls[-_MOST:]
        ]

    def __repr__(self) -> str:
        calls = ["  ".join(filter(None, line)) for line in self._lines()]
        told = [self._head(), str(self.row["description"]), self._schema(), *calls]
        return "\n".join(visible(line) for text in told if text for line in text.splitlines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr>{''.join(f'<td>{escaped(cell, _LONGEST)}</td>' for cell in line)}</tr>"
            for line in self._lines()
        )
        heads = "".join(f"<th>{name}</th>" for name in ("call", "took", "arguments", "outcome"))
        table = f"<table><tr>{heads}</tr>{rows}</table>" if rows else ""
        head = inert(visible(self._head()))
        told = escaped(str(self.row["description"]), _LONGEST)
        schema = escaped(self._schema(), _LONGEST)
        return f"<p><b>{head}</b></p><p>{told}</p><pre>{schema}</pre>{table}"
