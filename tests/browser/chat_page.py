"""What the tests of the chat do in its page."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.browser.harness import NotebookPage

LOAD = "%load_ext realtime_nb"
TALK = """\
%%realtime --endpoint local
---
voice: marin
turn_detection:
  type: server_vad
  silence_duration_ms: 400
---
You are a patient guide to this notebook. Keep answers to two sentences."""

# The microphone hears a file; what a browser does to make people sound better stays off.
PLAIN_MICROPHONE = """\
chat.widget._audio_constraints = {
    "echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}"""

COUNT_TRACKS = """() => {
  const devices = navigator.mediaDevices;
  window.__tracks = [];
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await ask(constraints);
    window.__tracks.push(...stream.getTracks());
    return stream;
  };
}"""


def until(what: Callable[[], Any], *, seconds: float = 60.0, message: str = "") -> Any:
    """Ask again and again until the answer is true, and return it."""
    end = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > end:
            raise AssertionError(message or "it did not happen in time")
        time.sleep(0.1)
    return found


# A value of the kernel's, as text, asked for beside the cells. JSON reads a list of plain words.
ASK = """async (expression) => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const asked = { __value: `__import__("json").dumps(${expression})` };
  const request = { code: "", silent: true, user_expressions: asked };
  const { content } = await kernel.requestExecute(request).done;
  const { __value: value } = content.user_expressions;
  if (value.status !== "ok") throw new Error(`${value.ename}: ${value.evalue}`);
  return value.data["text/plain"].slice(1, -1);
}"""

# Of a chat, or of a session whose widget a test made by itself; whatever the cell calls it.
_NEWEST_LOG = (
    "[getattr(v, 'session', v).log for v in [*locals().values()]"
    " if type(getattr(v, 'session', v)).__name__ == 'RealtimeSession'][-1]"
)


class ChatPage:
    """The chat in a notebook whose second cell made it."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook = notebook
        self.page = notebook.page

    def start(self, *cells: int) -> ChatPage:
        """Run cells and wait until the chat is live."""
        for cell in cells:
            self.notebook.run_cell(cell)
        self.wait_live()
        self.page.evaluate(COUNT_TRACKS)
        return self

    def wait_live(self) -> None:
        self.page.get_by_role("status").filter(has_text="live").first.wait_for()
        until(lambda: self.state == "live", message="the chat is not live")

    @property
    def state(self) -> str:
        return self.page.locator(".rnb-state").last.inner_text()

    @property
    def transcript(self) -> str:
        return self.page.get_by_role("log", name="Transcript").last.inner_text()

    @property
    def events(self) -> list[str]:
        """The types of all events so far; the table in the page holds only the rows in view."""
        types = f"[r.event.type for r in {_NEWEST_LOG}]"
        return json.loads(self.page.evaluate(ASK, types))

    @property
    def microphone(self) -> Locator:
        return self.page.get_by_role("button", name="Microphone", exact=True).last

    @property
    def live_tracks(self) -> int:
        """How many microphones the page holds open."""
        return int(
            self.page.evaluate("window.__tracks.filter(t => t.readyState === 'live').length")
        )

    def press_microphone(self) -> None:
        self.microphone.click()
        until(
            lambda: self.microphone.get_attribute("aria-pressed") == "true",
            message="the microphone did not open",
        )

    def type(self, text: str) -> None:
        box = self.page.get_by_role("textbox", name="Message").last
        box.fill(text)
        box.press("Enter")
