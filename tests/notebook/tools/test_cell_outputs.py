"""Where what calls showed stands in a notebook, and what of it is let go."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.notebook.tools import cell_outputs
from realtime_nb.notebook.tools.cell_outputs import KEPT, CellOutputs

PRINTED = {"output_type": "stream", "name": "stdout", "text": "<b>printed</b>\n"}
SHOWN = {"output_type": "display_data", "data": {"text/html": "<b>x</b>"}, "metadata": {"a": 1}}
CELL = {"msg_id": "cell"}


class Page:
    """Outputs by display id, with the cell each stands in."""

    def __init__(self) -> None:
        self.outputs: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.sent = 0

    def __call__(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any],
        *,
        display_id: str,
        update: bool,
        header: Any,
    ) -> None:
        del metadata
        assert update == (display_id in self.outputs)
        self.outputs[display_id] = (header, data)
        self.sent += 1

    @property
    def html(self) -> list[str]:
        return [data["text/html"] for _, data in self.outputs.values()]


@pytest.fixture
def page() -> Page:
    return Page()


def test_a_call_stands_in_the_cell_that_shows_the_chat(page: Page) -> None:
    outputs = CellOutputs(page)
    outputs.stand_in(CELL)
    outputs.add("f({}) · 1 ms", [PRINTED, SHOWN], page="", in_cell=False)
    assert [header for header, _ in page.outputs.values()] == [CELL] * 3
    title, printed, shown = page.html
    assert "f({}) · 1 ms" in title
    assert printed == "<pre>&lt;b&gt;printed&lt;/b&gt;\n</pre>"
    assert shown == "<b>x</b>"


def test_a_models_words_in_a_title_are_no_markup(page: Page) -> None:
    CellOutputs(page).add("f(<img onerror=x>\u202e)", [], page="", in_cell=False)
    (title,) = page.html
    assert "<img" not in title
    assert "\u202e" not in title
    assert "&lt;img onerror=x&gt;" in title


def test_without_a_page_it_waits_for_a_cell(page: Page) -> None:
    outputs = CellOutputs(page)
    outputs.stand_in(CELL)
    outputs.add("one", [SHOWN], page=None, in_cell=False)
    assert page.outputs == {}
    outputs.add("two", [], page=None, in_cell=True)
    assert len(page.outputs) == 3
    assert {header for header, _ in page.outputs.values()} == {None}  # the one that runs
    outputs.add("three", [], page=None, in_cell=False)
    outputs.flush()
    outputs.flush()
    assert len(page.outputs) == 4


def test_a_page_loaded_since_the_cell_ran_gets_it_with_the_next_cell(page: Page) -> None:
    outputs = CellOutputs(page)
    header = {**CELL, "session": "before"}
    outputs.stand_in(header)
    outputs.add("one", [], page="before", in_cell=False)
    outputs.add("two", [SHOWN], page="reloaded", in_cell=False)
    assert [where for where, _ in page.outputs.values()] == [header]
    outputs.flush()
    assert [where for where, _ in page.outputs.values()] == [header, None, None]
    # Shown there again, it stands there.
    again = {"msg_id": "again", "session": "reloaded"}
    outputs.stand_in(again)
    outputs.add("three", [], page="reloaded", in_cell=False)
    assert [where for where, _ in page.outputs.values()][3:] == [again]


def test_the_oldest_are_let_go_and_their_titles_stay(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = CellOutputs(page)
    for number in range(KEPT + 2):
        outputs.add(f"call {number}", [SHOWN], page="", in_cell=False)
    gone = [place for place, shown in enumerate(page.html) if "let go" in shown]
    assert gone == [1, 3]
    assert sum("call " in shown for shown in page.html) == KEPT + 2
    monkeypatch.setattr(cell_outputs, "KEPT_BYTES", 50)
    large = {**SHOWN, "data": {"text/html": "y" * 60}}
    outputs.add("large", [large], page="", in_cell=False)
    assert page.html[-1] == "y" * 60  # the newest is always there
    assert sum(shown == "<b>x</b>" for shown in page.html) == 0
