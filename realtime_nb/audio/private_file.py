"""Files that only their owner may read, about a process that writes them and takes them away.

A process that is killed takes nothing away: whoever writes the next one does.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["process_runs", "write_private"]

_OURS: Final = "realtime-nb-*.json"


def write_private(path: Path, told: Mapping[str, Any]) -> None:
    """Write a JSON object about this process into a new file of its owner's.

    ``pid`` and ``host`` are added: the number of the process, and where that number holds.
    Files beside it whose processes run no more are taken away.

    Raises
    ------
    OSError
        When it cannot be written; then there is no file.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _take_away_dead(path.parent)
    text = json.dumps({**told, "pid": os.getpid(), "host": _here()})
    # Private from its first moment: not written and then closed to others.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _take_away_dead(folder: Path) -> None:
    for path in folder.glob(_OURS):
        with contextlib.suppress(OSError, ValueError):  # taken away this moment, or not ours
            told: Any = json.loads(path.read_text(encoding="utf-8"))
            given = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
            # A folder may be shared by computers, whose processes cannot be asked after.
            if given.get("host") == _here() and not process_runs(given.get("pid")):
                path.unlink(missing_ok=True)


def process_runs(pid: Any) -> bool:
    """Whether a process of that number runs here; on Windows, whether it may."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    if sys.platform == "win32":
        return True  # there signal 0 would end it
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's, or a system that does not say
    return True


def _here() -> str:
    """Return where process numbers of this process hold: computer, and container."""
    try:
        numbers = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 -- no path: pid:[4026531836]
    except OSError:
        numbers = ""
    return f"{platform.node()} {numbers}"
