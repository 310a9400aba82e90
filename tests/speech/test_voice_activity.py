from __future__ import annotations

import numpy as np
import pytest

from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.speech.voice_activity import EnergyGate, SileroVoiceActivity
from realtime_nb.speech.voices import say_as_user

DETECTORS = [SileroVoiceActivity, EnergyGate]


def probabilities(detector, samples: np.ndarray) -> np.ndarray:
    frames = samples[: len(samples) // 512 * 512].reshape(-1, 512)
    return np.array([detector.probability(frame) for frame in frames])


@pytest.fixture
def speech() -> np.ndarray:
    clip = say_as_user("what is seven plus five").resample(16_000)
    pause = np.zeros(16_000, np.float32)
    noise = np.random.default_rng(0).standard_normal(len(clip) + 32_000) * 0.001
    sound = np.concatenate([pause, clip.samples, pause]) + noise
    return float_to_int16(sound.astype(np.float32))


@pytest.mark.parametrize("make", DETECTORS)
def test_speech_is_told_from_the_pauses_around_it(make, speech: np.ndarray) -> None:
    found = probabilities(make(), speech)
    assert found[4:28].max() < 0.5
    assert (found[33:-33] > 0.5).mean() > 0.5
    assert found[-20:].max() < 0.5
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("make", DETECTORS)
def test_steady_noise_is_not_speech_for_long(make) -> None:
    noise = np.random.default_rng(0).standard_normal(16_000 * 8) * 600
    found = probabilities(make(), noise.astype(np.int16))
    assert (found[-60:] < 0.5).all()


@pytest.mark.parametrize("make", DETECTORS)
def test_after_a_reset_it_begins_anew(make, speech: np.ndarray) -> None:
    detector = make()
    first = probabilities(detector, speech)
    detector.reset()
    assert np.allclose(probabilities(detector, speech), first, atol=1e-4)


@pytest.mark.parametrize("make", DETECTORS)
def test_digital_silence_is_fine(make) -> None:
    assert probabilities(make(), np.zeros(5120, np.int16)).max() < 0.5


def test_dead_silence_costs_no_network_and_speech_after_it_is_heard_all_the_same(
    speech: np.ndarray,
) -> None:
    detector = SileroVoiceActivity()
    asked = 0
    network = detector._detector

    def counted(frame: bytes) -> float:
        nonlocal asked
        asked += 1
        return network(frame)

    counted.reset = network.reset
    detector._detector = counted
    silence = np.full(16_000 * 10, 3, np.int16)
    assert probabilities(detector, silence).max() < 0.5
    assert asked == 16
    later = probabilities(detector, speech)
    assert np.abs(later - probabilities(SileroVoiceActivity(), speech))[4:].max() < 0.2
