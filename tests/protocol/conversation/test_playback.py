from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.conversation.playback import KEPT, Playback

KEY = ("item_1", 0)


def test_positions_are_counted_in_samples() -> None:
    playback = Playback()
    playback.receive(KEY, 48_000)
    playback.play(KEY, 24_000)
    assert playback.heard_ms(KEY) == 1000
    assert playback.heard_ms(KEY, latency_ms=32) == 968
    assert playback.remaining_ms(KEY) == 1000.0
    assert playback.received_ms(KEY) == 2000.0


def test_an_unknown_part_was_never_heard() -> None:
    assert Playback().heard_ms(KEY) == 0
    assert Playback().remaining_ms(KEY) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**6)), max_size=30), st.floats(0, 500))
def test_what_was_heard_never_passes_what_was_received(steps: list, latency: float) -> None:
    playback = Playback()
    for receives, samples in steps:
        (playback.receive if receives else playback.play)(KEY, samples)
    assert 0 <= playback.heard_ms(KEY, latency_ms=latency) <= playback.received_ms(KEY)
    assert playback.remaining_ms(KEY) >= 0


def test_the_oldest_parts_are_forgotten():
    playback = Playback()
    for number in range(KEPT + 1):
        playback.receive((f"item{number}", 0), 24)
    assert playback.received(("item0", 0)) == 0
    assert playback.received(("item1", 0)) == 24
    assert playback.received((f"item{KEPT}", 0)) == 24
