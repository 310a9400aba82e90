"""Whatever a service does by itself, in whichever order: a vetoed turn's answer is never heard."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bridge.guarded import Guarded

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "more", "transcribe", "end", "wait"]),
        st.integers(0, 2),
    ),
    max_size=14,
)


class Play:
    """Three turns; each is passed or vetoed, and the service may answer it at any time."""

    def __init__(self, verdicts: tuple[bool, ...]) -> None:
        self.chat = Guarded(obeys=False)
        self.verdicts = verdicts
        self.chat.guard(lambda text: None if "good" in text else "bad words", on="user")
        self.answers: dict[int, list[dict[str, object]]] = {}
        self.told: set[int] = set()

    def do(self, step: str, turn: int) -> None:
        chat, rid = self.chat, f"r{turn}"
        if step == "begin" and turn not in self.answers:
            chat.say(f"user_{turn}")
            self.answers[turn] = chat.answer(rid, f"answer {turn}")
            self._send(turn, 4)
        elif step == "more" and self.answers.get(turn):
            self._send(turn, 3)
        elif step == "end" and self.answers.get(turn):
            self._send(turn, 99)
        elif step == "transcribe" and turn in self.answers and turn not in self.told:
            self.told.add(turn)
            chat.transcribe(f"user_{turn}", "good" if self.verdicts[turn] else "bad")
            chat.judge()
        elif step == "wait":
            chat.stage.wait(0.5)

    def _send(self, turn: int, count: int) -> None:
        events = self.answers[turn]
        self.chat.stage.tell(*events[:count])
        del events[:count]

    def heard(self) -> set[str]:
        """Items of which the page was ever given a sample."""
        return {m["item_id"] for m in self.chat.stage.view.of_kind("audio")}


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.booleans()] * 3), STEPS)
def test_nothing_of_a_vetoed_turn_is_heard(
    verdicts: tuple[bool, ...], steps: list[tuple[str, int]]
) -> None:
    play = Play(verdicts)
    try:
        for step, turn in steps:
            play.do(step, turn)
            unheard = {f"item_r{n}" for n in range(3) if n not in play.told or not verdicts[n]}
            assert not play.heard() & unheard
        play.chat.stage.wait(20.0)
        assert play.chat.stage.loop.failures == []
    finally:
        play.chat.close()


def test_what_passed_is_heard_in_the_end() -> None:
    play = Play((True, True, True))
    for turn in range(3):
        play.do("begin", turn)
        play.do("end", turn)
        play.do("transcribe", turn)
    play.chat.stage.wait(1.0)
    assert play.heard() == {"item_r0", "item_r1", "item_r2"}
    play.chat.close()
