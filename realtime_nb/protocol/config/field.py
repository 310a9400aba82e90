"""What is known of one field of a session: a row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.config.problem import KINDS, SessionKind

ANY_TIME: Final = "any time"
NEVER: Final = "never"
BEFORE_AUDIO: Final = "not after the assistant has spoken"
BETWEEN_TURNS: Final = "between turns"
NOT_ONCE_ON: Final = "not once it is on"
# Where a fact is from.
TYPES: Final = "openai 3.52 types"
WIRE: Final = "recorded on the wire, 2025-12 to 2026-10"
BOTH: Final = f"{TYPES}; {WIRE}"
GUIDE: Final = "official guides, 2026-06-29"

EVERYWHERE: Final[frozenset[SessionKind]] = frozenset(KINDS)
REALTIME: Final[frozenset[SessionKind]] = frozenset({"realtime"})
TRANSCRIPTION: Final[frozenset[SessionKind]] = frozenset({"transcription"})
TRANSLATION: Final[frozenset[SessionKind]] = frozenset({"translation"})
HEARING: Final = REALTIME | TRANSCRIPTION

LEVELS: Final = ("minimal", "low", "medium", "high", "xhigh")
FLAGS: Final = (True, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the session object.

    Attributes
    ----------
    path
        Its place in the GA shape; ``[]`` stands for any entry of a list.
    kinds
        The kinds of session that have it.
    takes
        Type and range in words, such as ``a number from 0.25 to 1.5``.
    default
        What is in force when nothing is said; `MISSING` where there is none or none is known.
    low, high
        Bounds of a number, both included; None where there is none.
    choices
        The values it may have, empty where it is open.
    clear
        What to write to be rid of it: ``null``, ``""``, ``[]``; ``""`` (empty) where it cannot be.
    change
        When it may be changed in a live session, in words.
    meaning
        What it does, in a sentence.
    source
        Where these facts are from.
    short
        Its flat name in a cell, empty where it has none.
    short_in
        The kinds of session in which the flat name means this field.
    """

    path: str
    takes: str
    meaning: str
    source: str
    kinds: frozenset[SessionKind] = EVERYWHERE
    default: Any = MISSING
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    clear: str = ""
    change: str = ANY_TIME
    short: str = ""
    short_in: frozenset[SessionKind] = EVERYWHERE

    def short_name(self, kind: SessionKind) -> str:
        """Return the flat name in this kind of session, empty where it has none."""
        return self.short if kind in self.kinds & self.short_in else ""

    @property
    def nullable(self) -> bool:
        """Whether the service takes null here."""
        return self.clear == "null"
