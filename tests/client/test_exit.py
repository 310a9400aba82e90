"""What is left when the interpreter goes while a session is open: nothing, and no complaint."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGIN = """
import os, signal, sys, threading
from realtime_nb.client import RealtimeSession
from realtime_nb.client.testing import ScriptedPeer, send, session_created, hold

peer = ScriptedPeer([send(session_created()), hold(3600)])
peer.__enter__()
session = RealtimeSession(peer.endpoint)
session.open().result(10)
session.append_audio(bytes(1920))
call = session.respond()
"""


def run(ending):
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-X", "dev", "-W", "error", "-c", BEGIN + ending],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # In development mode asyncio also tells of what a busy machine made slow.
    lines = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(line for line in lines if not line.startswith("Executing <"))
    return done


@pytest.mark.parametrize(
    ("ending", "code"),
    [("", 0), ("sys.exit(3)", 3), ("raise SystemExit", 0), ("session.close()", 0)],
)
def test_leaving_with_a_session_open_is_quiet(ending, code):
    done = run(ending)
    assert (done.returncode, done.stderr, done.stdout) == (code, "", "")


def test_an_error_of_the_program_is_the_only_thing_shown():
    done = run("1 / 0")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("ZeroDivisionError: division by zero")
    assert done.stderr.count("Traceback") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to oneself there")
def test_an_interrupt_while_waiting_leaves_the_session_alive():
    ending = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    call.result()
except KeyboardInterrupt:
    print(session.state, call.done())
"""
    done = run(ending)
    assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", ["open", "False"])
