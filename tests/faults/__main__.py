"""Many talks over a bad network (`make faults`): counts of faults and talks at the end.

``python -m tests.faults TALKS [STEPS]``. A talk that breaks a rule is made as short as it goes
and printed; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import sys
import time

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import TOTALS, JunkMachine, TalkMachine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("talks", type=int, nargs="?", default=2_000)
    parser.add_argument("steps", type=int, nargs="?", default=20)
    options = parser.parse_args()
    began = time.monotonic()
    chosen = settings(
        max_examples=options.talks // 2,
        stateful_step_count=options.steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    failures = 0
    for machine in (TalkMachine, JunkMachine):
        try:
            run_state_machine_as_test(machine, settings=chosen)
        except Exception as error:  # noqa: BLE001 -- the other machine has its turn too
            failures += 1
            _tell(machine.__name__, error)
    _count(time.monotonic() - began)
    return 1 if failures else 0


def _tell(name: str, error: Exception) -> None:
    import traceback  # noqa: PLC0415 -- for those who need it

    sys.stderr.write(f"{name}: {error!r}\n")
    traceback.print_exception(error, file=sys.stderr)


def _count(seconds: float) -> None:
    talks, dials = TOTALS.pop("talks"), TOTALS.pop("dials")
    for name, count in sorted(TOTALS.items()):
        sys.stdout.write(f"{name:16} {count:8,}\n")
    total = sum(TOTALS.values())
    sys.stdout.write(
        f"{talks:,} talks, {dials:,} connections, {total:,} faults in {seconds:.0f} s\n"
    )


if __name__ == "__main__":
    sys.exit(main())
