"""Unloading and reloading in a kernel with everything open: nothing of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ends.kernels import running
from tests.ends.test_kernel_ends import CHAT, LINE, RECORDER, STORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ends.kernels import Kernel

SPEECH = """\
%%speak --endpoint local
Hello there."""
# What a page that asks for the fast path sets off.
FAST_PATH = """\
from realtime_nb.client.loop import BackgroundLoop
async def place():
    return chat.bridge._view._place()
assert BackgroundLoop.shared().call(place()).result(10)"""
HELD = """\
import gc, threading
from realtime_nb.client.session import RealtimeSession
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.local import LocalServer
gc.collect()
threads = sorted(
    t.name for t in threading.enumerate()
    if t.name.startswith(("realtime", "work of", "asyncio")) and "rows" not in t.name)
live = [o for o in gc.get_objects()
    if isinstance(o, RealtimeSession) and o.state not in ("closed", "failed", "idle")]
print(threads, len(live), BackgroundLoop._shared, LocalServer._shared)"""
NOTHING = "[] 0 None None\n"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with running(tmp_path_factory.mktemp("reloading")) as kernel:
        yield kernel


def test_it_is_reloaded_twice_with_everything_open_and_unloaded_to_nothing(kernel: Kernel) -> None:
    none = set(kernel.ports)
    for last in ("%reload_ext realtime_nb", "%reload_ext realtime_nb", "%unload_ext realtime_nb"):
        for code in (CHAT.format(name="chat"), CHAT.format(name="other"), LINE):
            kernel.good(code)
        kernel.good(FAST_PATH)
        for code in (RECORDER, SPEECH, STORY):
            kernel.good(code)
        assert len(kernel.children) == 1
        assert len(kernel.meetings) == 2
        outputs = kernel.good(last)
        assert outputs.errors == ""
        assert kernel.value("chat.state, other.state, line.closed") == "('closed', 'closed', True)"
        assert [kernel.value(f"calls[{n}].exception().__class__.__name__") for n in (0, 1)] == (
            ["'ConnectionLost'"] * 2
        )
        assert kernel.good(HELD).text == NOTHING
        assert kernel.children == []
        assert kernel.meetings == []
        assert set(kernel.ports) <= none
        magic = kernel.value("'realtime' in get_ipython().magics_manager.magics['cell']")
        assert magic == str("unload" not in last)
