from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.protocol.config.check import check_config
from realtime_nb.protocol.config.migrate_names import BETA_FIELDS
from realtime_nb.protocol.config.models import MODELS
from realtime_nb.protocol.config.read import read_config
from realtime_nb.protocol.config.shapes import session_keys
from realtime_nb.server.config import SessionConfig
from realtime_nb.server.wire_errors import WireError
from tests.protocol.config.rows import BETA_ROWS, REALTIME_ROWS, ROWS, TRANSCRIPTION_ROWS, Row

if TYPE_CHECKING:
    from realtime_nb.protocol.config.problem import Problem

TODAY = date(2026, 11, 21)
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}: {row.name}")


def session_of(row: Row) -> dict[str, Any]:
    """Return the session object that a row comes to."""
    written = {"type": row.kind, **deepcopy(row.config)}
    return written if row.raw else read_config(written).config


def problems_of(row: Row) -> list[Problem]:
    return check_config(session_of(row), today=TODAY, model=row.model)


@EACH
def test_a_wrong_value_is_named_before_it_is_sent(row: Row) -> None:
    found = problems_of(row)
    said = [problem for problem in found if problem.path == row.path]
    assert said, [(problem.path, str(problem)) for problem in found]
    assert [problem.severity for problem in said] == [row.severity]
    text = str(said[0])
    assert "\n" not in text
    missing = [word for word in row.words if word not in text]
    assert missing == [], text


@EACH
def test_nothing_else_is_made_an_error_of(row: Row) -> None:
    # A place that does not hold together (its `type` unknown) may be told of by its parts.
    others = [
        problem.path
        for problem in problems_of(row)
        if problem.severity == "error" and problem.path != row.path
    ]
    holder = row.path.rpartition(".")[0]
    assert [path for path in others if not holder or not path.startswith(holder)] == []


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.kind != "translation"],
    ids=lambda row: f"{row.kind}: {row.name}",
)
def test_the_practice_server_refuses_what_the_rows_say(row: Row) -> None:
    server = SessionConfig("sess_1", 0, row.kind)
    before = server.to_wire()
    if not row.server_refuses:
        server.update(session_of(row), assistant_spoke=False)
        return
    with pytest.raises(WireError):
        server.update(session_of(row), assistant_spoke=False)
    assert server.to_wire() == before


def test_there_is_a_row_for_each_beta_name_and_each_field() -> None:
    assert {row.path for row in BETA_ROWS} == set(BETA_FIELDS)
    tops = {row.path.split(".")[0].split("[")[0] for row in REALTIME_ROWS}
    assert session_keys("realtime") <= tops
    said = " ".join(row.name for row in TRANSCRIPTION_ROWS)
    assert [
        m.name for m in MODELS.values() if m.use == "transcription" and m.name not in said
    ] == []


def test_no_two_rows_are_called_the_same() -> None:
    names = Counter((row.kind, row.name) for row in ROWS)
    assert [name for name, count in names.items() if count > 1] == []
