from __future__ import annotations

import base64
import io
import os
import re
import stat
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.audio import AudioClip
from realtime_nb.audio.wav import encode_wav
from realtime_nb.errors import UsageError


@pytest.fixture
def clip():
    return AudioClip(
        (0.5 * np.sin(np.arange(24000) * 2 * np.pi * 440 / 24000)).astype(np.float32), 24000
    )


def quantised(clip):
    return AudioClip.from_pcm16(clip.pcm16(), clip.rate)


def test_a_clip_is_a_value(clip):
    same = AudioClip(clip.samples.copy(), 24000)
    assert clip == same
    assert hash(clip) == hash(same)
    assert clip != AudioClip(clip.samples, 16000)
    assert clip != AudioClip(clip.samples * 0.5, 24000)
    assert clip != "a clip"
    assert clip == AudioClip(clip.samples, 24000, caption="hello")


def test_a_clip_does_not_change_with_the_array_it_came_from():
    samples = np.zeros(10, np.float32)
    clip = AudioClip(samples, 24000)
    samples[0] = 1
    assert clip.samples[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        clip.samples[0] = 1
    with pytest.raises(AttributeError):
        clip.rate = 1


def test_length_and_duration(clip):
    assert len(clip) == 24000
    assert clip.duration_ms == 1000.0


def test_reads_a_path_its_bytes_an_open_file_and_itself(clip, tmp_path):
    path = clip.save(tmp_path / "x.wav")
    expected = quantised(clip)
    assert AudioClip.read(path) == expected
    assert AudioClip.read(str(path)) == expected
    assert AudioClip.read(path.read_bytes()) == expected
    assert AudioClip.read(bytearray(path.read_bytes())) == expected
    assert AudioClip.read(io.BytesIO(path.read_bytes())) == expected
    with path.open("rb") as file:
        assert AudioClip.read(file) == expected
    assert AudioClip.read(clip) is clip
    assert AudioClip.read(path, caption="hi").caption == "hi"


def test_reads_an_array_with_its_rate_in_either_order(clip):
    assert AudioClip.read((clip.samples, 24000)) == clip
    assert AudioClip.read((24000, clip.samples)) == clip
    assert AudioClip.read((clip.samples, np.int64(24000))).rate == 24000
    stereo = np.stack([clip.samples, clip.samples])
    assert AudioClip.read((stereo, 24000)) == clip
    assert AudioClip.read((np.array([16384], np.int16), 8000)).samples.tolist() == [0.5]


def test_several_channels_of_a_file_are_mixed():
    data = encode_wav(np.array([16384, 0, 0, -16384], "<i2").tobytes(), 8000, 2)
    assert AudioClip.read(data).samples.tolist() == [0.25, -0.25]


def test_a_float_file_with_nan_is_mended():
    body = struct.pack("<2f", float("nan"), 0.5)
    head = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 8000, 32000, 4, 32)
    clip = AudioClip.read(head + b"data" + struct.pack("<I", 8) + body)
    assert clip.samples.tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: AudioClip(np.zeros((2, 2), np.float32), 8000), "shape"),
        (lambda: AudioClip(np.zeros(2, np.int16), 8000), "int16"),
        (lambda: AudioClip(np.array([np.nan], np.float32), 8000), "NaN"),
        (lambda: AudioClip(np.zeros(2, np.float32), 0), "sampling rate"),
        (lambda: AudioClip.from_pcm16(b"abc", 8000), "3 bytes"),
        (lambda: AudioClip.read(b"ID3..........."), "MP3"),
        (lambda: AudioClip.read(np.zeros(3)), "ndarray"),
        (lambda: AudioClip.read(None), "NoneType"),
        (lambda: AudioClip.read((3, 4)), "shape"),
        (lambda: AudioClip.read(io.StringIO("text")), "'rb'"),
        (lambda: AudioClip.silence(1, 8000).resample(3), "sampling rate"),
        (lambda: AudioClip.silence(1, 8000).save("a.txt"), "a.wav"),
    ],
)
def test_mistakes_are_told_in_one_line(make, says):
    with pytest.raises(UsageError) as caught:
        make()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_or_written_are_named(clip, tmp_path):
    with pytest.raises(UsageError, match=r"missing\.wav'?: No such file"):
        AudioClip.read(tmp_path / "missing.wav")
    with pytest.raises(UsageError, match="cannot read"):
        AudioClip.read(tmp_path)
    with pytest.raises(UsageError, match="null"):
        AudioClip.read("a\0.wav")
    with pytest.raises(UsageError, match="cannot write"):
        clip.save(tmp_path / "no" / "folder.wav")
    bad = tmp_path / "notes.wav"
    bad.write_text("just text, long enough")
    with pytest.raises(UsageError, match=r"notes\.wav.* is not a sound file"):
        AudioClip.read(bad)
    closed = bad.open("rb")
    closed.close()
    with pytest.raises(UsageError, match="closed file"):
        AudioClip.read(closed)


def test_saving_replaces_the_file_at_once_and_leaves_nothing_beside(clip, tmp_path, monkeypatch):
    path = tmp_path / "x.wav"
    AudioClip.silence(10, 8000).save(path)
    old = path.read_bytes()

    def full_disk(_fd):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(UsageError, match="No space left"):
            clip.save(path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
    clip.save(path)
    assert path.read_bytes() == clip.wav()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="no umask, links need rights")
def test_a_saved_file_has_usual_rights_and_links_stay_links(clip, tmp_path):
    path = clip.save(tmp_path / "x.wav")
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    link = tmp_path / "link.wav"
    link.symlink_to(path)
    AudioClip.silence(5, 8000).save(link)
    assert link.is_symlink()
    assert AudioClip.read(path).duration_ms == 5


