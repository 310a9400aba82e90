"""A log that is the last value of a cell is shown as the table that one can search and unfold.

Where no widget can be, and in a saved notebook without its kernel, the log's own HTML shows.
"""

from __future__ import annotations

from typing import Any

from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.widget import events_widget


def register(shell: Any) -> None:
    """Show logs as tables in this shell; registering twice is fine."""
    shell.display_formatter.mimebundle_formatter.for_type(RealtimeLog, _bundle)


def unregister(shell: Any) -> None:
    """Show logs as they show themselves."""
    shell.display_formatter.mimebundle_formatter.pop(RealtimeLog, None)


def _bundle(log: RealtimeLog, include: Any = None, exclude: Any = None) -> Any:
    # What is not in it, text and HTML, is asked of the log.
    del include, exclude
    return events_widget(log.source, log.name).view()
