"""Questions, their answers, and which answers hold on."""

from __future__ import annotations

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.approval import Approval, ApprovalBook


def question(approval_id="a", name="delete", kind="function", server=""):
    return Approval(approval_id, kind, name, server, "{}", asked_ms=1000.0)


def test_once_holds_once():
    book = ApprovalBook()
    assert book.ask(question("a")) is None
    assert book.answer("a", "once")["a"].approved
    assert book.ask(question("b")) is None
    assert list(book.open) == ["b"]


def test_always_holds_for_the_tool_of_that_server_and_answers_what_is_open():
    book = ApprovalBook()
    for one in ("a", "b"):
        book.ask(question(one, kind="mcp", server="docs"))
    book.ask(question("c", kind="mcp", server="other"))
    decided = book.answer("a", "always")
    assert {one: decision.how for one, decision in decided.items()} == {
        "a": "always",
        "b": "always",
    }
    again = book.ask(question("d", kind="mcp", server="docs"))
    assert again is not None
    assert again.approved
    assert book.ask(question("e")) is None
    assert list(book.open) == ["c", "e"]


def test_a_no_has_its_reason_in_one_line():
    book = ApprovalBook()
    book.ask(question())
    decision = book.answer("a", "deny", "  not\n now " + "x" * 999)["a"]
    assert not decision.approved
    assert decision.reason.startswith("not now x")
    assert len(decision.reason) == 500


def test_no_answer_is_a_no():
    book = ApprovalBook()
    book.ask(question("a"))
    book.ask(question("b"))
    assert not book.late("a")["a"].approved
    assert not book.withdraw(["b", "gone"])["b"].approved
    assert book.open == {}
    assert book.late("a") == {}


def test_how_long_is_left():
    asked = question()
    assert asked.at(1000.0).left_s == 60.0
    assert asked.at(31_000.0).left_s == 30.0
    assert asked.at(99_000.0).left_s == 0.0
    assert asked.at(0.0).left_s == 60.0


@pytest.mark.parametrize(
    ("approval_id", "answer", "said"),
    [
        ("b", "once", "no approval 'b' is open: .*; open are: a"),
        ("a", "yes", "'yes' is no answer to an approval: write one of 'once', 'always', 'deny'"),
    ],
)
def test_what_is_no_answer_is_told(approval_id, answer, said):
    book = ApprovalBook()
    book.ask(question("a"))
    with pytest.raises(UsageError, match=said):
        book.answer(approval_id, answer)
    assert list(book.open) == ["a"]
