"""The one type of a log that no service sends: it says that events were missed."""

from __future__ import annotations

from typing import Final

GAP: Final = "realtime_nb.gap"
"""Received events are missing here: fields ``away_ms`` (how long nobody listened, in
milliseconds) and ``tries`` (how often the service was dialled until it answered)."""
