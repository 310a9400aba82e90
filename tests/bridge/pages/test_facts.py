from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.pages.facts import PageFacts
from realtime_nb.bridge.pages.pages import MOST_PAGES, Pages
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

TOLD = {"origin": "http://localhost:8888", "secure": True, "microphone": True, "webrtc": True}


async def test_what_a_page_says_in_its_hello_is_known_while_it_plays() -> None:
    view = FakeView()
    bridge = Bridge(FakeSession(), view, loop=FakeLoop())
    bridge.start()
    assert bridge.page is None
    view.page_says("hello", client="p1", version=1, page=TOLD)
    for _ in range(3):
        await asyncio.sleep(0)
    page = bridge.page
    assert page == PageFacts("http://localhost:8888", secure=True, microphone=True, webrtc=True)
    assert page.on_loopback


@pytest.mark.parametrize("told", [None, "yes", 7, []])
def test_an_older_page_says_nothing(told: Any) -> None:
    assert PageFacts.read(told) is None


def test_what_a_page_says_is_believed_in_plain_words_only() -> None:
    page = PageFacts.read({"origin": "http://x\u202e\n" * 200, "secure": "yes", "webrtc": 1})
    assert page is not None
    assert not page.secure
    assert not page.webrtc
    assert "\u202e" not in page.origin
    assert len(page.origin) < 2_000


@pytest.mark.parametrize(
    ("origin", "here"),
    [
        ("http://127.0.0.1:8888", True),
        ("http://[::1]:8888", True),
        ("https://hub.example", False),
        ("http://127.0.0.1.example", False),
        ("http://[", False),
        ("null", False),
    ],
)
def test_whose_computer_a_page_came_from(origin: str, here: bool) -> None:  # noqa: FBT001
    assert PageFacts(origin, secure=True, microphone=True, webrtc=True).on_loopback is here


def test_the_newest_pages_are_remembered() -> None:
    pages, facts = Pages(), PageFacts.read(TOLD)
    for number in range(2 * MOST_PAGES):
        pages.note(str(number), facts)
    assert len(pages.facts) == MOST_PAGES
    pages.note(str(2 * MOST_PAGES - 1), None)
    assert len(pages.facts) == MOST_PAGES - 1
