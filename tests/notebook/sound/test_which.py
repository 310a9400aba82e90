"""`%realtime which`: three questions, and the way that fits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.magics.realtime import RealtimeMagics
from realtime_nb.notebook.sound.which import (
    CHAIN,
    CHAT,
    REALTIME,
    REALTIME_TRANSCRIPTION,
    SPEECH,
    TRANSCRIPTION,
    WAYS,
    Way,
    ask_which,
    markdown_table,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("low-latency talk stream", REALTIME),
        ("talk low-latency out", REALTIME),
        ("no-hurry talk out", CHAT),
        ("talk none", CHAT),
        ("talk", CHAT),
        ("no-hurry talk in", REALTIME),
        ("script out", SPEECH),
        ("script in", TRANSCRIPTION),
        ("script none", TRANSCRIPTION),
        ("script in LOW-LATENCY", REALTIME_TRANSCRIPTION),
        ("script stream", CHAIN),
    ],
)
def test_three_answers_choose_a_way(words: str, way: Way) -> None:
    which = ask_which(words.split(), None)
    assert which.chosen is way
    assert way.api in repr(which)
    assert which.why


def test_only_what_is_not_said_is_asked() -> None:
    asked: list[str] = []
    answers = iter(["maybe", "script", ""])

    def ask(question: str) -> str:
        asked.append(question)
        return next(answers)

    which = ask_which(["fast"], ask)
    # What is no answer is asked again; none at all is the default, sound that goes out.
    first, again, last = asked
    assert (first[:4], last[:2]) == ("Talk", "Is")
    assert again.endswith(f" is none of talk, script. {first}")
    assert which.chosen is SPEECH


def test_where_nobody_can_be_asked_the_whole_table_shows() -> None:
    which = ask_which([], None)
    assert which.chosen is None
    html = which._repr_html_()
    for way in WAYS:
        assert way.api in repr(which)
        assert way.api in html
    assert list(which) == list(WAYS)


def test_the_chosen_row_is_marked() -> None:
    html = ask_which(["script", "out"], None)._repr_html_()
    (row,) = [part for part in html.split("<tr") if 'aria-current="true"' in part]
    assert "Speech API" in row
    assert "<code>%%speak</code>" in row


@pytest.mark.parametrize(("words", "said"), [("loud", "no 'loud'"), ("talk script", "keep one")])
def test_a_word_that_answers_nothing_is_said(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask_which(words.split(), None)


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_the_questions_can_be_left(end: type[BaseException]) -> None:
    def ask(_question: str) -> str:
        raise end

    if end is EOFError:
        assert ask_which([], ask).chosen is CHAT
    else:
        with pytest.raises(UsageError, match="interrupted"):
            ask_which([], ask)


def test_the_line_asks_where_somebody_answers(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["low-latency", "talk", "stream"])
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    monkeypatch.setattr(RealtimeMagics, "has_reader", True)
    which: Any = shell.run_line_magic("realtime", "which")
    assert which.chosen is REALTIME
    assert next(answers, None) is None
    monkeypatch.setattr(RealtimeMagics, "has_reader", False)
    assert shell.run_line_magic("realtime", "which").chosen is None
    assert shell.run_line_magic("realtime", "which script in").chosen is TRANSCRIPTION


def test_the_documentation_has_the_same_table() -> None:
    page = Path(__file__).parents[3] / "docs" / "audio-cells.md"
    assert markdown_table() in page.read_text(encoding="utf-8")
