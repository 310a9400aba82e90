"""Tools that behave, and tools that do not: each has the outcome that `run_tool` states."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import json
import math
import sys
import threading
import warnings

import pytest

from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.tools import work
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.running import MAX_DEPTH, ToolCall, run_tool
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.protocol.tools.options import ToolOptions

SOON_S = 20  # for what takes a moment


class Stage(PlainStage):
    """A stage that notes what it is asked for."""

    def __init__(self):
        self.seen, self.threads = [], []
        self.shown = threading.Event()

    def run(self, call, work):
        del call
        self.threads.append(threading.current_thread())
        self.seen.append("run")
        return work()

    def show(self, call, value, captured):
        del call, captured
        self.seen.append(value)
        self.shown.set()


class MainStage(Stage):
    """One whose main thread is another one, which may be busy."""

    def __init__(self, *, busy=False):
        super().__init__()
        self.future = concurrent.futures.Future()
        self.executor = None if busy else concurrent.futures.ThreadPoolExecutor(1, "main")

    def on_main(self, call, work):
        del call
        return self.future if self.executor is None else self.executor.submit(work)


class LoopStage(Stage):
    """One whose main thread runs a loop, as a kernel's does."""

    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def on_main(self, call, work):
        del call
        future = concurrent.futures.Future()

        def turn():
            if future.set_running_or_notify_cancel():
                future.set_result(work())

        self.loop.post(turn)
        return future


async def run(function, arguments="{}", *, stage=None, cancelled=None, on_started=None, **options):
    tool = ToolRegistry().add(function, ToolOptions(**options))
    call = ToolCall("call_1", tool.name, arguments)
    running = run_tool(tool, call, stage=stage, cancelled=cancelled, on_started=on_started)
    outcome = await asyncio.wait_for(running, SOON_S)
    assert outcome.call is call
    assert outcome.took_ms >= 0
    assert outcome.started_ms > 1e12
    if outcome.status != "ok":
        assert json.loads(outcome.output) == {"status": outcome.status, "error": outcome.error}
        assert outcome.value is None
    return outcome


def get_weather(city: str) -> dict[str, str]:
    """Return the weather."""
    return {"city": city}


async def test_a_function_is_called_and_its_value_written_out():
    stage, order = Stage(), []

    outcome = await run(
        get_weather, '{"city":"Oslo"}', stage=stage, on_started=lambda: order.append("started")
    )

    assert (outcome.status, outcome.output, outcome.error) == ("ok", '{"city":"Oslo"}', "")
    assert repr(outcome) == '<Outcome get_weather: ok, {"city":"Oslo"}>'
    assert outcome.value == {"city": "Oslo"}
    assert order == ["started"]
    await asyncio.to_thread(stage.shown.wait, SOON_S)
    assert stage.seen == ["run", {"city": "Oslo"}]
    (thread,) = stage.threads
    assert thread.daemon
    assert thread is not threading.current_thread()


async def test_an_async_function_has_a_loop_of_its_own():
    async def get_weather(city: str) -> str:
        await asyncio.sleep(0)
        return f"{city} {id(asyncio.get_running_loop())}"

    outcome = await run(get_weather, '{"city":"Oslo"}')

    assert outcome.status == "ok"
    assert outcome.output.startswith("Oslo ")
    assert not outcome.output.endswith(str(id(asyncio.get_running_loop())))


def raises():
    raise ValueError("no such\ncity")


def leaves():
    sys.exit(3)


def interrupts():
    raise KeyboardInterrupt


def is_cancelled():
    raise asyncio.CancelledError


async def is_cancelled_later():
    raise asyncio.CancelledError


def runs_out():
    return next(iter(()))


def recurses():
    return recurses()


class Unwritten(Exception):
    def __str__(self) -> str:
        raise LookupError


def raises_the_unwritten():
    raise Unwritten


def warns():
    warnings.warn("old", stacklevel=1)


