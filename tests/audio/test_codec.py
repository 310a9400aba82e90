from __future__ import annotations

import io
import subprocess
import sys
import types
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.audio import AudioClip, codec, codec_av, codec_reading, codec_sndfile, codec_stream
from realtime_nb.audio.codec_reading import read_sound
from realtime_nb.audio.codec_stream import StreamEncoder
from realtime_nb.errors import UsageError
from tests.audio.harness_ffmpeg import FRAME, decibels, ffmpeg, inner, pitch, tone

FORMATS = ("wav", "mp3", "flac", "opus", "aac", "m4a")
STREAMED = ("wav", "mp3", "flac", "opus", "aac")


def test_this_machine_makes_all_formats():
    assert codec.encoders() == {*FORMATS, "pcm16", "pcm"}
    assert codec.encoders() == codec.MEDIA_TYPES.keys()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("form", FORMATS)
def test_ffmpeg_hears_what_was_encoded(form, rate):
    sound = tone(rate, 1.503)
    heard, heard_rate = ffmpeg(codec.encode(sound, rate, form))
    frame_s = FRAME[form] / heard_rate
    if form == "aac":  # its frames follow each other; nothing says how many samples come before
        frame_s += FRAME[form] / heard_rate
    assert abs(len(heard) / heard_rate - len(sound) / rate) <= frame_s
    assert abs(decibels(inner(heard, heard_rate), inner(sound, rate))) < 0.5
    assert abs(pitch(inner(heard, heard_rate), heard_rate) - 440) < 3


@pytest.mark.parametrize("rate", [8000, 24000, 44100, 48000])
@pytest.mark.parametrize("form", FORMATS)
def test_decodes_as_ffmpeg_does(form, rate):
    data = codec.encode(tone(rate, 1.503), rate, form)
    heard, heard_rate = ffmpeg(data)
    samples, own_rate = codec.decode(data)
    assert samples.dtype == np.float32
    assert abs(len(samples) / own_rate - len(heard) / heard_rate) <= 1.5 / own_rate
    assert abs(decibels(inner(samples, own_rate), inner(heard, heard_rate))) < 0.1
    assert abs(pitch(inner(samples, own_rate), own_rate) - 440) < 3


@pytest.mark.parametrize("rate", [7, 1000, 65_536, 768_000])
@pytest.mark.parametrize("form", FORMATS)
def test_every_rate_there_is_can_be_encoded(form, rate):
    if rate < 1000 and form not in {"wav", "flac"}:
        with pytest.raises(UsageError, match="sampling rate"):
            codec.encode(tone(rate, 0.1), rate, form)
        return
    samples, own_rate = codec.decode(codec.encode(tone(rate, 0.1), rate, form))
    assert own_rate == codec_stream.file_rate(form, rate)
    assert len(samples) >= int(0.1 * own_rate)


@pytest.mark.parametrize("form", [*FORMATS, "pcm16"])
@pytest.mark.parametrize("rate", [0, -5, 768_001, 2**32, 24_000.5, np.nan, np.inf, "24000", None])
def test_what_is_no_rate_is_one_line(form, rate):
    for make in (
        lambda: codec.encode(np.zeros(9, np.float32), rate, form),
        lambda: StreamEncoder("aac" if form == "m4a" else form, rate),
        lambda: AudioClip(np.zeros(9, np.float32), rate),
    ):
        with pytest.raises(UsageError, match="is no sampling rate"):
            make()
    assert AudioClip(np.zeros(9, np.float32), 24_000.0).encode(form)


@pytest.mark.parametrize("rate", [22_050, 24_000, 48_000, 96_000])
@pytest.mark.parametrize("count", [1, 2, 1025, 4097])
def test_m4a_loses_no_samples_at_its_end(rate, count):
    samples, _ = codec.decode(codec.encode(tone(rate, 1.0)[:count], rate, "m4a"))
    assert count <= len(samples) <= count + 1024


def onset(samples, rate):
    return np.flatnonzero(np.abs(samples) > 0.2)[0] / rate


@pytest.mark.parametrize("form", FORMATS)
def test_sound_stays_where_it_is(form):
    sound = np.concatenate([np.zeros(12_000, np.float32), tone(24_000, 0.5)])
    samples, rate = codec.decode(codec.encode(sound, 24_000, form))
    late = 1024 / 24_000 if form == "aac" else 0
    assert abs(onset(samples, rate) - onset(sound, 24_000) - late) < 0.005


@pytest.mark.parametrize("kbps", [24, 32, 64, 96, 128, 192, 256, 320])
def test_mp3_keeps_its_level_at_every_bit_rate(kbps):
    sound = tone(48_000, 1.5)
    data = codec.encode(sound, 48_000, "mp3", bitrate_kbps=kbps)
    heard, rate = ffmpeg(data)
    assert abs(decibels(inner(heard, rate), inner(sound, rate))) < 0.1


