from __future__ import annotations

import io
import struct
import tracemalloc
import wave

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.source import SoundSource
from realtime_nb.audio.wav import encode_wav, wav_header
from realtime_nb.errors import UsageError


def whole(source, seconds=1.0):
    opened = SoundSource.open(source)
    with_blocks = np.concatenate(list(opened.blocks(seconds)))
    opened.close()
    return with_blocks


@pytest.fixture
def wav(tmp_path):
    def write(samples, rate=16000, width=2):
        path = tmp_path / "clip.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(samples.tobytes())
        return path

    return write


@pytest.mark.parametrize("seconds", [0.013, 0.1, 10])
def test_a_file_in_blocks_is_the_file_at_once(wav, seconds):
    rng = np.random.default_rng(1)
    path = wav(rng.integers(-32768, 32767, (5000, 2), dtype=np.int16))
    assert np.array_equal(whole(path, seconds), AudioClip.read(path).samples)


def test_eight_bits_are_read_too(wav):
    path = wav(np.array([0, 128, 192], np.uint8), 8000, 1)
    assert whole(path).tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize(
    "samples",
    [
        np.array([0.5, -0.5, 0.25]),
        np.array([[0.5, -0.5, 0.25, 0.0], [0.5, 0.5, 0.25, 0.5]]),
        np.array([[1, 2], [3, 4], [5, 6]], np.int16),
        np.array([0, 128, 255], np.uint8),
    ],
)
@pytest.mark.parametrize("seconds", [1 / 8000, 1])
def test_an_array_in_blocks_is_the_array_at_once(samples, seconds):
    expected = AudioClip.read((samples, 8000)).samples
    assert np.allclose(whole((samples, 8000), seconds), expected, atol=1e-7)
    assert np.allclose(whole((8000, samples), seconds), expected, atol=1e-7)


def test_a_clip_and_bytes_are_sources():
    clip = AudioClip(np.array([0.25, -0.25], np.float32), 8000)
    assert np.array_equal(whole(clip), clip.samples)
    assert np.array_equal(whole(clip.wav()), clip.samples)
    assert np.array_equal(whole(io.BytesIO(clip.wav())), clip.samples)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"ID3\x04 and so on, an MP3", "looks like MP3"),
        (encode_wav(b"", 8000), "holds no samples"),
        (encode_wav(b"", 8000)[:36], "no `data` chunk"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0\0\0\0\0", "before `fmt `"),
        (
            b"RIFF\0\0\0\0WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 2, 1, 8000, 4000, 1, 4)
            + b"data\4\0\0\0abcd",
            "cannot be read here",
        ),
    ],
)
def test_what_is_no_sound_is_named_with_its_reason(tmp_path, content, said):
    path = tmp_path / "odd.wav"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        SoundSource.open(path)
    assert "odd.wav" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.wav", "No such file"),
        (np.zeros(4), r"\(samples, rate\)"),
        ((np.zeros((2, 2, 2)), 8000), "shape"),
        ((np.array(["a"]), 8000), "floats or integers"),
        ((np.array([0.0, np.nan]), 8000), "NaN"),
        ((np.append(np.zeros(2**20, np.float32), np.inf), 8000), "infinity"),
        ((np.zeros(4), 0), "sampling rate"),
        ((np.zeros(0), 8000), "empty"),
        (7, "no sound in a int"),
    ],
)
def test_odd_sources_are_named(source, said):
    with pytest.raises(UsageError, match=said):
        SoundSource.open(source)


def test_a_streamed_file_without_a_length_is_read_to_its_end(tmp_path):
    path = tmp_path / "streamed.wav"
    head = bytearray(wav_header(0, 8000))
    head[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(head) + np.array([16384, -16384], "<i2").tobytes())
    assert whole(path).tolist() == [0.5, -0.5]


def test_an_hour_takes_no_more_memory_than_a_second(tmp_path):
    path = tmp_path / "hour.wav"
    size = 3600 * 16000 * 2
    with path.open("wb") as file:
        file.write(wav_header(size, 16000))
        file.truncate(44 + size)
    tracemalloc.start()
    opened = SoundSource.open(path)
    samples = sum(len(block) for block in opened.blocks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    opened.close()
    assert samples == 3600 * 16000
    assert opened.duration_ms == 3_600_000
    assert peak < 4 * 2**20
