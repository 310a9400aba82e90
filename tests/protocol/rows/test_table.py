from __future__ import annotations

import base64
import random
from typing import Any

import pytest

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.rows.filter import ERRORS, Query
from realtime_nb.protocol.rows.table import Rows

ALL = Query()


def logged(*events: dict[str, Any], log: EventLog | None = None) -> EventLog:
    log = EventLog() if log is None else log
    for data in events:
        direction = "sent" if data["type"] == "input_audio_buffer.append" else "received"
        log.append(direction, Event(data), t_ms=10.0 * log._end, size=10)
    return log


def read(log: EventLog, slice_: int = 7) -> Rows:
    rows = Rows(log)
    follow(rows, slice_)
    return rows


def follow(rows: Rows, slice_: int = 7) -> None:
    while rows.index.catch_up(slice_):
        pass


def words(text: str, item_id: str = "a") -> dict[str, Any]:
    return {
        "type": "response.output_audio_transcript.delta",
        "item_id": item_id,
        "delta": text,
    }


def sound(count: int, item_id: str = "a") -> dict[str, Any]:
    payload = base64.b64encode(bytes(count)).decode()
    return {"type": "response.output_audio.delta", "item_id": item_id, "delta": payload}


def done(response_id: str, status: str = "completed") -> dict[str, Any]:
    return {"type": "response.done", "response": {"id": response_id, "status": status}}


def summaries(rows: Rows, query: Query = ALL) -> list[str]:
    return [row["summary"] for row in rows.page(query, 0, 500).rows]


@pytest.mark.parametrize("slice_", [1, 2, 100])
def test_runs_of_deltas_are_one_row_also_when_they_interleave(slice_: int) -> None:
    log = logged(words("Hel"), sound(100), words("lo"), sound(50), words(" you"))
    page = read(log, slice_).page(ALL, 0, 10)
    shown = [(r["seq"], r["count"], r["summary"], r["size"], r["span_ms"]) for r in page.rows]
    assert shown == [(0, 3, "Hello you", 30, 40.0), (1, 2, "150 bytes of sound", 20, 20.0)]
    assert [row["since_ms"] for row in page.rows] == [0.0, 10.0]


def test_another_event_or_another_item_ends_a_run() -> None:
    over = {"type": "response.output_audio.done", "item_id": "a"}
    assert summaries(read(logged(words("a"), words("b", "b"), over, words("c")))) == [
        "a",
        "b",
        "",
        "c",
    ]


def test_a_run_grows_in_its_row_also_when_it_was_seen_before() -> None:
    log = logged(words("a"))
    rows = read(log)
    assert summaries(rows) == ["a"]
    logged(words("b"), done("r"), words("c"), log=log)
    follow(rows)
    assert summaries(rows) == ["ab", "completed", "c"]


def test_a_folded_text_is_bounded() -> None:
    page = read(logged(*[words("x" * 1000) for _ in range(100)])).page(ALL, 0, 5)
    assert len(page.rows) == 1
    assert len(page.rows[0]["summary"]) <= 120


def test_rows_are_found_by_what_they_are_and_say() -> None:
    error = {"type": "error", "error": {"code": "bad", "message": "Nobody said “Élan”"}}
    payload = base64.b64encode(bytes(9)).decode()
    log = logged(
        {"type": "input_audio_buffer.append", "audio": payload},
        words("good mor"),
        words("ning"),
        error,
        done("resp_1"),
        done("resp_2", "failed"),
    )
    rows = read(log)

    def seqs(**asked: str) -> list[int]:
        return [row["seq"] for row in rows.page(Query(**asked), 0, 99).rows]  # type: ignore[arg-type]

    assert seqs(direction="sent") == [0]
    assert seqs(kind="response") == [1, 4, 5]
    assert seqs(kind="response.done") == [4, 5]
    assert seqs(kind="response.d") == []
    assert seqs(kind=ERRORS) == [3, 5]
    assert seqs(item="a") == [1]
    assert seqs(response="resp_2") == [5]
    assert seqs(text="Good Morning") == [1]
    assert seqs(text="ÉLAN") == [3]
    assert seqs(text=payload) == []
    assert seqs(kind="response.done", text="failed") == [5]
    assert seqs(item="nobody") == []


def test_what_comes_later_is_found_as_well() -> None:
    log = logged(*[done(f"r{i}") for i in range(3000)])
    rows = read(log, 500)
    wanted = Query(text="r29")
    before = rows.page(wanted, 0, 1).total
    logged(words("not r2"), words("9 yet"), done("r29x"), log=log)
    follow(rows)
    assert rows.page(wanted, 0, 1).total == before + 2
    assert rows.page(Query(kind="response.done"), -1, None).rows[0]["seq"] == 3002


