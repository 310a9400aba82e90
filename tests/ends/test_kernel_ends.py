"""A kernel with everything open ends, and nothing of it is left: however it ends."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.ends.kernels import Kernel, ended, running
from tests.ends.leaks import answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHAT = """\
%%realtime {name} --endpoint local
---
output_modalities: [text]
---
Be brief."""
LINE = """\
from realtime_nb import PhoneLine
line = PhoneLine(endpoint="local")"""
LISTENER = """\
from realtime_nb.bridge.carrier.listener import Listener
from realtime_nb.client.loop import BackgroundLoop
async def listen():
    async def serve(line): ...
    return Listener(BackgroundLoop.shared().loop, serve)
fast_path = BackgroundLoop.shared().call(listen()).result(10)"""
RECORDER = """\
from realtime_nb import Recorder
recorder = Recorder()
recorder"""
STORY = "calls = [chat.say('tell me a story'), other.say('tell me a story')]"
# What a data scientist's pool does: a child that is a copy, with every open file of the kernel.
COPY = """\
import os, time
if (child := os.fork()) == 0:
    time.sleep(600)
    os._exit(0)
child"""

ENDS: dict[str, Callable[[Kernel], None]] = {
    "shut down": Kernel.shut_down,
    "restarted": Kernel.restart,
    "terminated": lambda kernel: kernel.signal(signal.SIGTERM),
    "killed": lambda kernel: kernel.signal(signal.SIGKILL),
}


def everything(kernel: Kernel) -> None:
    """Open what holds threads, processes, ports and files."""
    for code in (
        CHAT.format(name="chat"),
        CHAT.format(name="other"),
        LINE,
        LISTENER,
        RECORDER,
        STORY,
    ):
        kernel.good(code)


@pytest.mark.parametrize("how", ENDS)
def test_no_process_port_or_temporary_file_outlives_it(tmp_path: Path, how: str) -> None:
    with running(tmp_path) as kernel:
        none = set(kernel.ports)
        everything(kernel)
        children, ports = kernel.children, set(kernel.ports) - none
        assert len(children) == 1  # the practice server
        assert len(ports) == 3  # its own, the line's, the fast path's
        assert len(kernel.meetings) == 2
        ENDS[how](kernel)
        assert ended(children) == []
        assert [port for port in ports if answers(port)] == []
        assert list((tmp_path / "tmp").iterdir()) == []
        if how in ("shut down", "restarted"):  # one that is killed can take nothing away
            assert kernel.meetings == []
        if how == "restarted":
            kernel.good("%load_ext realtime_nb")
            everything(kernel)


def test_what_a_killed_kernel_left_is_taken_away_by_the_next(tmp_path: Path) -> None:
    with running(tmp_path) as kernel:
        everything(kernel)
        left = set(kernel.meetings)
        kernel.signal(signal.SIGKILL)
        assert ended([kernel.process]) == []
    with running(tmp_path) as kernel:
        everything(kernel)
        assert left.isdisjoint(kernel.meetings)
        assert len(kernel.meetings) == 2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no processes are copied there")
def test_the_server_ends_with_its_kernel_also_when_a_copy_of_the_kernel_lives_on(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as kernel:
        kernel.good(CHAT.format(name="chat"))
        (server,) = kernel.children
        copy = int(kernel.value(f"import warnings; warnings.simplefilter('ignore')\n{COPY}"))
        copies = [one for one in kernel.children if one.pid == copy]
        try:
            kernel.signal(signal.SIGKILL)
            assert ended([server]) == []
            assert ended(copies, within_s=0) == copies  # else this shows nothing
        finally:
            for one in copies:
                one.kill()
