"""The log on a terminal: what clients and other servers say in it turns nothing on there.

A message may quote a caller's header or an MCP server's reason. Control characters in it are
shown as pictures, so that a line stays a line, and no terminal obeys them.
"""

from __future__ import annotations

import logging
from typing import Any

from realtime_nb.protocol.shown_text import plain

_LONGEST_MESSAGE = 2_000
_LONGEST_LINE = 500


class PlainFormatter(logging.Formatter):
    """Formats a record as text of printable characters and line breaks of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Return the record's one line."""
        return plain(super().formatMessage(record), _LONGEST_MESSAGE).replace("\n", "\u240a")

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- logging's name
        """Return a traceback, line by line."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(plain(line, _LONGEST_LINE) for line in lines)


def log_plainly(program: str) -> None:
    """Log warnings to standard error, each beginning with the program's name."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter(f"{program}: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
