"""Tabs that come, go, crash, take over and change carriers in any order, while answers are spoken.

What each has played is known exactly. Whatever happens: a tab goes on where the one before was,
as far as that had said; nobody is left with an open microphone; and as long as one tab lives, an
answer is heard to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from realtime_nb.bridge.playing.downlink import AHEAD_MS
from realtime_nb.bridge.playing.stream import LONGEST_MS
from realtime_nb.client.testing import DEFAULT_SESSION
from tests.bridge.service import Service
from tests.bridge.stage import Stage
from tests.bridge.tab import Tab

if TYPE_CHECKING:
    from tests.bridge.tab import Known

WHICH = st.integers(0, 4)
LAST_MS = 1000
SLOW = ("no answer to response.cancel", "no answer to conversation.item")


class Tabs(RuleBasedStateMachine):
    """Any order of what happens to tabs."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.service = Service(self.stage)
        self.everybody: list[Tab] = []
        self.reported: Known = {}
        self.unkept: Known = {}
        self.stage.tell({"type": "session.created", "session": DEFAULT_SESSION})

    @property
    def tabs(self) -> list[Tab]:
        return [tab for tab in self.everybody if tab.alive]

    def tab(self, which: int) -> Tab:
        return self.tabs[which % len(self.tabs)]

    @initialize(fast=st.booleans())
    def begin(self, *, fast: bool) -> None:
        self.comes(fast=fast, quick=True)

    # -- tabs

    @precondition(lambda self: len(self.tabs) < 4)
    @rule(fast=st.booleans(), quick=st.booleans())
    def comes(self, *, fast: bool, quick: bool) -> None:
        name = f"tab{len(self.everybody)}"
        tab = Tab(self.stage, name, self.everybody, self.reported, self.unkept)
        self.everybody.append(tab)
        tab.hello()
        if fast or quick:
            tab.read()
        if fast:
            tab.join()

    @precondition(lambda self: self.tabs)
    @rule(which=WHICH, told=st.booleans(), back=st.booleans(), fast=st.booleans())
    def goes(self, which: int, *, told: bool, back: bool, fast: bool) -> None:
        tab = self.tab(which)
        tab.release()
        if told:
            tab.say("leave")
        tab.go()
        if back:
            self.comes(fast=fast, quick=True)

    @precondition(lambda self: self.tabs)
    @rule(which=WHICH, what=st.sampled_from(["take_over", "take_over", "stop", "text"]))
    def is_pressed(self, which: int, what: str) -> None:
        self.tab(which).say(what, text="Hello")

    @precondition(lambda self: self.tabs)
    @rule(which=WHICH)
    def switches_its_microphone(self, which: int) -> None:
        tab = self.tab(which)
        if tab.live:
            tab.microphone = not tab.microphone
            tab.say("mic", on=tab.microphone)

    @precondition(lambda self: self.tabs)
    @rule(which=WHICH, ms=st.sampled_from([0, 150, 150, 900, 5000]), reports=st.booleans())
    def reads_and_plays(self, which: int, ms: int, *, reports: bool) -> None:
        tab = self.tab(which)
        tab.read()
        tab.play(ms)
        if reports:
            tab.report()

    @precondition(lambda self: self.tabs)
    @rule(which=WHICH, how=st.sampled_from(["joins", "loses", "resets", "hello"]))
    def changes_its_carrier(self, which: int, how: str) -> None:
        tab = self.tab(which)
        match how:
            case "joins":
                tab.join()
            case "loses":
                tab.lose_carrier()
            case "resets" if tab.client in tab.carriers._links:
                self.stage.loop.post(tab.carriers._reset, tab.carriers._links[tab.client])
                self.stage.run()
            case "hello" if not tab.live:
                tab.hello()

    # Chance alone seldom comes as far as this.
    @precondition(lambda self: self.tabs and self.service.speaking is None)
    @rule(
        which=WHICH,
        ms=st.sampled_from([0, 700]),
        reports=st.booleans(),
        what=st.sampled_from(["goes", "crashes", "reload", "take_over", "loses", "resets"]),
        pause=st.sampled_from([0.05, 0.9, 4.0]),
    )
    def happens_in_an_answer(
        self, which: int, ms: int, *, reports: bool, what: str, pause: float
    ) -> None:
        self.all_read()
        self.an_answer_is_spoken(ms=2000, ended=False)
        owner = self.stage.bridge._pages.owner
        place = next((n for n, tab in enumerate(self.tabs) if tab.client == owner), which)
        self.reads_and_plays(which=place, ms=ms, reports=reports)
        self.an_answer_is_spoken(ms=300, ended=False)
        match what:
            case "goes" | "crashes" | "reload":
                back = what == "reload"
                self.goes(which=place, told=what != "crashes", back=back, fast=True)
            case "take_over":
                self.is_pressed(which=which, what=what)
            case _:
                self.changes_its_carrier(which=place, how=what)
        self.time_passes(seconds=pause)
        self.an_answer_is_spoken(ms=300, ended=False)
        self.all_read()

    @rule()
    def all_read(self) -> None:
        for _ in range(4):
            for tab in self.tabs:
                tab.read()
        talking = [tab.client for tab in self.tabs if tab.microphone]
        pages = self.stage.bridge._pages
        assert talking in ([], [pages.owner])
        if any(tab.client == pages.owner for tab in self.tabs):
            assert pages.microphone == bool(talking)
        playing = [tab.client for tab in self.tabs if any(r.samples for r in tab.rings.values())]
        assert playing in ([], [pages.owner])

    # -- the service, the clock

    @rule(ms=st.sampled_from([300, 2000, 8000]), ended=st.booleans())
    def an_answer_is_spoken(self, ms: int, *, ended: bool) -> None:
        while self.stage.line.posted:
            self.service.take()
        answer = self.service.active or self.service.begin(None)
        wanted = self.stage.bridge.has_page
        self.service.speak(answer, ms, tell_added=True)
        if not wanted:
            self.unkept[answer.item, 0] = self.service.items[answer.item].sent_ms * 24
        if ended:
            self.service.audio_done(answer)
            self.service.end(answer, "completed")

    @precondition(lambda self: self.service.speaking is None)
    @rule()
    def is_interrupted(self) -> None:
        self.service.start_speech()
        self.service.stop_speech()

    @rule(seconds=st.sampled_from([0.05, 0.5, 0.9, 3.5, 16.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.stage.wait(seconds)

    # -- what always holds

    @invariant()
    def nothing_went_wrong_inside(self) -> None:
        odd = [s for s in self.stage.troubles.said if not any(words in s for words in SLOW)]
        assert odd == [], odd
        if self.stage.loop.failures:
            raise self.stage.loop.failures[0]

    @invariant()
    def what_lies_here_is_bounded_and_counted(self) -> None:
        speaker = self.stage.bridge._loudspeaker
        streams = speaker.downlink.streams()
        waiting = sum(len(chunk) for one in streams for chunk in one.waiting)
        assert waiting == speaker.downlink._waiting_bytes
        unplayed = sum(len(chunk) for one in streams for chunk in one.unplayed)
        assert unplayed <= (AHEAD_MS + 2 * LONGEST_MS * (1 + len(streams))) * 48
        assert speaker.downlink._held == (speaker.interruption._moving is not None)

    # -- the end

    def teardown(self) -> None:
        try:
            self.hear_one_more()
            self.nothing_went_wrong_inside()
            self.check_nothing_rings_after_the_end()
        finally:
            self.stage.close()

    def hear_one_more(self) -> None:
        """An answer is heard to its end by whoever is there."""
        while self.stage.line.posted or self.service.answers:
            while self.stage.line.posted:
                self.service.take()
            while self.service.answers:
                self.service.end(next(iter(self.service.answers.values())), "completed")
            self.stage.wait(1)
        self.pass_some_rounds(4)
        if not self.tabs:
            return
        while self.stage.line.posted:
            self.service.take()
        answer = self.service.active or self.service.begin(None)
        self.service.speak(answer, LAST_MS, tell_added=True)
        key, end_ms = (answer.item, 0), self.service.items[answer.item].sent_ms
        self.service.audio_done(answer)
        self.service.end(answer, "completed")
        self.pass_some_rounds(20)
        assert max(tab.heard_ms.get(key, 0) for tab in self.everybody) == end_ms
        assert not self.stage.bridge._loudspeaker.downlink.active
        self.all_read()

    def pass_some_rounds(self, count: int) -> None:
        for _ in range(count):
            for _ in range(3):
                for tab in self.tabs:
                    tab.read()
                    tab.play(10**6)
                    tab.report()  # as a page does five times a second: more is sent only then
                self.stage.wait(0.5)
            self.stage.wait(2.5)

    def check_nothing_rings_after_the_end(self) -> None:
        self.stage.lose()
        self.stage.bridge.stop()
        self.stage.run()
        left = [repr(timer) for timer in self.stage.loop._loop._scheduled if not timer.cancelled()]
        assert [timer for timer in left if "bridge" in timer] == []


TestTabs = Tabs.TestCase
TestTabs.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_a_microphone_switched_while_the_fast_path_is_reset_is_known() -> None:
    tabs = Tabs()
    tabs.begin(fast=True)
    tabs.all_read()
    tabs.changes_its_carrier(which=0, how="resets")
    tabs.switches_its_microphone(which=0)
    tabs.all_read()
    assert tabs.stage.bridge._pages.microphone
    tabs.teardown()
