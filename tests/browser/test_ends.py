"""Kernels that restart, are shut down or killed: no microphone, no process, no port, no file."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.browser.chat_page import ASK, COUNT_TRACKS, LOAD, TALK, ChatPage, until
from tests.ends.leaks import answers, is_running, listening, meetings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import LabServer, OpenNotebook

pytestmark = pytest.mark.timeout(180)

LINE = """\
from realtime_nb import PhoneLine
line = PhoneLine(endpoint="local")
line.url"""
PIDS = """[
    __import__("os").getpid(),
    __import__("realtime_nb.client.local", fromlist=["x"]).LocalServer.shared().pid]"""


class Running:
    """What a notebook's kernel has started by now."""

    def __init__(self, chat: ChatPage, runtime: Path) -> None:
        pids: list[int] = json.loads(chat.page.evaluate(ASK, PIDS))
        self.processes = [psutil.Process(pid) for pid in pids]
        self.ports = listening(self.processes[1])
        self.runtime = runtime
        assert self.ports
        assert len(meetings(runtime)) == 2  # the fast path's and the line's

    def gone(self, *, kernel: bool = True) -> bool:
        ended = self.processes if kernel else self.processes[1:]
        return not any(map(is_running, ended)) and not any(map(answers, self.ports))


def test_no_end_of_a_kernel_leaves_a_microphone_or_a_server(
    open_notebook: OpenNotebook, lab: LabServer
) -> None:
    runtime = lab.root.parent / "runtime_dir"
    notebook = open_notebook([LOAD, TALK, LINE])
    chat = ChatPage(notebook)
    chat.page.evaluate(COUNT_TRACKS)

    def begin() -> Running:
        for cell in range(3):
            notebook.run_cell(cell)
        chat.wait_live()
        chat.press_microphone()
        assert chat.live_tracks == 1
        until(lambda: len(meetings(runtime)) == 2, message="no fast path")
        return Running(chat, runtime)

    def no_microphone(how: str) -> None:
        until(lambda: chat.live_tracks == 0, seconds=30, message=f"{how}: the microphone is open")

    before = begin()
    notebook.restart_kernel()
    no_microphone("restarted")
    until(before.gone, seconds=30, message="restarted: the server runs")
    assert meetings(runtime) == []

    before = begin()
    # As the system does that runs out of memory; Jupyter Server starts the kernel again.
    before.processes[0].send_signal(signal.SIGKILL)
    no_microphone("killed")
    notebook.page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    until(before.gone, seconds=30, message="killed: the server runs")
    notebook.wait_idle()

    before = begin()  # which takes away what the killed one left: there are two files again
    notebook.shut_kernel_down()
    no_microphone("shut down")
    until(before.gone, seconds=30, message="shut down: the server runs")
    assert meetings(runtime) == []
    assert notebook.page_errors == []
