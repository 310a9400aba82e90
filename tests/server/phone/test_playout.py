"""Sound at the pace at which it is heard."""

from __future__ import annotations

import asyncio
import time

from realtime_nb.server.phone.playout import FRAME_BYTES, LONGEST_MS, Playout
from tests.server.fakes import virtual


@virtual
async def test_a_frame_goes_out_every_20_ms_silence_too() -> None:
    sent: list[tuple[float, bytes]] = []
    loop = asyncio.get_running_loop()
    begin = loop.time()
    playout = Playout(lambda frame: sent.append((loop.time() - begin, frame)))
    playout.play(b"\1" * (2 * FRAME_BYTES + 2))
    await asyncio.sleep(1)
    assert sent == []  # not before it begins
    begin = loop.time()
    playout.start()
    playout.start()
    await asyncio.sleep(0.101)
    assert [round(at * 1000) for at, _ in sent] == [20, 40, 60, 80, 100]
    assert {len(frame) for _, frame in sent} == {FRAME_BYTES}
    assert sent[2][1] == b"\1\1" + bytes(FRAME_BYTES - 2)
    assert not any(sent[3][1])
    assert playout.played_ms == (2 * FRAME_BYTES + 2) / 48
    playout.stop()
    await asyncio.sleep(1)
    assert len(sent) == 5


@virtual
async def test_what_is_cleared_is_neither_heard_nor_counted() -> None:
    sent: list[bytes] = []
    playout = Playout(sent.append)
    playout.start()
    playout.play(b"\1" * (10 * FRAME_BYTES))
    await asyncio.sleep(0.061)
    playout.clear()
    await asyncio.sleep(0.1)
    assert sum(any(frame) for frame in sent) == 3
    assert playout.played_ms == 60
    playout.play(b"\2" * FRAME_BYTES)
    await asyncio.sleep(0.03)
    assert playout.played_ms == 80
    playout.stop()


@virtual
async def test_what_waits_is_bounded() -> None:
    playout = Playout(lambda _: None)
    minute = bytes(60_000 * 48)
    for _ in range(12):
        playout.play(minute)
    playout.start()
    await asyncio.sleep(LONGEST_MS / 1000 + 5)
    assert playout.played_ms == LONGEST_MS
    playout.stop()


async def test_a_loop_that_was_kept_makes_up_for_a_little_of_it() -> None:
    sent: list[bytes] = []
    playout = Playout(sent.append)
    playout.start()
    await asyncio.sleep(0)
    time.sleep(0.5)  # noqa: ASYNC251 -- what keeps the loop
    for _ in range(100):
        await asyncio.sleep(0)
    # 200 ms of it, and not the 25 frames of all the time.
    assert 10 <= len(sent) <= 20
    playout.stop()
