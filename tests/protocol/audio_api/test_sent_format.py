from __future__ import annotations

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.protocol.audio_api.sent_format import is_file, sent_format

CLIP = AudioClip.read((np.sin(np.arange(24_000) / 12).astype("f4") / 4, 24_000))


@pytest.mark.parametrize("asked", ["pcm", "pcm16", "mp3", "wav"])
@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "opus"])
def test_a_file_is_known_by_its_beginning(form, asked):
    assert sent_format(CLIP.encode(form), asked) == form


@pytest.mark.parametrize("first", [0, -1, 1, -2, -257, 255, -32768, 32767])
def test_samples_are_no_file(first):
    samples = np.full(64, first, "<i2").tobytes()
    assert not is_file(samples)
    assert sent_format(samples, "pcm16") == "pcm16"


@pytest.mark.parametrize("head", [b"", b"\xff", b"\xff\xfb", b"RIF"])
def test_too_little_tells_nothing(head):
    assert not is_file(head)
    assert sent_format(head, "pcm") == "pcm"


def test_what_begins_like_nothing_is_what_was_asked_for():
    assert sent_format(b"\x00\x01" * 40, "mp3") == "mp3"
