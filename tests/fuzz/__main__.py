"""Fuzz all parsers: ``python -m tests.fuzz [COUNT] [--target NAME] [--seed N]``.

What is found is written below ``test-results/fuzz``; give such a file to ``--input`` to see it
again. Where `atheris` can be imported, ``--atheris`` lets coverage guide the inputs.
"""

# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.fuzz.guided import guide
from tests.fuzz.pool import plan, run
from tests.fuzz.running import Tally, name_of, try_one
from tests.fuzz.targets import TARGETS

RESULTS = Path("test-results/fuzz")


def _tell(name: str, place: str, told: str, data: bytes) -> None:
    """Print one finding, and keep its input."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}-{name_of(data)}"
    path.write_bytes(data)
    print(f"\n== {place}\n{told.rstrip()}\n-- {path}, {len(data)} bytes\n", flush=True)


def _report(tallies: dict[str, Tally], took_s: float) -> int:
    print(f"{'target':14} {'inputs':>10} {'refused':>10} {'slowest':>9} {'findings':>9}")
    for name, tally in sorted(tallies.items()):
        print(
            f"{name:14} {tally.inputs:10,} {tally.refused:10,} {tally.slowest_s:7.3f} s"
            f" {len(tally.findings):9}"
        )
    inputs = sum(tally.inputs for tally in tallies.values())
    findings = sum(len(tally.findings) for tally in tallies.values())
    print(f"{inputs:,} inputs, {findings} findings, {took_s:.0f} s")
    return 1 if findings else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--target", action="append", choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--atheris", action="store_true")
    options = parser.parse_args()
    names = options.target or sorted(TARGETS)
    began = time.monotonic()
    if options.input is not None:
        tally = Tally()
        try_one(TARGETS[names[0]], options.input.read_bytes(), tally)
        for place, found in tally.findings.items():
            _tell(names[0], place, *found)
        return _report({names[0]: tally}, time.monotonic() - began)
    if options.atheris:
        return guide(names, options.count)
    return _report(
        run(plan(names, options.count, options.seed), options.jobs, _tell),
        time.monotonic() - began,
    )


if __name__ == "__main__":
    sys.exit(main())
