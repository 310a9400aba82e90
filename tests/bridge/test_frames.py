from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.bridge.frames import ANSWER, MICROPHONE, Frame

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "frames.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_page_and_the_kernel_agree_on_every_byte(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    if vector.get("error"):
        with pytest.raises(ValueError, match="frame"):
            Frame.unpack(data)
        return
    frame = Frame.unpack(memoryview(data))
    samples = vector["samples"]
    assert frame.pcm == struct.pack(f"<{len(samples)}h", *samples)
    assert (frame.kind, frame.stream, frame.seq, frame.offset, frame.t_ms) == (
        vector["kind"],
        vector["stream"],
        vector["seq"],
        vector["offset"],
        vector["t_ms"],
    )
    assert frame.pack() == data


U32 = st.integers(0, 2**32 - 1)


FRAMES = st.builds(
    Frame,
    st.sampled_from([MICROPHONE, ANSWER]),
    U32,
    U32,
    U32,
    st.floats(allow_nan=False),
    st.binary(max_size=64).filter(lambda pcm: len(pcm) % 2 == 0),
)


@given(FRAMES)
def test_what_is_packed_is_unpacked(frame: Frame) -> None:
    assert Frame.unpack(frame.pack()) == frame


def test_a_frame_knows_its_length() -> None:
    frame = Frame(MICROPHONE, 1, 0, 0, 0.0, bytes(1920))
    assert frame.samples == 960
    assert frame.duration_ms == 40.0
