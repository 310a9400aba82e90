"""Many inputs on many processes; one that dies is a finding, too."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tests.fuzz.running import Tally, confine, fuzz
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 50  # inputs of a part, for each share that a target has: parts take about as long
BATCH = 100


def chunk(name: str, count: int, seed: int) -> tuple[str, Tally]:
    """Run one part."""
    return name, fuzz(TARGETS[name], count, seed)


def plan(names: list[str], count: int, seed: int) -> list[tuple[str, int, int]]:
    """Return which targets get how many inputs of which seed."""
    shares = sum(TARGETS[name].share for name in names)
    parts = []
    for name in names:
        left = -(-count * TARGETS[name].share // shares)
        number, size = seed * 1_000_000, CHUNK * TARGETS[name].share
        while left > 0:
            parts.append((name, min(size, left), number))
            left -= size
            number += 1
    return parts


def run(
    parts: list[tuple[str, int, int]],
    jobs: int,
    tell: Callable[[str, str, str, bytes], object],
) -> dict[str, Tally]:
    """Run parts in processes of their own, and gather what came of each target.

    A new finding is told at once, with its target, place, words and input: a long run may be cut
    short.
    """
    tallies: dict[str, Tally] = {}
    # The parts of a target are spread, so that none of them is the last for long.
    parts = sorted(parts, key=lambda part: part[2])
    for first in range(0, len(parts), BATCH):
        # Fresh processes now and then: what libraries leak counts for no input.
        with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=confine) as pool:
            waiting = {pool.submit(chunk, *one): one for one in parts[first : first + BATCH]}
            for done in as_completed(waiting):
                name, count, seed = waiting[done]
                try:
                    tally = done.result()[1]
                except BrokenProcessPool:
                    died = f"a process died in {count} inputs of seed {seed}, or beside it"
                    tally = Tally(findings={f"died {name}": (died, b"")})
                known = tallies.setdefault(name, Tally())
                for place, found in tally.findings.items():
                    if place not in known.findings:
                        tell(name, place, *found)
                known.add(tally)
        inputs = sum(tally.inputs for tally in tallies.values())
        findings = sum(len(tally.findings) for tally in tallies.values())
        sys.stderr.write(f"{inputs:,} inputs, {findings} findings\n")
    return tallies
