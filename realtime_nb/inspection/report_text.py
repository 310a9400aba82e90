"""Words of other people in reports and tables: those of `realtime_nb.protocol.shown_text`."""

from __future__ import annotations

from realtime_nb.protocol.shown_text import clipped, clock, escaped, plain, value, visible, words

__all__ = ["clipped", "clock", "escaped", "plain", "value", "visible", "words"]
