"""What the event log costs: an append, an hour's memory, and its table.

Each beside the plainest thing that does the job, in one run: an append beside appending the
frame's bytes to a list; an hour at 100 events a second beside those bytes; the DataFrame
beside ``pandas.DataFrame`` of the events as dicts, and of dicts with the same columns; a page
of an hour's log beside one of a short log. Run: ``python benchmarks/bench_log.py [ROUNDS]``;
``--memory`` measures memory as well, which takes minutes and a gigabyte.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import os
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

import pandas as pd
from harness import MAX_WAIT, cpu_and_wait, pin

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APPENDS = 20_000
TABLE = 100_000
HOUR = 360_000
PAGE = 100


def frames(count: int, *, fill: bool = True) -> Iterator[bytes]:
    """Yield a talk's frames: half sent sound of 20 ms, a quarter answers' sound, a quarter words.

    The answers' sound makes an hour hold as much PCM as two people's hour has, 346 MB.
    """
    answer = 2_400 if fill else 240
    for number in range(count):
        ids = {
            "event_id": f"event_{number:021}",
            "response_id": f"resp_{number // 500:021}",
            "item_id": f"item_{number // 500:021}",
            "output_index": 0,
            "content_index": 0,
        }
        if number % 2 == 0:
            data = {"type": "input_audio_buffer.append", "audio": _sound(960)}
        elif number % 4 == 1:
            data = {"type": "response.output_audio.delta", **ids, "delta": _sound(answer)}
        else:
            kind = "response.output_audio_transcript.delta"
            data = {"type": kind, **ids, "delta": " word", "obfuscation": "x" * 12}
        yield json.dumps(data, separators=(",", ":")).encode()


def _sound(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode()


def measured(work: Callable[[], object]) -> float:
    """Return CPU seconds of `work` in a round in which its core was free."""
    for _ in range(20):
        gc.collect()
        (cpu, waited), began = cpu_and_wait(), time.perf_counter()
        work()
        took = time.perf_counter() - began
        used, wait = cpu_and_wait()
        if wait - waited <= MAX_WAIT * took:
            break
    return used - cpu


def compare(works: dict[str, Callable[[], object]], rounds: int, per: int, unit: str) -> None:
    """Print medians of alternating rounds, and their ratio to the last."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name in works if number % 2 else reversed(works):
            times[name].append(measured(works[name]))
    base = statistics.median(times[list(works)[-1]])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"  {name:46} {median / per * 1e6:9.2f} {unit}   x {median / base:.2f}")


def bench_append(rounds: int) -> None:
    raw = list(frames(APPENDS))

    def decoded() -> list[Event]:
        events = [Event.parse(frame) for frame in raw]
        for event in events:
            _ = event.audio  # whoever plays a sound has decoded it
        return events

    def log() -> None:
        kept = EventLog()
        for event, frame in zip(events, raw, strict=True):
            kept.append("received", event, t_ms=time.monotonic(), size=len(frame))

    def rows() -> None:
        kept: list[tuple[float, str, int, Event]] = []
        for event, frame in zip(events, raw, strict=True):
            kept.append((time.monotonic(), "received", len(frame), event))

    def listed() -> None:
        kept: list[tuple[float, bytes]] = []
        for frame in raw:
            kept.append((time.monotonic(), frame))  # noqa: PERF401 -- as events come, one by one

    events = decoded()
    print(f"append, {APPENDS:,} events:")
    compare(
        {"our log": log, "tuples of parsed events in a list": rows, "raw bytes in a list": listed},
        rounds,
        APPENDS,
        "µs",
    )


def filled(count: int, *, fill: bool = True) -> EventLog:
    log = EventLog()
    for number, frame in enumerate(frames(count, fill=fill)):
        event = Event.parse(frame)
        _ = event.audio
        sent = event.type == "input_audio_buffer.append"
        log.append("sent" if sent else "received", event, t_ms=number * 10.0, size=len(frame))
    return log


def bench_table(rounds: int) -> None:
    log = filled(TABLE, fill=False)
    dicts = [record.event.data for record in log]
    rows = log.rows()
    print(f"a DataFrame of {TABLE:,} events:")
    compare(
        {
            "our log, times, ids and summaries included": lambda: log.df,
            "rows with the same columns, made and framed": lambda: pd.DataFrame(log.rows()),
            "rows with the same columns, made before": lambda: pd.DataFrame(rows),
            "pandas.DataFrame(list of event dicts)": lambda: pd.DataFrame(dicts),
        },
        rounds,
        1000,
        "ms",
    )


def bench_page(rounds: int) -> None:
    short, long = filled(PAGE * 10, fill=False), filled(HOUR, fill=False)
    print(f"a page of {PAGE} rows:")
    places = {"the middle of 360,000": len(long) // 2, "the end of 360,000": len(long) - PAGE}
    works: dict[str, Callable[[], object]] = {
        name: lambda at=at: [long.rows(at, at + PAGE) for _ in range(50)]
        for name, at in places.items()
    }
    aged = filled(PAGE * 30, fill=False)
    works["the beginning of 3,000"] = lambda: [aged.rows(0, PAGE) for _ in range(50)]
    works["1,000 that are new"] = lambda: [short.rows(0, PAGE) for _ in range(50)]
    compare(works, rounds, 50, "µs")


def bench_memory() -> None:
    def size(make: Callable[[], object]) -> float:
        gc.collect()
        tracemalloc.start()
        kept = make()
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        del kept
        return held

    sound = HOUR // 2 * 960 + HOUR // 4 * 2_400
    print(f"an hour, {HOUR:,} events, {sound / 1e6:.0f} MB of sound as PCM:")
    raw = size(lambda: list(frames(HOUR)))
    log = size(lambda: filled(HOUR))
    events = size(lambda: [json.loads(frame) for frame in frames(HOUR)])
    for name, held in (("our log", log), ("parsed events", events), ("raw bytes", raw)):
        print(
            f"  {name:46} {held:9.0f} MB   x {held / raw:.2f}   x {held * 1e6 / sound:.2f} of PCM"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", nargs="?", type=int, default=7)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    pin(0)
    bench_append(options.rounds)
    bench_table(options.rounds)
    bench_page(options.rounds)
    if options.memory:  # tracemalloc is slow
        bench_memory()
