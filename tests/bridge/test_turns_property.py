"""The turn logic under random interleavings of a service, pages, a user and the clock.

The session and the bridge are the real ones. What is on its way (events not yet taken by
the service, messages not yet read by the page) is moved by rules of its own, so every race
that a slow wire can make comes about.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from realtime_nb.bridge.frames import MICROPHONE, Frame
from realtime_nb.client.testing import DEFAULT_SESSION
from realtime_nb.errors import RealtimeError, ResponseFailed, ServerError
from realtime_nb.protocol.config.paths import merge
from tests.bridge.page import Page, sound
from tests.bridge.service import Heard, Service
from tests.bridge.stage import Stage

GIVEN_UP_S = 60
MANY = 300
# What a page or a service that stands still has the package say; all else is a mistake.
SLOW = ("no answer to response.cancel", "no answer to conversation.item")
PIECE_MS = st.sampled_from([40, 100, 500, 4000])
TRANSCRIBES = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}


class Talk(RuleBasedStateMachine):
    """What one hand lets a service, the pages and the user do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.service = Service(self.stage)
        self.pages: list[Page] = []
        self.calls: dict[str, Any] = {}
        self.cuts: dict[tuple[str, int], int] = {}
        self.sent_s: dict[str, float] = {}
        self.two_at_once = False
        self.stage.line.on_post = self.check_sent
        self.service.session = merge(DEFAULT_SESSION, TRANSCRIBES)
        self.stage.tell({"type": "session.created", "session": self.service.session})
        self.frames = 0

    @initialize(echoes=st.booleans(), shown=st.sampled_from([True, True, True, False]))
    def begin(self, *, echoes: bool, shown: bool) -> None:
        self.service.echoes = echoes
        if shown:
            self.a_page_comes()

    @property
    def page(self) -> Page:
        return self.pages[-1]

    # -- what must hold of each event that is sent

    def check_sent(self, event: dict[str, Any]) -> None:
        try:
            if event["type"] == "response.create":
                self.check_request(event)
            elif event["type"] == "conversation.item.truncate":
                self.check_cut((event["item_id"], event["content_index"]), event["audio_end_ms"])
        except AssertionError as failure:
            # Raised here it would look like a failure of the connection.
            self.stage.loop.failures.append(failure)

    def check_request(self, event: dict[str, Any]) -> None:
        # Where no metadata comes back, whose response one is can only be guessed; and after a
        # minute without an answer a request is given up.
        self.sent_s[event["event_id"]] = now_s = self.stage.loop.now_s
        if event["response"].get("conversation") == "none" or not self.service.echoes:
            return
        others = [
            one
            for one in self.stage.line.posted
            if one["type"] == "response.create"
            and one is not event
            and one["response"].get("conversation") != "none"
            and now_s - self.sent_s[one["event_id"]] < GIVEN_UP_S
        ]
        assert others == [], "a second request while the first is on its way"
        running = [one for one in self.service.answers.values() if not one.out_of_band]
        if self.two_at_once:
            running = [one for one in running if one.request is not None]
        assert running == [], "a request while a response is active"

    def check_cut(self, key: tuple[str, int], end_ms: int) -> None:
        heard = max(page.heard_ms.get(key, 0) for page in self.pages)
        assert 0 < end_ms <= heard, f"cut at {end_ms} ms, heard to {heard} ms"
        assert end_ms <= self.service.items[key[0]].sent_ms
        self.cuts[key] = end_ms

    # -- the user

    @rule(aside=st.booleans())
    def ask_for_a_response(self, *, aside: bool) -> None:
        name = f"call {len(self.calls)}"
        overrides = {"conversation": "none"} if aside else {}
        self.calls[name] = self.stage.session.respond(instructions=name, **overrides)
        self.stage.run()

    @rule()
    def say_from_a_cell(self) -> None:
        name = f"call {len(self.calls)}"
        self.calls[name] = self.stage.session.say(name)
        self.stage.run()

    @rule()
    def interrupt_from_a_cell(self) -> None:
        self.stage.bridge.interrupt()
        self.stage.run()

    # -- pages

    @rule()
    def a_page_comes(self) -> None:
        if len(self.pages) < 6:
            self.pages.append(Page(self.stage, f"page{len(self.pages)}"))
            self.page.say("hello", version=1)

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 5))
    def a_page_is_pressed(self, which: int) -> None:
        page = self.pages[which % len(self.pages)]
        page.say("mic", on=True)

    @precondition(lambda self: len(self.pages) > 1)
    @rule(which=st.integers(0, 5))
    def a_page_takes_over_and_goes_on_where_the_other_was(self, which: int) -> None:
        for page in self.pages:
            page.read()
        rings = [ring for page in self.pages for ring in page.rings.values()]
        heard = {ring.key: ring.position for ring in rings if ring.samples}
        taker = self.pages[which % len(self.pages)]
        taker.say("take_over")
        for page in [*self.pages, *self.pages]:
            page.read()
        there = {ring.key: ring.position for ring in taker.rings.values()}
        assert heard.items() <= there.items()
        assert all(not page.rings for page in self.pages if page is not taker)

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 5), on=st.booleans())
    def a_page_speaks(self, which: int, *, on: bool) -> None:
        page = self.pages[which % len(self.pages)]
        if on:
            frame = Frame(MICROPHONE, 1, self.frames, 0, 0.0, bytes(1920)).pack()
            self.frames += 1
            self.stage.view.page_says("audio", frame, client=page.client)
            self.stage.run()
        else:
            page.say("mic", on=False)

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 5), what=st.sampled_from(["stop", "text", "commit"]))
    def a_page_asks(self, which: int, what: str) -> None:
        self.pages[which % len(self.pages)].say(what, text="Hello there")

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 5), play=st.sampled_from([0, 20, 300, 5000]))
    def a_page_reads_and_plays(self, which: int, play: int) -> None:
        page = self.pages[which % len(self.pages)]
        page.read()
        page.play(play)

    @precondition(lambda self: self.pages)
    @rule(which=st.integers(0, 5))
    def a_page_reports(self, which: int) -> None:
        self.pages[which % len(self.pages)].report()

    # -- the service

    @precondition(lambda self: self.stage.line.posted)
    @rule(refuse=st.booleans(), named=st.booleans())
    def service_takes_an_event(self, *, refuse: bool, named: bool) -> None:
        # An error without a name is tied by its kind, which several calls may share.
        self.service.take(refuse=refuse, named=named or refuse)

    @precondition(lambda self: self.service.answers)
    @rule(which=st.integers(0, 3), ms=PIECE_MS, tell_added=st.booleans())
    def service_speaks(self, which: int, ms: int, *, tell_added: bool) -> None:
        answers = list(self.service.answers.values())
        self.service.speak(answers[which % len(answers)], ms, tell_added=tell_added)

    # Chance alone seldom comes as far as this.
    @precondition(lambda self: self.pages and len(self.service.answers) < 3)
    @rule(ms=st.sampled_from([20, 300, 2999, 5000]), ended=st.booleans(), asked=st.booleans())
    def an_answer_is_made_and_heard(self, ms: int, *, ended: bool, asked: bool) -> None:
        if asked:
            self.ask_for_a_response(aside=False)
        while self.stage.line.posted:
            self.service.take()
        answer = self.service.active or self.service.begin(None)
        self.service.speak(answer, 3000, tell_added=True)
        if ended:
            self.service.audio_done(answer)
            self.service.end(answer, "completed")
        for page in self.pages:
            page.read()
            page.play(ms)

    @precondition(lambda self: self.pages)
    @rule(what=st.sampled_from(["speech", "stop", "text", "cell"]))
    def an_answer_is_interrupted_and_the_page_is_quick(self, what: str) -> None:
        match what:
            case "speech" if self.service.speaking is None:
                self.service.start_speech()
            case "stop" | "text":
                self.page.say(what, text="Wait")
            case _:
                self.interrupt_from_a_cell()
        for page in self.pages:
            page.read()

    @precondition(lambda self: self.pages and self.service.active is None)
    @rule(status=st.sampled_from(["completed", "failed"]))
    def a_typed_line_is_answered(self, status: str) -> None:
        self.page.say("text", text="Hello")
        self.page.read()
        while self.stage.line.posted:
            self.service.take()
        if self.service.active is not None:
            self.service.end(self.service.active, status)

    @precondition(lambda self: not self.pages)
    @rule()
    def a_page_comes_in_the_middle_of_an_answer(self) -> None:
        while self.stage.line.posted:
            self.service.take()
        answer = self.service.active or self.service.begin(None)
        self.service.speak(answer, 500, tell_added=True)
        self.a_page_comes()
        self.service.speak(answer, 500, tell_added=True)
        self.page.read()
        self.page.play(100)

    @rule(told=st.permutations(range(3)), most=st.integers(0, 3))
    def items_come_from_elsewhere(self, told: list[int], most: int) -> None:
        made = [self.service.add_item("system") for _ in told]
        for which in told[:most]:
            self.service.tell_item(made[which])

    @precondition(lambda self: any(one.item for one in self.service.answers.values()))
    @rule(late_ms=st.sampled_from([0, 0, 40]))
    def service_has_spoken(self, late_ms: int) -> None:
        answer = next(one for one in self.service.answers.values() if one.item)
        self.service.audio_done(answer)
        if late_ms:
            self.service.speak(answer, late_ms, tell_added=True)

    @precondition(lambda self: self.service.answers)
    @rule(
        which=st.integers(0, 3),
        status=st.sampled_from(["completed", "completed", "cancelled", "incomplete", "failed"]),
    )
    def response_ends(self, which: int, status: str) -> None:
        answers = list(self.service.answers.values())
        self.service.end(answers[which % len(answers)], status)

    @precondition(lambda self: self.service.speaking is None)
    @rule()
    def user_begins_to_speak(self) -> None:
        self.service.start_speech()

    @precondition(lambda self: self.service.speaking is not None)
    @rule()
    def user_stops(self) -> None:
        self.service.stop_speech()

    @rule(commits=st.booleans())
    def turns_are_found_in_another_way(self, *, commits: bool) -> None:
        self.service.change_turns(commits=commits)

    @precondition(lambda self: self.service.speaking is None and self.service.active is None)
    @rule()
    def nobody_speaks(self) -> None:
        self.service.time_out()

    @precondition(lambda self: self.service.will_begin and self.service.active is None)
    @rule()
    def service_answers_by_itself(self) -> None:
        self.service.begin(None)

    # Not before the client has seen whether metadata comes back: it would have to guess.
    @precondition(lambda self: self.stage.core.sequencer._echoes or not self.service.echoes)
    @precondition(lambda self: self.service.active is not None and len(self.service.answers) < 4)
    @rule()
    def a_second_response_at_once(self) -> None:
        self.two_at_once = True
        self.service.begin(None)

    @precondition(lambda self: self.untold)
    @rule(which=st.integers(0, 9))
    def an_item_is_added_late(self, which: int) -> None:
        self.service.tell_item(self.untold[which % len(self.untold)])

    @precondition(lambda self: self.spoken)
    @rule(which=st.integers(0, 9), kind=st.sampled_from(["delta", "completed", "failed"]))
    def words_are_transcribed(self, which: int, kind: str) -> None:
        self.service.transcribe(self.spoken[which % len(self.spoken)], kind)

    @rule(what=st.sampled_from(["sound", "late", "error", "novelty", "junk"]))
    def service_is_odd(self, what: str) -> None:
        match what:
            case "sound":
                item_id = self.service.name("ghost")
                self.service.items[item_id] = Heard("ghost", None, sent_ms=100, told=True)
                self.stage.tell(self.service.delta("resp_x", item_id, sound(0, 100)))
            case "late":
                item_id = next(
                    (i for i in self.service.order if self.service.items[i].sent_ms), None
                )
                if item_id is not None:
                    item = self.service.items[item_id]
                    pcm = sound(item.sent_ms, 40)
                    item.sent_ms += 40
                    self.stage.tell(self.service.delta("resp_old", item_id, pcm))
            case "error":
                self.stage.tell({"type": "error", "error": {"message": "a hiccup", "code": None}})
            case "novelty":
                self.stage.tell({"type": "response.sculpture.delta", "delta": "clay"})
            case _:
                self.stage.tell(
                    {"type": "response.output_audio.delta", "item_id": {}, "content_index": []},
                    {"type": "response.output_audio.done", "item_id": [], "content_index": {}},
                    {"type": "response.created", "response": None},
                    {"type": "response.done"},
                    {"type": "conversation.item.added", "item": {"id": 3}},
                    {"type": "input_audio_buffer.committed", "item_id": None},
                )

    # -- the clock

    @rule(seconds=st.sampled_from([0.05, 0.5, 4.0]))
    def time_passes(self, seconds: float) -> None:
        self.stage.wait(seconds)

    # -- what always holds

    @property
    def untold(self) -> list[str]:
        return [i for i in self.service.order if not self.service.items[i].told]

    @property
    def spoken(self) -> list[str]:
        items = self.service.items
        return [i for i in self.service.order if items[i].role == "user"]

    @invariant()
    def nothing_went_wrong_inside(self) -> None:
        said = self.stage.troubles.said
        odd = [line for line in said if not any(words in line for words in SLOW)]
        assert odd == [], odd
        if self.stage.loop.failures:
            raise self.stage.loop.failures[0]

    @invariant()
    def what_was_told_is_in_its_place_once(self) -> None:
        shown = [item.id for item in self.stage.session.conversation.items]
        assert len(shown) == len(set(shown))
        told = [i for i in self.service.order if self.service.items[i].told]
        assert set(told) <= set(shown)
        if not self.untold:
            assert [i for i in shown if i in told] == told

    @invariant()
    def what_can_never_be_committed_is_not_shown(self) -> None:
        shown = {item.id for item in self.stage.session.conversation.items}
        assert not shown & set(self.service.forgotten)

    @invariant()
    def a_transcript_that_came_stays(self) -> None:
        for item_id in self.spoken:
            wanted = self.service.items[item_id].text
            item = self.stage.session.conversation.item(item_id)
            assert not wanted or (item is not None and wanted in item.text)

    @invariant()
    def what_was_silenced_is_cut_at_that_very_place(self) -> None:
        for page in self.pages:
            for key, end_ms in page.cleared.items():
                assert end_ms == 0 or self.cuts.get(key) == end_ms, (key, end_ms, self.cuts)

    @invariant()
    def no_more_is_played_than_was_received(self) -> None:
        for part in self.stage.bridge.playback._parts.values():
            assert 0 <= part.played <= part.received

    @invariant()
    def no_more_waits_than_is_stated(self) -> None:
        downlink = self.stage.bridge._loudspeaker.downlink
        waiting = [chunk for one in downlink.streams() for chunk in one.waiting]
        assert sum(map(len, waiting)) == downlink._waiting_bytes

    @invariant()
    def each_call_ends_as_the_service_says(self) -> None:
        if not self.service.echoes:
            return
        for name, call in self.calls.items():
            if call.done() and name in self.service.outcomes:
                self.check_outcome(call, self.service.outcomes[name])

    def check_outcome(self, call: Any, wanted: str) -> None:
        failure = call.exception()
        if failure is None:
            assert call.result().id == wanted, call
        else:
            kind = ResponseFailed if wanted.startswith("failure") else ServerError
            assert isinstance(failure, kind)
            assert wanted in str(failure)

    @invariant()
    def a_failure_is_shown_once_and_a_race_never(self) -> None:
        texts = [message["text"] for message in self.stage.view.of_kind("notice")]
        for text in texts:
            if text.startswith("no answer to"):
                continue  # it quotes what else was said meanwhile
            assert "already" not in text
            assert "Cancellation" not in text
            assert "does not exist" not in text
        failures = [word for text in texts for word in text.split() if word.startswith("failure_")]
        assert len(failures) == len(set(failures))

    # -- the end

    def teardown(self) -> None:
        """Everything asked for ends, once the service does what it was asked."""
        try:
            self.come_to_rest()
            self.nothing_went_wrong_inside()
            self.check_rest()
            self.check_a_lost_connection_ends_calls()
        finally:
            self.stage.line.on_post = lambda _event: None
            self.stage.close()

    def come_to_rest(self) -> None:
        for _ in range(MANY):
            if self.is_at_rest:
                return
            while self.stage.line.posted:
                self.service.take()
            while self.service.answers:
                self.service.end(next(iter(self.service.answers.values())), "completed")
            for page in self.pages:
                page.read()
                page.play(10**6)
            self.stage.wait(4.0)

    @property
    def is_at_rest(self) -> bool:
        under_way = self.stage.line.posted or self.service.answers or self.stage.session.responding
        return not under_way and all(call.done() for call in self.calls.values())

    def check_rest(self) -> None:
        assert [name for name, call in self.calls.items() if not call.done()] == []
        assert not self.stage.session.responding
        for item_id in self.untold:
            self.service.tell_item(item_id)
        self.what_was_told_is_in_its_place_once()
        self.each_call_ends_as_the_service_says()

    def check_a_lost_connection_ends_calls(self) -> None:
        calls = [self.stage.session.respond(), self.stage.session.respond(conversation="none")]
        self.stage.run()
        self.stage.lose()
        assert all(isinstance(call.exception(), RealtimeError) for call in calls)


TestTalk = Talk.TestCase
TestTalk.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
