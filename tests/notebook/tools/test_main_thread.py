"""Calls on the main thread: between cells, in their order, and never within one."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.tools.main_thread import MainThread

if TYPE_CHECKING:
    from collections.abc import Callable


class Shell:
    """A shell whose kernel's loop is the test's own; `cell` runs one."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.kernel = SimpleNamespace(io_loop=SimpleNamespace(asyncio_loop=loop)) if loop else None
        self.callbacks: dict[str, list[Callable[..., object]]] = {}
        self.events = SimpleNamespace(register=self._register, unregister=self._unregister)

    def _register(self, event: str, callback: Callable[..., object]) -> None:
        self.callbacks.setdefault(event, []).append(callback)

    def _unregister(self, event: str, callback: Callable[..., object]) -> None:
        self.callbacks[event].remove(callback)

    def tell(self, event: str) -> None:
        for callback in self.callbacks[event]:
            callback()


@pytest.fixture
async def shell() -> Shell:
    return Shell(asyncio.get_running_loop())


@pytest.fixture
async def main(shell: Shell) -> MainThread:
    made = MainThread(shell, wait_s=0.01)
    shell.tell("post_run_cell")  # the cell that made it ends
    return made


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_call_from_another_thread_runs_on_the_main_one(main: MainThread) -> None:
    future = await asyncio.to_thread(main.run, threading.current_thread)
    assert await asyncio.wrap_future(future) is threading.main_thread()


async def test_nothing_runs_within_a_cell_not_even_while_it_awaits(
    shell: Shell, main: MainThread
) -> None:
    order: list[str] = []
    shell.tell("pre_run_cell")
    futures = [main.run(lambda name=name: order.append(name)) for name in "ab"]
    await turns()  # the cell awaits
    assert order == []
    order.append("cell")
    shell.tell("post_run_cell")
    for future in futures:
        await asyncio.wrap_future(future)
    assert order == ["cell", "a", "b"]


async def test_a_call_by_hand_runs_in_its_own_cell(shell: Shell, main: MainThread) -> None:
    shell.tell("pre_run_cell")
    awaited = main.run(lambda: "awaited", by_hand=True)
    assert await asyncio.wrap_future(awaited) == "awaited"
    waited = main.run(lambda: "waited for", by_hand=True)
    main.pump()
    assert waited.result(0) == "waited for"


async def test_a_call_that_waits_is_told_of_once_and_one_that_ran_is_not(
    shell: Shell, main: MainThread
) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    count: list[str] = []

    def on_wait(name: str) -> None:
        count.append(name)
        loop.call_soon_threadsafe(told.set)

    quick = main.run(lambda: None, on_wait=lambda: on_wait("quick"))
    await asyncio.wrap_future(quick)
    shell.tell("pre_run_cell")
    slow = main.run(lambda: None, on_wait=lambda: on_wait("slow"))
    await asyncio.wait_for(told.wait(), 10)
    shell.tell("post_run_cell")
    await asyncio.wrap_future(slow)
    assert count == ["slow"]


async def test_what_it_raises_is_the_calls_and_a_cancelled_one_never_runs(
    shell: Shell, main: MainThread
) -> None:
    def leaves() -> None:
        raise SystemExit(3)

    left = main.run(leaves)
    await turns()
    assert isinstance(left.exception(0), SystemExit)
    ran: list[int] = []
    shell.tell("pre_run_cell")
    future = main.run(lambda: ran.append(1))
    assert future.cancel()
    shell.tell("post_run_cell")
    await turns()
    assert ran == []


async def test_an_interrupt_ends_the_call_alone(main: MainThread) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a kernel between cells
    try:
        future = main.run(lambda: signal.raise_signal(signal.SIGINT))
        await turns()
        assert isinstance(future.exception(0), KeyboardInterrupt)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    after = main.run(lambda: "goes on")
    assert await asyncio.wrap_future(after) == "goes on"


async def test_a_closed_one_takes_none_and_drops_those_that_wait(
    shell: Shell, main: MainThread
) -> None:
    shell.tell("pre_run_cell")
    future = main.run(lambda: None)
    main.close()
    assert future.cancelled()
    with pytest.raises(UsageError, match="leave main=True out"):
        main.run(lambda: None)
    main.close()
    assert not any(shell.callbacks.values())


def test_a_terminal_has_no_time_between_cells() -> None:
    shell: Any = Shell(None)
    main = MainThread(shell)
    with pytest.raises(UsageError, match="leave main=True out"):
        main.run(lambda: None)
    future = main.run(lambda: 5, by_hand=True)
    main.pump()
    assert future.result(0) == 5
