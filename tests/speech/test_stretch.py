"""Speech at another speed keeps its pitch and its loudness."""

from __future__ import annotations

import numpy as np
import pytest

from realtime_nb.speech.stretch import stretch

RATE = 22_050


def note(hz: float, seconds: float = 1.0) -> np.ndarray:
    ticks = np.arange(round(seconds * RATE)) / RATE
    return np.rint(8000 * np.sin(2 * np.pi * hz * ticks)).astype(np.int16)


@pytest.mark.parametrize("speed", [0.5, 0.7, 1.3, 2.0])
@pytest.mark.parametrize("hz", [110.0, 200.0, 333.0])
def test_a_note_keeps_its_pitch_and_level(hz: float, speed: float) -> None:
    stretched = stretch(note(hz), RATE, speed)
    assert len(stretched) == round(RATE / speed)
    spectrum = np.abs(np.fft.rfft(stretched * np.hanning(len(stretched))))
    assert np.argmax(spectrum) * RATE / len(stretched) == pytest.approx(hz, abs=4.0)
    middle = stretched[RATE // 10 : -RATE // 10].astype(np.float64)
    assert np.std(middle) == pytest.approx(8000 / np.sqrt(2), rel=0.03)


def test_what_begins_late_begins_late() -> None:
    sound = np.concatenate([np.zeros(RATE, np.int16), note(200.0)])
    first = np.flatnonzero(np.abs(stretch(sound, RATE, 2.0)) > 1000)[0]
    assert first / RATE == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("count", [0, 1, 100, 661, 700])
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_next_to_nothing_is_no_trouble(count: int, speed: float) -> None:
    stretched = stretch(np.full(count, 100, np.int16), RATE, speed)
    assert stretched.dtype == np.int16
    assert len(stretched) <= max(round(count / speed), count)


def test_full_scale_does_not_wrap() -> None:
    square = np.where(np.arange(RATE) // 50 % 2, 32767, -32768).astype(np.int16)
    stretched = stretch(square, RATE, 0.5)
    jumps = np.abs(np.diff(stretched[1000:-1000].astype(np.int64)))
    # Twice as many samples as edges were: a wrapped sample would add edges of its own.
    assert np.count_nonzero(jumps > 40_000) <= 2 * np.count_nonzero(np.diff(square))
