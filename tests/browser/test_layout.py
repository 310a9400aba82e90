"""What of the widget is in sight: where its log is scrolled to, and that it fits in little room.

The page is that of `tests.browser.test_engine`: the whole widget, and a stand-in for the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.test_engine import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.browser.harness import OpenBrowser

pytestmark = pytest.mark.browser

TALK = """last => Array.from({length: last}, (_, n) => ({
    id: `item${n}`, role: n % 2 ? "assistant" : "user", text: `Line ${n}. `.repeat(20),
    status: "completed", after: n ? `item${n - 1}` : null }))"""
TELL = f"""last => engine.model.tell({{kind: "items", items: ({TALK})(last), gone: []}})"""
FROM_END = """() => {
    const log = Array.from(document.querySelectorAll(".rnb-transcript .rnb-log")).at(-1);
    return Math.round(log.scrollHeight - log.clientHeight - log.scrollTop); }"""
LINE = 24


@pytest.fixture
def page(open_browser: OpenBrowser) -> Iterator[Page]:
    page = open_browser().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("http://localhost/**", serve)
    page.goto("http://localhost/")
    page.wait_for_function("globalThis.engine?.model.client !== undefined")
    page.evaluate("engine.model.welcome()")
    yield page
    page.close()
    assert errors == []


def settle(page: Page) -> None:
    """Let what was told be drawn, and what was drawn be measured."""
    page.evaluate("() => new Promise(done => setTimeout(done, 200))")


def scroll_up(page: Page) -> None:
    page.get_by_role("log", name="Transcript").last.hover()
    page.mouse.wheel(0, -400)
    settle(page)


def test_a_chat_that_is_shown_again_shows_its_end_and_follows(page: Page) -> None:
    page.evaluate(TELL, 30)
    page.evaluate("engine.view()")
    settle(page)
    assert page.evaluate(FROM_END) < LINE
    page.evaluate(TELL, 34)
    settle(page)
    assert page.evaluate(FROM_END) < LINE


def test_one_who_scrolls_up_is_left_there_until_one_says_something(page: Page) -> None:
    page.evaluate(TELL, 30)
    settle(page)
    scroll_up(page)
    away = page.evaluate(FROM_END)
    assert away > LINE
    page.evaluate(TELL, 34)
    settle(page)
    assert page.evaluate(FROM_END) > away
    page.get_by_role("textbox", name="Message").fill("here I am")
    page.keyboard.press("Enter")
    page.evaluate(TELL, 36)
    settle(page)
    assert page.evaluate(FROM_END) < LINE


def test_what_was_hidden_comes_back_as_it_was(page: Page) -> None:
    page.evaluate(TELL, 30)
    settle(page)
    page.evaluate("document.querySelector('.rnb').style.display = 'none'")
    page.evaluate(TELL, 34)
    settle(page)
    page.evaluate("document.querySelector('.rnb').style.display = ''")
    settle(page)
    assert page.evaluate(FROM_END) < LINE
    scroll_up(page)
    away = page.evaluate(FROM_END)
    page.evaluate("document.querySelector('.rnb').style.display = 'none'")
    settle(page)
    page.evaluate("document.querySelector('.rnb').style.display = ''")
    settle(page)
    assert abs(page.evaluate(FROM_END) - away) < LINE


def test_nothing_is_wider_than_a_narrow_widget(page: Page) -> None:
    page.set_viewport_size({"width": 280, "height": 700})
    page.locator(".rnb-settings summary").click()
    page.evaluate("engine.model.tell({kind: 'state', state: 'open', turns: 'push_to_talk'})")
    settle(page)
    over = page.evaluate(
        """() => { const edge = document.querySelector(".rnb").getBoundingClientRect().right;
            return Array.from(document.querySelectorAll(".rnb-settings *"))
              .filter(node => node.getBoundingClientRect().right > edge + 1)
              .map(node => node.className || node.tagName); }"""
    )
    assert over == []


def test_the_hint_in_the_text_box_stays_on_its_line(page: Page) -> None:
    page.set_viewport_size({"width": 280, "height": 700})
    box = page.get_by_role("textbox", name="Message")
    box.evaluate(
        "node => { node.placeholder = 'Hold the space bar; or type a message '.repeat(3); }"
    )
    assert box.evaluate("node => node.scrollHeight - node.clientHeight") <= 0


def test_what_names_the_carrier_stands_beside_the_model(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 700})
    settle(page)
    model = page.locator(".rnb-model").bounding_box()
    carrier = page.locator(".rnb-carrier").bounding_box()
    assert model is not None
    assert carrier is not None
    assert abs(model["y"] - carrier["y"]) < LINE / 2


def test_a_long_reason_begins_beside_its_dot(page: Page) -> None:
    page.set_viewport_size({"width": 400, "height": 700})
    detail = "the service refused the key (401): check OPENAI_API_KEY"
    page.evaluate("d => engine.model.tell({kind: 'state', state: 'failed', detail: d})", detail)
    settle(page)
    dot = page.locator(".rnb-dot").bounding_box()
    words = page.locator(".rnb-state").bounding_box()
    assert dot is not None
    assert words is not None
    assert words["x"] > dot["x"]
