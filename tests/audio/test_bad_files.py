from __future__ import annotations

import io
import os
import struct
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.audio import AudioClip, codec
from realtime_nb.audio.codec_reading import read_sound
from realtime_nb.audio.mp3_frames import with_true_length
from realtime_nb.audio.source import SoundSource
from realtime_nb.client.rest.long_sound import Uploads
from realtime_nb.errors import UsageError
from tests.audio.harness_ffmpeg import ffmpeg, tone

FORMATS = ("wav", "mp3", "flac", "opus", "aac", "m4a")
SOUND = tone(24_000, 6.0) + np.random.default_rng(3).normal(0, 0.02, 144_000).astype(np.float32)
FILES = {form: codec.encode(SOUND, 24_000, form) for form in FORMATS}


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "opus", "aac"])
def test_half_a_file_is_kept_and_said(form):
    half = FILES[form][: len(FILES[form]) // 2]
    sound = read_sound(io.BytesIO(half), "this")
    least_s = 1.5 if form == "opus" else 2.5  # a page of Ogg holds a second
    assert least_s < len(sound.samples) / sound.rate < 3.2
    if form in {"wav", "mp3", "flac"}:  # the others never say how long they are
        assert "cut short" in sound.notes[0]
        assert "of 6.0 s" in sound.notes[0]
        assert "cut short" in AudioClip.read(half).caption


def test_an_m4a_without_its_index_is_one_line():
    with pytest.raises(UsageError, match="looks like M4A, but cannot be decoded"):
        codec.decode(FILES["m4a"][:2000])


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_in_a_file_it_is_sound_or_one_line(form, data):
    file = bytearray(FILES[form][: data.draw(st.integers(0, len(FILES[form])))])
    for _ in range(data.draw(st.integers(0, 8))):
        if file:
            place = data.draw(st.integers(0, min(len(file), 4000) - 1))
            file[place] = data.draw(st.integers(0, 255))
    said = "this"
    try:
        samples, rate = codec.decode(bytes(file), "this")
    except UsageError as error:
        said = str(error)
    else:
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert rate > 0
    assert said.startswith("this")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"just text, long enough for any of them", "not a sound file"),
        (b"<!DOCTYPE html><html>", "not a sound file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a sound file"),
        (b"ID3\x04 and so on, an MP3", "looks like MP3"),
        (b"fLaC" + bytes(100), "looks like FLAC"),
        (b"OggS" + bytes(100), "looks like OGG"),
        (b"\0\0\0\x20ftypM4A " + bytes(100), "looks like M4A"),
        (b"\x1aE\xdf\xa3" + bytes(100), "looks like WEBM"),
        (b"\xff\xf1" + bytes(100), "looks like AAC"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0\0\0\0\0", "before `fmt `"),
    ],
)
def test_what_is_no_sound_is_one_line(tmp_path, content, says):
    path = tmp_path / "this file"
    path.write_bytes(content)
    for source in (path, content, io.BytesIO(content)):
        with pytest.raises(UsageError, match=says) as caught:
            AudioClip.read(source)
        assert "\n" not in str(caught.value)


def test_ffmpeg_gets_the_bytes_and_opens_nothing_else(tmp_path):
    aac = tmp_path / "secret.aac"
    aac.write_bytes(FILES["aac"])
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:6,\n{aac.as_uri()}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{aac}'\n",
    ):
        with pytest.raises(UsageError, match="not a sound file"):
            codec.decode(text.encode())


