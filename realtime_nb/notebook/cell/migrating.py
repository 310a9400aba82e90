"""``--migrate``: a cell of the beta API rewritten, each change explained."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.reading import lines_of, read_cell
from realtime_nb.protocol.config.migrate import migrate
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.config.read import SHORT_FORMS, read_config, write_config
from realtime_nb.protocol.shown_text import inert
from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    from realtime_nb.protocol.config.migrate import Change, Migration


@dataclass(frozen=True)
class Rewritten:
    """A config or an event in the GA shape.

    Attributes
    ----------
    cell
        The `%%realtime` cell to run in its place; ``""`` when what was migrated is an event.
    migration
        The result and its changes.
    """

    cell: str
    migration: Migration

    @property
    def changes(self) -> list[Change]:
        """What changes for the author: a cell has short names too, and always a type."""
        changes = list(self.migration.changes)
        return [one for one in changes if not _as_before(one)] if self.cell else changes

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (change.path, _shown(change.was), _after(change), change.why) for change in self.changes
        ]

    def _result(self) -> str:
        return json.dumps(self.migration.result, indent=2, ensure_ascii=False, default=repr)

    def __repr__(self) -> str:
        rows = [f"{path}: {was} → {now}: {why}" for path, was, now, why in self._rows()]
        if not rows:
            return "Nothing to migrate: no name of the beta API stands here."
        return "\n".join(rows if self.cell else [*rows, self._result()])

    def _repr_html_(self) -> str:
        style = "text-align: left; vertical-align: top"
        heads = "".join(f'<th style="{style}">{head}</th>' for head in ("beta", "was", "is", "why"))
        body = "".join(
            "<tr>" + "".join(f'<td style="{style}">{inert(part)}</td>' for part in row) + "</tr>"
            for row in self._rows()
        )
        if not body:
            return f"<div>{inert(repr(self))}</div>"
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        return table if self.cell else f"{table}<pre>{html.escape(self._result())}</pre>"


def rewrite_cell(line: str, body: str) -> Rewritten:
    """Rewrite a cell of the beta API.

    Parameters
    ----------
    line
        The magic's line; ``--migrate`` is left out of the new one.
    body
        Front matter or JSON, and instructions: a session of the beta API, or an event.
        Expressions stay as they stand: the value may be a secret.

    Raises
    ------
    ConfigError
        When the cell cannot be read.
    UsageError
        When it has no front matter.
    """
    front, text = _split(body)
    fields = read_cell(front, _as_written).settings.fields
    if not fields:
        raise UsageError(
            "--migrate: the cell has no front matter; put the config between two lines of ---."
        )
    migration = migrate(fields)
    if _is_event(fields):
        return Rewritten("", migration)
    settings = write_config(read_config(migration.result).config)
    written = settings.get("tools")
    tools = as_list(written)
    if [str(tool)[:2] for tool in tools] == ["{{"]:
        settings["tools"] = tools[0]  # the value is the list
    return Rewritten(_cell(line, settings, text), migration)


def _as_written(expression: str) -> str:
    return f"{{{{{expression}}}}}"


def _is_event(fields: dict[str, Any]) -> bool:
    kind = fields.get("type")
    return isinstance(kind, str) and "." in kind and not isinstance(fields.get("session"), dict)


def _as_before(change: Change) -> bool:
    if change.path == "type":
        return change.was is MISSING
    return change.path in SHORT_FORMS and change.was == change.now


def _split(body: str) -> tuple[str, str]:
    """Return front matter with its fences, and the text below it."""
    lines = lines_of(body)
    fences = [place for place, line in enumerate(lines) if line.rstrip() == "---"]
    if len(fences) < 2:  # noqa: PLR2004 -- one before it, one after
        return body, ""
    return "\n".join(lines[: fences[1] + 1]), "\n".join(lines[fences[1] + 1 :]).strip()


def _cell(line: str, settings: dict[str, Any], text: str) -> str:
    options = " ".join(word for word in line.split() if word != "--migrate")
    instructions = settings.pop("instructions", "") if not text else ""
    front = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True) if settings else ""
    head = f"%%realtime {options}".rstrip()
    return f"{head}\n---\n{front}---\n{text or instructions}".rstrip() + "\n"


def _after(change: Change) -> str:
    if change.now is MISSING:
        return "removed"
    return f"{change.path_now}: {_shown(change.now)}" if change.path_now else _shown(change.now)


def _shown(value: Any) -> str:
    if value is MISSING:
        return "-"
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 -- a table's width
