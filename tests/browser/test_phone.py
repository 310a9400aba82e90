"""A telephone line: a call rings, is accepted by a click, answered, shown and hung up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chat_page import ASK, LOAD, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.harness import NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(240)

SAID = "what time is it"
EVIL = "<img src=x onerror=alert(1)>"
SCRIPT = {"phrases": [SAID], "turns": [[{"say": "It is noon, and the shop is open."}]] * 3}

LINE = f"""\
import json, pathlib, tempfile
import realtime_nb
from realtime_nb.client.local import LocalServer
from realtime_nb.speech.voices import say_as_user
script = pathlib.Path(tempfile.mkdtemp()) / "script.json"
script.write_text({json.dumps(json.dumps(SCRIPT))})
LocalServer._shared = LocalServer(("--brain", f"scripted:{{script}}"))
line = realtime_nb.PhoneLine(endpoint="local")"""
CELL = """\
%%realtime --phone line
---
turn_detection:
  type: server_vad
  silence_duration_ms: 400
---
You keep a shop and answer its telephone."""
RING = f"""\
clip = say_as_user("{SAID}")
first = line.ring(clip, caller="+15550123", dtmf="12#", quiet_s=60,
                  headers=[("X-Note", "{EVIL}")])"""
AGAIN = 'second = line.ring(clip, caller="sip:bob@example.com", quiet_s=60)'


class LinePage:
    """The line's table, and the chat below it."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook = notebook
        self.page: Page = notebook.page

    def row(self, nth: int) -> Locator:
        return self.page.locator(".rnb-call").nth(nth)

    def wait(self, nth: int, state: str) -> None:
        self.page.wait_for_selector(f".rnb-call >> nth={nth}", timeout=60_000)
        until(
            lambda: self.row(nth).get_attribute("data-state") == state,
            seconds=60,
            message=f"call {nth} is {self.row(nth).get_attribute('data-state')}, not {state}",
        )

    def press(self, nth: int, words: str) -> None:
        self.row(nth).get_by_role("button", name=words).click()

    def ask(self, expression: str) -> Any:
        return json.loads(self.page.evaluate(ASK, expression))


def test_a_call_is_answered_in_the_notebook(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, LINE, CELL, RING, AGAIN])
    line = LinePage(notebook)
    for cell in range(3):
        notebook.run_cell(cell)
    line.page.wait_for_selector(".rnb-phone-empty")
    assert line.page.locator(".rnb-phone-url").inner_text() == line.ask("line.url")

    notebook.run_cell(3)
    line.wait(0, "ringing")
    assert line.row(0).locator(".rnb-call-who").inner_text() == "+15550123"
    line.row(0).locator("summary").click()
    assert EVIL in line.row(0).locator(".rnb-call-headers").inner_text()
    assert line.page.locator(".rnb-call img").count() == 0

    # Accepted by a click: the caller is heard, answered, and shown in a chat of its own.
    line.press(0, "Accept")
    line.wait(0, "active")
    transcript = line.page.get_by_role("log", name="Transcript").last
    transcript.get_by_text("It is noon").first.wait_for(timeout=90_000)
    until(lambda: SAID in transcript.inner_text(), seconds=30)
    until(lambda: line.row(0).locator(".rnb-call-keys").inner_text() == "12#", seconds=60)

    # Another rings meanwhile, and is rejected.
    notebook.run_cell(4)
    line.wait(1, "ringing")
    line.press(1, "Reject")
    line.wait(1, "rejected")
    assert line.row(0).get_attribute("data-state") == "active"

    # What cannot be is said in the row, and the talk goes on.
    line.press(0, "Refer: call")
    line.row(0).locator(".rnb-call-target").fill("nonsense")
    line.row(0).locator(".rnb-call-target").press("Enter")
    line.row(0).get_by_text("write tel:").wait_for()
    line.press(0, "Hang up")
    line.wait(0, "ended")
    until(lambda: line.ask("first.done() and second.done()"), seconds=30)
    assert line.ask("[first.result().state, second.result().state]") == ["ended", "rejected"]
    # What the caller heard is no silence.
    assert line.ask("float(abs(first.result().heard.samples).max())") > 0.01
    assert line.ask("line[0].chat.state") == "closed"
    assert line.ask("[call.state for call in line.calls]") == ["ended", "rejected"]
    assert not notebook.page_errors
