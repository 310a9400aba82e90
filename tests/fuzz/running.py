"""Runs a target over many inputs, and gathers what must not happen."""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import random
import resource
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fuzz.mutate import Mutator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SLOW_S = 1.0
"""CPU seconds that one input may take."""
_STUCK_S = 30
_GROWS_KB = 400 * 1024


class TooSlow(BaseException):
    """An input that takes too long; no code under test may swallow it."""


@dataclass(frozen=True)
class Target:
    """Something that takes bytes from outside.

    Attributes
    ----------
    name
        What it is called on the command line.
    run
        Takes one input; what it raises is a finding, but for `refusals`.
    seeds
        Good inputs.
    kind
        How they are changed; see `Mutator`.
    refusals
        What it may raise, as its documentation says.
    share
        Of the inputs of a run, beside the other targets.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: Sequence[bytes]
    kind: str = "json"
    refusals: tuple[type[BaseException], ...] = ()
    share: int = 10


@dataclass
class Tally:
    """What came of a run.

    Attributes
    ----------
    inputs, refused
        How many were given, and how many of them were refused.
    slowest_s
        CPU seconds of the slowest.
    findings
        By where it happened: what, and the first input that did it.
    """

    inputs: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    findings: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.inputs += other.inputs
        self.refused += other.refused
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        for place, found in other.findings.items():
            self.findings.setdefault(place, found)


def fuzz(target: Target, count: int, seed: int) -> Tally:
    """Give a target `count` inputs made from its seeds; the first are the seeds themselves."""
    chance = random.Random(f"{target.name} {seed}")  # noqa: S311 -- to be had again
    mutator = Mutator(target.kind, target.seeds, chance)
    tally = Tally()
    # What a library is stuck in no signal of Python's own ends.
    faulthandler.dump_traceback_later(_STUCK_S * 3 + count, exit=True)
    for number in range(count):
        whole = seed == 0 and number < len(target.seeds)
        try_one(target, target.seeds[number] if whole else mutator.next(), tally)
    faulthandler.cancel_dump_traceback_later()
    return tally


def try_one(target: Target, data: bytes, tally: Tally) -> None:
    """Give a target one input."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, _STUCK_S)
    tally.inputs += 1
    try:
        target.run(data)
    except target.refusals:
        tally.refused += 1
    except (Exception, TooSlow) as error:  # noqa: BLE001 -- all of it is a finding
        told = "".join(traceback.format_exception(error, limit=-12))
        tally.findings.setdefault(_place(error), (told, data))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    took = time.process_time() - began
    tally.slowest_s = max(tally.slowest_s, took)
    if took > SLOW_S:
        tally.findings.setdefault(f"slow {target.name}", (f"took {took:.1f} s of CPU", data))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    if grown > _GROWS_KB:
        told = f"took {grown // 1024} MiB of memory"
        tally.findings.setdefault(f"large {target.name}", (told, data))
        gc.collect()


def name_of(data: bytes) -> str:
    """Return what the file of an input is called."""
    return hashlib.sha256(data).hexdigest()[:12]


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "realtime_nb" in f.filename and "/tests/" not in f.filename]
    last = (ours or frames)[-1]
    return f"{type(error).__name__} {last.filename.rpartition('/realtime_nb/')[2]}:{last.lineno}"


def _stuck(_number: int, _frame: object) -> None:
    raise TooSlow(f"still at it after {_STUCK_S} s")


# Once, and not for each input: tests have no other use for it.
signal.signal(signal.SIGALRM, _stuck)


def confine() -> None:
    """Let an input that takes memory without end meet its end before the machine does."""
    most = 6 * 2**30
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.setswitchinterval(0.005)
