"""No text of a talk is a formula in the file that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import realtime_nb
from realtime_nb.errors import UsageError
from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.inspection.spreadsheet import safe_cell
from realtime_nb.inspection.tables import ItemList, TurnTable
from tests.leaks.hostile import FORMULAS, STEERING, log_of

if TYPE_CHECKING:
    from pathlib import Path

SIGNS = ("=", "+", "-", "@", "\uff1d")
SPLIT = [f"said{mark}=1+1" for mark in (",", ";", "\t", "|", '"', '","', "\n", ', "', '";"')]


def cells(text: str, separator: str) -> list[str]:
    """Return the cells that a spreadsheet with some separator finds."""
    return [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_of_a_talk_is_computed(separator: str, tmp_path: Path) -> None:
    log = RealtimeLog(log_of((*FORMULAS, *SPLIT, *STEERING)))
    talk = log.talk()
    for table in (log.df, ItemList(talk.conversation.items).df, TurnTable(lambda: talk).df):
        path = realtime_nb.to_csv(table, tmp_path / "table.csv")
        text = path.read_bytes().decode("utf-8-sig")
        found = cells(text, separator)
        assert len(found) > 50
        for cell in found:
            assert not cell.strip('" \t\r\n').startswith(SIGNS) or cell.lstrip().startswith("'"), (
                repr(cell)
            )


@pytest.mark.parametrize("text", [*FORMULAS, *SPLIT])
def test_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    safe = safe_cell(text)
    assert (
        safe.startswith("\u240d")
        or "'=" in safe
        or "'+" in safe
        or "'-" in safe
        or "'@" in safe
        or "'\uff1d" in safe
    )
    assert safe.replace("'", "").replace("\u240d", "\r") == text.replace("'", "")


def test_what_is_no_formula_stays(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "text": ["1 + 1 = 2, a-b", "na\u00efve \u2013 \u05e9\u05dc\u05d5\u05dd", None],
            "n_ms": [-1.5, math.nan, 3],
        }
    )
    path = realtime_nb.to_csv(table, tmp_path / "table.csv")
    assert pd.read_csv(path, encoding="utf-8-sig").to_dict("list")["text"][:2] == [
        "1 + 1 = 2, a-b",
        "na\u00efve \u2013 \u05e9\u05dc\u05d5\u05dd",
    ]
    assert "-1.5" in path.read_text(encoding="utf-8-sig")
    assert "'-1.5" not in path.read_text(encoding="utf-8-sig")


def test_a_long_table_has_its_head_once_and_an_empty_one_has_it(tmp_path: Path) -> None:
    table = pd.DataFrame({"=a": range(25_000)})
    lines = realtime_nb.to_csv(table, tmp_path / "long.csv").read_text("utf-8-sig").splitlines()
    assert (len(lines), lines[0], lines[-1]) == (25_001, "'=a", "24999")
    empty = realtime_nb.to_csv(table.iloc[:0], tmp_path / "empty.csv")
    assert empty.read_text("utf-8-sig").split() == ["'=a"]


def test_where_it_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        realtime_nb.to_csv(pd.DataFrame({"a": [1]}), tmp_path / "none" / "table.csv")
