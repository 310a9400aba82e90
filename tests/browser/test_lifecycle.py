"""Cells run again, kernels that restart, servers that die, microphones that are refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from tests.browser.harness import OpenNotebook

pytestmark = pytest.mark.timeout(180)

OPEN_SESSIONS = """\
import gc
from realtime_nb import RealtimeSession
sum(isinstance(o, RealtimeSession) and o.state == "open" for o in gc.get_objects())"""

KILL_SERVER = """\
import os, signal
from realtime_nb.client.local import LocalServer
os.kill(LocalServer.shared().pid, signal.SIGKILL)"""


RESTART = TALK.replace("%%realtime", "%%realtime --restart")


def test_a_restart_leaves_one_session_and_no_microphone(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK, PLAIN_MICROPHONE, OPEN_SESSIONS])
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    assert chat.live_tracks == 1
    notebook.set_source(1, RESTART)
    notebook.run_cell(1)
    chat.wait_live()
    until(lambda: chat.live_tracks == 0, message="the old microphone is still open")
    notebook.run_cell(3)
    assert notebook.text(3) == "1"
    notebook.run_cell(2)
    chat.press_microphone()
    assert chat.live_tracks == 1
    assert notebook.page_errors == []


def test_a_restarted_kernel_lets_the_microphone_go(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK])
    chat = ChatPage(notebook).start(0, 1)
    chat.press_microphone()
    notebook.restart_kernel()
    until(lambda: chat.live_tracks == 0, message="the microphone is still open")
    until(lambda: "run the cell" in chat.state, message=chat.state)
    chat.start(0, 1)
    assert notebook.page_errors == []


# What the kernel knows of its page, and when it was told so.
WATCH = """\
import threading, time
pages, known = chat.bridge._pages, []
def watch():
    while "left" not in known:
        if pages.microphone and not known:
            known.append("microphone")
        elif known and not pages.microphone and pages.left:
            known.append("left")
        time.sleep(0.02)
threading.Thread(target=watch, daemon=True).start()"""


def test_closing_the_notebook_lets_the_microphone_go_and_tells_the_kernel(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK, WATCH, "known"])
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    notebook.close_notebook()
    until(lambda: chat.live_tracks == 0, message="the microphone is still open")
    notebook.reopen_notebook()
    notebook.run_cell(3)
    assert notebook.text(3) == "['microphone', 'left']"


def test_closing_the_chat_lets_the_microphone_go_and_says_so(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK, "chat.close(); chat.close(); chat.state"])
    chat = ChatPage(notebook).start(0, 1)
    chat.press_microphone()
    notebook.run_cell(2)
    assert "closed" in notebook.text(2)
    until(lambda: chat.live_tracks == 0, message="the microphone is still open")
    until(lambda: "closed" in chat.state, message=chat.state)


def test_a_server_that_dies_in_a_turn_is_one_line_and_the_next_run_mends_it(
    open_notebook: OpenNotebook,
) -> None:
    # With another one the talk would go on, see test_restore.
    final = f"{LOAD}\n%config RealtimeMagics.restore = False"
    notebook = open_notebook([final, TALK, KILL_SERVER, "await chat.respond()"])
    chat = ChatPage(notebook).start(0, 1)
    chat.press_microphone()
    chat.type("tell me a story")
    until(lambda: "response.output_audio.delta" in chat.events)
    notebook.run_cell(2)
    until(lambda: "failed" in chat.state, message=chat.state)
    assert "\n" not in chat.state.strip()
    until(lambda: chat.live_tracks == 0, message="the microphone is still open")
    notebook.run_cell(3, may_fail=True)
    assert "ConnectionLost" in notebook.error(3)
    assert "Traceback" not in notebook.error(3)
    notebook.run_cell(1)
    chat.wait_live()
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript)


TROUBLES = {
    "NotAllowedError": "allow",
    "NotFoundError": "no microphone",
    "NotReadableError": "another program",
}


def test_a_microphone_that_cannot_be_had_is_one_clear_line(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK])
    chat = ChatPage(notebook).start(0, 1)
    for name, said in TROUBLES.items():
        notebook.page.evaluate(
            """name => { navigator.mediaDevices.getUserMedia =
                 async () => { throw new DOMException("refused", name); }; }""",
            name,
        )
        chat.microphone.click()
        notice = notebook.page.locator(".rnb-notice").filter(
            has_text=re.compile(said, re.IGNORECASE)
        )
        notice.wait_for()
        assert "type" in notice.inner_text().lower()
        assert chat.microphone.get_attribute("aria-pressed") == "false"
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript)


def test_only_one_of_two_tabs_captures_and_plays(open_notebook: OpenNotebook) -> None:
    first_tab = open_notebook([LOAD, TALK])
    first = ChatPage(first_tab).start(0, 1)
    first.press_microphone()
    first_tab.save()
    second_tab = first_tab.second_tab()
    second = ChatPage(second_tab)
    second.wait_live()
    second.type("what is seven plus five")
    until(lambda: "12" in second.transcript)
    until(lambda: "12" in first.transcript)
    until(lambda: first.live_tracks == 0, message="two tabs hold a microphone")


# One that is closed: see test_take_over.
def test_when_the_tab_that_plays_goes_elsewhere_the_other_plays(
    open_notebook: OpenNotebook,
) -> None:
    first_tab = open_notebook([LOAD, TALK])
    first = ChatPage(first_tab).start(0, 1)
    first_tab.save()
    second_tab = first_tab.second_tab()
    ChatPage(second_tab).wait_live()
    take_over = first_tab.page.get_by_role("button", name="Take over")
    take_over.wait_for()
    second_tab.page.goto("about:blank")
    take_over.wait_for(state="hidden", timeout=60_000)
    first.type("what is seven plus five")
    until(lambda: "12" in first.transcript)
    until(lambda: heard_ms(first_tab) > 500, message="nobody plays the answer")