def generates_and_raises():
    yield 1
    raise ValueError("later")


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (raises, "ValueError: no such city"),
        (leaves, "SystemExit: 3"),
        (interrupts, "KeyboardInterrupt"),
        (is_cancelled, "CancelledError"),
        (is_cancelled_later, "CancelledError"),
        (runs_out, "StopIteration"),
        (recurses, "RecursionError: maximum recursion depth exceeded"),
        (raises_the_unwritten, "Unwritten"),
        (warns, "UserWarning: old"),  # warnings are errors here
        (generates_and_raises, "ValueError: later"),
    ],
)
async def test_however_a_function_fails_the_model_is_told(function, error):
    stage = Stage()
    outcome = await run(function, stage=stage)
    assert outcome.status == "failed"
    assert outcome.error.startswith(error)
    assert stage.seen == ["run"]


def gives_nan():
    return {"x": math.nan}


def gives_bytes():
    return b"\x00" * 10_000_000


def generates():
    yield from range(5)


def generates_without_end():
    while True:
        yield "word"


async def generates_slowly():
    for one in range(5):
        await asyncio.sleep(0)
        yield one


def prints_a_megabyte():
    print("x" * 1_000_000)  # noqa: T201 -- that is what it does
    return "done"


@pytest.mark.parametrize(
    ("function", "output"),
    [
        (gives_nan, '{"result":{"x":null},"notes":["NaN and infinite'),
        (gives_bytes, '{"bytes":10000000,"begins":"00000000000000000000000000000000"}'),
        (generates, "[0,1,2,3,4]"),
        (generates_slowly, "[0,1,2,3,4]"),
        (prints_a_megabyte, "done"),
    ],
)
async def test_odd_results_are_written(function, output, capsys):
    outcome = await run(function)
    assert outcome.status == "ok"
    assert outcome.output.startswith(output)
    capsys.readouterr()


async def test_a_generator_without_end_is_stopped_and_that_is_told():
    outcome = await run(generates_without_end)
    told = json.loads(outcome.output)
    assert told["notes"] == ["result goes on, the first 1,000 entries are here"]
    assert len(outcome.value) == 1000


async def test_arguments_that_do_not_fit_are_told_and_nothing_is_called():
    called = []

    def look(city: str):
        called.append(city)

    outcome = await run(look, '{"town":"Oslo"}')

    assert outcome.status == "bad_arguments"
    assert outcome.error == (
        "look(): `city` is missing; `town` is no argument of it; there are city"
    )
    assert called == []


async def test_a_name_that_there_is_none_of():
    call = ToolCall("call_1", "get_wether", "{}")
    outcome = await run_tool(None, call, known=["get_weather"])
    assert (outcome.status, outcome.error) == (
        "unknown",
        "there is no function get_wether; there are: get_weather",
    )


async def test_a_function_that_hangs_is_left_behind_and_its_result_dropped():
    stage, go, gone = Stage(), threading.Event(), threading.Event()

    def hangs():
        go.wait(SOON_S)
        gone.set()
        return "too late"

    outcome = await run(hangs, stage=stage, timeout_s=0.05)

    assert outcome.status == "timeout"
    assert outcome.error == "hangs() took longer than 0.05 s and was given up"
    go.set()
    assert await asyncio.to_thread(gone.wait, SOON_S)
    (thread,) = stage.threads
    await asyncio.to_thread(thread.join, SOON_S)
    assert stage.seen == ["run"]


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
async def test_an_async_function_is_cancelled(how):
    began, ended, stop = threading.Event(), threading.Event(), asyncio.Event()

    async def hangs():
        began.set()
        try:
            await asyncio.sleep(1000)
        finally:
            ended.set()

    async def stop_it():
        await asyncio.to_thread(began.wait, SOON_S)
        stop.set()

    if how == "timeout":
        outcome = await run(hangs, timeout_s=0.05)
    else:
        outcome, _ = await asyncio.gather(run(hangs, cancelled=stop), stop_it())

    assert outcome.status == how
    assert await asyncio.to_thread(ended.wait, SOON_S)


