"""The page that plays goes while other tabs are open: one of those plays on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.client.testing import DEFAULT_SESSION
from tests.bridge.page import Page
from tests.bridge.service import Service
from tests.bridge.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.tell({"type": "session.created", "session": DEFAULT_SESSION})
    yield stage
    stage.close()


def tabs(stage: Stage, count: int) -> list[Page]:
    """Open tabs; the last one that was opened plays."""
    pages = []
    for number in range(count):
        pages.append(Page(stage, f"page{number}"))
        pages[-1].say("hello", version=1)
    return pages


def owner(stage: Stage) -> str:
    return stage.view.of_kind("owner")[-1]["client"]


def speak(stage: Stage, milliseconds: int, service: Service | None = None) -> Service:
    service = service or Service(stage)
    answer = service.active or service.begin(None)
    service.speak(answer, milliseconds, tell_added=True)
    return service


def test_when_the_tab_that_plays_is_closed_another_plays_what_comes_next(stage: Stage) -> None:
    first, second = tabs(stage, 2)
    second.say("leave")
    first.read()
    assert owner(stage) == "page0"
    speak(stage, 500)
    first.read()
    first.play(500)
    assert list(first.heard_ms.values()) == [500]


def test_an_answer_goes_on_in_a_tab_that_is_left(stage: Stage) -> None:
    first, second = tabs(stage, 2)
    service = speak(stage, 2000)
    second.read()
    second.play(800)
    second.report()
    second.say("leave")
    speak(stage, 1000, service)
    first.read()
    first.read()
    (ring,) = first.rings.values()
    assert (ring.position, len(ring.samples)) == (800 * 24, 2200 * 24)


def test_the_most_recent_tab_that_is_alive_is_the_one(stage: Stage) -> None:
    _, dead, alive, closed, last = tabs(stage, 5)
    alive.say("stop")
    dead.say("stop")
    closed.say("leave")
    last.say("leave")
    alive.read()
    assert owner(stage) == "page4", "nobody has answered"
    stage.wait(1.5)
    alive.read()
    assert owner(stage) == "page2"


def test_a_tab_that_answers_late_is_the_owner_after_all(stage: Stage) -> None:
    first, second = tabs(stage, 2)
    second.say("leave")
    stage.wait(40)
    first.read()
    assert owner(stage) == "page0"


def test_a_tab_that_crashed_is_found_out_by_its_silence(stage: Stage) -> None:
    first, crashed = tabs(stage, 2)
    speak(stage, 10_000)
    stage.wait(3.5)
    first.read()
    stage.wait(1.5)
    first.read()
    first.play(10_000)
    assert owner(stage) == "page0"
    assert list(first.heard_ms.values()) == [10_000]
    assert crashed.heard_ms == {}


def test_a_tab_that_says_nothing_since_its_browser_is_muted_stays_the_owner(stage: Stage) -> None:
    first, muted = tabs(stage, 2)
    speak(stage, 10_000)
    for _ in range(12):
        stage.wait(0.5)
        first.read()
        muted.read()
    assert owner(stage) == "page1"
    (ring,) = muted.rings.values()
    assert len(ring.samples) == 10_000 * 24


def test_while_no_tab_can_answer_the_sound_is_not_disturbed(stage: Stage) -> None:
    tabs(stage, 2)
    speak(stage, 10_000)
    stage.wait(12)
    assert owner(stage) == "page1"
    assert [one["to"] for one in stage.view.of_kind("clear")] == ["page0"]
