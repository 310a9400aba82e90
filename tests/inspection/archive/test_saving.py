"""A conversation in a file: what goes in comes out, and broken files are read as far as they go."""

from __future__ import annotations

import json
import math
import struct
import wave
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pybase64
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_nb.bridge.recording.lanes import Part as SoundPart
from realtime_nb.bridge.recording.notes import Notes
from realtime_nb.bridge.timing import TurnTiming
from realtime_nb.errors import UsageError
from realtime_nb.inspection.archive import saving as archive
from realtime_nb.inspection.jsonl import read_jsonl
from realtime_nb.inspection.talk import Talk
from realtime_nb.protocol.conversation.items import Item, Part
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "sk-canary-0123456789abcdefghij"


def a_log(*events: tuple[str, dict[str, Any]], **limits: int) -> EventLog:
    log = EventLog(**limits)
    for place, (direction, data) in enumerate(events):
        log.append(
            "sent" if direction == "sent" else "received",
            Event(data),
            t_ms=place * 10.5,
            size=len(json.dumps(data)),
        )
    return log


def a_talk(log: EventLog, **facts: Any) -> Talk:
    return Talk(log=log, conversation=Conversation.replay(log), **facts)


def sound(size: int = 4800, kind: str = "response.output_audio.delta", **fields: Any):
    payload = pybase64.b64encode(bytes(place % 251 for place in range(size))).decode()
    return {"type": kind, AUDIO_FIELDS[kind]: payload, **fields}


def an_answer(item_id: str = "item_a") -> list[tuple[str, dict[str, Any]]]:
    item = {"id": item_id, "type": "message", "role": "assistant", "content": []}
    made = {"response_id": "resp_1", "item_id": item_id, "content_index": 0}
    return [
        ("sent", sound(960, "input_audio_buffer.append")),
        ("received", {"type": "response.created", "response": {"id": "resp_1"}}),
        ("received", {"type": "conversation.item.added", "item": item, "previous_item_id": None}),
        ("received", {"type": "response.output_audio_transcript.delta", "delta": "Hi", **made}),
        ("received", sound(**made)),
        ("received", sound(2400, **made)),
        ("sent", sound(960, "input_audio_buffer.append")),
    ]


def rewritten(source: Path, target: Path, **members: Any) -> Path:
    """Copy a file with members changed (`__` for a dot), or left out where they are None."""
    given = {name.replace("__", "."): value for name, value in members.items()}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            value = given.pop(info.filename, old.read(info))
            if value is not None:
                new.writestr(info, value if isinstance(value, str | bytes) else json.dumps(value))
        for name, value in given.items():
            new.writestr(name, value)
    return target


# -- what goes in comes out


def test_a_file_gives_the_very_same_events_and_holds_their_sound_once(tmp_path: Path) -> None:
    log = a_log(*an_answer())
    path = archive.save(a_talk(log, name="kind", model="m", practice=True), tmp_path / "talk")
    assert path == tmp_path / "talk.rtnb"
    saved = archive.read(path)
    assert saved.problems == ()
    assert list(saved.talk.log) == list(log)
    assert saved.talk.log[4].event.audio == log[4].event.audio
    assert (saved.talk.name, saved.talk.model, saved.talk.practice) == ("kind", "m", True)
    assert saved.talk.conversation.items == Conversation.replay(log).items
    with zipfile.ZipFile(path) as members:
        assert members.testzip() is None
        lines = members.read("events.jsonl").decode()
        assert lines.count('"sound"') == 4
        assert log[4].event.delta not in lines
        with wave.open(members.open("audio/assistant.wav")) as heard:
            assert (heard.getframerate(), heard.getnframes()) == (24_000, 3600)
            assert heard.readframes(2400) == log[4].event.audio
        with wave.open(members.open("audio/user.wav")) as sent:
            assert sent.getnframes() == 960


def test_events_are_lines_that_any_reader_of_logs_reads(tmp_path: Path) -> None:
    path = archive.save(a_talk(a_log(*an_answer())), tmp_path / "talk.rtnb")
    with zipfile.ZipFile(path) as members:
        members.extract("events.jsonl", tmp_path)
    log, problems = read_jsonl(tmp_path / "events.jsonl")
    assert problems == []
    assert [record.seq for record in log] == list(range(7))
    assert log[3].event.delta == "Hi"


