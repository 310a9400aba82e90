"""When turns begin and end, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.server.ears.patience import outlook, semantic_patience_ms
from realtime_nb.server.ears.turn_detection import TurnDetector, TurnEdge

FRAME = np.zeros(512, np.int16)


class Listed:
    """Gives the probabilities it was given."""

    frame, rate, name = 512, 16_000, "listed"

    def __init__(self, probabilities: list[float]) -> None:
        self.left = list(probabilities)
        self.resets = 0

    def probability(self, frame: np.ndarray) -> float:
        assert frame.shape == (512,)
        return self.left.pop(0)

    def reset(self) -> None:
        self.resets += 1


def edges(probabilities: list[float], *, patience_ms: float = 96, **more: float) -> list[TurnEdge]:
    more.setdefault("threshold", 0.5)
    detector = TurnDetector(Listed(probabilities), patience_ms=lambda: patience_ms, **more)
    steps = [detector.step(FRAME) for _ in probabilities]
    return [edge for edge in steps if edge is not None]


def test_one_loud_frame_is_no_turn():
    assert edges([0, 0.9, 0, 0.9, 0.1, 0.9]) == []


def test_two_loud_frames_are_a_turn_from_the_first_on():
    assert edges([0, 0, 0.9, 0.9]) == [TurnEdge("started", 64.0)]


def test_a_turn_ends_with_the_silence_that_was_asked_for():
    assert edges([0.9, 0.9, 0, 0, 0, 0])[1] == TurnEdge("stopped", 160.0)
    # 97 ms do not fit into three frames.
    assert edges([0.9, 0.9, 0, 0, 0, 0], patience_ms=97)[1] == TurnEdge("stopped", 192.0)
    # Some silence there must be.
    assert edges([0.9, 0.9, 0], patience_ms=0)[1] == TurnEdge("stopped", 96.0)


def test_a_pause_shorter_than_the_patience_ends_nothing():
    assert len(edges([0.9, 0.9, 0, 0, 0.9, 0, 0, 0.9])) == 1


def test_a_voice_near_the_threshold_does_not_flutter():
    # Between 0.35 and 0.5 it goes on, though it would not begin.
    assert len(edges([0.4] * 9)) == 0
    assert len(edges([0.9, 0.9, *[0.4] * 9])) == 1
    assert len(edges([0.9, 0.9, *[0.3] * 9])) == 2


def test_positions_count_from_the_origin():
    assert edges([0.9, 0.9], origin_ms=5000)[0].at_ms == 5000


def test_reset_forgets_the_turn_and_keeps_the_clock():
    detector = TurnDetector(Listed([0.9] * 5), threshold=0.5, patience_ms=lambda: 96)
    for _ in range(3):
        detector.step(FRAME)
    assert detector.in_turn
    detector.reset()
    assert not detector.in_turn
    assert detector.step(FRAME) is None
    assert detector.step(FRAME) == TurnEdge("started", 96.0)


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0, 1), st.sampled_from([0.0, 32.0, 200.0]))
def test_edges_alternate_and_never_go_back(
    probabilities: list[float], threshold: float, patience_ms: float
):
    found = edges(probabilities, threshold=threshold, patience_ms=patience_ms)
    kinds = [edge.kind for edge in found]
    assert kinds == (["started", "stopped"] * len(kinds))[: len(kinds)]
    times = [edge.at_ms for edge in found]
    assert times == sorted(times)
    for started, stopped in zip(found[::2], found[1::2], strict=False):
        assert stopped.at_ms - started.at_ms >= patience_ms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "unsure"),
        ("...", "unsure"),
        ("yes", "finished"),
        ("No.", "finished"),
        ("what time is it", "finished"),
        ("what is seven plus five", "finished"),
        ("what is seven plus", "unfinished"),
        ("my name is", "unfinished"),
        ("tell me a story and", "unfinished"),
        ("I would like to, um", "unfinished"),
        ("weather", "unsure"),
    ],
)
def test_outlook(text: str, expected: str):
    assert outlook(text) == expected


def test_the_maximum_waits_are_those_of_the_service():
    waits = {eager: semantic_patience_ms(eager, "and") for eager in ("low", "medium", "high")}
    assert waits == {"low": 8000, "medium": 4000, "high": 2000}
    assert semantic_patience_ms("auto", "and") == waits["medium"]
    for eager, longest in waits.items():
        finished, unsure = (semantic_patience_ms(eager, text) for text in ("yes", ""))
        assert finished < unsure < longest