async def test_a_call_that_is_cancelled_ends_at_once_and_says_what_may_still_come():
    go, stop = threading.Event(), asyncio.Event()

    def look():
        go.wait(SOON_S)

    outcome = await run(look, cancelled=stop, on_started=stop.set)

    assert outcome.status == "cancelled"
    assert outcome.error == "the call was cancelled; what it has begun may still come about"
    go.set()


async def test_a_call_that_was_cancelled_before_never_runs():
    called, stop = [], asyncio.Event()
    stop.set()
    outcome = await run(lambda: called.append(1), cancelled=stop, name="look")
    assert (outcome.status, outcome.error) == (
        "cancelled",
        "the call was cancelled; it did not run",
    )
    assert called == []


async def test_the_main_thread_is_where_the_stage_has_it():
    stage = MainStage()

    def where():
        return threading.current_thread().name

    assert (await run(where, stage=stage, main=True)).output.startswith("main")
    raised = await run(interrupts, stage=stage, main=True)
    assert (raised.status, raised.error) == (
        "cancelled",
        "the call was interrupted at the notebook",
    )
    assert (await run(leaves, stage=stage, main=True)).error == "SystemExit: 3"

    async def later():
        await asyncio.sleep(0)
        return "later"

    assert (await run(later, stage=stage, main=True)).output == "later"
    stage.executor.shutdown()


async def test_without_a_main_thread_that_is_said():
    outcome = await run(lambda: 1, name="look", main=True)
    assert outcome.status == "failed"
    assert outcome.error.startswith("look() is a tool with main=True, and there is no main thread")


async def test_a_main_thread_that_stays_busy_never_runs_the_call():
    stage = MainStage(busy=True)
    outcome = await run(lambda: 1, name="look", main=True, stage=stage, timeout_s=0.05)
    assert (outcome.status, outcome.error) == (
        "timeout",
        "look() did not run: the notebook was busy with a cell for 0.05 s",
    )
    assert stage.future.cancelled()


async def test_a_call_that_the_notebook_drops_is_cancelled():
    stage = MainStage(busy=True)
    stage.future.cancel()
    stage.future.set_running_or_notify_cancel()
    outcome = await run(lambda: 1, name="look", main=True, stage=stage)
    assert (outcome.status, outcome.error) == (
        "cancelled",
        "the notebook dropped the call before it ran",
    )


async def test_an_async_function_runs_on_the_loop_of_the_main_thread():
    loop = BackgroundLoop()
    try:
        stage, ended = LoopStage(loop), threading.Event()

        async def where():
            await asyncio.sleep(0)
            return str(id(asyncio.get_running_loop()))

        async def hangs():
            try:
                await asyncio.sleep(1000)
            finally:
                ended.set()

        async def fails():
            await asyncio.sleep(0)
            raise ValueError("no")

        outcome = await run(where, main=True, stage=stage)
        assert outcome.output == str(id(loop.loop))
        assert await asyncio.to_thread(stage.shown.wait, SOON_S)
        assert (await run(fails, main=True, stage=stage)).error == "ValueError: no"
        assert (await run(hangs, main=True, stage=stage, timeout_s=0.05)).status == "timeout"
        assert await asyncio.to_thread(ended.wait, SOON_S)
    finally:
        loop.stop()


async def test_a_stage_that_fails_fails_the_call_and_no_display_does(caplog):
    class Fails(Stage):
        def run(self, call, work):
            del call, work
            raise OSError("no stage")

    class FailsToShow(Stage):
        def show(self, call, value, captured):
            super().show(call, value, captured)
            raise OSError("no display")

    assert (await run(lambda: 1, name="look", stage=Fails())).error == "OSError: no stage"
    stage = FailsToShow()
    assert (await run(lambda: 1, name="look", stage=stage)).status == "ok"
    (thread,) = stage.threads
    await asyncio.to_thread(thread.join, SOON_S)
    assert "the result of look() could not be shown" in caplog.text


