"""A session's log as something to look at: tables, timelines, money, reports and files.

Everything here takes a `Talk`, which is the same for a session that runs and for one read
from a file, and works on what has been logged. Nothing here runs on the session's loop.
"""

from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.inspection.talk import Talk

__all__ = ["RealtimeLog", "Talk"]
