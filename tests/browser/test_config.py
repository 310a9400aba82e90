"""The table below a cell, and a cell run again with one changed word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until

if TYPE_CHECKING:
    from tests.browser.harness import OpenNotebook

pytestmark = pytest.mark.timeout(300)


def test_one_changed_word_is_one_changed_row_and_the_microphone_stays_on(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK, PLAIN_MICROPHONE])
    chat = ChatPage(notebook).start(0, 1, 2)
    table = notebook.page.locator(".rnb-config").last
    voice = table.locator("tr", has_text="audio.output.voice")
    assert "applied" in voice.inner_text()
    chat.press_microphone()
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript)

    notebook.set_source(1, TALK.replace("two sentences", "three sentences"))
    notebook.run_cell(1)
    chat.wait_live()
    shown = notebook.page.locator(".rnb-config").last
    rows = shown.locator("> table tbody tr")
    until(lambda: rows.count() == 1, message="not one changed row")
    assert "instructions" in rows.inner_text()
    assert rows.locator("del").inner_text().strip() == "two"
    assert rows.locator("ins").inner_text().strip() == "three"
    # The conversation, the view and the microphone are the same.
    assert "12" in chat.transcript
    until(lambda: chat.microphone.get_attribute("aria-pressed") == "true")
    assert chat.live_tracks == 1


def test_a_mistake_is_one_line_and_the_live_chat_stays_in_view(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK])
    chat = ChatPage(notebook).start(0, 1)
    notebook.set_source(1, TALK.replace("voice:", "voise:"))
    notebook.run_cell(1, may_fail=True)
    error = notebook.page.locator(
        ".jp-OutputArea-output[data-mime-type*='stderr'], .jp-RenderedText"
    )
    until(lambda: "line 3" in "".join(error.all_inner_texts()))
    said = "".join(error.all_inner_texts())
    assert "did you mean 'voice'" in said
    assert "Traceback" not in said
    chat.wait_live()
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript)


def test_the_verdict_is_in_view_in_a_narrow_notebook(open_notebook: OpenNotebook) -> None:
    refused = "%%realtime --no-check\n---\nspeed: 3\n---\nBe brief."
    notebook = open_notebook([LOAD, TALK, refused])
    notebook.page.set_viewport_size({"width": 1000, "height": 1000})  # beside JupyterLab's lists
    ChatPage(notebook).start(0, 1)
    notebook.run_cell(2, may_fail=True)
    tables = notebook.page.locator(".rnb-config > table")
    until(lambda: tables.count() == 2)
    for table in tables.all():
        table.scroll_into_view_if_needed()
        room = table.evaluate("e => e.closest('.jp-OutputArea-output').clientWidth")
        assert table.evaluate("e => e.getBoundingClientRect().width") <= room
