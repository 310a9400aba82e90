"""Tasks beside: kept, told of when they fail, ended by whoever is none of them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from realtime_nb.server.beside import Beside

if TYPE_CHECKING:
    import pytest


async def test_a_task_that_fails_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("a bad day")

    beside = Beside("a call did not end well")
    beside.run(fail())
    with caplog.at_level(logging.ERROR):
        await beside.finish()
    assert caplog.messages == ["a call did not end well"]
    assert "a bad day" in caplog.text


async def test_the_end_cancels_all_but_the_task_that_asks_for_it() -> None:
    beside = Beside("")
    ended: list[str] = []

    async def ask() -> None:
        await asyncio.sleep(0)
        await beside.end()
        ended.append("asked")

    async def wait() -> None:
        await asyncio.Event().wait()

    waiting = beside.run(wait())
    await beside.run(ask())
    assert waiting.cancelled()
    assert ended == ["asked"]


async def test_what_is_under_way_can_be_waited_for() -> None:
    beside = Beside("")
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    for number in range(3):
        beside.run(work(number))
    await beside.finish()
    assert sorted(done) == [0, 1, 2]
