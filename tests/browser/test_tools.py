"""The voice asks, Python answers: calls, what they display, and the user's leave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, ChatPage, until
from tests.browser.harness import make_mic_wav
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.harness import OpenNotebook

pytestmark = [pytest.mark.timeout(240), pytest.mark.alone]

ASKED = "show me the sales"


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"call": {"name": name, "arguments": arguments}}


SCRIPT = {
    "phrases": [ASKED, "goodbye"],
    "turns": [
        # Spoken: a table; then a call that the user cuts off.
        [{"say": "Let me look. "}, call("sales", city="all")],
        [{"say": "Lyon sold most."}],
        [call("slow")],
        {"when": "goodbye", "steps": [{"say": "As you wish."}]},
        # Typed: leave by click, by key, and a no.
        [call("pay", euros=5, to="<b>Ada</b>")],
        [{"say": "Paid once."}],
        [call("pay", euros=6, to="Bob")],
        [{"say": "Paid twice."}],
        [call("pay", euros=7, to="Eve")],
        [{"say": "Not paid then."}],
        # Two at once, a figure and a failure.
        [call("plot"), call("broken", why="no reason")],
        [{"say": "That is all."}],
        # After a reload.
        [call("sales", city="again")],
        [{"say": "Lyon, still."}],
    ],
}

SERVER = f"""\
import json, pathlib, tempfile
from realtime_nb.client.local import LocalServer
script = pathlib.Path(tempfile.mkdtemp()) / "script.json"
script.write_text({json.dumps(json.dumps(SCRIPT))})
LocalServer._shared = LocalServer(("--brain", f"scripted:{{script}}"))"""

TOOLS = """\
import threading
import pandas as pd
import realtime_nb
paid = []

def sales(city: str = "all") -> pd.DataFrame:
    "The sales of each city."
    print("looking at", city)
    rows = [("Paris", 12), ("Lyon", 40), ("Nice", 7)] * 8
    return pd.DataFrame(rows, columns=["city", "sold"])

def slow() -> str:
    "Takes for ever."
    threading.Event().wait(50)
    return "late"

@realtime_nb.tool(approve=True)
def pay(euros: int, to: str) -> str:
    "Pay somebody."
    paid.append(euros)
    return f"{euros} to {to}"

def plot():
    "Draw a line."
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.plot([1, 4, 2])
    plt.close(figure)
    return figure

def broken(why: str):
    "Fails."
    raise ValueError(f"it broke: {why}")"""

CELL = """\
%%realtime --endpoint local
---
tools: [sales, slow, pay, plot, broken]
turn_detection:
  type: server_vad
  silence_duration_ms: 400
---
You help with the sales."""


class Calls:
    """The cards of a chat."""

    def __init__(self, chat: ChatPage) -> None:
        self.chat = chat
        self.page = chat.page

    def card(self, name: str, nth: int = -1) -> Locator:
        cards = self.page.locator(".rnb-card", has_text=f"{name}(")
        return cards.last if nth < 0 else cards.nth(nth)

    def wait(self, name: str, state: str, *, seconds: float = 30) -> Locator:
        """Wait until the newest call of a tool stands so."""
        card = self.card(name)
        try:
            until(
                lambda: card.count() and card.get_attribute("data-state") == state, seconds=seconds
            )
        except AssertionError:
            cards = self.page.locator(".rnb-card").all_inner_texts()
            raise AssertionError(f"{name} is not {state}: {cards}") from None
        return card

    @property
    def question(self) -> Locator:
        return self.page.locator(".rnb-approval")


def test_a_spoken_question_is_answered_from_the_notebook(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    said = say_as_user(ASKED)
    # Said again, for a machine on which the call has not begun by then.
    segments = [1.0, said, 8.0, said, *(6.0, say_as_user("goodbye")) * 4, 9.0]
    mic = make_mic_wav(tmp_path / "mic.wav", segments)
    notebook = open_notebook([LOAD, SERVER, TOOLS, CELL, PLAIN_MICROPHONE, "paid"], mic=mic)
    chat = ChatPage(notebook).start(0, 1, 2, 3, 4)
    calls = Calls(chat)
    chat.press_microphone()
    is_answered_with_a_table(calls)
    until(lambda: heard_ms(notebook) > 300, message="the page plays nothing")

    calls.wait("slow", "running")
    calls.wait("slow", "cancelled", seconds=40)
    until(lambda: "As you wish." in chat.transcript)
    chat.microphone.click()

    waits_for_leave(calls)
    notebook.run_cell(5)
    assert notebook.text(5) == "[5, 6]"

    chat.type("both")
    calls.wait("plot", "ok").locator(".rnb-display img").wait_for()
    assert "no reason" in calls.wait("broken", "failed").inner_text()
    until(lambda: "That is all." in chat.transcript)

    # All of it is there again after a reload.
    notebook.reload()
    chat.wait_live()
    calls.card("sales").locator(".rnb-display table").wait_for()
    assert calls.card("pay", 2).get_attribute("data-state") == "denied"

    # The cell takes nothing from now on: what comes stands below the next one that runs.
    assert 'sales({"city": "all"}' in notebook.text(3)
    chat.type("and now")
    until(lambda: "Lyon, still." in chat.transcript)
    assert "again" not in notebook.text(3)
    notebook.run_cell(5)
    until(lambda: "looking at again" in notebook.text(5))
    assert notebook.page_errors == []


def is_answered_with_a_table(calls: Calls) -> None:
    table = calls.wait("sales", "ok", seconds=60).locator(".rnb-display")
    table.locator("table").wait_for()
    assert table.locator("td", has_text="Lyon").count() == 8
    assert "looking at all" in table.inner_text()
    until(lambda: "Lyon" in calls.chat.transcript.split("Show all")[-1])
    # It is as high as leaves room for the talk, and opens.
    low = table.bounding_box()
    table.get_by_role("button", name="Show all").click()
    high = table.bounding_box()
    assert low is not None
    assert high is not None
    assert high["height"] > low["height"] + 100


def waits_for_leave(calls: Calls) -> None:
    chat, question, keyboard = calls.chat, calls.question, calls.page.keyboard
    chat.type("pay Ada")
    question.wait_for()
    assert "<b>Ada</b>" in question.inner_text()
    assert has_focus(calls.page.get_by_role("textbox", name="Message").last)
    question.get_by_role("button", name="Allow once").click()
    until(lambda: "Paid once." in chat.transcript)
    calls.wait("pay", "ok")

    chat.type("pay Bob")
    question.wait_for()
    for _ in range(12):
        keyboard.press("Shift+Tab")
        if has_focus(question):
            break
    keyboard.press("Escape")
    keyboard.press("o")
    until(lambda: "Paid twice." in chat.transcript)

    chat.type("pay Eve")
    question.get_by_role("textbox").fill("too much")
    question.get_by_role("textbox").press("Enter")
    calls.wait("pay", "denied")
    until(lambda: "Not paid then." in chat.transcript)
    assert "too much" in calls.card("pay").inner_text()


def has_focus(node: Locator) -> bool:
    return bool(node.evaluate("node => node === document.activeElement"))