def test_a_run_is_unfolded_in_its_place() -> None:
    log = logged(done("r1"), words("a"), sound(3), words("b"), done("r2"), words("c"))
    rows = read(log)
    page = rows.page(ALL, 0, 99, unfolded=[1, 5, 99])
    shown = [(row["seq"], row["of"], row["open"], row["summary"]) for row in page.rows]
    assert shown == [
        (0, None, False, "completed"),
        (1, None, True, "ab"),
        (1, 1, False, "a"),
        (3, 1, False, "b"),
        (2, None, False, "3 bytes of sound"),
        (4, None, False, "completed"),
        (5, None, True, "c"),
        (5, 5, False, "c"),
    ]
    assert page.total == 8
    parts = [rows.page(ALL, at, at + 1, unfolded=[1, 5]).rows[0] for at in range(8)]
    assert parts == page.rows
    for place, row in enumerate(page.rows):
        found = rows.around(ALL, row["seq"], 3, unfolded=[1, 5]).at
        assert found is not None
        assert page.rows[found]["seq"] == row["seq"]
        assert found in (place, place + 1)
    assert rows.around(Query(kind=ERRORS), 3, 5).at is None
    assert rows.around(ALL, 77, 5).at is None


def test_a_page_is_bounded_and_may_be_counted_from_the_end() -> None:
    rows = read(logged(*[done(f"r{i}") for i in range(900)]), 512)
    assert len(rows.page(ALL, 0, 900).rows) == 500
    page = rows.page(ALL, -3, None)
    assert (page.start, page.total, [row["seq"] for row in page.rows]) == (
        897,
        900,
        [897, 898, 899],
    )
    assert rows.page(ALL, 2000, 2010).rows == []


def test_it_holds_no_more_than_the_log() -> None:
    log = EventLog(max_bytes=2_000)
    rows = Rows(log)
    for i in range(40_000):
        logged(done(f"r{i}"), log=log)
        if i % 100 == 99:
            follow(rows, 512)
            rows.page(Query(text=f"r{i}"), 0, 5)
    page = rows.page(ALL, 0, 500)
    assert page.total == len(log)
    assert [row["seq"] for row in page.rows] == [record.seq for record in log]
    assert len(rows.index.rows) < 20_000
    assert len(rows.index.responses) < 20_000
    assert rows.page(Query(response="r39999"), 0, 5).total == 1
    assert rows.page(Query(response="r1"), 0, 5).total == 0
    assert rows.page(Query(text='"r39999"'), 0, 5).total == 1


def test_a_log_with_gaps_in_its_numbers_is_read_whole() -> None:
    log = EventLog()
    for seq in (3, 4, 9, 50):
        log.append("received", Event(done(f"r{seq}")), t_ms=0.0, size=1, seq=seq)
    rows = read(log, 1)
    assert [row["seq"] for row in rows.page(ALL, 0, 9).rows] == [3, 4, 9, 50]
    assert rows.around(ALL, 9, 1).at == 2


def test_odd_events_have_rows() -> None:
    odd: list[dict[str, Any]] = [
        {"type": "x" * 5000, "item_id": 5, "response_id": None},
        {"type": "y.delta", "delta": {"no": "text"}},
        {"type": "z", "item": "no object", "lone": "\ud800"},
        {"type": "response.output_audio.delta", "delta": "no base64", "item_id": "\ud800"},
    ]
    rows = read(logged(*odd, {"type": "big", "text": "needle " + "w" * 1_000_000}))
    page = rows.page(ALL, 0, 9)
    assert page.total == 5
    assert len(str(page.rows).encode()) < 5_000
    assert rows.page(Query(text="needle"), 0, 9).total == 1


def test_it_says_the_same_as_a_plain_search() -> None:
    chance = random.Random(5)  # noqa: S311 -- the same each time
    log = EventLog()
    rows = Rows(log)
    makers = [
        lambda: words(chance.choice(["ab", "ba", "c"]), chance.choice("xyz")),
        lambda: sound(chance.randrange(1, 9), chance.choice("xyz")),
        lambda: done(chance.choice(["r1", "r2"]), chance.choice(["completed", "failed"])),
    ]
    for _ in range(60):
        logged(*[chance.choices(makers, [8, 8, 1])[0]() for _ in range(100)], log=log)
        follow(rows, 64)
        whole = rows.page(ALL, 0, 500).rows
        start = 500
        while start < rows.page(ALL, 0, 0).total:
            whole += rows.page(ALL, start, start + 500).rows
            start += 500
        for query, fits in (
            (Query(kind="response.done"), lambda row: row["type"] == "response.done"),
            (Query(item="x"), lambda row: row["item"] == "x"),
            (Query(kind=ERRORS), lambda row: row["bad"]),
        ):
            expected = [row["seq"] for row in whole if fits(row)]
            got = rows.page(query, 0, 500)
            assert got.total == len(expected)
            assert [row["seq"] for row in got.rows] == expected[:500]
    assert sum(row["count"] for row in whole) == len(log)


def test_what_a_page_asks_is_read_with_care() -> None:
    assert Query.read(None) == ALL
    assert Query.read({"dir": "up", "kind": 5, "item": ["a"], "text": None}) == ALL
    assert Query.read({"dir": "sent", "text": "a"}) == Query(direction="sent", text="a")
