from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
import time

import pytest

from realtime_nb.client.loop import THREAD_NAME, BackgroundLoop
from realtime_nb.errors import CallTimeout, ConnectionLost, ServerError, UsageError


async def value(result, delay=0.0):
    await asyncio.sleep(delay)
    return result


async def failure(error):
    await asyncio.sleep(0)
    raise error


async def test_a_call_can_be_awaited_on_another_loop(loop):
    assert await loop.call(value(7, 0.01)) == 7


def test_a_call_can_be_waited_for_without_a_loop(loop):
    call = loop.call(value("done"), "greeting")
    assert call.result(5) == "done"
    assert call.done()
    assert repr(call) == "<Call greeting: 'done'>"


def test_awaiting_an_ended_call_needs_no_wait(loop):
    call = loop.call(value(1))
    call.result(5)

    async def twice():
        return await call + await call

    assert asyncio.run(twice()) == 2


async def test_several_tasks_may_await_one_call(loop):
    call = loop.call(value(3, 0.02))

    async def waiting():
        return await call

    assert await asyncio.gather(waiting(), waiting(), waiting()) == [3, 3, 3]


async def test_giving_up_waiting_does_not_stop_the_call(loop):
    call = loop.call(value("still here", 0.1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await call
    assert await call == "still here"


def test_cancel_stops_the_call(loop):
    ended = threading.Event()

    async def endless():
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    call = loop.call(endless(), "endless")
    loop.call(value(None)).result(5)
    assert call.cancel()
    assert ended.wait(5)
    assert repr(call) == "<Call endless: cancelled>"
    assert call.exception() is None
    with pytest.raises(ConnectionLost, match="endless was cancelled"):
        call.result(5)


def test_an_error_comes_to_whoever_asks_each_time(loop):
    call = loop.call(failure(ServerError("no such voice", code="invalid_value")), "update")
    for _ in range(2):
        with pytest.raises(ServerError, match="no such voice") as caught:
            call.result(5)
        assert caught.value.code == "invalid_value"
    assert repr(call) == "<Call update: ServerError: no such voice>"
    assert isinstance(call.exception(), ServerError)


def test_an_error_nobody_asks_for_prints_nothing(loop, caplog, capfd):
    call = loop.call(failure(ServerError("unheard")))
    while not call.done():
        time.sleep(0.001)

    async def abandoned():
        waiter = asyncio.ensure_future(asyncio.wait_for(loop.call(failure(ServerError("x"))), 5))
        await asyncio.sleep(0.02)
        waiter.cancel()

    with caplog.at_level(logging.DEBUG):
        del call
        asyncio.run(abandoned())
        gc.collect()
    assert "never retrieved" not in caplog.text
    assert "never retrieved" not in capfd.readouterr().err


def test_result_says_when_it_was_not_in_time(loop):
    call = loop.call(value(1, 30), "slow")
    with pytest.raises(CallTimeout, match=r"slow has not ended after 0.01 s"):
        call.result(0.01)
    assert not call.done()


def test_a_timeout_of_the_work_itself_stays_what_it_is(loop):
    call = loop.call(failure(TimeoutError("the disk is slow")))
    with pytest.raises(TimeoutError, match="the disk is slow"):
        call.result(5)


def test_result_on_the_loops_own_thread_is_refused(loop):
    async def inside():
        with pytest.raises(UsageError, match="await the call"):
            loop.call(value(1, 0.01)).result()
        return await loop.call(value(2))

    assert loop.call(inside()).result(5) == 2


def test_done_callbacks_get_the_call(loop):
    seen = []
    call = loop.call(value(5))
    call.add_done_callback(seen.append)
    call.result(5)
    while not seen:
        time.sleep(0.001)
    assert seen == [call]


def test_a_long_result_is_cut_in_the_repr(loop):
    call = loop.call(value("line\n" * 100), "read")
    call.result(5)
    assert len(repr(call)) < 160
    assert "\n" not in repr(call)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_an_exit_called_for_on_it_ends_only_the_call(loop, error, caplog):
    call = loop.call(failure(error))
    with pytest.raises(type(error)):
        call.result(5)
    loop.post(exit_with, error)
    assert loop.call(value(1)).result(5) == 1
    assert loop.alive
    assert "goes on" in caplog.text


def exit_with(error):
    raise error


def test_stopping_ends_calls_and_thread():
    loop = BackgroundLoop()
    call = loop.call(value(1, 3600), "endless")
    loop.call(value(None)).result(5)
    loop.stop()
    loop.stop()
    with pytest.raises(ConnectionLost, match="was stopped"):
        call.result(5)
    assert not loop.alive
    assert repr(loop) == "<BackgroundLoop stopped, 0 calls under way>"


def test_a_stopped_loop_refuses_calls_and_warns_of_nothing():
    loop = BackgroundLoop()
    loop.stop()
    with pytest.raises(ConnectionLost, match="hello: the background loop was stopped"):
        loop.call(value(1), "hello").result(5)
    assert loop.post(print) is False
    gc.collect()


def test_the_loop_cannot_stop_itself(loop):
    async def inside():
        loop.stop()

    with pytest.raises(UsageError, match="cannot stop itself"):
        loop.call(inside()).result(5)


def test_post_runs_on_the_thread(loop):
    names = []
    done = threading.Event()
    assert loop.post(lambda: (names.append(threading.current_thread().name), done.set()))
    assert done.wait(5)
    assert names == [THREAD_NAME]


def test_there_is_one_shared_loop_until_it_is_stopped():
    first = BackgroundLoop.shared()
    assert BackgroundLoop.shared() is first
    first.stop()
    second = BackgroundLoop.shared()
    assert second is not first
    assert second.alive
    BackgroundLoop.stop_shared()
    assert not second.alive
    BackgroundLoop.stop_shared()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_gets_a_loop_of_its_own():
    shared = BackgroundLoop.shared()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        mine = BackgroundLoop.shared()
        shared.stop()
        answer = b"%d" % (mine is not shared and mine.call(value(9)).result(5))
        os.write(writer, answer)
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"9"
    os.close(reader)
    assert shared.call(value(1)).result(5) == 1
