"""The page that plays goes while other tabs are open: one of those plays on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.client.testing import DEFAULT_SESSION
from tests.bridge.page import LATENCY_MS, Page
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


def test_a_tab_that_crashes_after_the_last_sound_came_is_found_out_too(stage: Stage) -> None:
    crashed = tabs(stage, 1)[0]
    speak(stage, 10_000)
    stage.wait(1)
    first = Page(stage, "other")
    first.say("hello", version=1)
    crashed.read()
    stage.wait(3.5)
    first.read()
    stage.wait(1.5)
    first.read()
    first.play(10_000)
    assert owner(stage) == "other"
    assert list(first.heard_ms.values()) == [10_000]


def test_a_tab_that_crashes_soon_after_it_took_over_is_found_out_too(stage: Stage) -> None:
    first, second, third = tabs(stage, 3)
    speak(stage, 10_000)
    third.read()
    second.say("take_over")
    third.read()
    for _ in range(3):
        stage.wait(2.3)
        first.read()
    assert owner(stage) in {"page0", "page2"}


def test_a_tab_that_takes_over_while_others_are_asked_is_not_silenced(stage: Stage) -> None:
    first, second, _ = tabs(stage, 3)
    speak(stage, 10_000)
    stage.wait(3.2)
    first.say("take_over")
    for _ in range(8):
        stage.wait(0.5)
        first.read()
        second._read = len(stage.view.sent)
    assert owner(stage) == "page0"
    first.play(10_000)
    assert list(first.heard_ms.values()) == [10_000]


def test_the_last_word_of_a_tab_that_goes_makes_it_no_owner(stage: Stage) -> None:
    alive, _, going, last = tabs(stage, 4)
    speak(stage, 10_000)
    stage.wait(3.5)
    going.say("leave")
    stage.wait(2)
    assert owner(stage) == "page3"
    alive.read()
    stage.wait(1.5)
    assert owner(stage) == "page0"
    assert last.heard_ms == {}


def test_a_tab_that_goes_while_the_owner_is_asked_is_not_the_next(stage: Stage) -> None:
    _, going, _ = tabs(stage, 3)
    speak(stage, 10_000)
    stage.wait(3.2)
    going.read()
    going.say("leave")
    stage.wait(3)
    assert owner(stage) == "page2"


def test_a_page_that_begins_anew_misses_no_sound(stage: Stage) -> None:
    (page,) = tabs(stage, 1)
    service = speak(stage, 1000)
    page.read()
    page.play(300)
    speak(stage, 1000, service)
    page._read = len(stage.view.sent)  # what was on its way on the fast path is gone
    page.say("hello", version=1)
    page.read()
    page.read()
    page.play(5000)
    assert list(page.heard_ms.values()) == [2000]


def test_what_is_said_when_nobody_came_back_is_not_kept_for_whoever_comes(stage: Stage) -> None:
    (gone,) = tabs(stage, 1)
    gone.say("leave")
    stage.wait(16)
    service = speak(stage, 5000)
    assert not stage.bridge.has_page
    page = Page(stage, "late")
    page.say("hello", version=1)
    speak(stage, 1000, service)
    page.read()
    (ring,) = page.rings.values()
    assert (ring.position, len(ring.samples)) == (5000 * 24, 1000 * 24)


def test_what_a_page_had_played_out_when_another_took_over_is_not_played_again(
    stage: Stage,
) -> None:
    first, second = tabs(stage, 2)
    service = speak(stage, 2000)
    service.audio_done(service.active)
    second.read()
    first.say("take_over")
    second.say("drained", stream=1)  # it was on its way
    second.say("cleared", id=1, streams=[], latency_ms=30)
    first.read()
    assert first.rings == {}


def test_what_was_said_to_a_page_that_crashed_is_not_heard_an_hour_later(stage: Stage) -> None:
    (crashed,) = tabs(stage, 1)
    service = speak(stage, 2000)
    crashed.read()
    crashed.play(700)
    crashed.report()
    stage.wait(3600)
    page = Page(stage, "late")
    page.say("hello", version=1)
    page.read()
    page.read()
    assert page.rings == {}
    while stage.line.posted:
        service.take()
    sent = [record.event for record in stage.session.log if record.direction == "sent"]
    cuts = [event.get("audio_end_ms") for event in sent if event.type.endswith(".truncate")]
    assert cuts == [700 - LATENCY_MS]


def test_a_page_that_reports_late_since_a_cell_is_busy_plays_on(stage: Stage) -> None:
    (page,) = tabs(stage, 1)
    speak(stage, 5000)
    page.read()
    stage.wait(300)
    page.play(2000)
    page.report()
    Page(stage, "other").say("hello", version=1)
    page.play(3000)
    assert owner(stage) == "page0"
    assert list(page.heard_ms.values()) == [5000]


def test_a_page_that_missed_that_its_microphone_is_off_is_told_again(stage: Stage) -> None:
    (page,) = tabs(stage, 1)
    page.say("mic", on=True)
    stage.bridge.lend_microphone("a clip is heard")
    stage.run()
    page.say("hello", version=1)
    reasons = [one["reason"] for one in stage.view.of_kind("mic_off")]
    assert reasons == ["a clip is heard"] * 2


def test_what_was_heard_in_all_tabs_counts_where_the_last_is_silenced(stage: Stage) -> None:
    first, second = tabs(stage, 2)
    service = speak(stage, 3000)
    for page, milliseconds in ((second, 300), (first, 20), (second, 0)):
        page.say("take_over")
        for each in (first, second):
            each.read()
        page.read()
        page.play(milliseconds)
    first.say("stop")
    second.read()
    (key, end_ms) = next(iter(second.cleared.items()))
    assert end_ms == 320 - LATENCY_MS
    while stage.line.posted:
        service.take()
    assert service.truncated == {key[0]: end_ms}
