"""What the server does about its end that takes too long; how else it ends is in test_process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading

import pytest

from realtime_nb.server.ending import Ending

STUCK = """\
import signal, threading, time
from realtime_nb.server.ending import Ending
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also below nohup, whose children ignore it
asked = threading.Event()
ending = Ending(asked.set, give_up_s=0.2)
ending.on_signals()
print("ready", flush=True)
for _ in range(1_200):  # one long wait may begin in the moment between a signal and its handler
    time.sleep(0.05)
"""


def started() -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", STUCK],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_an_end_that_does_not_come_is_made(name: str) -> None:
    with started() as process:
        try:
            process.send_signal(getattr(signal, name))
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 1
    assert errors == "realtime-nb serve: not ended after 0.2 s; cut off\n"


def test_what_was_ignored_before_is_ignored_still() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    asked = threading.Event()
    ending = Ending(asked.set, give_up_s=3600)
    try:
        ending.on_signals()
        signal.raise_signal(signal.SIGHUP)
        assert not asked.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        ending.restore()
        signal.signal(signal.SIGHUP, before)


def test_it_is_asked_for_politely_and_signals_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    asked = threading.Event()
    ending = Ending(asked.set, give_up_s=3600)
    ending.on_signals()
    try:
        signal.raise_signal(signal.SIGTERM)
        assert asked.is_set()
    finally:
        ending.restore()
    assert signal.getsignal(signal.SIGTERM) is before


def test_before_anything_has_begun_a_signal_is_the_end() -> None:
    before = signal.getsignal(signal.SIGTERM)
    ending = Ending()
    ending.on_signals()
    try:
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
    finally:
        ending.restore()
    assert ended.value.code == 0
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform == "win32", reason="loops take no signals there")
def test_a_signal_wakes_a_loop_that_waits_for_nothing_else() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def serve() -> int:
        ended = asyncio.Event()
        ending = Ending(give_up_s=3600)
        ending.on_signals()
        ending.begin(ended.set, asyncio.get_running_loop())
        try:
            # What wakes it is this, and not that Python happens to run between two waits.
            woken = signal.set_wakeup_fd(-1)
            signal.set_wakeup_fd(woken)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(ended.wait(), 30)
        finally:
            ending.restore()
        return woken

    assert asyncio.run(serve()) >= 0
    assert signal.getsignal(signal.SIGTERM) is before
