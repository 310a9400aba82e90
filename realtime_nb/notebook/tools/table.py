"""``chat.tools``: which tools there are, and what came of their calls."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.notebook.tools.one_tool import OneTool
from realtime_nb.protocol.shown_text import escaped
from realtime_nb.protocol.told import as_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pandas as pd

    from realtime_nb.client.tools.registry import Tool
    from realtime_nb.notebook.tools.of_chat import ChatTools

COLUMNS: Final = (
    *("name", "parameters", "runs", "approve", "calls", "ok", "failed"),
    *("median_ms", "last_ms", "description"),
)
_LONGEST: Final = 2_000
_SHORT: Final = 300
_FEW_MS: Final = 10


class ToolTable:
    """The tools of a chat; shown as a table, ``.df`` is a `pandas.DataFrame`.

    Parameters
    ----------
    tools
        The chat's.
    in_force
        What stands for `tools` in the session in force.
    forget
        Takes a tool away.
    """

    def __init__(self, tools: ChatTools, in_force: Any, forget: Callable[[str], object]) -> None:
        self._tools = tools
        self._listed = as_objects(in_force)
        self._forget = forget

    def __iter__(self) -> Iterator[str]:
        return iter([str(row["name"]) for row in self.rows])

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __getitem__(self, name: str) -> Tool:
        tool = self._tools.registry.get(name)
        if tool is None:
            raise KeyError(name)
        return tool

    def __delitem__(self, name: str) -> None:
        self._forget(name)

    def one(self, name: str) -> OneTool | None:
        """Return one of them with its schema and calls; None where there is none of the name."""
        row = next((row for row in self.rows if row["name"] == name), None)
        calls = tuple(one for one in self._tools.desk.calls if one.tool == name)
        return None if row is None else OneTool(row, calls)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each tool, and for each that was called though there is none of its name."""
        counts = {one.name: one for one in self._tools.desk.counts()}
        found: dict[str, dict[str, Any]] = {}
        for tool in self._tools.registry.tools:
            options = tool.options
            where = "main thread" if options.main else "here"
            found[tool.name] = _row(tool.definition, where, approve=options.approve)
        for one in self._listed:
            row = _row_of_other(one)
            found.setdefault(str(row["name"]), row)
        for name in counts:
            found.setdefault(name, _row({"name": name}, "unknown", approve=False))
        for name, row in found.items():
            if (count := counts.get(name)) is not None:
                row |= {key: getattr(count, key) for key in COLUMNS if hasattr(count, key)}
                row |= {key: _rounded(row[key]) for key in ("median_ms", "last_ms")}
        return list(found.values())

    @property
    def df(self) -> pd.DataFrame:
        """The rows: times in milliseconds, None where a tool was not called yet.

        ``runs`` is ``here``, ``main thread``, ``yours`` (a definition without a function: see
        `Chat.answer_call`), ``service`` (an MCP server) or ``unknown``.
        """
        return self._frame(COLUMNS)

    def __repr__(self) -> str:
        if not len(self):
            return "no tools: @chat.tool above a function, or `tools: [name]` in the cell"
        shown = [name for name in COLUMNS if name not in ("parameters", "description")]
        return str(self._frame(shown))

    def _frame(self, columns: Iterable[str]) -> pd.DataFrame:
        # Imported here: pandas takes most of a second to load and a talk does not need it.
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(self.rows, columns=list(columns))

    def _repr_html_(self) -> str:
        if not len(self):
            return f"<p>{html.escape(repr(self))}</p>"
        heads = ("tool", "runs", "calls", "ok", "failed", "median", "last")
        head = "".join(f"<th>{name}</th>" for name in heads)
        body = "".join(map(_html_row, self.rows))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(definition: dict[str, Any], runs: str, *, approve: bool | str) -> dict[str, Any]:
    return {
        "name": str(definition.get("name")),
        "parameters": definition.get("parameters") or {},
        "runs": runs,
        "approve": approve,
        "calls": 0,
        "ok": 0,
        "failed": 0,
        "median_ms": None,
        "last_ms": None,
        "description": str(definition.get("description") or ""),
    }


def _row_of_other(tool: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a tool that no function here answers."""
    if tool.get("type") != "mcp":
        return _row(tool, "yours", approve=False)
    told = {"name": tool.get("server_label"), "description": tool.get("server_description")}
    return _row(told, "service", approve=tool.get("require_approval") != "never")


def _html_row(row: dict[str, Any]) -> str:
    schema = escaped(json.dumps(row["parameters"], indent=1, ensure_ascii=False), _LONGEST)
    name = escaped(str(row["name"]), _SHORT)
    told = escaped(str(row["description"]), _SHORT)
    asks = " · asks" if row["approve"] else ""
    details = f"<details><summary><code>{name}</code></summary>{told}<pre>{schema}</pre></details>"
    cells = (row["calls"], row["ok"], row["failed"], _ms(row["median_ms"]), _ms(row["last_ms"]))
    return (
        f"<tr><td style='text-align:left'>{details}</td><td>{html.escape(str(row['runs']))}{asks}"
        f"</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    )


def _rounded(ms: float | None) -> float | None:
    """Return a time in whole milliseconds; short ones with what can be told of them."""
    return ms if ms is None else round(ms, 1 if ms < _FEW_MS else None)


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} ms"