@pytest.mark.parametrize("form", ["mp3", "opus", "aac"])
def test_a_bit_rate_is_kept_and_absurd_ones_are_brought_near(form):
    noise = np.random.default_rng(1).normal(0, 0.2, 72_000).astype(np.float32)
    sizes = [
        len(codec.encode(noise, 24_000, form, bitrate_kbps=kbps)) for kbps in (1, 32, 96, 9999)
    ]
    assert sizes == sorted(sizes)
    assert 0.7 < sizes[1] * 8 / 3 / 32_000 < 1.4
    assert 0.7 < sizes[2] * 8 / 3 / 96_000 < 1.4


def test_lossless_formats_keep_every_sample():
    noise = np.random.default_rng(2).integers(-32768, 32767, 5001, dtype=np.int16)
    clip = AudioClip.read((noise, 11025))
    for form in ("wav", "flac"):
        assert AudioClip.read(clip.encode(form)) == clip
    assert AudioClip.read((noise, 24000)).encode("pcm16") == noise.tobytes()
    assert len(clip.encode("pcm")) == 2 * -(-5001 * 24000 // 11025)


@pytest.mark.parametrize("form", [*FORMATS, "pcm16"])
def test_louder_than_full_scale_nan_and_nothing(form):
    wild = np.array([np.nan, np.inf, -np.inf, 7.0] * 3000, np.float32)
    data = codec.encode(wild, 24_000, form)
    if form != "pcm16":
        samples, _ = codec.decode(data)
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() < 3
    empty = codec.encode(np.zeros(0, np.float32), 24_000, form)
    if form == "pcm16":
        assert empty == b""
    else:
        samples, _ = codec.decode(empty)
        assert len(samples) <= 3 * FRAME[form]
        assert not np.abs(samples).max(initial=0) > 0.001


@pytest.mark.parametrize(
    ("form", "says"), [("midi", "take one of wav, mp3"), ("", "take one of"), ("wma", "'wma'")]
)
def test_a_format_nobody_makes(form, says):
    with pytest.raises(UsageError, match=says):
        codec.encode(tone(8000, 0.1), 8000, form)


def test_what_is_missing_is_said_with_what_to_install(monkeypatch):
    m4a = codec.encode(tone(8000, 0.1), 8000, "m4a")
    mp3 = codec.encode(tone(8000, 0.1), 8000, "mp3")
    for module in (codec_av, codec_reading):
        monkeypatch.setattr(module, "av_library", lambda: None)
    codec_av.av_makes.cache_clear()
    try:
        assert codec.encoders() == {"wav", "mp3", "flac", "opus", "pcm16", "pcm"}
        with pytest.raises(UsageError, match=r"pip install 'realtime_nb\[formats\]'"):
            codec.encode(tone(8000, 0.1), 8000, "aac")
        with pytest.raises(UsageError, match=r"looks like M4A.*realtime_nb\[formats\]"):
            codec.decode(m4a, "this")
        monkeypatch.setattr(codec_stream, "sndfile_makes", lambda _: False)
        assert codec.encoders() == {"wav", "pcm16", "pcm"}
        with pytest.raises(UsageError, match="pip install soundfile"):
            codec.encode(tone(8000, 0.1), 8000, "mp3")
        monkeypatch.setattr("realtime_nb.audio.codec_sndfile.sndfile", lambda: None)
        with pytest.raises(UsageError, match="libsndfile is not there"):
            codec.decode(mp3)
        assert AudioClip.silence(5000, 8000)._repr_html_().count("audio/wav") == 1
    finally:
        codec_av.av_makes.cache_clear()


def test_libraries_are_loaded_for_the_files_that_need_them():
    code = (
        "import sys, realtime_nb.audio as a; c = a.AudioClip.silence(50, 8000); "
        "a.AudioClip.read(c.encode('wav')); "
        "print([m for m in ('soundfile', 'av') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and a fixed text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("form", ["AIFF", "OGG", "AU", "CAF", "W64", "RF64"])
def test_other_peoples_formats(form):
    file = io.BytesIO()
    sound = np.stack([tone(22050), tone(22050)], 1)
    soundfile.write(file, sound, 22050, format=form, subtype="VORBIS" if form == "OGG" else None)
    samples, rate = codec.decode(file.getvalue())
    assert rate == 22050
    assert len(samples) == len(sound)
    assert abs(decibels(inner(samples, rate), inner(sound[:, 0], rate))) < 0.3


@pytest.mark.parametrize("codec_name", ["libopus", "aac", "alac", "mp3"])
def test_containers_of_browsers_and_telephones(codec_name):
    import av  # noqa: PLC0415 -- only this test writes with it

    file = io.BytesIO()
    form = "webm" if codec_name == "libopus" else "mp4"
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(
            {"mp3": "libmp3lame"}.get(codec_name, codec_name), rate=48_000, layout="stereo"
        )
        resampler = av.AudioResampler(format=stream.format.name, frame_size=stream.frame_size)
        sound = np.stack([tone(48_000), tone(48_000)])
        frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
        frame.rate = 48_000
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    samples, rate = codec.decode(file.getvalue())
    assert rate == 48_000
    assert abs(len(samples) - 96_000) <= 2400
    assert abs(decibels(inner(samples, rate), inner(sound[0], rate))) < 0.5


def test_a_rate_can_be_asked_for_while_it_is_read():
    sound = tone(48_000, 3.0)
    for form in ("wav", "mp3", "m4a"):
        clip = AudioClip.read(codec.encode(sound, 48_000, form), 16_000)
        assert clip.rate == 16_000
        assert abs(clip.duration_s - 3) < 0.03
        assert abs(pitch(inner(clip.samples, 16_000), 16_000) - 440) < 2
    assert AudioClip.read((sound, 48_000), 8000).rate == 8000
    assert AudioClip.read(AudioClip(sound, 48_000), 8000).rate == 8000
    with pytest.raises(UsageError, match="no sampling rate"):
        AudioClip.read(codec.encode(sound, 48_000), 3)


def cut(samples, places):
    edges = sorted({0, len(samples), *(place % (len(samples) + 1) for place in places)})
    return [samples[a:b] for a, b in pairwise(edges)]


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([*STREAMED, "pcm16"]), st.lists(st.integers(0, 10**5), max_size=12))
def test_a_stream_does_not_depend_on_how_it_was_cut(form, places):
    sound = tone(16_000, 1.2)
    whole, pieces = StreamEncoder(form, 16_000), StreamEncoder(form, 16_000)
    expected = whole.feed(sound) + whole.finish()
    got = b"".join(pieces.feed(piece) for piece in cut(sound, places)) + pieces.finish()
    if form == "opus":  # a stream's number in Ogg is chance
        assert np.array_equal(codec.decode(got)[0], codec.decode(expected)[0])
    else:
        assert got == expected


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("form", STREAMED)
def test_ffmpeg_hears_a_stream(form, rate):
    encoder = StreamEncoder(form, rate)
    sound = np.concatenate([np.zeros(rate // 2, np.float32), tone(rate, 1.5)])
    blocks = np.array_split(sound, 20)
    data = b"".join(encoder.feed(block) for block in blocks) + encoder.finish()
    assert encoder.finish() == b""
    with pytest.raises(UsageError, match="finished"):
        encoder.feed(sound)
    for samples, own in (ffmpeg(data), codec.decode(data)):
        assert abs(len(samples) / own - len(sound) / rate) < 2.1 * FRAME[form] / own
        assert abs(onset(samples, own) - onset(sound, rate)) <= 1.1 * FRAME[form] / own + 0.003
        assert (
            abs(decibels(samples, sound) - 10 * np.log10(len(sound) * own / rate / len(samples)))
            < 0.5
        )


def test_a_stream_gives_bytes_while_it_goes_on_and_keeps_none():
    for form in STREAMED:
        encoder = StreamEncoder(form, 24_000)
        second = tone(24_000, 1.0)
        sizes = [len(encoder.feed(second)) for _ in range(20)]
        assert sum(sizes[:10]) > 0.3 * sum(sizes)
        assert len(encoder._sink._fresh) == 0
        assert len(encoder._pieces._waiting) < 4096
        encoder.finish()


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_said_and_not_printed(form, tmp_path, monkeypatch, capfd):
    class Full(io.BytesIO):
        def write(self, data):
            if self.tell() > 1000:
                raise OSError(28, "No space left on device")
            return super().write(data)

        def fileno(self):
            raise AssertionError("written whole")

    @contextmanager
    def full_file(_target):
        yield Full()

    monkeypatch.setattr("realtime_nb.audio.codec_files.whole_file", full_file)
    with pytest.raises(UsageError, match=r"cannot write.*No space left on device"):
        AudioClip(tone(24_000, 20.0), 24_000).save(tmp_path / f"a.{form}")
    assert capfd.readouterr() == ("", "")


def test_an_index_that_is_written_last_does_not_stream():
    with pytest.raises(UsageError, match="'aac'"):
        StreamEncoder("m4a", 24_000)


def test_what_people_should_know_of_a_file_is_noted():
    left = tone(16_000)
    file = io.BytesIO()
    soundfile.write(file, np.stack([left, -left], 1), 16_000, format="FLAC")
    sound = read_sound(file, "this")
    assert sound.notes == ("its channels cancel each other: channel 1 alone",)
    assert abs(decibels(sound.samples, left)) < 0.1
    clip = AudioClip.read((np.stack([left, -left]), 16_000), caption="mine")
    assert clip.caption == "mine; its channels cancel each other: channel 1 alone"
    assert np.array_equal(clip.samples, left)
    quiet = AudioClip.read((np.zeros((100, 2), np.float32), 16_000))
    assert quiet.caption == ""


@pytest.mark.parametrize(
    ("name", "load"), [("av", codec_av.av_library), ("soundfile", codec_sndfile.sndfile)]
)
def test_a_folder_of_a_librarys_name_is_no_library(name, load, monkeypatch):
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))  # as a folder is imported
    load.cache_clear()
    try:
        assert load() is None
    finally:
        load.cache_clear()
