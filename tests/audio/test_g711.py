"""The tables against G.711 written down a second time, sample by sample."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from realtime_nb.audio import g711

EVERY = np.arange(-32768, 32768).astype(np.int16)


def ulaw_formula(sample: int) -> int:
    """G.711 mu-law by its decision values: 14 bits, chords of 16 steps."""
    value = sample >> 2
    sign = 0x80 if value < 0 else 0
    magnitude = min(abs(value) + 33, 8191)
    chord = 0
    while magnitude >= 64 << chord:
        chord += 1
    step = (magnitude - (32 << chord)) // (2 << chord)
    return 0xFF ^ (sign | chord << 4 | step)


def alaw_formula(sample: int) -> int:
    """G.711 A-law by its decision values: 13 bits, the first two chords alike."""
    value = sample >> 3
    magnitude = value if value >= 0 else -value - 1
    if magnitude < 32:
        code = magnitude // 2
    else:
        chord = 1
        while magnitude >= 32 << chord:
            chord += 1
        code = chord << 4 | (magnitude - (16 << chord)) // (1 << chord)
    return (code | (0x80 if value >= 0 else 0)) ^ 0x55


def test_ulaw_encodes_every_sample_as_the_formula():
    assert g711.ulaw_encode(EVERY) == bytes(ulaw_formula(int(sample)) for sample in EVERY)


def test_alaw_encodes_every_sample_as_the_formula():
    assert g711.alaw_encode(EVERY) == bytes(alaw_formula(int(sample)) for sample in EVERY)


def test_ulaw_decodes_to_the_output_values_of_the_standard():
    # Table 2a/G.711: +8031 down to 0 in 14 bits, here in 16.
    assert g711.ulaw_decode(bytes([0x80, 0x8F, 0x90, 0xFE, 0xFF])).tolist() == [
        8031 * 4,
        4191 * 4,
        3999 * 4,
        2 * 4,
        0,
    ]
    assert g711.ulaw_decode(bytes([0x00, 0x7E, 0x7F])).tolist() == [-8031 * 4, -8, 0]


def test_alaw_decodes_to_the_output_values_of_the_standard():
    # Table 1a/G.711: +4032 down to 1 in 13 bits, here in 16.
    assert g711.alaw_decode(bytes([0xAA, 0xD5, 0x55, 0x2A])).tolist() == [
        4032 * 8,
        8,
        -8,
        -4032 * 8,
    ]


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_agrees_with_the_former_standard_library(law):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop", reason="left the standard library in 3.13")
    encode, decode = getattr(g711, f"{law}_encode"), getattr(g711, f"{law}_decode")
    assert encode(EVERY) == getattr(audioop, f"lin2{law}")(EVERY.tobytes(), 2)
    codes = bytes(range(256))
    assert decode(codes).tobytes() == getattr(audioop, f"{law}2lin")(codes, 2)


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_decoding_and_encoding_again_changes_no_code(law):
    encode, decode = getattr(g711, f"{law}_encode"), getattr(g711, f"{law}_decode")
    codes = bytes(code for code in range(256) if (law, code) != ("ulaw", 0x7F))
    assert encode(decode(codes)) == codes
    if law == "ulaw":  # minus zero comes back as plus zero
        assert encode(decode(b"\x7f")) == b"\xff"


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_signal_to_noise_is_that_of_a_telephone(law):
    encode, decode = getattr(g711, f"{law}_encode"), getattr(g711, f"{law}_decode")
    clean = 10000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)
    error = decode(encode(clean.astype(np.int16))) - clean
    assert 10 * np.log10(np.mean(clean**2) / np.mean(error**2)) > 35


def test_takes_arrays_that_are_not_contiguous():
    assert g711.ulaw_encode(EVERY[::7]) == g711.ulaw_encode(EVERY[::7].copy())
    assert g711.alaw_encode(EVERY[::-1]) == g711.alaw_encode(EVERY[::-1].copy())
