from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.protocol.config.check import Live, check_config
from realtime_nb.protocol.config.migrate_names import BETA_FIELDS
from realtime_nb.protocol.config.models import MODELS
from realtime_nb.protocol.config.read import read_config
from realtime_nb.protocol.config.shapes import session_keys
from realtime_nb.server.config.config import SessionConfig
from realtime_nb.server.config.translation_config import TranslationConfig
from realtime_nb.server.wire_errors import WireError
from tests.protocol.config.rows import (
    BETA_ROWS,
    LATER_ROWS,
    REALTIME_ROWS,
    ROWS,
    TRANSCRIPTION_ROWS,
    LaterRow,
    Row,
)

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


@EACH
def test_the_practice_server_refuses_what_the_rows_say(row: Row) -> None:
    session = session_of(row)
    if row.kind == "translation":
        # As a client sends it: what is fixed at connect is left out of an update.
        translating = TranslationConfig("sess_1", 0)
        before = translating.to_wire()
        update = {name: entry for name, entry in session.items() if name not in ("type", "model")}
        with pytest.raises(WireError) if row.server_refuses else nullcontext():
            translating.update(update)
        assert not row.server_refuses or translating.to_wire() == before
        return
    server = SessionConfig("sess_1", 0, row.kind)
    before = server.to_wire()
    with pytest.raises(WireError) if row.server_refuses else nullcontext():
        server.update(session, assistant_spoke=False)
    assert not row.server_refuses or server.to_wire() == before


@pytest.mark.parametrize("row", LATER_ROWS, ids=lambda row: row.name)
def test_what_cannot_change_is_named_before_it_is_sent(row: LaterRow) -> None:
    server = SessionConfig("sess_1", 0, row.kind)
    first = read_config({"type": row.kind, **row.before}).config
    server.update(first, assistant_spoke=False)
    before = server.to_wire()
    effective = {**before, **({"model": first["model"]} if "model" in first else {})}
    config = read_config({"type": row.kind_now, **row.config}).config
    live = Live(effective, assistant_spoke=row.spoke)
    (problem,) = [
        problem
        for problem in check_config(config, today=TODAY, live=live)
        if problem.severity == "error"
    ]
    assert problem.path == row.path
    assert "--restart" in problem.advice
    with pytest.raises(WireError) if row.server_refuses else nullcontext():
        server.update(config, assistant_spoke=row.spoke)
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
