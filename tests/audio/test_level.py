from __future__ import annotations

import numpy as np
import pytest

from realtime_nb.audio.level import SILENCE_DBFS, peak_dbfs, rms_dbfs

SINE = np.sin(np.arange(24000) * 2 * np.pi * 100 / 24000).astype(np.float32)


def test_a_full_sine_wave_has_minus_three_decibels():
    assert rms_dbfs(SINE) == pytest.approx(-3.01, abs=0.01)
    assert peak_dbfs(SINE) == pytest.approx(0, abs=0.01)


def test_half_the_amplitude_is_six_decibels_less():
    assert rms_dbfs(SINE / 2) == pytest.approx(rms_dbfs(SINE) - 6.02, abs=0.01)
    assert peak_dbfs(SINE / 2) == pytest.approx(-6.02, abs=0.01)


def test_the_peak_may_be_negative():
    assert peak_dbfs(np.array([0.1, -1.0], np.float32)) == pytest.approx(0)


@pytest.mark.parametrize("level", [rms_dbfs, peak_dbfs])
@pytest.mark.parametrize("nothing", [np.zeros(0, np.float32), np.zeros(100, np.float32)])
def test_nothing_has_a_number_too(level, nothing):
    assert level(nothing) == SILENCE_DBFS
