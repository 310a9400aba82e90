from __future__ import annotations

import contextvars
import subprocess
import sys
import threading

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.rest.chat_sound import encode_sounds
from realtime_nb.client.rest.daemon_thread import on_daemon_thread
from realtime_nb.errors import UsageError

HANGS = """
import threading
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.rest.daemon_thread import on_daemon_thread

begun = threading.Event()

def hang():
    begun.set()
    threading.Event().wait()

BackgroundLoop.shared().call(on_daemon_thread(hang, "hang"))
begun.wait()
print("left")
"""


async def test_it_gives_what_the_function_gives_in_the_callers_context():
    cell = contextvars.ContextVar("cell", default="none")
    cell.set("mine")
    assert await on_daemon_thread(cell.get, "get") == "mine"


@pytest.mark.parametrize("error", [UsageError("no"), SystemExit(3)])
async def test_it_raises_what_the_function_raises(error):
    def fail():
        raise error

    with pytest.raises(type(error)) as raised:
        await on_daemon_thread(fail, "fail")
    assert raised.value is error


def test_the_end_of_the_kernel_does_not_wait_for_it():
    ended = subprocess.run(  # noqa: S603 -- a script of our own
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left\n", "")


def test_sound_that_nobody_waits_for_is_not_encoded_to_its_end():
    clip = AudioClip.read((np.zeros(24_000 * 60, "f4"), 24_000))
    asked = threading.Event()

    def given_up():
        again = asked.is_set()
        asked.set()
        return again

    with pytest.raises(UsageError, match="stopped"):
        encode_sounds([clip], "mp3", given_up)
