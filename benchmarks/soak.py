"""A long talk: an hour on a clock that jumps, and ten minutes at the pace of speech.

``python -m benchmarks.soak [hour|pace|all] [--chats N] [--minutes M]`` from the checkout's
folder (`make soak`). Prints memory, threads, file descriptors and lateness, and ends with 1 where
a stated bound is broken.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import soak_hour, soak_pace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("hour", "pace", "all"), nargs="?", default="all")
    parser.add_argument("--chats", type=int, help="2 for the hour, 8 for the pace")
    parser.add_argument("--minutes", type=float, help="65 for the hour, 10 for the pace")
    parser.add_argument("--session-minutes", type=float, default=60.0, help="of the hour: 60")
    options = parser.parse_args()
    broken: list[str] = []
    if options.which in ("hour", "all"):
        chats = options.chats or 2
        print(f"==> an hour on a clock that jumps, {chats} chats")
        broken += soak_hour.soak(options.minutes or 65.0, chats, options.session_minutes)
    if options.which in ("pace", "all"):
        chats = options.chats or 8
        print(f"==> the pace of speech, {chats} chats in one kernel")
        broken += soak_pace.report(*soak_pace.soak(options.minutes or 10.0, chats))
    for name in broken:
        print(f"BROKEN: {name}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
