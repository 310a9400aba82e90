"""Tells logs apart in a page, where several kernels may show logs of one name."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from realtime_nb.protocol.log.event_log import EventLog

_ids: WeakKeyDictionary[EventLog, str] = WeakKeyDictionary()


def log_id(log: EventLog) -> str:
    """Return what only this log is called, as long as it lives."""
    return _ids.setdefault(log, secrets.token_hex(8))
