"""Logs as files: our own, other tools', and what is left of broken ones."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.inspection import RealtimeLog, Talk, jsonl
from realtime_nb.inspection.archive.saving import save
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from pathlib import Path

SOUND = base64.b64encode(bytes(range(48))).decode()
CREATED = {
    "type": "session.created",
    "event_id": "event_1",
    "session": {"id": "s", "type": "realtime"},
}
DELTA = {"type": "response.output_audio.delta", "item_id": "i", "delta": SOUND}
CREATE = {"type": "response.create"}


def log_of(*events: tuple[str, dict[str, Any]]) -> EventLog:
    log = EventLog()
    for number, (direction, data) in enumerate(events):
        log.append(direction, Event(data), t_ms=number * 1.25, size=100 + number)  # pyright: ignore[reportArgumentType] -- a test's tuple
    return log


def read(folder: Path, text: str | bytes) -> RealtimeLog:
    path = folder / "other.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return RealtimeLog.read(path)


def told(log: RealtimeLog) -> list[tuple[str, str]]:
    return [(record.direction, record.event.type) for record in log]


@pytest.mark.parametrize("name", ["talk.jsonl", "talk.jsonl.gz"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    log = RealtimeLog(log_of(("received", CREATED), ("sent", CREATE), ("received", DELTA)))
    path = log.to_jsonl(tmp_path / name)
    again = RealtimeLog.read(path)
    assert list(again) == list(log)
    assert again.problems == ()
    assert again.audio("i") == bytes(range(48))
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


TEXTS = st.text(st.characters()) | st.sampled_from(["\ud800", "\u202eabc", "a\nb\r\u2028", "\0"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["sent", "received"]),
            st.dictionaries(TEXTS, VALUES, max_size=4),
            st.floats(0, 1e9),
        )
    )
)
def test_any_events_make_the_round(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("log") / "talk.jsonl"
    log = EventLog()
    for number, (direction, fields, t_ms) in enumerate(rows):
        event = Event({**fields, "type": "any.event"})
        log.append(direction, event, t_ms=t_ms, size=number, seq=number * 3)
    RealtimeLog(log).to_jsonl(path)
    again = RealtimeLog.read(path)
    assert list(again) == list(log)
    assert again.problems == ()


def test_a_dropped_beginning_keeps_its_numbers(tmp_path: Path) -> None:
    log = EventLog(max_bytes=300)
    for number in range(9):
        log.append("sent", Event({"type": "x.y", "n": number}), t_ms=number, size=100)
    again = RealtimeLog.read(RealtimeLog(log).to_jsonl(tmp_path / "a.jsonl"))
    assert [record.seq for record in again] == [6, 7, 8]


def test_no_credential_goes_into_a_file(tmp_path: Path) -> None:
    tools = [
        {
            "type": "mcp",
            "server_label": "x",
            "authorization": "canary-1",
            "headers": {"X": "canary-2"},
            "server_url": "https://me:canary-4@mcp.example/sse?key=canary-5",
        }
    ]
    log = log_of(
        ("sent", {"type": "session.update", "session": {"tools": tools}}),
        (
            "received",
            {
                "type": "session.updated",
                "session": {"tools": tools, "client_secret": {"value": "canary-3"}},
            },
        ),
        ("sent", {"type": "response.create", "response": {"tools": tools}}),
        (
            "received",
            {
                "type": "error",
                "error": {
                    "message": "bad key sk-canary0123456789abcdef, ek_canary0123456789abcdef"
                },
            },
        ),
    )
    text = RealtimeLog(log).to_jsonl(tmp_path / "a.jsonl").read_text()
    assert "canary" not in text
    assert len(RealtimeLog.read(tmp_path / "a.jsonl")) == 4


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RealtimeLog(log_of(("sent", CREATE), ("received", CREATED)))
    path = log.to_jsonl(tmp_path / "a.jsonl")
    before = path.read_bytes()

    def fail(_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(jsonl, "line_of", fail)
    with pytest.raises(KeyboardInterrupt):
        log.to_jsonl(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jsonl"]
    with pytest.raises(UsageError, match="cannot be written"):
        log.to_jsonl(tmp_path / "no such folder" / "a.jsonl")


# -- other tools' files

SHAPES = {
    "bare events": [CREATED, CREATE],
    "direction and event": [
        {"direction": "received", "timestamp": "2026-11-21T09:00:00.000Z", "event": CREATED},
        {"direction": "out", "timestamp": "2026-11-21T09:00:01.500Z", "event": CREATE},
    ],
    "a web console's": [
        {"time": "2026-11-21T09:00:00Z", "source": "server", "event": CREATED},
        {"time": "2026-11-21T09:00:01.5Z", "source": "client", "event": CREATE, "count": 1},
    ],
    "a browser's network log": [
        {"type": "receive", "time": 1795000000.0, "opcode": 1, "data": json.dumps(CREATED)},
        {"type": "send", "time": 1795000001.5, "opcode": 1, "data": json.dumps(CREATE)},
    ],
    "type as direction, milliseconds": [
        {"type": "server", "ts": 1795000000000, "message": CREATED},
        {"type": "client", "ts": 1795000001500, "message": CREATE},
    ],
    "openai-agents": [
        {
            "type": "raw_model_event",
            "data": {"type": "raw_server_event", "data": CREATED},
            "info": {},
        },
        {"dir": "sent", "payload": CREATE},
    ],
    "event as direction": [
        {"event": "incoming", "data": CREATED, "t": 0.0},
        {"event": "outgoing", "data": CREATE, "t": 1.5},
    ],
}


@pytest.mark.parametrize("name", list(SHAPES))
def test_shapes_of_other_tools(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    log = read(tmp_path, "\n".join(json.dumps(line) for line in shape))
    assert told(log) == [("received", "session.created"), ("sent", "response.create")]
    assert [record.event.data for record in log] == [CREATED, CREATE]
    assert log[0].t_ms == 0
    if name not in ("bare events", "openai-agents"):
        assert log[1].t_ms == pytest.approx(1500)
    assert log.problems == ()
    whole = read(tmp_path, json.dumps(shape, indent=2))
    assert told(whole) == told(log)
    assert told(read(tmp_path, json.dumps({"events": shape}, indent=1))) == told(log)
    assert told(read(tmp_path, json.dumps(shape))) == told(log)


def test_fields_of_an_event_are_no_envelope(tmp_path: Path) -> None:
    digit = {
        "type": "input_audio_buffer.dtmf_event_received",
        "event": "5",
        "received_at": 1795000000,
    }
    error = {"type": "error", "error": {"message": "no", "event_id": None}, "event_id": "e"}
    unheard = {"type": "novel", "data": 5}
    log = read(tmp_path, "\n".join(map(json.dumps, (digit, error, unheard))))
    assert [record.event.data for record in log] == [digit, error, unheard]


def test_a_log_of_the_beta_makes_its_conversation(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"type": "session.created", "session": {"id": "s", "modalities": ["text", "audio"]}},
        {"type": "transcription_session.update", "session": {}},
        {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}},
        {
            "type": "conversation.item.created",
            "item": {"id": "i", "type": "message", "role": "assistant"},
        },
        {
            "type": "response.audio_transcript.delta",
            "response_id": "r",
            "item_id": "i",
            "delta": "Hi",
        },
        {"type": "response.audio.delta", "response_id": "r", "item_id": "i", "delta": SOUND},
    ]
    log = read(tmp_path, "\n".join(map(json.dumps, lines)))
    assert [record.event.type for record in log][4] == "response.audio_transcript.delta"
    assert log[1].direction == "sent"
    (item,) = log.conversation().items
    assert item.text == "Hi"
    assert item.audio_ms == 1.0


# -- broken files


def test_broken_lines_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = [
        "\ufeff" + json.dumps(CREATED),
        "",
        '{"type": "response.create", ',
        "[" * 5000,
        "null",
        "7",
        '{"no": "type"}',
        '{"type": 7}',
        '{"type": "x.y", "v": NaN, "lone": "\\ud800"}',
        json.dumps({"type": "x.y", "text": "y" * 1_000_000}),
        '{"direction": "in", "event": {"type": "x.z"}, "timestamp": "yesterday"}',
        json.dumps(CREATE)[:-4],
    ]
    log = read(tmp_path, "\n".join(lines))
    assert [r.event.type for r in log] == ["session.created", "x.y", "x.y", "x.z"]
    assert log[1].event.data == {"type": "x.y", "v": None, "lone": "\ud800"}
    assert [problem.split(":")[0] for problem in log.problems] == [
        f"line {n}" for n in (3, 4, 5, 6, 7, 8, 12)
    ]
    assert "not JSON" in log.problems[0]
    assert "line 7: it holds no event" in log.problems[4]
    assert "7 problems" in repr(log)
    assert all("\n" not in problem and len(problem) < 200 for problem in log.problems)


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    log = read(tmp_path, b'{"type": "x.y", "t": "a\xff"}\n\x00\x01\x02\n')
    assert log[0].event.t == "a\ufffd"
    assert [problem[:7] for problem in log.problems] == ["line 1:", "line 2:"]


@pytest.mark.parametrize("text", ["hello\nworld\n", "{}", "[]", b"\x89PNG\r\n\x1a\n", "[1,\n2]"])
def test_a_file_without_an_event_is_refused_in_one_line(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(UsageError, match="holds no event") as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_saved_chat_is_told_from_a_log(tmp_path: Path) -> None:
    path = save(Talk(EventLog(), Conversation()), tmp_path / "talk.rtnb")
    with pytest.raises(UsageError, match=r"realtime_nb\.open reads"):
        RealtimeLog.read(path)


def test_no_file_a_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        RealtimeLog.read(tmp_path / "nothing.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        RealtimeLog.read(tmp_path)
    assert len(read(tmp_path, "")) == 0
    empty = RealtimeLog().to_jsonl(tmp_path / "empty.jsonl")
    assert len(RealtimeLog.read(empty)) == 0


def test_a_truncated_gzip_gives_what_is_there(tmp_path: Path) -> None:
    events = [
        ("sent", {"type": "x.y", "text": base64.b64encode(bytes([n] * 99 + [n ^ 85])).decode() * 9})
        for n in range(255)
    ]
    path = RealtimeLog(log_of(*events)).to_jsonl(tmp_path / "a.jsonl.gz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    log = RealtimeLog.read(path)
    assert 0 < len(log) < 255
    assert "compressed" in log.problems[-1]
    garbled = bytearray(whole)
    garbled[len(garbled) // 2] ^= 255
    path.write_bytes(garbled)
    assert len(RealtimeLog.read(path)) > 0


def test_a_newer_version_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    log = log_of(("sent", CREATE))
    path = RealtimeLog(log).to_jsonl(tmp_path / "a.jsonl")
    text = path.read_text().replace('"version":1', '"version":2') + '{"novel": 1}\n'
    newer = read(tmp_path, text)
    assert len(newer) == 1
    assert "version 2" in newer.problems[0]
    assert newer.problems[1].startswith("line 3:")


def test_lines_and_problems_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 100)
    monkeypatch.setattr(jsonl, "MOST_PROBLEMS", 3)
    long = json.dumps({"type": "x.y", "text": "y" * 350})
    log = read(tmp_path, "\n".join([json.dumps(CREATE), long, json.dumps(CREATE), *["?"] * 9]))
    assert len(log) == 2
    assert log.problems[0].startswith("line 2: it is longer than")
    assert log.problems[1].startswith("line 4:")
    assert log.problems[-1] == "and 7 more lines"
    with gzip.open(tmp_path / "a.gz", "wb") as file:
        file.write(json.dumps([CREATE] * 9, indent=1).encode())
    with pytest.raises(UsageError, match="one JSON value of more than"):
        RealtimeLog.read(tmp_path / "a.gz")


def test_a_list_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    whole = json.dumps([CREATED, 7, CREATE, DELTA], indent=2)
    log = read(tmp_path, whole[:-40])
    assert [record.event.type for record in log] == ["session.created", "response.create"]
    assert "entry 2: it holds a number" in log.problems[0]
    assert "entry 4: the list breaks off" in log.problems[1]
    assert read(tmp_path, whole).problems == ("line 1: entry 2: it holds a number, not an object",)


LINES = st.dictionaries(
    st.sampled_from(
        ["type", "event", "data", "message", "direction", "t_ms", "time", "seq", "size"]
    ),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | TEXTS
        | st.sampled_from(
            ["in", "sent", "x.y", '{"type": "x.y"}', "2026-11-21", "0001-01-01T00:00Z"]
        ),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["type", "data", "event"]), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)


@settings(deadline=None)
@given(st.lists(LINES.map(json.dumps) | TEXTS, max_size=5))
def test_no_line_breaks_the_reader(lines: list[str]) -> None:
    whole = {"type": "x.last", "seq": 7}
    encoded = [line.replace("\n", " ").encode("utf-8", "surrogatepass") for line in lines]
    log, problems = jsonl.read_lines([*encoded, json.dumps(whole).encode()])
    assert log[-1].event.data == whole
    assert len(problems) <= len(lines)
    assert all(isinstance(record.t_ms, float) for record in log)
    RealtimeLog(log).check()
    RealtimeLog(log).conversation()
    assert len(RealtimeLog(log).df) == len(log)


def test_a_wrong_size_neither_fills_the_memory_nor_empties_the_log() -> None:
    def line(size: int, event: dict[str, Any]) -> bytes:
        return json.dumps({"direction": "in", "size": size, "event": event}).encode()

    text = {"type": "x.y", "text": "y" * 100_000}
    log, _ = jsonl.read_lines(
        [
            line(0, text),
            line(2**61, text),
            line(99_000, text),
            line(15_000, {**DELTA, "delta": ""}),
            line(2**61, DELTA),
        ]
    )
    sizes = [record.size for record in log]
    assert 100_000 < sizes[0] < 101_000
    assert sizes[1:4] == [sizes[1], 99_000, 15_000]
    assert sizes[1] < 101_000
    assert log.dropped_audio == log.dropped_records == 0


@pytest.mark.parametrize("spoil", [lambda data: data[:12], lambda data: data[:20] + bytes(40)])
def test_a_gzip_that_breaks_in_its_beginning_says_so(tmp_path: Path, spoil) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(spoil(gzip.compress(b'{"type": "session.created"}\n' * 50)))
    log = RealtimeLog.read(path)
    assert any("ends or breaks" in problem for problem in log.problems)
