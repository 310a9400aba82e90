"""What pages are told of the cost, and of a budget that is spent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.protocol.cost.meter import Total
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SPENT = "the budget of $0.50 is spent ($0.5120 so far): nothing more is asked for"


class Room:
    def __init__(self) -> None:
        self.session, self.view = FakeSession(), FakeView()
        self.bridge = Bridge(self.session, self.view, loop=FakeLoop())
        self.bridge.start()

    async def say(self, kind: str, **fields) -> None:
        self.view.page_says(kind, **fields)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    await room.bridge.stop()


async def test_a_page_is_told_how_the_bill_stands_when_it_comes_and_as_it_grows(room: Room) -> None:
    room.session.spent = Total(0.25, unknown=1, charges=3, as_of="2026")
    room.session.budget = 0.5
    await room.say("hello", client="a")
    first = room.view.of_kind("cost")[0]
    assert first["to"] == "a"
    assert (first["usd"], first["unknown"], first["charges"]) == (0.25, 1, 3)
    assert (first["budget"], first["spent"], first["as_of"]) == (0.5, False, "2026")
    room.session.charge(Total(0.3, charges=4, as_of="2026"))
    last = room.view.of_kind("cost")[-1]
    assert last["usd"] == 0.3
    assert "to" not in last


async def test_when_all_is_spent_it_is_said_once_and_the_microphone_goes(room: Room) -> None:
    await room.say("hello", client="a")
    await room.say("mic", client="a", on=True)
    room.session.budget_refusal = SPENT
    room.session.charge(Total(0.512, charges=4))
    room.session.charge(Total(0.513, charges=5))
    notices = [message["text"] for message in room.view.of_kind("notice")]
    assert len(notices) == 1
    assert notices[0].startswith("The budget of $0.50 is spent")
    assert [message["reason"] for message in room.view.of_kind("mic_off")] == notices
    assert room.view.of_kind("cost")[-1]["spent"]
    # It is not wanted again before the budget is raised.
    await room.say("mic", client="a", on=True)
    assert room.view.of_kind("mic_off")[-1]["reason"] == SPENT
    count = len(room.view.of_kind("mic_off"))
    room.session.budget_refusal = None
    room.session.charge(Total(0.513, charges=5))
    await room.say("mic", client="a", on=True)
    assert len(room.view.of_kind("mic_off")) == count
