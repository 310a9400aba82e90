"""A second tab takes over in the middle of an answer, or the page is reloaded there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, TALK, ChatPage, until
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from tests.browser.harness import NotebookPage, OpenNotebook

pytestmark = pytest.mark.timeout(180)

LONG = "one two three four five six seven eight nine ten eleven twelve " * 3
ANSWER = """\
part = chat.bridge.playback._parts[next(iter(chat.bridge.playback._parts))]
cuts = sum(r.event.type == "conversation.item.truncate" for r in chat.events)
print(round(part.received / 24), round(part.played / 24), cuts)"""
NEAR_MS = 300
"""Where one tab ends, or the other begins, with silent samples, they are not counted as heard."""


def test_an_answer_goes_on_in_the_tab_that_takes_over(open_notebook: OpenNotebook) -> None:
    first_tab = open_notebook([LOAD, TALK, ANSWER])
    first = ChatPage(first_tab).start(0, 1)
    first_tab.save()
    second_tab = first_tab.second_tab()
    ChatPage(second_tab).wait_live()
    take_over = second_tab.page.get_by_role("button", name="Take over")
    if not take_over.is_visible():
        first_tab.page.get_by_role("button", name="Take over").click()
        take_over.wait_for()
    first.type(LONG)
    until(lambda: heard_ms(first_tab) > 1000, message="the first tab plays nothing")
    take_over.click()
    until(lambda: heard_ms(second_tab) > 1000, message="the second tab plays nothing")
    here = heard_ms(first_tab)
    _wait_for_the_end(second_tab)
    assert heard_ms(first_tab) == here, "both tabs play"
    first_tab.run_cell(2)
    received, played, cuts = (int(word) for word in first_tab.text(2).split())
    assert (played, cuts) == (received, 0)
    assert abs(here + heard_ms(second_tab) - received) < NEAR_MS


def test_an_answer_goes_on_in_the_page_that_was_reloaded(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK, ANSWER])
    chat = ChatPage(notebook).start(0, 1)
    notebook.save()
    chat.type(LONG)
    until(lambda: heard_ms(notebook) > 1000, message="the page plays nothing")
    before = heard_ms(notebook)
    notebook.reload()
    chat = ChatPage(notebook)
    chat.wait_live()
    hear = notebook.page.get_by_role("button", name="Click to hear")
    notebook.page.locator(".rnb-stop:enabled").wait_for()
    if hear.is_visible():
        hear.click()
    until(lambda: heard_ms(notebook) > 1000, message="the page that came back plays nothing")
    _wait_for_the_end(notebook)
    notebook.run_cell(2)
    received, played, cuts = (int(word) for word in notebook.text(2).split())
    assert (played, cuts) == (received, 0)
    # It was heard on until the page went, and what was not reported by then is heard again.
    assert before + heard_ms(notebook) < received + NEAR_MS
    assert notebook.page_errors == []


def test_an_answer_goes_on_when_the_tab_that_plays_it_is_closed(
    open_notebook: OpenNotebook,
) -> None:
    first_tab = open_notebook([LOAD, TALK, ANSWER])
    first = ChatPage(first_tab).start(0, 1)
    first_tab.save()
    second_tab = first_tab.second_tab()
    second = ChatPage(second_tab)
    second.wait_live()
    take_over = first_tab.page.get_by_role("button", name="Take over")
    take_over.wait_for()
    second_tab.page.locator(".rnb-carrier", has_text="fast path").wait_for()
    second.type(LONG)
    until(lambda: heard_ms(second_tab) > 1000, message="the tab that has it plays nothing")
    before = heard_ms(second_tab)
    second_tab.page.close(run_before_unload=False)
    take_over.wait_for(state="hidden", timeout=60_000)
    until(lambda: heard_ms(first_tab) > 1000, message="the other tab plays nothing")
    _wait_for_the_end(first_tab)
    first_tab.run_cell(2)
    received, played, cuts = (int(word) for word in first_tab.text(2).split())
    assert (played, cuts) == (received, 0)
    assert before + heard_ms(first_tab) < received + NEAR_MS
    # And the next answer, too.
    first_tab.ears.forget()
    first.type("what is seven plus five")
    until(lambda: "12" in first.transcript)
    until(lambda: heard_ms(first_tab) > 500, message="nobody plays the answer")


def _wait_for_the_end(tab: NotebookPage) -> None:
    """Wait until a tab has played all, and has had time to say so."""
    tab.page.locator(".rnb-stop:disabled").wait_for(timeout=60_000)
    until(lambda: _is_still(tab))


def _is_still(tab: NotebookPage) -> bool:
    before = heard_ms(tab)
    time.sleep(1.5)
    return heard_ms(tab) == before
