"""Whose datagrams are read: those of the user who runs the server, as far as the system tells.

SIP and RTP as they are spoken here know no secret, and every user of a computer can send to its
loopback interface. Linux lists its UDP sockets with the user of each; elsewhere nothing is known,
and whoever is on this computer may call.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeAlias

Address: TypeAlias = tuple[str, int]
Tables: TypeAlias = Callable[[], Iterable[str]]

_TABLES: Final = (Path("/proc/net/udp"), Path("/proc/net/udp6"))
_REMEMBERED_S: Final = 2.0  # a telephone sends 50 packets a second
_MOST_REMEMBERED: Final = 256
_LOCAL, _UID = 1, 7  # columns
_IPV4_DIGITS: Final = 8
_ROOT: Final = 0


def _system_tables() -> Iterable[str]:
    for path in _TABLES:
        try:
            yield path.read_text()
        except OSError:
            continue


class Owner:
    """Tells whether a datagram is of the user who runs this process, or of root.

    Parameters
    ----------
    own_port
        A UDP port of this process. Where the system does not list it, it tells nothing.
    tables
        What the system lists.
    uid
        Of this process.
    clock
        Seconds that only go forward.
    """

    def __init__(
        self,
        own_port: int,
        *,
        tables: Tables = _system_tables,
        uid: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own_port = own_port
        self._tables = tables
        own = os.geteuid() if uid is None and hasattr(os, "geteuid") else uid
        self._allowed = {own, _ROOT}
        self._clock = clock
        self._known: dict[Address, tuple[bool, float]] = {}

    def sent(self, source: Address) -> bool:
        """Return whether a datagram may be read; ask about each, answers are remembered shortly.

        Parameters
        ----------
        source
            Where it came from, on this computer.
        """
        now_s = self._clock()
        known = self._known.get(source)
        if known is not None and now_s < known[1]:
            return known[0]
        # Who said goodbye and closed its socket was known before.
        verdict = self._look(source, gone=known is not None and known[0])
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[source] = verdict, now_s + _REMEMBERED_S
        return verdict

    def _look(self, source: Address, *, gone: bool) -> bool:
        users: set[int] = set()
        is_told = False
        here = f"{int.from_bytes(socket.inet_aton(source[0]), sys.byteorder):08X}"
        for table in self._tables():
            for line in table.splitlines()[1:]:
                columns = line.split()
                if len(columns) <= _UID:
                    continue
                address, _, port = columns[_LOCAL].partition(":")
                number = int(port, 16)
                is_told = is_told or number == self._own_port
                # Bound to this address or to all; an IPv6 socket's ends with the same digits.
                fits = address[-_IPV4_DIGITS:] in {here, "0" * _IPV4_DIGITS}
                if number == source[1] and fits:
                    users.add(int(columns[_UID]))
        if not is_told:
            return True
        return users <= self._allowed if users else gone
