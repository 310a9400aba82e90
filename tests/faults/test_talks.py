"""A slice of the talks over a bad network; `make faults` has as many as one likes."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.faults.machine import JunkMachine, TalkMachine

_SLICE = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

TestTalks = TalkMachine.TestCase
TestTalks.settings = _SLICE
TestJunk = JunkMachine.TestCase
TestJunk.settings = _SLICE
