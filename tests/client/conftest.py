"""A loop of its own for each test, and a look whether anything was left behind."""

from __future__ import annotations

import sys
import threading

import pytest

from realtime_nb.client.loop import THREAD_NAME, BackgroundLoop
from tests.kept_practice import KEPT_THREADS


@pytest.fixture
def loop():
    loop = BackgroundLoop()
    yield loop
    loop.stop()


@pytest.fixture(autouse=True)
def _nothing_left():
    interval = sys.getswitchinterval()
    yield
    BackgroundLoop.stop_shared()
    assert [name for name in _threads() if name != KEPT_THREADS] == []
    assert sys.getswitchinterval() == interval


def _threads():
    return [t.name for t in threading.enumerate() if t.name.startswith(THREAD_NAME)]
