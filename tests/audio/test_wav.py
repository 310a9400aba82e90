from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.audio import g711
from realtime_nb.audio.wav import encode_wav
from realtime_nb.audio.wav_file import open_wav
from realtime_nb.errors import UsageError
from tests.audio.harness_wav import decode_wav


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def fmt(tag, bits, channels=1, rate=16000, extra=b""):
    frame = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits) + extra
    )


@given(st.lists(st.integers(-32768, 32767)), st.sampled_from([8000, 24000, 48000]))
def test_what_is_written_reads_back_here_and_in_the_standard_library(values, rate):
    pcm = np.array(values, "<i2").tobytes()
    data = encode_wav(pcm, rate)
    samples, read_rate = decode_wav(data)
    assert read_rate == rate
    assert (samples[:, 0] * 32768).tolist() == values
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert file.readframes(len(values) + 1) == pcm


def test_two_channels_stay_two():
    samples, _ = decode_wav(encode_wav(np.array([1, 2, 3, 4], "<i2").tobytes(), 8000, 2))
    assert (samples * 32768).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("tag", "bits", "content"),
    [
        (1, 8, bytes([0, 128, 192])),
        (1, 16, struct.pack("<3h", -32768, 0, 16384)),
        (1, 24, b"\0\0\x80" + b"\0\0\0" + b"\0\0\x40"),
        (1, 32, struct.pack("<3i", -(2**31), 0, 2**30)),
        (3, 32, struct.pack("<3f", -1, 0, 0.5)),
        (3, 64, struct.pack("<3d", -1, 0, 0.5)),
    ],
)
def test_every_form_of_samples(tag, bits, content):
    samples, rate = decode_wav(riff(fmt(tag, bits), chunk(b"data", content)))
    assert rate == 16000
    assert samples.dtype == np.float32
    assert samples.tolist() == [[-1.0], [0.0], [0.5]]
    guid = struct.pack("<HHIH", 22, bits, 4, tag) + bytes(14)
    wide, _ = decode_wav(riff(fmt(0xFFFE, bits, extra=guid), chunk(b"data", content)))
    np.testing.assert_array_equal(wide, samples)


@pytest.mark.parametrize(("tag", "law"), [(6, "alaw"), (7, "ulaw")])
def test_telephone_samples(tag, law):
    codes = bytes(range(256))
    samples, _ = decode_wav(riff(fmt(tag, 8, rate=8000), chunk(b"data", codes)))
    expected = getattr(g711, f"{law}_decode")(codes)
    np.testing.assert_array_equal((samples[:, 0] * 32768).astype(np.int16), expected)


def test_other_chunks_are_passed_over_also_odd_ones():
    data = riff(
        chunk(b"LIST", b"odd"), fmt(1, 16), chunk(b"fact", bytes(4)), chunk(b"data", b"\1\0")
    )
    assert (decode_wav(data)[0] * 32768).tolist() == [[1.0]]


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 1000])
def test_a_streamed_or_cut_file_is_read_to_its_end(size):
    data = riff(fmt(1, 16)) + b"data" + struct.pack("<I", size) + b"\1\0\2\0\3"
    assert (decode_wav(data)[0][:, 0] * 32768).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x7FFF0000, 0xFFFFFFFF - 36, 0xFFFFFFFF])
def test_what_streaming_writers_say_is_no_length(size):
    data = riff(fmt(1, 16)) + b"data" + struct.pack("<I", size) + b"\1\0\2\0"
    assert open_wav(io.BytesIO(data), "it").frames is None
    assert len(decode_wav(data)[0]) == 2


def test_no_samples_and_words_behind_them_are_no_sound():
    data = riff(fmt(1, 16), chunk(b"data", b""), chunk(b"LIST", b"INFOISFT" * 9))
    assert decode_wav(data)[0].shape == (0, 1)


@pytest.mark.parametrize(("bits", "size"), [(12, 2), (20, 3), (24, 4), (20, 4)])
def test_samples_that_take_more_room_than_they_have_bits(bits, size):
    values = np.array([-(2**31), 0, 2**30], "<i4")
    content = values.view(np.uint8).reshape(-1, 4)[:, 4 - size :].tobytes()
    form = struct.pack("<HHIIHH", 1, 1, 16000, 16000 * size, size, bits)
    samples, _ = decode_wav(riff(chunk(b"fmt ", form), chunk(b"data", content)))
    assert samples.tolist() == [[-1.0], [0.0], [0.5]]


def test_a_file_of_next_to_no_chunks_is_given_up():
    data = riff(fmt(1, 16)) + bytes(8 * 20_000) + chunk(b"data", b"\1\0")
    with pytest.raises(UsageError, match="no samples"):
        decode_wav(data)


def test_an_empty_file_of_sound_is_no_error():
    assert decode_wav(encode_wav(b"", 8000))[0].shape == (0, 1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"ID3\x04\0\0\0\0\0\0\0\0\0", "MP3"),
        (b"OggS\0\0\0\0\0\0\0\0\0", "Ogg"),
        (b"\0\0\0\x20ftypM4A ", "MP4"),
        (b"hello, world, no sound", "begins with b'hell'"),
        (riff(), "no samples"),
        (riff(fmt(1, 16)), "no samples"),
        (riff(chunk(b"fmt ", b"ab"), chunk(b"data", b"")), "cut short"),
        (riff(chunk(b"data", b"ab"), fmt(1, 16)), "before `fmt `"),
        (riff(fmt(1, 16, channels=0), chunk(b"data", b"ab")), "0 channels"),
        (riff(fmt(1, 16, rate=10**9), chunk(b"data", b"ab")), "1000000000 Hz"),
        (riff(fmt(2, 4), chunk(b"data", b"ab")), "WAV format 2"),
        (riff(fmt(1, 12), chunk(b"data", b"ab")), "12 bits"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(data, says):
    with pytest.raises(UsageError) as caught:
        decode_wav(data, "'x.wav'")
    assert says in str(caught.value)
    assert "'x.wav'" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_damage_raises_nothing_but_our_own_error(noise, at):
    whole = encode_wav(bytes(40), 16000)
    broken = whole[:at] + noise + whole[at + len(noise) :]
    try:
        samples, rate = decode_wav(broken)
    except UsageError:
        return
    assert samples.ndim == 2
    assert rate > 0