def test_joining_and_cutting(clip):
    both = clip + AudioClip.silence(500, 24000)
    assert both.duration_ms == 1500
    assert both.cut(0, 1) == clip
    assert both.cut(1).duration_ms == 500
    assert both.cut(-0.5) == AudioClip.silence(500, 24000)
    assert len(both.cut(7, 9)) == 0


def test_resampling(clip):
    low = clip.resample(16000)
    assert (low.rate, len(low)) == (16000, 16000)
    assert clip.resample(24000) is clip


def test_plays_in_a_cell_with_its_caption_escaped(clip):
    spoken = AudioClip(clip.samples, 24000, caption='<b>"hi"</b>')
    shown = spoken._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown
    assert "<audio controls" in shown
    sound = re.search(r"data:audio/wav;base64,([A-Za-z0-9+/=]+)", shown)
    assert sound is not None
    assert AudioClip.read(base64.b64decode(sound[1])) == quantised(clip)


def test_a_very_long_clip_does_not_fill_the_notebook():
    shown = AudioClip.silence(301_000, 1000)._repr_html_()
    assert "<audio" not in shown
    assert ".save(" in shown


def test_repr_is_one_short_line(clip):
    assert repr(clip) == "AudioClip(1.00 s, 24000 Hz, peak -6.0 dBFS)"
    assert repr(AudioClip.silence(0, 8000)) == "AudioClip(0.00 s, 8000 Hz, silence)"


def test_the_room_needs_no_jupyter():
    code = (
        "import sys, realtime_nb.audio as a; a.AudioClip.silence(5, 8000)._repr_html_(); "
        "print([m for m in ('IPython', 'asyncio', 'ipywidgets') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and a fixed text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_parts_by_seconds(clip):
    assert clip[0.25:0.75] == clip.cut(0.25, 0.75)
    assert clip[:0.5] + clip[0.5:] == clip
    assert clip[-0.25:].duration_ms == 250
    for wrong in (3, slice(0, 1, 2)):
        with pytest.raises(UsageError, match=r"clip\[1\.5:3\.0\]"):
            clip[wrong]


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_a_part_is_where_it_was(start, end):
    samples = np.arange(1000, dtype=np.float32) / 1000
    part = AudioClip(samples, 1000)[start:end].samples
    assert np.array_equal(part, samples[round(1000 * start) : round(1000 * end)])


def test_joining_clips_of_several_rates(clip):
    other = AudioClip.silence(500, 8000)
    joined = AudioClip.join([clip, other, clip.resample(16000)], gap_ms=100)
    assert joined.rate == 24000
    assert joined.duration_ms == pytest.approx(2700)
    assert (clip + other).duration_ms == 1500
    assert AudioClip.join([clip]) == clip
    assert AudioClip.join(c for c in (clip, clip)).duration_s == 2
    with pytest.raises(UsageError, match="at least one"):
        AudioClip.join([])


def test_silence_is_trimmed_from_the_ends_only(clip):
    quiet = AudioClip.silence(700, 24000)
    trimmed = AudioClip.join([quiet, clip, quiet, clip, quiet]).trim_silence()
    assert trimmed.duration_ms == pytest.approx(2700 + 200, abs=21)
    assert len(quiet.trim_silence()) == 0
    assert len(AudioClip.silence(0, 8000).trim_silence()) == 0
    assert clip.trim_silence() == clip
    assert (quiet + clip).trim_silence(threshold_db=0).duration_ms == 0


@given(
    st.integers(0, 5000),
    st.integers(1, 3000),
    st.integers(0, 5000),
    st.floats(0, 300),
    st.sampled_from([8000, 11025, 24000]),
)
def test_trimming_keeps_all_that_sounds(before, sounding, after, keep_ms, rate):
    parts = (np.zeros(before), np.full(sounding, 0.5), np.zeros(after))
    clip = AudioClip(np.concatenate(parts), rate)
    trimmed = clip.trim_silence(keep_ms=keep_ms)
    assert np.count_nonzero(trimmed.samples) == sounding
    most = sounding + 2 * (round(keep_ms * rate / 1000) + 1) + 2 * round(rate / 100)
    assert len(trimmed) <= min(len(clip), most)


def test_levels_and_lengths(clip):
    assert clip.duration_s == 1.0
    assert clip.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert clip.rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert clip.mono is True
    assert AudioClip.silence(0, 8000).rms_dbfs == -120


@pytest.mark.parametrize("name", ["x.wav", "x.MP3", "x.flac", "x.opus", "x.ogg", "x.aac", "x.m4a"])
def test_is_saved_as_its_suffix_says(clip, tmp_path, name):
    path = clip.save(tmp_path / name)
    assert AudioClip.read(path).duration_ms == pytest.approx(1000, abs=90)
    assert list(tmp_path.iterdir()) == [path]


def test_a_longer_clip_is_kept_small(clip):
    longer = AudioClip.join([clip] * 60)
    shown = longer._repr_html_()
    assert "data:audio/mpeg;base64," in shown
    assert shown.count("<svg") == 1
    assert shown.index("<svg") < shown.index("<audio")
    assert len(shown) < 60 * 8_500 + 20_000
    sound = re.search(r"data:audio/mpeg;base64,([A-Za-z0-9+/=]+)", shown)
    assert AudioClip.read(base64.b64decode(sound[1])).duration_s == pytest.approx(60, abs=0.05)
