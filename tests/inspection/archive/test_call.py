"""A call's sound in a saved file: whole, of a running call, and of a file that lies."""

from __future__ import annotations

import json
import wave
import zipfile

import numpy as np
import pytest

from realtime_nb.inspection.archive.saving import read, save
from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

MS = 48


@pytest.fixture
def log():
    log = EventLog()
    log.append("received", Event({"type": "session.created", "session": {}}), t_ms=0.0, size=2)
    for second in range(3):
        pcm = np.full(24_000, 1_000 * (second + 1), "<i2").tobytes()
        log.record_sound("input", pcm, 250.0 + 1_500.0 * second)
        log.record_sound("output", pcm[: 500 * MS], 1_000.0 * second)
    return log


def saved(log, tmp_path):
    return save(RealtimeLog(log).talk(), tmp_path / "call.rtnb")


def changed(path, name, data):
    """Return a copy of the file in which a member is another; None leaves it out."""
    target = path.with_name("changed.rtnb")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            kept = data if member == name else old.read(member)
            if kept is not None:
                new.writestr(member, kept)
    return target


def test_both_sides_come_back_where_they_lay(log, tmp_path):
    again = read(saved(log, tmp_path))
    assert again.problems == ()
    for side in ("input", "output"):
        before, after = log.recorded.stretches(side), again.talk.log.recorded.stretches(side)
        assert [(one.start_ms, one.size) for one in after] == [
            (one.start_ms, one.size) for one in before
        ]
        assert again.talk.log.recorded.between(side, 0, 9e6) == log.recorded.between(side, 0, 9e6)


def test_any_tool_opens_its_sound(log, tmp_path):
    with (
        zipfile.ZipFile(saved(log, tmp_path)) as file,
        file.open("audio/call-user.wav") as member,
        wave.open(member) as sound,
    ):
        form = sound.getframerate(), sound.getnchannels(), sound.getsampwidth()
        assert form == (24_000, 1, 2)
        pcm = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    assert len(pcm) == 3 * 24_000
    assert (pcm[0], pcm[-1]) == (1_000, 3_000)


def test_a_conversation_without_a_call_has_no_such_members(tmp_path):
    log = EventLog()
    log.append("received", Event({"type": "session.created", "session": {}}), t_ms=0.0, size=2)
    with zipfile.ZipFile(saved(log, tmp_path)) as file:
        assert not [name for name in file.namelist() if "call" in name or "recorded" in name]


def test_what_has_gone_is_silent_in_the_file(log, tmp_path):
    log.max_audio_bytes = 4 * 1_000 * MS // 3
    log.record_sound("input", bytes([1]) * (500 * MS), 4_250.0)
    again = read(saved(log, tmp_path)).talk.log.recorded
    assert sum(one.ms for one in again.stretches("input")) == 3_500.0
    assert not any(again.between("input", 0.0, 1_000.0))
    assert any(again.between("input", 3_000.0, 500.0))


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("audio/call-user.wav", None, "input of the call is missing"),
        ("audio/call-user.wav", b"RIFF", "cut short"),
        ("recorded.json", b"[]", "holds no object"),
        ("recorded.json", b'{"input": 7}', "input of the call is missing"),
        *(
            ("recorded.json", json.dumps({"input": {"stretches": [stretch]}}).encode(), problem)
            for stretch, problem in [
                ({"start_ms": -1, "bytes": 2}, "is missing"),
                ({"start_ms": 1e300, "bytes": 2}, "is missing"),
                ({"start_ms": 0, "bytes": 10**15}, "is missing"),
                ({"start_ms": 0, "bytes": 10**9}, "cut short"),
                ({"start_ms": True, "bytes": 2}, "is missing"),
                ("soon", "is missing"),
            ]
        ),
    ],
)
def test_a_file_that_lies_is_read_as_far_as_it_is_there(log, tmp_path, name, data, problem):
    again = read(changed(saved(log, tmp_path), name, data))
    assert any(problem in one for one in again.problems), again.problems
    assert len(again.talk.log) == 1
