from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from realtime_nb.audio.pcm import (
    float_to_int16,
    float_to_pcm16,
    int16_to_float,
    int16_to_pcm16,
    pcm16_to_float,
    pcm16_to_int16,
    to_mono,
)
from realtime_nb.errors import UsageError


def test_every_int16_survives_the_way_to_float_and_back():
    every = np.arange(-32768, 32768).astype(np.int16)
    there = int16_to_float(every)
    assert there.dtype == np.float32
    assert there.min() == -1.0
    np.testing.assert_array_equal(float_to_int16(there), every)


def test_bytes_are_little_endian():
    assert int16_to_pcm16(np.array([1, -2], np.int16)) == b"\x01\x00\xfe\xff"
    assert pcm16_to_int16(b"\x01\x00\xfe\xff").tolist() == [1, -2]


def test_louder_than_full_scale_is_clipped_not_wrapped():
    loud = np.array([1.0, 1.5, -1.0, -7.0, np.inf, -np.inf], np.float32)
    assert float_to_int16(loud).tolist() == [32767, 32767, -32768, -32768, 32767, -32768]


def test_rounding_is_to_the_nearest():
    step = np.float32(1 / 32768)
    assert float_to_int16(np.array([0.4, 0.6, -0.6], np.float32) * step).tolist() == [0, 1, -1]


@given(st.binary(max_size=400).map(lambda data: data[: len(data) // 2 * 2]))
def test_pcm16_bytes_survive_the_way_to_float_and_back(pcm):
    assert float_to_pcm16(pcm16_to_float(pcm)) == pcm


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_is_taken(kind):
    assert pcm16_to_int16(kind(b"\x01\x00")).tolist() == [1]


def test_half_a_sample_is_refused_in_one_line():
    with pytest.raises(UsageError, match="3 bytes") as caught:
        pcm16_to_float(b"abc")
    assert "\n" not in str(caught.value)


@given(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)))
def test_to_mono_keeps_what_is_mono(samples):
    np.testing.assert_array_equal(to_mono(samples), samples)


def test_to_mono_takes_channels_on_either_axis():
    stereo = np.stack([np.full(10, 0.5), np.full(10, -0.1)]).astype(np.float32)
    np.testing.assert_allclose(to_mono(stereo), np.full(10, 0.2), rtol=1e-6)
    np.testing.assert_allclose(to_mono(stereo.T), np.full(10, 0.2), rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (np.int16, [-32768, 0, 16384]),
        (np.int32, [-(2**31), 0, 2**30]),
        (np.uint8, [0, 128, 192]),
        (np.float64, [-1, 0, 0.5]),
    ],
)
def test_to_mono_scales_each_kind_to_its_own_full_scale(dtype, values):
    mono = to_mono(np.array(values, dtype))
    assert mono.dtype == np.float32
    assert mono.tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize("empty", [np.zeros((0, 2), np.float32), np.zeros(0, np.float32)])
def test_to_mono_of_nothing_is_nothing(empty):
    assert to_mono(empty).shape == (0,)


@pytest.mark.parametrize("shape", [(), (2, 2, 2)])
def test_to_mono_refuses_other_shapes(shape):
    with pytest.raises(UsageError, match="shape"):
        to_mono(np.zeros(shape, np.float32))


def test_to_mono_refuses_what_is_no_number():
    with pytest.raises(UsageError, match="complex"):
        to_mono(np.zeros(3, np.complex64))
