"""Questions to the user, answered from Python."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.tools.approvals import Approvals
from realtime_nb.errors import UsageError
from realtime_nb.notebook.tools.approval_table import ApprovalTable

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def asking() -> Iterator[tuple[ApprovalTable, Any]]:
    """Questions, and what asks one after some seconds."""
    loop = BackgroundLoop()
    approvals = Approvals(loop, lambda: 0.0)

    async def ask(call_id: str, name: str, after_s: float) -> Any:
        await asyncio.sleep(after_s)
        return await approvals.ask(
            approvals.question(call_id, "function", name=name, arguments='{"a": "<b>"}')
        )

    yield (
        ApprovalTable(approvals),
        lambda call_id, name="pay", after_s=0.0: loop.call(ask(call_id, name, after_s)),
    )
    loop.stop()


def test_the_call_that_comes_is_waited_for_and_allowed(
    asking: tuple[ApprovalTable, Any],
) -> None:
    table, ask = asking
    call = ask("call_1", after_s=0.05)
    assert table.allow(wait_s=20).id == "call_1"
    assert call.result(20).how == "once"
    assert len(table) == 0
    assert repr(table) == "no call waits for approval"


def test_the_call_of_a_name_is_denied_with_a_reason_and_another_stays_open(
    asking: tuple[ApprovalTable, Any],
) -> None:
    table, ask = asking
    ask("call_1", "look")
    call = ask("call_2", "pay", 0.05)
    table.deny("pay", reason="too much", wait_s=20)
    assert (call.result(20).how, call.result().reason) == ("deny", "too much")
    assert list(table.df["id"]) == ["call_1"]
    assert [one.name for one in table] == [table[0].name] == ["look"]
    assert "&lt;b&gt;" in table._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
    assert "look(" in repr(table)


def test_always_holds_for_the_next_call_and_an_id_answers_one(
    asking: tuple[ApprovalTable, Any],
) -> None:
    table, ask = asking
    call = ask("call_1")
    table.allow("pay", always=True, wait_s=20)
    assert call.result(20).how == "always"
    assert ask("call_2").result(20).approved
    other = ask("call_3", "look", 0.0)
    while not len(table):
        time.sleep(0.002)
    table.answer("call_3", "deny")
    assert not other.result(20).approved


def test_nobody_who_asks_is_said_in_one_line(asking: tuple[ApprovalTable, Any]) -> None:
    table, _ = asking
    with pytest.raises(UsageError, match=r"no call of pay\(\) has asked .* within 0 s"):
        table.allow("pay", wait_s=0)