def test_g711_and_sound_of_other_rates_have_files_of_their_own(tmp_path: Path) -> None:
    form = {"type": "audio/pcmu"}
    session = {"audio": {"output": {"format": form}, "input": {"format": {"type": "audio/pcma"}}}}
    log = a_log(
        ("sent", sound(480, "input_audio_buffer.append")),
        ("received", {"type": "session.updated", "session": session}),
        ("sent", sound(801, "input_audio_buffer.append")),
        ("received", sound(800, item_id="a")),
        ("received", sound(800, "session.output_audio.delta", sample_rate=16_000, channels=2)),
    )
    path = archive.save(a_talk(log), tmp_path / "talk.rtnb")
    with zipfile.ZipFile(path) as members:
        heads = {name: members.read(name) for name in members.namelist() if "audio" in name}
    assert [*heads] == [
        *("audio/user.wav", "audio/user-2.wav"),
        *("audio/assistant.wav", "audio/assistant-2.wav"),
    ]
    tags = {name: struct.unpack_from("<HHI", head, 20) for name, head in heads.items()}
    assert tags["audio/user-2.wav"] == (6, 1, 8000)
    assert tags["audio/assistant.wav"] == (7, 1, 8000)
    assert tags["audio/assistant-2.wav"] == (1, 2, 16_000)
    for head in heads.values():
        assert struct.unpack_from("<I", head, 4)[0] + 8 == len(head)
    assert list(archive.read(path).talk.log) == list(log)


def test_what_is_no_plain_base64_stays_as_it_was(tmp_path: Path) -> None:
    odd = ["AAA", "AA==\n", "not base64!", "AB==", "é", "", 7, None, ["x"]]
    log = a_log(*[("sent", {"type": "input_audio_buffer.append", "audio": one}) for one in odd])
    path = archive.save(a_talk(log), tmp_path / "talk.rtnb")
    back = [record.event.data["audio"] for record in archive.read(path).talk.log]
    assert back == odd


def test_more_streams_than_get_a_file_stay_in_their_events(tmp_path: Path) -> None:
    kind = "session.output_audio.delta"
    log = a_log(*[("received", sound(480, kind, sample_rate=8000 + n)) for n in range(40)])
    path = archive.save(a_talk(log), tmp_path / "talk.rtnb")
    with zipfile.ZipFile(path) as members:
        assert sum(name.startswith("audio/") for name in members.namelist()) == 16
    assert list(archive.read(path).talk.log) == list(log)


def test_a_log_that_has_let_go_keeps_its_numbers_and_its_items(tmp_path: Path) -> None:
    log = a_log(*an_answer(), *an_answer("item_b"), max_audio_bytes=9000, max_bytes=1200)
    assert log.dropped_records
    assert log.dropped_audio
    whole = Conversation.replay(a_log(*an_answer(), *an_answer("item_b")))
    talk = Talk(log=log, conversation=whole)
    saved = archive.read(archive.save(talk, tmp_path / "talk.rtnb")).talk
    assert list(saved.log) == list(log)
    assert saved.log.dropped_records == log.dropped_records
    assert saved.log.dropped_audio == log.dropped_audio
    assert saved.conversation.items == whole.items
    assert saved.conversation.previous_id("item_b") == "item_a"
    assert saved.conversation.input_audio_ms == whole.input_audio_ms


