"""What a process holds, counted before and after: threads, children, files, ports, sessions.

::

    before = held()
    ...
    assert left_since(before) == {}

Asked for again and again for a while: what ends may end a moment later.
"""

from __future__ import annotations

import gc
import os
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from jupyter_core.paths import jupyter_runtime_dir

if TYPE_CHECKING:
    from collections.abc import Collection

# Numbers of pipes, sockets and our random names: another one of the same kind is the same.
_NUMBERS = re.compile(r"\[\d+\]|[0-9a-f]{12,}|/proc/\d+")
_WITHIN_S = 10.0
_LISTENING = "LISTEN"


@dataclass(frozen=True)
class Held:
    """What a process holds at a moment, each by what it is called, and how often.

    Attributes
    ----------
    threads
        By name; of another process by number only, so none are told.
    children
        Processes below it that run, by the last words of their command lines.
    files
        Open descriptors, by what they are of: a pipe, a socket, a path.
    ports
        TCP ports that it or a child listens on.
    meetings
        Files by which others find it, in Jupyter's runtime folder.
    """

    threads: Counter[str]
    children: Counter[str]
    files: Counter[str]
    ports: Counter[str]
    meetings: Counter[str]


def held(*, runtime: Path | None = None) -> Held:
    """Return what this process holds now."""
    gc.collect()
    me = psutil.Process()
    family = [me, *_running_children(me)]
    return Held(
        Counter(thread.name for thread in threading.enumerate()),
        Counter(_command(child) for child in family[1:]),
        _files(),
        Counter(str(port) for process in family for port in listening(process)),
        Counter(meetings(runtime)),
    )


def left_since(
    before: Held,
    *,
    within_s: float = _WITHIN_S,
    but: Collection[str] = (),
    runtime: Path | None = None,
) -> dict[str, list[str]]:
    """Return what is held now and was not before, by kind; ``{}`` as soon as there is nothing.

    Parameters
    ----------
    before
        What was held then.
    within_s
        How long to wait for it to go, in seconds.
    but
        Names that do not count.
    runtime
        The runtime folder, where it is another.
    """
    end = time.monotonic() + within_s
    while True:
        now = held(runtime=runtime)
        more = {
            one.name: sorted(
                name
                for name in (getattr(now, one.name) - getattr(before, one.name)).elements()
                if not any(word in name for word in but)
            )
            for one in fields(Held)
        }
        more = {kind: names for kind, names in more.items() if names}
        if not more or time.monotonic() > end:
            return more
        time.sleep(0.05)


def meetings(runtime: Path | None = None) -> list[str]:
    """Return the names of our files in Jupyter's runtime folder."""
    folder = Path(jupyter_runtime_dir()) if runtime is None else runtime
    return sorted(path.name for path in folder.glob("realtime-nb-*"))


def listening(process: psutil.Process) -> list[int]:
    """Return the TCP ports that a process listens on."""
    try:
        return [
            connection.laddr.port
            for connection in process.net_connections("tcp")
            if connection.status == _LISTENING
        ]
    except psutil.Error:
        return []  # it has ended meanwhile


def answers(port: int) -> bool:
    """Whether anybody listens on a port of this computer."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _running_children(process: psutil.Process) -> list[psutil.Process]:
    try:
        children = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if is_running(child)]


def is_running(process: psutil.Process) -> bool:
    """Whether it runs, rather than waits for its parent to take note of its end."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[-6:])
    except psutil.Error:
        return "ended"


def _files() -> Counter[str]:
    names: Counter[str] = Counter()
    for entry in Path("/proc/self/fd").iterdir() if Path("/proc/self/fd").exists() else ():
        try:
            names[_NUMBERS.sub("", os.readlink(entry))] += 1  # noqa: PTH115 -- no path: pipe:[1]
        except OSError:
            continue  # the one by which the folder was read
    return names