def flac_bomb(seconds):
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8000, 1, format="FLAC", subtype="PCM_16") as writer:
        silence = np.zeros(8000 * 60, np.int16)
        for _ in range(seconds // 60):
            writer.write(silence)
    return file.getvalue()


def test_hours_from_a_small_file_are_bounded():
    bomb = flac_bomb(5 * 3600)
    assert len(bomb) < 2_000_000
    tracemalloc.start()
    with pytest.raises(UsageError, match="more than 4:00:00 h of sound"):
        codec.decode(bomb)
    with pytest.raises(UsageError, match=r"more than 60\.0 s|more than 1:00 min"):
        codec.decode(bomb, max_s=60)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6
    # One that lies about it: what is decoded counts, not what is said.
    liar = bytearray(flac_bomb(600))
    liar[21:26] = bytes((liar[21] & 0xF0, 0, 0, 0, 0))
    with pytest.raises(UsageError, match="more than 30"):
        codec.decode(bytes(liar), max_s=30)
    assert len(codec.decode(bytes(liar))[0]) == 600 * 8000


def test_memory_is_bounded_whatever_the_length(monkeypatch):
    monkeypatch.setattr("realtime_nb.audio.gathering.MAX_BYTES", 400_000)
    with pytest.raises(UsageError, match="rate=16000"):
        codec.decode(FILES["mp3"])
    assert AudioClip.read(FILES["mp3"], 8000).duration_s == pytest.approx(6, abs=0.01)


def test_an_hour_is_read_without_a_second_copy():
    wav = codec.encode(np.zeros(8000 * 3600, np.float32), 8000)
    tracemalloc.start()
    clip = AudioClip.read(wav, 4000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert clip.duration_s == pytest.approx(3600)
    assert peak < 2.3 * clip.samples.nbytes + 10e6


def vbr(loud_after_s=4.0):
    file = io.BytesIO()
    rng = np.random.default_rng(4)
    sound = np.concatenate(
        [np.zeros(round(loud_after_s * 24_000)), rng.normal(0, 0.2, 96_000)]
    ).astype(np.float32)
    soundfile.write(
        file, sound, 24_000, format="MP3", bitrate_mode="VARIABLE", compression_level=0.5
    )
    return file.getvalue()


def without_tag(mp3):
    """Return an MP3 as services stream it: no first frame that tells of the others."""
    second = mp3.index(mp3[:2], 4)
    return mp3[second:]


def test_an_mp3_of_changing_bit_rate_that_tells_no_length_is_read_whole():
    bare = without_tag(vbr())
    assert soundfile.info(io.BytesIO(bare)).duration > 12  # what is guessed from the first frame
    samples, rate = codec.decode(bare)
    assert abs(len(samples) / rate - 8.0) < 0.1
    assert abs(len(samples) - len(ffmpeg(bare)[0])) <= 1152


def test_mp3s_that_were_joined_are_read_whole():
    both = FILES["mp3"] + b"rubbish between" + FILES["mp3"]
    samples, rate = codec.decode(both)
    assert abs(len(samples) / rate - 12) < 0.2
    assert np.abs(samples[-24_000:]).max() > 0.4


def test_an_mp3_that_tells_the_truth_is_left_alone():
    for data in (FILES["mp3"], vbr(), without_tag(FILES["mp3"])):
        file = io.BytesIO(data)
        assert with_true_length(file) is file
    tagged = io.BytesIO(b"ID3\x04\0\0\0\0\0\x05hello" + FILES["mp3"])
    assert with_true_length(tagged) is tagged
    assert len(codec.decode(tagged.getvalue())[0]) == len(SOUND)


def test_a_wav_whose_header_says_too_much_or_nothing():
    wav = bytearray(FILES["wav"])
    wav[40:44] = struct.pack("<I", 10**9)
    sound = read_sound(io.BytesIO(bytes(wav)), "this")
    assert len(sound.samples) == len(SOUND)
    assert "cut short: 6.0 s of 5:" in sound.notes[0]
    wav[40:44] = struct.pack("<I", 0xFFFFFFFF)
    assert read_sound(io.BytesIO(bytes(wav)), "this").notes == ()


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_be_the_microphone(tmp_path, form):
    path = tmp_path / f"clip.{form}"
    path.write_bytes(FILES[form])
    source = SoundSource.open(path)
    heard = np.concatenate(list(source.blocks()))
    source.close()
    assert np.array_equal(heard, AudioClip.read(path).samples)
    path.write_bytes(codec.encode(np.zeros(0, np.float32), 8000, "wav"))
    with pytest.raises(UsageError, match=f"clip.{form}' is empty"):
        SoundSource.open(path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("opened", [AudioClip.read, SoundSource.open])
def test_pipes_devices_and_no_names_are_not_waited_for(tmp_path, opened):
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    for place, says in ((pipe, "a pipe"), ("/dev/zero", "a device"), ("a\0.wav", "null")):
        with pytest.raises(UsageError, match=f"cannot read .*{says}"):
            opened(place)


def test_what_is_saved_takes_no_pipes_or_devices_place(tmp_path):
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    link = tmp_path / "null.wav"
    link.symlink_to("/dev/null")
    circle = tmp_path / "circle.wav"
    circle.symlink_to(circle)
    clip = AudioClip.silence(10, 8000)
    for place, says in ((pipe, "a pipe"), (link, "a device"), ("a\0.wav", "null"), (circle, "")):
        with pytest.raises(UsageError, match=f"cannot write .*{says}"):
            clip.save(place)
    assert pipe.is_fifo()
    assert link.is_char_device()
    assert sorted(tmp_path.iterdir()) == [circle, link, pipe]


def test_rubbish_between_frames_is_passed_over_at_once():
    steps = []

    class Counted(bytes):
        def __getitem__(self, part):
            steps.append(part)
            return super().__getitem__(part)

    class File(io.BytesIO):
        def read(self, size=-1):
            return Counted(super().read(size))

    with_true_length(File(FILES["mp3"][:400] + b"\xff\0" * 100_000))
    assert len(steps) < 1000


def test_a_broken_file_that_leads_before_its_beginning_prints_nothing(capfd):
    made = io.BytesIO()
    soundfile.write(made, SOUND[:2400], 24_000, format="AIFF", subtype="PCM_16")
    random = np.random.default_rng(0)
    for _ in range(400):
        broken = bytearray(made.getvalue())
        for place in random.integers(4, 60, 3):
            broken[place] = random.choice([0, 127, 128, 255])
        with suppress(UsageError):
            codec.decode(bytes(broken))
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_floats_past_all_bounds_are_brought_near(kind):
    content = np.array([np.nan, np.inf, 3e38, -3e38, 0.5] * 1000, kind).tobytes()
    if kind == "<f8":
        content += np.array([1e300, -1e300], kind).tobytes()
    width = np.dtype(kind).itemsize
    form = struct.pack("<IHHIIHH", 16, 3, 1, 24_000, 24_000 * width, width, 8 * width)
    file = b"RIFF\0\0\0\0WAVEfmt " + form + b"data" + struct.pack("<I", len(content)) + content
    assert np.isfinite(AudioClip.read(file).rms_dbfs)
    assert np.isfinite(AudioClip.read(file, rate=8000).samples).all()


def test_a_pipe_is_not_waited_for_to_be_written_down(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="a pipe"):
        Uploads(pipe)