words = st.text(st.characters(exclude_categories=()), max_size=30)  # also half characters
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
plain = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["session.updated", "error", "x.y", *AUDIO_FIELDS]) | words
payloads = st.binary(max_size=50).map(lambda b: pybase64.b64encode(b).decode()) | words
events = st.builds(
    lambda data, kind, payload: {**data, "type": kind, "audio": payload, "delta": payload},
    st.dictionaries(words.filter(lambda word: word not in {"tools", "prompt"}), plain, max_size=4),
    kinds,
    payloads,
)
times = st.floats(0, 1e7)
records = st.lists(
    st.tuples(st.sampled_from(["sent", "received"]), events, times, st.integers(0, 2**40)),
    max_size=12,
)
maybe = st.none() | words
items = st.lists(
    st.builds(
        Item,
        id=words,
        role=maybe,
        status=st.sampled_from(["completed", "incomplete", "in_progress", "failed"]),
        response_id=maybe,
        started_ms=times,
        parts=st.dictionaries(
            st.integers(0, 9),
            st.builds(Part, st.sampled_from(["text", "audio", "image"]), words, times),
            max_size=3,
        ),
        awaits_transcript=st.booleans(),
        transcribed=st.booleans(),
        truncated_ms=st.none() | st.integers(0, 10**7),
        name=maybe,
        call_id=maybe,
        arguments=words,
        output=maybe,
        error=maybe,
    ),
    max_size=5,
    unique_by=lambda item: item.id,
)
timings = st.lists(
    st.builds(
        TurnTiming,
        words,
        times,
        **{
            name: st.none() | times
            for name in ("said_page_ms", "said_sent_ms", "delta_ms", "ring_page_ms")
        },
    ),
    max_size=3,
)
forms = st.sampled_from([("audio/pcm", 24_000, 1), ("audio/pcmu", 8_000, 1)])
parts = st.builds(
    SoundPart,
    form=forms,
    start_ms=times,
    size=st.integers(0, 10**6),
    ms=times,
    missed_ms=times,
    cut_ms=st.none() | times,
    played_ms=st.none() | times,
    runs=st.lists(st.tuples(times, times), max_size=3),
)


@st.composite
def notes(draw: st.DrawFn) -> Notes:
    found = Notes(last_seq=draw(st.integers(-1, 10**6)))
    sounds = st.tuples(times, st.integers(1, 10**5), forms, st.booleans())
    for place, (t_ms, size, form, begins) in enumerate(draw(st.lists(sounds, max_size=4))):
        for lane in (found.user, found.flow):
            lane.add(place, t_ms, size, size / 48, form, begins=begins)
    keys = st.tuples(words, st.integers(0, 3))
    found.parts = draw(st.dictionaries(keys, parts, max_size=3))
    found.turns = draw(st.dictionaries(words, st.tuples(times, st.none() | times), max_size=3))
    return found


def facts_of(found: Notes) -> dict[str, Any]:
    lanes = [(lane.segments, lane.audio_ms) for lane in (found.user, found.flow)]
    return {
        "lanes": lanes,
        "parts": found.parts,
        "turns": found.turns,
        "clock": found.clock,
        "last": found.last_seq,
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records, items, timings, notes(), words, st.dictionaries(words, plain, max_size=3))
def test_whatever_a_talk_holds_comes_back(  # noqa: PLR0913, PLR0917 -- each is drawn
    tmp_path: Path, drawn: Any, found: Any, taken: Any, noted: Notes, name: str, session: Any
) -> None:
    log = EventLog()
    for direction, data, t_ms, size in drawn:
        log.append(direction, Event(data), t_ms=t_ms, size=size)
    conversation = archive_conversation(found, session)
    row = {"path": "voice", "verdict": "applied", "origin": "cell", "note": name}
    rows = [{**row, "requested": session}]
    talk = Talk(
        log=log,
        conversation=conversation,
        notes=noted,
        timings=taken,
        model=name,
        kind="transcription",
        config_rows=rows,
        name=f"n{name}",
    )
    saved = archive.read(archive.save(talk, tmp_path / "talk.rtnb", endpoint=name))
    assert saved.problems == ()
    assert list(saved.talk.log) == list(log)
    assert saved.talk.conversation.items == conversation.items
    assert saved.talk.conversation.session == session
    assert list(saved.talk.timings) == taken
    assert saved.talk.notes is not None
    assert facts_of(saved.talk.notes) == facts_of(noted)
    told = replace(saved.talk, log=log, conversation=conversation, notes=noted, timings=taken)
    assert told == talk
    assert saved.endpoint == name


def archive_conversation(found: list[Item], session: dict[str, Any]) -> Conversation:
    from realtime_nb.inspection.archive.facts import SavedConversation  # noqa: PLC0415

    return SavedConversation(found, session, 12.5)


