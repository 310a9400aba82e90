"""What a service says of its sound is not always so."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.bridge.codec import Decoder


@pytest.mark.parametrize("rate", [0, -1, 10**9, "24000", None, 24_000.0, True])
def test_a_rate_that_no_sound_has_is_taken_for_the_usual(rate: Any) -> None:
    assert Decoder({"type": "audio/pcm", "rate": rate})(b"\1\0" * 480) == b"\1\0" * 480


@pytest.mark.parametrize("channels", [0, -2, 10**9])
def test_channels_that_no_sound_has_are_one(channels: int) -> None:
    decoder = Decoder(None, channels=channels)
    # Nothing waits for a frame that is never whole.
    assert decoder(b"\1\0" * 480) == b"\1\0" * 480


def test_channels_are_mixed_and_a_sample_cut_in_two_waits() -> None:
    decoder = Decoder(None, channels=2)
    assert decoder(b"\x02\x00\x04\x00\x02") == b"\x03\x00"
    assert decoder(b"\x00\x04\x00") == b"\x03\x00"
