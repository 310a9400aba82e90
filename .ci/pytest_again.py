"""Run pytest; where one or two tests failed, run just those once more, one at a time.

    python .ci/pytest_again.py [options of pytest]

Most tests of this project talk in real time with processes of their own, on a machine that others
use too. A test that fails both times fails the run, and so do three that fail at once. One that
passes the second time lets the run pass and is named in its last lines: it, or what it tests, has
a race that somebody should find.

The exit code is pytest's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MOST = 2
"""How many tests may have failed the first time."""
TESTS_FAILED = 1  # pytest's exit code; every other one is no matter of single tests


def main(options: list[str]) -> int:
    """Run pytest with options, and what failed a second time."""
    with tempfile.TemporaryDirectory() as cache:
        code = _pytest(options, cache)
        failed = _last_failed(Path(cache))
        if code != TESTS_FAILED or not 0 < len(failed) <= MOST:
            return code
        print(f"==> once more, by themselves: {' '.join(failed)}", flush=True)
        code = _pytest([*options, "-n", "0", "--last-failed"], cache)
    if code == 0:
        for name in failed:
            print(f"==> FLAKY, failed once and passed once: {name}", flush=True)
    return code


def _pytest(options: list[str], cache: str) -> int:
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *options]
    return subprocess.run(command, check=False).returncode  # noqa: S603 -- what our Makefile says


def _last_failed(cache: Path) -> list[str]:
    try:
        return sorted(json.loads((cache / "v/cache/lastfailed").read_text(encoding="utf-8")))
    except FileNotFoundError:  # nothing failed
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
