"""What the client's benchmarks share: rounds of CPU per event, compared as ratios.

The machine is shared and noisy, so only ratios within one run count: every contender runs in
every round, in alternating order, and a round counts for a contender only when its threads
waited for a core less than 5 % of the time.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

MAX_WAIT = 0.05
Contender = Callable[[str], Awaitable[float]]  # (server's URL) -> CPU seconds per event


def cpu_and_wait() -> tuple[float, float]:
    """Return CPU used and time spent waiting for a core, in seconds, of all threads."""
    waited = 0
    for task in Path("/proc/self/task").iterdir():
        try:
            waited += int((task / "schedstat").read_text().split()[1])
        except FileNotFoundError:
            continue  # a thread that ended meanwhile
    return time.process_time(), waited / 1e9


class Meter:
    """CPU per event between `start` and `stop`; None when the core was too busy."""

    def __init__(self) -> None:
        self.cpu = self.waited = self.began = 0.0

    def start(self) -> None:
        self.began = time.perf_counter()
        self.cpu, self.waited = cpu_and_wait()

    def stop(self, events: int) -> float | None:
        cpu, waited = cpu_and_wait()
        took = time.perf_counter() - self.began
        return None if waited - self.waited > MAX_WAIT * took else (cpu - self.cpu) / events


def pin(core: int) -> None:
    """Keep this process on one core, where the system can and has it."""
    if hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})


def start_server(script: str) -> tuple[subprocess.Popen[str], str]:
    """Start `script --serve` in a process of its own; return it and its base URL."""
    server = subprocess.Popen(  # noqa: S603 -- our own script
        [sys.executable, script, "--serve"],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    return server, (server.stdout.readline() if server.stdout else "").strip()


async def compare(
    contenders: dict[str, Contender], url: str, rounds: int
) -> dict[str, list[float]]:
    """Run every contender until `rounds` of its rounds count; return them as µs per event.

    A core that is never free long enough ends it after ten times as many rounds.
    """
    kept: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(10 * rounds):
        if all(len(values) >= rounds for values in kept.values()):
            break
        for name in names if number % 2 == 0 else reversed(names):
            result = await contenders[name](url)
            if result is not None:
                kept[name].append(result * 1e6)
            await asyncio.sleep(0.02)
    return kept


def report(kept: dict[str, list[float]], base: str, floor: str) -> None:
    """Print medians and their ratios to `base` and `floor`."""
    medians = {name: statistics.median(values) for name, values in kept.items() if values}
    width = max(map(len, kept))
    print(f"{'':{width}}  µs/event  rounds  x {base}  x {floor}")
    for name, values in kept.items():
        if name not in medians:
            print(f"{name:{width}}  no round without other work on the core")
            continue
        value = medians[name]
        to_base = value / medians[base] if base in medians else float("nan")
        to_floor = value / medians[floor] if floor in medians else float("nan")
        spread = f"{min(values):.1f}-{max(values):.1f}"
        print(
            f"{name:{width}}  {value:8.1f}  {len(values):6}  {to_base:{len(base) + 2}.3f}"
            f"  {to_floor:{len(floor) + 2}.2f}  ({spread})"
        )
