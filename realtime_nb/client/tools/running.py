"""One call of a tool, from its arguments to its output, whatever the function does."""

from __future__ import annotations

import asyncio
import contextvars
import math
import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.tools.outcome import Outcome, ToolCall, not_ok
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.client.tools.work import Ended, Work, told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from realtime_nb.client.tools.registry import Tool
    from realtime_nb.client.tools.stage import Stage

__all__ = ["MAX_DEPTH", "Outcome", "ToolCall", "run_tool"]

MAX_DEPTH: Final = 8
"""How many calls may stand inside one another: a tool may call tools."""

_DEPTH: contextvars.ContextVar[int] = contextvars.ContextVar("realtime_nb_tool_depth", default=0)


async def run_tool(  # noqa: PLR0913 -- a call and all that stands around it
    tool: Tool | None,
    call: ToolCall,
    *,
    stage: Stage | None = None,
    on_started: Callable[[], object] | None = None,
    cancelled: asyncio.Event | None = None,
    known: Collection[str] = (),
) -> Outcome:
    """Run a call and return what came of it; whatever the function does, this does not raise.

    A plain function runs on a daemon thread of its own, an async one on a loop of its own
    there, one with `main` where the stage has the main thread: on the loop that runs there,
    where it is async.

    ===================================  ==========================================================
    the function                         what comes of it
    ===================================  ==========================================================
    raises, recurses without end         ``failed``, with the error's name and text
    leaves (SystemExit), is cancelled    ``failed``: neither kernel nor session ends
    takes arguments that do not fit      ``bad_arguments``; it is not called
    hangs                                ``timeout``; a thread is left behind and what it gives is
                                         dropped; an async one is cancelled
    waits for a kernel that is busy      ``timeout`` after the same time; it never runs
    is told to stop (`cancelled`)        ``cancelled`` at once; as for ``timeout``
    is interrupted on the main thread    ``cancelled``
    gives NaN, bytes, a long result      ``ok``; see `output_text`
    gives a generator                    ``ok``; the first 1,000 it yields are the result
    closes the session                   goes on to its end; nobody waits for what it gives
    is deleted or defined anew meanwhile what was begun goes on as it was
    calls tools that call tools          ``failed`` at the ninth inside one another
    ===================================  ==========================================================

    No more than 64 calls run at a time, those left behind counted: the next is ``failed``.

    Parameters
    ----------
    tool
        What is called; None for a name that there is none of.
    call
        What was asked for.
    stage
        What stands around it; nothing by default.
    on_started
        Called on this loop when the function begins.
    cancelled
        Set to stop the call.
    known
        The names there are, to be told for one that there is not.

    Raises
    ------
    asyncio.CancelledError
        When the task that runs this is cancelled, and nothing else; the call is told to stop.
    """
    clock, started_ms = time.perf_counter(), time.time() * 1000

    def timed(outcome: Outcome) -> Outcome:
        outcome.took_ms, outcome.started_ms = (time.perf_counter() - clock) * 1000, started_ms
        return outcome

    if tool is None:
        listed = ", ".join(known) or "none"
        why = f"there is no function {call.name[:64]}; there are: {listed}"
        return timed(not_ok(call, "unknown", why))
    if cancelled is not None and cancelled.is_set():
        return timed(not_ok(call, "cancelled", "the call was cancelled; it did not run"))
    if _DEPTH.get() >= MAX_DEPTH:
        why = f"{MAX_DEPTH} calls of tools stand inside one another; this one did not run"
        return timed(not_ok(call, "failed", why))
    context = contextvars.copy_context()
    context.run(_DEPTH.set, _DEPTH.get() + 1)
    work = Work(tool, call, stage or PlainStage(), context, on_started)
    try:
        work.start()
    except BaseException as error:  # noqa: BLE001 -- a stage of whatever kind
        return timed(not_ok(call, "failed", told(error)))
    ended = await _waited(work, tool.options.timeout_s, cancelled)
    return timed(ended if isinstance(ended, Outcome) else _outcome(call, ended))


async def _waited(work: Work, timeout_s: float, cancelled: asyncio.Event | None) -> Ended | Outcome:
    stop = None if cancelled is None else asyncio.ensure_future(cancelled.wait())
    waits: set[asyncio.Future[Any]] = {work.ended} if stop is None else {work.ended, stop}
    limit = None if math.isinf(timeout_s) else timeout_s
    try:
        await asyncio.wait(waits, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if stop is not None:
            stop.cancel()
        # Also when this task is cancelled: the function is told.
        over = work.ended.done()
        if not over:
            work.give_up()
    if over:
        return work.ended.result()
    call, begun = work.call, work.begun
    if stop is not None and cancelled is not None and cancelled.is_set():
        end = "what it has begun may still come about" if begun else "it did not run"
        return not_ok(call, "cancelled", f"the call was cancelled; {end}")
    why = f"{call.name}() took longer than {timeout_s:g} s and was given up"
    if not begun:
        why = f"{call.name}() did not run: the notebook was busy with a cell for {timeout_s:g} s"
    return not_ok(call, "timeout", why)


def _outcome(call: ToolCall, ended: Ended) -> Outcome:
    if ended.error is None:
        return Outcome(call, "ok", ended.text, value=ended.value)
    return not_ok(call, ended.status, told(ended.error))
