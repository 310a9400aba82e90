"""Inputs that coverage guides, by `atheris` where it is installed."""

# ruff: noqa: T201 -- a command line prints

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

_ONE = """
import sys, atheris
with atheris.instrument_imports(include=["realtime_nb"]):
    from tests.fuzz.targets import TARGETS
from tests.fuzz.running import Tally, name_of, try_one
target, tally = TARGETS[sys.argv[1]], Tally()
def one(data):
    known = len(tally.findings)
    try_one(target, data, tally)
    if len(tally.findings) > known:
        place, (told, data) = list(tally.findings.items())[-1]
        path = "test-results/fuzz/%s-%s" % (target.name, name_of(data))
        open(path, "wb").write(data)
        print("\\n== %s\\n%s\\n-- %s" % (place, told.rstrip(), path), flush=True)
        print("FOUND", flush=True)
atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
atheris.Fuzz()
"""


def guide(names: list[str], count: int) -> int:
    """Run targets one after the other, `count` inputs in all; return 1 where anything is found."""
    if find_spec("atheris") is None:
        print("atheris is not installed here: pip install atheris", file=sys.stderr)
        return 2
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 -- here without instruments

    Path("test-results/fuzz").mkdir(parents=True, exist_ok=True)
    found, shares = 0, sum(TARGETS[name].share for name in names)
    for name in names:
        runs = -(-count * TARGETS[name].share // shares)
        with tempfile.TemporaryDirectory() as corpus:
            for number, seed in enumerate(TARGETS[name].seeds):
                (Path(corpus) / f"seed-{number}").write_bytes(seed)
            options = [f"-runs={runs}", "-max_len=65536", "-rss_limit_mb=4096", "-verbosity=0"]
            done = subprocess.run(  # noqa: S603 -- ourselves
                [sys.executable, "-c", _ONE, name, *options, corpus],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        times = done.stdout.count("FOUND\n")
        found += times + (done.returncode != 0 and not times)
        print(f"{name:14} {runs:10,} inputs, {times} findings, exit {done.returncode}")
        if times or done.returncode:
            print(done.stdout[-6000:])
    return 1 if found else 0
