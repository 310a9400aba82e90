"""What stands on the card: patterns for the recogniser, and examples of them for people."""

from __future__ import annotations

from typing import Final

PATTERNS: Final[tuple[str, ...]] = ()
CARD: Final[tuple[str, ...]] = ()
