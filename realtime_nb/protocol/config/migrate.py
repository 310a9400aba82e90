"""Beta sessions and events rewritten into GA, each change explained."""

from __future__ import annotations

from realtime_nb.protocol.config.migrate_names import BETA_EVENTS, BETA_FIELDS

__all__ = ["BETA_EVENTS", "BETA_FIELDS"]
