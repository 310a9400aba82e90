from __future__ import annotations

import gc
import tempfile
import threading
import tracemalloc
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.audio import AudioClip
from realtime_nb.audio.spool import PcmSpool
from realtime_nb.errors import UsageError
from tests.audio.harness_ffmpeg import tone


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=40), max_size=20),
    st.integers(0, 200),
    st.tuples(st.integers(-5, 500), st.integers(-5, 500)),
)
def test_what_went_in_comes_out_in_memory_or_on_disk(pieces, memory_bytes, place):
    spool = PcmSpool(8000, memory_bytes)
    so_far = b""
    for piece in pieces:
        spool.append(piece)
        so_far += piece
        start, count = place
        assert spool.read(start, count) == so_far[max(0, start) :][: max(0, count)]
    assert len(spool) == len(so_far)
    assert spool.in_memory == (len(so_far) <= memory_bytes)
    assert spool.clip().pcm16() == so_far[: len(so_far) // 2 * 2]
    assert spool.duration_ms == spool.clip().duration_ms
    spool.close()
    spool.close()


def test_one_writes_and_many_read():
    spool = PcmSpool(24_000, 50_000)
    pattern = np.arange(60_000, dtype="<u2").tobytes()
    wrong = []

    def check():
        at = 0
        while at < len(pattern):
            got = spool.read(at, 7777)
            if got != pattern[at : at + len(got)]:
                wrong.append(at)
                return
            at += len(got)

    readers = [threading.Thread(target=check) for _ in range(3)]
    for reader in readers:
        reader.start()
    for at in range(0, len(pattern), 999):
        spool.append(memoryview(pattern)[at : at + 999])
    for reader in readers:
        reader.join(30)
    assert not wrong
    assert not any(reader.is_alive() for reader in readers)
    spool.close()


def test_a_streamed_hour_takes_the_memory_of_a_minute(tmp_path):
    second = (AudioClip(tone(24_000, 1.0), 24_000)).pcm16()
    tracemalloc.start()
    spool = PcmSpool()
    for _ in range(3600):
        spool.append(second)
    spool.save(tmp_path / "hour.wav")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spool.duration_ms == 3_600_000
    assert peak < 16e6
    assert (tmp_path / "hour.wav").stat().st_size == 44 + 3600 * 48_000
    clip = spool.clip(2.0, caption="an answer")
    assert clip.caption == "an answer (the first 2.0 s of 1:00:00 h)"
    assert clip.duration_s == 2
    spool.close()


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.ogg", "a.m4a"])
def test_is_saved_as_its_suffix_says(tmp_path, name):
    spool = PcmSpool(24_000, 1000)
    spool.append(AudioClip(tone(24_000, 1.0), 24_000).pcm16())
    assert AudioClip.read(spool.save(tmp_path / name)).duration_s == pytest.approx(1, abs=0.05)
    with pytest.raises(UsageError, match=r"a\.wav"):
        spool.save(tmp_path / "a.txt")
    spool.close()
    with pytest.raises(UsageError, match="let go"):
        spool.save(tmp_path / name)
    assert (tmp_path / name).stat().st_size > 0  # what was saved before stays


def test_what_lies_before_the_beginning_is_left_out():
    spool = PcmSpool(8000)
    spool.append(b"\0\x40\0\x40\0")
    assert np.concatenate(list(spool.blocks(-1.0))).tolist() == [0.5, 0.5]
    spool.close()


def test_mistakes_are_told_in_one_line():
    spool = PcmSpool(8000, max_bytes=100)
    assert bool(spool)
    assert repr(spool) == "PcmSpool(0.00 s, 8000 Hz)"
    assert spool.clip() == AudioClip.silence(0, 8000)
    spool.append(bytes(100))
    with pytest.raises(UsageError, match="sampling rate"):
        PcmSpool(0)
    with pytest.raises(UsageError, match="goes past 100 bytes"):
        spool.append(b"1")
    assert len(spool) == 100
    spool.close()
    for use in (lambda: spool.append(b"12"), lambda: spool.read(0, 1), spool.clip):
        with pytest.raises(UsageError, match="let go"):
            use()


def test_a_full_disk_keeps_what_came(monkeypatch):
    spool = PcmSpool(8000, 4)
    spool.append(b"1234")

    def full(_owner, _begins):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("realtime_nb.audio.spool._unnamed_file", full)
    with pytest.raises(UsageError, match="No space left on device"):
        spool.append(b"5678")
    assert spool.read(0, 99) == b"1234"
    spool.close()


class _SmallDisk:
    """A file on a disk with room for so many bytes."""

    def __init__(self, file, room):
        self._file = file
        self._room = room
        self.seek, self.read, self.close = file.seek, file.read, file.close

    def write(self, data):
        room = self._room - self._file.tell()
        if room <= 0:
            raise OSError(28, "No space left on device")
        return self._file.write(memoryview(data)[:room])


@pytest.mark.parametrize("room", [10, 5000])
def test_a_disk_that_fills_up_keeps_what_came(monkeypatch, room):
    made = []

    def small(**options):
        made.append((options, _SmallDisk(tempfile.TemporaryFile(**options), room)))  # noqa: SIM115 -- the spool closes it
        return made[-1][1]

    monkeypatch.setattr(
        "realtime_nb.audio.spool.tempfile",
        SimpleNamespace(TemporaryFile=small, gettempdir=tempfile.gettempdir),
    )
    spool = PcmSpool(8000, 1000)
    came = b""
    piece = b"12" * 150
    with suppress(UsageError):
        while len(came) < 30_000:
            spool.append(piece)
            came += piece
    with pytest.raises(UsageError, match="No space left on device"):
        spool.append(piece)
    assert len(came) >= min(900, room)
    assert spool.read(0, 99_999) == came
    assert len(spool.clip()) == len(came) // 2
    assert made[0][0] == {"buffering": 0}  # else what does not fit waits, and fails each read
    spool.close()


def test_a_forgotten_spool_closes_its_file():
    spool = PcmSpool(8000, 4)
    spool.append(bytes(100))
    file = spool._file
    assert file is not None
    del spool
    gc.collect()
    assert file.closed