# -- no secret


def test_no_secret_of_another_tools_log_goes_into_the_file(tmp_path: Path) -> None:
    tools = [
        {"type": "mcp", "server_label": "x", "authorization": "canary-1", "headers": {"a": "b-2"}},
        {"type": "mcp", "Authorisation": "canary-3"},
    ]
    prompt = {"id": "pmpt_1", "variables": {"city": "canary-4"}}
    session = {"tools": tools, "prompt": prompt, "client_secret": {"value": "canary-5"}}
    log = a_log(
        ("sent", {"type": "session.update", "session": session}),
        ("received", {"type": "session.created", "session": session}),
        ("received", {"type": "response.created", "response": {"id": "r", "tools": tools}}),
        ("received", {"type": "error", "error": {"message": f"Incorrect API key: {CANARY}"}}),
        ("received", {"type": "error", "error": {"message": "ek_0123456789abcdefghij"}}),
    )
    rows = [
        {"path": "tools", "verdict": "applied", "requested": tools, "effective": tools},
        {"path": "prompt", "verdict": "applied", "requested": prompt},
    ]
    path = archive.save(a_talk(log, config_rows=rows), tmp_path / "talk.rtnb")
    with zipfile.ZipFile(path) as members:
        text = b"".join(members.read(name) for name in members.namelist())
    for secret in (b"canary", b"b-2", b"0123456789abcdefghij"):
        assert secret not in text
    saved = archive.read(path)
    assert saved.problems == ()
    assert saved.talk.log[0].event.get("session.prompt.variables") == {"city": "[not shown]"}
    assert log[0].event.data["session"] == session, "the log itself is left alone"


# -- files that are broken, or mean harm


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    talk = a_talk(a_log(*an_answer()), notes=Notes(), timings=[TurnTiming("item_a")], name="kind")
    return archive.save(talk, tmp_path / "whole.rtnb")


def read_or_refused(path: Path) -> archive.Saved | None:
    refusals: list[UsageError] = []
    try:
        saved = archive.read(path)
    except UsageError as error:
        refusals.append(error)
        saved = None
    assert not any("\n" in str(error) for error in refusals)
    return saved


def test_a_file_cut_anywhere_is_read_as_far_as_it_goes_or_refused_in_a_line(whole: Path) -> None:
    data = whole.read_bytes()
    counts = set[int]()
    for end in range(0, len(data), 7):
        cut = whole.with_name("cut.rtnb")
        cut.write_bytes(data[:end])
        saved = read_or_refused(cut)
        if saved is not None:
            assert saved.problems
            counts.add(len(saved.talk.log))
    assert counts >= {0, 7}, "the events are there before the sound is"