async def test_a_function_that_ends_the_session_ends_by_itself():
    loop, tasks, ended = asyncio.get_running_loop(), [], threading.Event()

    def closes():
        loop.call_soon_threadsafe(tasks[0].cancel)
        ended.wait(0)
        ended.set()

    tool = ToolRegistry().add(closes)
    tasks.append(asyncio.ensure_future(run_tool(tool, ToolCall("call_1", "closes", "{}"))))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(tasks[0]), SOON_S)
    assert await asyncio.to_thread(ended.wait, SOON_S)


def test_a_function_may_outlive_its_loop():
    go, ended = threading.Event(), threading.Event()

    def lingers():
        go.wait(SOON_S)

    class Notes(PlainStage):
        def run(self, call, work):
            del call
            try:
                return work()
            finally:
                ended.set()

    tool = ToolRegistry().add(lingers, ToolOptions(timeout_s=0.05))
    outcome = asyncio.run(run_tool(tool, ToolCall("call_1", "lingers", "{}"), stage=Notes()))
    go.set()
    assert outcome.status == "timeout"
    assert ended.wait(SOON_S)


async def test_a_function_that_is_deleted_or_defined_anew_meanwhile_goes_on_as_it_was():
    registry, began, go = ToolRegistry(), threading.Event(), threading.Event()

    def look() -> str:
        began.set()
        go.wait(SOON_S)
        return "old"

    tool = registry.add(look)
    running = asyncio.ensure_future(run_tool(tool, ToolCall("call_1", "look", "{}")))
    await asyncio.to_thread(began.wait, SOON_S)
    registry.add(lambda: "new", ToolOptions(name="look"))
    newer = await run_tool(registry.get("look"), ToolCall("call_2", "look", "{}"))
    registry.remove("look")
    go.set()
    assert (await running).output == "old"
    assert newer.output == "new"


async def test_a_function_may_call_tools_that_call_tools_but_not_without_end():
    loop, registry = BackgroundLoop(), ToolRegistry()
    try:

        def again(depth: int) -> str:
            call = ToolCall("c", "again", json.dumps({"depth": depth + 1}), origin="hand")
            inner = loop.call(run_tool(registry.get("again"), call)).result(SOON_S)
            return inner.output if inner.status == "ok" else f"{depth}: {inner.error}"

        tool = registry.add(again)
        outcome = await run_tool(tool, ToolCall("c", "again", '{"depth":1}'))
        assert outcome.output == (
            f"{MAX_DEPTH}: {MAX_DEPTH} calls of tools stand inside one another;"
            " this one did not run"
        )
    finally:
        loop.stop()


async def test_calls_that_are_left_behind_are_bounded(monkeypatch):
    # Those that other tests left behind may end meanwhile: they are counted elsewhere.
    monkeypatch.setattr(work, "_RUNNING", work._Running())
    monkeypatch.setattr(work, "MAX_RUNNING", 2)
    go = threading.Event()
    stage = Stage()

    def hangs():
        go.wait(SOON_S)

    assert (await run(hangs, stage=stage, timeout_s=0.02)).status == "timeout"
    assert (await run(hangs, stage=stage, timeout_s=0.02)).status == "timeout"
    outcome = await run(hangs, stage=stage)
    assert outcome.status == "failed"
    assert "calls of tools still run, some of them given up" in outcome.error
    go.set()
    for thread in stage.threads:
        await asyncio.to_thread(thread.join, SOON_S)
    assert (await run(hangs, stage=stage)).status == "ok"


async def test_many_calls_at_once_do_not_mix():
    def echo(number: int) -> int:
        return number

    tool = ToolRegistry().add(echo)
    calls = [ToolCall(f"c{n}", "echo", json.dumps({"number": n})) for n in range(40)]
    outcomes = await asyncio.gather(*(run_tool(tool, call) for call in calls))
    assert [outcome.output for outcome in outcomes] == [str(n) for n in range(40)]


async def test_what_the_caller_s_context_holds_is_there():
    held = contextvars.ContextVar("held", default="nothing")
    held.set("something")

    def look():
        return held.get()

    assert (await run(look)).output == "something"
