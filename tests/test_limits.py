"""`docs/limits.md` says what the code does: every bound it names, and every bound there is."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_TEXT = (ROOT / "docs/limits.md").read_text("utf-8")
_ROWS = re.findall(
    r"^\| .* \| ([\d,]+)(?: (KiB|MiB|MB))? \| .+ \| `([\w.]+)\.(\w+)` \|$", _TEXT, re.MULTILINE
)
_UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20, "MB": 10**6}
_ROOMS = (
    "audio",
    "bridge",
    "chain",
    "client",
    "inspection",
    "notebook",
    "protocol",
    "relay",
    "server",
    "widget",
)
# Names of what is kept, or may wait.
_BOUNDS = re.compile(
    r"KEPT$|^KEPT|WAITING$|WAITING_BYTES|UNCONFIRMED|REMEMBERED$|MAX_EARLY|MAX_HELD|INBOX_LIMIT"
    r"|^MAX_(AUDIO_|EVENT_)?BYTES$|MAX_ITEMS|MAX_PARTS|MAX_RECORDS|^RECENT|MAX_PACKET|_KNOWN$"
    r"|MOST_STRETCHES|[^T]_SEGMENTS$|MAX_RUNNING|^_?MOST$"
    r"|MOST_(AT_ONCE|BESIDE|BYTES|CALLERS|CALLS|CHARACTERS|CONNECTIONS|DIALOGS|ENDED|ITEMS|PAGES"
    r"|SERVERS|SESSIONS|STRANGERS|UNHEARD|UNREAD)$"
)
# What no queue, log or cache is bounded by, but one value, listing or picture.
_OTHERS = {
    "inspection.archive.call._MOST",
    "inspection.archive.events._MOST",
    "inspection.archive.sound._MOST",
    "inspection.archive.values.MOST",
    "inspection.report.html.MOST_ITEMS",
    "notebook.tools.one_tool._MOST",
    "protocol.config.plain._MOST",
    "protocol.images.pillow.MAX_BYTES",
    "protocol.prompting.rules._MOST",
    "protocol.rules.breach.MOST",
    "server.brain.outputs._MOST_CHARACTERS",
    "server.mcp.package._MOST_PAGES",
    "server.phone.signing._MOST",
}


def _constants(room: str) -> set[str]:
    """Return the constants of a room that look like bounds, and hold whole numbers."""
    found: set[str] = set()
    for path in sorted((ROOT / "realtime_nb" / room).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT / "realtime_nb").with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            name = getattr(getattr(node, "target", None), "id", "")
            if isinstance(node, ast.AnnAssign) and _BOUNDS.search(name):
                value = getattr(importlib.import_module(f"realtime_nb.{module}"), name)
                if isinstance(value, int):
                    found.add(f"{module}.{name}")
    return found - _OTHERS


def test_the_tables_are_there():
    assert len(_ROWS) > 80


@pytest.mark.parametrize(("number", "unit", "module", "name"), _ROWS, ids=lambda value: value)
def test_a_bound_is_what_the_table_says(number: str, unit: str, module: str, name: str):
    value = getattr(importlib.import_module(f"realtime_nb.{module}"), name)
    assert value == int(number.replace(",", "")) * _UNITS[unit]


@pytest.mark.parametrize("room", _ROOMS)
def test_no_bound_is_left_out(room: str):
    told = {f"{module}.{name}" for _, _, module, name in _ROWS}
    assert _constants(room) - told == set()
