"""Pictures in a chat, and its items edited in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, TALK, ChatPage, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.harness import OpenNotebook

pytestmark = pytest.mark.timeout(300)

EARLIER = """\
ids = chat.seed([("user", "My name is <b>Ada</b>."), ("assistant", "Good day, Ada.")]).result()
len(ids)"""
SHOW = """\
import numpy as np
seen = chat.show(np.random.default_rng(1).random((60, 80, 3)), "What is this?").result()"""
SAY = "said = chat.say('spell house').result(); said.text"


def test_a_conversation_is_edited_in_the_page(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([LOAD, TALK, EARLIER, SHOW, SAY, "chat.transcript"])
    chat = ChatPage(notebook).start(0, 1)
    page = notebook.page
    for cell in (2, 3, 4):
        notebook.run_cell(cell)
    assert "Picture: 80×60 PNG" in notebook.text(3)  # noqa: RUF001 -- as it is shown

    def bubble(words: str) -> Locator:
        return page.locator(".rnb-item").filter(has_text=words)

    def choose(words: str, action: str) -> None:
        bubble(words).hover()
        bubble(words).get_by_label("Actions for this item").click()
        page.get_by_role("menuitem", name=action).click()

    # What was shown is there as a picture; what was said is no markup.
    image = bubble("What is this?").locator("img")
    until(lambda: image.evaluate("node => [node.naturalWidth, node.naturalHeight]") == [80, 60])
    assert str(image.get_attribute("src")).startswith("data:image/png;base64,")
    assert page.locator(".rnb-item b").count() == 0

    # By keys alone: from the words down to the menu, along it, and a new item behind.
    bubble("Good day, Ada.").get_by_label("Actions for this item").focus()
    for key in ("Enter", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("I like it short.")
    page.keyboard.press("Enter")
    bubble("I like it short.").wait_for()
    texts = page.locator(".rnb-item .rnb-text").all_inner_texts()
    assert "short" in texts[2]

    choose("My name is", "Retrieve")
    until(lambda: "My name is <b>Ada</b>." in page.locator(".rnb-retrieved").inner_text())
    page.keyboard.press("Escape")
    assert page.locator(".rnb-item-actions").count() == 0
    choose("My name is", "Delete")
    page.get_by_role("menuitem", name="Really delete").click()
    until(lambda: bubble("My name is").count() == 0)

    answer = page.locator(".rnb-assistant").last
    answer.hover()
    answer.get_by_label("Actions for this item").click()
    page.get_by_role("menuitem", name="Retrieve").click()
    sound = answer.locator("audio")
    until(lambda: sound.evaluate("node => node.duration") > 0.5)
    page.get_by_role("menuitem", name="Cut here").click()
    page.get_by_label("Seconds that stay").fill("0.3")
    page.keyboard.press("Enter")
    until(lambda: "stopped after 0.3 s" in answer.inner_text())

    # The kernel has it so, and a page that is loaded anew shows it so, the picture too.
    notebook.run_cell(5)
    told = notebook.text(5)
    assert "Ada</b>" not in told
    assert told.index("Good day") < told.index("I like it short.") < told.index("What is this?")
    assert "conversation.item.truncated" in chat.events
    notebook.save()
    notebook.reload()
    chat.wait_live()
    until(lambda: image.evaluate("node => node.naturalWidth") == 80)
    assert "I like it short." in chat.transcript
    assert notebook.page_errors == []
