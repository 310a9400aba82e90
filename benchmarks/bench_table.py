"""The event table: its first paint and its filters beside pandas; pages of long logs.

    python benchmarks/bench_table.py [--events 100000] [--rounds 7]

All contenders run in one process and one run, in alternating order; the medians of their CPU
times are compared. The log is a talk's: deltas of words and sound, and what comes between.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import pandas as pd

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.rows.filter import Query
from realtime_nb.protocol.rows.table import Rows

if TYPE_CHECKING:
    from collections.abc import Callable

VIEW = 60  # rows that a page asks for
SOUND = "AAAA" * 1000


def make_log(count: int, sound: str = SOUND) -> EventLog:
    log = EventLog()

    def put(**data: Any) -> None:
        log.append(
            "received", Event(data), t_ms=10.0 * len(log), size=200 + len(data.get("delta", ""))
        )

    turn = 0
    while len(log) < count:
        ids = {"item_id": f"item_{turn:06}", "response_id": f"resp_{turn:06}"}
        put(type="response.created", response={"id": ids["response_id"], "status": "in_progress"})
        for i in range(12):
            kind = "response.output_audio_transcript.delta"
            put(type=kind, delta=f" word{i} of {turn}", event_id=f"event_{turn}_{i}", **ids)
            put(type="response.output_audio.delta", delta=sound, **ids)
        put(type="response.output_audio.done", **ids)
        put(type="response.done", response={"id": ids["response_id"], "status": "completed"})
        turn += 1
    return log


def read(log: EventLog) -> Rows:
    rows = Rows(log)
    while rows.index.catch_up():
        pass
    return rows


def as_dicts(log: EventLog) -> list[dict[str, Any]]:
    return [dict(record.row()) for record in log]


def first_paint_pandas(log: EventLog) -> Any:
    return pd.DataFrame(as_dicts(log)).iloc[-VIEW:].to_dict("records")


def first_paint_table(log: EventLog) -> Any:
    return read(log).page(Query(), -VIEW, None)


def measure(contenders: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median CPU time of each in ms."""
    took: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            began = time.process_time()
            contenders[name]()
            took[name].append((time.process_time() - began) * 1000)
    return {name: statistics.median(values) for name, values in took.items()}


def report(title: str, medians: dict[str, float]) -> None:
    base = next(iter(medians.values()))
    print(f"\n{title}")
    for name, ms in medians.items():
        print(f"  {name:<58}{ms:>10.3f} ms  {ms / base:>7.3f}")


def repeated(call: Callable[[], Any], times: int) -> Callable[[], Any]:
    def many() -> None:
        for _ in range(times):
            call()

    return many


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    log = make_log(options.events)
    frame = pd.DataFrame(as_dicts(log))
    rows = read(log)
    print(f"{len(log):,} events, {len(rows.index.rows):,} rows")

    report(
        "First paint, from nothing",
        measure(
            {
                "pandas.DataFrame(list of dicts), its last rows": lambda: first_paint_pandas(log),
                "the table's index and its last rows": lambda: first_paint_table(log),
            },
            options.rounds,
        ),
    )
    rows.page(Query(text="warm"), 0, 1)

    def by_type() -> Any:
        return frame[frame["type"] == "response.done"].iloc[:VIEW].to_dict("records")

    def by_text() -> Any:
        found = frame[frame["summary"].str.contains("word7 of 12", case=False, regex=False)]
        return found.iloc[:VIEW].to_dict("records")

    def forgetting(query: Query) -> Callable[[], Any]:
        def ask() -> Any:
            rows._filter._found.clear()  # noqa: SLF001 -- what was found before is not to help
            return rows.page(query, 0, VIEW)

        return ask

    report(
        "A filter by type, and its first rows",
        measure(
            {"pandas": by_type, "the table": forgetting(Query(kind="response.done"))},
            options.rounds,
        ),
    )
    report(
        "A search for words, upper and lower case alike, and its first rows",
        measure(
            {
                "pandas, in the summaries": by_text,
                "the table, in the events' JSON and across deltas": forgetting(
                    Query(text="word7 of 12")
                ),
            },
            options.rounds,
        ),
    )
    short, long = read(make_log(1_000, "")), read(make_log(360_000, ""))
    middle, far = len(short.index.rows) // 2, len(long.index.rows) // 2
    report(
        "A page of rows, 20 times",
        measure(
            {
                "of 1,000 events": repeated(lambda: short.page(Query(), middle, middle + VIEW), 20),
                "of 360,000 events": repeated(lambda: long.page(Query(), far, far + VIEW), 20),
                "of 360,000 events, the last": repeated(
                    lambda: long.page(Query(), -VIEW, None), 20
                ),
            },
            2 * options.rounds,
        ),
    )
    values = long.index.rows.values().nbytes + 16 * 360_000
    print(f"\nThe index of 360,000 events: {values / 2**20:.1f} MB of columns")


if __name__ == "__main__":
    main()
