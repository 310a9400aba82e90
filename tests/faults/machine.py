"""Whole talks over a bad network, as hypothesis makes them up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.faults import checks
from tests.faults.talk import Talk

if TYPE_CHECKING:
    from typing import Any

TOTALS: Counter[str] = Counter()
"""Faults made, and talks had, by all machines of this process."""

_CODES: Final = (1000, 1001, 1008, 1011, 1012, 1013, 3000, 4000, 4999)
_REFUSALS: Final[tuple[Any, ...]] = ("reset", "mute", "half", 408, 429, 500, 503)
_JUNK: Final[tuple[tuple[bytes, int, int], ...]] = (
    (b"", 0x1, 0x80),
    (b"not json", 0x1, 0x80),
    (b"[1, 2]", 0x1, 0x80),
    (b'{"type": 7}', 0x1, 0x80),
    (b'{"type": "response.done"}', 0x1, 0x80),
    (b'{"type": "response.done", "response": []}', 0x1, 0x80),
    (b'{"type": "response.created", "response": {"id": "resp_nobody"}}', 0x1, 0x80),
    (b'{"type": "conversation.item.added", "item": {"id": 5}}', 0x1, 0x80),
    (b'{"type": "session.updated", "session": "no"}', 0x1, 0x80),
    (b'{"type": "error", "error": "no"}', 0x1, 0x80),
    (b'{"type": "error"}', 0x1, 0x80),
    (b'{"type": "realtime_nb.lost", "reason": "forged"}', 0x1, 0x80),
    (b'{"type": "realtime_nb.successor", "items": ["x"], "audio_ms": -1e308}', 0x1, 0x80),
    (b'{"type": "nobody.knows", "x": ' + b"[" * 200 + b"]" * 200 + b"}", 0x1, 0x80),
    (b'{"type": "input_audio_buffer.speech_started", "audio_start_ms": 1e400}', 0x1, 0x80),
    (b"\xff\xfe", 0x1, 0x80),  # no UTF-8
    (b"\x00\x01", 0x2, 0x80),  # binary
    (b"x", 0x3, 0x80),  # an opcode that there is none of
    (b"x", 0x1, 0xC0),  # a reserved bit
    (b"x", 0x0, 0x80),  # the end of a message that never began
)
_SECONDS: Final = st.sampled_from([0.0, 0.02, 0.3, 1.0, 4.0, 12.0])


class TalkMachine(RuleBasedStateMachine):
    """People talk, the network misbehaves, and what must hold does.

    What happens is chosen by hypothesis; the clock is virtual, so that a talk of an hour
    takes a second.
    """

    talk: Talk

    @initialize(how=st.sampled_from(["open", "open", "open", "open", "refused", "cut"]))
    def begin(self, how: str) -> None:
        self.talk = Talk()
        if how == "refused":
            self.talk.proxy.refuse(503)
        elif how == "cut":
            self.talk.proxy.cut_within(200, "down")
        self.talk.open()

    # -- talk

    @rule(how=st.sampled_from(["say", "long", "tool"]), seconds=_SECONDS)
    def say(self, how: str, seconds: float) -> None:
        self.talk.say(how)
        self.talk.wait(seconds)

    @rule(realtime=st.booleans(), seconds=_SECONDS)
    def listen(self, realtime: bool, seconds: float) -> None:  # noqa: FBT001 -- drawn
        self.talk.listen(realtime=realtime)
        self.talk.wait(seconds)

    @precondition(lambda self: not self.talk.plays)
    @rule(ms=st.sampled_from([300.0, 600.0, 1500.0]), silence=st.sampled_from([0.0, 200.0, 900.0]))
    def speak(self, ms: float, silence: float) -> None:
        self.talk.speak(ms, silence_ms=silence)

    @precondition(lambda self: not self.talk.plays)
    @rule(ms=st.sampled_from([200.0, 1000.0]))
    def hush(self, ms: float) -> None:
        self.talk.hush(ms)

    @rule(seconds=_SECONDS)
    def interrupt(self, seconds: float) -> None:
        self.talk.note("cancel", "", self.talk.session.cancel())
        last = self.talk.session.conversation.last_assistant_audio()
        if last is not None:
            self.talk.note("truncate", "", self.talk.session.truncate(*last, 250))
        self.talk.wait(seconds)

    @rule(text=st.sampled_from(["Be brief.", "Be kind."]))
    def update(self, text: str) -> None:
        self.talk.note("update", text, self.talk.session.update({"instructions": text}))
        self.talk.wait(0.01)

    @rule()
    def respond(self) -> None:
        self.talk.note("respond", "", self.talk.session.respond())
        self.talk.wait(0.01)

    @rule(seconds=st.sampled_from([1.0, 30.0, 600.0, 3000.0]))
    def time_passes(self, seconds: float) -> None:
        self.talk.wait(seconds)

    # -- faults

    @rule(reset=st.booleans(), seconds=_SECONDS)
    def drop(self, reset: bool, seconds: float) -> None:  # noqa: FBT001 -- drawn
        self.talk.proxy.drop(reset=reset)
        self.talk.wait(seconds)

    @rule(size=st.integers(0, 20_000), up=st.booleans())
    def cut(self, size: int, up: bool) -> None:  # noqa: FBT001 -- drawn
        self.talk.proxy.cut_within(size, "up" if up else "down")

    @rule(seconds=_SECONDS)
    def half_open(self, seconds: float) -> None:
        self.talk.proxy.half_open()
        self.talk.wait(seconds)

    @rule(code=st.sampled_from(_CODES), seconds=_SECONDS)
    def farewell(self, code: int, seconds: float) -> None:
        self.talk.proxy.farewell(code, "said by the network")
        self.talk.wait(seconds)

    @rule(how=st.lists(st.sampled_from(_REFUSALS), min_size=1, max_size=4))
    def refuse(self, how: list[Any]) -> None:
        self.talk.proxy.refuse(*how)

    @rule(seconds=st.sampled_from([0.01, 0.2, 2.0]))
    def delay(self, seconds: float) -> None:
        self.talk.proxy.delay(seconds)

    @rule(pace=st.sampled_from([20_000.0, 200_000.0]))
    def slow(self, pace: float) -> None:
        self.talk.proxy.slow(pace)

    @rule()
    def heal(self) -> None:
        self.talk.proxy.heal()

    # -- what must hold

    @precondition(lambda self: hasattr(self, "talk"))
    @invariant()
    def nothing_is_wrong(self) -> None:
        checks.check_bounds(self.talk.session)

    def teardown(self) -> None:
        if not hasattr(self, "talk"):
            return
        talk = self.talk
        try:
            talk.settle()
            talk.hush(2_000.0)  # whatever is being said comes to its end
            talk.settle()
            self.look_back()
        finally:
            TOTALS.update(talk.proxy.faults)
            TOTALS["talks"] += 1
            TOTALS["dials"] += talk.proxy.dials
            talk.end()
        checks.check_outcomes(talk)
        checks.check_nothing_raised(talk)

    def look_back(self) -> None:
        """Check what must hold of a whole talk."""
        talk = self.talk
        checks.check_end(talk)
        checks.check_outcomes(talk)
        checks.check_log(talk.session, talk.proxy)
        checks.check_conversation(talk.session)
        checks.check_said(talk)
        checks.check_heard(talk)
        checks.check_roll(talk)


class JunkMachine(TalkMachine):
    """As before, and frames that no service would send: garbage, twice, in another order.

    What was said may then be told wrongly; but nothing is lost from the log, and nothing
    waits for ever.
    """

    @rule(junk=st.sampled_from(_JUNK))
    def inject(self, junk: tuple[bytes, int, int]) -> None:
        payload, opcode, flags = junk
        self.talk.proxy.inject(payload, opcode, flags=flags)
        self.talk.wait(0.02)

    @rule(count=st.integers(1, 5))
    def duplicate(self, count: int) -> None:
        self.talk.proxy.duplicate(count)

    @rule(count=st.integers(1, 3))
    def swap(self, count: int) -> None:
        self.talk.proxy.swap(count)

    def look_back(self) -> None:
        talk = self.talk
        checks.check_end(talk)
        checks.check_log(talk.session, talk.proxy)
        checks.check_conversation(talk.session)
