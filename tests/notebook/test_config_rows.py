"""Every wrong value of the tables, in a cell: named before it is sent, refused when it is.

One live chat for each kind of session; what is wrong never changes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.protocol.config.rows import ROWS, Row

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from realtime_nb.notebook.chats.chat import Chat

# A row that only code can be wrong in has another meaning in a cell, and what the notebook
# asks for by itself completes one of them.
COMPLETED = ("translation: transcription without model",)
CELLS = [row for row in ROWS if not row.raw and f"{row.kind}: {row.name}" not in COMPLETED]
# The model is asked for in the URL.
REFUSED = [row for row in CELLS if row.server_refuses and row.path != "model"]
OPENING = {
    "realtime": "---\nvoice: marin\n---\nBe brief.",
    "transcription": "---\ntype: transcription\n---\n",
    "translation": "---\ntype: translation\nlanguage: fr\n---\n",
}

Run = Callable[[str], str]


def name(row: Row) -> str:
    return f"{row.kind}: {row.name}"


@pytest.fixture(scope="module")
def live(_one_shell: InteractiveShell) -> Iterator[dict[str, Chat]]:
    _one_shell.run_line_magic("load_ext", "realtime_nb")
    for kind, body in OPENING.items():
        _one_shell.run_cell_magic("realtime", f"rows_{kind} --endpoint local", body)
    yield {kind: _one_shell.user_ns[f"rows_{kind}"] for kind in OPENING}
    _one_shell.run_line_magic("unload_ext", "realtime_nb")
    for kind in OPENING:
        del _one_shell.user_ns[f"rows_{kind}"]


@pytest.fixture
def run(_one_shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(cell: str) -> str:
        _one_shell.run_cell(cell)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    return run


def cell_of(row: Row, options: str = "", *, chat: str = "") -> str:
    body = json.dumps({"type": row.kind, **row.config}, indent=1)
    return f"%%realtime {chat or f'rows_{row.kind}'} {options}\n{body}"


def sent(chat: Chat) -> int:
    return sum(
        record.direction == "sent" and record.event.type == "session.update"
        for record in chat.events
    )


@pytest.mark.parametrize("row", [row for row in CELLS if row.severity == "error"], ids=name)
def test_a_wrong_value_is_named_with_its_line_before_a_session_is_opened(
    shell: InteractiveShell, run: Run, row: Row
) -> None:
    option = f"--model {row.model}" if row.model else ""
    printed = run(cell_of(row, f"--endpoint local {option}", chat="never"))
    assert "ConfigError: " in printed
    assert "line " in printed
    missing = [word for word in row.words if word not in printed]
    assert missing == [], printed
    assert "never" not in shell.user_ns


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_in_a_live_session_it_is_named_and_not_sent(
    live: dict[str, Chat], run: Run, row: Row
) -> None:
    chat = live[row.kind]
    before, updates = deepcopy(chat.effective), sent(chat)
    assert "ConfigError: line" in run(cell_of(row))
    assert chat.effective == before
    assert sent(chat) == updates


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_unchecked_it_is_refused_and_what_was_in_force_stays(
    live: dict[str, Chat], run: Run, row: Row
) -> None:
    chat = live[row.kind]
    before, updates = deepcopy(chat.effective), sent(chat)
    printed = run(cell_of(row, "--no-check"))
    assert "ServerError: " in printed
    assert "the service refused it" in printed
    assert sent(chat) == updates + 1
    assert chat.effective == before
    assert chat.config is not None
    assert chat.config.refused
    shown: dict[str, Any] = {one.path: one.effective for one in chat.config.rows}
    assert "instructions" not in before or shown["instructions"] == before["instructions"]
