"""The table of strangers, and that it tells of the clients that are pinned."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.strangers import table
from tests.strangers.__main__ import PAGE, PROGRAMS
from tests.strangers.table import Verdict

HERE = Path(__file__).parent


def test_a_row_for_each_client_with_what_failed():
    told = [
        Verdict("b", "2", "text", "", 1.0),
        Verdict("a", "1", "text", "", 1.0),
        Verdict("b", "2", "tool", "no | <b>call</b>\nat all", 1.0),
    ]
    assert table.markdown(told).splitlines()[2:] == [
        "| b | 2 | text | tool: no \\| &lt;b&gt;call&lt;/b&gt; at all |",
        "| a | 1 | text |  |",
    ]
    assert table.missing(told, ["a", "b", "c"]) == ["c"]


def test_the_table_takes_the_place_of_the_one_before(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", "utf-8")
    table.write(page, [Verdict("a", "1", "text", "", 1.0)])
    table.write(page, [Verdict("a", "2", "text", "", 1.0)])
    text = page.read_text("utf-8")
    assert "| a | 2 | text |  |" in text
    assert "| 1 |" not in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")


def test_the_page_tells_of_what_is_pinned():
    """Who raises a version runs `make strangers` again."""
    python = dict(
        line.split("==")
        for line in (HERE / "requirements.txt").read_text("utf-8").splitlines()
        if "==" in line
    )
    node = json.loads((HERE / "node" / "package.json").read_text("utf-8"))["dependencies"]
    page = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| (\d[\w.]*) \| .+? \|  \|$", page, re.MULTILINE)
    assert [name for name, _ in rows] == list(PROGRAMS)
    for name, version in rows:
        pinned = node if name.startswith("@") else python
        assert pinned[name.partition(" (")[0]] == version


def test_no_lock_file_names_a_registry():
    lock = (HERE / "node" / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
