"""Sound of a call beside the log: where it lies, what is kept, what goes first."""

from __future__ import annotations

import threading

import pytest

from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.recorded_sound import RecordedSound

MS = 48
PLENTY = 10**9


def loud(ms, value=1):
    return bytes([value]) * (ms * MS)


def test_pieces_that_follow_are_one_stretch_and_a_pause_begins_another():
    sound = RecordedSound()
    assert not sound
    sound.add("input", loud(40), 100.0, PLENTY)
    sound.add("input", loud(40), 150.0, PLENTY)  # 10 ms late
    sound.add("input", loud(40), 140.0, PLENTY)  # early: it follows, and so all began earlier
    sound.add("input", loud(20), 500.0, PLENTY)
    assert sound
    assert [(one.start_ms, one.ms, one.before_ms) for one in sound.stretches("input")] == [
        (60.0, 120.0, 0.0),
        (500.0, 20.0, 120.0),
    ]
    assert sound.stretches("output") == []


def test_a_stretch_whose_first_piece_came_late_lies_where_the_others_say():
    sound = RecordedSound()
    sound.add("input", loud(20), 900.0, PLENTY)  # it had waited: later ones show by how much
    for at in range(20, 400, 20):
        sound.add("input", loud(20), float(at), PLENTY)
    assert [(one.start_ms, one.ms) for one in sound.stretches("input")] == [(0.0, 400.0)]
    # One that follows another does not come so near that a file would take them for one.
    sound.add("input", loud(20), 900.0, PLENTY)
    sound.add("input", loud(20), 500.0, PLENTY)
    _, after = sound.stretches("input")
    assert 600.0 < after.start_ms < 700.0


def test_a_sound_card_that_is_too_fast_moves_nothing_but_silence():
    sound, fast = RecordedSound(), 1.01
    for piece in range(3_000):  # a minute, every tenth second of it loud
        spoken = piece % 500 < 50
        sound.add("output", loud(20) if spoken else loud(20, 0), piece * 20 / fast, PLENTY)
    [stretch] = sound.stretches("output")
    assert stretch.ms == pytest.approx(60_000 / fast, abs=60)
    pcm = sound.between("output", 0.0, stretch.ms)
    assert pcm.count(1) == 6 * 50 * 20 * MS
    for nth in range(6):
        at_ms = pcm.index(1, round((nth * 10_000 / fast - 500) * MS) if nth else 0) / MS
        assert stretch.start_ms + at_ms == pytest.approx(nth * 10_000 / fast, abs=100)


def test_what_was_said_comes_back_by_its_place():
    sound = RecordedSound()
    for second in range(3):
        for part in range(10):
            pcm = loud(100, second * 10 + part + 1)
            sound.add("output", pcm, second * 1000 + part * 100.0, PLENTY)
    assert sound.between("output", 1_950.0, 100.0) == loud(50, 20) + loud(50, 21)
    assert sound.between("output", 2_990.0, 500.0) == loud(10, 30)  # ends where the track does
    whole = b"".join(piece.pcm for piece in sound.pieces("output"))
    assert whole == sound.between("output", 0.0, 3_000.0)
    assert b"".join(p.pcm for p in sound.pieces("output", 1_250.0)) == whole[: 1_250 * MS]
    # About a second each, whatever the size of what was given.
    assert len(sound.pieces("output")) == 3


def test_the_oldest_goes_first_of_whichever_track():
    sound = RecordedSound()
    for second in range(4):
        sound.add("input", loud(1_000, 1 + second), second * 1000.0, 4_000 * MS)
        sound.add("output", loud(1_000, 11 + second), second * 1000.0, 4_000 * MS)
    assert sound.dropped_ms == 4_000.0
    assert [one.ms for one in sound.stretches("input")] == [4_000.0]
    assert sum(len(p.pcm) for side in ("input", "output") for p in sound.pieces(side)) == 4_000 * MS
    # Silence stands where it was; what is left lies where it lay.
    assert sound.between("input", 0.0, 10.0) == bytes(10 * MS)
    assert sound.between("input", 3_500.0, 10.0) == loud(10, 4)


def test_silence_takes_no_memory_of_its_own():
    sound = RecordedSound()
    for second in range(5):
        sound.add("input", bytes(1_000 * MS), second * 1000.0, PLENTY)
    kept = list(sound._tracks["input"].pieces.values())[:-1]
    assert len(kept) == 4
    assert len({id(piece) for piece in kept}) == 1


def test_silence_drives_no_sound_out():
    sound = RecordedSound()
    sound.add("input", loud(1_000), 0.0, 3_000 * MS)
    for second in range(1, 60):
        sound.add("input", bytes(1_000 * MS), second * 1000.0, 3_000 * MS)
    assert sound.dropped_ms == 0
    assert sound.between("input", 0.0, 1_000.0) == loud(1_000)
    for second in range(60, 63):
        sound.add("input", loud(1_000), second * 1000.0, 3_000 * MS)
    assert sound.between("input", 0.0, 1_000.0) == bytes(1_000 * MS)
    assert sound.between("input", 60_000.0, 3_000.0) == loud(3_000)


@pytest.mark.parametrize("t_ms", [-1.0, float("nan"), float("inf"), 1e15])
def test_a_time_that_is_none_is_left_out(t_ms):
    sound = RecordedSound()
    sound.add("input", loud(20), t_ms, PLENTY)
    sound.add("input", b"", 0.0, PLENTY)
    sound.add("input", b"\1", 0.0, PLENTY)  # half a sample
    assert not sound


def test_a_log_bounds_it_as_it_does_the_sound_of_events():
    log = EventLog(max_audio_bytes=4 * 2_000 * MS // 3)
    for second in range(5):
        log.record_sound("input", loud(1_000), second * 1000.0)
    assert log.recorded.dropped_ms == 3_000.0
    assert len(log) == 0


def test_one_may_look_while_another_adds():
    sound, over = RecordedSound(), threading.Event()

    def add():
        for step in range(3_000):
            sound.add("input", loud(20, 1 + step % 9), step * 20.0, 5_000 * MS)
        over.set()

    thread = threading.Thread(target=add)
    thread.start()
    while not over.is_set():
        size = sound.stretches("input")
        found = sound.pieces("input", size[0].ms if size else 0.0)
        assert all(len(piece.pcm) % 2 == 0 for piece in found)
    thread.join()
    assert sound.stretches("input")[0].ms == 60_000.0
