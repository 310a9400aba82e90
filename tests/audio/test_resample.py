from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.audio.resample import StreamResampler, resample
from realtime_nb.errors import UsageError

PAIRS = [
    (24000, 16000),
    (16000, 24000),
    (48000, 24000),
    (24000, 48000),
    (22050, 24000),
    (22050, 16000),
    (44100, 24000),
    (44100, 16000),
    (8000, 24000),
    (24000, 8000),
    (48000, 8000),
]


def sine(rate, hz, seconds=1.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(
        np.float32
    )


def stream(resampler, samples, piece):
    pieces = [resampler.feed(samples[at : at + piece]) for at in range(0, len(samples), piece)]
    return np.concatenate([*pieces, resampler.flush()])


def decibels(ratio):
    return 20 * np.log10(ratio)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_20_ms_piece_is_answered_at_once(source, target):
    resampler = StreamResampler(source, target)
    piece = source // 50
    answers = [len(resampler.feed(np.zeros(piece, np.float32))) for _ in range(150)]
    whole = math.ceil(piece * target / source)
    assert answers[0] >= whole - math.ceil(resampler.delay_ms * target / 1000) - 1
    assert set(answers[1:]) <= {whole - 1, whole, whole + 1}


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_group_delay_is_low(source, target):
    delay = StreamResampler(source, target).delay_ms
    assert delay <= (1.55 if min(source, target) >= 16000 else 3.05)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_what_is_inside_when_a_piece_was_answered_is_the_delay_it_states(source, target):
    resampler = StreamResampler(source, target)
    given_back = len(resampler.feed(np.zeros(source, np.float32)))
    inside_ms = 1000 - 1000 * given_back / target
    assert inside_ms == pytest.approx(resampler.delay_ms, abs=1000 / min(source, target))


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("part", [0.02, 0.25, 0.6, 0.76])
def test_tones_in_the_band_come_out_in_place_with_80_db(source, target, part):
    hz = part * min(source, target) / 2
    out = stream(StreamResampler(source, target), sine(source, hz), source // 50)
    expected = sine(target, hz)
    assert len(out) == len(expected)
    inner = slice(target // 20, -target // 20)  # the edges hear the silence around
    error = out[inner] - expected[inner]
    assert decibels(np.std(expected[inner]) / np.std(error)) > 80


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] > pair[1]])
@pytest.mark.parametrize("part", [0.001, 0.1, 0.37, 0.9])
def test_what_would_fold_back_is_80_db_down(source, target, part):
    hz = target / 2 + part * (source - target) / 2  # the source has it, the target cannot
    out = stream(StreamResampler(source, target), sine(source, hz), source // 50)
    assert decibels(np.abs(out[target // 20 : -target // 20]).max() / 0.5) < -80


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] < pair[1]])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.76])
def test_images_are_80_db_down(source, target, part):
    hz = part * source / 2
    out = stream(StreamResampler(source, target), sine(source, hz, 2.0), source // 50)
    inner = out[target // 2 : -target // 2]
    spectrum = np.abs(np.fft.rfft(inner * np.kaiser(len(inner), 16)))
    bins = np.fft.rfftfreq(len(inner), 1 / target)
    elsewhere = spectrum[np.abs(bins - hz) > 20]
    assert decibels(elsewhere.max() / spectrum.max()) < -80


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(PAIRS),
    st.lists(st.integers(0, 700), max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_how_the_stream_is_cut_changes_nothing(pair, sizes, seed):
    source, target = pair
    samples = np.random.default_rng(seed).uniform(-1, 1, sum(sizes)).astype(np.float32)
    at = np.cumsum([0, *sizes])
    cut = StreamResampler(source, target)
    pieces = [cut.feed(samples[a:b]) for a, b in pairwise(at)]
    once = StreamResampler(source, target)
    whole = np.concatenate([once.feed(samples), once.flush()])
    np.testing.assert_array_equal(np.concatenate([*pieces, cut.flush()]), whole)
    assert len(whole) == math.ceil(len(samples) * target / source)


def test_after_a_flush_it_stands_as_new():
    resampler = StreamResampler(24000, 16000)
    first = stream(resampler, sine(24000, 440), 480)
    np.testing.assert_array_equal(stream(resampler, sine(24000, 440), 333), first)


def test_one_rate_for_another_is_a_copy():
    resampler = StreamResampler(24000, 24000)
    samples = sine(24000, 440)
    out = resampler.feed(samples)
    np.testing.assert_array_equal(out, samples)
    assert not np.shares_memory(out, samples)
    assert resampler.delay_ms == 0
    assert resampler.flush().shape == (0,)


@pytest.mark.parametrize("piece", [1, 7, 160])
def test_going_far_down_skips_what_no_output_needs(piece):
    out = stream(StreamResampler(384000, 1000), np.ones(38400, np.float32), piece * 100)
    assert len(out) == 100
    np.testing.assert_allclose(out[30:-30], 1.0, atol=1e-4)


def test_a_stream_agrees_with_the_whole_clip():
    noise = np.random.default_rng(1).standard_normal(24000).astype(np.float32) * 0.1
    quiet_top = resample(resample(noise, 24000, 8000), 8000, 24000)  # nothing above 4 kHz
    streamed = stream(StreamResampler(24000, 16000), quiet_top, 480)
    whole = resample(quiet_top, 24000, 16000)
    assert len(whole) == len(streamed) == 16000
    inner = slice(800, -800)
    error = streamed[inner] - whole[inner]
    assert decibels(np.std(whole[inner]) / np.std(error)) > 60


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_whole_clips_keep_their_length_and_place(source, target):
    out = resample(sine(source, 440), source, target)
    assert out.dtype == np.float32
    assert len(out) == target
    inner = slice(target // 10, -target // 10)
    error = out[inner] - sine(target, 440)[inner]
    assert decibels(0.35 / np.std(error)) > 80


def test_a_whole_clip_of_nothing():
    assert resample(np.zeros(0, np.float32), 24000, 16000).shape == (0,)


@pytest.mark.parametrize("rate", [0, -1, 999, 10**7])
def test_rates_beyond_reason_are_refused(rate):
    with pytest.raises(UsageError, match="sampling rate"):
        StreamResampler(rate, 16000)
    with pytest.raises(UsageError, match="sampling rate"):
        resample(np.zeros(3, np.float32), 16000, rate)
