"""The soak tells frames by what they bear, however the sound is cut up on its way."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.soak_marks import MARKED, arrivals, mark

FRAME = 960


def _frames(count: int) -> list[bytes]:
    chance = np.random.default_rng(1)
    loud = chance.integers(-20_000, 20_000, (count, FRAME)).astype(np.int16)
    return [mark(sound, number).astype("<i2").tobytes() for number, sound in enumerate(loud)]


@pytest.mark.parametrize("size", [480, 1_920, 1_918, 7_000])
def test_sound_that_is_split_or_joined_is_paired_with_its_frames(size: int):
    sound = b"".join(_frames(40))
    pieces = [sound[at : at + size] for at in range(0, len(sound), size)]
    found = arrivals(pieces, FRAME)
    assert [one.number for one in found] == list(range(40))
    assert [one.piece for one in found] == [
        (number * 2 * FRAME + 2 * FRAME - 2) // size for number in range(40)
    ]


def test_a_frame_that_was_dropped_moves_no_other():
    frames = _frames(6)
    del frames[2]
    found = arrivals([bytes(500), *frames, bytes(4 * FRAME)], FRAME)
    assert [(one.number, one.piece) for one in found] == [(0, 1), (1, 2), (3, 3), (4, 4), (5, 5)]


def test_half_a_frame_ends_where_the_next_begins_and_a_doubled_one_is_there_twice():
    frames = _frames(3)
    found = arrivals([frames[0], frames[1][:FRAME], frames[2], frames[2]], FRAME)
    assert [(one.number, one.piece) for one in found] == [(0, 0), (1, 1), (2, 2), (2, 3)]


def test_a_mark_is_not_heard_and_needs_room():
    loud = np.full(FRAME, 12_345, np.int16)
    assert np.abs(mark(loud, 7) - loud).max() <= 1
    with pytest.raises(ValueError, match="no room"):
        mark(loud[: MARKED - 1], 7)