def test_sound_that_is_cut_off_is_told_and_its_events_stay(whole: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(whole) as members:
        at = members.getinfo("audio/assistant.wav").header_offset
    cut = tmp_path / "cut.rtnb"
    cut.write_bytes(whole.read_bytes()[: at + 6000])
    saved = archive.read(cut)
    assert len(saved.talk.log) == 7
    assert len(saved.talk.log[4].event.audio or b"") == 4800
    assert saved.talk.log[5].event.delta == ""
    assert saved.talk.log.dropped_audio == 1
    assert saved.problems == (
        "the file is cut short; what lies before the cut has been read",
        "the sound of 1 events is missing",
    )
    assert saved.talk.conversation.items[0].audio_ms == 150, "as it was saved"


def test_bytes_that_have_changed_raise_nothing_but_a_line(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    for place in range(0, len(data), 11):
        other = tmp_path / "other.rtnb"
        other.write_bytes(data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :])
        read_or_refused(other)


def test_broken_lines_are_told_by_number_and_the_rest_is_read(whole: Path, tmp_path: Path) -> None:
    good = b'{"seq":0,"t_ms":1,"direction":"sent","size":2,"event":{"type":"a"}}\n'
    deep = b'{"event":' + b"[" * 100_000 + b"\n"
    lines = [
        b"{broken\n",
        b"[]\n",
        b'{"direction":"sent"}\n',
        good.replace(b'"t_ms":1', b'"t_ms":1e999'),
        good.replace(b'"seq":0', b'"seq":-1'),
        good.replace(b'"type":"a"', b'"type":5'),
        deep,
        b"\xff\xfe\n",
        b"\n",
        good,
    ]
    path = rewritten(whole, tmp_path / "b.rtnb", events__jsonl=b"".join(lines))
    saved = archive.read(path)
    assert [record.event.type for record in saved.talk.log] == ["a"]
    assert [problem.split(":")[0] for problem in saved.problems] == [
        f"events.jsonl, line {number}" for number in range(1, 9)
    ]
    assert not any("\n" in problem for problem in saved.problems)


def test_rows_of_no_config_are_left_out(whole: Path, tmp_path: Path) -> None:
    good = {"path": "model", "verdict": "applied", "origin": "cell", "note": ""}
    rows = [5, {}, {"path": 7, "verdict": "applied"}, {"path": "a", "verdict": "<b>"}, good]
    path = rewritten(whole, tmp_path / "b.rtnb", config__json={"rows": rows, "session": "x"})
    saved = archive.read(path)
    assert saved.talk.config_rows == [good]
    assert saved.talk.conversation.session is None


def test_many_problems_are_counted(whole: Path, tmp_path: Path) -> None:
    saved = archive.read(rewritten(whole, tmp_path / "b.rtnb", events__jsonl=b"x\n" * 5000))
    assert len(saved.problems) == 101
    assert saved.problems[-1] == "and 4,900 more"


@pytest.mark.parametrize(
    "value", [None, b"{", b"[]", b"\xff", b'{"notes": 5, "timings": {}, "items": "x"}', b"[" * 9999]
)
def test_what_a_talk_knows_beside_its_events_may_be_broken(
    whole: Path, tmp_path: Path, value: Any
) -> None:
    others = dict.fromkeys(("notes__json", "config__json", "conversation__json"), value)
    saved = archive.read(rewritten(whole, tmp_path / "b.rtnb", **others))
    assert len(saved.talk.log) == 7
    assert saved.talk.conversation.items[0].text == "Hi", "replayed from the events"
    assert saved.talk.notes is None
    assert saved.problems


SEGMENT: dict[str, Any] = {
    "first_seq": 0,
    "start_ms": 0,
    "audio_ms": 0,
    "form": ["audio/pcm", 24_000, 1],
}


@pytest.mark.parametrize(
    "lie",
    [
        {"segments": [{**SEGMENT, "start_ms": 1e12}]},
        {"segments": [{**SEGMENT, "form": ["audio/pcm", 1, 1]}]},
        {"segments": [{**SEGMENT, "size": 10**12}]},
        {"segments": [{**SEGMENT, "form": ["x", 8000, 1]}]},
        {"segments": [{**SEGMENT, "start_ms": math.inf}]},
        {"segments": [{**SEGMENT, "start_ms": "1"}]},
        {"segments": [{"start_ms": 1}]},
        {"segments": {"a": 1}},
    ],
)
def test_notes_of_more_sound_than_can_be_are_not_believed(
    whole: Path, tmp_path: Path, lie: Any
) -> None:
    notes_json = {"notes": {"user": lie}, "timings": []}
    saved = archive.read(rewritten(whole, tmp_path / "b.rtnb", notes__json=notes_json))
    assert saved.talk.notes is None
    assert saved.problems[0].startswith("the notes could not be read")


@pytest.mark.parametrize(
    "place",
    [
        {"in": "../../etc/passwd", "at": 0, "bytes": 9},
        {"in": "/etc/passwd", "at": 0, "bytes": 9},
        {"in": "manifest.json", "at": 0, "bytes": 9},
        {"in": "audio/user.wav", "at": -9, "bytes": 9},
        {"in": "audio/user.wav", "at": 0, "bytes": 10**12},
        {"in": "audio/user.wav", "at": 10**30, "bytes": 9},
        {"in": ["audio/user.wav"], "at": 0, "bytes": 9},
        {},
    ],
)
def test_sound_lies_in_the_file_or_nowhere(whole: Path, tmp_path: Path, place: Any) -> None:
    line = {"seq": 0, "t_ms": 1, "direction": "sent", "size": 9, "sound": place}
    line["event"] = {"type": "input_audio_buffer.append", "audio": ""}
    path = rewritten(whole, tmp_path / "b.rtnb", events__jsonl=json.dumps(line))
    saved = archive.read(path)
    assert saved.talk.log[0].event.audio == b""
    assert "the sound of 1 events is missing" in saved.problems


def test_paths_in_the_zip_lead_nowhere(whole: Path, tmp_path: Path) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    names = {"../evil": "x", f"{tmp_path}/evil": "x"}
    path = rewritten(whole, inner / "b.rtnb", **names)
    assert archive.read(path).problems == ()
    assert not (tmp_path / "evil").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(whole: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.rtnb"
    rewritten(whole, bomb)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as members:
        members.writestr("audio/more.wav", bytes(50_000_000))
    with pytest.raises(UsageError, match=r"unpack to 48 MiB .*limit_bytes"):
        archive.read(bomb, limit_bytes=10_000_000)
    # Its end cut off, so that only the headers before the members tell.
    bomb.write_bytes(bomb.read_bytes()[:-60])
    with pytest.raises(UsageError, match=r"unpack to 48 MiB"):
        archive.read(bomb, limit_bytes=10_000_000)
    assert archive.read(bomb).problems


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = archive.save(a_talk(a_log(*an_answer())), tmp_path / "talk.rtnb")
    big = rewritten(path, tmp_path / "big.rtnb", **{"conversation.json": "[" + " " * 10**6 + "]"})
    data = bytearray(big.read_bytes())
    at = data.rindex(b"conversation.json") - 46 + 24
    data[at : at + 4] = struct.pack("<I", 10)
    big.write_bytes(bytes(data))
    saved = archive.read(big, limit_bytes=10**5)
    assert any("conversation.json" in problem for problem in saved.problems)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no .rtnb file"),
        (b"RIFF....WAVE", "AudioClip.read"),
        (b'{"type": "session.created"}', "RealtimeLog.read"),
        (b"PK\x03\x04", "no .rtnb file"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_line(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.rtnb"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=said) as caught:
        archive.read(path)
    assert "\n" not in str(caught.value)


def test_another_zip_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as members:
        members.writestr("a.txt", "hello")
    with pytest.raises(UsageError, match="it has no manifest"):
        archive.read(other)
    with pytest.raises(UsageError, match="cannot read"):
        archive.read(tmp_path)
    with pytest.raises(UsageError, match="null byte"):
        archive.read("a\0b.rtnb")
    with pytest.raises(UsageError, match="there is no file"):
        archive.read(tmp_path / "nowhere.rtnb")


def test_a_file_of_a_newer_version_says_what_to_do(whole: Path, tmp_path: Path) -> None:
    told = {"format": "realtime_nb.talk", "version": 3, "written_by": "realtime_nb 9.1"}
    path = rewritten(whole, tmp_path / "n.rtnb", manifest__json={**told, "readable_from": 2})
    with pytest.raises(UsageError, match=r"version 3 .* realtime_nb 9\.1; .*reads version 1"):
        archive.read(path)
    path = rewritten(whole, tmp_path / "n.rtnb", manifest__json={**told, "readable_from": 1})
    saved = archive.read(path)
    assert len(saved.talk.log) == 7
    assert "newer" in saved.problems[0]


# -- writing


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive.save(a_talk(a_log(*an_answer())), tmp_path / "talk.rtnb")
    before = path.read_bytes()

    def fails(*_: Any) -> Any:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(archive, "event_lines", fails)
    with pytest.raises(RuntimeError, match="in the middle"):
        archive.save(a_talk(a_log()), path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["talk.rtnb"]


def test_names_and_places_that_cannot_be_are_refused(tmp_path: Path) -> None:
    talk = a_talk(a_log())
    with pytest.raises(UsageError, match=r"saved as \.rtnb, not '\.wav'"):
        archive.save(talk, tmp_path / "talk.wav")
    with pytest.raises(UsageError, match="cannot write"):
        archive.save(talk, tmp_path / "nowhere" / "talk.rtnb")
